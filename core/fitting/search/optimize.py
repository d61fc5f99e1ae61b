"""Minimising the profiled criterion: many problems and starts in lockstep, certified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.search.covariance import rel_cov_of, theta_gradient, theta_of
from core.fitting.search.criterion import CriterionProblem, evaluate
from core.types import BoolArray, FloatArray, IntArray

#: Predicted gain below which one more Newton step is the last. So small that the same rows in
#: another order, or summed elsewhere, end at the same place to nine digits.
_LAST_STEP = 1e-10
_MAX_STEPS = 80
_FD_STEP = 1e-6


@dataclass(frozen=True, eq=False)
class Minima:
    """Where searches ended: theta (B, E, K), criterion (B, E), evaluations, converged (B, E)."""

    theta: FloatArray
    value: FloatArray
    evaluations: int
    converged: BoolArray


@dataclass(eq=False)
class _State:
    """The searches under way: point, value, gradient, Hessian and trust radius of each."""

    theta: FloatArray
    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    radius: FloatArray
    active: BoolArray
    evaluations: int = 0


def look(
    problem: CriterionProblem, theta: FloatArray, correlated: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return value (B, E), gradient (B, E, K) and Hessian (B, E, K, K) in theta.

    The gradient is analytic; the Hessian its forward differences, evaluated in one batch.
    """
    n_problems, n_starts, K = theta.shape
    step = _FD_STEP * np.maximum(np.abs(theta), 0.1)
    points = np.repeat(theta[:, :, None], K + 1, axis=2)
    for i in range(K):
        points[:, :, i + 1, i] += step[:, :, i]
    flat = points.reshape(n_problems, -1, K)
    result = evaluate(problem, rel_cov_of(flat, problem.k, correlated))
    gradient = theta_gradient(result.derivative, flat, correlated).reshape(points.shape)
    hessian = (gradient[:, :, 1:] - gradient[:, :, :1]) / step[..., None]
    hessian = 0.5 * (hessian + hessian.swapaxes(-1, -2))
    value = result.value.reshape(n_problems, n_starts, K + 1)[:, :, 0]
    return value, gradient[:, :, 0], hessian


def minimise(problem: CriterionProblem, starts: FloatArray, *, correlated: bool) -> Minima:
    """Run a trust-region Newton search from every start of every problem.

    Parameters
    ----------
    starts : FloatArray, shape (B, E, K)
        theta in the units of ``problem``.
    """
    value, gradient, hessian = look(problem, starts, correlated)
    state = _State(
        starts.copy(), value, gradient, hessian, np.ones(value.shape), np.isfinite(value)
    )
    state.evaluations = starts.shape[1]
    for _ in range(_MAX_STEPS):
        rows = np.flatnonzero(state.active.any(axis=1))
        if not len(rows):
            break
        columns = np.flatnonzero(state.active[rows].any(axis=0))
        _advance(problem, state, rows, columns, correlated)
        if len(state.theta) == 1 and len(columns) > 1:
            _drop_twins(state, problem.k, correlated)
    state.value[~np.isfinite(state.value)] = np.inf
    return Minima(state.theta, state.value, state.evaluations, ~state.active)


def _drop_twins(state: _State, k: int, correlated: bool) -> None:
    """End the searches of one problem that have come to where a better one is."""
    D, value = rel_cov_of(state.theta[0], k, correlated), state.value[0]
    with np.errstate(invalid="ignore"):
        gap = value[:, None] - value[None, :]
    earlier = np.arange(len(value))[:, None] > np.arange(len(value))[None, :]
    is_better = (gap > 0) | ((gap == 0) & earlier)
    reach = 0.02 * (0.02 + np.abs(D).max(axis=(1, 2)))
    apart = np.abs(D[:, None] - D[None]).max(axis=(2, 3))
    twin = state.active[0] & (is_better & (apart <= reach) & (gap < 0.05)).any(axis=1)
    state.active[0, twin], state.value[0, twin] = False, np.inf


