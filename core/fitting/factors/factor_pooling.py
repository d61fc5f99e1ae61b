"""Complete pooling over several factors, and errors robust to clusters of all of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from core.exceptions import NotIdentifiedError
from core.factors_results import FactorsCompleteFit
from core.fitting.factors.cell_layout import CellLayout
from core.moments import group_scaling
from core.types import FloatArray, IntArray


def fit_factors_complete(layout: CellLayout) -> FactorsCompleteFit:
    """Return the least-squares fit that ignores all factors, with its standard errors.

    Raises
    ------
    NotIdentifiedError
        When there are no more rows than coefficients.
    """
    data, n, p = layout.data, layout.n_obs, layout.p
    if n <= p:
        raise NotIdentifiedError(
            f"{n:,} {'row' if n == 1 else 'rows'} cannot determine "
            f"{p:,} {'coefficient' if p == 1 else 'coefficients'} and a residual sd. Use fewer "
            "predictors or more rows."
        )
    XX, Xy = layout.WW[:p, :p], layout.WW[:p, p]
    inverse: FloatArray = np.asarray(np.linalg.inv(XX))
    beta = inverse @ Xy
    beta += inverse @ (Xy - XX @ beta)  # one step of refinement: eight digits and more
    total = float(layout.WW[p, p])
    rss = max(total - float(beta @ Xy), 0.0)
    variance = rss / (n - p)
    cov = layout.cov_to_raw(variance * inverse)
    by, joint = cluster_covariances(layout, beta, inverse)
    return FactorsCompleteFit(
        data.spec,
        coef=layout.coef_to_raw(beta),
        coef_se=np.sqrt(np.diag(cov)),
        cluster_se=_roots(joint),
        cluster_se_by={name: _roots(one) for name, one in by.items()},
        coef_names=data.fixef_names,
        coef_cov=cov,
        sigma_y=layout.y_scale * float(np.sqrt(variance)),
        df_residual=n - p,
        r_squared=1.0 - rss / total if total > 0 else 0.0,
        log_likelihood=_log_likelihood(n, layout.y_scale**2 * rss),
        n_obs=n,
    )


def _log_likelihood(n: int, rss: float) -> float:
    if rss <= 0:
        return float(np.inf)
    return float(-0.5 * n * (1.0 + np.log(2.0 * np.pi * rss / n)))


def _roots(cov: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(np.diag(cov), 0.0)))


def cluster_covariances(
    layout: CellLayout, beta: FloatArray, inverse: FloatArray
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Return CR1 covariances by factor, and the one robust to all factors at once, raw units.

    The joint one adds the clusters of every factor, takes off those of every pair's
    combinations, and so on (Cameron, Gelbach & Miller 2011); negative principal variances,
    which that may leave, are set to zero.
    """
    scores = cell_scores(layout, beta)
    factors = layout.data.factors
    by: dict[str, FloatArray] = {}
    joint = np.zeros((layout.p, layout.p))
    seen: dict[tuple[int, ...], tuple[IntArray, int]] = {}
    for size in range(1, len(factors) + 1):
        for chosen in combinations(range(len(factors)), size):
            if size == 1:
                seen[chosen] = factors[chosen[0]].of_cell, factors[chosen[0]].n_levels
            else:
                code, _ = seen[chosen[:-1]]
                last = factors[chosen[-1]]
                joined = code.astype(np.int64) * last.n_levels + last.of_cell
                code = pd.factorize(joined)[0].astype(np.intp)
                seen[chosen] = code, int(code.max()) + 1
            one = _middle(scores, *seen[chosen])
            joint += one if size % 2 else -one
            if size == 1:
                by[factors[chosen[0]].name] = layout.cov_to_raw(inverse @ one @ inverse)
    if not np.isfinite(joint).all():
        return by, np.full((len(layout.data.terms),) * 2, np.nan)
    values, vectors = np.linalg.eigh(0.5 * (joint + joint.T))
    joint = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return by, layout.cov_to_raw(inverse @ joint @ inverse)


def _middle(scores: FloatArray, code: IntArray, n_clusters: int) -> FloatArray:
    """Return CR1's middle: sums of scores by cluster, times G / (G - 1)."""
    if n_clusters < 2:
        return np.full((len(scores), len(scores)), np.nan)
    sums = np.array([np.bincount(code, row, minlength=n_clusters) for row in scores])
    return np.asarray(sums @ sums.T * (n_clusters / (n_clusters - 1)))


def cell_scores(layout: CellLayout, beta: FloatArray) -> FloatArray:
    """Return ``X_c'(y_c - X_c beta)`` of every cell in scaled units, shape (p, C)."""
    cells, moments = layout.data.cells, layout.moments
    factors = []
    for _, values in cells.group_columns:
        center, spread = group_scaling(moments.n, values)
        factors.append((values - center) / spread)
    line = np.zeros((moments.outcome, cells.n_groups))
    terms = [cells.terms[i] for i in layout.used]
    for coefficient, term in zip(beta, terms, strict=True):
        line[term.base] += coefficient * (factors[term.factor] if term.factor >= 0 else 1.0)
    by_base = moments.scores(line)
    return np.array(
        [by_base[t.base] * (factors[t.factor] if t.factor >= 0 else 1.0) for t in terms]
    )
