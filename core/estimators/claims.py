"""Claims: what may be said of a number, decided by its interval and not by its estimate.

A sentence that says 'falls', 'differs' or 'best' takes its verb from a ``Claim``, wherever it
stands, so that no title is surer than the interval that another screen draws for the same number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from scipy.special import chdtri

from core.estimators.profile import profile_interval
from core.results import MultilevelFit

Direction: TypeAlias = Literal["up", "down", "unknown"]
#: The level at which sentences are sure.
LEVEL = 0.95

# What was asked of a fit goes with it: nothing of a closed table stays.
_HELD: WeakKeyDictionary[MultilevelFit, dict[tuple[str, float], Claim]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Claim:
    """A number with the interval that decides what may be said of it.

    Attributes
    ----------
    estimate, lower, upper : float
        NaN ends where no interval can be had: nothing is then sure.
    null : float
        What 'no difference' is: 0 for a difference or a correlation, 1 for a ratio.
    """

    estimate: float
    lower: float
    upper: float
    null: float = 0.0

    @property
    def direction(self) -> Direction:
        """On which side of ``null`` the whole interval lies; ``unknown`` where it holds it."""
        if self.lower > self.null:
            return "up"
        return "down" if self.upper < self.null else "unknown"

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out ``null``."""
        return self.direction != "unknown"


def of_difference(estimate: float, se: float, quantile: float) -> Claim:
    """Return the claim of a difference with a standard error and the quantile of its t."""
    half = quantile * se
    return Claim(float(estimate), float(estimate - half), float(estimate + half))


def ratio_of_errors(ratio: float, df: float, level: float = LEVEL) -> Claim:
    """Return the claim of an estimated standard error over one taken as known; null 1.

    Its square times ``df`` over the truth is about chi-squared with ``df`` degrees of freedom:
    what few groups say of an error is then no more than it is. Without degrees of freedom
    nothing is sure.
    """
    if not (np.isfinite(ratio) and df > 0):
        return Claim(float(ratio), np.nan, np.nan, null=1.0)
    tail = 0.5 * (1.0 - level)
    ends = [float(np.sqrt(df / chdtri(df, p))) for p in (tail, 1.0 - tail)]
    return Claim(float(ratio), float(ratio * ends[0]), float(ratio * ends[1]), null=1.0)


def correlation_claim(fit: MultilevelFit, one: str, other: str) -> Claim:
    """Return what may be said of the correlation of two varying coefficients.

    The interval is the profile likelihood's, as the screen about variances shows it.
    """
    names = fit.varying_names
    a, b = sorted((names.index(one), names.index(other)))
    estimate = float(fit.correlation[b, a])
    if not fit.spec.correlated or not np.isfinite(estimate):
        return Claim(estimate, np.nan, np.nan)
    return _profiled(fit, f"cor_{names[b]}.{names[a]}", estimate)


def _profiled(fit: MultilevelFit, name: str, estimate: float) -> Claim:
    held = _HELD.setdefault(fit, {})
    if (name, LEVEL) not in held:
        held[name, LEVEL] = Claim(estimate, *profile_interval(fit, name, LEVEL))
    return held[name, LEVEL]
