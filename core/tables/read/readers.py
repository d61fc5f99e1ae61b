"""``read_table``: one door for every kind of file, and errors that say what to do."""

from __future__ import annotations

import os
from dataclasses import replace
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Any, TypeAlias

import pandas as pd

from core.exceptions import DataError, PoolingError
from core.formats import shorten
from core.tables.limits import LIMITS
from core.tables.read.archives import ARCHIVES, WORKBOOKS, check_workbook, unpack
from core.tables.read.finish import RawTable, to_frame
from core.tables.read.isolated import read_isolated
from core.tables.read.number_marks import check_password, recognise
from core.tables.read.records import read_records
from core.tables.read.report import ReadOptions, choice_note
from core.tables.read.text import read_text
from core.tables.repairs.chain import repair_table

Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[Any]


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
    try:
        typed = to_frame(_read(_load(source, label), label, options), options)
        return repair_table(typed, options)
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
    unpacked = None
    if form in ARCHIVES:
        unpacked = unpack(data, form, label, options.member)
        data, form = unpacked.data, recognise(unpacked.data, unpacked.name)
        if form in ARCHIVES:
            raise DataError(
                f"'{label}' is an archive inside an archive. Unpack it and upload the table.",
                code="unknown_format",
            )
    if form in WORKBOOKS:
        check_workbook(data, label)
    if form == "xls":
        check_password(data, label)
    if form == "csv":
        raw = read_text(data, label, options)
    elif form == "json":
        raw = read_records(data, label, options)
    else:
        raw = read_isolated(data, form, label, options)
    if unpacked is None or not unpacked.members:
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
