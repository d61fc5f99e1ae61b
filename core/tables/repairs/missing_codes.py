"""Turns codes for 'missing' into missing cells: far outside numbers, and values labelled so."""

from __future__ import annotations

import numpy as np
from pandas.api import types as pdt

from core.formats import shorten
from core.tables.columns import label_of
from core.tables.repairs.cell_reading import NOT_KNOWN
from core.tables.repairs.repair import Repair
from core.tables.repairs.sheet import Sheet, rows_named
from core.tables.roles.lexicon import cues_of
from core.types import FloatArray

#: Runs of nines, and nothing else, count beyond doubt: -99, 999, -9999 and so on.
_CODES = frozenset([-99, -999, -9999, -99999, 999, 9999, 99999, 999999])
_LEAST_CELLS, _LEAST_OTHERS, _MOST_SHARE = 2, 10, 0.4
#: How many times the range of all other values a code lies away from them.
_FAR = 3.0
_LABELS = NOT_KNOWN | {
    "don't know", "do not know", "dk", "refused", "refusal", "no answer", "not asked", "skipped",
    "not applicable", "inapplicable", "inap", "iap", "not ascertained", "no opinion", "no response",
    "weiss nicht", "weiß nicht", "keine antwort", "verweigert", "trifft nicht zu", "ns/nc", "nsp",
    "no sabe", "no contesta", "ne sait pas", "sans réponse", "non risponde", "weet niet",
    "system missing", "user missing", "proxy", "other missing",
}  # fmt: skip


def mark_missing(sheet: Sheet) -> Sheet:
    """Turn values that only say 'missing' into missing cells."""
    sheet = _by_labels(sheet)
    for name in sheet.names:
        column = sheet.table[name]
        if not pdt.is_numeric_dtype(column.dtype) or pdt.is_bool_dtype(column.dtype):
            continue
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        codes = _codes(values)
        if not codes or not sheet.allows("missing_codes", name):
            continue
        cues = cues_of(name)
        if not (cues.id or cues.group):
            sheet = _without(sheet, name, codes, values)
    return sheet


def _codes(values: FloatArray) -> list[float]:
    """Return the codes among numbers, from the outermost inwards."""
    rest = values[np.isfinite(values)]
    found: list[float] = []
    while len(found) < 3 and len(rest) > _LEAST_OTHERS:
        ends = [end for end in (float(rest.min()), float(rest.max())) if end in _CODES]
        code = next((end for end in ends if _is_far(end, rest)), None)
        if code is None:
            break
        found.append(code)
        rest = rest[rest != code]
    return found


def _is_far(code: float, values: FloatArray) -> bool:
    """Whether a code lies far from all others, which are many, and occurs more than once."""
    others = values[values != code]
    others = others[~np.isin(others, sorted(_CODES))] if len(others) else others
    count = len(values) - int((values != code).sum())
    if not _LEAST_CELLS <= count <= _MOST_SHARE * len(values) or len(others) < _LEAST_OTHERS:
        return False
    low, high = float(others.min()), float(others.max())
    gap = code - high if code > high else low - code
    size = max(high - low, abs(high), abs(low))
    return gap > _FAR * size


def _without(sheet: Sheet, name: str, codes: list[float], values: FloatArray) -> Sheet:
    hit = np.isin(values, codes)
    rows, count = sheet.rows(hit), int(hit.sum())
    rest = values[np.isfinite(values) & ~hit]
    told = " and ".join(label_of(code) for code in codes)
    sentence = (
        f"{told} in '{shorten(name)}' ({count:,} cells, {rows_named(rows, count)}) "
        f"{'lies' if len(codes) == 1 else 'lie'} far outside all other values "
        f"({label_of(float(rest.min()))} to {label_of(float(rest.max()))}) and became missing."
    )
    table = sheet.table.copy(deep=False)
    table[name] = np.where(hit, np.nan, values)
    return sheet.done(table, Repair("missing_codes", name, rows, sentence))


def _by_labels(sheet: Sheet) -> Sheet:
    """Turn numbers that the file itself labels as missing ('refused') into missing cells."""
    for name, labels in sheet.report.labels:
        if name not in sheet.table or not sheet.allows("missing_labels", name):
            continue
        column = sheet.table[name]
        if not pdt.is_numeric_dtype(column.dtype):
            continue
        known = {float(code): text for code, text in labels if is_missing_label(text)}
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        hit = np.isin(values, sorted(known))
        if not hit.any() or hit.all():
            continue
        told = ", ".join(
            f"{label_of(code)} ('{shorten(text, 30)}')"
            for code, text in sorted(known.items())
            if (values == code).any()
        )
        rows, count = sheet.rows(hit), int(hit.sum())
        sentence = (
            f"{told} in '{shorten(name)}' {'is' if count == 1 else 'are'} missing by the file's "
            f"own labels ({count:,} cells)."
        )
        table = sheet.table.copy(deep=False)
        table[name] = np.where(hit, np.nan, values)
        sheet = sheet.done(table, Repair("missing_labels", name, rows, sentence))
    return sheet


def is_missing_label(text: str) -> bool:
    """Whether a value label says that the value is not known."""
    return " ".join(text.casefold().replace("_", " ").split()) in _LABELS
