"""Delimited text of any size, written once as Parquet in the engine's own folder.

How the cells are laid out is found by the reader of small files, from the beginning; DuckDB
then cuts the whole file like that, within its bound of memory.
"""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from core.exceptions import DataError, SourceError
from core.sources.engines.duckdb_engine import DuckDBEngine
from core.sources.texts import all_numbers, number_in
from core.tables.limits import LIMITS
from core.tables.names import unique_names
from core.tables.read.encoding import find_encoding
from core.tables.read.readers import read_table
from core.tables.read.report import MISSING_TOKENS, ReadOptions
from core.tables.read.sniff import Layout, sniff

#: Bytes of the beginning from which the layout is found.
_HEAD = 1 << 20
_BLOCK = 1 << 22
_UTF8 = frozenset({"utf-8", "utf8", "utf-8-sig", "ascii"})


def as_parquet(path: Path, engine: DuckDBEngine, number: int) -> Path:
    """Return a Parquet file with the cells of a text file, in the engine's folder.

    A column is a number when every cell of it is, as in ``core.read_table``.

    Raises
    ------
    DataError
        When the file is no table, or its lines disagree on the number of cells.
    """
    plain = engine.folder / f"text{number}.csv"
    try:
        head, is_whole = _unpacked(path, plain)
        layout = sniff(head, ReadOptions(), path.name, whole=is_whole)
        texts = _text_columns(head, layout, path.name)
        return _convert(plain, layout, texts, engine, engine.folder / f"cells{number}.parquet")
    finally:
        plain.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if packed:
            with gzip.open(file) as inner:
                yield inner  # type: ignore[misc]
        else:
            yield file


def _unpacked(path: Path, plain: Path) -> tuple[str, bool]:
    """Write the file unpacked and as UTF-8; return its beginning, and whether that is all."""
    try:
        with _opened(path) as file, open(plain, "wb") as out:
            head = file.read(_HEAD)
            encoding = find_encoding(head).name
            rest = file.read(_BLOCK)
            is_whole = not rest
            most = LIMITS.ratio_free_bytes + LIMITS.unpacked_ratio * path.stat().st_size
            if encoding.lower().replace("_", "-") in _UTF8:
                out.write(head.removeprefix(codecs.BOM_UTF8))
                while rest:
                    out.write(rest)
                    _check_unpacked(out.tell(), most, path.name)
                    rest = file.read(_BLOCK)
                text = head.decode("utf-8", errors="ignore").removeprefix("\ufeff")
            else:
                text = _transcoded((head, rest), encoding, file, out, (most, path.name))
    except (OSError, EOFError, UnicodeError, LookupError):
        raise DataError(
            f"'{path.name}' cannot be read as text: it is damaged, or packed in an unusual way. "
            "Save it as CSV in UTF-8.",
            code="unreadable",
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise DataError(f"'{path.name}' is no text table. Save it as CSV.", code="not_a_table")
    if not is_whole and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    return text, is_whole


def _check_unpacked(size: int, most: int, name: str) -> None:
    if size > most:
        raise DataError(
            f"'{name}' unpacks to more than {LIMITS.unpacked_ratio} times its size (the limit "
            "unpacked_ratio), as files made to exhaust a disk do. Unpack it yourself and open the "
            "table inside.",
            code="too_large",
        )


def _transcoded(
    begun: tuple[bytes, bytes],
    encoding: str,
    file: IO[bytes],
    out: IO[bytes],
    bound: tuple[int, str],
) -> str:
    (head, rest), (most, name) = begun, bound
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    first = decoder.decode(head).removeprefix("\ufeff")
    out.write(first.encode("utf-8", "replace"))
    while rest:
        out.write(decoder.decode(rest).encode("utf-8", "replace"))
        _check_unpacked(out.tell(), most, name)
        rest = file.read(_BLOCK)
    return first


def _text_columns(head: str, layout: Layout, name: str) -> set[int]:
    """Return the places of the columns that the reader of small files takes for text."""
    whole = replace(ReadOptions(), delimiter=layout.delimiter, quote=layout.quote)
    table = read_table(head.encode("utf-8"), name, whole, repair=False)
    names = unique_names(layout.names)[0]
    kinds = {str(column): table[column].dtype.kind for column in table.columns}
    return {i for i, own in enumerate(names) if kinds.get(own, "O") not in "iuf"}


def _convert(
    plain: Path, layout: Layout, texts: set[int], engine: DuckDBEngine, output: Path
) -> Path:
    """Have DuckDB cut the file into cells and write them as Parquet."""
    keys = [f"c{i}" for i in range(len(layout.names))]
    marks = sorted({*MISSING_TOKENS, "None", "none"})
    options: dict[str, Any] = {
        "delim": layout.delimiter or "\x1f",
        "quote": layout.quote,
        "escape": layout.escape or layout.quote,
        "skip": layout.first_line,
        "nullstr": marks,
        "auto_detect": False,
        "header": False,
        "allow_quoted_nulls": False,
    }
    if layout.comment:
        options["comment"] = layout.comment
    try:
        cells = engine.backend.read_csv(
            str(plain), table_name=output.stem, columns=dict.fromkeys(keys, "string"), **options
        )
        likely = [key for i, key in enumerate(keys) if i not in texts]
        kept = all_numbers(engine, cells, likely, decimal=layout.decimal)
        names = unique_names(layout.names)[0]
        made = {
            name: number_in(cells[key], layout.decimal) if key in kept else cells[key]
            for name, key in zip(names, keys, strict=True)
        }
        engine.guard(lambda: engine.backend.to_parquet(cells.select(**made), str(output)))
    except SourceError as error:
        if error.code != "refused":
            raise
        raise DataError(
            f"{engine.label} cannot be cut into cells: some of its lines have more or fewer than "
            f"the {len(keys)} of the first, or a quotation mark is never closed. Mend those lines, "
            "or save the table as Parquet.",
            code="unreadable",
        ) from None
    return output