def _advance(
    problem: CriterionProblem,
    state: _State,
    rows: IntArray,
    columns: IntArray,
    correlated: bool,
) -> None:
    """Take one step of the searches in ``rows`` x ``columns``."""
    block = np.ix_(rows, columns)
    theta, value, radius = state.theta[block], state.value[block], state.radius[block]
    step, gain = newton_step(theta, state.gradient[block], state.hessian[block], radius)
    trial = theta + step
    new_value, gradient, hessian = look(problem.take(rows), trial, correlated)
    state.evaluations += len(columns)
    noise = 1e-13 * (np.abs(value) + problem.n_obs[rows, None])
    active = state.active[block]
    finite = np.isfinite(new_value) & np.isfinite(gradient).all(axis=-1)
    better = active & finite & (new_value <= value + noise)
    ratio = (value - new_value) / np.maximum(gain, 1e-300)
    grow = better & (ratio > 0.75)
    radius = np.where(better, np.where(grow, radius * 3.0, radius), radius * 0.2)
    poor = better & (ratio < 0.1) & (gain > 1e3 * noise)
    state.radius[block] = np.where(poor, radius * 0.4, radius)
    for old, new in ((state.theta, trial), (state.gradient, gradient), (state.hessian, hessian)):
        shape = better.reshape(better.shape + (1,) * (new.ndim - 2))
        old[block] = np.where(shape, new, old[block])
    state.value[block] = np.where(better, new_value, value)
    finished = (gain < np.maximum(_LAST_STEP, noise)) | (state.radius[block] < 1e-9)
    state.active[block] = active & ~finished


