"""Keeps as text what looks like numbers but is none, or leaves open which: is 1.234 a thousand?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.tables.read.numerals import any_match
from core.tables.repairs.mark_evidence import Evidence, weigh

#: Delimiters of files whose numbers have points: the comma is taken, or nobody exports so.
_SURE = (",", " ", "")
_PROBE, _MOST_DISTINCT = 200, 5_000
_LONG_CODE = r"^\s*[+-]?[0-9]{17,}\s*$"
_LEADING_ZERO = r"^\s*[+-]?0[0-9xX]"

Read: TypeAlias = Callable[[dict[str, Any], list[str]], pa.Table]


def keep_text(
    table: pa.Table,
    read: Read,
    forced: dict[str, Any],
    open_marks: tuple[Sequence[int], str] | None,
) -> tuple[pa.Table, frozenset[int]]:
    """Read again as text the columns whose digits are not quantities, or not for certain.

    Codes with leading zeros ('01001'), numbers too long for a float and times of the day keep
    the form they were typed in, and so do numbers whose marks the file leaves open (1.234).

    Parameters
    ----------
    table : pyarrow.Table
        As read.
    read : callable
        Reads some columns again, with types of one's choice.
    forced : dict of str to type
        Types that are settled.
    open_marks : (sequence of int, str) or None
        Columns that the first rows leave open, and the delimiter; None where the decimal mark is
        settled.

    Returns
    -------
    Table
    frozenset of int
        Columns left open.
    """
    types = {key: table[key].type for key in table.column_names}
    doubtful = [key for key in types if key not in forced and _is_doubtful(table[key])]
    candidates, delimiter = open_marks or ((), "")
    maybe = _may_be_open(table, candidates)
    again = list(dict.fromkeys([*doubtful, *maybe]))
    if not again:
        return table, frozenset()
    texts = read({key: pa.string() for key in again} | forced, again)
    left_open = {key for key in maybe if is_left_open(texts[key], delimiter)}
    for key in again:
        if key in left_open or (key in doubtful and _must_stay_text(table[key], texts[key])):
            table = table.set_column(table.column_names.index(key), key, texts[key])
    return table, frozenset(map(int, left_open))


def _is_doubtful(column: pa.ChunkedArray) -> bool:
    kind = column.type
    if pa.types.is_floating(kind):
        largest = pc.max(pc.abs(column)).as_py()
        return largest is not None and 2.0**53 < largest < float("inf")
    return any(test(kind) for test in (pa.types.is_integer, pa.types.is_time))


def _must_stay_text(read: pa.ChunkedArray, texts: pa.ChunkedArray) -> bool:
    kind = read.type
    if pa.types.is_integer(kind):
        return not _is_as_long(read, texts) and any_match(texts, _LEADING_ZERO)
    return not pa.types.is_floating(kind) or any_match(texts, _LONG_CODE)


def _is_as_long(read: pa.ChunkedArray, texts: pa.ChunkedArray) -> bool:
    """Whether integers were typed with no character more than they need: no zero stands before."""
    values = np.abs(read.drop_null().to_numpy().astype(np.int64))
    if not len(values) or int(values.min()) < 0:  # the least of all has no absolute value
        return False
    minus = int((read.drop_null().to_numpy() < 0).sum())
    digits = len(values) + sum(
        int((values >= 10**power).sum()) for power in range(1, len(str(int(values.max()))))
    )
    there = texts.filter(pc.is_valid(read))
    return bool(pc.sum(pc.binary_length(there)).as_py() == digits + minus)


def _may_be_open(table: pa.Table, candidates: Sequence[int]) -> list[str]:
    """Return the columns read as decimals whose numbers may be thousands with a mark.

    None where any other column has decimals that cannot be thousands: these prove the mark.
    """
    floats = [j for j, c in enumerate(table.columns) if pa.types.is_floating(c.type)]
    maybe = [j for j in floats if j in candidates and _has_open_values(table.column(j))]
    if not maybe or any(j not in maybe and _has_decimals(table.column(j)) for j in floats):
        return []
    return [table.column_names[j] for j in maybe]


def _has_open_values(column: pa.ChunkedArray) -> bool:
    """Whether values, written with at most three decimals, are 1.234 or whole and below 1000."""
    return _are_open(_values(column.slice(0, _PROBE))) and _are_open(_values(column), some=True)


def _values(column: pa.ChunkedArray) -> Any:
    return np.abs(column.drop_null().to_numpy())


def _are_open(values: Any, *, some: bool = False) -> bool:
    values = values[np.isfinite(values)]
    parts = values != np.round(values)
    thousandths = np.abs(values * 1e3 - np.round(values * 1e3)) < 1e-6
    is_open = (values < 1e3) & thousandths & ((values >= 1.0) | (values == 0.0))
    return bool(is_open.all() and (parts.any() or not some))


def _has_decimals(column: pa.ChunkedArray) -> bool:
    values = _values(column)
    return bool((values != np.round(values)).any())


def is_left_open(texts: pa.ChunkedArray, delimiter: str) -> bool:
    """Whether the cells of a column, as typed, leave the meaning of their mark open.

    Numbers that all have three decimals are decimals where the delimiter says that points are;
    beside whole numbers below 1000 they look like thousands everywhere.
    """
    column = evidence_of(texts)
    return bool(column.open_mark) and (column.is_mixed or delimiter not in _SURE)


def evidence_of(texts: pa.ChunkedArray | pa.Array) -> Evidence:
    """Return what the different cells of a column say about the marks in its numbers."""
    distinct = texts if isinstance(texts, pa.Array) else pc.unique(texts).drop_null()
    return weigh(text.strip() for text in distinct.slice(0, _MOST_DISTINCT).to_pylist())
