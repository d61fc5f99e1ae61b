"""Checks of a table's layout: names, headers among the rows, totals, repeated measurements."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from core.tables.finding import Finding, counted, listed
from core.tables.fixes import DropColumn, DropRows, RenameDuplicates
from core.tables.limits import shorten
from core.tables.numbers import matches_pattern
from core.tables.profile import ColumnProfile
from core.tables.report import read_report
from core.tables.reshape import WideToLong
from core.types import BoolArray, FloatArray, IntArray

_TOTAL = (
    r"(?i)^\s*(?:(?:grand |sub-?|over-?all )?totals?(?: .{0,50})?|subtotal.{0,50}|sum|gesamt"
    r"|insgesamt|summe|totale?s?|suma|somme|totaal|итого|всего|合计|合計|总计|總計)\s*$"
)
_PERHAPS_TOTAL = r"(?i)^\s*(?:all|overall|mean|average|avg|aggregate|everyone|together)\s*$"
_NUMBERED = re.compile(r"(.*?)(\d+(?:\.\d+)?)(\D*)")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_LEAST_WIDE = 3
_TOTAL_SHARE = 0.34
_NO_ROWS = np.empty(0, dtype=np.intp)


def check_names(table: pd.DataFrame) -> list[Finding]:
    """Find columns that had, or have, the same name."""
    names = [str(name) for name in table.columns]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        message = f"{listed(repeated)} names more than one column; the model needs one name each."
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
        name = str(table.columns[j])
        hits += (table.iloc[:, j] == name).fillna(False).to_numpy(dtype=bool)
    rows = np.flatnonzero(hits >= needed)
    if not len(rows):
        return []
    verb = "repeats" if len(rows) == 1 else "repeat"
    message = (
        f"{counted(len(rows), 'row')} ({_row_numbers(rows)}) {verb} the column names, so their "
        "columns count as text."
    )
    fix = DropRows(tuple(int(row) for row in rows), "repeated header rows")
    return [Finding("repeated_header", None, message, fix, "problem")]


def _row_numbers(rows: IntArray) -> str:
    shown = ", ".join(f"{int(row) + 1:,}" for row in rows[:4])
    return ("row " if len(rows) == 1 else "rows ") + shown + (", …" if len(rows) > 4 else "")


def check_totals(profiles: Sequence[ColumnProfile]) -> list[Finding]:
    """Find rows that hold the totals or means of other rows."""
    for column in profiles:
        if column.is_numeric or column.kind in ("empty", "date", "free text"):
            continue
        for pattern, needs_sum in ((_TOTAL, False), (_PERHAPS_TOTAL, True)):
            codes = np.flatnonzero(matches_pattern(column.texts, pattern))
            rows = np.flatnonzero(np.isin(column.codes, codes)) if len(codes) else _NO_ROWS
            if not 0 < len(rows) <= max(1, _TOTAL_SHARE * column.n_rows):
                continue
            if needs_sum and not _adds_up(profiles, rows):
                continue
            word, holds = column.levels[codes[0]], "holds" if len(rows) == 1 else "hold"
            message = (
                f"{counted(len(rows), 'row')} ({_row_numbers(rows)}) of '{shorten(column.name)}' "
                f"{holds} '{shorten(str(word))}', not an observation, and would count twice."
            )
            fix = DropRows(tuple(int(row) for row in rows), "total rows")
            return [Finding("total_row", column.name, message, fix, "problem")]
    return []


def _adds_up(profiles: Sequence[ColumnProfile], rows: IntArray) -> bool:
    """Whether one row holds the sums or the means of the others in most numeric columns."""
    if len(rows) != 1:
        return False
    others = np.ones(profiles[0].n_rows, dtype=bool)
    others[rows] = False
    agreed = tried = 0
    for column in profiles:
        if not column.is_numeric or not np.isfinite(column.values[rows[0]]):
            continue
        rest = column.values[others]
        rest = rest[np.isfinite(rest)]
        tried += 1
        value = column.values[rows[0]]
        agreed += bool(len(rest)) and bool(
            np.isclose(value, rest.sum(), rtol=0.01) or np.isclose(value, rest.mean(), rtol=0.01)
        )
    return tried > 0 and agreed > 0.5 * tried


def check_wide(profiles: Sequence[ColumnProfile]) -> list[Finding]:
    """Find one measurement spread over several columns, such as score_1, score_2, score_3."""
    findings = []
    for (before, after), members in list(_families(profiles).items())[:2]:
        columns = tuple(column.name for column, _ in members)
        times = tuple(time for _, time in members)
        stem = (before + after).strip(" ._-") or "value"
        message = (
            f"{listed(columns, 3)} look like one measurement taken {len(columns)} times: a model "
            "of groups needs one row per measurement."
        )
        time_name = "year" if min(times) > 1000 else "time"
        fix = WideToLong(columns, times, time_name, stem)
        findings.append(Finding("wide_layout", columns[0], message, fix, "caution"))
    return findings


def _families(
    profiles: Sequence[ColumnProfile],
) -> dict[tuple[str, str], list[tuple[ColumnProfile, float]]]:
    """Group numeric columns whose names differ in one number only, and that measure alike."""
    families: dict[tuple[str, str], list[tuple[ColumnProfile, float]]] = defaultdict(list)
    for column in profiles:
        parts = _stem_and_number(column.name)
        if parts is not None and column.is_numeric:
            before, time, after = parts
            families[before, after].append((column, time))
    return {
        stem: sorted(members, key=lambda member: member[1])
        for stem, members in families.items()
        if len(members) >= _LEAST_WIDE and _is_one_measurement(stem, members)
    }


def _stem_and_number(name: str) -> tuple[str, float, str] | None:
    match = _NUMBERED.fullmatch(name)
    if match:
        return match[1], float(match[2]), match[3]
    head = name.strip().casefold()[:3]
    return ("", float(_MONTHS.index(head) + 1), "") if head in _MONTHS and len(name) < 10 else None


def _is_one_measurement(
    stem: tuple[str, str], members: Sequence[tuple[ColumnProfile, float]]
) -> bool:
    """Whether columns measure one thing: distinct numbers, similar size, related values."""
    numbers = [time for _, time in members]
    if len(set(numbers)) < len(numbers):
        return False
    bare = "".join(stem).strip(" ._-").casefold()
    is_year = all(1800 <= number <= 2100 for number in numbers)
    if len(bare) < 2 and not is_year and bare not in ("t", "w", "y", ""):
        return False
    values = [column.values for column, _ in members if column.n_distinct > 2]
    if len(values) < _LEAST_WIDE:
        return False
    scales = [float(np.nanmedian(np.abs(v))) if np.isfinite(v).any() else 0.0 for v in values]
    if min(scales) <= 0 or max(scales) > 10 * min(scales):
        return False
    return _related(values)


def _related(values: Sequence[FloatArray]) -> bool:
    """Whether neighbouring columns rise and fall together over the rows."""
    found = []
    for first, second in itertools.pairwise(values):
        both: BoolArray = np.isfinite(first) & np.isfinite(second)
        if both.sum() > 3 and first[both].std() > 0 and second[both].std() > 0:
            found.append(float(np.corrcoef(first[both], second[both])[0, 1]))
    return bool(found) and float(np.median(found)) > 0.3
