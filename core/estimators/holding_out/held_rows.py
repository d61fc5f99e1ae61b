"""What an estimator said of rows when they were held out, and the error of a mean over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.estimators.predictors import RowPredictions
from core.estimators.students_t import t_log_density, t_quantile, two_sided
from core.types import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What one estimator said of every row when it was held out (NaN: not defined).

    Attributes
    ----------
    error : FloatArray, shape (n,)
        Outcome minus prediction, outcome units.
    log_score : FloatArray, shape (n,)
        Log predictive density of the outcome.
    se, df : FloatArray, shape (n,)
        Scale (outcome units) and degrees of freedom of the predictive t distribution.
    """

    error: FloatArray
    log_score: FloatArray
    se: FloatArray
    df: FloatArray

    @classmethod
    def empty(cls, n: int) -> HeldOut:
        """Return one without a prediction yet."""
        return cls(*(np.full(n, np.nan) for _ in range(4)))

    @cached_property
    def p_within(self) -> FloatArray:
        """Level of the smallest prediction interval that holds the outcome, shape (n,)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return two_sided(self.error / self.se, self.df)

    def inside(self, level: float) -> BoolArray:
        """Return which outcomes lie in their prediction intervals, shape (n,)."""
        first = self.df[0] if len(self.df) else np.nan
        df = self.df[:1] if (self.df == first).all() else self.df
        with np.errstate(invalid="ignore"):
            half = t_quantile(0.5 + 0.5 * level, df) * self.se
            return np.asarray(np.abs(self.error) <= half)


def held_out(found: RowPredictions, y: FloatArray, scale: float) -> HeldOut:
    """Return what predictions say of outcomes (scaled by ``scale``), in outcome units."""
    error = y - found.point
    se = np.sqrt(found.variance)
    if not found.is_defined.all():
        error[~found.is_defined] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        density = t_log_density(error / se, found.df) - np.log(se * scale)
    return HeldOut(error * scale, density, se * scale, found.df)


def clustered_se(totals: FloatArray, counts: FloatArray) -> float:
    """Return the standard error of a mean over rows whose independent units are groups.

    Parameters
    ----------
    totals, counts : FloatArray, shape (J,)
        Sum over the rows of each group, and how many they are.
    """
    live = int((counts > 0).sum())
    if live < 2:
        return np.nan
    n = counts.sum()
    apart = totals - counts * (totals.sum() / n)
    return float(np.sqrt(live / (live - 1) * np.sum(apart**2)) / n)
