"""Reads JSON tables: an array of records, one record a line, or an object of columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from core.exceptions import DataError
from core.formats import shorten
from core.tables.limits import LIMITS, MEGABYTE
from core.tables.read.finish import RawTable
from core.tables.read.report import ReadOptions
from core.tables.read.text import decode_text, read_text
from core.tables.sizes import CELL

_Table: TypeAlias = tuple[list[str], Iterable[Sequence[Any]]]

_WRAPPERS = ("data", "records", "rows", "items", "results")


def read_records(data: bytes, name: str, options: ReadOptions) -> RawTable:
    """Return the columns of a JSON file; call it in the bounded reading process only.

    Objects take many times their text in memory, and rows of different keys are filled up to one
    width: their number is counted before any is made.

    Parameters
    ----------
    data : bytes
    name : str
        For messages and the report.
    options : ReadOptions
        Only ``encoding``, ``missing_tokens`` and ``text_columns`` apply.

    Raises
    ------
    DataError
        When the text is no JSON, or holds no records.
    """
    if len(data) > LIMITS.json_bytes:
        raise DataError(
            f"'{name}' has {len(data) / MEGABYTE:,.0f} MB of JSON; the limit (json_bytes) is "
            f"{LIMITS.json_bytes / MEGABYTE:,.0f} MB, because its objects take many times that in "
            "memory. Save the table as CSV or Parquet.",
            code="too_large",
        )
    text = decode_text(data, options)
    try:
        found = _Found(name, len(data)).table(_parse(text))
    except RecursionError as error:
        raise DataError(
            f"'{name}' is nested too deeply to be a table. Write one flat record per row.",
            code="not_a_table",
        ) from error
    names = found[0]
    plain = replace(
        options,
        encoding="utf-8",
        delimiter="," if len(names) > 1 else "",
        quote='"',
        decimal=".",
        comment="",
        header_row=1,
    )
    raw = read_text(_as_csv(*found), name, plain)
    report = replace(raw.report, format="json", delimiter="", quote="", header_row=0)
    return replace(raw, report=report)


def _parse(text: str) -> Any:
    """Parse JSON, or else one JSON value a line."""
    try:
        return json.loads(text)
    except ValueError as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise _no_json(whole) from whole
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            raise _no_json(whole) from error


def _no_json(error: ValueError) -> DataError:
    return DataError(
        f"The file begins like JSON but is none ({shorten(str(error), 80)}). Save it again as "
        "an array of records, or as CSV.",
        code="unreadable",
    )


@dataclass(frozen=True)
class _Found:
    """Looks for the table in what was parsed: its column names, and its rows one by one.

    Attributes
    ----------
    name : str
        For messages.
    size : int
        Bytes of the file.
    """

    name: str
    size: int

    def table(self, value: Any) -> _Table:
        """Return the table in a value, whichever of the usual shapes it has."""
        if isinstance(value, dict):
            columns, data = value.get("columns"), value.get("data")
            if isinstance(columns, list) and isinstance(data, list) and data:
                return self.table([columns, *data])  # pandas' orientation "split"
            for key in _WRAPPERS:
                if isinstance(value.get(key), list) and value[key]:
                    return self.table(value[key])
            if value and all(isinstance(cells, list) for cells in value.values()):
                return self._from_columns(value)
            if value and all(isinstance(cells, dict) for cells in value.values()):
                return self._from_keyed(value)
        if isinstance(value, list) and value:
            if all(isinstance(row, dict) for row in value):
                names = self._names(value)
                self._check(len(value), len(names))
                return names, ([row.get(key) for key in names] for row in value)
            if all(isinstance(row, list) for row in value) and len(value) > 1:
                return self._from_lists(value)
        raise DataError(
            f"'{self.name}' is JSON but holds no table. Write an array of records, such as "
            '[{"school": 1, "score": 3.5}, …].',
            code="not_a_table",
        )

    def _check(self, rows: int, columns: int) -> None:
        """Refuse a table that is too large; an empty cell takes half a number at least."""
        LIMITS.check_made(rows, columns, CELL // 2 * rows * columns, self.size, self.name)

    def _names(self, records: Iterable[dict[str, Any]]) -> list[str]:
        """Return the keys of all records, in order of appearance."""
        return list(dict.fromkeys(key for record in records for key in record))

    def _from_lists(self, value: list[list[Any]]) -> _Table:
        """Return rows of cells, the first of which is the header, filled up to one width."""
        width = max(map(len, value))
        self._check(len(value) - 1, width)
        header = [str(cell) for cell in value[0]]
        header += [""] * (width - len(header))
        return header, (row + [None] * (width - len(row)) for row in value[1:])

    def _from_columns(self, value: dict[str, list[Any]]) -> _Table:
        lengths = {len(cells) for cells in value.values()}
        if len(lengths) > 1:
            raise DataError(
                f"'{self.name}' is JSON whose columns have {min(lengths):,} to {max(lengths):,} "
                "cells. Give all columns the same length.",
                code="ragged",
            )
        self._check(lengths.pop(), len(value))
        return list(value), zip(*value.values(), strict=True)

    def _from_keyed(self, value: dict[str, dict[str, Any]]) -> _Table:
        """Return columns that are objects from row label to cell (pandas' own habit).

        Where the outer keys count the rows instead, each object is a row.
        """
        labels = self._names(value.values())
        count_rows = all(key.isdecimal() for key in value)
        if count_rows and not any(label.isdecimal() for label in labels):
            self._check(len(value), len(labels))
            return labels, ([cells.get(label) for label in labels] for cells in value.values())
        self._check(len(labels), len(value))
        return list(value), ([cells.get(label) for cells in value.values()] for label in labels)


def _as_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8", errors="replace")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, bool):
        return str(value).upper()
    return json.dumps(value, ensure_ascii=False)
