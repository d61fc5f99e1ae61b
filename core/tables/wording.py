"""What the columns, groups and rows of a table are called in front of a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.formats import listed, trimmed
from core.model_terms import Log, Power, Spline, Sqrt, ZScore, columns_of
from core.tables.columns import CategoricalColumn
from core.tables.examples import Column, Example, Noun
from core.tables.grouped import GroupedData
from core.tables.grouping.design import BaseColumn
from core.tables.grouping.made import Part
from core.term_rules import term_of
from core.types import FloatArray

INTERCEPT = "(Intercept)"


def per_unit(unit: str) -> str:
    """Return a unit for after 'per': days -> day; of a time without its zero."""
    unit = unit.split(" since ")[0]
    is_plural = unit.isalpha() and len(unit) > 3 and unit.endswith("s") and unit[-2] != "s"
    return unit[:-1] if is_plural else unit


@dataclass(frozen=True, eq=False)
class Wording:
    """Names, units and labels; the defaults fit any table.

    Texts are raw (as typed by whoever made the table): escape them for the renderer.

    Attributes
    ----------
    group, individual : Noun
        What groups and rows are called: county, home.
    columns : mapping of str to Column
        Label, unit and the words for coded values of the columns that are known.
    """

    group: Noun = field(default_factory=lambda: Noun("group", "groups"))
    individual: Noun = field(default_factory=lambda: Noun("row", "rows"))
    columns: Mapping[str, Column] = field(default_factory=dict)

    @classmethod
    def of_example(cls, example: Example) -> Wording:
        """Return the words of a shipped example."""
        return cls(example.group_noun, example.individual_noun, example.columns)

    def column(self, name: str) -> Column:
        """Return what is known of a column; its own name where nothing is."""
        return self.columns.get(name) or Column(label=name)

    def name(self, column: str) -> str:
        """Return what a column is called."""
        return self.column(column).label

    def in_sentence(self, column: str) -> str:
        """Return what a column is called inside a sentence: a known label without its capital."""
        known = self.columns.get(column)
        if known is None or not known.label[1:2].islower():
            return self.name(column)
        return known.label[0].lower() + known.label[1:]

    def group_name(self, name: str, *, begins: bool = False) -> str:
        """Return a group's name for a sentence: ``school 48`` where the name is a number."""
        if not name.replace(".", "").replace("-", "").strip().isdigit():
            return name
        one = self.group.one
        return f"{one[:1].upper() + one[1:] if begins else one} {name}"

    def level(self, column: str, value: object) -> str:
        """Return the word for a coded value; the value itself where there is none."""
        return self.column(column).levels.get(str(value), str(value))

    def two_values(self, column: str, values: FloatArray) -> tuple[str, str] | None:
        """Return the words for the two values of a column; None where it has more, or one."""
        found = np.unique(values)
        if len(found) != 2:
            return None
        low, high = (self.level(column, trimmed(float(v))) for v in found)
        return low, high

    def is_indicator(self, column: str) -> bool:
        """Return whether a column holds 0 and 1 with known meanings."""
        return set(self.column(column).levels) == {"0", "1"}

    def term(self, term: str, data: GroupedData) -> str:
        """Return what a coefficient is called in a sentence: ``slope``, if there is but one."""
        if term == INTERCEPT:
            return "intercept" if data.spec.predictors else f"{self.group.one} mean"
        where = self.where(term, data)
        if self._is_made(term, data):
            return f"coefficient of {self.name(term)}{where}"
        if len(data.varying) - (0 in data.varying) == 1:
            return f"slope{where}"
        return (self._contrast(term, data) or f"slope of {self.name(term)}") + where

    def short_term(self, term: str, data: GroupedData) -> str:
        """Return what a coefficient is called where room is short: ``slope at 0``."""
        long, where = self.term(term, data), self.where(term, data)
        if not where or not long.endswith(where):
            return long
        return long[: -len(where)] + (" at 0" if " where " in where else "")

    def where(self, term: str, data: GroupedData) -> str:
        """Return where a coefficient holds: `` where x = 0`` if x enters squared too, else ''.

        A predictor that enters squared, or in a product, has no one slope: its coefficient is the
        slope where the square, or the other part of the product, is zero.
        """
        base = next((b for b in data.base if b.name == term), None)
        if base is None:
            return ""
        own = {_key(part) for part in base.made_of}
        columns = {part.column for part in base.made_of}
        held: dict[str, None] = {}
        beside: dict[str, None] = {}
        for item in data.base:
            if item is base or not item.parts or not own <= set(_below(item, base)):
                continue
            others = [part for part in item.made_of if part.column not in columns]
            if others:
                held |= {self._zero_of(part, data): None for part in others}
                continue
            more = [part for part in item.made_of if _key(part) not in own]
            if all(isinstance(part.term, Power) for part in more):
                held |= {self._zero_of(part, data): None for part in more}
            else:
                beside |= {_KINDS[type(part.term)]: None for part in more if part.term}
        along = f" beside its {listed(beside)}" if beside else ""
        return along + (f" where {listed(held, 4)}" if held else "")

    def _zero_of(self, part: Part, data: GroupedData) -> str:
        """Return where a part of a product is zero, in words."""
        column = part.column
        found, name = data.columns[column], self.in_sentence(column)
        if isinstance(found, CategoricalColumn):
            return f"{name} is {self.level(column, found.levels[0])}"
        if part.term is None and self.is_indicator(column):
            return f"{name} is {self.level(column, 0)}"
        return f"{name} = {_zero_at(part)}"

    def _is_made(self, term: str, data: GroupedData) -> bool:
        return any(b.parts for b in data.base if b.name == term)

    def term_axis(self, term: str, data: GroupedData) -> str:
        """Return the axis title of a coefficient: what it measures, with its unit."""
        outcome = self.column(data.spec.outcome)
        unit = f" ({outcome.unit})" if outcome.unit else ""
        if term == INTERCEPT:
            return f"{outcome.label}{self._origin(data)}{unit}"
        contrast = self._contrast(term, data)
        if contrast:
            return f"{outcome.label}, {contrast}{self.where(term, data)}{unit}"
        if self._is_made(term, data):
            return f"coefficient of {self.name(term)}{self.where(term, data)}"
        per = per_unit(self.column(term).unit) or f"unit of {self.name(term)}"
        what = f"slope of {self.name(term)}{self.where(term, data)}"
        return f"{what} ({outcome.unit or outcome.label} per {per})"

    def _contrast(self, term: str, data: GroupedData) -> str:
        """Return ``first floor minus basement`` for the coefficient of a category, else ''."""
        base = next((b for b in data.base if b.name == term), None)
        column = data.columns[base.source] if base else None
        if base and isinstance(column, CategoricalColumn):
            high, low = column.levels[base.level], column.levels[0]
            return f"{self.level(base.source, high)} minus {self.level(base.source, low)}"
        if self.is_indicator(term):
            return f"{self.level(term, 1)} minus {self.level(term, 0)}"
        return ""

    def _origin(self, data: GroupedData) -> str:
        """Return where the intercept stands: ', basement' or ' where Age = 0'."""
        spec = data.spec
        varying = [columns_of(term_of(spec, name))[0] for name in spec.varying]
        column = next(iter((*varying, *spec.predictors)), None)
        if column is None:
            return ""
        values = data.columns[column]
        if isinstance(values, CategoricalColumn):
            return f", {self.level(column, values.levels[0])}"
        if self.is_indicator(column):
            return f", {self.level(column, 0)}"
        own = [b for b in data.base if b.depends_on(column) and len(b.made_of) == 1]
        made = [b.made_of[0] for b in own]
        plain = any(p.term is None or isinstance(p.term, Power | Sqrt) for p in made)
        at = "0" if plain or not made else _zero_at(made[0])
        return f" where {self.name(column)} = {at}"


