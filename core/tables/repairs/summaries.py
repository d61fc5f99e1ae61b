"""Takes out rows that sum up other rows: totals, and means after each block."""

from __future__ import annotations

import re

import numpy as np
import pyarrow.compute as pc
from pandas.api import types as pdt

from core.formats import shorten
from core.tables.doctor.check_totals import check_totals
from core.tables.read.numerals import any_match
from core.tables.repairs.repair import Repair
from core.tables.repairs.sheet import Sheet, rows_named
from core.tables.roles.column_profile import profile_table
from core.types import BoolArray, FloatArray, IntArray

_WORDS = {
    "mean": "mean|average|avg|mittel|mittelwert|durchschnitt|moyenne|media|promedio|gemiddelde|średnia"
    "|среднее|平均",
    "sum": "(?:sub-?|grand )?total|sum|summe|gesamt|insgesamt|zwischensumme|somme|sous-total|suma|totale"
    "|subtotaal|totaal|итого|всего|小计|合计|合計|小計",
    "spread": "sd|std|std\\.? ?dev\\.?|stdev|standard deviation|standardabweichung|s\\.d\\.",
    "median": "median|mediana|médiane",
    "min": "min|minimum",
    "max": "max|maximum",
    "count": "n|count|anzahl",
    "error": "se|s\\.e\\.|sem|standard error|cv|cv ?%",
}
_ANY = "(?i)^\\s*(?:[^,;]{1,40}\\s)?(?:" + "|".join(_WORDS.values()) + ")\\s*:?\\s*$"
_MOST_LEVELS = 5_000
#: Share of a summary's numbers that must be those of its block.
_AGREE = 0.6
_MOST_SHARE = 0.5


def drop_summaries(sheet: Sheet) -> Sheet:
    """Take out rows that hold sums, means or spreads of the rows above them, or of all others."""
    if not sheet.allows("summary_rows"):
        return sheet
    for name in sheet.text_names:
        distinct = pc.unique(sheet.texts(name)).drop_null()
        if len(distinct) > _MOST_LEVELS or not any_match(distinct, _ANY):
            continue
        rows = _of_blocks(sheet, name)
        if rows.any():
            return _without(sheet, name, rows)
    return _totals(sheet)


def _totals(sheet: Sheet) -> Sheet:
    """Take out what the doctor finds to be totals of the whole table or of its parts."""
    texts = [name for name in sheet.text_names if _may_hold_totals(sheet, name)]
    if not texts:
        return sheet
    plain = sheet.table.reset_index(drop=True)
    findings = check_totals(profile_table(plain))
    if not findings:
        return sheet
    rows = np.zeros(len(plain), dtype=np.bool_)
    rows[list(getattr(findings[0].fix, "rows", ()))] = True
    return _without(sheet, str(_column_of(findings[0].message, texts)), rows)


def _may_hold_totals(sheet: Sheet, name: str) -> bool:
    distinct = pc.unique(sheet.texts(name)).drop_null()
    words = "total|sum|gesamt|toda|всего|итого|合|总|總|all|mean|average|avg|median|aggregate"
    words += "|everyone|together|sd|std|min|max|^n$|count|overall|tota"
    return any_match(distinct, f"(?i){words}")


def _column_of(message: str, names: list[str]) -> str:
    return next((name for name in names if f"'{shorten(name)}'" in message), names[0])


def _without(sheet: Sheet, name: str, rows: BoolArray) -> Sheet:
    numbers, count = sheet.rows(rows), int(rows.sum())
    labels = sheet.table[name][rows].dropna().astype(str)
    label = shorten(str(labels.iloc[0]).strip(), 30) if len(labels) else ""
    sentence = (
        f"{count:,} {'row' if count == 1 else 'rows'} ({rows_named(numbers, count)}) of "
        f"'{shorten(name)}', such as '{label}', {'sums' if count == 1 else 'sum'} up other rows and "
        "went."
    )
    return sheet.done(sheet.kept(~rows), Repair("summary_rows", None, numbers, sentence))


def _of_blocks(sheet: Sheet, name: str) -> BoolArray:
    """Return the rows whose label says summary and whose numbers are those of their block."""
    labels = [_kind(label) for label in sheet.table[name]]
    found = np.array([kind != "" for kind in labels], dtype=np.bool_)
    none = np.zeros(len(found), dtype=np.bool_)
    if not 1 < found.sum() <= _MOST_SHARE * len(found):
        return none
    numbers = {
        other: sheet.table[other].to_numpy(dtype=np.float64, na_value=np.nan)
        for other in sheet.names
        if pdt.is_numeric_dtype(sheet.table[other].dtype)
    }
    ends = np.flatnonzero(found)
    agreed = np.array([_agrees(numbers, int(row), found, labels[row]) for row in ends])
    known = agreed >= 0
    if not known.any() or (agreed[known] >= _AGREE).mean() < 0.8:
        return none
    return found


def _kind(label: object) -> str:
    if not isinstance(label, str) or len(label) > 60:
        return ""
    for kind, words in _WORDS.items():
        if re.fullmatch(rf"\s*(?:[^,;]{{1,40}}\s)?(?:{words})\s*:?\s*", label, re.IGNORECASE):
            return kind
    return ""


def _agrees(
    numbers: dict[str, FloatArray], row: int, found: BoolArray, kind: str
) -> float:
    """Return the share of a row's numbers that sum up the block above it; -1 without numbers."""
    block = _block_above(row, found)
    tried = agreed = 0
    for values in numbers.values():
        value, rest = values[row], values[block]
        rest = rest[np.isfinite(rest)]
        if not np.isfinite(value) or not len(rest):
            continue
        tried += 1
        # What is written with few digits is rounded.
        known = np.array(_summaries(rest, kind))
        known = known[np.isfinite(known)]
        close = np.isclose(value, known, rtol=0.005, atol=0.51 * _last_digit(value))
        agreed += bool(close.any())
    return agreed / tried if tried else -1.0


def _block_above(row: int, found: BoolArray) -> IntArray:
    """Return the rows of data between a summary and the summary of another block before it."""
    end = row
    while end > 0 and found[end - 1]:
        end -= 1
    start = end
    while start > 0 and not found[start - 1]:
        start -= 1
    return np.arange(start, end)


def _last_digit(value: float) -> float:
    """Return the unit of a number's last decimal as it is written."""
    text = f"{value:.10g}"
    return 10.0 ** -len(text.partition(".")[2]) if "." in text and "e" not in text else 1.0


def _summaries(rest: FloatArray, kind: str) -> list[float]:
    n = len(rest)
    spread = float(rest.std(ddof=1)) if n > 1 else float("nan")
    found = {
        "mean": [float(rest.mean())],
        "sum": [float(rest.sum())],
        "spread": [spread, float(rest.std())],
        "median": [float(np.median(rest))],
        "min": [float(rest.min())],
        "max": [float(rest.max())],
        "count": [float(n), float(rest.sum())],
        "error": [spread / n**0.5, 100 * spread / float(rest.mean()) if rest.mean() else 0.0],
    }
    return found[kind]

