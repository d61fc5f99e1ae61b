"""Student's t for arrays of degrees of freedom."""

from __future__ import annotations

import numpy as np
from scipy import special

from core.types import FloatArray

#: Fewer degrees of freedom say nothing; intervals stop growing there.
LEAST_DF = 1.0
#: Beyond this the series of ``t_quantile`` is exact to ten digits.
_MANY = 300.0


def t_quantile(probability: float, df: FloatArray) -> FloatArray:
    """Return quantiles of Student's t for each of many degrees of freedom, the shape of ``df``.

    Notes
    -----
    With many degrees of freedom by the expansion about the normal quantile in powers of
    1 / df (Abramowitz & Stegun 1964, 26.7.5), which is much quicker than inversion.
    """
    df = np.maximum(np.asarray(df, dtype=np.float64), LEAST_DF)
    x = float(special.ndtri(probability))
    with np.errstate(invalid="ignore", divide="ignore"):
        h = 1.0 / df
        out = x + h * (
            (x**3 + x) / 4.0
            + h
            * (
                (5 * x**5 + 16 * x**3 + 3 * x) / 96.0
                + h * (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384.0
            )
        )
    few = df < _MANY
    out = np.where(np.isnan(df), np.nan, out)
    out[few] = special.stdtrit(df[few], probability)
    return np.asarray(out)


def t_log_density(z: FloatArray, df: FloatArray) -> FloatArray:
    """Return the log density of Student's t at ``z``.

    Notes
    -----
    With many degrees of freedom the ratio of the gamma functions is Stirling's series in
    1 / df, which is quicker than they are, and keeps its digits where they lose theirs.
    """
    df = np.maximum(df, LEAST_DF)
    half = 0.5 * np.log(2.0 * np.pi)
    with np.errstate(invalid="ignore", divide="ignore"):
        h = 1.0 / df
        out = -h * (0.25 - h**2 * (1.0 / 24.0 - h**2 * (1.0 / 20.0 - h**2 * 17.0 / 112.0)))
        few = np.flatnonzero(df < _MANY)
        if len(few):
            some = df[few]
            gamma = special.gammaln(0.5 * (some + 1.0)) - special.gammaln(0.5 * some)
            out[few] = gamma - 0.5 * np.log(0.5 * some)
        endless = np.isinf(df)
        tail = 0.5 * (df + 1.0) * np.log1p(z**2 * h)
        out -= half + np.where(endless, 0.5 * z**2, tail)
    return np.asarray(out)


def two_sided(z: FloatArray, df: FloatArray) -> FloatArray:
    """Return the probability of a smaller ``|t|`` than ``|z|``."""
    df = np.maximum(df, LEAST_DF)
    many = ~(df < 1e8)
    normal = 2.0 * special.ndtr(np.abs(z)) - 1.0
    student = 2.0 * special.stdtr(np.where(many, 1.0, df), np.abs(z)) - 1.0
    return np.asarray(np.where(many, normal, student))
