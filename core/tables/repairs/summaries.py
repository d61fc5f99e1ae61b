"""Takes out rows that sum up other rows: totals, and means after each block."""

from __future__ import annotations

import re

import numpy as np
from pandas.api import types as pdt

from core.formats import shorten
from core.tables.doctor.check_totals import MAY_SUM_UP, check_totals
from core.tables.repairs.repair import Repair
from core.tables.repairs.sheet import Sheet, rows_named
from core.tables.roles.column_profile import profile_table
from core.types import BoolArray, FloatArray, IntArray

_WORDS = {
    "mean": "mean|average|avg|mittel|mittelwert|durchschnitt|moyenne|media|promedio|gemiddelde"
    "|średnia|среднее|平均",
    "sum": "(?:sub-?|grand )?total|sum|summe|gesamt|insgesamt|zwischensumme|somme|sous-total|suma"
    "|totale|subtotaal|totaal|итого|всего|小计|合计|合計|小計",
    "spread": "sd|std|std\\.? ?dev\\.?|stdev|standard deviation|standardabweichung|s\\.d\\.",
    "median": "median|mediana|médiane",
    "min": "min|minimum",
    "max": "max|maximum",
    "count": "n|count|anzahl",
    "error": "se|s\\.e\\.|sem|standard error|cv|cv ?%",
}
_ANY = "(?i)^\\s*(?:[^,;]{1,40}\\s)?(?:" + "|".join(_WORDS.values()) + ")\\s*:?\\s*$"
_ALONE = {
    kind: re.compile(rf"\s*(?:{words})\s*:?\s*", re.IGNORECASE) for kind, words in _WORDS.items()
}
_AFTER = {
    kind: re.compile(rf"\s*(?P<part>[^,;]{{1,40}}?)\s+(?:{_WORDS[kind]})\s*:?\s*", re.IGNORECASE)
    for kind in ("mean", "sum", "median")
}
_MOST_LEVELS = 5_000
#: Share of a summary's numbers that must be those of its block.
_AGREE = 0.6
_MOST_SHARE = 0.5
#: Summaries that stand together at most, and rows of a block at least.
_MOST_TOGETHER, _LEAST_BLOCK = 8, 2


def drop_summaries(sheet: Sheet) -> Sheet:
    """Take out rows that hold sums, means or spreads of the rows above them, or of all others."""
    if not sheet.allows("summary_rows"):
        return sheet
    for name, found in sheet.matching(_ANY, _MOST_LEVELS).items():
        if not found.any() or len(sheet.distinct(name)) <= 2:
            continue
        rows = _of_blocks(sheet, name)
        if rows.any():
            return _without(sheet, name, rows)
    return _totals(sheet)


def _totals(sheet: Sheet) -> Sheet:
    """Take out what the doctor finds to be totals, where their numbers say so too."""
    texts = [n for n, found in sheet.matching(MAY_SUM_UP, _MOST_LEVELS).items() if found.any()]
    if not texts:
        return sheet
    plain = sheet.table.reset_index(drop=True)
    findings = check_totals(profile_table(plain))
    if not findings:
        return sheet
    rows = np.zeros(len(plain), dtype=np.bool_)
    rows[list(getattr(findings[0].fix, "rows", ()))] = True
    name = findings[0].column or texts[0]
    return _without(sheet, name, rows) if _sum_up(sheet, name, rows) else sheet


def _sum_up(sheet: Sheet, name: str, rows: BoolArray) -> bool:
    """Whether rows hold sums or means of all others, of their block, or of the part they name."""
    numbers = _numbers(sheet)
    labels = sheet.table[name].astype(str).to_numpy()
    proved = []
    for row in np.flatnonzero(rows):
        words = re.sub(r"(?i)\b(?:sub-?)?totals?\b|\bof\b|\bfor\b", "", labels[row])
        part = " ".join(words.split()).strip(" :").casefold()
        own = np.array([label.strip().casefold() == part for label in labels]) & ~rows
        blocks = [np.flatnonzero(~rows), _block_above(int(row), rows), np.flatnonzero(own)]
        shares = [_share(numbers, int(row), block, ("sum", "mean")) for block in blocks]
        proved.append(max(shares))
    known = [share for share in proved if share >= 0]
    # A row without numbers is no observation either.
    return all(share >= _AGREE for share in known) if known else True


