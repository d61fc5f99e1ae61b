"""Which of two models predicts better: the same folds for both, and the doubt of the difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.estimators.claims import Claim, of_difference
from core.estimators.holding_out.fold_fits import fold_predictors
from core.estimators.holding_out.folds import HoldOut, assign_folds, folds_as_dealt
from core.estimators.holding_out.held_rows import HeldOut, clustered_se, held_out
from core.estimators.students_t import t_quantile
from core.exceptions import PoolingError, SpecError
from core.explore.compare.same_rows import check_same_rows
from core.fitting.scaled import scale_model
from core.moments import GroupMoments
from core.results import MultilevelFit, PoolingFits
from core.tables.grouped import FactorsData, GroupedData
from core.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class PredictedDifference:
    """How well two multilevel models predict rows that they have not seen, by the same folds.

    Attributes
    ----------
    hold_out : {"people", "groups"}
    folds, seed : int
    n : int
        Rows that both have a prediction for.
    n_groups : int
        Groups of A, which the standard errors count as the independent units.
    rmse_a, rmse_b : float
        Root mean squared errors, outcome units.
    rmse : Claim
        That of B minus that of A, with a 95% interval: below 0 where B is better.
    log_score_a, log_score_b : float
        Mean log predictive densities.
    log_score : Claim
        That of B minus that of A: above 0 where B is better.
    note : str
        What the rows are a part of, where they are not all; '' otherwise.
    """

    hold_out: HoldOut
    folds: int
    seed: int
    n: int
    n_groups: int
    rmse_a: float
    rmse_b: float
    rmse: Claim
    log_score_a: float
    log_score_b: float
    log_score: Claim
    note: str = ""


def compare_predictions(
    first: PoolingFits | MultilevelFit,
    second: PoolingFits | MultilevelFit,
    hold_out: HoldOut = "people",
    folds: int = 10,
    seed: int = 0,
) -> PredictedDifference:
    """Return how well two models of the same rows predict held-out rows, and which does better.

    Parameters
    ----------
    first, second : PoolingFits or MultilevelFit
        A and B: their multilevel models, each estimated anew without every fold as its
        specification says (REML stays REML).
    hold_out : {"people", "groups"}
        New individuals of known groups, or whole groups of A.
    folds : int
    seed : int
        The folds are those of ``cross_validate`` of A with this seed, the same for both.

    Raises
    ------
    SpecError
        When the models use different rows or outcomes, or so many folds are not possible.
    PoolingError
        When a model has several grouping factors, or no row has a prediction from both.

    Notes
    -----
    The interval is that of Student's t with J - 1 degrees of freedom for a difference whose
    independent units are the groups; for the RMSE to first order.
    """
    a, b = _multilevel(first), _multilevel(second)
    check_same_rows(a, b)
    if isinstance(a.data, FactorsData) or isinstance(b.data, FactorsData):
        raise PoolingError(
            "Cross-validation is not there yet for models with several grouping factors: these "
            "two can be compared by AIC, BIC and the likelihood-ratio test.",
            code="not_supported",
        )
    left, right, is_part = _at_hand(a, b)
    fold = assign_folds(left[0], hold_out, folds, seed)
    rows = [_predicted(*data, fold, folds) for data in (left, right)]
    both = np.isfinite(rows[0].error) & np.isfinite(rows[1].error)
    if not both.any():
        raise PoolingError("No row has a prediction from both models: choose fewer folds.")
    index, n_groups = left[0].group_index[both], left[0].n_groups
    note = left[0].whole_groups_note if is_part else ""
    return _difference((hold_out, folds, seed), rows, both, (index, n_groups), note)


def _multilevel(fits: PoolingFits | MultilevelFit) -> MultilevelFit:
    return fits.multilevel if isinstance(fits, PoolingFits) else fits


_Data = tuple[GroupedData, GroupMoments]


def _at_hand(a: MultilevelFit, b: MultilevelFit) -> tuple[_Data, _Data, bool]:
    """Return data and moments of both, and whether they are whole groups drawn from all."""
    one, other = a.data.whole_groups(), b.data.whole_groups()
    if one is a.data and other is b.data:
        return (one, a.moments), (other, b.moments), False
    if not one.has_rows_of(other):
        raise SpecError(
            "The rows of this table stay where they are, and the groups drawn from them are not "
            "the same for both models: group both by the same column."
        )
    return (one, GroupMoments.from_data(one)), (other, GroupMoments.from_data(other)), True


def _predicted(data: GroupedData, moments: GroupMoments, fold: IntArray, folds: int) -> HeldOut:
    """Return what the multilevel model said of every row without its fold."""
    out = HeldOut.empty(data.n_obs)
    scale = float(moments.scale[-1])
    y = (data.y - moments.center[-1]) / scale
    made = folds_as_dealt(data, moments, fold, folds)
    for each, found in zip(made, fold_predictors(made, scale_model(data, moments)), strict=True):
        if "partial_pooling" in found:
            said = held_out(found["partial_pooling"].predict(each.rows), y[each.where], scale)
            for name in ("error", "log_score", "se", "df"):
                getattr(out, name)[each.where] = getattr(said, name)
    return out


def _difference(
    dealt: tuple[HoldOut, int, int],
    rows: list[HeldOut],
    both: BoolArray,
    groups: tuple[IntArray, int],
    note: str,
) -> PredictedDifference:
    index, n_groups = groups
    counts = np.bincount(index, minlength=n_groups).astype(np.float64)
    n = counts.sum()

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(index, values[both], minlength=n_groups).astype(np.float64)

    squares = [total(np.square(each.error)) for each in rows]
    scores = [total(each.log_score) for each in rows]
    rmse = [float(np.sqrt(square.sum() / n)) for square in squares]
    floor = np.finfo(float).tiny
    # How much each row moves the difference of the RMSEs, to first order.
    pull = 0.5 * (squares[1] / max(rmse[1], floor) - squares[0] / max(rmse[0], floor))
    live = int((counts > 0).sum())
    quantile = float(t_quantile(0.975, np.array([max(live - 1.0, 1.0)]))[0])
    gain = scores[1] - scores[0]
    return PredictedDifference(
        *dealt,
        n=int(n),
        n_groups=live,
        rmse_a=rmse[0],
        rmse_b=rmse[1],
        rmse=of_difference(rmse[1] - rmse[0], clustered_se(pull, counts), quantile),
        log_score_a=float(scores[0].sum() / n),
        log_score_b=float(scores[1].sum() / n),
        log_score=of_difference(float(gain.sum() / n), clustered_se(gain, counts), quantile),
        note=note,
    )
