"""How sure the variances of several factors are, and degrees of freedom from that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.estimators.factors.system import solved_of
from core.factors_results import FactorsFits
from core.fitting.factors.factor_criterion import (
    FactorProblem,
    average_information,
    evaluate_at,
    evaluate_factors,
    gradient_of,
)
from core.fitting.factors.factor_search import LARGE, covariances_of
from core.fitting.several.henderson import Contrasts, FactorSystem, system_at
from core.types import FloatArray, IntArray

#: Steps of differences, relative to theta.
_SECOND, _FIRST = 1e-4, 1e-4
#: An eigenvalue of the information below this share of the largest tells nothing.
_FLAT = 1e-8


@dataclass(frozen=True, eq=False)
class VarianceInformation:
    """The covariance of theta and ``log sigma_y**2`` at the optimum.

    Attributes
    ----------
    theta : FloatArray, shape (K,)
    free : IntArray, shape (m,)
        Elements of theta that are not on the boundary.
    covariance : FloatArray, shape (m + 1, m + 1)
        Of those and of the log of the residual variance, which is last.
    """

    theta: FloatArray
    free: IntArray
    covariance: FloatArray


def variance_information(problem: FactorProblem, theta: FloatArray) -> VarianceInformation:
    """Return twice the inverse Hessian of the criterion, sigma_y not profiled.

    Elements of theta that are zero stand on the boundary and are held there.
    """
    free = np.flatnonzero(np.abs(theta) > 1e-7)
    at = evaluate_at(problem, theta[None])
    if problem.work > LARGE:
        hessian = average_information(problem, at, theta)[np.ix_(free, free)]
    else:
        hessian = _differenced(problem, theta, free)
    nu, r2 = problem.nu, float(at.result.r2[0])
    # dev = A(theta) + nu log s2 + r2(theta) / s2, of which the criterion is the minimum over s2.
    cross = _slope_of_r2(problem, theta)[free] * (-nu / r2)
    m = len(free)
    full = np.empty((m + 1, m + 1))
    full[:m, :m] = hessian + np.outer(cross, cross) / nu
    full[:m, m] = full[m, :m] = cross
    full[m, m] = nu
    values, vectors = np.linalg.eigh(0.5 * (full + full.T))
    keep = values > _FLAT * float(values.max())
    inverse = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return VarianceInformation(theta, free, 2.0 * inverse)


def _differenced(problem: FactorProblem, theta: FloatArray, free: IntArray) -> FloatArray:
    m = len(free)
    step = _SECOND * np.maximum(np.abs(theta[free]), 0.01)
    points = np.repeat(theta[None], 2 * m, axis=0)
    points[np.arange(m), free] += step
    points[m + np.arange(m), free] -= step
    slope = gradient_of(problem, evaluate_factors(problem, points), points)[:, free]
    hessian = (slope[:m] - slope[m:]) / (2.0 * step[:, None])
    return np.asarray(0.5 * (hessian + hessian.T))


def _slope_of_r2(problem: FactorProblem, theta: FloatArray) -> FloatArray:
    """Return the gradient of the weighted residual sum of squares in theta (K,)."""
    at = evaluate_at(problem, theta[None])
    parts = []
    for slope, lam in zip(slopes_of_r2(problem, theta), problem.split(theta[None]), strict=True):
        k = lam.shape[-1]
        full = 2.0 * slope @ lam[0]
        if problem.correlated:
            cols, rows = np.triu_indices(k)
            parts.append(full[rows, cols])
        else:
            parts.append(np.diag(full))
    assert at.sides is not None
    return np.concatenate(parts)


def slopes_of_r2(problem: FactorProblem, theta: FloatArray) -> list[FloatArray]:
    """Return the derivative of the residual sum of squares in every factor's D, (k, k) each."""
    at = evaluate_at(problem, theta[None])
    assert at.sides is not None
    contrast = np.append(-at.result.beta[0], 1.0)
    out = []
    for i in range(len(problem.sizes)):
        h = at.sides.H[i][:, 0] @ contrast
        out.append(-h.T @ h)
    return out


def information_of(fits: FactorsFits) -> VarianceInformation:
    """Return how sure the variances of a fit are, made once.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit = fits.multilevel
    held: VarianceInformation | None = fit.__dict__.get("information")
    if held is None:
        solved = solved_of(fits)
        held = variance_information(solved.problem, solved.theta)
        object.__setattr__(fit, "information", held)
    return held


def degrees_of_freedom(
    fits: FactorsFits, variance: Callable[[FactorSystem, list[FloatArray]], FloatArray]
) -> FloatArray:
    """Return Satterthwaite's degrees of freedom of variances (m,).

    Parameters
    ----------
    variance : callable
        Takes a system and every factor's D (scaled) to the variances over sigma_y**2, (m,).

    Notes
    -----
    ``2 f**2 / g'Ag`` with f the variance, g its gradient in the variance parameters and A their
    covariance (Satterthwaite 1946, as lmerTest has it). The gradient in theta is differenced;
    that in ``log sigma_y**2`` is f itself.
    """
    solved = solved_of(fits)
    found = information_of(fits)

    def at(theta: FloatArray) -> FloatArray:
        D = covariances_of(solved.problem, theta)
        return variance(system_at(solved.layout, D), D)

    f = at(found.theta)
    gradient = np.empty((len(found.free) + 1, len(f)))
    gradient[-1] = f
    for row, i in enumerate(found.free):
        step = _FIRST * max(abs(float(found.theta[i])), 0.01)
        up, down = found.theta.copy(), found.theta.copy()
        up[i] += step
        down[i] -= step
        gradient[row] = (at(up) - at(down)) / (2.0 * step)
    spread = np.einsum("im,ij,jm->m", gradient, found.covariance, gradient)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = 2.0 * f**2 / spread
    return np.asarray(np.where(np.isfinite(df) & (f > 0), np.maximum(df, 1.0), np.nan))


def fixef_df(fits: FactorsFits) -> FloatArray:
    """Return Satterthwaite's degrees of freedom of the average coefficients, shape (p,)."""
    known = np.isfinite(fits.multilevel.fixef)
    asked = Contrasts(np.eye(len(known))[known], {})
    out = np.full(len(known), np.nan)
    out[known] = degrees_of_freedom(fits, lambda system, _: system.variance(asked))
    return out
