"""Prediction with several factors: points, intervals, and a budget with a piece for each factor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.estimators.factors.factor_rows import FactorRows, factor_rows
from core.estimators.factors.predictions import Predicting, predictions
from core.estimators.students_t import t_quantile
from core.exceptions import SpecError
from core.factors_results import FactorsFits


def predict_factors(
    fits: FactorsFits,
    new_table: pd.DataFrame,
    level: float = 0.9,
    estimator: Predicting = "partial_pooling",
    *,
    individual: bool = True,
    average: Sequence[str] = (),
) -> pd.DataFrame:
    """Return predictions of new rows with intervals and a budget of their variance.

    Parameters
    ----------
    fits : FactorsFits
    new_table : DataFrame
        The predictors by the names they were fitted with, and the grouping columns. A level that
        was not fitted, or is missing, is predicted as a new one.
    level : float
        Coverage of the intervals, in (0, 1).
    estimator : {"partial_pooling", "complete_pooling", "no_pooling"}
    individual : bool
        Predict a new individual; False: the mean at these levels and predictors.
    average : sequence of str
        Factors to be taken at their average level (deviation zero, no variance).

    Returns
    -------
    DataFrame, one row per row of ``new_table`` and with its index
        ``point, lower, upper, se, df``; the variances ``fixed_effects``, one column
        ``level: <factor>`` for every factor, and ``individual``, which add up to ``se**2``;
        ``kind: <factor>`` ("known", "new", "average"); ``reason`` why there is no prediction.

    Raises
    ------
    SpecError
        When the level is no share, or there is no such estimator or factor.
    DataError
        When a predictor is missing from the table.
    PoolingError
        When there is no multilevel fit.

    Notes
    -----
    The variance of known levels is joint: what is not known of several levels of one row is
    correlated. Given the average coefficients it is split by the covariance of each factor's
    deviation with the sum, and what is left is that of the average coefficients. Intervals are t
    intervals with Satterthwaite's degrees of freedom of the whole variance.
    """
    if not 0 < level < 1:
        raise SpecError(f"The level of an interval must lie between 0 and 1, not {level}.")
    for name in average:
        if name not in fits.data.spec.groups:
            raise SpecError(f"The model has no factor '{name}'.")
    rows = factor_rows(fits, new_table, average)
    return predicted_frame(fits, rows, level, estimator, individual=individual, average=average)


def predicted_frame(
    fits: FactorsFits,
    rows: FactorRows,
    level: float,
    estimator: Predicting,
    *,
    individual: bool,
    average: Sequence[str] = (),
) -> pd.DataFrame:
    """Return what ``predict_factors`` does, from rows that are at hand already."""
    found = predictions(fits, rows, estimator, individual=individual, average=tuple(average))
    se = np.sqrt(found.variance)
    half = t_quantile(0.5 + 0.5 * level, found.df) * se
    out = pd.DataFrame(
        {
            "point": found.point,
            "lower": found.point - half,
            "upper": found.point + half,
            "se": se,
            "df": found.df,
            "fixed_effects": found.fixed,
            **{f"level: {name}": part for name, part in found.parts.items()},
            "individual": found.individual,
        },
        index=rows.index,
    )
    for name, at in rows.known.items():
        other = "average" if name in average else "new"
        out[f"kind: {name}"] = np.where(at >= 0, "known", other)
    out["reason"] = found.reasons
    return out
