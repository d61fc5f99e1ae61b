"""What the columns, groups and rows of a table are called in front of a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core.formats import trimmed
from core.tables.columns import CategoricalColumn
from core.tables.examples import Column, Example, Noun
from core.tables.grouped import GroupedData
from core.types import FloatArray

INTERCEPT = "(Intercept)"


def per_unit(unit: str) -> str:
    """Return a unit for after 'per': days -> day."""
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
        if len(data.varying) - (0 in data.varying) == 1:
            return "slope"
        return self._contrast(term, data) or f"slope of {self.name(term)}"

    def term_axis(self, term: str, data: GroupedData) -> str:
        """Return the axis title of a coefficient: what it measures, with its unit."""
        outcome = self.column(data.spec.outcome)
        unit = f" ({outcome.unit})" if outcome.unit else ""
        if term == INTERCEPT:
            return f"{outcome.label}{self._origin(data)}{unit}"
        contrast = self._contrast(term, data)
        if contrast:
            return f"{outcome.label}, {contrast}{unit}"
        per = per_unit(self.column(term).unit) or f"unit of {self.name(term)}"
        return f"slope of {self.name(term)} ({outcome.unit or outcome.label} per {per})"

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
        column = next(iter((*spec.varying, *spec.predictors)), None)
        if column is None:
            return ""
        values = data.columns[column]
        if isinstance(values, CategoricalColumn):
            return f", {self.level(column, values.levels[0])}"
        if self.is_indicator(column):
            return f", {self.level(column, 0)}"
        return f" where {self.name(column)} = 0"
