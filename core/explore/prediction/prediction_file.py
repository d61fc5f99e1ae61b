"""Predictions for a table of new rows: what it must hold, and what came of it in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.estimators.new_rows import NewRows
from core.estimators.predictors import Predictor
from core.estimators.training import KNOWN
from core.exceptions import DataError
from core.explore.prediction.numbers import predict_rows
from core.explore.prediction.posterior_rows import with_posterior
from core.explore.prediction.story import T_INTERVAL
from core.formats import count, listed, number, percent
from core.posterior.posterior import Posterior
from core.posterior.uncertainty import source_label
from core.results import PoolingFits
from core.tables.columns import CategoricalColumn, column_of, is_numeric
from core.tables.grouping.times import as_typed
from core.tables.limits import LIMITS
from core.tables.wording import Wording

#: What is told row by row is told of so many rows.
_MOST_TOLD = 3
_MOST_REASONS = 10
_ADDED = ("prediction", "lower", "upper", "se")
_TOLD = ("interval from", "predicted as", "no prediction because")


@dataclass(frozen=True, eq=False)
class FilePredictions:
    """A table of new rows with its predictions.

    Attributes
    ----------
    table : DataFrame
        The rows as given, and after them ``prediction, lower, upper, se, interval
        from, predicted as, no prediction because``.
    sentences : tuple of str
        How many rows were predicted, as what, and what stood in the way; plain text.
    """

    table: pd.DataFrame
    sentences: tuple[str, ...]


def columns_needed(fits: PoolingFits) -> tuple[str, ...]:
    """Return the columns that a table of new rows should have: group and predictors."""
    spec = fits.spec
    return (spec.group, *spec.predictors, *spec.group_predictors)


def template(fits: PoolingFits, n_rows: int = 3) -> pd.DataFrame:
    """Return some fitted rows as a table of new rows, the last with a group left blank."""
    data, spec = fits.data.in_hand, fits.spec
    rows = np.unique(np.linspace(0, data.n_obs - 1, n_rows).astype(np.intp))
    group = data.group_index[rows]
    out: dict[str, list[object]] = {spec.group: [data.group_names[j] for j in group]}
    out[spec.group][-1] = ""
    for name in spec.predictors:
        column = data.columns[name]
        if isinstance(column, CategoricalColumn):
            out[name] = [column.levels[c] for c in column.codes[rows]]
        else:
            out[name] = as_typed(data.spec, name, [float(v) for v in column.values[rows]])
    for name in spec.group_predictors:
        out[name] = [_group_value(fits, name, int(j)) for j in group]
    return pd.DataFrame(out)


def _group_value(fits: PoolingFits, name: str, j: int) -> object:
    data = fits.data
    at = [i for i, b in enumerate(data.group_base) if b.source == name]
    levels = data.group_levels.get(name)
    if levels is None:
        return float(data.group_columns[at[0]][1][j])
    on = [data.group_base[i].level for i in at if data.group_columns[i][1][j] == 1]
    return levels[on[0]] if on else levels[0]


def predict_file(
    fits: PoolingFits,
    predictor: Predictor,
    table: pd.DataFrame,
    wording: Wording,
    *,
    level: float = 0.9,
    individual: bool = True,
    posterior: Posterior | None = None,
) -> FilePredictions:
    """Return a table of new rows with the predictions of one estimator.

    With a ``posterior`` (of partial pooling) the intervals are its; else t intervals about the
    estimate.

    Raises
    ------
    DataError
        When the table has no rows, lacks a predictor, or has no number in a numeric one.
    """
    if not len(table):
        raise DataError("The table has no rows. Give it one row for each prediction.")
    LIMITS.check_predictions(len(table), len(fits.data.terms) + len(fits.data.base) + 1)
    rows = table.reset_index(drop=True)
    new = NewRows(rows, fits.data, fits.moments, is_average=False)
    found = predict_rows(predictor, new, level, individual=individual)
    if posterior is not None:
        found = with_posterior(found, posterior, new, level, individual=individual)
    made = rows.copy()
    columns = (found["point"], found["lower"], found["upper"], found["se"])
    is_partial = predictor.information is not None
    source = source_label(posterior) if is_partial else T_INTERVAL
    reasons = found["reason"].astype(object)
    sources = ["" if reason else source for reason in reasons]
    told_of = (pd.Series(sources, dtype=object), found["kind"], reasons)
    for name, values in zip((*_ADDED, *_TOLD), (*columns, *told_of), strict=True):
        made[_free_name(name, made)] = values
    told = _sentences(fits, new, found, rows, wording)
    told.insert(1, f"Intervals: {level:.0%}, {source}.")
    return FilePredictions(made, (*told, *_against_outcome(fits, found, rows, level)))


def _free_name(name: str, table: pd.DataFrame) -> str:
    """Return a column name that the table does not have yet."""
    taken = {str(c) for c in table.columns}
    while name in taken:
        name += "_"
    return name


def _sentences(
    fits: PoolingFits,
    new: NewRows,
    found: pd.DataFrame,
    rows: pd.DataFrame,
    wording: Wording,
) -> list[str]:
    """Tell what was predicted, as what, and why some rows were not."""
    spec, done = fits.spec, found["reason"] == ""
    known = int((done & (new.rows.kind == KNOWN)).sum())
    other = int(done.sum()) - known
    out = [
        f"{int(done.sum()):,} of {count(len(rows), 'row')} predicted: {known:,} of a "
        f"{wording.group.one} that was fitted, {other:,} of a new {wording.group.one}."
    ]
    if spec.group not in rows.columns:
        out.append(
            f"There is no column '{spec.group}', so every row counts as one of a new "
            f"{wording.group.one}."
        )
    elif other:
        out += _strangers(fits, new, rows, wording)
    missing = [c for c in spec.group_predictors if c not in rows.columns]
    if missing:
        names = listed([f"'{c}'" for c in missing])
        out.append(
            f"There is no column {names}: a new {wording.group.one} is averaged over the fitted "
            f"{wording.group.many} in that respect, and its interval is wider for it."
        )
    return out + _without(found["reason"])


def _without(reasons: pd.Series) -> list[str]:
    """Tell why rows have no prediction, the most frequent reasons first."""
    codes, texts = pd.factorize(reasons.where(reasons != ""))
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    out = []
    for code in np.argsort(-counts, kind="stable")[:_MOST_REASONS]:
        told = [f"{i + 1:,}" for i in np.flatnonzero(codes == code)]
        rows_told = ("Row " if len(told) == 1 else "Rows ") + listed(told, _MOST_TOLD)
        out.append(f"{rows_told} without a prediction: {texts[code]}.")
    if len(texts) > _MOST_REASONS:
        rest = int(np.sort(counts)[: len(texts) - _MOST_REASONS].sum())
        others = count(len(texts) - _MOST_REASONS, "other reason")
        out.append(f"{count(rest, 'row')} without a prediction for {others}.")
    return out


def _strangers(fits: PoolingFits, new: NewRows, rows: pd.DataFrame, wording: Wording) -> list[str]:
    """Name the groups that were not fitted."""
    labels = column_of(rows, fits.spec.group, "group")[new.rows.kind != KNOWN]
    names = [str(v) for v in pd.unique(labels.dropna())]
    out = []
    if names:
        are = "was" if len(names) == 1 else "were"
        out.append(f"{listed(names)} {are} not among the fitted {wording.group.many}.")
    blank = int(labels.isna().sum())
    if blank:
        out.append(f"{count(blank, 'row')} without a {wording.group.one}: predicted as new.")
    return out


def _against_outcome(
    fits: PoolingFits, found: pd.DataFrame, rows: pd.DataFrame, level: float
) -> list[str]:
    """Compare the predictions with the outcome, where the table has it."""
    outcome = fits.spec.outcome
    if list(rows.columns).count(outcome) != 1 or not is_numeric(rows[outcome]):
        return []
    y = rows[outcome].to_numpy(dtype=np.float64, na_value=np.nan)
    both = np.isfinite(y) & np.isfinite(found["point"].to_numpy())
    if not both.any():
        return []
    some = found[both]
    error = float(np.sqrt(np.mean((y[both] - some["point"]) ** 2)))
    inside = float(((y[both] >= some["lower"]) & (y[both] <= some["upper"])).mean())
    return [
        f"The table has the outcome of {count(int(both.sum()), 'row')}: the predictions are off "
        f"by {number(error)} (root mean square), and {percent(inside)} of the outcomes lie in "
        f"their {level:.0%} intervals. Where these rows were fitted too, that flatters."
    ]
