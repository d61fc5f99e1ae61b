"""Which pooling predicts best, on this data: cross-validation from the moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from core.explore.fold_fits import fold_predictors
from core.explore.folds import Fold, HoldOut, make_folds
from core.explore.students_t import LEAST_DF, t_log_density
from core.fitting.multilevel import unit_of
from core.fitting.scaled import scale_model
from core.moments import GroupMoments
from core.tables.grouped import GroupedData
from core.types import BoolArray, FloatArray, IntArray

ESTIMATORS = ("complete_pooling", "no_pooling", "partial_pooling", "two_stage")
LEVELS = (0.5, 0.9)
#: Group sizes are told in at most so many bands.
_BANDS = 4


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What one estimator said of every row when it was held out (NaN: not defined).

    Attributes
    ----------
    error : FloatArray, shape (n,)
        Outcome minus prediction, outcome units.
    log_score : FloatArray, shape (n,)
        Log predictive density of the outcome.
    p_within : FloatArray, shape (n,)
        Level of the smallest prediction interval that holds the outcome.
    """

    error: FloatArray
    log_score: FloatArray
    p_within: FloatArray


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """How well each estimator predicts rows it has not seen.

    Attributes
    ----------
    hold_out : {"people", "groups"}
    folds, seed : int
    summary : DataFrame, one row per estimator
        ``estimator, n_predicted, n_not_defined, rmse, log_score, coverage_50,
        coverage_90``: over the rows the estimator has a prediction for.
    differences : DataFrame, one row per pair of estimators
        ``estimator, reference, n, rmse, rmse_se, log_score, log_score_se``: estimator minus
        reference over the rows that both predict. Less RMSE is better, more log score is.
        Standard errors count the groups as the independent units.
    by_size : DataFrame, one row per band of group sizes and estimator
        ``smallest, largest, n_groups, estimator, n_predicted, rmse, log_score, coverage_90``.
    rows : dict of str to HeldOut
    """

    hold_out: HoldOut
    folds: int
    seed: int
    summary: pd.DataFrame
    differences: pd.DataFrame
    by_size: pd.DataFrame
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
    unit = unit_of(scale_model(data, moments))
    made = make_folds(data, moments, hold_out, folds, seed)
    rows = _score(data, moments, made, unit)
    return CrossValidation(
        hold_out=hold_out,
        folds=folds,
        seed=seed,
        summary=_summary(rows),
        differences=_differences(rows, data.group_index, data.n_groups),
        by_size=_by_size(rows, data),
        rows=rows,
    )


def leave_one_group_out(
    data: GroupedData, *, moments: GroupMoments | None = None
) -> CrossValidation:
    """Return the cross-validation in which every group is predicted from all others."""
    return cross_validate(data, "groups", data.n_groups, moments=moments)


def _score(
    data: GroupedData, moments: GroupMoments, folds: list[Fold], unit: FloatArray
) -> dict[str, HeldOut]:
    """Predict every held-out row with every estimator and look at what it was."""
    out = {e: HeldOut(*(np.full(data.n_obs, np.nan) for _ in range(3))) for e in ESTIMATORS}
    scale = float(moments.scale[-1])
    y = (data.y - moments.center[-1]) / scale
    for fold, predictors in zip(folds, fold_predictors(folds, unit), strict=True):
        for name, predictor in predictors.items():
            found = predictor.predict(fold.rows)
            blank = np.where(found.is_defined, 1.0, np.nan)
            error = (y[fold.where] - found.point) * blank
            with np.errstate(invalid="ignore", divide="ignore"):
                se = np.sqrt(found.variance)
                z = error / se
                density = t_log_density(z, found.df) - np.log(se * scale)
            held = out[name]
            held.error[fold.where] = error * scale
            held.log_score[fold.where] = density
            held.p_within[fold.where] = _two_sided(z, found.df)
    return out


def _two_sided(z: FloatArray, df: FloatArray) -> FloatArray:
    """Return the probability of a smaller ``|t|`` than ``|z|``."""
    df = np.maximum(df, LEAST_DF)
    many = ~(df < 1e8)
    normal = 2.0 * special.ndtr(np.abs(z)) - 1.0
    student = 2.0 * special.stdtr(np.where(many, 1.0, df), np.abs(z)) - 1.0
    return np.asarray(np.where(many, normal, student))


