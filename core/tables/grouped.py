"""``GroupedData``: a table and a model specification, checked once and made into arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from core.exceptions import DataError
from core.model_terms import Time
from core.spec import ModelSpec
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.tables.grouping.cells import (
    Factor,
    cells_of,
    group_column,
    make_factors,
    owners_of,
    refusal,
)
from core.tables.grouping.design import (
    BaseColumn,
    Term,
    base_columns,
    group_level_columns,
    individual_columns,
)
from core.tables.grouping.filtered import filtered
from core.tables.grouping.made import resolved
from core.tables.grouping.times import with_zeros
from core.tables.grouping.usable import outcome_of, predictor_of, usable_rows
from core.tables.grouping.weighting import as_rows, check_in_memory, check_one_factor, weights_of
from core.tables.left_out import LeftOut
from core.tables.limits import LIMITS
from core.tables.rows.in_memory import RowsInMemory, SummedElsewhere
from core.tables.rows.keys import key_of
from core.tables.rows.model_size import check_size
from core.types import FloatArray, IntArray

#: Positions of some rows.
Rows: TypeAlias = slice | IntArray
_ALL = slice(None)


@dataclass(frozen=True, eq=False)
class GroupedData(RowsInMemory):
    """Rows of one grouping factor, ready for the moments.

    Attributes
    ----------
    y : FloatArray, shape (n,)
        Outcome of the rows used.
    group_index : IntArray, shape (n,)
        j[i], 0..J-1.
    group_names : tuple of str, length J
    columns : dict of str to Column
        Individual-level predictors as arrays.
    base : tuple of BaseColumn
        Base columns without the intercept.
    group_columns : tuple of (str, FloatArray of shape (J,))
        Group-level columns: numeric predictors and indicators of levels.
    terms : tuple of Term, length p
        The fixed-effects design.
    varying : tuple of int, length k
        Base columns whose coefficient varies (0 is the intercept).
    group_base : tuple of BaseColumn
        Where each of ``group_columns`` comes from.
    group_levels : dict of str to tuple of str
        Levels of the categorical group-level predictors.
    key : IntArray, shape (n,), or None
        What tells the rows apart, hashed (``core.tables.rows.keys``).
    weights : FloatArray, shape (n,), or None
        Precision weights of the rows; None where all weigh the same. Rows with a frequency weight
        stand here as often as it says.
    """

    spec: ModelSpec
    y: FloatArray
    group_index: IntArray
    group_names: tuple[str, ...]
    columns: dict[str, Column]
    base: tuple[BaseColumn, ...]
    group_columns: tuple[tuple[str, FloatArray], ...]
    terms: tuple[Term, ...]
    varying: tuple[int, ...]
    left_out: LeftOut = field(default_factory=lambda: LeftOut(np.empty(0, dtype=np.intp)))
    group_base: tuple[BaseColumn, ...] = ()
    group_levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    key: IntArray | None = None
    weights: FloatArray | None = None

    @classmethod
    def from_table(
        cls, table: pd.DataFrame, spec: ModelSpec, *, key: str | None = None
    ) -> GroupedData:
        """Check a table against a specification and return its usable rows as arrays.

        Parameters
        ----------
        table : DataFrame
        spec : ModelSpec
        key : str, optional
            Column that tells the rows apart: folds then follow the rows, whatever order the
            table has and wherever it lives.

        Raises
        ------
        DataError
            When a column is missing, has the wrong kind or nothing to estimate from,
            or a group-level predictor varies inside groups.
        """
        if len(table) == 0:
            raise DataError("The table has no rows. Upload a table with at least a few rows.")
        table, chosen = filtered(table, spec)
        outcome = outcome_of(table, spec.outcome)
        groups = [group_column(table, spec, name) for name in spec.groups]
        group = groups[0]
        predictors = [predictor_of(table, name, spec) for name in spec.predictors]
        group_level = [predictor_of(table, name, spec) for name in spec.group_predictors]
        weights = weights_of(table, spec)
        others = [outcome, *groups[1:], *predictors, *group_level]
        usable, left_out = usable_rows(group, others, weights)
        if any(isinstance(term, Time) for term in spec.terms):
            spec = with_zeros(spec, table, usable)
            predictors = [predictor_of(table, name, spec) for name in spec.predictors]
        left_out = left_out.of_filtered(chosen)
        kept, weights = as_rows(spec, usable, weights)
        if kept is not None:
            groups = [each.keep(kept) for each in groups]
            group = groups[0]
            outcome = outcome.keep(kept)
            predictors = [c.keep(kept) for c in predictors]
            group_level = [c.keep(kept) for c in group_level]
        for column in (outcome, *predictors, *group_level):
            if isinstance(column, NumericColumn):
                column.check_size()
        check_size(spec, group, [*predictors, *group_level], len(outcome.values))
        spec = resolved(spec, {c.name: c for c in predictors})
        columns = (predictors, group_level)
        if len(groups) > 1:
            check_one_factor(spec)
            return _assemble_factors(spec, outcome, groups, columns, left_out)
        made = assemble(spec, outcome, group, columns, left_out)
        if weights is not None:
            made = made.update(weights=weights.values)
        if key is None:
            return made
        keys = key_of(table, key)  # of the rows that the filter keeps
        return made.update(key=keys if kept is None else keys[kept])

    @classmethod
    def from_query(
        cls, table: SummedElsewhere, spec: ModelSpec, *, key: str | None = None
    ) -> GroupedData:
        """Return the data of a table that stays where it is (``core.open_table``).

        ``key`` and what is raised are those of ``from_table``; besides, a ``SourceError`` when
        the source cannot be reached, changes meanwhile, or is asked to stop.
        """
        check_in_memory(spec)
        made: GroupedData = table.grouped(spec, key=key)
        return made

    @property
    def n_obs(self) -> int:
        """Number of rows used, n."""
        return len(self.y)

    @property
    def n_groups(self) -> int:
        """Number of groups, J."""
        return len(self.group_names)

    @cached_property
    def group_sizes(self) -> IntArray:
        """Rows of each group, n_j, shape (J,)."""
        return np.bincount(self.group_index, minlength=self.n_groups).astype(np.intp)

    @property
    def fixef_names(self) -> tuple[str, ...]:
        """Names of the fixed-effects design, length p."""
        return tuple(term.name for term in self.terms)

    @property
    def varying_names(self) -> tuple[str, ...]:
        """Names of the varying coefficients, length k."""
        return tuple("(Intercept)" if b == 0 else self.base[b - 1].name for b in self.varying)

    @property
    def varying_terms(self) -> IntArray:
        """Position of each varying coefficient's mean among the terms, shape (k,)."""
        by_base = {t.base: i for i, t in enumerate(self.terms) if t.factor < 0}
        return np.array([by_base[b] for b in self.varying], dtype=np.intp)

    def base_values(self, base: int, rows: Rows = _ALL) -> FloatArray:
        """Return one base column over the rows, shape (n,); 0 is the intercept."""
        if base == 0:
            return np.ones(len(self.y[rows]))
        item = self.base[base - 1]
        column = self.columns[item.source]
        if isinstance(column, NumericColumn):
            return column.values[rows]
        return np.asarray(column.codes[rows] == item.level, dtype=np.float64)

    def design(self, rows: Rows = _ALL) -> FloatArray:
        """Return the fixed-effects design in the reader's own units, shape (n, p).

        Parameters
        ----------
        rows : slice or IntArray
            Positions of the rows wanted; all of them by default.

        Raises
        ------
        DataError
            When it would take more memory than one model may.
        """
        group = self.group_index[rows]
        LIMITS.check_design(len(group), len(self.terms), len(self.spec.columns))
        out = np.empty((len(group), len(self.terms)), order="F")
        for i, term in enumerate(self.terms):
            out[:, i] = self.base_values(term.base, rows)
            if term.factor >= 0:
                out[:, i] *= self.group_columns[term.factor][1][group]
        return out

    def varying_design(self) -> FloatArray:
        """Return the design of the varying coefficients, shape (n, k)."""
        return np.column_stack([self.base_values(b) for b in self.varying])


