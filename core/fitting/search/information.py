"""How well the variances are known: expected information of (Sigma, sigma_y**2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.scaled import ScaledModel
from core.types import FloatArray


def variance_directions(k: int, correlated: bool) -> FloatArray:
    """Return the symmetric matrices E_a that Sigma is a sum of, shape (K, k, k)."""
    rows, cols = np.triu_indices(k) if correlated else (np.arange(k), np.arange(k))
    out = np.zeros((len(rows), k, k))
    at = np.arange(len(rows))
    out[at, rows, cols] = out[at, cols, rows] = 1.0
    return out


@dataclass(frozen=True, eq=False)
class VarianceInformation:
    """What the data say about the variances, at sigma_y = 1 in scaled units.

    Attributes
    ----------
    covariance : FloatArray, shape (K + 1, K + 1)
        Asymptotic covariance of the estimates of (Sigma's elements, sigma_y**2); at
        another sigma_y it is this times ``sigma_y**4``.
    fixef_change : FloatArray, shape (K + 1, p, p)
        Derivative of ``(X'V^-1 X)^-1`` with respect to each of them.
    directions : FloatArray, shape (K, k, k)
        The element of Sigma that each of the first K stands for.
    """

    covariance: FloatArray
    fixef_change: FloatArray
    directions: FloatArray


def variance_information(
    model: ScaledModel,
    D: FloatArray,
    P: FloatArray,
    inverse: FloatArray,
    *,
    reml: bool,
    correlated: bool,
) -> VarianceInformation:
    """Return the expected information of (Sigma, sigma_y**2), inverted.

    Parameters
    ----------
    D : FloatArray, shape (k, k)
        Relative covariance in scaled units; a singular one is fine, as derivatives are taken
        in the elements of Sigma and not of its root.
    P : FloatArray, shape (k, k, J)
        ``Z_j'V_j^-1 Z_j`` (``modes.own_precision``).
    inverse : FloatArray, shape (p, p)
        Q = (X'V^-1 X)^-1.

    Notes
    -----
    Element (a, b) of the information is ``tr(R V_a R V_b) / 2``, where V_a is Z E_a Z' or the
    identity and R is V^-1 (ML) or V^-1 - V^-1 X Q X'V^-1 (REML). With T = (I + D S_j)^-1,

        Z'V^-1 Z = P,   Z'V^-2 Z = P T,   Z'V^-3 Z = P T T,

    and X_j = Z_j own + (what is orthogonal to Z_j), every trace is one of k x k matrices.
    """
    p, k = model.p, model.k
    E = variance_directions(k, correlated)
    Pj = np.moveaxis(P, 2, 0)
    T = np.eye(k) - D @ Pj
    own = np.moveaxis(model.own[:p], 2, 0)  # (J, p, k)
    PT = Pj @ T
    # What stands between Z' and Z in Z'V^-1 V_a V^-1 Z, for each element and for sigma_y**2.
    once = np.concatenate([Pj @ e @ Pj for e in E] + [PT]).reshape(len(E) + 1, *Pj.shape)
    B = np.einsum("jpa,ejab,jqb->epq", own, once, own, optimize=True)
    B[-1] += model.rest[:p, :p]
    info = _traces(model, E, Pj, T)
    if reml:
        U = np.einsum("jpa,pq,jqb->jab", own, inverse, own, optimize=True)
        info -= 2.0 * _through_once(E, Pj, T, U)
        info[-1, -1] -= 2.0 * float(np.sum(inverse * model.rest[:p, :p]))
        QB = inverse @ B
        info += np.einsum("epq,fqp->ef", QB, QB)
    return VarianceInformation(
        covariance=np.asarray(np.linalg.pinv(0.5 * info, rcond=1e-12, hermitian=True)),
        fixef_change=inverse @ B @ inverse,
        directions=E,
    )


def _traces(model: ScaledModel, E: FloatArray, P: FloatArray, T: FloatArray) -> FloatArray:
    """Return ``tr(V^-1 V_a V^-1 V_b)``, shape (K + 1, K + 1)."""
    PE = np.stack([P @ e for e in E])
    out = np.empty((len(E) + 1, len(E) + 1))
    out[:-1, :-1] = np.einsum("ejab,fjba->ef", PE, PE)
    out[:-1, -1] = out[-1, :-1] = np.einsum("eab,jba->e", E, P @ T)
    out[-1, -1] = model.n_obs - T.shape[-1] * len(T) + float(np.einsum("jab,jba->", T, T))
    return out


def _through_once(E: FloatArray, P: FloatArray, T: FloatArray, U: FloatArray) -> FloatArray:
    """Return ``tr(Q X'V^-1 V_a V^-1 V_b V^-1 X)`` but for sigma_y**2's share of the rest."""
    left = np.stack([U @ P @ e for e in E])
    right = np.stack([e @ P for e in E])
    out = np.empty((len(E) + 1, len(E) + 1))
    out[:-1, :-1] = np.einsum("ejab,jbc,fjca->ef", left, P, right, optimize=True)
    out[:-1, -1] = out[-1, :-1] = np.einsum("ejab,jba->e", left, P @ T)
    out[-1, -1] = float(np.einsum("jab,jba->", U, P @ T @ T))
    return out
