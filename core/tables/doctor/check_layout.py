"""Checks of a table's layout: names of columns, headers among the rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from pandas.api import types as pdt

from core.formats import count, shorten
from core.tables.doctor.finding import Finding, quoted
from core.tables.doctor.fixes import DropColumn, DropDuplicates, DropRows, RenameDuplicates, text_of
from core.tables.read.report import read_report
from core.types import BoolArray, IntArray

_MOST_ROWS, _LEAST_BLOCK = 200_000, 4
#: Share of single rows that may be repeated, and of values that a telling column has but once.
_MOST_SINGLE, _UNLIKE = 0.1, 0.95


def check_names(table: pd.DataFrame) -> list[Finding]:
    """Find columns that had, or have, the same name."""
    names = [str(name) for name in table.columns]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        message = f"{quoted(repeated)} names more than one column; the model needs one name each."
        return [Finding("duplicate_names", repeated[0], message, RenameDuplicates(), "problem")]
    report = read_report(table)
    findings = []
    for typed, became in report.renamed if report else ():
        if typed.strip() in names and became in names and typed.strip() != became:
            same = ", with the same cells" if table[typed.strip()].equals(table[became]) else ""
            message = (
                f"Several columns are called '{shorten(typed)}'; one of them is '{became}' "
                f"here{same}."
            )
            findings.append(
                Finding("duplicate_names", became, message, DropColumn(became), "caution")
            )
    return findings


def check_repeated_header(table: pd.DataFrame) -> list[Finding]:
    """Find rows that repeat the column names, as pasted or stacked files have them."""
    texts = [j for j, dtype in enumerate(table.dtypes) if pdt.is_string_dtype(dtype)]
    needed = max(2, (table.shape[1] + 1) // 2)
    if len(texts) < needed or len(table) < 2:
        return []
    hits = np.zeros(len(table), dtype=np.intp)
    for j in texts:
        name = str(table.columns[j]).strip().casefold()
        cells = pc.utf8_lower(pc.utf8_trim_whitespace(text_of(table.iloc[:, j])))
        same = pc.fill_null(pc.equal(cells, name), False)
        hits += same.to_numpy().astype(np.intp)
    rows = np.flatnonzero(hits >= needed)
    if not len(rows):
        return []
    verb = "repeats" if len(rows) == 1 else "repeat"
    message = (
        f"{count(len(rows), 'row')} ({row_numbers(rows)}) {verb} the column names, so their "
        "columns count as text."
    )
    fix = DropRows(tuple(int(row) for row in rows), "repeated header row")
    return [Finding("repeated_header", None, message, fix, "problem")]


def row_numbers(rows: IntArray) -> str:
    """Return 'rows 4, 17, 90, …' counted from 1, naming at most four."""
    shown = ", ".join(f"{int(row) + 1:,}" for row in rows[:4])
    return ("row " if len(rows) == 1 else "rows ") + shown + (", …" if len(rows) > 4 else "")


def check_duplicates(table: pd.DataFrame) -> list[Finding]:
    """Find rows that repeat others in every cell, where that is no chance.

    A block of rows that stands there twice is pasted twice; single rows are told where a column
    of many decimals makes equal rows unlikely.
    """
    n_rows = len(table)
    if not 4 <= n_rows <= _MOST_ROWS or table.shape[1] < 2:
        return []
    bare = table.copy(deep=False)
    bare.attrs = {}
    try:
        keys = pd.util.hash_pandas_object(bare, index=False).to_numpy()
    except TypeError:  # cells that are lists
        return []
    again = pd.Series(keys).duplicated().to_numpy()
    if not again.any() or not (_is_block(keys, again) or _is_no_chance(bare, again)):
        return []
    rows = np.flatnonzero(again)
    verb = "repeats" if len(rows) == 1 else "repeat"
    message = (
        f"{count(len(rows), 'row')} ({row_numbers(rows)}) {verb} an earlier row in every cell, and "
        "would count twice."
    )
    return [Finding("duplicate_rows", None, message, DropDuplicates(), "caution")]


def _is_block(keys: Any, again: BoolArray) -> bool:
    """Whether rows in a run repeat a run of earlier rows in their order."""
    rows = np.flatnonzero(again)
    if len(rows) < _LEAST_BLOCK or rows[-1] - rows[0] + 1 != len(rows):
        return False
    first = {key: i for i, key in reversed(list(enumerate(keys.tolist())))}
    shifts = {int(row) - first[int(keys[row])] for row in rows}
    return len(shifts) == 1 and len(np.unique(keys[rows])) > 0.5 * len(rows)


def _is_no_chance(table: pd.DataFrame, again: BoolArray) -> bool:
    """Whether some column of decimals has hardly any value twice but in these rows."""
    if table.shape[1] < 3 or again.mean() > _MOST_SINGLE:
        return False
    once = table[~again]
    return any(
        dtype == np.float64 and once.iloc[:, j].nunique() > _UNLIKE * len(once)
        for j, dtype in enumerate(table.dtypes)
    )
