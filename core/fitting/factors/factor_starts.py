"""Where searches for several factors begin: one start for every basin of a scan.

A scan goes over the product of each factor's own candidates. A point is a start when no
neighbour of it is lower, a neighbour being one that is near in every factor. Large problems
begin at variances that match expected sums of squares (Henderson 1953, method 1), which there
lie close to the optimum.
"""

from __future__ import annotations

import math

import numpy as np

from core.fitting.factors.cell_layout import CellLayout
from core.fitting.factors.factor_criterion import FactorProblem, evaluate_factors
from core.fitting.search.covariance import theta_of
from core.fitting.search.starts import scan
from core.types import FloatArray, IntArray

#: Points of a scan at most, and numbers that it may go through.
_MOST_POINTS = 700
_MOST_WORK = 10_000_000
#: sds looked at for a single varying coefficient, by the number of factors.
_SDS = {
    2: (0.03, 0.15, 0.5, 1.2, 4.0, 15.0, 60.0),
    3: (0.03, 0.3, 1.0, 4.0, 25.0),
    4: (0.03, 0.4, 1.5, 10.0),
}
_FEW_SDS = (0.03, 0.7, 8.0)
_LARGEST_START, _SMALLEST_START = 50.0, 0.05


def start_thetas(problem: FactorProblem, most: int) -> FloatArray:
    """Return starts (E, K): every local minimum of a scan, and the matched variances."""
    matched = matched_theta(problem)[None]
    candidates = [_candidates(k, len(problem.sizes), problem.correlated) for k in problem.sizes]
    if math.prod(len(c) for c, _ in candidates) > _MOST_POINTS:
        candidates = [_few(k, problem.correlated) for k in problem.sizes]
    n_points = math.prod(len(c) for c, _ in candidates)
    if n_points > _MOST_POINTS or n_points * problem.work > _MOST_WORK:
        return matched
    theta = _product([c for c, _ in candidates])
    value = evaluate_factors(problem, theta, derivative=False).value
    value = np.where(np.isfinite(value), value, np.inf)
    lowest = _local_minima(
        value.reshape([len(c) for c, _ in candidates]), [near for _, near in candidates]
    )
    lowest = lowest[np.argsort(value[lowest])][:most]
    return np.concatenate([theta[lowest], matched])


def _candidates(k: int, n_factors: int, correlated: bool) -> tuple[FloatArray, IntArray]:
    """Return thetas (C, K) of one factor to look at, and those around each (C, m)."""
    if k == 1:
        return _in_a_row(np.array(_SDS.get(n_factors, _FEW_SDS))[:, None])
    points, around = scan(k, correlated, is_coarse=True)
    return theta_of(points, correlated), around


def _few(k: int, correlated: bool) -> tuple[FloatArray, IntArray]:
    """Return the same for many factors or coefficients: equal sds, and each alone."""
    made = [sd**2 * np.eye(k) for sd in _FEW_SDS]
    if k > 1:
        for i in range(k):
            alone = np.full(k, _FEW_SDS[0] ** 2)
            alone[i] = 1.5**2
            made.append(np.diag(alone))
    if k == 1:
        return _in_a_row(np.array(_FEW_SDS)[:, None])
    near = np.tile(np.arange(len(made)), (len(made), 1))
    return theta_of(np.array(made), correlated), near


def _in_a_row(theta: FloatArray) -> tuple[FloatArray, IntArray]:
    at = np.arange(len(theta))
    near = np.column_stack([np.maximum(at - 1, 0), np.minimum(at + 1, len(theta) - 1)])
    return theta, near


def _product(parts: list[FloatArray]) -> FloatArray:
    """Return every combination of the factors' thetas, the last factor running fastest."""
    grids = np.meshgrid(*(np.arange(len(part)) for part in parts), indexing="ij")
    return np.concatenate(
        [part[grid.ravel()] for part, grid in zip(parts, grids, strict=True)], axis=1
    )


def _local_minima(value: FloatArray, near: list[IntArray]) -> IntArray:
    """Return the flat positions of points that no neighbour is below."""
    least = value
    for axis, around in enumerate(near):
        beside = np.take(least, around, axis=axis).min(axis=axis + 1)
        least = np.minimum(least, beside)
    return np.flatnonzero((value <= least) & np.isfinite(value))


def matched_theta(problem: FactorProblem) -> FloatArray:
    """Return theta (K,) of diagonal covariances that match expected sums of squares."""
    layout = problem.elimination.layout
    variances, residual = _matched_variances(layout)
    out, at = [], 0
    for k in problem.sizes:
        sd = np.sqrt(np.maximum(variances[at : at + k], 0.0) / residual)
        sd = np.clip(sd, _SMALLEST_START, _LARGEST_START)
        out.append(theta_of(np.diag(sd**2), problem.correlated))
        at += k
    return np.concatenate(out)


def _matched_variances(layout: CellLayout) -> tuple[FloatArray, float]:
    """Return the variance of every coefficient, factor by factor, and of the residuals."""
    p, n = layout.p, layout.n_obs
    XX = layout.WW[:p, :p]
    contrast = np.append(-np.linalg.solve(XX, layout.WW[:p, p]), 1.0)
    sizes = [d.k for d in layout.designs]
    owner = [(f, a) for f, k in enumerate(sizes) for a in range(k)]
    sums = np.empty(len(owner) + 1)
    expected = np.zeros((len(owner) + 1, len(owner) + 1))
    for i, (f, a) in enumerate(owner):
        design = layout.designs[f]
        size = design.square[:, a, a]
        weight = np.divide(1.0, size, out=np.zeros_like(size), where=size > 1e-12 * size.max())
        h = design.with_design[:, a] @ contrast
        sums[i] = np.sum(weight * h**2)
        expected[i, -1] = np.count_nonzero(weight) - 1.0
        expected[-1, i] = size.sum()
        for j, (g, b) in enumerate(owner):
            other = layout.designs[g]
            if g == f:
                expected[i, j] = np.sum(weight * design.square[:, a, b] ** 2)
            else:
                block = layout.cross_of(f, g)[a :: sizes[f], b :: sizes[g]]
                expected[i, j] = np.sum(weight * block.multiply(block).sum(axis=1))
            # The mean has been taken out of the residuals.
            expected[i, j] -= np.sum(other.square[:, b, b] ** 2) / n if b == 0 else 0.0
    sums[-1] = contrast @ layout.WW @ contrast
    expected[-1, -1] = n - p
    try:
        found = np.linalg.solve(expected, sums)
    except np.linalg.LinAlgError:
        found = np.full(len(owner) + 1, sums[-1] / n)
    residual = found[-1] if found[-1] > 0.01 * sums[-1] / n else 0.3 * sums[-1] / n
    return np.asarray(found[:-1], dtype=np.float64), float(residual)
