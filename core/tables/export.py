"""Writes tables for spreadsheets: what looks like a formula is shown and never run."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from pandas.api import types as pdt

#: Text that a spreadsheet may take for a formula, however it is indented.
_FORMULA = re.compile(r"[\s\"']*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|[\t\r\n]")
_HARMLESS = re.compile(r"\s*(?:[+\-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+\-]?\d+)?|[+\-=]|--+)\s*")


def neutralise(text: str) -> str:
    """Return a text with an apostrophe before it when a spreadsheet could run it as a formula.

    Plain numbers and a lone sign stay as they are. A carriage return becomes a line feed: on
    its own it would begin a new row, and with it a new cell.

    Examples
    --------
    >>> neutralise("=1+1"), neutralise("-5"), neutralise("school 1")
    ("'=1+1", '-5', 'school 1')
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _FORMULA.match(text) and not _HARMLESS.fullmatch(text):
        return "'" + text
    return text


def to_csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV that is safe to open in a spreadsheet.

    Parameters
    ----------
    table : DataFrame
        Its index is not written.

    Returns
    -------
    bytes
        UTF-8 with byte order mark, so that spreadsheets show every letter; numbers in full.
    """
    safe = table.copy(deep=False)
    for j in range(table.shape[1]):
        safe.isetitem(j, _safe_column(table.iloc[:, j]).array)
    names = [neutralise(str(name)) for name in table.columns]
    text: str = safe.set_axis(names, axis=1).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8-sig", errors="replace")


def _safe_column(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column with its texts neutralised; numbers and dates need nothing."""
    dtype = column.dtype
    if pdt.is_numeric_dtype(dtype) or pdt.is_datetime64_any_dtype(dtype):
        return column
    if isinstance(dtype, pd.CategoricalDtype):
        column = column.astype(object)
    return column.map(lambda v: neutralise(v if isinstance(v, str) else str(v)), na_action="ignore")
