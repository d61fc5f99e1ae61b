"""Hands binary files to ``worker.py``, a process with bounded time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.exceptions import DataError
from core.formats import shorten
from core.tables.limits import LIMITS
from core.tables.read.finish import RawTable
from core.tables.read.report import ReadOptions, ReadReport, choice_note
from core.tables.read.text import read_text

_WORKER = Path(__file__).with_name("worker.py")
_WORKER_LIMITS = ("rows", "columns", "cells", "table_bytes")
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMPDIR", "TZDIR")
_FORMAT_NAMES = {
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


def read_isolated(data: bytes, form: str, name: str, options: ReadOptions) -> RawTable:
    """Return the columns of a binary file, read in another process.

    Parameters
    ----------
    data : bytes
    form : str
        A key of the worker's readers, such as ``"xlsx"``.
    name : str
        For messages and the report.
    options : ReadOptions
        ``sheet``, ``member`` and, for workbooks, ``header_row`` count.

    Raises
    ------
    DataError
        When the file is damaged or beyond the limits, the reader ran out of time or memory, or
        an optional package is missing.
    """
    with tempfile.TemporaryDirectory(prefix="table-") as folder:
        place = Path(folder)
        (place / f"input.{form}").write_bytes(data)
        answer = _ask(place, form, name, options)
        output = place / "output"
        if answer["kind"] == "csv":
            return _from_sheet(output.read_bytes(), form, name, options, answer)
        with pa.OSFile(str(output), "rb") as file:
            columns = pa.ipc.open_file(file).read_all()
    members = tuple(answer.get("members", ()))
    member = answer.get("member", "")
    report = ReadReport(
        name=name, format=form, member=member, members=members, notes=choice_note(members, member)
    )
    return RawTable(columns, tuple(answer["names"]), report)


def _from_sheet(
    text: bytes, form: str, name: str, options: ReadOptions, answer: dict[str, Any]
) -> RawTable:
    """Read a sheet that the worker has written as CSV; rows count from the top of the sheet."""
    above = int(answer["above"])
    header = options.header_row
    plain = replace(
        options,
        encoding="utf-8",
        delimiter="," if int(answer["width"]) > 1 else "",
        quote='"',
        decimal=".",
        comment="",
        header_row=header if not header else max(header - above, 1),
    )
    raw = read_text(text, name, plain)
    sheets, merged = tuple(answer["sheets"]), int(answer["merged"])
    repeated = f"{merged:,} cells merged over several rows: each row has their value."
    report = replace(
        raw.report,
        format=form,
        encoding="",
        delimiter="",
        quote="",
        sheet=answer["sheet"],
        sheets=sheets,
        header_row=raw.report.header_row + above if raw.report.header_row else 0,
        notes=(
            *choice_note(sheets, answer["sheet"]),
            *([repeated] if merged else ()),
            *raw.report.notes,
        ),
    )
    return replace(raw, report=report)


def _ask(place: Path, form: str, name: str, options: ReadOptions) -> dict[str, Any]:
    """Run the worker and return its answer, or raise what it says as DataError."""
    task = {
        "format": form,
        "input": str(place / f"input.{form}"),
        "output": str(place / "output"),
        "sheet": options.sheet,
        "member": options.member,
        "path": sys.path,
        "memory": LIMITS.reader_bytes,
        "seconds": LIMITS.reader_seconds,
        "limits": {what: getattr(LIMITS, what) for what in _WORKER_LIMITS},
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", "-W", "ignore", str(_WORKER)],
            input=json.dumps(task).encode(),
            capture_output=True,
            timeout=LIMITS.reader_seconds + 5,
            cwd=place,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _out_of_bounds(name, form) from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout.decode("utf-8", errors="replace"))
    except ValueError as error:
        raise _out_of_bounds(name, form) from error
    if "kind" not in answer:
        raise _problem(answer, form, name)
    return answer


def _environment() -> dict[str, str]:
    """Return the variables the worker needs: no secrets, one thread, the plain allocator."""
    kept = {key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "ARROW_NUM_THREADS"), "1")
    return kept | single | {"ARROW_DEFAULT_MEMORY_POOL": "system"}


def _out_of_bounds(name: str, form: str) -> DataError:
    return DataError(
        f"'{name}' looks like {_FORMAT_NAMES[form]}, but reading it was stopped: it is damaged, or "
        f"needs more than {LIMITS.reader_seconds} seconds (limit reader_seconds) or "
        f"{LIMITS.reader_bytes / 1e9:.0f} GB of memory (limit reader_bytes). Save it as CSV or "
        "Parquet, with the columns of the model only.",
        code="unreadable",
    )


def _problem(answer: dict[str, Any], form: str, name: str) -> DataError:
    """Return the error that an answer without table amounts to."""
    what = _FORMAT_NAMES[form]
    if "missing" in answer:
        package = str(answer["missing"]).partition(".")[0]
        return DataError(
            f"'{name}' is {what}, which needs the package '{package}'. Install it with "
            'pip install "partial-pooling-explorer[formats]", or save the table as CSV.',
            code="missing_package",
        )
    detail = shorten(str(answer.get("error", "no reason given")), 160)
    if answer.get("code") == "damaged":
        return DataError(
            f"'{name}' looks like {what}, but cannot be read ({detail}). It is damaged or of an "
            "unusual kind: save it again, or as CSV.",
            code="unreadable",
        )
    code = str(answer.get("code", "unreadable"))
    remedy = "Choose another part of the file, or save the table as CSV."
    if code == "too_large":
        remedy = "Keep only the columns of the model, or a sample of the groups, and save it again."
    return DataError(f"'{name}' is {what} that cannot be used. {detail} {remedy}", code=code)
