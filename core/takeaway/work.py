"""The project file: a table with what was chosen for it, to go on with later or elsewhere.

An ordinary zip archive: ``table.parquet``, ``work.json`` and, where there is one, the lesson that
goes with it. Nothing in it is ever run, names are looked up and not obeyed, and what a stranger
sends meets the limits of an upload: the table is read in the bounded process of every upload.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api import types as pdt

from core.exceptions import DataError
from core.formats import shorten
from core.lessons.fields import MOST_BYTES as LESSON_BYTES
from core.tables.limits import LIMITS
from core.tables.read.readers import read_table
from core.tables.read.report import ReadOptions

#: Raised when a file can say what an earlier version of the app would misread.
VERSION = 1
_FORMAT = "partial-pooling-explorer/work"
_WORK, _TABLE, _LESSON = "work.json", "table.parquet", "lesson.toml"
_PARTS = (_WORK, _TABLE, _LESSON)
_WORK_BYTES = 1_000_000
_TEXT, _VALUES, _SCREENS = 20_000, 2_000, 60
_DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, RuntimeError)

#: What stands in the address of a screen: every name with its values.
Parameters: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Work:
    """What a project file holds.

    Attributes
    ----------
    table : DataFrame or None
        None before its bytes, ``packed``, have been read.
    title, source : str
        What the table is called, and where it comes from.
    base : str
        The example or simulation that the table is; empty for a table of the reader's own.
    changes : tuple of str
        What was done to the table, in words.
    screen : str
        The screen that was open, by its path.
    parameters : dict of str to dict
        Model and controls of every screen, by its path, as they stand in its address.
    note : str
        What the reader wrote beside it.
    lesson : bytes
        A lesson file; empty for none.
    text : tuple of str
        Columns whose cells are text, also where they look like numbers.
    packed : bytes
        The table as Parquet.
    """

    table: pd.DataFrame | None
    title: str = "Table"
    source: str = ""
    base: str = ""
    changes: tuple[str, ...] = ()
    screen: str = ""
    parameters: Mapping[str, Parameters] = field(default_factory=dict)
    note: str = ""
    lesson: bytes = b""
    text: tuple[str, ...] = ()
    packed: bytes = b""

    @property
    def options(self) -> ReadOptions:
        """How the table is to be read: as it was, nothing guessed anew."""
        return ReadOptions(text_columns=self.text, missing_tokens=(), repair=False)


def save_work(work: Work) -> bytes:
    """Return a project file.

    Parameters
    ----------
    work : Work
        With its table.

    Returns
    -------
    bytes
        A zip archive; the same work gives the same bytes.

    Raises
    ------
    DataError
        When there is no table, or it has columns that Parquet cannot hold.
    """
    if work.table is None:
        raise DataError("There is no table to save.")
    plain = work.table.copy(deep=False)
    plain.attrs = {}
    text = [str(c) for c in plain.columns if _is_text(plain[c])]
    packed = io.BytesIO()
    try:
        pq.write_table(pa.Table.from_pandas(plain, preserve_index=False), packed)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise DataError(
            f"'{shorten(work.title)}' has a column that cannot be saved "
            f"({shorten(str(error), 80)})."
        ) from error
    about = {
        "format": _FORMAT,
        "version": VERSION,
        "title": work.title,
        "source": work.source,
        "base": work.base,
        "changes": list(work.changes),
        "screen": work.screen,
        "parameters": {
            path: {name: list(values) for name, values in found.items()}
            for path, found in work.parameters.items()
        },
        "note": work.note,
        "text": text,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        _add(archive, _WORK, json.dumps(about, ensure_ascii=False, indent=1).encode())
        _add(archive, _TABLE, packed.getvalue())
        if work.lesson:
            _add(archive, _LESSON, work.lesson)
    return out.getvalue()


def _is_text(column: pd.Series[Any]) -> bool:
    return bool(pdt.is_string_dtype(column.dtype) or pdt.is_object_dtype(column.dtype))


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name)  # with the date that zip begins with: bytes say nothing of today
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)


def is_work(content: bytes) -> bool:
    """Return whether bytes look like a project file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _WORK in archive.namelist() and _TABLE in archive.namelist()
    except _DAMAGE:
        return False


def open_work(content: bytes, name: str = "work.zip") -> Work:
    """Return the work that a project file holds, its table read.

    Raises
    ------
    DataError
        When the file is damaged, no project file, made by a later version, or beyond the limits.
    """
    work = unpack_work(content, name)
    return replace(work, table=read_table(work.packed, _TABLE, work.options), packed=b"")


