"""Mends what stands above the rows: titles, names in two rows, a row of units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.tables.read.numerals import UNITS
from core.tables.repairs.repair import Repair
from core.tables.repairs.sheet import Sheet, like_numbers, quoted
from core.tables.roles.lexicon import words_in

_PROBE = 300
#: Share of a column's other cells that are numbers where its first is a name or a unit.
_NUMBER_SHARE = 0.9
_MOST_HEADERS = 3
_BRACKETS = re.compile(r"[(\[]\s*(.*?)\s*[)\]]")
_UNIT_SHAPE = re.compile(
    r"[^\W\d_]{0,8}[%‰°²³$€£¥µμΩ][^\W\d_²³]{0,8}|[^\s\d]{1,8}(?:/[^\s/]{1,10})+"
)
_UNIT_WORDS = words_in(
    """
    percent pct proportion share euro euros usd eur gbp chf dollar dollars pounds meter meters
    metre metres metern gram grams gramm kilogram kilograms tonnes tons liter liters litre
    litres degrees grad celsius fahrenheit kelvin score index ratio count number counts n rank
    year month day date tage jahre stunden minuten sekunden jahr anzahl stück stk pieces persons
    people heads units mmol mol nm µm cfu iu gy pa kpa hpa mbar bar atm psi rpm kwh mwh gwh mw
    gw v mv kv ma ohm lx lm cd cal j mj gj n kn acres acre hectares bu gal qt pt yd yards inches
    feet miles knots
    """
)


def keep_titles(sheet: Sheet) -> Sheet:
    """Take the lines above the names into the description of the table."""
    above = [row for row in sheet.report.above if any(cell.strip() for cell in row)]
    titles = [" ".join(cell.strip() for cell in row if cell.strip()) for row in above]
    if not titles:
        return sheet
    what = "Line 1" if len(titles) == 1 else f"{len(titles):,} lines"
    sentence = (
        f"{what} above the column names ({quoted(titles, 2)}) "
        f"{'is' if len(titles) == 1 else 'are'} no part of the table and kept as its description."
    )
    repair = Repair("title_lines", None, tuple(range(1, len(titles) + 1)), sentence)
    return sheet.done(
        sheet.table, repair, above=(), description=(*titles, *sheet.report.description)
    )


def join_headers(sheet: Sheet) -> Sheet:
    """Join names that stand in two rows or more: 'Total' over 'Units' becomes 'Total Units'."""
    told = sheet.options.header_row == 0 or not sheet.allows("title_lines")
    if told or not sheet.allows("header_rows"):  # the reader has said which line has the names
        return sheet
    sheet = _join_with_above(sheet)
    for _ in range(_MOST_HEADERS):
        joined = _join_with_first_row(sheet)
        if joined is sheet:
            break
        sheet = joined
    return sheet


def _join_with_above(sheet: Sheet) -> Sheet:
    """Join the names with the line above them where that line spans them."""
    names = [sheet.typed_name(name) for name in sheet.names]
    upper = [cell.strip() for cell in sheet.report.above[-1]] if sheet.report.above else []
    spans = sum(bool(cell) for cell in upper)
    if len(upper) != len(names) or not spans or _are_decimals(upper):
        return sheet
    if spans == 1 and not _spans_alone(upper):
        return sheet
    repeated = max(Counter(name for name in names if name).values(), default=1) > 1
    filled = _spanned(upper)
    if not repeated and spans > len(names) / 2:
        return sheet
    joined = _joined(filled, names)
    if len(set(joined)) < len(joined) or "" in joined:
        return sheet
    return _renamed(sheet, sheet.table, joined, (), above=sheet.report.above[:-1])


def _spans_alone(upper: Sequence[str]) -> bool:
    """Whether a single short word stands over the second column or a later one, and over others.

    A title begins in the first column.
    """
    place = next(j for j, cell in enumerate(upper) if cell)
    return 0 < place < len(upper) - 1 and len(upper[place]) <= 20 and " " not in upper[place]


def _are_decimals(cells: Sequence[str]) -> bool:
    """Whether all cells that are not blank are numbers with decimals, as in a row of data."""
    found = [cell for cell in cells if cell]
    return bool(found) and all(re.fullmatch(r"[+\-]?\d*[.,]\d+", cell) for cell in found)


def _spanned(upper: Sequence[str]) -> list[str]:
    """Return each upper name over all columns that it spans: up to the next one.

    The last spans as many as the longest of the others.
    """
    starts = [j for j, cell in enumerate(upper) if cell]
    lengths = [b - a for a, b in zip(starts, [*starts[1:], len(upper)], strict=True)]
    if len(lengths) > 1:
        lengths[-1] = min(lengths[-1], max(lengths[:-1]))
    filled = [""] * len(upper)
    for start, length in zip(starts, lengths, strict=True):
        filled[start : start + length] = [upper[start]] * length
    return filled


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Return 'upper lower', each where the other is blank or says the same."""
    return [
        low if not up or up.casefold() == low.casefold() else f"{up} {low}".strip()
        for up, low in zip(upper, lower, strict=True)
    ]


