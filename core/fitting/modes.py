"""Conditional modes: what each group's estimate becomes at a given D."""

from __future__ import annotations

import numpy as np

from core.fitting.scaled import ScaledModel
from core.types import FloatArray


def own_precision(model: ScaledModel, D: FloatArray) -> FloatArray:
    """Return ``P_j = Z_j'V_j^-1 Z_j = (I + S_j D)^-1 S_j``, shape (k, k, J), scaled units."""
    S = model.S
    if model.k == 1:
        return np.asarray(S / (1.0 + S * D[:, :, None]))
    if model.k == 2:
        adjugate = np.array([[D[1, 1], -D[0, 1]], [-D[0, 1], D[0, 0]]])
        return np.asarray((S + model.det_S * adjugate[:, :, None]) / _determinant(model, D))
    M = np.eye(model.k) + np.moveaxis(S, 2, 0) @ D
    P = np.linalg.solve(M, np.moveaxis(S, 2, 0))
    return np.asarray(np.moveaxis(0.5 * (P + P.swapaxes(1, 2)), 0, 2))


def unit_cond_var(model: ScaledModel, D: FloatArray) -> FloatArray:
    """Return ``D (I + S_j D)^-1``: the conditional covariance over sigma_y**2, (k, k, J)."""
    S = model.S
    if model.k == 1:
        return np.asarray(D[:, :, None] / (1.0 + S * D[:, :, None]))
    if model.k == 2:
        det_D = max(D[0, 0] * D[1, 1] - D[0, 1] ** 2, 0.0)
        adjugate = np.array([[S[1, 1], -S[0, 1]], [-S[0, 1], S[0, 0]]])
        return np.asarray((D[:, :, None] + det_D * adjugate) / _determinant(model, D))
    M = np.eye(model.k) + np.moveaxis(S, 2, 0) @ D
    G = np.linalg.solve(M.swapaxes(1, 2), np.broadcast_to(D, M.shape))
    return np.asarray(np.moveaxis(0.5 * (G + G.swapaxes(1, 2)), 0, 2))


def _determinant(model: ScaledModel, D: FloatArray) -> FloatArray:
    S = model.S
    trace = S[0, 0] * D[0, 0] + 2.0 * S[0, 1] * D[0, 1] + S[1, 1] * D[1, 1]
    det_D = max(D[0, 0] * D[1, 1] - D[0, 1] ** 2, 0.0)
    return np.asarray(1.0 + trace + model.det_S * det_D)


def scaled_modes(model: ScaledModel, D: FloatArray, P: FloatArray, beta: FloatArray) -> FloatArray:
    """Return the conditional modes in scaled units, shape (k, J): ``D P_j (own_y - own_X b)``."""
    p = model.p
    apart = model.own[p] - np.einsum("pkj,p->kj", model.own[:p], beta)
    return np.asarray(np.einsum("ab,bcj,cj->aj", D, P, apart, optimize=True))


def fixed_part(model: ScaledModel, D: FloatArray, P: FloatArray) -> FloatArray:
    """Return ``D P_j own_X``: how the modes answer to the fixed effects, shape (k, p, J)."""
    own = np.moveaxis(model.own[: model.p], 0, 1)
    return np.asarray(np.einsum("ab,bcj,cpj->apj", D, P, own, optimize=True))
