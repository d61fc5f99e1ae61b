"""Distributions of single parameters: smooth mixtures over nodes, with quantiles and densities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import special

from core.types import FloatArray

_BINS = 1_000
_STEPS = 80
#: Error of a quantile's probability that ends its search.
_EXACT = 1e-7


class Distribution(Protocol):
    """A distribution of one real number."""

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return the probability of values up to x, the shape of x."""

    def pdf(self, x: FloatArray) -> FloatArray:
        """Return the density at x."""

    def quantile(self, probability: FloatArray) -> FloatArray:
        """Return quantiles, the shape of ``probability``."""


def invert(
    cdf: Callable[[FloatArray], FloatArray],
    pdf: Callable[[FloatArray], FloatArray],
    probability: FloatArray,
    start: FloatArray,
    ends: tuple[float, float],
) -> FloatArray:
    """Return where a distribution function takes probabilities: Newton's method in a bracket."""
    p = np.asarray(probability, dtype=np.float64)
    low, high = np.full(p.shape, ends[0]), np.full(p.shape, ends[1])
    x = np.clip(start, low, high)
    for _ in range(_STEPS):
        gap = cdf(x) - p
        low, high = np.where(gap < 0, x, low), np.where(gap < 0, high, x)
        if (np.abs(gap) < _EXACT).all():
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            step = x - gap / pdf(x)
        x = np.where((step > low) & (step < high), step, 0.5 * (low + high))
    return np.asarray(x)


@dataclass(frozen=True)
class Scale:
    """A change of variable: where a parameter's distribution is smooth and without edges.

    Attributes
    ----------
    into, back : callable
        From the parameter to the smooth coordinate, increasing, and the way back.
    slope : callable
        Derivative of ``into`` at values of the parameter.
    is_folded : bool
        Whether the coordinate starts at 0, where the density goes on as its own mirror image.
    """

    into: Callable[[FloatArray], FloatArray]
    back: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]
    is_folded: bool


def sd_scale(crossover: float) -> Scale:
    """Return the scale of a standard deviation: linear near zero, logarithmic far from it."""
    s = max(crossover, 1e-300)
    return Scale(
        into=lambda x: np.asarray(np.arcsinh(x / s)),
        back=lambda t: np.asarray(s * np.sinh(t)),
        slope=lambda x: np.asarray(1.0 / np.hypot(x, s)),
        is_folded=True,
    )


def share_scale(crossover: float) -> Scale:
    """Return the scale of ``r**2 / (1 + r**2)`` for a ratio of standard deviations r."""
    inner = sd_scale(crossover)

    def ratio(x: FloatArray) -> FloatArray:
        y = np.clip(x, 0.0, 1.0 - 1e-15)
        return np.sqrt(y / (1.0 - y))

    def slope(x: FloatArray) -> FloatArray:
        y = np.clip(x, 1e-300, 1.0 - 1e-15)
        return np.asarray(inner.slope(ratio(y)) * 0.5 / (np.sqrt(y) * (1.0 - y) ** 1.5))

    def back(t: FloatArray) -> FloatArray:
        r2 = inner.back(t) ** 2
        return np.asarray(r2 / (1.0 + r2))

    return Scale(lambda x: inner.into(ratio(x)), back, slope, True)


def correlation_scale() -> Scale:
    """Return Fisher's scale of a correlation."""
    edge = 1.0 - 1e-14
    return Scale(
        into=lambda x: np.arctanh(np.clip(x, -edge, edge)),
        back=np.tanh,
        slope=lambda x: 1.0 / np.maximum(1.0 - np.asarray(x) ** 2, 1e-14),
        is_folded=False,
    )


