"""Columns that describe groups, and the model with one of them added or taken away.

A column that is constant within groups only scales the moments, so a model that gains or
loses one is fitted without another look at the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.estimators.factors.view import FactorView
from core.exceptions import PoolingError
from core.fitting.fit import fit_all
from core.moments import GroupMoments
from core.results import PoolingFits
from core.tables.columns import (
    CategoricalColumn,
    Column,
    NumericColumn,
    categorical_column,
    is_numeric,
    numeric_column,
)
from core.tables.grouped import GroupedData
from core.tables.grouping.design import BaseColumn, Term
from core.tables.transform import AddGroupMean
from core.types import FloatArray, IntArray

#: A category with more levels than this makes neither an axis nor a predictor.
MOST_LEVELS = 12
#: Spread inside a group, relative to the column's sd, that is taken for rounding.
_ROUNDING = 1e-9
#: Rows that are looked at first, to leave out columns that vary inside groups.
_SAMPLE = 2_000


@dataclass(frozen=True, eq=False)
class GroupColumn:
    """One property of the groups: a group-level predictor, in the model or not.

    Attributes
    ----------
    name : str
    values : FloatArray, shape (J,)
        Numbers in the column's own unit; positions in ``levels`` for a category.
    levels : tuple of str
        Empty for a numeric column.
    source : str
        The individual-level predictor whose group means these are; '' for a column of the
        table.
    """

    name: str
    values: FloatArray
    levels: tuple[str, ...] = ()
    source: str = ""

    def design(self, at: FloatArray) -> tuple[tuple[str, FloatArray], ...]:
        """Return the columns that it puts into a model, by name, at given values."""
        if not self.levels:
            return ((self.name, at),)
        return tuple(
            (f"{self.name}[{level}]", (at == i).astype(np.float64))
            for i, level in enumerate(self.levels)
            if i
        )


def mean_name(predictor: str, group: str) -> str:
    """Return what the column of a predictor's group means is called."""
    return AddGroupMean(predictor, group).name


def group_columns(table: pd.DataFrame | None, fits: PoolingFits) -> tuple[GroupColumn, ...]:
    """Return what can explain differences between the groups of some fits.

    Parameters
    ----------
    table : DataFrame
        The table that was fitted; None where its rows stay elsewhere: what describes groups is
        then what the model says of them, and the group means.
    fits : PoolingFits

    Returns
    -------
    tuple of GroupColumn
        First the group-level predictors of the model, then the other columns of the table
        that are constant within groups, known for every group and different between some,
        and the group means of the individual-level predictors; numbers before categories.
    """
    data, spec = fits.data, fits.data.spec
    found = _of_model(data) if table is None else _of_table(table, data)
    is_view = isinstance(fits, FactorView)
    for column in _level_means(data) if is_view else mean_columns(data, fits.moments):
        if not any(_is_same(column, other) for other in found.values()):
            found.setdefault(column.name, column)
    in_model = {name: i for i, name in enumerate(spec.group_predictors)}
    last = len(in_model)
    return tuple(sorted(found.values(), key=lambda c: (in_model.get(c.name, last), bool(c.levels))))


def _of_table(table: pd.DataFrame, data: GroupedData) -> dict[str, GroupColumn]:
    """Return the columns of a table that describe groups, those of the model first."""
    spec = data.spec
    rows = np.flatnonzero(data.left_out.used(len(table)))
    taken = {spec.outcome, *spec.group.split(":"), *spec.predictors, *spec.group_predictors}
    others = [str(c) for c in table.columns if str(c) not in taken]
    found: dict[str, GroupColumn] = {}
    for name in (*spec.group_predictors, *dict.fromkeys(others)):
        column = _table_column(table, name, rows, data)
        if column is not None:
            found[name] = column
    return found


def _of_model(data: GroupedData) -> dict[str, GroupColumn]:
    """Return the group-level predictors of a model."""
    found: dict[str, GroupColumn] = {}
    values: dict[str, FloatArray] = {}
    for item, (_, held) in zip(data.group_base, data.group_columns, strict=True):
        if item.level < 0:
            values[item.source] = held
        else:
            values[item.source] = values.get(item.source, np.zeros(len(held))) + item.level * held
    for name in data.spec.group_predictors:
        if np.ptp(values[name]) > 0:
            found[name] = GroupColumn(name, values[name], data.group_levels.get(name, ()))
    return found


def _is_same(mean: GroupColumn, other: GroupColumn) -> bool:
    """Return whether a column of the table holds a predictor's group means already."""
    if other.levels:
        return False
    limit = 1e-5 * float(mean.values.std())
    return bool((np.abs(mean.values - other.values) <= limit).all())


def mean_columns(data: GroupedData, moments: GroupMoments) -> tuple[GroupColumn, ...]:
    """Return the group means of the numeric individual-level predictors, where they differ."""
    out = []
    for base, item in enumerate(data.base, start=1):
        if item.level >= 0 or item.parts:
            continue
        means = moments.mean_of(base)
        is_individual = float(moments.within_total[base - 1, base - 1]) > _ROUNDING
        if is_individual and float(np.ptp(means)) > _ROUNDING:
            values = means * moments.scale[base] + moments.center[base]
            out.append(GroupColumn(mean_name(item.name, data.spec.group), values, (), item.name))
    return tuple(out)


def _level_means(data: GroupedData) -> tuple[GroupColumn, ...]:
    """Return the means of numeric individual-level predictors, summed from the rows."""
    out = []
    for base, item in enumerate(data.base, start=1):
        values, level = data.base_values(base), data.group_index
        means = np.bincount(level, values, minlength=data.n_groups) / data.group_sizes
        is_individual = float(np.abs(values - means[level]).max()) > _ROUNDING * values.std()
        if item.level < 0 and is_individual and float(np.ptp(means)) > _ROUNDING * values.std():
            out.append(GroupColumn(mean_name(item.name, data.spec.group), means, (), item.name))
    return tuple(out)


