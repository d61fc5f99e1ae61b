"""Checks of single columns: codes, names of rows, constants, dates, two-valued outcomes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from core.formats import count, shorten
from core.tables.columns import label_of
from core.tables.doctor.finding import Finding, quoted
from core.tables.doctor.fixes import (
    CodeAsZeroOne,
    DateToNumber,
    DaysSinceFirst,
    DropColumn,
    DropColumns,
    OrderedToNumbers,
    TreatAsCategory,
)
from core.tables.roles.calendar_texts import date_order
from core.tables.roles.column_profile import ColumnProfile
from core.tables.roles.lexicon import tokens_of
from core.tables.roles.word_scales import column_order, yes_of

_MOST_CODES = 12
_ORDERED = frozenset(["level", "levels", "score", "scale", "rank", "rating", "index", "count", "n"])
_NEARLY_ALL = 0.93
_LEAST_ROWS = 12
_MOST_CONSTANTS = 8


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


def check_date(column: ColumnProfile, group: str | None = None) -> Finding | None:
    """Find dates, which a model needs as numbers: days since the first, or each group's first."""
    if column.kind != "date":
        return None
    name = shorten(column.name)
    since = f"the first of each '{shorten(group)}'" if group else "the first date"
    message = (
        f"'{name}' holds dates; as a predictor it needs to be a number, such as the days since "
        f"{since}."
    )
    texts = [] if column.is_numeric else [str(level) for level in column.levels[:500]]
    order = date_order(texts) if column.is_text else ""
    if order != "open":
        fix = _days(column.name, group, order == "day", "")
        return Finding("date_predictor", column.name, message, fix)
    sample = next((text for text in texts if _reads_both_ways(text)), texts[0])
    message += f" Nothing tells whether '{shorten(sample, 20)}' begins with the day or the month."
    choices = tuple(_days(column.name, group, day_first, sample) for day_first in (True, False))
    return Finding("date_predictor", column.name, message, choices[0], choices=choices)


def _days(
    column: str, group: str | None, day_first: bool, sample: str
) -> DateToNumber | DaysSinceFirst:
    if group is None:
        return DateToNumber(column, day_first, sample)
    return DaysSinceFirst(column, group, day_first, sample)


def _reads_both_ways(text: str) -> bool:
    parts = re.findall(r"\d+", text)
    return len(parts) > 1 and parts[0].lstrip("0") != parts[1].lstrip("0")


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
    one = yes_of([first, second]) or second
    fix = None if column.is_numeric else CodeAsZeroOne(column.name, one)
    return Finding("binary_outcome", column.name, message, fix)


def check_ordered_words(column: ColumnProfile) -> Finding | None:
    """Find words that have an order, such as answers from 'never' to 'always'."""
    if column.is_numeric or column.kind != "category" or column.n_distinct > _MOST_CODES:
        return None
    order = column_order(column.series)
    if order is None:
        return None
    shown = " < ".join(shorten(word, 24) for word in order)
    message = (
        f"'{shorten(column.name)}' holds words with an order ({shown}); as the outcome they can "
        f"count as 1 to {len(order)}."
    )
    fix = OrderedToNumbers(column.name, order)
    return Finding("ordered_words", column.name, message, fix, "info")
