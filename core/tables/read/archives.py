"""Unpacks .gz, .bz2, .xz and .zip files without ever holding more than the limits allow."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, Protocol

from core.exceptions import DataError
from core.formats import count, shorten
from core.tables.limits import LIMITS, NotHere

ARCHIVES = frozenset({"gzip", "bz2", "xz", "zip"})
WORKBOOKS = frozenset({"xlsx", "ods"})  # zip archives too, which their own reader unpacks
_CHUNK = 1 << 20
#: Of methods whose blocks the zip module unpacks whole, so many packed bytes at a time.
_BLOCK = 1 << 12
_TABLES = re.compile(
    r"\.(csv|tsv|tab|txt|dat|xls[xmb]?|ods|parquet|feather|arrow|dta|z?sav|por|sas7bdat|xpt|rds|rda"
    r"|rdata|json|jsonl|ndjson)$",
    re.IGNORECASE,
)
_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError)


class Readable(Protocol):
    """Anything that hands out bytes piece by piece."""

    def read(self, size: int = ..., /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""


@dataclass(frozen=True)
class Unpacked:
    """The content of an archive: its bytes, the name inside, and the names to choose from."""

    data: bytes
    name: str
    member: str = ""
    members: tuple[str, ...] = ()


def unpack(
    data: bytes, form: str, name: str, member: str | None = None, *, most: int | None = None
) -> Unpacked:
    """Return what a compressed file holds.

    Parameters
    ----------
    data : bytes
    form : {"gzip", "bz2", "xz", "zip"}
    name : str
        For messages, and to name the content of a .gz file.
    member : str, optional
        File to take out of a zip archive; by default the first that looks like a table.
    most : int, optional
        Bytes that this process may unpack.

    Raises
    ------
    NotHere
        When there are more of them, or they are packed in a way that hides it.
    DataError
        When the archive is damaged, encrypted, holds no table, or unpacks beyond the limits.
    """
    try:
        if form == "zip":
            return _unpack_zip(data, name, member, most)
        with _open(form, io.BytesIO(data)) as file:
            content = _read_bounded(file, len(data), name, most)
    except _DAMAGE as error:
        raise DataError(
            f"'{name}' is damaged: it cannot be unpacked ({shorten(str(error), 80)}). Download or "
            "save it again.",
            code="unreadable",
        ) from error
    stem = name.rpartition(".")[0] if "." in name else name
    return Unpacked(content, stem)


def check_workbook(data: bytes, name: str) -> None:
    """Refuse a workbook whose parts say that they unpack beyond the limits.

    These sizes are not relied upon: a part that lies meets the limits of the reading process.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(info.file_size for info in archive.infolist())
    LIMITS.check_unpacked(size, len(data), name)


def _open(form: str, packed: IO[bytes]) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    if form == "gzip":
        return gzip.GzipFile(fileobj=packed)
    return bz2.BZ2File(packed) if form == "bz2" else lzma.LZMAFile(packed)


def _read_bounded(
    file: Readable, packed: int, name: str, most: int | None, chunk_size: int = _CHUNK
) -> bytes:
    """Read a stream chunk by chunk and stop at the first byte beyond the limits."""
    chunks, size = [], 0
    while chunk := file.read(chunk_size):
        chunks.append(chunk)
        size += len(chunk)
        LIMITS.check_unpacked(size, packed, name)
        if most is not None and size > most:
            raise NotHere
    return b"".join(chunks)


def _unpack_zip(data: bytes, name: str, wanted: str | None, most: int | None) -> Unpacked:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        tables = {
            shorten(info.filename, 120): info for info in archive.infolist() if _is_table(info)
        }
        if not tables:
            others = count(len(archive.namelist()), "other file")
            raise DataError(
                f"'{name}' holds no table ({others}). Put one table into the archive, or upload it "
                "as it is.",
                code="empty",
            )
        if wanted is not None and wanted not in tables:
            raise DataError(f"'{name}' has no file '{wanted}'; it has {', '.join(tables)}.")
        chosen = wanted or next(iter(tables))
        info = tables[chosen]
        if info.flag_bits & 1:
            raise DataError(f"'{name}' is protected by a password. Unpack it and upload the table.")
        try:
            is_stream = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            if most is not None and not is_stream:
                raise NotHere
            packed = min(info.compress_size, len(data))  # which the archive states of itself
            with archive.open(info) as file:
                content = _read_bounded(file, packed, name, most, _CHUNK if is_stream else _BLOCK)
        except (NotImplementedError, RuntimeError) as error:
            raise DataError(
                f"'{name}' is packed in a way that is not read. Pack it as an ordinary zip file."
            ) from error
    return Unpacked(content, chosen.rpartition("/")[2], chosen, tuple(tables))


def _is_table(info: zipfile.ZipInfo) -> bool:
    base = info.filename.rpartition("/")[2]
    hidden = base.startswith(".") or info.filename.startswith("__MACOSX/")
    return not info.is_dir() and not hidden and _TABLES.search(base) is not None
