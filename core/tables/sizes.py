"""What tables take in memory, computed from counts before anything is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.exceptions import DataError
from core.tables.limits import LIMITS

#: Bytes of a number, a date, or the place of a text.
CELL = 8
_OBJECT = 64


def arrow_size(columns: pa.Table) -> int:
    """Return the bytes of columns as they will stand in a DataFrame, categories written out.

    A category takes a byte a row here, but whatever is made of it takes its label each time.
    """
    return sum(_column_size(column) for column in columns.columns)


def _column_size(column: pa.ChunkedArray) -> int:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return sum(_written_out(chunk) for chunk in column.chunks)
    if pa.types.is_nested(kind):
        return int(column.nbytes) + _OBJECT * len(column)
    return max(int(column.nbytes), CELL * len(column))


def _written_out(chunk: pa.DictionaryArray) -> int:
    labels = chunk.dictionary
    if not (pa.types.is_string(labels.type) or pa.types.is_large_string(labels.type)):
        return CELL * len(chunk)
    lengths = pc.fill_null(pc.binary_length(labels), 0).to_numpy(zero_copy_only=False)
    codes = chunk.indices.drop_null().to_numpy(zero_copy_only=False)
    counts = np.bincount(codes, minlength=len(lengths))
    return int(np.dot(counts.astype(np.float64), lengths)) + CELL * len(chunk)


def check_arrow(columns: pa.Table, size: int, source: int, name: str) -> None:
    """Raise DataError when columns are too many, or far more than their file gives reason for.

    Parameters
    ----------
    columns : pyarrow.Table
    size : int
        From ``arrow_size``.
    source : int
        Bytes of the file.
    name : str
    """
    for column in columns.columns:
        if pa.types.is_dictionary(column.type):
            _check_labels(column, name)
    LIMITS.check_made(columns.num_rows, columns.num_columns, size, source, name)


def _check_labels(column: pa.ChunkedArray, name: str) -> None:
    for chunk in column.chunks:
        labels = chunk.dictionary
        is_text = pa.types.is_string(labels.type) or pa.types.is_large_string(labels.type)
        if is_text and (pc.max(pc.utf8_length(labels)).as_py() or 0) > LIMITS.cell_length:
            raise LIMITS.long_cell(f"'{name}'")


def column_bytes(column: pd.Series[Any]) -> float:
    """Return the mean bytes of a cell, a text or category as it is written out."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        labels = column.cat.categories.astype(str).str.len().to_numpy(dtype=np.float64)
        codes = column.cat.codes.to_numpy()
        counts = np.bincount(codes[codes >= 0], minlength=len(labels))
        return CELL + float(np.dot(counts, labels)) / max(len(column), 1)
    return max(float(column.memory_usage(index=False)) / max(len(column), 1), CELL)


def check_frame(table: pd.DataFrame, rows: int, cell_bytes: float, columns: int, what: str) -> None:
    """Raise DataError when a step would make far more of a table than it is.

    Parameters
    ----------
    table : DataFrame
        What the step starts from.
    rows, columns : int
        Shape of what it makes.
    cell_bytes : float
        Bytes of one row of that.
    what : str
        For the message, such as ``"The long table"``.
    """
    LIMITS.check_shape(rows, columns, what)
    own = float(table.memory_usage(index=False).sum())
    size, most = rows * cell_bytes, max(float(LIMITS.small_table_bytes), 8.0 * own)
    LIMITS.check_memory(round(size), what)
    if size > most:
        raise DataError(
            f"'{what}' would take {size / 1e6:,.0f} MB; the limit (small_table_bytes) is "
            f"{most / 1e6:,.0f} MB for one of {own / 1e6:,.0f} MB. Leave out columns that the "
            "model does not need first.",
            code="too_large",
        )