class FactorsData(GroupedData):
    """Rows of several grouping factors; what only one factor has is refused in words.

    Attributes
    ----------
    cells : GroupedData
        The same rows by cell: each combination of levels that occurs counts as a group.
    factors : tuple of Factor
    """

    cells: GroupedData
    factors: tuple[Factor, ...]

    def __init__(self, cells: GroupedData, factors: tuple[Factor, ...]) -> None:
        shared = ("spec", "y", "columns", "base", "terms", "left_out", "group_base")
        held = {name: getattr(cells, name) for name in (*shared, "group_levels")}
        for name, value in (held | {"cells": cells, "factors": factors}).items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"FactorsData({', '.join(self.spec.groups)}: {self.n_obs} rows)"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "spec" not in self.__dict__:
            raise AttributeError(name)
        raise refusal(self.spec.groups, f"'{name}'")

    def design(self, rows: Rows = _ALL) -> FloatArray:
        """Return the fixed-effects design in the reader's own units, shape (n, p)."""
        return self.cells.design(rows)

    def factor(self, name: str) -> Factor:
        """Return one factor by its column."""
        return self.factors[self.spec.groups.index(name)]


def _assemble_factors(
    spec: ModelSpec,
    outcome: NumericColumn,
    groups: list[CategoricalColumn],
    columns: tuple[list[Column], list[Column]],
    left_out: LeftOut,
) -> FactorsData:
    """Lay out the rows by cell, and the factors over the cells."""
    owner = owners_of(spec, columns[1], groups)
    cell, of_cell = cells_of(groups)
    check_size(spec, cell, [*columns[0], *columns[1]], len(outcome.values))
    cells = assemble(spec, outcome, cell, columns, left_out)
    of_source: dict[str, tuple[int, ...]] = {}
    for i, item in enumerate(cells.base, start=1):
        of_source[item.term] = (*of_source.get(item.term, ()), i)
    intercept = (0,) if spec.varying_intercept else ()
    varying = {
        name: intercept + tuple(b for source in spec.varying_of(name) for b in of_source[source])
        for name in spec.groups
    }
    owned = {
        name: tuple(i for i, b in enumerate(cells.group_base) if owner[b.source] == name)
        for name in spec.groups
    }
    return FactorsData(cells, make_factors(spec, groups, of_cell, varying, owned))


