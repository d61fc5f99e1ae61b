"""Conditional modes: what each group's estimate becomes at a given D."""

from __future__ import annotations

import numpy as np

from core.fitting.scaled import ScaledModel
from core.types import FloatArray


def own_precision(model: ScaledModel, D: FloatArray) -> FloatArray:
    """Return ``P_j = Z_j'V_j^-1 Z_j = (I + S_j D)^-1 S_j``, shape (k, k, J), scaled units."""
    T = _to_centred(model)
    return np.asarray(
        np.einsum("abj,acj,cdj->bdj", T, centred_precision(model, D), T, optimize=True)
    )


def centred_precision(model: ScaledModel, D: FloatArray) -> FloatArray:
    """Return ``P_j`` as seen from the group's own means (``model.shift``), shape (k, k, J)."""
    if model.k == 1:
        return np.asarray(model.S / (1.0 + model.S * D[:, :, None]))
    S = model.S_centred
    T = _to_centred(model)
    Dj = np.einsum("abj,bc,dcj->adj", T, D, T, optimize=True)
    if model.k == 2:
        adjugate = np.array([[Dj[1, 1], -Dj[0, 1]], [-Dj[0, 1], Dj[0, 0]]])
        return np.asarray((S + model.det_S * adjugate) / _determinant(model, S, Dj, D))
    S = np.moveaxis(S, 2, 0)
    P = np.linalg.solve(np.eye(model.k) + S @ np.moveaxis(Dj, 2, 0), S)
    return np.asarray(np.moveaxis(0.5 * (P + P.swapaxes(1, 2)), 0, 2))


def unit_cond_var(model: ScaledModel, D: FloatArray) -> FloatArray:
    """Return ``D (I + S_j D)^-1``: the conditional covariance over sigma_y**2, (k, k, J)."""
    S = model.S
    if model.k == 1:
        return np.asarray(D[:, :, None] / (1.0 + S * D[:, :, None]))
    if model.k == 2:
        T = _to_centred(model)
        Dj = np.einsum("abj,bc,dcj->adj", T, D, T, optimize=True)
        det = _determinant(model, model.S_centred, Dj, D)
        adjugate = np.array([[S[1, 1], -S[0, 1]], [-S[0, 1], S[0, 0]]])
        return np.asarray((D[:, :, None] + _det(D) * adjugate) / det)
    M = np.eye(model.k) + np.moveaxis(S, 2, 0) @ D
    G = np.linalg.solve(M.swapaxes(1, 2), np.broadcast_to(D, M.shape))
    return np.asarray(np.moveaxis(0.5 * (G + G.swapaxes(1, 2)), 0, 2))


def _det(D: FloatArray) -> float:
    return max(float(D[0, 0] * D[1, 1] - D[0, 1] ** 2), 0.0)


def _determinant(model: ScaledModel, S: FloatArray, Dj: FloatArray, D: FloatArray) -> FloatArray:
    """Return ``|I + S_j D|`` for k = 2, a sum of terms that are not negative."""
    trace = S[0, 0] * Dj[0, 0] + 2.0 * S[0, 1] * Dj[0, 1] + S[1, 1] * Dj[1, 1]
    return np.asarray(1.0 + trace + model.det_S * _det(D))


def _to_centred(model: ScaledModel) -> FloatArray:
    """Return ``T_j = [[1, shift'], [0, I]]``, shape (k, k, J)."""
    T = np.zeros((model.k, model.k, len(model.n)))
    T[np.arange(model.k), np.arange(model.k)] = 1.0
    T[0, 1:] = model.shift
    return T


def scaled_modes(model: ScaledModel, D: FloatArray, beta: FloatArray) -> FloatArray:
    """Return the conditional modes ``D Z_j'V_j^-1 (y_j - X_j b)``, scaled units, (k, J)."""
    p = model.p
    apart = model.own_centred[p] - np.einsum("pkj,p->kj", model.own_centred[:p], beta)
    pull = np.einsum("bcj,cj->bj", centred_precision(model, D), apart)
    return np.asarray(D @ np.einsum("baj,bj->aj", _to_centred(model), pull))


def fixed_part(model: ScaledModel, D: FloatArray) -> FloatArray:
    """Return ``D Z_j'V_j^-1 X_j``: how the modes answer to the fixed effects, (k, p, J)."""
    own = np.moveaxis(model.own_centred[: model.p], 0, 1)
    pull = np.einsum("bcj,cpj->bpj", centred_precision(model, D), own)
    return np.asarray(np.einsum("ab,cbj,cpj->apj", D, _to_centred(model), pull, optimize=True))