def _renamed(
    sheet: Sheet, table: pd.DataFrame, joined: list[str], rows: tuple[int, ...], **known: Any
) -> Sheet:
    sentence = f"The column names stand in two rows and were joined, such as {quoted(joined, 3)}."
    repair = Repair("header_rows", None, rows, sentence)
    return sheet.done(table.set_axis(joined, axis=1), repair, renamed=(), **known)


def _first_row(sheet: Sheet) -> tuple[list[str], list[str]] | None:
    """Return the cells of the first row and the columns that hold numbers below it.

    None where any column holds numbers in the first row too, so that it is a row of data.
    """
    if len(sheet.table) < 3 or not sheet.text_names:
        return None
    head = sheet.table.head(_PROBE)
    cells: list[str] = []
    numeric: list[str] = []
    texts = set(sheet.text_names)
    first_row = head.iloc[0]
    if any(first_row.iloc[j] == first_row.iloc[j] for j, n in enumerate(sheet.names) if
           n not in texts):  # fmt: skip
        return None
    for j, name in enumerate(sheet.names):
        first = first_row.iloc[j]
        is_there = isinstance(first, str) and bool(first.strip())
        cells.append(first.strip() if is_there else "")
        if name not in texts:
            continue
        column = Sheet(head, sheet.report, sheet.options).texts(name)
        is_number = like_numbers(column)
        there = ~np.asarray(head[name].isna())
        if is_number[0]:
            return None
        rest = int(there[1:].sum())
        if rest and is_number[1:].sum() >= _NUMBER_SHARE * rest and is_there:
            numeric.append(name)
    return (cells, numeric) if numeric else None


def _join_with_first_row(sheet: Sheet) -> Sheet:
    """Join the names with the first row where that is a second row of names."""
    found = _first_row(sheet)
    if found is None:
        return sheet
    cells, numeric = found
    typed = [sheet.typed_name(name) for name in sheet.names]
    blanks = sum(not name for name in typed)
    repeated = max(Counter(name for name in typed if name).values(), default=1) > 1
    # Names over several columns leave blanks beside them, or stand there again and again.
    if len(numeric) < 2 or not (blanks or repeated) or _are_units(cells, numeric, sheet):
        return sheet
    upper = _spanned(typed) if blanks else typed
    joined = _joined(upper, cells)
    if "" in joined or len(set(joined)) < len(joined):
        return sheet
    return _renamed(sheet, sheet.table.iloc[1:], joined, sheet.rows(np.array([0])))


def take_units(sheet: Sheet) -> Sheet:
    """Take a row of units, or of descriptions, from under the names."""
    found = _first_row(sheet) if sheet.allows("units_row") else None
    if found is None:
        return sheet
    cells, numeric = found
    typed = [sheet.typed_name(name) for name in sheet.names]
    if not all(typed) or (len(numeric) < 2 and not _are_units(cells, numeric, sheet)):
        return sheet
    if not _are_units(cells, numeric, sheet):
        return _take_descriptions(sheet, cells)
    units = {
        name: bare_unit(cell)
        for name, cell in zip(sheet.names, cells, strict=True)
        if name in numeric and cell
    }
    told = ", ".join(f"{name} in {unit}" for name, unit in list(units.items())[:4])
    sentence = f"The row under the column names holds units ({told}): it became the columns' units."
    repair = Repair("units_row", None, sheet.rows(np.array([0])), sentence)
    known = tuple((dict(sheet.report.units) | units).items())
    return sheet.done(sheet.table.iloc[1:], repair, units=known)


def _take_descriptions(sheet: Sheet, cells: list[str]) -> Sheet:
    """Take a first row of words, over columns of numbers alone, into the description."""
    if sum(bool(cell) for cell in cells) < 0.8 * len(cells):
        return sheet
    sentence = (
        f"The row under the column names holds words for the columns ({quoted(cells, 2)}), no "
        "data: it became part of the table's description."
    )
    told = tuple(f"{n}: {c}" for n, c in zip(sheet.names, cells, strict=True) if c)
    repair = Repair("units_row", None, sheet.rows(np.array([0])), sentence)
    return sheet.done(sheet.table.iloc[1:], repair, description=(*sheet.report.description, *told))


def bare_unit(cell: str) -> str:
    """Return a unit without the brackets around it."""
    match = _BRACKETS.fullmatch(cell.strip())
    return match[1] if match else cell.strip()


def is_unit(cell: str) -> bool:
    """Whether a text is a unit, such as 'kg/ha', '(mm)', '°C' or 'days'."""
    unit = bare_unit(cell)
    if not unit or len(unit) > 20:
        return False
    known = unit in UNITS or unit.casefold() in _UNIT_WORDS
    return known or _UNIT_SHAPE.fullmatch(unit) is not None


def _are_units(cells: Sequence[str], numeric: Sequence[str], sheet: Sheet) -> bool:
    """Whether the first row's cells over numbers are short, and units most of them."""
    found = [
        cell for name, cell in zip(sheet.names, cells, strict=True) if name in numeric and cell
    ]
    known = sum(is_unit(cell) or _BRACKETS.fullmatch(cell) is not None for cell in found)
    return bool(found) and known > 0.5 * len(found) and max(map(len, found)) <= 20
