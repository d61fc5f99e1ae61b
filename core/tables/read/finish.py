"""The finishing touches of every reader: unique names, sane types, missing cells, the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.exceptions import DataError
from core.formats import shorten
from core.tables.limits import LIMITS
from core.tables.names import unique_names
from core.tables.read.numerals import PLAIN, NumberFormat, any_match, matches, parse
from core.tables.read.report import MISSING_TOKENS, ReadOptions, ReadReport

_PROBE = 200


@dataclass(frozen=True)
class RawTable:
    """Columns as read, before the finishing touches; ``names`` are the header as typed.

    ``left_open`` are the columns whose numbers may be read in two ways, so that they stay text.
    """

    columns: pa.Table
    names: tuple[str, ...]
    report: ReadReport
    left_open: frozenset[int] = frozenset()


def to_frame(raw: RawTable, options: ReadOptions) -> pd.DataFrame:
    """Return a plain DataFrame: RangeIndex, unique names, numbers, text and categories.

    Raises
    ------
    DataError
        When the table is empty or beyond the limits.
    """
    report = raw.report
    n_rows, n_columns = raw.columns.num_rows, raw.columns.num_columns
    if n_rows == 0 or n_columns == 0:
        raise DataError(
            f"'{report.name}' has column names but no rows of data." if n_columns else
            f"'{report.name}' holds no table.",
            code="empty",
        )  # fmt: skip
    LIMITS.check_shape(n_rows, n_columns, report.name)
    LIMITS.check_memory(raw.columns.nbytes, report.name)
    kept = _without_blank_columns(raw)
    dropped = n_columns - len(kept)
    what = "1 column" if dropped == 1 else f"{dropped:,} columns"
    notes = [f"Left out: {what} without a name and without cells."] if dropped else []
    typed = [raw.names[j] for j in kept]
    names, renamed = unique_names(typed, has_header=any(typed))
    columns = []
    for name, j in zip(names, kept, strict=True):
        as_text = replace(options, text_columns=(name,)) if j in raw.left_open else options
        tidy, remarks = tidy_column(name, raw.columns.column(j), as_text, report.decimal)
        columns.append(tidy)
        notes += remarks
    if all(column.null_count == n_rows for column in columns):
        raise DataError(f"'{report.name}' holds no cells but empty ones.", code="empty")
    frame = _as_pandas(columns, names)
    final = replace(
        report,
        n_rows=n_rows,
        n_columns=len(columns),
        renamed=tuple(renamed),
        notes=(*report.notes, *notes),
        above=tuple(tuple(row[j] if j < len(row) else "" for j in kept) for row in report.above),
        gaps=tuple(place for place, j in enumerate(kept) if place and j > kept[place - 1] + 1),
        as_typed=options.as_typed,
    )
    final.keep_with(frame)
    return frame


def _without_blank_columns(raw: RawTable) -> list[int]:
    """Return all columns but those without name and cells, as a delimiter at a line's end makes."""
    pairs = zip(raw.names, raw.columns.columns, strict=True)
    kept = [j for j, (name, cells) in enumerate(pairs) if name.strip() or not _is_blank(cells)]
    return kept or list(range(len(raw.names)))


def _is_blank(column: pa.ChunkedArray) -> bool:
    if pa.types.is_string(column.type):
        return not any_match(column, r"\S")
    return bool(column.null_count == len(column))


def tidy_column(
    name: str, column: pa.ChunkedArray, options: ReadOptions, decimal: str
) -> tuple[pa.ChunkedArray, list[str]]:
    """Return a column as float64, int64, text, category or date, and notes on changed cells."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column, []
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _tidy_text(name, column, options, decimal)
    if pa.types.is_integer(kind):
        return _tidy_integer(column), []
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return _tidy_float(column.cast(pa.float64())), []
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "True", "False"), []
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return column.cast(pa.timestamp("us"), safe=False), []
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        texts = pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
        return pa.chunked_array([texts]), [f"Column '{shorten(name)}' holds nested values as text."]
    return column.cast(pa.string()), []


def _tidy_float(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return whole numbers as int64: several formats know no integers, and '1.0' is no label."""
    if column.null_count or not len(column):
        return column
    probe = column.slice(0, _PROBE).to_numpy()
    if not _is_whole(probe):
        return column
    return pa.chunked_array([_as_whole(column.to_numpy())])


