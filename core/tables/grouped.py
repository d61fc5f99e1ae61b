"""``GroupedData``: a table and a model specification, checked once and made into arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from core.exceptions import DataError
from core.spec import ModelSpec
from core.tables.columns import (
    CategoricalColumn,
    Column,
    NumericColumn,
    categorical_column,
    column_of,
    is_numeric,
    numeric_column,
)
from core.tables.left_out import LeftOut, LeftOutReason
from core.tables.limits import LIMITS
from core.tables.rows.in_memory import RowsInMemory, SummedElsewhere
from core.tables.rows.keys import key_of
from core.tables.rows.model_size import check_size
from core.types import BoolArray, FloatArray, IntArray

#: A category with more levels than this is an identifier, not a predictor.
MAX_LEVELS = LIMITS.levels
#: Positions of some rows.
Rows: TypeAlias = slice | IntArray
_ALL = slice(None)
#: Spread inside a group, relative to the column's sd, that is taken for rounding.
GROUP_CONSTANT_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class BaseColumn:
    """One column that varies over rows: a numeric predictor or one level's indicator."""

    name: str
    source: str
    level: int = -1


@dataclass(frozen=True, eq=False)
class Term:
    """One column of the fixed-effects design: a base column times a group-level column.

    ``base`` is 0 for the intercept, else 1 + position in ``GroupedData.base``;
    ``factor`` is the position in ``GroupedData.group_columns``, -1 for none.
    """

    name: str
    base: int
    factor: int = -1


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
        outcome = outcome_of(table, spec.outcome)
        group = categorical_column(column_of(table, spec.group, "group"), spec.group)
        predictors = [predictor_of(table, name, spec) for name in spec.predictors]
        group_level = [predictor_of(table, name, spec) for name in spec.group_predictors]
        kept, left_out = _usable_rows(group, [outcome, *predictors, *group_level])
        if kept is not None:
            group = group.keep(kept)
            outcome = outcome.keep(kept)
            predictors = [c.keep(kept) for c in predictors]
            group_level = [c.keep(kept) for c in group_level]
        for column in (outcome, *predictors, *group_level):
            if isinstance(column, NumericColumn):
                column.check_size()
        check_size(spec, group, [*predictors, *group_level], len(outcome.values))
        made = assemble(spec, outcome, group, (predictors, group_level), left_out)
        if key is None:
            return made
        keys = key_of(table, key)
        return made.update(key=keys if kept is None else keys[kept])

    @classmethod
    def from_query(
        cls, table: SummedElsewhere, spec: ModelSpec, *, key: str | None = None
    ) -> GroupedData:
        """Return the data of a table that stays where it is (``core.open_table``).

        ``key`` and what is raised are those of ``from_table``; besides, a ``SourceError`` when
        the source cannot be reached, changes meanwhile, or is asked to stop.
        """
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


def outcome_of(table: pd.DataFrame, name: str) -> NumericColumn:
    """Return the outcome; DataError when it does not hold numbers."""
    series = column_of(table, name, "outcome")
    if not is_numeric(series):
        raise DataError(
            f"The outcome '{name}' does not hold numbers (its first value is "
            f"{_first_value(series)!r}). Choose a numeric outcome, or turn the text into numbers."
        )
    return numeric_column(series, name)


def _first_value(series: pd.Series) -> str:
    seen = series.dropna()
    return str(seen.iloc[0])[:40] if len(seen) else ""


def predictor_of(table: pd.DataFrame, name: str, spec: ModelSpec) -> Column:
    """Return a predictor as numbers or as a category, as the specification has it."""
    series = column_of(table, name, "predictor")
    if pdt.is_datetime64_any_dtype(series) or pdt.is_timedelta64_dtype(series):
        raise DataError(
            f"'{name}' holds dates. Turn it into a number first (days since the start, the year).",
            code="date_predictor",
        )
    if is_numeric(series) and name not in spec.categorical:
        return numeric_column(series, name)
    column = categorical_column(series, name)
    if name in spec.reference:
        column = column.with_reference(spec.reference[name])
    if len(column.levels) > MAX_LEVELS:
        raise DataError(
            f"'{name}' has {len(column.levels):,} different values that are not numbers, more "
            f"than the {MAX_LEVELS} (the limit levels) a categorical predictor may have. Is it a "
            "name or an id? Choose another predictor, or use it as the group."
        )
    return column


