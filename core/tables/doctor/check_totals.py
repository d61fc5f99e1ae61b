"""Finds rows that sum up other rows: totals, subtotals, means, standard deviations."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from core.formats import count, shorten
from core.tables.doctor.check_layout import row_numbers
from core.tables.doctor.finding import Finding
from core.tables.doctor.fixes import DropRows
from core.tables.read.numerals import matches_pattern
from core.tables.roles.column_profile import ColumnProfile
from core.types import BoolArray, FloatArray, IntArray

_WORDS = (
    "(?:grand |sub-?|over-?all )?totals?|sum|gesamt|insgesamt|summe|totale?s?|suma|somme|totaal"
    "|итого|всего|合计|合計|总计|總計"
)
_TOTAL = rf"(?i)^\s*(?:{_WORDS})(?: ?\(?n\)?)?\s*:?\s*$"
#: Labels of summaries, by what the row then holds; "all" is a sum or a mean.
_KINDS = {
    "mean": r"(?:mean|average|avg)\b",
    "median": r"median\b",
    "spread": r"(?:sd|std)\b",
    "min": r"min(?:imum)?\b",
    "max": r"max(?:imum)?\b",
    "count": r"(?:n|count)\b",
    "all": ".",
}
_SUMMARIES = (
    r"all(?: .{1,30})?|overall(?: .{1,30})?|(?:sub)?total .{1,50}|mean|average|avg|median|aggregate"
    r"|everyone|together|sd|std\.?|std\.? ?dev\.?|min(?:imum)?|max(?:imum)?|n|count"
)
_PERHAPS_TOTAL = rf"(?i)^\s*(?:{_SUMMARIES})\s*:?\s*$"
#: Labels without which no row of a column sums up others.
MAY_SUM_UP = rf"(?i)^\s*(?:{_WORDS}|{_SUMMARIES})(?: ?\(?n\)?)?\s*:?\s*$|total"
_SUBTOTAL = re.compile(
    r"(.*\S)\s+(?:sub-?)?totals?\s*:?\s*|(?:sub-?)?totals?\s+(?:of |for )?(.*\S)\s*",
    re.IGNORECASE,
)
_TOTAL_SHARE = 0.34
#: Share of a row's numbers that must add up where the label says total ('Somme' is a place too).
_SURE_SHARE = 0.2
_MOST_LEVELS = 20_000
_NEAR_END = 4
_LONGEST_LABEL = 300  # the pattern takes the square of it
_MOST_SUMMARIES = 3
_NO_ROWS = np.empty(0, dtype=np.intp)


def check_totals(profiles: Sequence[ColumnProfile]) -> list[Finding]:
    """Find rows that hold the totals, means or other summaries of other rows."""
    for column in profiles:
        if column.is_numeric or column.kind in ("empty", "date", "free text"):
            continue
        rows = _total_rows(column, profiles)
        if not len(rows):
            continue
        word, holds = column.levels[column.codes[rows[0]]], "holds" if len(rows) == 1 else "hold"
        message = (
            f"{count(len(rows), 'row')} ({row_numbers(rows)}) of '{shorten(column.name)}' "
            f"{holds} '{shorten(str(word))}', not an observation, and would count twice."
        )
        fix = DropRows(tuple(int(row) for row in rows), "total row")
        return [Finding("total_row", column.name, message, fix, "problem")]
    return []


def _total_rows(column: ColumnProfile, profiles: Sequence[ColumnProfile]) -> IntArray:
    """Return the rows whose label in a column says that they sum up others, and that do so."""
    sure = _rows_of(column, matches_pattern(column.texts, _TOTAL))
    rare = column.counts <= _MOST_SUMMARIES  # a team called 'MIN' has many rows
    perhaps = _rows_of(column, matches_pattern(column.texts, _PERHAPS_TOTAL) & rare)
    parts = _rows_of(column, _subtotals(column))
    summaries = np.union1d(np.union1d(sure, perhaps), parts)
    if not 0 < len(summaries) <= max(1, _TOTAL_SHARE * column.n_rows):
        return _NO_ROWS
    others = np.setdiff1d(np.arange(column.n_rows), summaries)
    if len(parts) > 1:
        return np.union1d(parts, sure)
    if len(sure) > 2:
        return sure if _are_large(profiles, sure, others) else _NO_ROWS
    found = [
        row
        for row in sure
        if _adds_up(profiles, row, others, least=_SURE_SHARE, alone=True)
        or (row in (0, column.n_rows - 1) and _are_large(profiles, np.array([row]), others))
    ]
    near_end = np.minimum(perhaps, column.n_rows - 1 - perhaps) < _NEAR_END
    for row in perhaps[near_end]:
        label = str(column.levels[column.codes[row]])
        kind = next(kind for kind, words in _KINDS.items() if re.match(words, label.strip(), re.I))
        if _adds_up(profiles, row, others, least=0.5, kinds=(kind,)):
            found.append(row)
    return np.unique(np.array(found, dtype=np.intp))


def _rows_of(column: ColumnProfile, levels: BoolArray) -> IntArray:
    """Return the rows that have one of the levels marked."""
    codes = np.flatnonzero(levels)
    return np.flatnonzero(np.isin(column.codes, codes)) if len(codes) else _NO_ROWS


def _subtotals(column: ColumnProfile) -> BoolArray:
    """Return which levels are the total of another level: 'North total' beside 'North'."""
    found = np.zeros(column.n_levels, dtype=np.bool_)
    about = np.flatnonzero(matches_pattern(column.texts, "(?i)total"))
    if len(about) and column.n_levels < _MOST_LEVELS:
        known = {str(level).strip().casefold() for level in column.levels}
        for code in about:
            label = str(column.levels[code]).strip()
            match = _SUBTOTAL.fullmatch(label) if len(label) <= _LONGEST_LABEL else None
            part = (match[1] or match[2]) if match is not None else None
            found[code] = part is not None and part.strip().casefold() in known
    return found


def _are_large(profiles: Sequence[ColumnProfile], rows: IntArray, others: IntArray) -> bool:
    """Whether rows hold larger numbers than nearly all others, as totals of parts do.

    A single row must surpass them all.
    """
    larger = []
    for column in profiles:
        if column.is_numeric and column.kind != "identifier" and not column.cues.time:
            mine, rest = column.values[rows], column.values[others]
            mine, rest = mine[np.isfinite(mine)], rest[np.isfinite(rest)]
            if len(mine) and len(rest):
                usual = rest.max() if len(rows) == 1 else np.quantile(rest, 0.9)
                larger.append(float(np.median(mine)) > float(usual))
    return bool(larger) and sum(larger) > 0.5 * len(larger)


def _adds_up(
    profiles: Sequence[ColumnProfile],
    row: int,
    others: IntArray,
    *,
    least: float,
    kinds: Sequence[str] = ("all",),
    alone: bool = False,
) -> bool:
    """Whether a row holds summaries of the others: sums or means, or what its label says.

    In more than the share ``least`` of its numbers; a row without numbers sums up nothing, and
    counts where its label ``alone`` is proof enough.
    """
    agreed = tried = 0
    for column in profiles:
        if not column.is_numeric or not np.isfinite(column.values[row]):
            continue
        rest = column.values[others]
        rest = rest[np.isfinite(rest)]
        tried += 1
        if len(rest) > 1:
            known = [v for kind in kinds for v in _summaries(kind, rest)]
            agreed += bool(np.isclose(column.values[row], known, rtol=0.01).any())
    return agreed > least * tried if tried else alone


def _summaries(kind: str, rest: FloatArray) -> tuple[float, ...]:
    """Return what a row of a kind may hold of a column."""
    if kind == "spread":
        return (float(rest.std(ddof=1)), float(rest.std()))
    if kind == "count":
        return (float(len(rest)), float(rest.sum()))
    if kind == "median":
        return (float(np.median(rest)),)
    if kind in ("min", "max"):
        return (float(rest.min() if kind == "min" else rest.max()),)
    return (float(rest.mean()),) if kind == "mean" else (float(rest.sum()), float(rest.mean()))