def _tidy_integer(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_uint64(column.type) and (pc.max(column).as_py() or 0) > 2**63 - 1:
        return column.cast(pa.float64(), safe=False)
    return column.cast(pa.int64())


def _tidy_text(
    name: str, column: pa.ChunkedArray, options: ReadOptions, decimal: str
) -> tuple[pa.ChunkedArray, list[str]]:
    """Null the missing tokens, then read as numbers what is nothing but numbers."""
    if (pc.max(pc.utf8_length(column)).as_py() or 0) > LIMITS.cell_length:
        raise LIMITS.long_cell(f"Column '{shorten(name)}'")
    column, notes = _null_tokens(name, column, options)
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), pa.float64())]), notes
    column = _without_padding(column)
    if name in options.text_columns:
        return column, notes
    for form in _formats(options, decimal):
        probe = column.drop_null().slice(0, _PROBE)
        if matches(probe, form).all() and _is_all_numbers(column, form):
            numbers = parse(column, form)
            if form.thousands:
                notes.append(f"'{shorten(name)}': numbers written like {form.example} were read.")
            return pa.chunked_array([_as_whole(numbers)]), notes
    return column, notes


def _without_padding(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take blanks off the ends of the cells where each has one: they belong to the layout.

    As in files with ', ' between cells, or columns of one width. A few cells with blanks are as
    they were typed, which the doctor tells.
    """
    for end in ("^[ \t]", "[ \t]$"):
        padded = all(
            pc.all(pc.match_substring_regex(part, end)).as_py() is True
            for part in (column.slice(0, _PROBE), column)
        )
        if padded:
            return pc.utf8_trim(column, " \t")
    return column


def _null_tokens(
    name: str, column: pa.ChunkedArray, options: ReadOptions
) -> tuple[pa.ChunkedArray, list[str]]:
    tokens = MISSING_TOKENS if options.missing_tokens is None else options.missing_tokens
    spaced = [mark for token in tokens for mark in (token, f" {token}", f"{token} ", "  ")]
    missing = pc.is_in(column, value_set=pa.array(sorted(set(spaced)), type=column.type))
    if not pc.any(missing).as_py():
        return column, []
    found = pc.unique(column.filter(missing)).to_pylist()
    notes = []
    if "NA" in found and options.missing_tokens is None and _is_two_letter(column):
        missing = pc.and_(missing, pc.not_equal(column, "NA"))
        notes.append(f"'NA' in '{shorten(name)}' is kept: the other cells are two-letter codes.")
        found.remove("NA")
    named = sorted(repr(token) for token in found if token and token.strip())
    if named:
        count = int(pc.sum(pc.is_in(column, value_set=pa.array(found))).as_py())
        cells = "1 cell" if count == 1 else f"{count:,} cells"
        notes.append(f"Missing in '{shorten(name)}': {cells} ({', '.join(named)}).")
    return pc.if_else(missing, pa.scalar(None, column.type), column), notes


def _is_two_letter(column: pa.ChunkedArray) -> bool:
    """Whether the cells are codes of two capitals, among which 'NA' is one (Namibia)."""
    present = pc.unique(column).drop_null()
    present = present.filter(pc.invert(pc.is_in(present, value_set=pa.array(["", "NA"]))))
    codes = pc.match_substring_regex(present, "^[A-Z]{2}$")
    return bool(len(present) >= 3 and pc.sum(codes).as_py() == len(present))


def _formats(options: ReadOptions, decimal: str) -> list[NumberFormat]:
    """Return the number formats that the file as a whole gives reason to read."""
    decimal = decimal or "."
    formats = [PLAIN] if decimal == "." else [NumberFormat(decimal=",")]
    if options.thousands:
        formats.append(NumberFormat(decimal=decimal, thousands=options.thousands))
    return formats


def _is_all_numbers(column: pa.ChunkedArray, form: NumberFormat) -> bool:
    """Whether every cell is a number that is no code: no leading zeros, no 17 digits."""
    if any_match(column, r"^\s*[+-]?(?:0[0-9]|[0-9]{17,})"):
        return False
    return bool(matches(column, form).sum() == len(column) - column.null_count)


def _as_whole(numbers: Any) -> pa.Array:
    """Return floats as int64 where all are whole, else as float64; NaN is missing."""
    if _is_whole(numbers) and np.abs(numbers).max(initial=0.0) < 2.0**53:
        return pa.array(numbers.astype(np.int64))
    return pa.array(numbers, from_pandas=True)


def _is_whole(numbers: Any) -> bool:
    with np.errstate(invalid="ignore"):  # R's NA is a NaN that sets the flag
        return bool(np.isfinite(numbers).all() and (numbers == np.round(numbers)).all())


def _as_pandas(columns: Sequence[pa.ChunkedArray], names: Sequence[str]) -> pd.DataFrame:
    """Return the arrow columns as a DataFrame; text comes as pandas' own string type."""
    keys = [str(j) for j in range(len(names))]
    frame = pa.table(dict(zip(keys, columns, strict=True))).to_pandas(date_as_object=False)
    frame.columns = pd.Index(list(names))
    return pd.DataFrame(frame)
