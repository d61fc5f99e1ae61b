"""From a table elsewhere and a specification to ``QueriedData``: the passes in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from core.exceptions import DataError
from core.sources.engines.engine import Engine
from core.sources.expressions import Asked, Kind, roles_of
from core.sources.fetching import RowsElsewhere
from core.sources.leaving_out import Lost, all_left_out, lost_rows, reasons_of, with_lost_groups
from core.sources.moments_of import moments_of
from core.sources.passes import (
    Codes,
    Means,
    check_still,
    codes_of,
    ends_of,
    levels_expression,
    means_expression,
    read_means,
    series_of,
    sum_products,
)
from core.sources.queried import QueriedData
from core.spec import ModelSpec
from core.tables.columns import CategoricalColumn, Column, NumericColumn, column_of, label_of
from core.tables.grouped import GroupedData, assemble
from core.tables.grouping.cells import refusal
from core.tables.grouping.design import GROUP_CONSTANT_TOLERANCE, check_constant
from core.tables.grouping.usable import MAX_LEVELS, outcome_of, predictor_of
from core.tables.left_out import LeftOut
from core.tables.rows.model_size import check_size

#: Told what is being done, and how much of it all is done before it (0 to 1).
Progress = Callable[[str, float], None]


def group_elsewhere(
    engine: Engine,
    table: Any,
    spec: ModelSpec,
    *,
    kinds: dict[str, Kind],
    orders: dict[str, tuple[str, ...]],
    key: str | None,
    progress: Progress,
) -> QueriedData:
    """Return the grouped data of a model, summed where the table lives.

    Parameters
    ----------
    engine : Engine
    table : Ibis expression
        With the reader's columns.
    spec : ModelSpec
    kinds : dict of str to Kind
        By column.
    orders : dict of str to tuple of str
        Levels of the categories that have an order of their own.
    key : str or None
        Column that tells the rows apart.
    progress : callable

    Raises
    ------
    DataError
        As ``GroupedData.from_table``, and ``SourceError`` for what only happens elsewhere.
    """
    if len(spec.groups) > 1:
        raise refusal(spec.groups, "a table that stays where it is")
    _check_columns(engine, table, spec, kinds, key)
    asked = Asked.of(engine, table, roles_of(spec, kinds), key)
    with engine.work():
        progress("Counting rows and taking means by group", 0.0)
        with engine.kept(means_expression(asked)) as kept:
            first = engine.run(kept)
            progress("Counting what is left out", 0.3)
            means, left_out = _first_pass(asked, first, spec)
            progress("Looking at the levels of categories", 0.4)
            codes = {
                ours: _levels(asked, ours, spec, orders) for ours in asked.roles.all_categories
            }
            layout = _Layout(asked, means, codes).of(spec, left_out)
            progress("Summing products about the means", 0.5)
            products = sum_products(asked, kept, means, codes)
    check_still(engine.label, means, products, asked.roles)
    progress("Done", 1.0)
    sizes = means.n.astype(np.intp)
    elsewhere = RowsElsewhere(engine, asked.rows, asked.roles, means.group, codes, sizes)
    moments = moments_of(layout.base, means, products, asked.roles)
    return QueriedData(layout, moments, elsewhere, left_out, means)


def _first_pass(asked: Asked, first: pa.Table, spec: ModelSpec) -> tuple[Means, LeftOut]:
    """Return what the first pass found, and the account of the rows that it left out."""
    lost = lost_rows(asked, int(np.sum(first["n"].to_numpy())))
    if not first.num_rows:
        raise all_left_out(asked)
    everybody = codes_of(_group_values(first, lost), spec.group)
    group = everybody.keep(everybody.values.isin(pd.Index(series_of(first["g"]))))
    left_out = with_lost_groups(reasons_of(lost, everybody, asked.roles), everybody, group)
    return read_means(first, group, asked.roles, ends_of(asked)), left_out


def _check_columns(
    engine: Engine, table: Any, spec: ModelSpec, kinds: dict[str, Kind], key: str | None
) -> None:
    """Raise the error of a table in memory when a column is missing or of the wrong kind."""
    names = pd.DataFrame(columns=pd.Index(list(kinds)))
    wanted = [(spec.outcome, "outcome"), (spec.group, "group")]
    wanted += [(name, "predictor") for name in (*spec.predictors, *spec.group_predictors)]
    for name, role in wanted + ([(key, "row key")] if key is not None else []):
        column_of(names, name, role)
        if kinds[name] == "other":
            raise DataError(
                f"'{name}' ({role}) holds lists, pictures or the like, which no model can use. "
                "Choose another column."
            )
    if kinds[spec.outcome] not in ("number", "truth"):
        column = table[spec.outcome]
        seen = engine.run(table.filter(column.notnull()).select(y=column.cast("string")).limit(1))
        outcome_of(pd.DataFrame({spec.outcome: series_of(seen["y"])}), spec.outcome)
    for name in (*spec.predictors, *spec.group_predictors):
        if kinds[name] == "date":
            dates = pd.Series(pd.to_datetime([], utc=False))
            predictor_of(pd.DataFrame({name: dates}), name, spec)


def _group_values(first: Any, lost: Lost) -> pd.Series[Any]:
    """Return every value of the group, also those of which no row is left."""
    kept = series_of(first["g"])
    others = lost.groups[~lost.groups.isin(kept)] if len(lost.groups) else lost.groups
    if not len(others):
        return kept
    return pd.concat([kept, others.drop_duplicates()], ignore_index=True)


def _levels(
    asked: Asked, ours: str, spec: ModelSpec, orders: Mapping[str, tuple[str, ...]]
) -> Codes:
    """Return the levels of one category, in the model's order."""
    name, counted = asked.roles.names[ours], levels_expression(asked, ours)
    found = asked.engine.run(counted.limit(MAX_LEVELS + 1))
    if found.num_rows > MAX_LEVELS:
        count = asked.engine.run(counted.aggregate(n=counted.count()))["n"][0].as_py()
        raise _too_many(name, int(count))
    values = series_of(found["level"])
    given = _ordered(values, name, orders[name]) if name in orders else values
    as_category = spec.update(categorical=(*spec.categorical, name))
    column = predictor_of(pd.DataFrame({name: given}), name, as_category)
    assert isinstance(column, CategoricalColumn)
    return Codes(pd.Index(values), column).keep(found["used"].to_numpy() > 0)