def _table_column(
    table: pd.DataFrame, name: str, rows: IntArray, data: GroupedData
) -> GroupColumn | None:
    """Return a column of the table as a property of the groups; None where it is none."""
    at = [i for i, label in enumerate(table.columns) if str(label) == name]
    if len(at) != 1:
        return None
    series = table.iloc[:, at[0]]
    if pd.api.types.is_datetime64_any_dtype(series) or pd.api.types.is_timedelta64_dtype(series):
        return None
    used = series if len(rows) == len(series) else series.iloc[rows]
    is_number = is_numeric(used) and name not in data.spec.categorical
    head = used.iloc[:_SAMPLE]
    if not is_number and _varies(categorical_column(head, name), data.group_index[:_SAMPLE]):
        return None
    column = numeric_column(used, name) if is_number else categorical_column(used, name)
    reference = data.spec.reference.get(name)
    if isinstance(column, CategoricalColumn) and reference in column.levels:
        column = column.with_reference(str(reference))
    return _by_group(column, data)


def _varies(column: Column, index: IntArray) -> bool:
    """Return whether a column takes several values inside a group, missing ones aside."""
    usable = column.usable()
    index = index[usable]
    values = column.values if isinstance(column, NumericColumn) else column.codes
    values = np.asarray(values[usable], dtype=np.float64)
    if not len(values):
        return False
    first = np.zeros(int(index.max()) + 1)
    first[index[::-1]] = values[::-1]
    limit = _ROUNDING * float(values.std()) if isinstance(column, NumericColumn) else 0.0
    return bool((np.abs(values - first[index]) > limit).any())


def _by_group(column: Column, data: GroupedData) -> GroupColumn | None:
    """Return the value of every group; None where one has none, or all have the same."""
    usable, index = column.usable(), data.group_index
    if _varies(column, index):
        return None
    values = np.full(data.n_groups, np.nan)
    raw = column.values if isinstance(column, NumericColumn) else column.codes
    values[index[usable]] = raw[usable]
    if not np.isfinite(values).all() or not np.ptp(values) > 0:
        return None
    levels = column.levels if isinstance(column, CategoricalColumn) else ()
    if levels and not 2 <= len(levels) <= min(MOST_LEVELS, data.n_groups - 2):
        return None
    return GroupColumn(column.name, values, levels)


def without_column(data: GroupedData, name: str) -> GroupedData:
    """Return the data for the model without one group-level predictor and its interactions."""
    spec = data.spec
    if name not in spec.group_predictors:
        return data
    kept = [f for f, item in enumerate(data.group_base) if item.source != name]
    place = {f: i for i, f in enumerate(kept)} | {-1: -1}
    return data.update(
        spec=spec.update(
            group_predictors=tuple(c for c in spec.group_predictors if c != name),
            cross_level=tuple(pair for pair in spec.cross_level if pair[1] != name),
        ),
        group_columns=tuple(data.group_columns[f] for f in kept),
        group_base=tuple(data.group_base[f] for f in kept),
        group_levels={k: v for k, v in data.group_levels.items() if k != name},
        terms=tuple(replace(t, factor=place[t.factor]) for t in data.terms if t.factor in place),
    )


def with_column(data: GroupedData, column: GroupColumn, slopes: tuple[str, ...]) -> GroupedData:
    """Return the data for the model with one more group-level predictor.

    Parameters
    ----------
    data : GroupedData
        Of a model that does not have it.
    column : GroupColumn
    slopes : tuple of str
        Individual-level predictors whose slope it acts on (cross-level interactions).

    Raises
    ------
    SpecError
        When the column plays another role in the model.
    """
    spec = data.spec
    first = len(data.group_columns)
    added = column.design(column.values)
    bases = [(b, item.name) for b, item in enumerate(data.base, start=1) if item.term in slopes]
    terms = [Term(name, 0, first + i) for i, (name, _) in enumerate(added)]
    cross = [
        Term(f"{base_name}:{name}", b, first + i)
        for i, (name, _) in enumerate(added)
        for b, base_name in bases
    ]
    is_cross = [t.base > 0 and t.factor >= 0 for t in data.terms]
    old = [t for t, c in zip(data.terms, is_cross, strict=True) if not c]
    old_cross = [t for t, c in zip(data.terms, is_cross, strict=True) if c]
    positions = range(1, len(added) + 1) if column.levels else [-1]
    return data.update(
        spec=spec.update(
            group_predictors=(*spec.group_predictors, column.name),
            cross_level=(*spec.cross_level, *((s, column.name) for s in slopes)),
        ),
        group_columns=(*data.group_columns, *added),
        group_base=(
            *data.group_base,
            *(
                BaseColumn(n, column.name, level)
                for (n, _), level in zip(added, positions, strict=True)
            ),
        ),
        group_levels=data.group_levels | ({column.name: column.levels} if column.levels else {}),
        terms=tuple((*old, *terms, *old_cross, *cross)),
    )


def refit(fits: PoolingFits, data: GroupedData) -> PoolingFits:
    """Return the three fits of a model on the moments of another one's rows.

    Raises
    ------
    PoolingError
        When that model has no multilevel fit, or cannot be fitted at all.
    """
    found = fit_all(data, engine="moments", moments=fits.moments)
    if found.multilevel_or_none is None:
        raise found.refusal or PoolingError("There is no multilevel fit.")
    return found
