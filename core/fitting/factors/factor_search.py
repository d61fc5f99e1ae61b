"""Minimising the criterion of several factors, with the evidence that it is a minimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.factors.factor_criterion import (
    FactorProblem,
    average_information,
    evaluate_at,
    evaluate_factors,
    gradient_of,
)
from core.fitting.factors.factor_starts import start_thetas
from core.fitting.search.covariance import theta_of
from core.fitting.search.optimize import newton_step
from core.types import BoolArray, FloatArray

#: Work of one evaluation from which on second derivatives are averaged, not differenced.
LARGE = 100_000
_FD_STEP = 1e-6
#: Predicted gain below which no step is taken any more: small and large problems.
_LAST_STEP, _LAST_STEP_LARGE = 1e-11, 1e-8
_MAX_STEPS = 80
_MOST_STARTS = 10
#: Gain in the criterion that another step may promise at an optimum.
_CERTIFIED = 1e-5
#: A second optimum further above the best is not kept.
_MODES_WITHIN = 50.0


@dataclass(frozen=True, eq=False)
class FactorCertificate:
    """Evidence at D, factor by factor.

    Attributes
    ----------
    derivative : list of FloatArray, shape (k, k)
        Of the criterion with respect to every D.
    stationarity : float
        Largest element of ``|derivative D|``.
    least_curvature : float
        Smallest eigenvalue of a derivative on the null space of its D (inf where none has one).
    factor, direction : int, FloatArray of shape (k,)
        Where that is.
    gain : float
        What one more Newton step promises.
    """

    derivative: list[FloatArray]
    stationarity: float
    least_curvature: float
    factor: int
    direction: FloatArray
    gain: float


@dataclass(frozen=True, eq=False)
class FactorOptimum:
    """The best D of every factor, in the layout's units, and how it was found."""

    D: list[FloatArray]
    theta: FloatArray
    value: float
    certificate: FactorCertificate
    modes: tuple[tuple[FloatArray, float], ...]
    start: FloatArray
    evaluations: int
    starts: int
    converged: bool


@dataclass(frozen=True, eq=False)
class _Searches:
    theta: FloatArray
    value: FloatArray
    evaluations: int


def find_factor_optimum(problem: FactorProblem) -> FactorOptimum:
    """Return the best optimum of the profiled criterion over every factor's D."""
    starts = start_thetas(problem, _MOST_STARTS)
    found = minimise_factors(problem, starts)
    best = int(np.argmin(found.value))
    theta, value = snapped(problem, found.theta[best], float(found.value[best]))
    certificate = certify_factors(problem, theta)
    evaluations = found.evaluations
    for _ in range(8):
        if certificate.least_curvature >= -1e-7 * problem.n_obs:
            break
        again = minimise_factors(problem, _off(problem, theta, certificate)[None])
        evaluations += again.evaluations
        if not again.value[0] < value:
            break
        theta, value = snapped(problem, again.theta[0], float(again.value[0]))
        certificate = certify_factors(problem, theta)
    return FactorOptimum(
        D=covariances_of(problem, theta),
        theta=theta,
        value=value,
        certificate=certificate,
        modes=_distinct_modes(problem, found, (theta, value)),
        start=starts[best],
        evaluations=evaluations,
        starts=len(starts),
        converged=is_certified(certificate, problem),
    )


def covariances_of(problem: FactorProblem, theta: FloatArray) -> list[FloatArray]:
    """Return D (k, k) of every factor from theta (K,)."""
    return [np.asarray(lam[0] @ lam[0].T) for lam in problem.split(theta[None])]


def theta_from(problem: FactorProblem, D: list[FloatArray]) -> FloatArray:
    """Return theta (K,) from D (k, k) of every factor."""
    return np.concatenate([theta_of(one, problem.correlated) for one in D])


def is_certified(certificate: FactorCertificate, problem: FactorProblem) -> bool:
    """Return whether the first-order conditions hold."""
    # A gain that is not a number is no evidence: the comparison is then false.
    return bool(
        abs(certificate.gain) <= _CERTIFIED and certificate.least_curvature >= -1e-6 * problem.n_obs
    )


