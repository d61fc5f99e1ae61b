"""Checks of a table's layout: names of columns, headers among the rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from pandas.api import types as pdt

from core.formats import count, shorten
from core.tables.doctor.finding import Finding, quoted
from core.tables.doctor.fixes import DropColumn, DropRows, RenameDuplicates, text_of
from core.tables.read.report import read_report
from core.types import IntArray


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
