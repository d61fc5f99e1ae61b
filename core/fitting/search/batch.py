"""Many criteria minimised at once: simulated outcomes, training folds, resampled groups.

``find_optima`` is ``find_optimum`` for B problems of one shape in lockstep, which costs a
few hundredths of a second per hundred problems of a classroom's size. Two ways to get there:

- the same rows with many outcomes (simulation, parametric bootstrap): use
  ``core.fitting.replicates.fit_replicates``, which also gives the other two fits;
- problems that differ in their rows (training moments of cross-validation, groups left
  out): make one ``ScaledModel`` each, stack the problems, and search::

      unit = unit_of(model_of_all_rows)
      problems = [problem_of(m, unit, reml=True, merge=False) for m in training_models]
      optima = find_optima(stack_problems(problems), correlated=spec.correlated)
      D = optima.D / np.outer(unit, unit)        # relative covariances, scaled units of Z

  The models must have the same number of terms in use (``model.used``); a group without
  rows in one of them has zero products and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.fitting.search.covariance import rel_cov_of, theta_of
from core.fitting.search.criterion import CriterionProblem, Evaluation, evaluate
from core.fitting.search.optimize import (
    Minima,
    certify,
    cleared,
    minimise,
    snap,
    step_off,
    turn_on,
)
from core.fitting.search.starts import SCAN_GRID, inside, scan
from core.types import BoolArray, FloatArray, IntArray

#: Elements of the work arrays of one search; keeps memory and cache misses down.
_ELEMENTS = 150_000
_NEGLIGIBLE_CURVATURE = -1e-7
#: Gain that is worth another step, and ``|derivative D|`` that may hide one.
_WORTH_A_STEP = 1e-8
_STATIONARY = 1e-5


@dataclass(frozen=True, eq=False)
class Optima:
    """The optimum of each of B problems, in the units of the problem.

    Attributes
    ----------
    D : FloatArray, shape (B, k, k)
        Relative covariance ``Sigma / sigma_y**2``; exactly zero where a variance is.
    value : FloatArray, shape (B,)
        The criterion.
    beta : FloatArray, shape (B, p)
        Fixed effects, scaled.
    r2 : FloatArray, shape (B,)
        Profiled residual sum of squares; ``r2 / nu`` is sigma_y**2, scaled.
    XVX : FloatArray, shape (B, p, p)
        ``X'V^-1 X``.
    converged : BoolArray, shape (B,)
        Whether the search came to rest and no direction leads downhill.
    """

    D: FloatArray
    value: FloatArray
    beta: FloatArray
    r2: FloatArray
    XVX: FloatArray
    converged: BoolArray


def stack_problems(problems: Sequence[CriterionProblem]) -> CriterionProblem:
    """Return problems of the same k, p, J and criterion as one batch."""
    first = problems[0]
    arrays = {
        name: np.concatenate([getattr(problem, name) for problem in problems])
        for name in ("S", "shift", "det_S", "weight", "products", "rest", "n_obs", "offset")
    }
    return CriterionProblem(k=first.k, p=first.p, reml=first.reml, **arrays)


def find_optima(problem: CriterionProblem, *, correlated: bool, n_starts: int = 2) -> Optima:
    """Return the best optimum found of every problem.

    Parameters
    ----------
    problem : CriterionProblem
        Z in units in which theta = 1 pools the median group by half (``unit_of``).
    n_starts : int
        Searches per problem for two or more varying coefficients; one coefficient is
        scanned on a fine grid, and every dip is followed.
    """
    width = max(1, _ELEMENTS // max(1, problem.S.shape[1] * problem.S.shape[2]))
    everything = np.arange(problem.n_problems)
    parts = [
        _find_optima(problem.take(everything[i : i + width]), correlated, n_starts)
        for i in range(0, problem.n_problems, width)
    ]
    if len(parts) == 1:
        return parts[0]
    names = ("D", "value", "beta", "r2", "XVX", "converged")
    return Optima(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _find_optima(problem: CriterionProblem, correlated: bool, n_starts: int) -> Optima:
    if problem.k == 1:
        theta, value, rest = _search_dips(problem, correlated)
    else:
        starts = _starts(problem, correlated, n_starts)
        found = minimise(problem, starts, correlated=correlated)
        best = np.argmin(found.value, axis=1)
        row = np.arange(problem.n_problems)
        theta, value = found.theta[row, best], found.value[row, best]
        rest = found.converged[row, best]
    return _finish(problem, theta, value, rest, correlated)


def polish(problem: CriterionProblem, found: Minima, *, correlated: bool) -> Optima:
    """Return the optima that searches with one start per problem have come to."""
    theta, value, rest = found.theta[:, 0], found.value[:, 0], found.converged[:, 0]
    return _finish(problem, theta, value, rest, correlated)


def _finish(
    problem: CriterionProblem,
    theta: FloatArray,
    value: FloatArray,
    rest: BoolArray,
    correlated: bool,
) -> Optima:
    """Clear variances that are rounding, leave saddles, and evaluate at what is left."""
    D, value = _snap(problem, rel_cov_of(theta, problem.k, correlated), value, correlated)
    D, value = _leave_saddles(problem, D, value, correlated)
    at: Evaluation = evaluate(problem, D[:, None], derivative=False)
    return Optima(D, value, at.beta[:, 0], at.r2[:, 0], at.XVX[:, 0], rest & np.isfinite(value))


def _search_dips(
    problem: CriterionProblem, correlated: bool
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Follow every dip of the criterion of one theta; return the best theta (B, 1) and value."""
    points = np.broadcast_to(
        (SCAN_GRID**2)[None, :, None, None], (problem.n_problems, len(SCAN_GRID), 1, 1)
    )
    scan = evaluate(problem, points, derivative=False).value
    scan = np.where(np.isfinite(scan), scan, np.inf)
    edge = np.full((len(scan), 1), np.inf)
    left, right = np.hstack([edge, scan[:, :-1]]), np.hstack([scan[:, 1:], edge])
    dips = np.where((scan <= left) & (scan <= right), scan, np.inf)
    order = np.argsort(dips, axis=1)
    n_dips = np.isfinite(dips).sum(axis=1)
    theta = np.maximum(SCAN_GRID[order[:, :1]], SCAN_GRID[1])
    value = np.full(len(scan), np.inf)
    rest = np.zeros(len(scan), dtype=bool)
    for rank in range(max(1, int(n_dips.max()))):
        which = np.flatnonzero(n_dips > rank)
        start = np.maximum(SCAN_GRID[order[which, rank]], SCAN_GRID[1])[:, None, None]
        found = minimise(problem.take(which), start, correlated=correlated)
        better = found.value[:, 0] < value[which]
        theta[which[better]] = found.theta[better, 0]
        value[which[better]] = found.value[better, 0]
        rest[which[better]] = found.converged[better, 0]
    return theta, value, rest