def look_around(
    problem: FactorProblem, theta: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return value (E,), gradient (E, K) and Hessian (E, K, K) in theta at points (E, K).

    The Hessian is the gradient's forward differences; for large problems the average
    information, which costs a solution instead of K evaluations.
    """
    if problem.work > LARGE:
        parts = [_look_once(problem, one) for one in theta]
        return tuple(np.array(part) for part in zip(*parts, strict=True))  # type: ignore[return-value]
    n, K = theta.shape
    step = _FD_STEP * np.maximum(np.abs(theta), 0.1)
    points = np.repeat(theta[:, None], K + 1, axis=1)
    for i in range(K):
        points[:, i + 1, i] += step[:, i]
    flat = points.reshape(-1, K)
    result = evaluate_factors(problem, flat)
    gradient = gradient_of(problem, result, flat).reshape(n, K + 1, K)
    hessian = (gradient[:, 1:] - gradient[:, :1]) / step[..., None]
    hessian = 0.5 * (hessian + hessian.swapaxes(-1, -2))
    return result.value.reshape(n, K + 1)[:, 0], gradient[:, 0], hessian


def _look_once(problem: FactorProblem, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    at = evaluate_at(problem, theta[None])
    gradient = gradient_of(problem, at.result, theta[None])[0]
    return float(at.result.value[0]), gradient, average_information(problem, at, theta)


def minimise_factors(problem: FactorProblem, starts: FloatArray) -> _Searches:
    """Run a trust-region Newton search from every start (E, K), all in lockstep."""
    theta = starts.copy()
    value, gradient, hessian = look_around(problem, theta)
    radius = np.ones(len(theta))
    active = np.isfinite(value)
    evaluations = len(theta)
    last = _LAST_STEP_LARGE if problem.work > LARGE else _LAST_STEP
    for _ in range(_MAX_STEPS):
        rows = np.flatnonzero(active)
        if not len(rows):
            break
        step, gain = newton_step(theta[rows], gradient[rows], hessian[rows], radius[rows])
        noise = 1e-13 * (np.abs(value[rows]) + problem.n_obs)
        done = gain < np.maximum(last, noise)
        active[rows[done]] = False
        rows, step, gain, noise = rows[~done], step[~done], gain[~done], noise[~done]
        if not len(rows):
            break
        trial = theta[rows] + step
        new, slope, curve = look_around(problem, trial)
        evaluations += len(rows)
        better = np.isfinite(new) & np.isfinite(slope).all(axis=1) & (new <= value[rows] + noise)
        ratio = (value[rows] - new) / np.maximum(gain, 1e-300)
        radius[rows] = np.where(
            better, np.where(ratio > 0.75, radius[rows] * 3.0, radius[rows]), radius[rows] * 0.2
        )
        to = rows[better]
        theta[to], value[to] = trial[better], new[better]
        gradient[to], hessian[to] = slope[better], curve[better]
        active[rows] &= radius[rows] > 1e-9
        if len(rows) > 1:
            _drop_twins(problem, theta, value, active)
    value[~np.isfinite(value)] = np.inf
    return _Searches(theta, value, evaluations)


def _drop_twins(
    problem: FactorProblem, theta: FloatArray, value: FloatArray, active: BoolArray
) -> None:
    """End searches that have come to where a better one is."""
    D = [lam @ lam.swapaxes(1, 2) for lam in problem.split(theta)]
    flat = np.concatenate([d.reshape(len(theta), -1) for d in D], axis=1)
    apart = np.abs(flat[:, None] - flat[None]).max(axis=2)
    with np.errstate(invalid="ignore"):
        gap = value[:, None] - value[None, :]
    earlier = np.arange(len(value))[:, None] > np.arange(len(value))[None, :]
    is_better = (gap > 0) | ((gap == 0) & earlier)
    reach = 0.02 * (0.02 + np.abs(flat).max(axis=1))
    twin = active & (is_better & (apart <= reach) & (gap < 0.05)).any(axis=1)
    active[twin], value[twin] = False, np.inf


def certify_factors(problem: FactorProblem, theta: FloatArray) -> FactorCertificate:
    """Check the first-order conditions at theta (K,)."""
    at = evaluate_at(problem, theta[None])
    D = covariances_of(problem, theta)
    slopes = [s[0] for s in at.result.derivative]
    if not problem.correlated:
        slopes = [np.diag(np.diag(s)) for s in slopes]
    least, where, direction = np.inf, -1, np.zeros(0)
    for i, (slope, one) in enumerate(zip(slopes, D, strict=True)):
        values, vectors = np.linalg.eigh(one)
        null = vectors[:, values <= 1e-12 * max(1.0, float(values[-1]))]
        if null.shape[1] and np.isfinite(slope).all():
            inner, directions = np.linalg.eigh(null.T @ slope @ null)
            if inner[0] < least:
                least, where, direction = float(inner[0]), i, null @ directions[:, 0]
    if problem.work > LARGE:
        gradient = gradient_of(problem, at.result, theta[None])[0]
        hessian = average_information(problem, at, theta)
    else:
        _, slope_theta, curve = look_around(problem, theta[None])
        gradient, hessian = slope_theta[0], curve[0]
    gain = newton_step(theta[None], gradient[None], hessian[None], np.full(1, np.inf))[1]
    return FactorCertificate(
        derivative=slopes,
        stationarity=max(float(np.abs(s @ one).max()) for s, one in zip(slopes, D, strict=True)),
        least_curvature=least,
        factor=where,
        direction=direction,
        gain=float(gain[0]),
    )


def _off(problem: FactorProblem, theta: FloatArray, certificate: FactorCertificate) -> FloatArray:
    """Return theta moved along a direction of negative curvature, as far as a scan finds best."""
    D = covariances_of(problem, theta)
    i, direction = certificate.factor, certificate.direction
    points = [
        theta_from(problem, [*D[:i], D[i] + s**2 * np.outer(direction, direction), *D[i + 1 :]])
        for s in np.logspace(-4, 3, 15 if problem.work > LARGE else 29)
    ]
    value = evaluate_factors(problem, np.array(points), derivative=False).value
    return points[int(np.nanargmin(value))]


def snapped(problem: FactorProblem, theta: FloatArray, value: float) -> tuple[FloatArray, float]:
    """Set to zero the principal variances that are zero but for rounding, one by one."""
    D = covariances_of(problem, theta)
    tried: set[int] = set()
    while len(tried) < len(D):
        spectra = [_spectrum(one, problem.correlated) for one in D]
        least = [
            (values[values > 0].min() if (values > 0).any() else np.inf)
            if i not in tried
            else np.inf
            for i, (values, _) in enumerate(spectra)
        ]
        i = int(np.argmin(least))
        values, vectors = spectra[i]
        if least[i] > 1e-3 * max(1.0, float(values.max()) * 1e-3):
            break
        values = np.where(values <= least[i], 0.0, values)
        moved = [*D[:i], np.asarray((vectors * values) @ vectors.T), *D[i + 1 :]]
        at = theta_from(problem, moved)
        there = float(evaluate_factors(problem, at[None], derivative=False).value[0])
        if there <= value + 1e-8:
            D, value, theta = moved, min(value, there), at
        else:
            tried.add(i)
    return theta, value


def _spectrum(D: FloatArray, correlated: bool) -> tuple[FloatArray, FloatArray]:
    """Return principal variances and directions, those that are rounding as zeros."""
    values, vectors = np.linalg.eigh(D) if correlated else (np.diag(D), np.eye(len(D)))
    return np.where(values > 1e-13 * max(float(values.max()), 0.0), values, 0.0), vectors


def _distinct_modes(
    problem: FactorProblem, found: _Searches, best: tuple[FloatArray, float]
) -> tuple[tuple[FloatArray, float], ...]:
    """Return the certified local minima found, best first, each once."""
    modes = [best]
    for i in np.argsort(found.value):
        if not found.value[i] <= best[1] + _MODES_WITHIN:
            continue
        theta, value = snapped(problem, found.theta[i], float(found.value[i]))
        flat = np.concatenate([d.ravel() for d in covariances_of(problem, theta)])
        seen = [np.concatenate([d.ravel() for d in covariances_of(problem, t)]) for t, _ in modes]
        if any(np.abs(flat - s).max() <= 1e-2 * (0.1 + np.abs(s).max()) for s in seen):
            continue
        if is_certified(certify_factors(problem, theta), problem):
            modes.append((theta, value))
    return tuple(modes)