def _too_many(name: str, count: int) -> DataError:
    """Return the error that a table in memory gives for so many levels."""
    many = pd.DataFrame({name: [f"level {i}" for i in range(MAX_LEVELS + 1)]})
    try:
        predictor_of(many, name, ModelSpec(outcome="y", group="g"))
    except DataError as error:
        told = str(error).replace(f"{MAX_LEVELS + 1:,} different", f"{count:,} different")
        return DataError(told, code=error.code)
    raise AssertionError("the limit of levels is not kept")


def _ordered(values: pd.Series[Any], name: str, order: tuple[str, ...]) -> pd.Series[Any]:
    """Return the values of a category whose levels have an order of their own."""
    texts = [label_of(value) for value in values]
    unknown = [text for text in texts if text not in order]
    if unknown:
        raise DataError(
            f"The order given for '{name}' lacks the level '{unknown[0]}'. Name every level."
        )
    return pd.Series(pd.Categorical(texts, categories=list(order), ordered=True))


@dataclass(frozen=True, eq=False)
class _Layout:
    """Base columns, group-level columns and terms of a model; without rows."""

    asked: Asked
    means: Means
    codes: Mapping[str, Codes]

    def of(self, spec: ModelSpec, left_out: LeftOut) -> GroupedData:
        """Return grouped data without rows."""
        self._check_sizes()
        predictors = [self._individual(ours) for ours in self._ours(spec.predictors)]
        higher = [self._group_level(ours) for ours in self._ours(spec.group_predictors)]
        outcome = NumericColumn(spec.outcome, np.empty(0))
        check_size(spec, self._group, [*predictors, *higher], int(self.means.n.sum()))
        return assemble(spec, outcome, self._group, (predictors, higher), left_out)

    @property
    def _group(self) -> CategoricalColumn:
        """The group of one row a group."""
        levels = self.means.group.levels
        return CategoricalColumn(self.asked.roles.names["g"], np.arange(len(levels)), levels)

    def _ours(self, names: tuple[str, ...]) -> list[str]:
        ours = {name: alias for alias, name in self.asked.roles.names.items()}
        return [ours[name] for name in names]

    def _check_sizes(self) -> None:
        for ours in self.asked.roles.all_numbers:
            ends = np.array(self.means.ends[ours])
            NumericColumn(self.asked.roles.names[ours], ends).check_size()

    def _individual(self, ours: str) -> Column:
        name = self.asked.roles.names[ours]
        if ours not in self.codes:
            return NumericColumn(name, np.empty(0))
        return CategoricalColumn(name, np.empty(0, dtype=np.intp), self.codes[ours].levels)

    def _group_level(self, ours: str) -> Column:
        """Return a group-level predictor, one value a group."""
        name = self.asked.roles.names[ours]
        return self._group_category(ours, name) if ours in self.codes else self._number(ours, name)

    def _number(self, ours: str, name: str) -> NumericColumn:
        means = self.means
        n, mean, low = means.n, means.mean[ours], means.low[ours]
        apart = mean - float(np.dot(n, mean) / n.sum())
        sd = float(np.sqrt(np.dot(n, means.variance[ours] + apart**2) / n.sum()))
        limit = GROUP_CONSTANT_TOLERANCE * max(sd, 1e-300)
        check_constant(name, means.high[ours] - low > limit, self._group)
        return NumericColumn(name, low)

    def _group_category(self, ours: str, name: str) -> CategoricalColumn:
        rows = self.asked.rows
        found = self.asked.engine.run(rows.select("g", level=rows[ours]).distinct())
        index, level = self.means.group.of(found["g"]), self.codes[ours].of(found["level"])
        n_groups = len(self.means.n)
        check_constant(name, np.bincount(index, minlength=n_groups) > 1, self._group)
        out = np.zeros(n_groups, dtype=np.intp)
        out[index] = level
        return CategoricalColumn(name, out, self.codes[ours].levels)
