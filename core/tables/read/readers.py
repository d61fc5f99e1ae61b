"""``read_table``: one door for every kind of file, and errors that say what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Any, TypeAlias

import pandas as pd

from core.exceptions import DataError, PoolingError
from core.formats import shorten
from core.tables.limits import LIMITS, NotHere
from core.tables.read.archives import ARCHIVES, WORKBOOKS, Unpacked, check_workbook, unpack
from core.tables.read.finish import RawTable, to_frame
from core.tables.read.number_marks import Format, check_password, recognise
from core.tables.read.reading import Reading
from core.tables.read.records import read_records
from core.tables.read.report import ReadOptions, choice_note
from core.tables.read.text import read_text
from core.tables.read.worker import read_binary
from core.tables.repairs.chain import repair_table

Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[Any]

_PLAIN_RATIO = 10
#: Encodings that are decoded in one pass; among the others are some that take the square of it.
_PLAIN_ENCODINGS = frozenset(
    [None, "utf-8", "utf-8-sig", "ascii", "cp1252", "latin-1", "iso-8859-1", "utf-16", "utf-32"]
)


def read_table(
    source: Source,
    name: str | None = None,
    options: ReadOptions | None = None,
    *,
    repair: bool = True,
) -> pd.DataFrame:
    """Return the table that a file holds, whatever its format.

    Parameters
    ----------
    source : path, bytes or file object
        Where the table is.
    name : str, optional
        The file's name, for messages and where the content leaves the format open.
    options : ReadOptions, optional
        Corrections of what the reader finds out by itself.
    repair : bool
        Whether what is wrong with the table beyond doubt is put right. False: as typed.

    Returns
    -------
    DataFrame
        RangeIndex, unique column names; numbers float64 or int64, text, categories, dates.
        ``core.read_report(table)`` tells how it was read, and in ``repairs`` what was put right.

    Raises
    ------
    DataError
        When the file is no table, damaged, in an unknown format or beyond the limits.
    """
    options = options or ReadOptions()
    options = options if repair else replace(options, repair=False)
    label = shorten(name or _name_of(source), 120)
    with _in_words(label):
        data = _load(source, label)
        with suppress(NotHere):
            return repair_table(to_frame(_read_plain(data, label, options), options), options)
    return Reading(data, label, options).table()


def read_here(data: bytes, name: str, options: ReadOptions) -> pd.DataFrame:
    """Return what ``read_table`` does, reading in this process: a bounded one, for hostile bytes.

    Raises
    ------
    DataError
        As ``read_table``.
    """
    with _in_words(name):
        return repair_table(to_frame(_read(data, name, options), options), options)


@contextmanager
def _in_words(label: str) -> Iterator[None]:
    """Turn every problem of reading a file into a sentence."""
    try:
        yield
    except PoolingError:
        raise
    except MemoryError as error:
        raise DataError(
            f"'{label}' needs more memory than there is. Keep only the columns of the model.",
            code="too_large",
        ) from error
    except Exception as error:  # the boundary: what strangers upload must end in a sentence
        raise DataError(
            f"'{label}' cannot be read: it is damaged or written in an unusual way "
            f"({shorten(str(error), 120)}). Save it again, for instance as CSV in UTF-8.",
            code="unreadable",
        ) from error


def _read(data: bytes, label: str, options: ReadOptions) -> RawTable:
    """Unpack the file if need be and hand it to the reader of its format."""
    form = recognise(data, label)
    if form in ARCHIVES:
        unpacked = unpack(data, form, label, options.member)
        inner = recognise(unpacked.data, unpacked.name)
        if inner in ARCHIVES:
            raise DataError(
                f"'{label}' is an archive inside an archive. Unpack it and upload the table.",
                code="unknown_format",
            )
        return _with_member(_read_as(inner, unpacked.data, label, options), unpacked)
    return _read_as(form, data, label, options)


def _read_as(form: Format, data: bytes, label: str, options: ReadOptions) -> RawTable:
    if form in WORKBOOKS:
        check_workbook(data, label)
    if form == "xls":
        check_password(data, label)
    if form == "csv":
        return read_text(data, label, options)
    if form == "json":
        return read_records(data, label, options)
    return read_binary(data, form, label, options)


def _read_plain(data: bytes, label: str, options: ReadOptions) -> RawTable:
    """Read text, which takes time and memory in proportion to its bytes, in this process.

    Raises
    ------
    NotHere
        When the file is anything else. Large packed text is text too, unless it unpacks to
        more than ten times its size.
    """
    form = recognise(data, label)
    if options.encoding not in _PLAIN_ENCODINGS:
        raise NotHere
    if form == "csv":
        return read_text(data, label, options, is_here=True)
    if form not in ("gzip", "zip") or len(data) <= LIMITS.small_bytes:
        raise NotHere
    unpacked = unpack(data, form, label, options.member, most=_PLAIN_RATIO * len(data))
    if recognise(unpacked.data, unpacked.name) != "csv":
        raise NotHere
    return _with_member(read_text(unpacked.data, label, options, is_here=True), unpacked)


def _with_member(raw: RawTable, unpacked: Unpacked) -> RawTable:
    """Return what was read with a note on what else the archive holds."""
    if not unpacked.members:
        return raw
    member, members = unpacked.member, unpacked.members
    notes = (*choice_note(members, member), *raw.report.notes)
    return replace(raw, report=replace(raw.report, member=member, members=members, notes=notes))


def _name_of(source: Source) -> str:
    """Return the file name of a source, without its folders."""
    if isinstance(source, str | os.PathLike):
        return Path(source).name
    name = getattr(source, "name", None)
    return Path(name).name if isinstance(name, str) else "the table"


def _load(source: Source, label: str) -> bytes:
    """Return the bytes of a source, refusing those that are too many before reading them."""
    if isinstance(source, str | os.PathLike):
        return _load_path(Path(source), label)
    if isinstance(source, bytes | bytearray | memoryview):
        LIMITS.check_file(len(source), label)
        return bytes(source)
    if hasattr(source, "getvalue"):
        content = source.getvalue()
    elif isinstance(source, BufferedIOBase) or hasattr(source, "read"):
        content = source.read(LIMITS.file_bytes + 1)
    else:
        raise DataError(f"A table is read from a path, bytes or a file, not {type(source)!r}.")
    if isinstance(content, str):
        content = content.encode("utf-8", errors="replace")
    LIMITS.check_file(len(content), label)
    return bytes(content)


def _load_path(path: Path, label: str) -> bytes:
    try:
        if not path.is_file():
            kind = "is a folder" if path.is_dir() else "does not exist"
            raise DataError(f"'{label}' {kind}. Choose a file.", code="not_found")
        LIMITS.check_file(path.stat().st_size, label)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(
            f"'{shorten(label)}' cannot be opened ({type(error).__name__}).", code="not_found"
        ) from error