@dataclass(frozen=True, eq=False)
class Kernels:
    """A distribution as a mixture of kernels on a smooth scale.

    Each kernel is twice a normal less one of twice its variance: the nodes have the right
    variance of their own, and this kernel adds none.

    Attributes
    ----------
    scale : Scale
    weight, centre, width : FloatArray, shape (B,)
    """

    scale: Scale
    weight: FloatArray
    centre: FloatArray
    width: FloatArray

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return the probability of values up to x."""
        return self._cdf(self.scale.into(np.asarray(x, dtype=np.float64)))

    def pdf(self, x: FloatArray) -> FloatArray:
        """Return the density at x."""
        x = np.asarray(x, dtype=np.float64)
        return np.asarray(self._pdf(self.scale.into(x)) * self.scale.slope(x))

    def quantile(self, probability: FloatArray) -> FloatArray:
        """Return quantiles."""
        low = 0.0 if self.scale.is_folded else float((self.centre - 9.0 * self.width).min())
        high = float((self.centre + 9.0 * self.width).max())
        start = np.interp(probability, np.cumsum(self.weight), self.centre)
        found = invert(self._cdf, self._pdf, probability, start, (low, high))
        return self.scale.back(found)

    def _pdf(self, t: FloatArray) -> FloatArray:
        height = _height((t[..., None] - self.centre) / self.width)
        if self.scale.is_folded:
            height = height + _height((t[..., None] + self.centre) / self.width)
        return np.asarray(np.maximum(height @ (self.weight / self.width), 0.0))

    def _cdf(self, t: FloatArray) -> FloatArray:
        out = _area((t[..., None] - self.centre) / self.width)
        if self.scale.is_folded:
            out = out - _area((-t[..., None] - self.centre) / self.width)
        return np.asarray(np.clip(out @ self.weight, 0.0, 1.0))


def _height(z: FloatArray) -> FloatArray:
    """Return the kernel at z."""
    narrow, wide = np.exp(-0.5 * z * z), np.exp(-0.25 * z * z)
    return np.asarray((2.0 * narrow - wide / np.sqrt(2.0)) / np.sqrt(2.0 * np.pi))


def _area(z: FloatArray) -> FloatArray:
    """Return the kernel's integral up to z."""
    return np.asarray(2.0 * special.ndtr(z) - special.ndtr(z / np.sqrt(2.0)))


def kernels(scale: Scale, value: FloatArray, width: FloatArray, weight: FloatArray) -> Kernels:
    """Return a distribution from weighted values, each smeared over its neighbourhood.

    Parameters
    ----------
    scale : Scale
    value : FloatArray, shape (E,)
        Of the parameter.
    width : FloatArray, shape (E,)
        Standard deviation of each neighbourhood, on the smooth scale.
    weight : FloatArray, shape (E,)

    Notes
    -----
    Nearby kernels are merged, their mean and variance kept.
    """
    at = scale.into(value)
    low, high = float(at.min()), float(at.max())
    least = max(1e-12 * max(abs(low), abs(high), 1.0), (high - low) / _BINS)
    spread = np.maximum(width, least)
    place = np.minimum(((at - low) / least).astype(np.intp), _BINS)
    mass = np.bincount(place, weight)
    live = mass > 0
    mean = np.bincount(place, weight * at)[live] / mass[live]
    second = np.bincount(place, weight * (spread**2 + (at - low) ** 2))[live] / mass[live]
    variance = np.maximum(second - (mean - low) ** 2, (0.3 * least) ** 2)
    total = mass[live] / mass.sum()
    return Kernels(scale, total, mean, np.sqrt(variance))


@dataclass(frozen=True, eq=False)
class Tabulated:
    """The distribution of a positive number whose log has a density known at even steps.

    Attributes
    ----------
    at, density : FloatArray, shape (m,)
        Log of the number, and the density of that log, up to a constant.
    """

    at: FloatArray
    density: FloatArray

    @cached_property
    def _total(self) -> FloatArray:
        steps = 0.5 * (self.density[1:] + self.density[:-1])
        return np.concatenate([[0.0], np.cumsum(steps)])

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return the probability of values up to x."""
        t = np.log(np.maximum(np.asarray(x, dtype=np.float64), 1e-300))
        return np.asarray(np.interp(t, self.at, self._total / self._total[-1]))

    def pdf(self, x: FloatArray) -> FloatArray:
        """Return the density at x."""
        x = np.maximum(np.asarray(x, dtype=np.float64), 1e-300)
        mass = self._total[-1] * (self.at[1] - self.at[0])
        found = np.interp(np.log(x), self.at, self.density / mass, left=0.0, right=0.0)
        return np.asarray(found / x)

    def quantile(self, probability: FloatArray) -> FloatArray:
        """Return quantiles."""
        share = self._total / self._total[-1]
        return np.asarray(np.exp(np.interp(probability, share, self.at)))

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation."""
        weight = self.density / self.density.sum()
        value = np.exp(self.at)
        mean = float(weight @ value)
        return mean, float(np.sqrt(weight @ (value - mean) ** 2))


