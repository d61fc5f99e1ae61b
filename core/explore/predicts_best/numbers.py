"""Which pooling predicts best, on this data: cross-validation from the moments."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from core.estimators.holding_out.fold_fits import fold_predictors
from core.estimators.holding_out.folds import Fold, HoldOut, make_folds
from core.estimators.holding_out.held_rows import HeldOut, held_out
from core.estimators.predictors import Predictor
from core.explore.predicts_best.scores import (
    LEVELS,
    Scoreboard,
    by_size,
    differences,
    differences_by_size,
    size_bands,
    summary,
)
from core.fitting.scaled import ScaledModel, scale_model
from core.moments import GroupMoments
from core.results import PoolingFits
from core.tables.grouped import GroupedData
from core.types import FloatArray

ESTIMATORS = ("complete_pooling", "no_pooling", "partial_pooling", "two_stage")

__all__ = [
    "ESTIMATORS",
    "LEVELS",
    "CrossValidation",
    "HeldOut",
    "cross_validate",
    "leave_one_group_out",
    "size_bands",
]


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """How well each estimator predicts rows it has not seen.

    Attributes
    ----------
    hold_out : {"people", "groups"}
    folds, seed : int
    summary : DataFrame, one row per estimator
        ``estimator, n_predicted, n_not_defined, rmse, log_score, coverage_50,
        coverage_90, coverage_50_se, coverage_90_se``: over the rows the estimator has a
        prediction for.
    differences : DataFrame, one row per pair of estimators
        ``estimator, reference, n, reference_rmse, rmse, rmse_se, log_score, log_score_se``:
        estimator minus reference over the rows that both predict, and the reference's own
        RMSE there. Less RMSE is better, more log score is.
        Standard errors count the groups as the independent units.
    by_size : DataFrame, one row per band of group sizes and estimator
        ``smallest, largest, n_groups, estimator, n_predicted, n_not_defined, rmse, log_score,
        coverage_50, coverage_90``.
    differences_by_size : DataFrame, one row per band and pair of estimators
        ``smallest, largest, n_groups``, and the columns of ``differences``.
    rows : dict of str to HeldOut
    """

    hold_out: HoldOut
    folds: int
    seed: int
    summary: pd.DataFrame
    differences: pd.DataFrame
    by_size: pd.DataFrame
    differences_by_size: pd.DataFrame
    rows: dict[str, HeldOut]

    @property
    def best(self) -> str:
        """The estimator with the least RMSE among those that predict every row that any does."""
        most = self.summary["n_predicted"].max()
        full = self.summary[self.summary["n_predicted"] == most]
        return str(full.loc[full["rmse"].idxmin(), "estimator"])


def cross_validate(
    data: GroupedData,
    hold_out: HoldOut = "people",
    folds: int = 10,
    seed: int = 0,
    *,
    moments: GroupMoments | None = None,
) -> CrossValidation:
    """Return how well complete, no, partial pooling and two-stage predict held-out rows.

    Parameters
    ----------
    data : GroupedData
    hold_out : {"people", "groups"}
        New individuals of known groups, or whole new groups (whose group-level predictors
        are known).
    folds : int
        All estimators see the same folds; as many folds as groups leaves one group out.
    seed : int
    moments : GroupMoments, optional
        When they are at hand already.

    Raises
    ------
    SpecError
        When so many folds are not possible.

    Notes
    -----
    Each training set is the sum of the other folds' moments, so no estimator is fitted to
    rows; the variances of all folds are found in one batch. Predictive distributions are
    those of ``predict``. An estimator that has no prediction for a row (no pooling for a new
    group) leaves it out of its own scores, and the pair out of comparisons.
    """
    moments = GroupMoments.from_data(data) if moments is None else moments
    whole = scale_model(data, moments)
    made = make_folds(data, moments, hold_out, folds, seed)
    board = Scoreboard(_score(data, moments, made, whole), data.group_index, data.n_groups)
    return CrossValidation(
        hold_out=hold_out,
        folds=folds,
        seed=seed,
        summary=summary(board),
        differences=differences(board),
        by_size=by_size(board),
        differences_by_size=differences_by_size(board),
        rows=board.rows,
    )


def validate_fits(
    fits: PoolingFits, hold_out: HoldOut = "people", folds: int = 10, seed: int = 0
) -> CrossValidation:
    """Return the cross-validation of the model of some fits.

    Of data whose rows stay elsewhere, and are too many to be fetched, whole groups drawn at
    random are cross-validated (``GroupedData.whole_groups``; ``whole_groups_note`` says so).

    Raises
    ------
    PoolingError
        As ``cross_validate``.
    """
    data = fits.data.whole_groups()
    if data is fits.data:
        return cross_validate(data, hold_out, folds, seed, moments=fits.moments)
    most = data.n_obs if hold_out == "people" else data.n_groups
    return cross_validate(data, hold_out, min(folds, most), seed)


def leave_one_group_out(
    data: GroupedData, *, moments: GroupMoments | None = None
) -> CrossValidation:
    """Return the cross-validation in which every group is predicted from all others."""
    return cross_validate(data, "groups", data.n_groups, moments=moments)


def _score(
    data: GroupedData, moments: GroupMoments, folds: list[Fold], whole: ScaledModel
) -> dict[str, HeldOut]:
    """Predict every held-out row with every estimator and look at what it was."""
    out = {e: HeldOut.empty(data.n_obs) for e in ESTIMATORS}
    scale = float(moments.scale[-1])
    y = (data.y - moments.center[-1]) / scale
    for fold, predictors in zip(folds, fold_predictors(folds, whole), strict=True):
        at_hand = {
            name: held_out(predictor.predict(fold.rows), y[fold.where], scale)
            for name, predictor in predictors.items()
            if name != "two_stage"
        }
        if "two_stage" in predictors:
            at_hand["two_stage"] = _second_stage(fold, predictors, at_hand, (y, scale))
        for name, found in at_hand.items():
            for field in fields(HeldOut):
                getattr(out[name], field.name)[fold.where] = getattr(found, field.name)
    return out


def _second_stage(
    fold: Fold,
    predictors: dict[str, Predictor],
    at_hand: dict[str, HeldOut],
    outcomes: tuple[FloatArray, float],
) -> HeldOut:
    """Return the two-stage method: no pooling where that has a prediction, else the second stage.

    A group that has its own line is the same in both, so its rows are not predicted twice.
    """
    alone = at_hand["no_pooling"]
    left = np.flatnonzero(~np.isfinite(alone.error))
    if not len(left):
        return alone
    y, scale = outcomes
    rest = predictors["two_stage"].predict(fold.rows.take(left))
    found = held_out(rest, y[fold.where[left]], scale)
    out = HeldOut(*(getattr(alone, field.name).copy() for field in fields(HeldOut)))
    for field in fields(HeldOut):
        getattr(out, field.name)[left] = getattr(found, field.name)
    return out
