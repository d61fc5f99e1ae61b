"""``LeftOut``: the rows that no fit uses, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from core.formats import shorten
from core.types import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class LeftOutReason:
    """Rows left out because one column has no usable value, or says that they weigh nothing."""

    column: str
    is_group: bool
    n_rows: int
    groups: tuple[str, ...]
    is_zero_weight: bool = False


@dataclass(frozen=True, eq=False)
class LeftOut:
    """The rows that no fit uses: how many, why, and from which groups.

    Attributes
    ----------
    rows : IntArray
        Their positions in the table (first row 0).
    reasons : tuple of LeftOutReason
        Each row counts once, for the first of: group, outcome, predictors.
    lost_groups : tuple of str
        Groups of which no row is left.
    because : IntArray
        Position in ``reasons`` of each of ``rows``.
    n_filtered : int
        Rows that a filter of the model leaves out: they count apart, not among ``rows``.
    filtered : IntArray
        Their positions in the table; empty where the table stays elsewhere.
    """

    rows: IntArray
    reasons: tuple[LeftOutReason, ...] = ()
    lost_groups: tuple[str, ...] = ()
    because: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    n_filtered: int = 0
    filtered: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.intp))

    def of_filtered(self, kept: BoolArray | None) -> LeftOut:
        """Return the account for the table before a filter that kept these rows (None: all)."""
        if kept is None:
            return self
        rows = np.flatnonzero(kept)[self.rows]
        filtered = np.flatnonzero(~kept)
        return replace(self, rows=rows, n_filtered=len(filtered), filtered=filtered)

    def used(self, n_rows: int) -> BoolArray:
        """Return which of a table's rows the fits use, shape (n_rows,)."""
        out = np.ones(n_rows, dtype=bool)
        out[self.rows] = out[self.filtered] = False
        return out

    @property
    def n_rows(self) -> int:
        """How many rows are left out."""
        return len(self.rows)

    def sentence(self, one: str = "group", many: str = "groups") -> str:
        """Return the count, the reasons and the groups in words; '' when none is left out.

        Parameters
        ----------
        one, many : str
            What a group is called: school, schools.

        Examples
        --------
        >>> gap = LeftOutReason("ses", False, 2, ("4", "9"))
        >>> LeftOut(np.array([0, 7]), (gap,)).sentence("school", "schools")
        'A total of 2 rows left out: all lack ses (schools 4, 9).'
        """
        if not self.n_rows:
            return ""
        parts = [self._because(reason, one, many) for reason in self.reasons]
        lost = ""
        if self.lost_groups:
            noun = one if len(self.lost_groups) == 1 else many
            lost = f" No row is left of {noun} {_some(self.lost_groups)}."
        total = "1 row" if self.n_rows == 1 else f"A total of {self.n_rows:,} rows"
        return f"{total} left out: {', '.join(parts)}.{lost}"

    def _because(self, reason: LeftOutReason, one: str, many: str) -> str:
        """Return '30 lack ses (schools 4, 9)' or '7 have an empty school'."""
        count, is_one = f"{reason.n_rows:,}", reason.n_rows == 1
        if reason.n_rows == self.n_rows:
            count = "it" if is_one else "all"
        name = _quoted(reason.column)
        if reason.is_group:
            return f"{count} {'has' if is_one else 'have'} an empty {name}"
        noun = one if len(reason.groups) == 1 else many
        if reason.is_zero_weight:
            return f"{count} {'has' if is_one else 'have'} the weight 0 in {name}"
        where = f" ({noun} {_some(reason.groups)})" if reason.groups else ""
        return f"{count} {'lacks' if is_one else 'lack'} {name}{where}"


def _quoted(name: str) -> str:
    """Return a name with quotation marks where it would not read as one word."""
    return name if name.replace("_", "a").replace(".", "a").isalnum() else f"'{name}'"


def _some(names: tuple[str, ...], most: int = 5) -> str:
    """Return '4, 9, 11 and 20 more'."""
    rest = len(names) - most
    shown = ", ".join(shorten(name) for name in names[: most + (rest == 1)])
    return shown + (f" and {rest:,} more" if rest > 1 else "")
