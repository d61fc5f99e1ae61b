"""Cluster-robust covariance of the complete-pooling coefficients, with small-sample df."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.groupwise import design_products
from core.fitting.scaled import ScaledModel
from core.moments import GroupMoments
from core.tables.grouped import GroupedData
from core.types import FloatArray

#: Below this, ``I - H_jj`` has no inverse in a direction that group j alone determines.
_NO_INVERSE = 1e-12


@dataclass(frozen=True, eq=False)
class ClusterRobust:
    """Standard errors and Satterthwaite degrees of freedom, shape (p,), raw units.

    NaN where a column is a combination of others, and everywhere with a single group.
    """

    cr1_se: FloatArray
    cr1_df: FloatArray
    cr2_se: FloatArray
    cr2_df: FloatArray


def cluster_robust(data: GroupedData, moments: GroupMoments, model: ScaledModel) -> ClusterRobust:
    """Return CR1 and CR2 standard errors of least squares, clustered by group.

    Notes
    -----
    CR1 multiplies the plain sandwich by J / (J - 1). CR2 (Bell & McCaffrey 2002) adjusts the
    residuals of a group by ``A_j = (I - H_jj)^(-1/2)``, unbiased when rows are independent.
    With ``G_j = X_j'X_j``, ``Q = (X'X)^-1 = C C'`` and ``f(t) = (1 - t)^(-1/2)``,

        A_j X_j = X_j F_j,   F_j = C f(C'G_j C) C^-1,

    so a p x p eigenproblem per group is all it takes (f = 0 where 1 - t vanishes, as for the
    generalised inverse). The degrees of freedom of a coefficient c are those of Satterthwaite
    under independent rows: ``trace(P)^2 / trace(P^2)`` with, for ``g_j = G_j F_j Q c``,
    ``P_ij = [i = j] g_i'F_i Q c - g_i'Q g_j`` (Pustejovsky & Tipton 2018, section 4).

    References
    ----------
    .. [1] Bell & McCaffrey (2002), Survey Methodology 28, 169-181.
    .. [2] Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36, 672-683.
    """
    p, n_groups = model.p, data.n_groups
    if n_groups < 2:
        nothing = np.full(model.n_terms, np.nan)
        return ClusterRobust(nothing, nothing, nothing, nothing)
    products = np.moveaxis(design_products(data, moments, model), 2, 0)
    G, Xy = products[:, :p, :p], products[:, :p, p]
    Q = np.asarray(np.linalg.inv(model.WW[:p, :p]))
    C = np.asarray(np.linalg.cholesky(Q))
    scores = Xy - np.einsum("jpq,q->jp", G, Q @ model.WW[:p, p])
    plain = np.broadcast_to(np.eye(p), G.shape)
    se1, df1 = _errors(model, G, Q, plain, scores)
    se2, df2 = _errors(model, G, Q, _adjustment(G, C), scores)
    return ClusterRobust(np.sqrt(n_groups / (n_groups - 1)) * se1, df1, se2, df2)


def _adjustment(G: FloatArray, C: FloatArray) -> FloatArray:
    """Return ``F_j`` with ``(I - H_jj)^(-1/2) X_j = X_j F_j``, shape (J, p, p)."""
    values, vectors = np.linalg.eigh(C.T @ G @ C)
    left = 1.0 - values
    power = np.where(left > _NO_INVERSE, 1.0 / np.sqrt(np.maximum(left, _NO_INVERSE)), 0.0)
    middle = (vectors * power[:, None, :]) @ vectors.swapaxes(1, 2)
    return np.asarray(C @ middle @ np.linalg.inv(C))


def _errors(
    model: ScaledModel, G: FloatArray, Q: FloatArray, F: FloatArray, scores: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return standard errors and degrees of freedom in raw units, all terms, shape (p,)."""
    contrasts = model.to_raw @ Q  # rows: c'Q of every raw coefficient
    u = np.einsum("jpq,cq->cjp", F, contrasts)
    parts = np.einsum("cjp,jp->cj", u, scores)
    g = np.einsum("jpq,cjq->cjp", G, u)
    own = np.einsum("cjp,cjp->cj", g, u)
    through = np.einsum("cjp,pq,cjq->cj", g, Q, g, optimize=True)
    between = np.einsum("cjp,cjq->cpq", g, g)
    square = np.sum((Q @ between) * (Q @ between).swapaxes(1, 2), axis=(1, 2))
    trace = np.sum(own - through, axis=1)
    trace_of_square = np.sum(own**2 - 2.0 * own * through, axis=1) + square
    out = np.full((2, model.n_terms), np.nan)
    out[0, model.used] = model.y_scale * np.sqrt(np.sum(parts**2, axis=1))
    out[1, model.used] = trace**2 / trace_of_square
    return out[0], out[1]