def _usable_rows(
    group: CategoricalColumn, others: list[Column]
) -> tuple[BoolArray | None, LeftOut]:
    """Return which rows every fit uses (None for all) and the account of the others."""
    kept = group.usable()
    counts = [(group.name, True, kept)]
    for column in others:
        counts.append((column.name, False, column.usable()))
        kept = kept & counts[-1][2]
    if kept.all():
        return None, LeftOut(np.empty(0, dtype=np.intp))
    if not kept.any():
        worst = min(counts, key=lambda c: int(c[2].sum()))
        raise DataError(
            f"No row has a value in every column of the model; '{worst[0]}' alone lacks "
            f"{int((~worst[2]).sum()):,} of {len(kept):,}. Leave it out or choose another column."
        )
    open_rows = np.ones(len(kept), dtype=bool)
    because = np.zeros(len(kept), dtype=np.intp)
    reasons: list[LeftOutReason] = []
    for name, is_group, usable in counts:
        lost = open_rows & ~usable
        open_rows &= usable
        if lost.any():
            because[lost] = len(reasons)
            codes = np.unique(group.codes[lost])
            names = tuple(group.levels[c] for c in codes if c >= 0)
            reasons.append(LeftOutReason(name, is_group, int(lost.sum()), names))
    before = np.bincount(group.codes[group.usable()], minlength=len(group.levels))
    after = np.bincount(group.codes[kept], minlength=len(group.levels))
    gone = tuple(group.levels[i] for i in np.flatnonzero((before > 0) & (after == 0)))
    rows = np.flatnonzero(~kept)
    return kept, LeftOut(rows, tuple(reasons), gone, because[rows])


def assemble(
    spec: ModelSpec,
    outcome: NumericColumn,
    group: CategoricalColumn,
    columns: tuple[list[Column], list[Column]],
    left_out: LeftOut,
) -> GroupedData:
    """Lay out base columns, group-level columns and the terms of the design."""
    predictors, group_level = columns
    base: list[BaseColumn] = []
    of_source: dict[str, list[int]] = {}
    for column in predictors:
        made = _base_columns(column)
        of_source[column.name] = [len(base) + 1 + i for i in range(len(made))]
        base += made
    terms = [Term("(Intercept)", 0)]
    terms += [Term(b.name, i + 1) for i, b in enumerate(base)]
    group_columns: list[tuple[str, FloatArray]] = []
    factors: dict[str, list[int]] = {}
    for column in group_level:
        made_group = _group_columns(column, group)
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
        columns={c.name: c for c in predictors},
        base=tuple(base),
        group_columns=tuple(group_columns),
        terms=tuple(terms),
        varying=tuple(varying),
        left_out=left_out,
        group_base=tuple(b for column in group_level for b in _base_columns(column)),
        group_levels={c.name: c.levels for c in group_level if isinstance(c, CategoricalColumn)},
    )


def _base_columns(column: Column) -> list[BaseColumn]:
    if isinstance(column, NumericColumn):
        return [BaseColumn(column.name, column.name)]
    if len(column.levels) < 2:
        raise DataError(
            f"'{column.name}' has the same value, '{column.levels[0]}', in every row used, so it "
            "cannot explain anything. Choose another predictor."
        )
    return [
        BaseColumn(f"{column.name}[{level}]", column.name, i)
        for i, level in enumerate(column.levels)
        if i > 0
    ]


def _group_columns(column: Column, group: CategoricalColumn) -> list[tuple[str, FloatArray]]:
    """Return a group-level predictor as columns of length J, or name the groups it varies in."""
    n_groups = len(group.levels)
    first = np.zeros(n_groups, dtype=np.intp)
    first[group.codes[::-1]] = np.arange(len(group.codes))[::-1]
    if isinstance(column, NumericColumn):
        at_group = column.values[first]
        off = np.abs(column.values - at_group[group.codes])
        varies = off > GROUP_CONSTANT_TOLERANCE * max(float(column.values.std()), 1e-300)
        check_constant(column.name, varies, group)
        return [(column.name, at_group)]
    codes = column.codes[first]
    check_constant(column.name, column.codes != codes[group.codes], group)
    return [(b.name, (codes == b.level).astype(np.float64)) for b in _base_columns(column)]


def check_constant(name: str, varies: BoolArray, group: CategoricalColumn) -> None:
    """Raise DataError naming the groups inside which a group-level predictor varies."""
    if not varies.any():
        return
    groups = [group.levels[c] for c in np.unique(group.codes[varies])]
    some = ", ".join(groups[:5]) + (", …" if len(groups) > 5 else "")
    raise DataError(
        f"'{name}' varies inside {len(groups):,} of {len(group.levels):,} groups ({some}), so it "
        "is no group-level predictor. Use it as an individual-level predictor, or use its group "
        "means.",
        code="varies_within_group",
    )