def _starts(problem: CriterionProblem, correlated: bool, n_starts: int) -> FloatArray:
    """Return starts (B, E, K): the lowest of the local minima of the coarse scan."""
    points, around = scan(problem.k, correlated, is_coarse=True)
    wide = np.broadcast_to(points[None], (problem.n_problems, *points.shape))
    value = evaluate(problem, wide, derivative=False).value
    value = np.where(np.isfinite(value), value, np.inf)
    is_lowest = value <= value[:, around].min(axis=2)
    chosen = np.argsort(np.where(is_lowest, value, np.inf), axis=1)[:, :n_starts]
    return theta_of(inside(points[chosen]), correlated)


def _snap(
    problem: CriterionProblem, D: FloatArray, value: FloatArray, correlated: bool
) -> tuple[FloatArray, FloatArray]:
    """Set to zero the variances that are zero but for rounding (``optimize.snap``, batched)."""
    D, value = D.copy(), value.copy()
    for _ in range(problem.k):
        values, vectors = _principal(D, correlated)
        live = np.where(values > 0, values, np.inf)
        weakest = live.min(axis=1)
        limit = 1e-3 * np.maximum(1.0, values.max(axis=1) * 1e-3)
        which = np.flatnonzero((weakest <= limit) & np.isfinite(value))
        if not len(which):
            break
        kept = np.where(values[which] <= weakest[which, None], 0.0, values[which])
        trial = (vectors[which] * kept[:, None, :]) @ vectors[which].swapaxes(1, 2)
        at_trial = evaluate(problem.take(which), trial[:, None], derivative=False).value[:, 0]
        same = at_trial <= value[which] + 1e-8
        D[which[same]] = trial[same]
        value[which[same]] = np.minimum(value[which[same]], at_trial[same])
    return cleared(D), value


def _principal(D: FloatArray, correlated: bool) -> tuple[FloatArray, FloatArray]:
    """Return principal variances (B, k) and directions (B, k, k)."""
    if correlated:
        values, vectors = np.linalg.eigh(D)
        # Rounding leaves a zero principal variance at 1e-17 or so: that is zero.
        size = values.max(axis=1, keepdims=True)
        return np.where(values > 1e-13 * size, values, 0.0), vectors
    return np.einsum("bkk->bk", D).copy(), np.broadcast_to(np.eye(D.shape[-1]), D.shape)


def _leave_saddles(
    problem: CriterionProblem, D: FloatArray, value: FloatArray, correlated: bool
) -> tuple[FloatArray, FloatArray]:
    """Search on from the few points on the boundary that are no optimum.

    There a direction with zero variance leads downhill, or D is to be turned, for which the
    Cholesky factor has no gradient (``optimize.certify``).
    """
    for i in _unsettled(problem, D, correlated):
        alone = problem.take(np.array([i]))
        certificate = certify(alone, D[i], correlated=correlated)
        if certificate.least_curvature < _NEGLIGIBLE_CURVATURE * float(alone.n_obs[0]):
            away = step_off(alone, D[i], certificate.direction)
        elif certificate.gain > _WORTH_A_STEP:
            away = turn_on(alone, D[i], certificate.turn)
        else:
            continue
        again = minimise(alone, theta_of(away, correlated)[None, None], correlated=correlated)
        if again.value[0, 0] < value[i]:
            there = rel_cov_of(again.theta[0, 0], problem.k, correlated)
            D[i], value[i] = snap(alone, there, float(again.value[0, 0]), correlated=correlated)
    return D, value


def _unsettled(problem: CriterionProblem, D: FloatArray, correlated: bool) -> IntArray:
    """Return the problems on the boundary whose derivative there does not show an optimum."""
    values, vectors = _principal(D, correlated)
    flat = np.flatnonzero((values == 0).any(axis=1))
    if not len(flat):
        return flat
    slope = evaluate(problem.take(flat), D[flat, None]).derivative[:, 0]
    if not correlated:
        slope = slope * np.eye(problem.k)
    inner = vectors[flat].swapaxes(1, 2) @ slope @ vectors[flat]
    null = values[flat] == 0
    inner = np.where(null[:, :, None] & null[:, None, :], inner, 0.0)
    least = np.linalg.eigvalsh(inner)[:, 0]
    moving = np.abs(slope @ D[flat]).max(axis=(1, 2)) > _STATIONARY
    is_open = (least < _NEGLIGIBLE_CURVATURE * problem.n_obs[flat]) | moving
    return np.asarray(flat[is_open])
