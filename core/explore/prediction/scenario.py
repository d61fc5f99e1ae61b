"""A row to be predicted, as a reader sets it: what can be asked, and every case's predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from core.estimators.new_rows import NewRows
from core.estimators.predictors import Predictor
from core.explore.prediction.numbers import ESTIMATORS, Predicting, predict_rows, predictor_of
from core.explore.prediction.posterior_rows import with_posterior
from core.factors_results import FactorsFits
from core.posterior.posterior import Posterior
from core.results import PoolingFits
from core.tables.columns import CategoricalColumn, label_of
from core.tables.grouping.times import as_typed, time_of
from core.tables.wording import Wording
from core.types import FloatArray

Value: TypeAlias = float | str
CaseName: TypeAlias = Literal["known", "placed", "new", "average"]
#: A numeric predictor with so few values is a choice, not a range.
_FEW_VALUES = 2
#: Points of a line along a numeric predictor, and steps of its control.
_POINTS, _STEPS = 33, 100


@dataclass(frozen=True)
class Setting:
    """One predictor as something to be set.

    Attributes
    ----------
    name : str
        Its column.
    is_group_level : bool
    choices : tuple of float or str
        Values to choose from; empty for a range.
    labels : tuple of str
        What the choices are called.
    default : float or str
        The median; the most frequent choice.
    low, high, step : float
        Range of the fitted rows, widened to whole steps.
    decimals : int
        Digits after the point that show a step.
    """

    name: str
    is_group_level: bool
    choices: tuple[Value, ...]
    labels: tuple[str, ...]
    default: Value
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    decimals: int = 0


@dataclass(frozen=True)
class Case:
    """For whom a prediction is made.

    Attributes
    ----------
    name : {"known", "placed", "new", "average"}
        A group that was fitted; a new one whose group-level predictors are known, or are
        not; the average group.
    title : str
        Plain text: ``Cook``, ``a new county``.
    """

    name: CaseName
    title: str


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked: for which group, at which values, how sure, a person or a mean.

    Attributes
    ----------
    values : mapping of column to float or str
        Every predictor's.
    along : str or None
        The predictor along which a picture is drawn; None where the model has none.
    posterior : Posterior or None
        Where partial pooling's intervals come from; None: plug-in.
    """

    group: str
    values: Mapping[str, Value]
    along: str | None
    level: float = 0.9
    individual: bool = True
    posterior: Posterior | None = None


def settings(fits: PoolingFits, wording: Wording) -> tuple[Setting, ...]:
    """Return what must be set to predict: individual-level predictors, then group-level ones."""
    data = fits.data.cells if isinstance(fits, FactorsFits) else fits.data.in_hand
    spec = fits.data.spec
    out = []
    for name in spec.predictors:
        column = data.columns[name]
        if isinstance(column, CategoricalColumn):
            counts = np.bincount(column.codes, minlength=len(column.levels))
            out.append(_category(name, column.levels, int(counts.argmax()), wording))
        else:
            out.append(_number(name, column.values, wording))
    for name in spec.group_predictors:
        levels = data.group_levels.get(name)
        at = [i for i, b in enumerate(data.group_base) if b.source == name]
        values = [data.group_columns[i][1] for i in at]
        if levels is None:
            out.append(_number(name, values[0], wording, is_group_level=True))
        else:
            counts = np.array([np.sum(v) for v in values])
            counts = np.append(data.n_groups - counts.sum(), counts)
            out.append(_category(name, levels, int(counts.argmax()), wording, is_group_level=True))
    return tuple(out)


def _category(
    name: str,
    levels: tuple[str, ...],
    most: int,
    wording: Wording,
    *,
    is_group_level: bool = False,
) -> Setting:
    labels = tuple(wording.level(name, level) for level in levels)
    return Setting(name, is_group_level, levels, labels, levels[most])