@dataclass(frozen=True, eq=False)
class InverseChi:
    """A mixture of scaled inverse chi distributions: what is known of sigma_y.

    Attributes
    ----------
    weight, df, variance : FloatArray, shape (B,)
        ``sigma_y**2 = df * variance / chi-square(df)``, outcome units.
    """

    weight: FloatArray
    df: FloatArray
    variance: FloatArray

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return the probability of values up to x."""
        x = np.maximum(np.asarray(x, dtype=np.float64), 1e-300)
        ratio = 0.5 * self.df * self.variance / x[..., None] ** 2
        return np.asarray(special.gammaincc(0.5 * self.df, ratio) @ self.weight)

    def pdf(self, x: FloatArray) -> FloatArray:
        """Return the density at x."""
        x = np.asarray(x, dtype=np.float64)
        safe = np.maximum(x, 1e-300)[..., None]
        half = 0.5 * self.df
        ratio = half * self.variance / safe**2
        log = half * np.log(ratio) - ratio - special.gammaln(half) + np.log(2.0 / safe)
        return np.where(x > 0, np.exp(log) @ self.weight, 0.0)

    def quantile(self, probability: FloatArray) -> FloatArray:
        """Return quantiles."""
        sd = np.sqrt(self.variance)
        wide = 12.0 / np.sqrt(self.df)
        low = float((np.log(sd) - wide).min())
        high = float((np.log(sd) + wide * (1.0 + wide)).max())
        middle = np.full(np.shape(probability), float(self.weight @ np.log(sd)))
        found = invert(
            lambda t: self.cdf(np.exp(t)),
            lambda t: self.pdf(np.exp(t)) * np.exp(t),
            probability,
            middle,
            (low, high),
        )
        return np.asarray(np.exp(found))

    @property
    def mean(self) -> float:
        """The mean; infinite with one degree of freedom or fewer."""
        return float(np.sum(self.weight * np.sqrt(self.variance) * mean_factor(self.df)))

    @property
    def sd(self) -> float:
        """The standard deviation; infinite with two degrees of freedom or fewer."""
        second = float(np.sum(self.weight * self.variance * square_factor(self.df)))
        return float(np.sqrt(max(second - self.mean**2, 0.0))) if np.isfinite(second) else np.inf


def mean_factor(df: FloatArray) -> FloatArray:
    """Return the mean of ``sqrt(df / chi-square(df))``, the shape of ``df``."""
    safe = np.maximum(df, 1.0 + 1e-9)
    ratio = np.exp(special.gammaln(0.5 * (safe - 1.0)) - special.gammaln(0.5 * safe))
    return np.where(df > 1.0, np.sqrt(0.5 * safe) * ratio, np.inf)


def square_factor(df: FloatArray) -> FloatArray:
    """Return the mean of ``df / chi-square(df)``, the shape of ``df``."""
    return np.where(df > 2.0, df / np.maximum(df - 2.0, 1e-9), np.inf)


def inverse_chi(
    weight: FloatArray, df: FloatArray, variance: FloatArray, most: int = 200
) -> InverseChi:
    """Return the distribution of sigma_y, nodes of much the same scale merged."""
    log = np.log(variance)
    low, high = float(log.min()), float(log.max())
    step = max((high - low) / most, 1e-12)
    place = np.minimum(((log - low) / step).astype(np.intp), most)
    mass = np.bincount(place, weight)
    live = mass > 0
    total = mass[live]
    return InverseChi(
        total / total.sum(),
        np.bincount(place, weight * df)[live] / total,
        np.bincount(place, weight * variance)[live] / total,
    )
