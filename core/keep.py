"""``Keep``: which rows of a table a model is fitted to, picked and never typed as an expression."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from core.exceptions import SpecError
from core.model_terms import r_name

#: An end of a range: a number, a date as text (``2000-01-31``), or open.
End: TypeAlias = float | str | None
#: Levels that one filter may name.
MOST_LEVELS = 1000


@dataclass(frozen=True)
class Keep:
    """Rows whose value in one column is as asked; the others are left out, missing ones too.

    Parameters
    ----------
    column : str
    levels : tuple of str, optional
        Values to keep, as text: a number is written as it is shown, ``3`` for 3.0.
    between : tuple of two, optional
        Least and greatest value to keep, both included; None leaves an end open. Dates are given
        as text, ``2000-01-31``.

    With neither, rows that have a value are kept.
    """

    column: str
    levels: tuple[str, ...] = ()
    between: tuple[End, End] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.column, str) or not self.column:
            raise SpecError(f"Rows are kept by one column, given by its name, not {self.column!r}.")
        given = (self.levels,) if isinstance(self.levels, str | int | float) else self.levels
        object.__setattr__(self, "levels", tuple(dict.fromkeys(_text(v) for v in given)))
        if len(self.levels) > MOST_LEVELS:
            raise SpecError(
                f"A filter may name {MOST_LEVELS:,} levels of '{self.column}', not "
                f"{len(self.levels):,}. Choose a range, or a column with fewer."
            )
        if self.between is None:
            return
        if self.levels:
            raise SpecError(f"Keep rows by levels of '{self.column}' or by a range, not by both.")
        object.__setattr__(self, "between", self._ends(self.between))

    def _ends(self, between: object) -> tuple[End, End]:
        if not isinstance(between, Sequence) or isinstance(between, str) or len(between) != 2:
            raise SpecError(f"A range of '{self.column}' has two ends, not {between!r}.")
        ends: list[End] = []
        for end in between:
            if isinstance(end, str) or end is None:
                ends.append(end or None)
                continue
            if not math.isfinite(float(end)):
                raise SpecError(f"The ends of the range of '{self.column}' must be numbers.")
            ends.append(float(end))
        low, high = ends
        both = isinstance(low, float) and isinstance(high, float)
        if both and low > high:  # type: ignore[operator]
            raise SpecError(f"The range of '{self.column}' ends at {high} before it begins, {low}.")
        return low, high

    @property
    def sentence(self) -> str:
        """Return the filter in words: ``year from 1990 to 2000``."""
        if self.levels:
            shown = ", ".join(self.levels[:5]) + (", …" if len(self.levels) > 5 else "")
            return f"{self.column} {'is' if len(self.levels) == 1 else 'in'} {shown}"
        if self.between is None:
            return f"{self.column} not missing"
        low, high = (_shown(end) for end in self.between)
        if low and high:
            return f"{self.column} from {low} to {high}"
        if low or high:
            return f"{self.column} from {low} up" if low else f"{self.column} up to {high}"
        return f"{self.column} not missing"

    def r_text(self) -> str:
        """Return the filter as R writes it, for ``subset``."""
        name = r_name(self.column)
        if self.levels:
            return f"{name} %in% c({', '.join(map(_r_string, self.levels))})"
        ends = self.between or (None, None)
        parts = [
            f"{name} {sign} {_r_string(end) if isinstance(end, str) else repr(end)}"
            for sign, end in zip((">=", "<="), ends, strict=True)
            if end is not None
        ]
        return " & ".join(parts) or f"!is.na({name})"


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _shown(end: End) -> str:
    return "" if end is None else _text(end)


def _r_string(text: str) -> str:
    escaped = "".join(
        "\\" + c if c in '"\\' else c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text
    )
    return f'"{escaped}"'


def check_rows(rows: object) -> tuple[Keep, ...]:
    """Return filters as a tuple.

    Raises
    ------
    SpecError
        When something else is among them.
    """
    if isinstance(rows, Keep):
        return (rows,)
    found = tuple(rows) if isinstance(rows, Sequence) and not isinstance(rows, str) else None
    if found is None or not all(isinstance(r, Keep) for r in found):
        raise SpecError(f"Rows are chosen by core.Keep, not by {rows!r}.")
    return found