def _rmse(error: FloatArray) -> float:
    return float(np.sqrt(np.mean(error**2))) if len(error) else np.nan


def _mean(values: FloatArray) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _scores(held: HeldOut, which: BoolArray) -> dict[str, float]:
    """Return the scores over some rows, those without a prediction left out."""
    some = which & np.isfinite(held.error)
    out = {"n_predicted": int(some.sum()), "n_not_defined": int(which.sum() - some.sum())}
    scores = {"rmse": _rmse(held.error[some]), "log_score": _mean(held.log_score[some])}
    coverage = {
        f"coverage_{level * 100:.0f}": _mean((held.p_within[some] <= level).astype(np.float64))
        for level in LEVELS
    }
    return {**out, **scores, **coverage}


def _summary(rows: dict[str, HeldOut]) -> pd.DataFrame:
    everything = np.ones(len(next(iter(rows.values())).error), dtype=bool)
    return pd.DataFrame(
        [{"estimator": name, **_scores(held, everything)} for name, held in rows.items()]
    )


def _differences(rows: dict[str, HeldOut], group: IntArray, n_groups: int) -> pd.DataFrame:
    """Return every pair of estimators on the rows that both predict."""
    table = []
    names = list(rows)
    for reference in names:
        for estimator in names:
            if estimator == reference:
                continue
            one, other = rows[estimator], rows[reference]
            both = np.isfinite(one.error) & np.isfinite(other.error)
            line: dict[str, object] = {"estimator": estimator, "reference": reference}
            line |= {"n": int(both.sum())}
            line |= _difference(one, other, both, (group, n_groups))
            table.append(line)
    return pd.DataFrame(table)


def _difference(
    one: HeldOut, other: HeldOut, both: BoolArray, groups: tuple[IntArray, int]
) -> dict[str, float]:
    group, n_groups = groups[0][both], groups[1]
    blank = {"rmse": np.nan, "rmse_se": np.nan, "log_score": np.nan, "log_score_se": np.nan}
    if not both.any():
        return blank
    left, right = _rmse(one.error[both]), _rmse(other.error[both])
    score = one.log_score[both] - other.log_score[both]
    # How much each row moves the difference of the RMSEs, to first order.
    floor = np.finfo(float).tiny
    pull = 0.5 * (
        one.error[both] ** 2 / max(left, floor) - other.error[both] ** 2 / max(right, floor)
    )
    return {
        "rmse": left - right,
        "rmse_se": _clustered_se(pull, group, n_groups),
        "log_score": float(score.mean()),
        "log_score_se": _clustered_se(score, group, n_groups),
    }


def _clustered_se(values: FloatArray, group: IntArray, n_groups: int) -> float:
    """Return the standard error of a mean whose independent units are groups."""
    sizes = np.bincount(group, minlength=n_groups)
    apart = np.bincount(group, values - values.mean(), minlength=n_groups)
    live = int((sizes > 0).sum())
    if live < 2:
        return np.nan
    return float(np.sqrt(live / (live - 1) * np.sum(apart**2)) / len(values))


def size_bands(sizes: IntArray, most: int = _BANDS) -> list[tuple[int, int]]:
    """Return bands (smallest, largest) of group sizes with about as many groups in each."""
    values = np.unique(sizes)
    if len(values) <= most:
        return [(int(v), int(v)) for v in values]
    cuts = np.unique(np.quantile(sizes, np.arange(1, most) / most, method="lower"))
    starts = [int(values[0]), *(int(values[values > c][0]) for c in cuts if (values > c).any())]
    ends = [*(int(values[values < s][-1]) for s in starts[1:]), int(values[-1])]
    return list(zip(starts, ends, strict=True))


def _by_size(rows: dict[str, HeldOut], data: GroupedData) -> pd.DataFrame:
    sizes = data.group_sizes
    table = []
    for smallest, largest in size_bands(sizes):
        inside = (sizes >= smallest) & (sizes <= largest)
        which = inside[data.group_index]
        for name, held in rows.items():
            scores = _scores(held, which)
            table.append(
                {
                    "smallest": smallest,
                    "largest": largest,
                    "n_groups": int(inside.sum()),
                    "estimator": name,
                    **{k: v for k, v in scores.items() if k != "coverage_50"},
                }
            )
    return pd.DataFrame(table)
