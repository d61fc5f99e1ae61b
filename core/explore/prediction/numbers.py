"""Prediction for known groups, new groups and the average group, with the doubt taken apart."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from core.estimators.fitted_lines import (
    complete_pooling,
    no_pooling,
    partial_pooling,
    with_second_stage,
)
from core.estimators.new_rows import NewRows
from core.estimators.predictors import Predictor, RowPredictions
from core.estimators.students_t import t_quantile
from core.estimators.training import AVERAGE, KNOWN, NEW, Training
from core.exceptions import SpecError
from core.explore.prediction.factors.numbers import predict_factors
from core.explore.prediction.posterior_rows import with_posterior
from core.factors_results import FactorsFits
from core.fitting.multilevel import solve_at, unit_of
from core.fitting.scaled import scale_model
from core.posterior.posterior import Posterior
from core.posterior.uncertainty import Uncertainty, chosen_posterior
from core.results import PoolingFits

Predicting: TypeAlias = Literal["complete_pooling", "no_pooling", "partial_pooling", "two_stage"]
ESTIMATORS: tuple[Predicting, ...] = (
    "complete_pooling",
    "no_pooling",
    "partial_pooling",
    "two_stage",
)
KINDS = {KNOWN: "known group", NEW: "new group", AVERAGE: "average group"}

_NOT_SEEN = "no pooling says nothing about a group that was not in the fitted rows"
_NO_AVERAGE = "no pooling has no average group"
_NOT_ESTIMABLE = "the fitted rows of this group cannot support a line of their own"
_NO_SECOND_STAGE = "too few groups have a line of their own for a regression over groups"
_NOT_SPANNED = "the fitted rows cannot tell apart the coefficients that this row needs"


def predictor_of(fits: PoolingFits, estimator: Predicting) -> Predictor:
    """Return one of the fits as a predictor of rows.

    Raises
    ------
    SpecError
        When there is no such estimator.
    PoolingError
        When the data admit no multilevel fit and it is asked for.
    """
    training = Training(fits.data, fits.moments, scale_model(fits.data, fits.moments))
    if estimator == "complete_pooling":
        return complete_pooling(training)
    if estimator in ("no_pooling", "two_stage"):
        alone = no_pooling(training)
        return with_second_stage(alone) if estimator == "two_stage" else alone
    if estimator != "partial_pooling":
        raise SpecError(f"No estimator '{estimator}'. There are: {', '.join(ESTIMATORS)}.")
    fit, model = fits.multilevel, training.model
    unit = unit_of(model)
    D = fit.optimization.rel_cov_scaled / np.outer(unit, unit)
    solution = solve_at(model, D, reml=fit.criterion == "REML")
    return partial_pooling(training, D, solution.beta, solution.inverse, solution.variance)


def predict(
    fits: PoolingFits,
    new_table: pd.DataFrame,
    level: float = 0.9,
    estimator: Predicting = "partial_pooling",
    *,
    individual: bool = True,
    average_group: bool = False,
    uncertainty: Uncertainty | Posterior = "plug-in",
) -> pd.DataFrame:
    """Return predictions of new rows with intervals and a budget of their variance.

    Parameters
    ----------
    fits : PoolingFits
    new_table : DataFrame
        The predictors by the names they were fitted with. A row whose group was fitted is
        predicted as one of that group; with another group, or none, as one of a new group,
        at its group-level predictors where the table has them, else averaged over the
        fitted groups'.
    level : float
        Coverage of the intervals, in (0, 1).
    estimator : {"partial_pooling", "complete_pooling", "no_pooling", "two_stage"}
    individual : bool
        Predict a new individual; False: the mean of the group at these predictors.
    average_group : bool
        Predict for the average group (deviation zero) instead of the row's own.
    uncertainty : {"plug-in", "posterior"} or Posterior
        ``plug-in``: t intervals about the estimate. ``posterior``: quantiles of the full
        posterior, under a flat prior or of the ``core.posterior(...)`` that is given.

    Returns
    -------
    DataFrame, one row per row of ``new_table`` and with its index
        ``point, lower, upper`` and ``se`` in units of the outcome; ``df`` of the t interval;
        the variances ``fixed_effects, group, individual``, which add up to ``se**2``;
        ``kind`` ("known group", "new group", "average group"); ``reason`` why there is no
        prediction ('' where there is one). With the posterior also ``median``, while ``df``
        is empty and the doubt how much to pool counts as the group's. Of a model with several
        factors as ``predict_factors`` says: a column of variance for each factor.

    Raises
    ------
    SpecError
        When the posterior is asked of another estimator than partial pooling.
    PoolingError
        When there is no multilevel fit, or no posterior under this prior.

    Notes
    -----
    For a known group the variance is that of ``x'beta + z'b_j`` about its prediction given
    the variances, split into ``z'Var(b_j | y)z`` (group) and the rest (fixed effects, shrunken
    with the group's weight); for a new group ``x'Cov(beta)x + z'Sigma z``. Intervals are
    t intervals with Satterthwaite's degrees of freedom from the expected information of the
    variances, so that few groups make them wide.
    """
    if isinstance(fits, FactorsFits):
        return _of_factors(fits, new_table, (level, estimator), individual, average_group)
    chosen = chosen_posterior(fits, uncertainty)
    if chosen is not None and estimator != "partial_pooling":
        raise SpecError(f"The full posterior is of partial pooling, not of '{estimator}'.")
    new = NewRows(new_table, fits.data, fits.moments, is_average=average_group)
    found = predict_rows(predictor_of(fits, estimator), new, level, individual=individual)
    if chosen is None:
        return found
    return with_posterior(found, chosen, new, level, individual=individual)


def _of_factors(
    fits: FactorsFits,
    table: pd.DataFrame,
    asked: tuple[float, Predicting],
    individual: bool,
    average: bool,
) -> pd.DataFrame:
    """Return the predictions of a model with several factors (``predict_factors``)."""
    level, estimator = asked
    if estimator == "two_stage":
        raise SpecError("The two-stage method is made for one grouping factor.")
    names = fits.data.spec.groups if average else ()
    return predict_factors(fits, table, level, estimator, individual=individual, average=names)


def predict_rows(
    predictor: Predictor, new: NewRows, level: float = 0.9, *, individual: bool = True
) -> pd.DataFrame:
    """Return what ``predict`` does, from a predictor and rows that are at hand already.

    Raises
    ------
    SpecError
        When the level is no share.
    """
    if not 0 < level < 1:
        raise SpecError(f"The level of an interval must lie between 0 and 1, not {level}.")
    scaled = predictor.predict(new.rows)
    model = predictor.training.model
    found = scaled.in_raw_units(model.y_center, model.y_scale)
    reasons = np.where(found.is_defined | (new.reasons != ""), new.reasons, "?")
    for i in np.flatnonzero(reasons == "?"):
        reasons[i] = _reason(predictor, int(new.rows.kind[i]), int(new.rows.group[i]))
    out = _intervals(found, level, individual=individual)
    out[reasons != ""] = np.nan
    out.index = new.index
    out["kind"] = [KINDS[int(kind)] for kind in new.rows.kind]
    out["reason"] = reasons
    return out


def _reason(predictor: Predictor, kind: int, group: int) -> str:
    """Return why an estimator has no prediction for a row that has all its values."""
    is_alone = predictor.own is not None and predictor.between is None and predictor.stage is None
    if is_alone and kind != KNOWN:
        return _NOT_SEEN if kind == NEW else _NO_AVERAGE
    if is_alone and predictor.own is not None and not predictor.own.is_known[group]:
        return _NOT_ESTIMABLE
    if predictor.stage is not None and kind == NEW and not predictor.stage.is_defined:
        return _NO_SECOND_STAGE
    return _NOT_SPANNED


def _intervals(found: RowPredictions, level: float, *, individual: bool) -> pd.DataFrame:
    """Lay out points, t intervals and the budget of the variance."""
    own = found.individual if individual else np.zeros_like(found.individual)
    se = np.sqrt(found.fixed + found.group + own)
    df = found.df if individual else found.df_mean
    half = t_quantile(0.5 + 0.5 * level, df) * se
    return pd.DataFrame(
        {
            "point": found.point,
            "lower": found.point - half,
            "upper": found.point + half,
            "se": se,
            "df": df,
            "fixed_effects": found.fixed,
            "group": found.group,
            "individual": own,
        }
    )
