"""Turns columns of text into the numbers they stand for, by the marks of the file as a whole."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from core.formats import shorten
from core.tables.repairs.cell_reading import CellReading, read_cells
from core.tables.repairs.mark_evidence import Evidence, decide
from core.tables.repairs.open_marks import evidence_of
from core.tables.repairs.repair import Repair, RepairCode
from core.tables.repairs.sheet import Sheet, as_column, quoted, rows_named
from core.tables.roles.lexicon import cues_of
from core.types import BoolArray, FloatArray, IntArray

_TEXT_FORMATS = ("csv", "tsv")
#: Decimals of a column that are looked at for the vote of what was read already.
_PROBE = 2_000
_LARGEST_WHOLE = 2.0**53


def file_mark(sheet: Sheet) -> str:
    """Return the decimal mark that the columns of a table prove together; '' where none does."""
    columns = [evidence_of(sheet.distinct(name)) for name in sheet.number_names]
    report = sheet.report
    if report.format in _TEXT_FORMATS and report.decimal:
        vote = Evidence(points=1) if report.decimal == "." else Evidence(commas=1)
        columns += [vote for name in sheet.names if _has_decimals(sheet.table[name])]
    return decide(columns, delimiter="")


def _has_decimals(column: pd.Series) -> bool:
    if column.dtype != np.float64:
        return False
    values = column.to_numpy()[:_PROBE]
    values = values[np.isfinite(values)]
    return bool((values != np.round(values)).any())


def read_numbers(sheet: Sheet) -> Sheet:
    """Turn every column of text that is numbers beyond doubt into numbers."""
    names = sheet.number_names
    if not names:
        return sheet
    mark = sheet.options.decimal or file_mark(sheet)
    delimiter = sheet.report.delimiter
    readings = {name: read_cells(sheet.texts(name), mark, delimiter=delimiter) for name in names}
    found = {name: reading for name, reading in readings.items() if reading is not None}
    sure = {name for name, reading in found.items() if not reading.question}
    # One column of '26.4 l' proves that the file writes units beside numbers.
    if any(found[name].unit for name in sure):
        sure |= {name for name, reading in found.items() if reading.question == "alone"}
    proof = _proof(found, mark)
    for name in names:
        if name in sure and _is_quantity(name, found[name]):
            sheet = _mended(sheet, name, found[name], proof)
    return sheet


def _proof(found: Mapping[str, CellReading], mark: str) -> str:
    """Return a cell that proves the file's decimal mark, for the sentences."""
    other = "," if mark == "." else "."
    for reading in found.values():
        for text in reading.cells("number")[:200]:
            if mark and mark in text and (other in text or len(text.rsplit(mark, 1)[-1]) != 3):
                return text.strip()
    return ""


def _is_quantity(name: str, reading: CellReading) -> bool:
    """Whether a column is no name or code: those of groups stay as typed, odd cells and all."""
    cues = cues_of(name)
    has_words = bool(set(reading.kinds) - {"number", "beside"})
    return not (has_words and (cues.group or cues.id))


def _mended(sheet: Sheet, name: str, reading: CellReading, proof: str) -> Sheet:
    """Put the numbers in the place of the text; nothing is said of plain ones."""
    code = _code(reading)
    if code is not None and not sheet.allows(code, name):
        return sheet
    column = sheet.texts(name)
    place = np.asarray(pc.fill_null(pc.index_in(column, reading.texts), -1)).astype(np.intp)
    values = np.append(reading.values, np.nan)[place]
    odd = _odd_rows(reading, place)
    table = sheet.table.copy(deep=False)
    table[name] = as_column(whole(values), sheet.table)
    if code is None:
        return sheet.done(table)
    rows = sheet.rows(odd)
    repair = Repair(code, name, rows, _sentence(name, reading, rows, proof))
    units = dict(sheet.report.units)
    if reading.unit:
        units[name] = reading.unit
    return sheet.done(table, repair, units=tuple(units.items()))


def whole(values: FloatArray) -> FloatArray | IntArray:
    """Return numbers as integers where all are whole and none is missing."""
    is_whole = np.isfinite(values).all() and (values == np.round(values)).all()
    if is_whole and np.abs(values).max(initial=0.0) < _LARGEST_WHOLE:
        return values.astype(np.int64)
    return values


def _code(reading: CellReading) -> RepairCode | None:
    """Return the kind of repair, None where the cells were plain numbers all along."""
    if reading.unit:
        return "units"
    if set(reading.kinds) - {"number"}:
        return "marked_cells"
    is_marked = reading.form.thousands or reading.form.decimal != "."
    return "number_marks" if is_marked else None


def _odd_rows(reading: CellReading, place: IntArray) -> BoolArray:
    odd = np.array([kind != "number" for kind in reading.kinds] + [False], dtype=np.bool_)
    return np.asarray(odd[place])


def _sentence(name: str, reading: CellReading, rows: tuple[int, ...], proof: str) -> str:
    """Say how a column was read, and what became of cells that are no plain numbers."""
    column, parts = f"'{shorten(name)}'", []
    sample = _sample(reading)
    if reading.unit:
        parts.append(f"{column} holds numbers in {reading.unit}, such as '{sample}'")
    elif reading.form.thousands or reading.form.decimal != ".":
        parts.append(f"'{sample}' in {column} is read as {_as_read(reading, sample)}")
        if proof and proof != sample:
            parts[-1] += f", as '{shorten(proof, 20)}' shows the file's marks"
    else:
        parts.append(f"{column} holds numbers")
    beside, gone = reading.cells("beside"), reading.cells("missing", "above")
    if beside:
        parts.append(f"{quoted(beside)} count{'s' if len(beside) == 1 else ''} as their numbers")
    if gone:
        count = reading.count("missing", "above")
        parts.append(
            f"{quoted(gone)} ({rows_named(rows, count) if not beside else f'{count:,} cells'}) "
            f"became missing"
        )
    return "; ".join(parts) + "."


def _sample(reading: CellReading) -> str:
    """Return a telling cell: one with a mark in it, if there is one."""
    cells = reading.cells("number") or reading.cells("beside")
    mark = reading.form.thousands or ("," if reading.form.decimal == "," else "")
    return shorten(next((c for c in cells if mark and mark in c), cells[0]).strip(), 24)


def _as_read(reading: CellReading, sample: str) -> str:
    for text, value in zip(reading.texts.to_pylist(), reading.values, strict=True):
        if shorten(text.strip(), 24) == sample:
            return f"{value:.15g}"
    return "a number"
