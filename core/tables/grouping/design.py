"""Columns of a model's design: what varies by row, what is constant in a group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.exceptions import DataError
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.types import BoolArray, FloatArray

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


def base_columns(column: Column) -> list[BaseColumn]:
    """Return a numeric column as itself, a category as indicators of all but its first level."""
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


def group_level_columns(column: Column, group: CategoricalColumn) -> list[tuple[str, FloatArray]]:
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
    return [(b.name, (codes == b.level).astype(np.float64)) for b in base_columns(column)]


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
