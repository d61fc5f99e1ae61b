"""Asks how cells are to be read that may be numbers in two ways, or say less than a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pyarrow as pa

from core.formats import count, shorten
from core.tables.doctor.finding import Finding, quoted
from core.tables.doctor.fixes import LimitedNumbers, ParseNumbers, text_of
from core.tables.read.numerals import NumberFormat, parse
from core.tables.repairs.cell_reading import CellReading, read_cells
from core.tables.roles.column_profile import ColumnProfile


def check_open_numbers(column: ColumnProfile) -> Finding | None:
    """Find cells of text that are numbers, but not beyond doubt which, and ask."""
    if not column.is_text or column.is_date:
        return None
    reading = read_cells(text_of(column.series))
    if reading is None or reading.question not in _ASK:
        return None
    if reading.question != "open_mark" and (column.cues.group or column.cues.id):
        return None
    return _ASK[reading.question](column.name, reading)


def _open_mark(name: str, reading: CellReading) -> Finding:
    """Ask whether 1.234 is a thousand, or one and a part."""
    cells = reading.cells("number")
    mark = reading.form.thousands
    if mark not in (".", ","):  # most cells have no mark at all
        mark = "." if reading.form.decimal == "," else ","
    sample = next((cell.strip() for cell in cells if mark in cell), cells[0])
    whole = next((cell.strip() for cell in cells if mark not in cell), "")
    beside = f" beside '{whole}'" if whole else ""
    decimals = replace(reading.form, decimal=mark, thousands="")
    message = (
        f"'{shorten(name)}' holds '{sample}'{beside}, and nothing in the file tells whether "
        f"that is {_read(sample, reading.form)} or {_read(sample, decimals)}. Which is it?"
    )
    fixes = tuple(ParseNumbers(name, form, sample) for form in (reading.form, decimals))
    return Finding("numeric_text", name, message, fixes[0], "problem", fixes)


def _read(sample: str, form: NumberFormat) -> str:
    return f"{parse(pa.array([sample]), form)[0]:.15g}"


def _below(name: str, reading: CellReading) -> Finding:
    """Ask what a value below, or above, a limit of detection counts as."""
    kind = "below" if "below" in reading.kinds else "above"
    cells, cells_count = reading.cells("below", "above"), reading.count("below", "above")
    message = (
        f"{quoted(cells, 3)} in '{shorten(name)}' ({count(cells_count, 'cell')}) only "
        f"{'say' if cells_count > 1 else 'says'} that a value lies {kind} a limit. Left out as "
        f"missing, such cells "
        f"{'lift' if kind == 'below' else 'lower'} the mean; what should they count as?"
    )
    how: tuple[Literal["limit", "half", "missing"], ...] = ("limit", "half", "missing")
    how = how if kind == "below" else ("limit", "missing")
    fixes = tuple(LimitedNumbers(name, reading.form, one) for one in how)
    return Finding("numeric_text", name, message, fixes[0], "problem", fixes)


def _percent(name: str, reading: CellReading) -> Finding:
    """Ask whether 12% beside 0.3 is 12, or 0.12."""
    cells = reading.cells("number")
    with_sign = next(cell.strip() for cell in cells if "%" in cell)
    bare = next(cell.strip() for cell in cells if "%" not in cell)
    message = (
        f"'{shorten(name)}' holds '{shorten(with_sign)}' beside '{shorten(bare)}': some numbers "
        "are percentages, others may be shares. As numbers they would all count as written."
    )
    fix = ParseNumbers(name, reading.form)
    return Finding("numeric_text", name, message, fix, "problem")


def _currency(name: str, reading: CellReading) -> Finding:
    """Say that amounts stand in several currencies."""
    message = (
        f"'{shorten(name)}' holds amounts in several currencies "
        f"({quoted(reading.cells('number'), 3)}), which no model can compare. Convert them first."
    )
    return Finding("numeric_text", name, message, None, "problem")


def _negative(name: str, reading: CellReading) -> Finding:
    """Ask whether numbers in brackets are negative."""
    inside = [cell for cell in reading.cells("beside") if "(" in cell]
    message = (
        f"{quoted(inside, 2)} in '{shorten(name)}' stands in brackets: a negative number, as "
        "accountants write it, or a remark? Read as numbers, they are negative."
    )
    return Finding("numeric_text", name, message, ParseNumbers(name, reading.form), "problem")


_ASK: dict[str, Callable[[str, CellReading], Finding]] = {
    "open_mark": _open_mark,
    "below": _below,
    "above": _below,
    "percent": _percent,
    "currency": _currency,
    "negative": _negative,
}
