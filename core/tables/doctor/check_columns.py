"""Checks of single columns: codes, names of rows, constants, dates, two-valued outcomes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.formats import count, shorten
from core.tables.columns import label_of
from core.tables.doctor.finding import Finding, quoted
from core.tables.doctor.fixes import (
    CodeAsZeroOne,
    DateToNumber,
    DropColumn,
    DropColumns,
    TreatAsCategory,
)
from core.tables.roles.column_profile import ColumnProfile
from core.tables.roles.lexicon import tokens_of

_MOST_CODES = 12
_ORDERED = frozenset(["level", "levels", "score", "scale", "rank", "rating", "index", "count", "n"])
_NEARLY_ALL = 0.93
_LEAST_ROWS = 12
_MOST_CONSTANTS = 8
_YES = frozenset(["yes", "y", "true", "1", "pass", "passed", "success", "positive", "dead", "case"])


def check_codes(column: ColumnProfile) -> Finding | None:
    """Find numeric codes that stand for categories, told by the column's name."""
    if not column.is_numeric or not column.is_whole or not column.cues.category:
        return None
    if column.cues.time or _names_a_unit(column) or not 3 <= column.n_distinct <= _MOST_CODES:
        return None
    if _ORDERED & set(tokens_of(column.name)):
        return None
    low, high = float(column.present.min()), float(column.present.max())
    if low < 0 or high > 99 or high - low > 2 * column.n_distinct:
        return None
    message = (
        f"The numbers in '{shorten(column.name)}' ({label_of(low)} to {label_of(high)}) look like "
        "codes of categories, but count as a quantity."
    )
    return Finding("category_as_number", column.name, message, TreatAsCategory(column.name))


def _names_a_unit(column: ColumnProfile) -> bool:
    """Whether the numbers are ids of units, such as classes; regions are few and categories."""
    return column.cues.group and "region" not in column.name.casefold()


def check_row_names(column: ColumnProfile) -> Finding | None:
    """Find columns that name the rows, each value once."""
    if not column.is_unique or column.n_missing or column.kind not in ("identifier", "free text"):
        return None
    if column.cues.time and not (column.cues.id or column.cues.row_id):
        return None
    message = (
        f"'{shorten(column.name)}' is different in each of the {column.n_rows:,} rows: it names "
        "rows, and is neither predictor nor group."
    )
    return Finding("id_like", column.name, message, DropColumn(column.name), "info")


def check_constant(column: ColumnProfile) -> Finding | None:
    """Find columns without any variation."""
    if column.kind == "empty":
        message = f"'{shorten(column.name)}' is empty in every row."
    elif column.kind == "constant" and column.n_rows > 1:
        value = shorten(label_of(column.levels[int(np.argmax(column.counts))]))
        message = f"'{shorten(column.name)}' is {value} in every row, so it explains nothing."
        if column.n_missing:
            message = f"'{shorten(column.name)}' is {value} wherever it is not missing."
    else:
        return None
    return Finding("constant_column", column.name, message, DropColumn(column.name), "info")


def join_constants(findings: Sequence[Finding]) -> list[Finding]:
    """Put many findings of constant columns into one."""
    constant = [f for f in findings if f.code == "constant_column" and f.column is not None]
    if len(constant) <= _MOST_CONSTANTS:
        return list(findings)
    columns = tuple(str(finding.column) for finding in constant)
    message = (
        f"{len(columns):,} columns ({quoted(columns, 3)}) are the same in every row or empty, so "
        "they explain nothing."
    )
    joined = Finding("constant_column", columns[0], message, DropColumns(columns), "info")
    return [joined, *(finding for finding in findings if finding not in constant)]


def check_date(column: ColumnProfile) -> Finding | None:
    """Find dates, which a model needs as numbers."""
    if column.kind != "date":
        return None
    message = (
        f"'{shorten(column.name)}' holds dates; as a predictor it needs to be a number, such as "
        "the days since the first date."
    )
    return Finding(
        "date_predictor", column.name, message, DateToNumber(column.name, _day_first(column))
    )


def _day_first(column: ColumnProfile) -> bool:
    """Whether dates as text begin with the day: some first number is above 12."""
    firsts = [
        str(level).strip().replace("/", "-").replace(".", "-") for level in column.levels[:500]
    ]
    heads = [text.split("-")[0] for text in firsts]
    return any(head.isdigit() and 12 < int(head) <= 31 for head in heads)


def check_nearly_constant(column: ColumnProfile) -> Finding | None:
    """Find an outcome that is nearly always the same."""
    if column.n_present < _LEAST_ROWS or column.n_distinct < 2:
        return None
    most = int(np.argmax(column.counts))
    share = float(column.counts[most]) / column.n_present
    if share < _NEARLY_ALL:
        return None
    value, others = (
        shorten(label_of(column.levels[most])),
        column.n_present - int(column.counts[most]),
    )
    message = (
        f"The outcome '{shorten(column.name)}' is {value} in {share:.0%} of the rows; only "
        f"{count(others, 'row')} {'differs' if others == 1 else 'differ'}, so there is next to "
        "nothing to explain."
    )
    return Finding("constant_column", column.name, message)


def check_two_values(column: ColumnProfile) -> Finding | None:
    """Find an outcome with two values."""
    if not column.is_binary:
        return None
    present = np.flatnonzero(column.counts)
    first, second = sorted(label_of(column.levels[i]) for i in present)
    message = (
        f"The outcome '{shorten(column.name)}' has two values ({shorten(first)}, "
        f"{shorten(second)}): a linear model gives shares that may leave 0 to 1, a rough choice."
    )
    one = first if first.casefold() in _YES else second
    fix = None if column.is_numeric else CodeAsZeroOne(column.name, one)
    return Finding("binary_outcome", column.name, message, fix)