def unpack_work(content: bytes, name: str = "work.zip") -> Work:
    """Return the work that a project file holds, its table still packed in ``packed``.

    Raises
    ------
    DataError
        As ``open_work``, but for what only reading the table shows.
    """
    label = shorten(name, 120)
    LIMITS.check_file(len(content), label)
    parts = _unpacked(content, label)
    if _WORK not in parts or _TABLE not in parts:
        raise DataError(f"'{label}' is no saved work: it needs {_WORK} and {_TABLE}.")
    try:
        about = json.loads(parts[_WORK].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"'{label}' is damaged: {_WORK} cannot be read.") from error
    return _Reader(label).work(about, parts)


def _unpacked(content: bytes, label: str) -> dict[str, bytes]:
    most = {_WORK: _WORK_BYTES, _TABLE: LIMITS.file_bytes, _LESSON: LESSON_BYTES}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            odd = [n for n in names if n not in _PARTS]
            if odd or len(set(names)) < len(names):
                raise DataError(
                    f"'{label}' is no saved work: it holds '{shorten((odd or names)[0], 60)}', "
                    f"which is not one of {', '.join(_PARTS)}, each once."
                )
            return {n: _part(archive, n, most[n], label) for n in names}
    except _DAMAGE as error:
        raise DataError(f"'{label}' is damaged: it cannot be unpacked. Save it again.") from error


def _part(archive: zipfile.ZipFile, name: str, most: int, label: str) -> bytes:
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"'{label}' is packed in a way that is not read. Save it again.")
    with archive.open(name) as file:  # what it states of its size is not believed
        content = file.read(most + 1)
    if len(content) > most:
        raise DataError(
            f"'{label}': {name} has more than {most / 1e6:,.0f} MB unpacked.", code="too_large"
        )
    return content


@dataclass(frozen=True)
class _Reader:
    """Takes ``work.json`` apart and says what is wrong with it; nothing in it is believed."""

    label: str

    def work(self, about: Any, parts: Mapping[str, bytes]) -> Work:
        if not isinstance(about, dict) or about.get("format") != _FORMAT:
            raise self._wrong("it does not say that it is one")
        version = about.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise self._wrong("its version is no number")
        if version > VERSION:
            raise self._wrong(
                f"it was saved by a later version of the app ({version:.0f}, this one reads "
                f"{VERSION}); its table can be taken out: unzip it and upload {_TABLE}"
            )
        known = {"format", "version", "title", "source", "base", "changes", "screen"}
        known |= {"parameters", "note", "text"}
        odd = sorted(set(about) - known)
        if odd:
            raise self._wrong(f"'{shorten(odd[0], 60)}' is not known")
        return Work(
            table=None,
            title=self._text(about, "title", 200) or "Table",
            source=self._text(about, "source"),
            base=self._text(about, "base", 4_000),
            changes=self._texts(about.get("changes", []), "changes"),
            screen=self._text(about, "screen", 60),
            parameters=self._parameters(about.get("parameters", {})),
            note=self._text(about, "note"),
            lesson=parts.get(_LESSON, b""),
            text=self._texts(about.get("text", []), "text"),
            packed=parts[_TABLE],
        )

    def _wrong(self, what: str) -> DataError:
        return DataError(f"'{self.label}' is no saved work that can be opened: {what}.")

    def _text(self, about: dict[str, Any], name: str, most: int = _TEXT) -> str:
        value = about.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            raise self._wrong(f"'{name}' is no text of at most {most:,} letters")
        return value

    def _texts(self, values: Any, name: str) -> tuple[str, ...]:
        if not isinstance(values, list) or len(values) > _VALUES:
            raise self._wrong(f"'{shorten(name, 60)}' is no list of at most {_VALUES:,} texts")
        if any(not isinstance(v, str) or len(v) > _TEXT for v in values):
            raise self._wrong(f"'{shorten(name, 60)}' holds what is no text")
        return tuple(values)

    def _parameters(self, found: Any) -> dict[str, dict[str, tuple[str, ...]]]:
        if not isinstance(found, dict) or len(found) > _SCREENS:
            raise self._wrong(f"'parameters' is no list of at most {_SCREENS} screens")
        out = {}
        for path, each in found.items():
            if not isinstance(each, dict) or len(each) > _VALUES:
                raise self._wrong(f"what it says of '{shorten(path, 60)}' is no list of names")
            out[path] = {name: self._texts(values, name) for name, values in each.items()}
        return out
