"""Uploads that are too large to be read: kept on disk for the session, and asked there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import IO, Any

from core.exceptions import DataError, SourceError
from core.formats import shorten
from core.sources.engines.duckdb_engine import MEMORY
from core.sources.engines.stop import Stop
from core.sources.lazy_table import LazyTable
from core.sources.opening import open_table
from core.tables.limits import LIMITS, MEGABYTE

#: A file of more bytes than this is not kept, unless whoever runs the app allows it.
MOST_BYTES = 4_000 * MEGABYTE
_BLOCK = 1 << 22
#: By what a file begins with; anything else is taken for text.
_BEGINNINGS = ((b"PAR1", ".parquet"), (b"ARROW1", ".arrow"), (b"FEA1", ".feather"))
#: Beginnings of files that are tables, but not ones that can be asked.
_OTHERS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"$FL2", b"HEADER RECORD", b"<stata", b"RDX", b"BZh")


def is_large(size: int) -> bool:
    """Return whether an upload is too large to be read into memory (``LIMITS.file_bytes``)."""
    return size > LIMITS.file_bytes


def open_upload(
    source: IO[bytes] | bytes | Path,
    name: str,
    *,
    folder: Path | None = None,
    memory: str = MEMORY,
    most_bytes: int = MOST_BYTES,
    stop: Stop | None = None,
) -> LazyTable:
    """Return an uploaded file as a table that is asked on disk.

    Parameters
    ----------
    source : file object, bytes or path
        The upload; it is copied in blocks, so it need not fit in memory.
    name : str
        The name it was uploaded under: for messages alone, never for a path.
    folder : path, optional
        Where it is kept; a folder of the system by default.
    memory : str
        How much memory DuckDB may take.
    most_bytes : int
    stop : Stop, optional
        Ends the opening from another thread.

    Returns
    -------
    LazyTable
        The file goes with it: when it is closed, and at the latest when it is forgotten.

    Raises
    ------
    DataError
        When the file is too large, no table, or of a format that can only be read whole.
    """
    label = f"'{shorten(Path(name.replace(chr(92), '/')).name or 'The table', 80)}'"
    place = Path(tempfile.mkdtemp(prefix="pooling-upload-", dir=folder))
    try:
        raw = place / "upload"
        _copy(source, raw, label, most_bytes)
        path = raw.rename(place / f"upload{_ending(raw, label)}")
        table = open_table(path, label=label, memory=memory, folder=place, stop=stop)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    table.owns(place)
    return table


def _copy(source: Any, path: Path, label: str, most: int) -> None:
    with open(path, "wb") as out:
        if isinstance(source, bytes | bytearray | memoryview):
            _check(len(source), label, most)
            out.write(source)
            return
        if isinstance(source, Path):
            _check(source.stat().st_size, label, most)
            with open(source, "rb") as file:
                shutil.copyfileobj(file, out, _BLOCK)
            return
        size = 0
        while block := source.read(_BLOCK):
            size += len(block)
            _check(size, label, most)
            out.write(block)


def _check(size: int, label: str, most: int) -> None:
    if size > most:
        raise DataError(
            f"{label} has more than {most / MEGABYTE:,.0f} MB, the most that is kept for one "
            "visitor. Keep only the columns of the model, or ask whoever runs the app to name "
            "the table in its configuration.",
            code="too_large",
        )


def _ending(path: Path, label: str) -> str:
    with open(path, "rb") as file:
        head = file.read(16)
    if any(head.startswith(mark) for mark in _OTHERS):
        raise SourceError(
            f"{label} is of a format that can only be read whole, and too large for that. Save it "
            "as Parquet or CSV.",
            code="too_large",
        )
    found = next((ending for mark, ending in _BEGINNINGS if head.startswith(mark)), None)
    return found or (".csv.gz" if head.startswith(b"\x1f\x8b") else ".csv")
