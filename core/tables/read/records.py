"""Reads JSON tables: an array of records, one record a line, or an object of columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from core.exceptions import DataError
from core.formats import shorten
from core.tables.limits import LIMITS, MEGABYTE
from core.tables.read.finish import RawTable
from core.tables.read.report import ReadOptions
from core.tables.read.text import decode_text, read_text

_WRAPPERS = ("data", "records", "rows", "items", "results")


def read_records(data: bytes, name: str, options: ReadOptions) -> RawTable:
    """Return the columns of a JSON file.

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
        names, rows = _table(_parse(text), name)
    except RecursionError as error:
        raise DataError(
            f"'{name}' is nested too deeply to be a table. Write one flat record per row.",
            code="not_a_table",
        ) from error
    LIMITS.check_shape(len(rows), len(names), name)
    plain = replace(
        options,
        encoding="utf-8",
        delimiter="," if len(names) > 1 else "",
        quote='"',
        decimal=".",
        comment="",
        header_row=1,
    )
    raw = read_text(_as_csv(names, rows), name, plain)
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


def _table(value: Any, name: str) -> tuple[list[str], list[Sequence[Any]]]:
    """Return column names and rows of what was parsed."""
    if isinstance(value, dict):
        columns, data = value.get("columns"), value.get("data")
        if isinstance(columns, list) and isinstance(data, list) and data:
            return _table([columns, *data], name)  # pandas' orientation "split"
        for key in _WRAPPERS:
            if isinstance(value.get(key), list) and value[key]:
                return _table(value[key], name)
        if value and all(isinstance(cells, list) for cells in value.values()):
            return _from_columns(value, name)
        if value and all(isinstance(cells, dict) for cells in value.values()):
            return _from_keyed(value)
    if isinstance(value, list) and value:
        if all(isinstance(row, dict) for row in value):
            names = list(dict.fromkeys(key for row in value for key in row))
            LIMITS.check_shape(len(value), len(names), name)
            return names, [[row.get(key) for key in names] for row in value]
        if all(isinstance(row, list) for row in value) and len(value) > 1:
            width = max(map(len, value))
            header = [str(cell) for cell in value[0]]
            header += [""] * (width - len(header))
            return header, [row + [None] * (width - len(row)) for row in value[1:]]
    raise DataError(
        f"'{name}' is JSON but holds no table. Write an array of records, such as "
        '[{"school": 1, "score": 3.5}, …].',
        code="not_a_table",
    )


def _from_columns(value: dict[str, list[Any]], name: str) -> tuple[list[str], list[Sequence[Any]]]:
    lengths = {len(cells) for cells in value.values()}
    if len(lengths) > 1:
        raise DataError(
            f"'{name}' is JSON whose columns have {min(lengths):,} to {max(lengths):,} cells. Give "
            "all columns the same length.",
            code="ragged",
        )
    return list(value), list(zip(*value.values(), strict=True))


def _from_keyed(value: dict[str, dict[str, Any]]) -> tuple[list[str], list[Sequence[Any]]]:
    """Return columns that are objects from row label to cell (pandas' own habit).

    Where the outer keys count the rows instead, each object is a row.
    """
    labels = list(dict.fromkeys(label for cells in value.values() for label in cells))
    if all(key.isdecimal() for key in value) and not any(label.isdecimal() for label in labels):
        return labels, [[cells.get(label) for label in labels] for cells in value.values()]
    return list(value), [[cells.get(label) for cells in value.values()] for label in labels]


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
