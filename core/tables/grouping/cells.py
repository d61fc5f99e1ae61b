"""Several grouping factors: their columns, and the cells, the combinations that occur."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from core.exceptions import DataError, NotSupportedError
from core.spec import ModelSpec
from core.tables.columns import CategoricalColumn, Column, categorical_column, column_of
from core.types import FloatArray, IntArray

#: Spread of a column inside one level, relative to its sd, that is taken for rounding.
_CONSTANT = 1e-9


@dataclass(frozen=True, eq=False)
class Factor:
    """One grouping factor over the cells.

    Attributes
    ----------
    name, label : str
        Its column, and how lme4 writes it: 'class', or 'school:class' where ids start again.
    level_names : tuple of str, length L
    of_cell : IntArray, shape (C,)
        Level of every cell.
    sizes : IntArray, shape (L,)
        Rows of every level.
    varying : tuple of int
        Base columns whose coefficients vary by this factor; 0 is the intercept.
    outer : dict of str to IntArray of shape (L,)
        The factors that this one is nested in, coarsest first, and which of their levels
        each level lies in.
    group_columns : tuple of int
        Positions of the group-level columns that belong to this factor.
    """

    name: str
    label: str
    level_names: tuple[str, ...]
    of_cell: IntArray
    sizes: IntArray
    varying: tuple[int, ...]
    outer: dict[str, IntArray]
    group_columns: tuple[int, ...] = ()

    @property
    def n_levels(self) -> int:
        """Number of levels L."""
        return len(self.level_names)

    @property
    def k(self) -> int:
        """Number of coefficients that vary by this factor."""
        return len(self.varying)

    @cached_property
    def position(self) -> dict[str, int]:
        """Position of each level by its name."""
        return {name: i for i, name in enumerate(self.level_names)}


def refusal(factors: Sequence[str], what: str) -> NotSupportedError:
    """Return the error of asking a model of several factors for what one factor has."""
    listed = " and ".join(f"'{name}'" for name in factors)
    return NotSupportedError(
        f"This is made for a model with one grouping factor, and this model has {len(factors)}: "
        f"{listed} ({what} belongs to each of them). Keep one of them as the group, or ask for "
        "what each factor says."
    )


def group_column(table: pd.DataFrame, spec: ModelSpec, name: str) -> CategoricalColumn:
    """Return the levels of one factor; where ids start again, of all its columns together."""
    path = spec.path_of(name)
    columns = [categorical_column(column_of(table, part, "group"), part) for part in path]
    if len(columns) == 1:
        return columns[0]
    codes, parts = combine(columns)
    names = [
        ":".join(column.levels[i] for column, i in zip(columns, part, strict=True))
        for part in parts.tolist()
    ]
    return CategoricalColumn(":".join(path), codes, tuple(names))


def combine(columns: Sequence[CategoricalColumn]) -> tuple[IntArray, IntArray]:
    """Return codes (n,) of the combinations that occur, sorted, and what they are made of (C, m).

    A row that lacks one of the columns has the code -1.
    """
    key = columns[0].codes.astype(np.int64)
    usable = key >= 0
    parts = np.arange(len(columns[0].levels))[:, None]
    for column in columns[1:]:
        usable &= column.codes >= 0
        width = len(column.levels)
        found, seen = pd.factorize(key * width + column.codes)
        order = np.argsort(seen, kind="stable")
        rank = np.empty(len(seen), dtype=np.int64)
        rank[order] = np.arange(len(seen))
        key = rank[found]
        seen = seen[order]
        parts = np.column_stack([parts[seen // width], seen % width])
    codes = np.where(usable, key, -1).astype(np.intp)
    if usable.all():
        return codes, parts.astype(np.intp)
    used = np.bincount(codes[usable], minlength=len(parts)) > 0
    recode = np.append(np.where(used, np.cumsum(used) - 1, -1), -1)
    return recode[codes].astype(np.intp), parts[used].astype(np.intp)


def inside(inner: IntArray, n_inner: int, outer: IntArray) -> IntArray | None:
    """Return which outer level each inner level lies in, shape (L,); None where one has two.

    Parameters
    ----------
    inner, outer : IntArray, shape (n,)
        Levels of the same rows (or cells); every one of ``n_inner`` levels occurs.
    """
    parent = np.zeros(n_inner, dtype=np.intp)
    parent[inner] = outer
    return parent if np.array_equal(parent[inner], outer) else None


def cells_of(columns: Sequence[CategoricalColumn]) -> tuple[CategoricalColumn, list[IntArray]]:
    """Return the cells as one column, and the level that each cell has of every factor (C,)."""
    if len(columns) == 1:
        return columns[0], [np.arange(len(columns[0].levels))]
    finest = max(columns, key=lambda c: len(c.levels))
    parents = [inside(finest.codes, len(finest.levels), c.codes) for c in columns]
    if all(parent is not None for parent in parents):
        return finest, [parent for parent in parents if parent is not None]
    key = columns[0].codes.astype(np.int64)
    for column in columns[1:]:
        key = pd.factorize(key * len(column.levels) + column.codes)[0]
    n_cells = int(key.max()) + 1
    codes = key.astype(np.intp)
    first = np.zeros(n_cells, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    # Cells have no name of their own: they are met by the levels that they combine.
    whole = CategoricalColumn("cell", codes, ("cell",) * n_cells)
    return whole, [column.codes[first] for column in columns]


def owners_of(
    spec: ModelSpec, columns: Sequence[Column], factors: Sequence[CategoricalColumn]
) -> dict[str, str]:
    """Return the factor that each group-level predictor belongs to: the coarsest it is constant in.

    Raises
    ------
    DataError
        When one is constant inside the levels of none of the factors.
    """
    out = {}
    for column in columns:
        owners = [
            (len(factor.levels), name)
            for name, factor in zip(spec.groups, factors, strict=True)
            if _is_constant(column, factor)
        ]
        if not owners:
            listed = " and of ".join(f"'{name}'" for name in spec.groups)
            raise DataError(
                f"'{column.name}' varies inside levels of {listed}, so it is a group-level "
                "predictor of neither. Use it as an individual-level predictor.",
                code="varies_within_group",
            )
        out[column.name] = min(owners)[1]
    return out


def _is_constant(column: Column, factor: CategoricalColumn) -> bool:
    values: IntArray | FloatArray = (
        column.codes if isinstance(column, CategoricalColumn) else column.values
    )
    at_level = np.zeros(len(factor.levels), dtype=values.dtype)
    at_level[factor.codes] = values
    off = np.abs(values - at_level[factor.codes])
    allowed = 0.0
    if not isinstance(column, CategoricalColumn):
        allowed = _CONSTANT * max(float(column.values.std()), 1e-300)
    return bool((off <= allowed).all())


def make_factors(
    spec: ModelSpec,
    columns: Sequence[CategoricalColumn],
    of_cell: Sequence[IntArray],
    varying: dict[str, tuple[int, ...]],
    owned: dict[str, tuple[int, ...]],
) -> tuple[Factor, ...]:
    """Return the factors with their nesting, in the order of ``spec.groups``."""
    counts = [len(column.levels) for column in columns]
    out = []
    for i, (name, column) in enumerate(zip(spec.groups, columns, strict=True)):
        outer: dict[str, IntArray] = {}
        for j in sorted(range(len(columns)), key=counts.__getitem__):
            if j == i or (counts[j], j) >= (counts[i], i):
                continue
            parent = inside(of_cell[i], counts[i], of_cell[j])
            if parent is not None:
                outer[spec.groups[j]] = parent
        out.append(
            Factor(
                name=name,
                label=spec.label_of(name),
                level_names=column.levels,
                of_cell=of_cell[i],
                sizes=np.bincount(column.codes, minlength=counts[i]).astype(np.intp),
                varying=varying[name],
                outer=outer,
                group_columns=owned[name],
            )
        )
    return tuple(out)