def newton_step(
    theta: FloatArray, gradient: FloatArray, hessian: FloatArray, radius: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the step within the trust radius and the gain it predicts.

    Curvatures enter by their absolute value, so a search leaves a saddle downhill.
    Lengths are relative: theta far out may move further.
    """
    size = np.maximum(np.abs(theta), 0.3 * np.max(np.abs(theta), axis=-1, keepdims=True))
    size = np.maximum(size, 0.1)
    g = gradient * size
    H = np.nan_to_num(hessian * size[..., :, None] * size[..., None, :])
    values, vectors = np.linalg.eigh(H)
    floor = 1e-9 * np.max(np.abs(values), axis=-1, keepdims=True) + 1e-12
    along = np.einsum("...ij,...i->...j", vectors, g)
    scaled = -along / np.maximum(np.abs(values), floor)
    length = np.sqrt(np.sum(scaled**2, axis=-1))
    shrink = np.minimum(1.0, radius / np.maximum(length, 1e-300))
    scaled = scaled * shrink[..., None]
    gain = -np.sum(along * scaled + 0.5 * np.abs(values) * scaled**2, axis=-1)
    step = np.einsum("...ij,...j->...i", vectors, scaled) * size
    return step, gain


@dataclass(frozen=True, eq=False)
class Certificate:
    """Evidence at D: the derivative there, |derivative D|, its least null-space curvature, and
    what one more step promises to gain, by Newton in theta and by turning D.

    ``turn`` (k, k) is the direction A in which ``(I + e A) D (I + e A)'`` falls most steeply.
    """

    derivative: FloatArray
    stationarity: float
    least_curvature: float
    direction: FloatArray
    gain: float
    turn: FloatArray


def certify(problem: CriterionProblem, D: FloatArray, *, correlated: bool) -> Certificate:
    """Check the first-order conditions at D (k, k) of one problem, in its units."""
    derivative = evaluate(problem, D[None, None]).derivative[0, 0]
    k = len(D)
    if not correlated:
        derivative = np.diag(np.diag(derivative))
    values, vectors = np.linalg.eigh(D)
    null = vectors[:, values <= 1e-12 * max(1.0, float(values[-1]))]
    product = float(np.max(np.abs(derivative @ D)))
    theta = theta_of(D, correlated)[None, None]
    _, gradient, hessian = look(problem, theta, correlated)
    newton = float(newton_step(theta, gradient, hessian, np.full((1, 1), np.inf))[1][0, 0])
    turn, by_turning = _turn(problem, D, derivative)
    gain = max(newton, by_turning) if np.isfinite(newton) else newton
    if null.shape[1] == 0:
        return Certificate(derivative, product, np.inf, np.zeros(k), gain, turn)
    inner, directions = np.linalg.eigh(null.T @ derivative @ null)
    return Certificate(derivative, product, float(inner[0]), null @ directions[:, 0], gain, turn)


def _turn(
    problem: CriterionProblem, D: FloatArray, derivative: FloatArray
) -> tuple[FloatArray, float]:
    """Return the steepest way to change D without changing its rank, and the gain it promises.

    On the boundary the Cholesky factor is a poor guide: where the first variance is zero its
    gradient vanishes in every direction that would turn D towards that coefficient, though
    the criterion may fall. Along ``(I + e A) D (I + e A)'`` the slope is ``2 <derivative D, A>``
    whatever the rank, and the curvature is measured.
    """
    A = -derivative @ D
    size = float(np.linalg.norm(A))
    if not np.isfinite(size) or size == 0.0:
        return np.zeros_like(D), 0.0
    A = A / size
    step = 1e-3
    ends = np.array([turned(D, A, e) for e in (-step, 0.0, step)])
    low, mid, high = evaluate(problem, ends[None], derivative=False).value[0]
    bend = abs(float(high - 2.0 * mid + low)) / step**2
    noise = 1e-12 * (abs(float(mid)) + float(problem.n_obs[0])) / step**2
    return A, float((2.0 * size) ** 2 / (2.0 * max(bend, noise)))


def turned(D: FloatArray, A: FloatArray, size: float) -> FloatArray:
    """Return D (k, k) turned and stretched: ``(I + size A) D (I + size A)'``."""
    change = np.eye(len(D)) + size * A
    return np.asarray(change @ D @ change.T)


def turn_on(problem: CriterionProblem, D: FloatArray, turn: FloatArray) -> FloatArray:
    """Return D turned along a direction as far as a scan finds best; D itself if that is best."""
    sizes = np.concatenate([[0.0], np.logspace(-6, 0.5, 40)])
    points = np.array([turned(D, turn, float(size)) for size in sizes])
    value = evaluate(problem, points[None], derivative=False).value[0]
    return np.asarray(points[int(np.nanargmin(value))])


def step_off(problem: CriterionProblem, D: FloatArray, direction: FloatArray) -> FloatArray:
    """Return D moved along a direction of negative curvature, as far as a scan finds best."""
    sizes = np.logspace(-4, 4, 33)
    points = D + (sizes**2)[:, None, None] * np.outer(direction, direction)
    value = evaluate(problem, points[None], derivative=False).value[0]
    return np.asarray(points[int(np.nanargmin(value))])


def snap(
    problem: CriterionProblem, D: FloatArray, value: float, *, correlated: bool
) -> tuple[FloatArray, float]:
    """Set to zero the variances of D that are zero but for rounding.

    A principal variance goes when it is small and the criterion does not mind.
    """
    for _ in range(len(D)):
        values, vectors = np.linalg.eigh(D) if correlated else (np.diag(D), np.eye(len(D)))
        values = np.where(values > 1e-13 * max(float(values.max()), 0.0), values, 0.0)
        live = np.flatnonzero(values)
        if not len(live):
            return np.zeros_like(D), value
        weakest = live[np.argmin(values[live])]
        if values[weakest] > 1e-3 * max(1.0, float(values.max()) * 1e-3):
            return cleared(D), value
        values[values <= values[weakest]] = 0.0
        trial = np.asarray((vectors * values) @ vectors.T)
        at_trial = float(evaluate(problem, trial[None, None], derivative=False).value[0, 0])
        if not at_trial <= value + 1e-8:
            return cleared(D), value
        D, value = trial, min(value, at_trial)
    return cleared(D), value


def cleared(D: FloatArray) -> FloatArray:
    """Return D (..., k, k) with the variances that are rounding set to exactly zero."""
    variance = np.einsum("...kk->...k", D)
    kept = variance > 1e-14 * np.maximum(1.0, variance.max(axis=-1, keepdims=True))
    return np.where(kept[..., :, None] & kept[..., None, :], D, 0.0)