#: What stands beside a straight line of the same predictor.
_KINDS: dict[type[Any], str] = {
    Log: "logarithm",
    Sqrt: "square root",
    ZScore: "standardised values",
    Spline: "curve",
    Power: "powers",
}


def _key(part: Part) -> tuple[str, int, object]:
    return part.column, part.level, part.term


def _below(item: BaseColumn, base: BaseColumn) -> list[tuple[str, int, object]]:
    """Return the parts of a made column, and what the lower powers of each would be."""
    out: list[tuple[str, int, object]] = []
    for part in item.made_of:
        out.append((part.column, part.level, part.term))
        own = [p for p in base.made_of if p.column == part.column and p.level == part.level]
        if isinstance(part.term, Power):
            out += [
                (p.column, p.level, p.term)
                for p in own
                if p.term is None or (isinstance(p.term, Power) and p.term.power < part.term.power)
            ]
        elif part.term is not None:
            out += [(p.column, p.level, p.term) for p in own if p.term is None]
    return out


def _zero_at(part: Part) -> str:
    """Return the value of a predictor at which what is made of it is zero."""
    term = part.term
    if isinstance(term, Log):
        return "1"
    if isinstance(term, ZScore) and term.mean is not None:
        return trimmed(term.mean)
    if isinstance(term, Spline) and term.boundary is not None:
        return trimmed(term.boundary[0])
    return "0"