def _numbers(sheet: Sheet) -> dict[str, FloatArray]:
    return {
        name: sheet.table[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in sheet.names
        if pdt.is_numeric_dtype(sheet.table[name].dtype)
    }


def _without(sheet: Sheet, name: str, rows: BoolArray) -> Sheet:
    numbers, count = sheet.rows(rows), int(rows.sum())
    labels = sheet.table[name][rows].dropna().astype(str)
    label = shorten(str(labels.iloc[0]).strip(), 30) if len(labels) else ""
    sentence = (
        f"{count:,} {'row' if count == 1 else 'rows'} ({rows_named(numbers, count)}) of "
        f"'{shorten(name)}', such as '{label}', "
        f"{'sums' if count == 1 else 'sum'} up other rows and went."
    )
    return sheet.done(sheet.kept(~rows), Repair("summary_rows", None, numbers, sentence))


def _of_blocks(sheet: Sheet, name: str) -> BoolArray:
    """Return the rows whose label says summary and whose numbers are those of their block."""
    distinct = [str(label) for label in sheet.distinct(name).to_pylist()]
    known = {label.strip().casefold() for label in distinct}
    kinds = {label: _kind(label, known) for label in distinct}
    labels = [kinds.get(label, "") for label in sheet.table[name]]
    found = np.array([kind != "" for kind in labels], dtype=np.bool_)
    none = np.zeros(len(found), dtype=np.bool_)
    if not 1 < found.sum() <= _MOST_SHARE * len(found) or not _end_blocks(found):
        return none
    numbers = _numbers(sheet)
    ends = np.flatnonzero(found)
    agreed = np.array(
        [_share(numbers, int(row), _block_above(int(row), found), (labels[row],)) for row in ends]
    )
    told = agreed >= 0
    if not told.any() or (agreed[told] >= _AGREE).mean() < 0.8:
        return none
    return found


def _end_blocks(found: BoolArray) -> bool:
    """Whether summaries stand together, a few after each block of several rows."""
    starts = np.flatnonzero(np.diff(np.concatenate([[0], found.astype(int)])) == 1)
    ends = np.flatnonzero(np.diff(np.concatenate([found.astype(int), [0]])) == -1)
    blocks = starts - np.concatenate([[0], ends[:-1] + 1])
    return bool((ends - starts < _MOST_TOGETHER).all() and blocks.min() >= 1 and
                np.median(blocks) >= _LEAST_BLOCK)  # fmt: skip


def _kind(label: str, known: set[str]) -> str:
    """Return what a label says its row holds: 'Mean', or 'North mean' beside 'North'; else ''."""
    if len(label) > 60:
        return ""
    for kind, pattern in _ALONE.items():
        if pattern.fullmatch(label):
            return kind
    for kind, pattern in _AFTER.items():
        match = pattern.fullmatch(label)
        if match and match["part"].casefold() in known:
            return kind
    return ""


def _share(
    numbers: dict[str, FloatArray], row: int, block: IntArray, kinds: tuple[str, ...]
) -> float:
    """Return the share of a row's numbers that sum up some other rows; -1 without numbers."""
    tried = agreed = 0
    for values in numbers.values():
        value, rest = values[row], values[block]
        rest = rest[np.isfinite(rest)]
        if not np.isfinite(value) or len(rest) < 2 or (rest == rest[0]).all():
            continue  # of equal numbers everything is a summary
        tried += 1
        # What is written with few digits is rounded.
        known = np.array([v for kind in kinds for v in _summaries(rest, kind)])
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