def assemble(
    spec: ModelSpec,
    outcome: NumericColumn,
    group: CategoricalColumn,
    columns: tuple[list[Column], list[Column]],
    left_out: LeftOut,
) -> GroupedData:
    """Lay out base columns, group-level columns and the terms of the design."""
    predictors, group_level = columns
    base, of_source, read = individual_columns(spec, {c.name: c for c in predictors})
    terms = [Term("(Intercept)", 0)]
    terms += [Term(b.name, i + 1) for i, b in enumerate(base)]
    group_columns: list[tuple[str, FloatArray]] = []
    factors: dict[str, list[int]] = {}
    for column in group_level:
        made_group = group_level_columns(column, group)
        factors[column.name] = [len(group_columns) + i for i in range(len(made_group))]
        terms += [Term(n, 0, len(group_columns) + i) for i, (n, _) in enumerate(made_group)]
        group_columns += made_group
    for individual, higher in spec.cross_level:
        terms += [
            Term(f"{base[b - 1].name}:{group_columns[f][0]}", b, f)
            for f in factors[higher]
            for b in of_source[individual]
        ]
    varying = ([0] if spec.varying_intercept else []) + [
        b for name in spec.varying for b in of_source[name]
    ]
    return GroupedData(
        spec=spec,
        y=outcome.values,
        group_index=group.codes,
        group_names=group.levels,
        columns=read,
        base=tuple(base),
        group_columns=tuple(group_columns),
        terms=tuple(terms),
        varying=tuple(varying),
        left_out=left_out,
        group_base=tuple(b for column in group_level for b in base_columns(column)),
        group_levels={c.name: c.levels for c in group_level if isinstance(c, CategoricalColumn)},
    )
