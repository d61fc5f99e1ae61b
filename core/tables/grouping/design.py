"""Columns of a model's design: what varies by row, what is constant in a group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.exceptions import DataError
from core.model_terms import Interaction, Spline, columns_of
from core.model_terms import Term as SpecTerm
from core.spec import ModelSpec
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.tables.grouping.made import Part, parts_of, products_of, values_of
from core.term_rules import design_terms
from core.types import BoolArray, FloatArray

#: Spread inside a group, relative to the column's sd, that is taken for rounding.
GROUP_CONSTANT_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class BaseColumn:
    """One column that varies over rows: a numeric predictor, a level's indicator, or made of them.

    ``parts``: what a made column is the product of (``core.tables.grouping.made``), its values
    stand in ``GroupedData.columns`` under its own name; empty for a predictor as it is.
    ``term``: the label of the term it belongs to; the predictor's name.
    """

    name: str
    source: str
    level: int = -1
    parts: tuple[Part, ...] = ()
    term: str = ""

    def __post_init__(self) -> None:
        if not self.term:
            object.__setattr__(self, "term", self.source)

    @property
    def made_of(self) -> tuple[Part, ...]:
        """What it is the product of, also where that is a predictor as it is."""
        return self.parts or (Part(self.source, self.level),)

    def depends_on(self, column: str) -> bool:
        """Return whether a predictor takes part in it."""
        return any(part.column == column for part in self.made_of)


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


def individual_columns(
    spec: ModelSpec, columns: dict[str, Column]
) -> tuple[list[BaseColumn], dict[str, list[int]], dict[str, Column]]:
    """Return the base columns, where those of each term are (from 1), and what they are read from.

    Raises
    ------
    DataError
        When a made column would be called as one of the table's.
    """
    base: list[BaseColumn] = []
    places: dict[str, list[int]] = {}
    read = dict(columns)
    wanted = design_terms(spec)
    present = frozenset({frozenset[str]()} | {_joined(term) for term in wanted})
    present |= {frozenset({c}) for t in wanted for c in columns_of(t) if _spans(t)}
    for term in wanted:
        if isinstance(term, str):
            made = base_columns(columns[term])
        else:
            made = _made(spec, term, columns, present)
            for item in made:
                if item.name in spec.columns:
                    raise DataError(
                        f"The term '{item.name}' is called as a column of the model. Rename the "
                        "column, or leave the term out."
                    )
                read[item.name] = NumericColumn(item.name, values_of(item.parts, columns))
        label = term if isinstance(term, str) else term.label
        places[label] = [len(base) + 1 + i for i in range(len(made))]
        base += made
    for name in spec.predictors:  # whose place a term takes
        if name not in places:
            places[name] = [i for i, b in enumerate(base, start=1) if _is_of(b, name)]
    return base, places, read


def _is_of(item: BaseColumn, name: str) -> bool:
    return len(item.made_of) == 1 and item.made_of[0].column == name


def _joined(term: str | SpecTerm) -> frozenset[str]:
    if isinstance(term, Interaction):
        return term.key
    return frozenset({term if isinstance(term, str) else term.label})


def _spans(term: str | SpecTerm) -> bool:
    """Return whether a term holds the straight line of its predictor."""
    return isinstance(term, Spline)


def _made(
    spec: ModelSpec,
    term: SpecTerm,
    columns: dict[str, Column],
    present: frozenset[frozenset[str]],
) -> list[BaseColumn]:
    for name in columns_of(term):
        column = columns[name]
        if isinstance(column, CategoricalColumn):
            base_columns(column)  # says so where it has one level
    if isinstance(term, Interaction):
        found = products_of(term, columns, present)
    else:
        found = parts_of(term, columns)
        if isinstance(term, Spline) and term.column in spec.varying:
            found = found[:-1]  # the straight line, which varies, makes up for it
    return [BaseColumn(name, name, -1, parts, term.label) for name, parts in found]


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
