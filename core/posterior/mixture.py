"""Mixtures of Student's t over nodes, for many quantities at once.

The distribution function of Student's t is that of a standard normal at Hill's transform of its
argument, good to seven digits from three degrees of freedom on, and much quicker than the
incomplete beta function [1]_.

References
----------
.. [1] Hill (1970), Algorithm 395: Student's t-distribution, CACM 13, 617-619.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from core.types import BoolArray, FloatArray

#: Degrees of freedom under which the transform is not good enough, and above which there is
#: nothing to transform.
_FEW, _MANY = 4.0, 2e4
#: Error of a quantile's probability that ends its search.
_EXACT = 1e-5
_STEPS = 60


@dataclass(frozen=True, eq=False)
class StudentMixture:
    """``sum_m weight_m t(df_m; loc_m, scale_m)`` for each of G quantities.

    Attributes
    ----------
    weight, df : FloatArray, shape (M,)
    loc, scale : FloatArray, shape (M, G)
    """

    weight: FloatArray
    df: FloatArray
    loc: FloatArray
    scale: FloatArray

    @cached_property
    def mean(self) -> FloatArray:
        """Means (G,); NaN where no node has one (one degree of freedom or fewer)."""
        out = self.weight @ self.loc
        return out if self._least_df > 1.0 else np.full_like(out, np.nan)

    @cached_property
    def variance(self) -> FloatArray:
        """Variances (G,); infinite with two degrees of freedom or fewer."""
        if self._least_df <= 2.0:
            return np.full(self.loc.shape[1], np.inf)
        factor = self.weight * self.df / (self.df - 2.0)
        apart = self.loc - self.weight @ self.loc
        return np.asarray(factor @ self.scale**2 + self.weight @ apart**2)

    @property
    def sd(self) -> FloatArray:
        """Standard deviations, shape (G,)."""
        return np.sqrt(self.variance)

    @property
    def _least_df(self) -> float:
        heavy = self.weight > 1e-6 * self.weight.max()
        return float(self.df[heavy].min())

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return the probability of a value up to x, each quantity at its own x (G,)."""
        return np.asarray(self.weight @ t_cdf((x - self.loc) / self.scale, self.df[:, None]))

    def pdf(self, x: FloatArray) -> FloatArray:
        """Return the density at x (G,)."""
        z = (x - self.loc) / self.scale
        return np.asarray(self.weight @ (t_pdf(z, self.df[:, None]) / self.scale))

    def _cdf_pdf(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return both at once: they share their costly part."""
        z = (x - self.loc) / self.scale
        df = self.df[:, None]
        share = np.log1p(z * z / df) if float(df.min()) < _MANY else None
        height = _height(df) / self.scale
        if share is None:
            height *= np.exp(-0.5 * z * z)
            value = special.ndtr(z)
        else:
            height *= np.exp(-0.5 * (df + 1.0) * share)
            value = _cdf(z, df, share)
        return self.weight @ value, self.weight @ height

    def quantile(self, probability: float | FloatArray) -> FloatArray:
        """Return quantiles, at one probability or at each quantity's own (G,); shape (G,).

        Newton's method from the moments, held inside a bracket that every step narrows.
        """
        p = np.broadcast_to(np.asarray(probability, dtype=np.float64), self.loc.shape[1:])
        low, high = self._bracket(p)
        x = np.clip(self._start(p), low, high)
        out = x.copy()
        open_ = np.arange(len(x))
        part = self
        for _ in range(_STEPS):
            value, slope = part._cdf_pdf(x)
            gap = value - p
            out[open_] = x
            low, high = np.where(gap < 0, x, low), np.where(gap < 0, high, x)
            busy = np.abs(gap) > _EXACT * np.minimum(1.0, 20.0 * np.minimum(p, 1.0 - p))
            busy &= high - low > 1e-12 * (np.abs(low) + np.abs(high))
            if not busy.any():
                break
            if not busy.all():
                part, open_, p = part.take(busy), open_[busy], p[busy]
                x, low, high = x[busy], low[busy], high[busy]
                gap, slope = gap[busy], slope[busy]
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                step = x - gap / slope
            inside = (step > low) & (step < high)
            x = np.where(inside, step, 0.5 * (low + high))
        return out

    def take(self, which: BoolArray) -> StudentMixture:
        """Return some of the quantities."""
        return StudentMixture(self.weight, self.df, self.loc[:, which], self.scale[:, which])

    def _bracket(self, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the least and the greatest of the nodes' own quantiles."""
        one = float(p[0]) if len(p) and (p == p[0]).all() else p
        t = special.stdtrit(self.df[:, None], one)
        own = self.loc + self.scale * t
        return own.min(axis=0), own.max(axis=0)

    def _start(self, p: FloatArray) -> FloatArray:
        """Return a first guess: normal, with the mixture's own skewness."""
        middle = self.weight @ self.loc
        apart = self.loc - middle
        inner = self.scale**2 * np.minimum(self.df / np.maximum(self.df - 2.0, 0.5), 3.0)[:, None]
        variance = self.weight @ (inner + apart**2)
        third = self.weight @ (apart * (apart**2 + 3.0 * inner))
        with np.errstate(divide="ignore", invalid="ignore"):
            skew = np.clip(np.nan_to_num(third / variance**1.5), -1.0, 1.0)
        z = special.ndtri(p)
        return np.asarray(middle + np.sqrt(variance) * (z + (z * z - 1.0) * skew / 6.0))


def t_cdf(z: FloatArray, df: FloatArray) -> FloatArray:
    """Return the distribution function of Student's t; z and df are broadcast."""
    if float(df.min()) >= _MANY:
        return np.asarray(special.ndtr(z))
    return _cdf(z, df, np.log1p(z * z / df))


def _cdf(z: FloatArray, df: FloatArray, share: FloatArray) -> FloatArray:
    """Return the same from ``share = log(1 + z**2 / df)``."""
    if float(df.min()) < _FEW:
        return np.asarray(special.stdtr(df, z))
    # z goes to the standard normal quantile of the same probability.
    a = df - 0.5
    b = 48.0 * a * a
    y = a * share
    inner = ((-0.4 * y - 3.3) * y - 24.0) * y - 85.5
    inner /= (0.8 * y * y + 100.0) + b
    root = ((inner + y + 3.0) / b + 1.0) * np.sqrt(y)
    return np.asarray(special.ndtr(np.copysign(root, z)))


def t_pdf(z: FloatArray, df: FloatArray) -> FloatArray:
    """Return the density of Student's t; z and df are broadcast."""
    return np.asarray(_height(df) * np.exp(-0.5 * (df + 1.0) * np.log1p(z * z / df)))


def _height(df: FloatArray) -> FloatArray:
    """Return the density at zero."""
    ratio = np.exp(special.gammaln(0.5 * (df + 1.0)) - special.gammaln(0.5 * df))
    return np.asarray(ratio / np.sqrt(df * np.pi))
