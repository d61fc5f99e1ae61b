"""Integrating sigma_y out, at many relative covariances at once.

Given D the likelihood leaves to sigma_y the density ``sigma_y**-(nu + 1) exp(-r2 / (2
sigma_y**2))``: a scaled inverse chi-square, whatever the prior, as long as that is flat in the
sds. Another prior multiplies it by a function of ``sd = ratio * sigma_y``; then the integral is
taken on a grid about the mode, and the two first moments of the precision give the inverse
chi-square that stands for it from there on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.posterior.theta.prior import StatedPrior
from core.types import BoolArray, FloatArray, IntArray

#: Steps of the grid for log sigma_y in its own standard deviations. The right tail falls only
#: as a power with few degrees of freedom, so the steps grow there.
_STEPS = np.concatenate([np.arange(-5.6, 5.6, 0.7), 5.6 * 1.125 ** np.arange(11)])
_NEWTON = 12
#: Nodes that this density takes at least, of those there are.
_FEW = 1_500
#: Points of a density of log sigma_y.
_GRID = 320
#: Nodes from which five points stand for sigma_y at each, instead of the whole grid.
_MANY = 2_000
#: Five points and weights for a standard normal (Gauss-Hermite).
_Z, _W = np.polynomial.hermite_e.hermegauss(5)


@dataclass(frozen=True, eq=False)
class Residual:
    """What is known of sigma_y at each D.

    Attributes
    ----------
    log_mass : FloatArray, shape (E,)
        Log of the integral over sigma_y, up to a constant.
    df, variance : FloatArray, shape (E,)
        sigma_y**2 is ``df * variance`` over a chi-square with ``df`` degrees of freedom: with a
        flat prior exactly, else as far as the two first moments of the precision go.
    points, share : FloatArray, shape (E, m)
        Values of sigma_y that stand for it, and their weights.
    step : FloatArray, shape (E, m)
        How far the values are apart, in the log of sigma_y.
    r2 : FloatArray, shape (E,)
    log_ratio : FloatArray, shape (E, k)
        What it was made from.
    """

    log_mass: FloatArray
    df: FloatArray
    variance: FloatArray
    points: FloatArray
    share: FloatArray
    step: FloatArray
    r2: FloatArray
    log_ratio: FloatArray

    def take(self, which: BoolArray | IntArray | slice) -> Residual:
        """Return what is known at some of the points."""
        return Residual(*(part[which] for part in vars(self).values()))


def integrate_residual(
    r2: FloatArray, log_ratio: FloatArray, df: float, prior: StatedPrior
) -> Residual:
    """Return the integral over sigma_y and what is known of it.

    Parameters
    ----------
    r2 : FloatArray, shape (E,)
        Profiled residual sums of squares.
    log_ratio : FloatArray, shape (E, k)
        Log of the sds that the prior is on, over sigma_y, in its units.
    df : float
        Degrees of freedom under a flat prior.
    prior : StatedPrior
    """
    flat = -0.5 * df * np.log(r2)
    if prior.is_flat:
        known = np.full(len(r2), df), r2 / df
        return Residual(flat, *known, *_five_points(*known), r2, log_ratio)
    mode, width = _mode(r2, log_ratio, df, prior)
    steps = mode[:, None] + width[:, None] * _STEPS
    value = -df * steps - 0.5 * r2[:, None] * np.exp(-2.0 * steps)
    value += prior.log_density(log_ratio[:, None, :], steps)
    top = value.max(axis=1)
    weight = np.exp(value - top[:, None]) * _trapezoid(_STEPS)
    mass = weight.sum(axis=1)
    weight /= mass[:, None]
    scaled = np.exp(-2.0 * (steps - mode[:, None]))
    mean = np.einsum("es,es->e", weight, scaled)
    spread = np.einsum("es,es->e", weight, (scaled - mean[:, None]) ** 2)
    known = 2.0 * mean**2 / np.maximum(spread, 1e-300), np.exp(2.0 * mode) / mean
    points = np.exp(steps), weight, width[:, None] * _trapezoid(_STEPS)
    if len(r2) > _MANY:
        points = _five_points(*known)
    return Residual(top + np.log(mass * width), *known, *points, r2, log_ratio)


def _five_points(df: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return five values of sigma_y for each inverse chi-square, their weights, and no steps.

    By the Wilson-Hilferty cube root, in which a chi-square is nearly normal.
    """
    h = 2.0 / (9.0 * df[:, None])
    root = np.maximum(1.0 - h + _Z * np.sqrt(h), 0.05)
    points = np.sqrt(variance[:, None] / root**3)
    return points, np.broadcast_to(_W / _W.sum(), points.shape), np.zeros_like(points)


def residual_density(
    known: Residual, weight: FloatArray, df: float, prior: StatedPrior
) -> tuple[FloatArray, FloatArray]:
    """Return log sigma_y (m,) and its density there, mixed over nodes of given weights.

    ``df`` are the degrees of freedom under a flat prior.
    """
    every = max(1, len(weight) // _FEW)
    known, weight = known.take(slice(None, None, every)), weight[::every] / weight[::every].sum()
    live = weight > 1e-9
    middle, wide = 0.5 * np.log(known.variance[live]), 7.0 / np.sqrt(2.0 * known.df[live])
    # The right tail is the longer one, the more so with few degrees of freedom.
    high = float((middle + wide * (1.0 + 4.0 / np.sqrt(known.df[live]))).max())
    at = np.linspace(float((middle - wide).min()), high, _GRID)
    height = -df * at - 0.5 * known.r2[:, None] * np.exp(-2.0 * at)
    height += prior.log_density(known.log_ratio[:, None, :], at)
    return at, np.asarray(weight @ np.exp(height - known.log_mass[:, None]))


def _trapezoid(at: FloatArray) -> FloatArray:
    gap = np.diff(at)
    return np.asarray(0.5 * (np.append(gap, 0.0) + np.insert(gap, 0, 0.0)))


def _mode(
    r2: FloatArray, log_ratio: FloatArray, df: float, prior: StatedPrior
) -> tuple[FloatArray, FloatArray]:
    """Return the mode of log sigma_y and its width there, by Newton's method; both (E,)."""
    at = 0.5 * np.log(r2 / df)
    for _ in range(_NEWTON):
        pull = r2 * np.exp(-2.0 * at)
        first, second = prior.slopes(log_ratio + at[:, None])
        curvature = 2.0 * pull - second
        at = at + np.clip((pull - df + first) / curvature, -1.0, 1.0)
    pull = r2 * np.exp(-2.0 * at)
    return at, 1.0 / np.sqrt(2.0 * pull - prior.slopes(log_ratio + at[:, None])[1])
