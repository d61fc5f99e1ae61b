"""Tells file formats apart by their content, and names those that are refused."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Literal, TypeAlias

from core.exceptions import DataError
from core.tables.limits import LIMITS

Format: TypeAlias = Literal[
    "csv", "json", "gzip", "bz2", "xz", "zip", "xlsx", "xls", "ods", "parquet", "feather",
    "dta", "sav", "por", "sas7bdat", "xpt", "rds", "rda",
]  # fmt: skip

#: What a file is called in messages.
NAMES: dict[Format, str] = {
    "csv": "a table of text",
    "json": "JSON",
    "gzip": "a compressed file",
    "bz2": "a compressed file",
    "xz": "a compressed file",
    "zip": "a zip archive",
    "xlsx": "an Excel workbook",
    "xls": "an Excel workbook",
    "ods": "an OpenDocument spreadsheet",
    "parquet": "a Parquet file",
    "feather": "a Feather file",
    "dta": "a Stata file",
    "sav": "an SPSS file",
    "por": "an SPSS file",
    "sas7bdat": "a SAS file",
    "xpt": "a SAS transport file",
    "rds": "an R file",
    "rda": "an R file",
}
READ = "CSV, TSV, Excel, OpenDocument, Parquet, Feather, Stata, SPSS, SAS, R and JSON"

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAS = b"\0" * 12 + b"\xc2\xea\x81`\xb3\x14\x11\xcf\xbd\x92\x08\0\x09\xc71\x8c\x18\x1f\x10\x11"
_ZIP_ENTRY = b"PK\x01\x02"
_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "feather"),
    (b"FEA1", "feather"),
    (b"\xff\xff\xff\xff", "feather"),
    (b"<stata_dta>", "dta"),
    (b"$FL2", "sav"),
    (b"$FL3", "sav"),
    (_SAS, "sas7bdat"),
    (b"HEADER RECORD*******LIB", "xpt"),
    (b"RDX", "rda"),
    (b"RDA", "rda"),
    (b"RDB", "rda"),
    (b"X\n\0\0", "rds"),
    (b"A\n2\n", "rds"),
    (b"A\n3\n", "rds"),
)
_REFUSED: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), what)
    for pattern, what in (
        (rb"\x80[\x02-\x05].", "a Python pickle, which can run any program when it is opened"),
        (rb"\x93NUMPY", "a NumPy array, which has no column names"),
        (rb"\x89HDF\r\n", "an HDF5 file, which can hold anything"),
        (rb"SQLite format 3\0", "an SQLite database"),
        (rb"MATLAB 5", "a Matlab file"),
        (rb"%PDF-", "a PDF document"),
        (rb"\{\\rtf", "a text document"),
        (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0\0\0|II\*\0|RIFF", "a picture or recording"),
        (rb"7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18", "an archive that is not read"),
        (rb"\x7fELF|MZ.{2}\0", "a program"),
        (rb"ORC|Obj\x01", "an ORC or Avro file"),
        (rb"\s*<(?:!doctype|html|head|body|table|script)[\s>]", "a web page, not the file itself"),
        (rb"\s*<\?xml\s", "an XML document"),
    )
)
_EXTENSION_ONLY: dict[str, Format] = {"por": "por", "xpt": "xpt"}
_JSON_START = re.compile(rb'\s*(?:\[\s*[\[{]|\{\s*"|\[\s*\]|\{\s*\})')


def recognise(data: bytes, name: str) -> Format:
    """Return the format of a file from its first bytes; the name decides only where they do not.

    Raises
    ------
    DataError
        When the content is of a kind that is not read, which the message names.
    """
    for magic, form in _MAGIC:
        if data.startswith(magic):
            return form
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _inside_zip(data, name)
    for pattern, what in _REFUSED:
        if pattern.match(data[:200]):
            raise refused(name, what)
    if len(data) > 3 and 102 <= data[0] <= 115 and data[1] in (1, 2) and data[2] == 1:
        return "dta"
    if b"SPSS PORT FILE" in data[:300]:
        return "por"
    extension = extension_of(name)
    if extension in _EXTENSION_ONLY:
        return _EXTENSION_ONLY[extension]
    bare = data[:500].removeprefix(b"\xef\xbb\xbf")
    if _JSON_START.match(bare) or (extension in ("json", "jsonl", "ndjson") and bare.strip()):
        return "json"
    return "csv"


def check_password(data: bytes, name: str) -> None:
    """Refuse a workbook that is encrypted, which has the outside of an old one (.xls)."""
    if _ENCRYPTED in data:
        raise DataError(
            f"'{name}' is protected by a password. Open it in Excel and save it without one, or "
            "save the table as CSV.",
            code="unreadable",
        )


def extension_of(name: str) -> str:
    """Return the last extension of a file name in lower case, without the dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def refused(name: str, what: str) -> DataError:
    """Return the error for content of a kind that is not read."""
    return DataError(
        f"'{name}' is {what}. Save the table in a format that is read: {READ}.",
        code="unknown_format",
    )


def _inside_zip(data: bytes, name: str) -> Format:
    """Tell workbooks, which are zip archives too, from archives of tables."""
    LIMITS.check_parts(data.count(_ZIP_ENTRY), name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.namelist()
            kind = _opendocument(archive) if "mimetype" in members else ""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise DataError(
            f"'{name}' is a damaged zip archive or workbook. Save or download it again.",
            code="unreadable",
        ) from error
    if "[Content_Types].xml" in members:
        if any(member.startswith("xl/") for member in members):
            return "xlsx"
        raise refused(name, "a document of an office program")
    if kind:
        if "spreadsheet" in kind:
            return "ods"
        raise refused(name, "a document of an office program")
    if any(member.endswith(".npy") for member in members):
        raise refused(name, "a set of NumPy arrays, which have no column names")
    return "zip"


def _opendocument(archive: zipfile.ZipFile) -> str:
    if archive.getinfo("mimetype").compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return ""  # the others are unpacked in whole blocks, however little is asked for
    with archive.open("mimetype") as file:
        kind = file.read(200).decode("ascii", errors="replace")
    return kind if "opendocument" in kind else ""
