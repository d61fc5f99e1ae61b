"""Tables as a workbook for spreadsheets: a sheet a table, numbers as numbers, nothing that runs."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from core.exceptions import DataError

#: What a sheet of a spreadsheet can hold, a cell, and the name of a sheet.
_ROWS, _COLUMNS, _CELL, _NAME = 1_048_575, 16_384, 32_767, 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDEST = 40


def workbook(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Return tables as one workbook.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the name of the sheet, which is shortened where a spreadsheet asks for it.

    Returns
    -------
    bytes
        An .xlsx file. Text is text, whatever it begins with; what is missing, or infinite, is an
        empty cell.

    Raises
    ------
    DataError
        When a table is larger than a sheet, or there is none.
    """
    if not tables:
        raise DataError("There is no table to put into a workbook.")
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, options) as book:
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, table in zip(sheet_names(list(tables)), tables.values(), strict=True):
            if len(table) > _ROWS or table.shape[1] > _COLUMNS:
                raise DataError(
                    f"'{name}' has {len(table):,} rows and {table.shape[1]:,} columns; a sheet "
                    f"of a workbook holds {_ROWS:,} and {_COLUMNS:,}. Save it as CSV."
                )
            _fill(book.add_worksheet(name), table, head, day)
    return out.getvalue()


def _fill(sheet: Worksheet, table: pd.DataFrame, head: Any, day: Any) -> None:
    for j, name in enumerate(table.columns):
        column = table.iloc[:, j]
        sheet.write_string(0, j, _plain(name), head)
        longest = len(str(name))
        for i, value in enumerate(column.tolist(), start=1):
            longest = max(longest, _write(sheet, i, j, value, day))
        sheet.set_column(j, j, min(max(longest, 6), _WIDEST) + 2)
    sheet.freeze_panes(1, 0)


def _write(sheet: Worksheet, i: int, j: int, value: Any, day: Any) -> int:
    """Write a cell as what it is; return about how wide it is."""
    if value is None or value is pd.NA or value is pd.NaT:
        return 0
    if isinstance(value, bool):
        sheet.write_boolean(i, j, value)
        return 5
    if isinstance(value, int | float):
        if math.isfinite(value):
            sheet.write_number(i, j, value)
        return 8
    if isinstance(value, pd.Timestamp) and value.year >= 1900:
        sheet.write_datetime(i, j, value.tz_localize(None).to_pydatetime(), day)
        return 16
    text = _plain(value)
    sheet.write_string(i, j, text)
    return len(text)


def _plain(value: Any) -> str:
    """Return a text as a cell can hold it."""
    return _CONTROL.sub("\ufffd", str(value))[:_CELL]


def sheet_names(names: list[str]) -> list[str]:
    """Return names that sheets can have, each but once, whatever the case of its letters.

    Examples
    --------
    >>> sheet_names(["Groups: all", "groups  all", "'", "History"])
    ['Groups all', 'groups all 2', 'Table', 'History 2']
    """
    out: list[str] = []
    taken = {"", "history"}  # a sheet may not be called History
    for name in names:
        text = " ".join(_FORBIDDEN.sub(" ", _CONTROL.sub(" ", name)).split()).strip("' ")
        stem = text[:_NAME].strip("' ") or "Table"
        final, count = stem, 2
        while final.casefold() in taken:
            end = f" {count}"
            final, count = stem[: _NAME - len(end)].rstrip("' ") + end, count + 1
        taken.add(final.casefold())
        out.append(final)
    return out