def _number(
    name: str, values: FloatArray, wording: Wording, *, is_group_level: bool = False
) -> Setting:
    """Return the setting of a numeric column: its few values, or its range in round steps."""
    low, high, middle = float(values.min()), float(values.max()), float(np.median(values))
    distinct = np.unique(values[:: max(len(values) // 5000, 1)])
    if len(distinct) <= _FEW_VALUES and np.isin(values, distinct).all():
        counts = [int((values == v).sum()) for v in distinct]
        choices = tuple(float(v) for v in distinct)
        labels = tuple(wording.level(name, label_of(v)) for v in choices)
        return Setting(name, is_group_level, choices, labels, choices[int(np.argmax(counts))])
    is_whole = bool(np.all(values == np.round(values)))
    step = _round_step((high - low) / _STEPS)
    step = max(step, 1.0) if is_whole else step
    low, high = np.floor(low / step) * step, np.ceil(high / step) * step
    decimals = max(-int(np.floor(np.log10(step) + 1e-9)), 0)
    default = float(np.clip(round(middle / step) * step, low, high))
    low, high, default = (round(float(v), decimals) for v in (low, high, default))
    return Setting(name, is_group_level, (), (), default, low, high, step, decimals)


def _round_step(size: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(size))
    return float(next(power * f for f in (1, 2, 5, 10) if power * f >= size * (1 - 1e-9)))


def predictors_of(fits: PoolingFits) -> dict[Predicting, Predictor]:
    """Return the estimators that these data admit, ready for rows."""
    has_partial = fits.multilevel_or_none is not None
    return {
        name: predictor_of(fits, name)
        for name in ESTIMATORS
        if has_partial or name != "partial_pooling"
    }


def cases(fits: PoolingFits, group: str, wording: Wording) -> tuple[Case, ...]:
    """Return for whom predictions are made, side by side."""
    one = wording.group.one
    known = Case("known", wording.group_name(group))
    average = Case("average", f"the average {one}")
    if not fits.spec.group_predictors:
        return known, Case("new", f"a new {one}"), average
    few = len(fits.spec.group_predictors) == 1
    name = wording.in_sentence(fits.spec.group_predictors[0]) if few else "its predictors"
    return (
        known,
        Case("placed", f"a new {one} with that {name}" if few else f"a new {one}, as set"),
        Case("new", f"a new {one}, {name} not known"),
        average,
    )


def predict_cases(
    fits: PoolingFits,
    predictors: Mapping[Predicting, Predictor],
    of: Sequence[Case],
    asked: Question,
    grid: Sequence[Value] = (),
) -> pd.DataFrame:
    """Return what every estimator predicts for every case.

    Parameters
    ----------
    grid : sequence
        Values of ``asked.along``, a row for each; the one asked for where it is empty.

    Returns
    -------
    DataFrame
        ``case, estimator``, the predictors, and the columns of ``predict``.
    """
    length = max(len(grid), 1)
    columns = {name: [value] * length for name, value in asked.values.items()}
    if grid and asked.along is not None:
        columns[asked.along] = list(grid)
    columns = {name: _typed(fits, name, values) for name, values in columns.items()}
    rows = pd.DataFrame(columns, index=pd.RangeIndex(length))
    tables = [_case_table(rows, case, asked.group, fits) for case in of]
    whole = pd.concat(tables, ignore_index=True)
    labels = [case.name for case in of for _ in range(length)]
    is_average = np.array([label == "average" for label in labels])
    parts = []
    for flag in (False, True):
        some = np.flatnonzero(is_average == flag)
        if not len(some):
            continue
        new = NewRows(whole.iloc[some], fits.data, fits.moments, is_average=flag)
        for name, predictor in predictors.items():
            found = predict_rows(predictor, new, asked.level, individual=asked.individual)
            if name == "partial_pooling" and asked.posterior is not None:
                found = with_posterior(
                    found, asked.posterior, new, asked.level, individual=asked.individual
                )
            found.insert(0, "estimator", name)
            found.insert(0, "case", [labels[i] for i in some])
            given = whole.iloc[some][list(columns)]
            taken = {c: f"{c} (given)" for c in given if c in found}  # a predictor called 'lower'
            parts.append(pd.concat([found, given.rename(columns=taken)], axis=1))
    return pd.concat(parts, ignore_index=True)


def _typed(fits: PoolingFits, name: str, values: list[Value]) -> list[Any]:
    """Return values as a table has them: a number that is read as time, before its zero is off."""
    time = time_of(fits.data.spec, name)
    if time is None or isinstance(time.zero, str):
        return values
    return as_typed(fits.data.spec, name, [float(v) for v in values])


def _case_table(rows: pd.DataFrame, case: Case, group: str, fits: PoolingFits) -> pd.DataFrame:
    """Return the rows as those of one case: its group, and no group-level values if unknown."""
    out = rows.copy()
    out[fits.spec.group] = pd.Series(
        [group if case.name == "known" else None] * len(rows), dtype=object
    )
    if case.name in ("known", "new"):
        for name in fits.spec.group_predictors:
            has_levels = name in fits.data.group_levels
            out[name] = pd.Series([None] * len(rows), dtype=object) if has_levels else np.nan
    return out


def grid_of(setting: Setting, fits: PoolingFits) -> list[Value]:
    """Return the values of a predictor along which a picture is drawn."""
    if setting.choices:
        return list(setting.choices)
    column = fits.data.columns[setting.name]
    assert not isinstance(column, CategoricalColumn)
    low, _, high = column.span
    return [float(v) for v in np.linspace(low, high, _POINTS)]


def span_in_group(fits: PoolingFits, name: str, group: str) -> tuple[float, float] | None:
    """Return the range of a numeric predictor among a group's rows; None for a category."""
    column = fits.data.columns.get(name)
    if column is None or isinstance(column, CategoricalColumn):
        return None
    data = fits.data.rows_of(group)
    column = data.columns[name]
    assert not isinstance(column, CategoricalColumn)
    values = column.values[data.group_index == data.group_names.index(group)]
    return float(values.min()), float(values.max())
