"""Reads binary files: workbooks, Parquet, Feather, Stata, SPSS, SAS and R.

The parsers of these formats work on hostile bytes in C, C++ and Rust: call ``read_binary`` in the
bounded process of ``reading_child.py`` only. Sizes that a file states about itself serve to refuse
it early; none is relied upon, for the process is bounded whatever it says.
"""

from __future__ import annotations

import csv
import datetime
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.exceptions import DataError, PoolingError
from core.formats import shorten
from core.tables.limits import LIMITS
from core.tables.read.finish import RawTable
from core.tables.read.number_marks import NAMES, Format
from core.tables.read.report import ReadOptions, ReadReport, choice_note
from core.tables.read.text import read_text
from core.tables.sizes import CELL

#: Sheets that are looked at for the data, and how much larger than a cover sheet that is.
_MOST_SHEETS, _COVER_RATIO = 50, 4


@dataclass(frozen=True)
class _Task:
    """A binary file on its way: where it is, and what is wanted of it."""

    path: str
    form: Format
    name: str
    size: int
    options: ReadOptions

    def check_shape(self, rows: int, columns: int) -> None:
        """Refuse a table that is too large before its cells are made; half a number each."""
        LIMITS.check_made(rows, columns, CELL // 2 * rows * columns, self.size, self.name)

    def raw(self, columns: pa.Table, member: str = "", members: tuple[str, ...] = ()) -> RawTable:
        """Check what came out of the parser and return it with its report."""
        columns.validate(full=True)
        self.check_shape(columns.num_rows, columns.num_columns)
        LIMITS.check_memory(columns.nbytes, self.name)
        names = ["row" if n == "__index_level_0__" else str(n) for n in columns.column_names]
        bare = columns.rename_columns([str(j) for j in range(len(names))])
        bare = bare.replace_schema_metadata(None).unify_dictionaries()
        notes = choice_note(members, member)
        report = ReadReport(self.name, self.form, member=member, members=members, notes=notes)
        return RawTable(bare, tuple(names), report)


def read_binary(data: bytes, form: Format, name: str, options: ReadOptions) -> RawTable:
    """Return the columns of a binary file.

    Parameters
    ----------
    data : bytes
    form : str
        Such as ``"xlsx"``.
    name : str
        For messages and the report.
    options : ReadOptions
        ``sheet``, ``member`` and, for workbooks, ``header_row`` count.

    Raises
    ------
    DataError
        When the file is damaged or beyond the limits, or an optional package is missing.
    """
    what = NAMES[form]
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"input.{form}"
            path.write_bytes(data)
            return _READERS[form](_Task(str(path), form, name, len(data), options))
    except PoolingError:
        raise
    except MemoryError as error:
        raise DataError(
            f"'{name}' looks like {what} that needs more memory than one table may take, or is "
            "damaged. Keep only the columns of the model, or save it as CSV.",
            code="too_large",
        ) from error
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise DataError(
            f"'{name}' is {what}, which needs the package '{package}'. Install it with "
            'pip install "partial-pooling-explorer[formats]", or save the table as CSV.',
            code="missing_package",
        ) from error
    except BaseException as error:  # Rust panics are no Exceptions
        detail = shorten(f"{type(error).__name__}: {error}", 160)
        raise DataError(
            f"'{name}' looks like {what}, but cannot be read ({detail}). It is damaged or of an "
            "unusual kind: save it again, or as CSV.",
            code="unreadable",
        ) from error


def _unusable(task: _Task, detail: str) -> DataError:
    return DataError(
        f"'{task.name}' is {NAMES[task.form]} that cannot be used. {detail} Choose another part of "
        "the file, or save the table as CSV.",
        code="unreadable",
    )


def _read_workbook(task: _Task) -> RawTable:
    """Read the wanted sheet, or the one that looks like the data, by way of CSV."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(task.path)
    visible = python_calamine.SheetTypeEnum.WorkSheet
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == visible]
    names = names or book.sheet_names
    wanted = task.options.sheet
    if wanted is not None and wanted not in names:
        raise _unusable(task, f"It has no sheet '{wanted}'; it has {', '.join(names)}.")
    chosen = _main_sheet(task, book, names) if wanted is None else wanted
    sheet = book.get_sheet_by_name(chosen)
    task.check_shape(sheet.height, sheet.width)
    if not (sheet.height and sheet.width):
        raise _unusable(task, f"Its sheet '{chosen}' holds no cells.")
    rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=True)]
    merged = _fill_merged(task, rows, sheet)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows(cells if any(cells) else [] for cells in rows)
    del rows
    text = out.getvalue().encode("utf-8", errors="replace")
    raw = _read_sheet(task, text, sheet)
    repeated = f"{merged:,} cells merged over several rows: each row has their value."
    said = (*choice_note(tuple(names), chosen), *([repeated] if merged else ()))
    report = replace(
        raw.report, sheet=chosen, sheets=tuple(names), notes=(*said, *raw.report.notes)
    )
    return replace(raw, report=report)


def _read_sheet(task: _Task, text: bytes, sheet: Any) -> RawTable:
    """Read a sheet as CSV; rows count from the top of the sheet."""
    above = sheet.start[0] if sheet.start else 0
    header = task.options.header_row
    plain = replace(
        task.options,
        encoding="utf-8",
        delimiter="," if sheet.width > 1 else "",
        quote='"',
        decimal=".",
        comment="",
        header_row=header if not header else max(header - above, 1),
    )
    raw = read_text(text, task.name, plain)
    found = raw.report.header_row
    report = replace(
        raw.report,
        format=task.form,
        encoding="",
        delimiter="",
        quote="",
        header_row=found + above if found else 0,
    )
    return replace(raw, report=report)


def _main_sheet(task: _Task, book: Any, names: list[str]) -> str:
    """Return the first sheet with cells, or the largest where that one is but a cover or a key."""
    sizes = {}
    for name in names[:_MOST_SHEETS]:
        try:
            sheet = book.get_sheet_by_name(name)
        except Exception:  # one damaged sheet does not spoil the others
            if len(names) == 1:
                raise
            continue
        if sheet.height and sheet.width:
            task.check_shape(sheet.height, sheet.width)
            sizes[name] = sheet.height * sheet.width
    if not sizes:
        raise _unusable(task, "Its sheets hold no cells.")
    first, largest = next(iter(sizes)), max(sizes, key=lambda name: sizes[name])
    return largest if sizes[largest] > _COVER_RATIO * sizes[first] else first


def _fill_merged(task: _Task, rows: list[list[str]], sheet: Any) -> int:
    """Repeat the value of cells merged over several rows in each of them; return how many."""
    try:
        ranges = list(sheet.merged_cell_ranges or ())
    except Exception:  # kinds of workbook that do not tell
        return 0
    top, left = sheet.start or (0, 0)
    filled, room = 0, sum(map(len, rows))
    for (first, column), (last, _) in ranges:
        place, column, end = first - top, column - left, min(last - top + 1, len(rows))
        if last == first or not (0 <= place < len(rows) and 0 <= column < len(rows[place])):
            continue
        room -= end - place
        if room < 0:
            raise _unusable(task, "More cells are merged than there are: its ranges overlap.")
        for row in rows[place + 1 : end]:
            if column < len(row) and not row[column]:
                row[column] = rows[place][column]
        filled += 1
    return filled


def _cell(value: Any) -> str:
    """Return a cell as it stands in CSV: whole numbers without '.0', dates as ISO."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return str(value)


def _read_parquet(task: _Task) -> RawTable:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(task.path) as file:
        task.check_shape(file.metadata.num_rows, file.metadata.num_columns)
        return task.raw(file.read(use_threads=False))


def _read_feather(task: _Task) -> RawTable:
    import pyarrow.feather

    try:
        table = pyarrow.feather.read_table(task.path, use_threads=False, memory_map=False)
    except pa.ArrowInvalid:
        with open(task.path, "rb") as file:
            table = pa.ipc.open_stream(file).read_all()
    return task.raw(table)


def _read_statistical(task: _Task) -> RawTable:
    """Read Stata, SPSS and SAS files; value labels become categories."""
    import pyreadstat

    read = getattr(pyreadstat, _READSTAT[task.form])
    kwargs: dict[str, Any] = {"output_format": "dict"}
    _, about = read(task.path, metadataonly=True, **kwargs)
    task.check_shape(about.number_rows or 0, about.number_columns or 0)
    columns, meta = read(task.path, **kwargs)
    labels = meta.variable_value_labels or {}
    arrays = [_labelled(_array(values), labels.get(name, {})) for name, values in columns.items()]
    return task.raw(pa.Table.from_arrays(arrays, names=list(columns)))


def _array(values: Any) -> Any:
    """Return values of one type as an arrow array; mixed ones as text."""
    if getattr(getattr(values, "dtype", None), "kind", "O") in "biuf":
        return pa.array(values)
    plain = [None if value != value else value for value in values]
    try:
        return pa.array(plain)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if v is None else str(v) for v in plain], pa.string())


def _labelled(codes: Any, labels: dict[Any, str]) -> Any:
    """Return the labels of coded values as a category, when every value has its own label."""
    import pyarrow.compute as pc

    present = set(pc.unique(codes).drop_null().to_pylist())
    known = [code for code in labels if code in present]
    texts = [str(labels[code]) for code in known]
    if not present or len(known) < len(present) or len(set(texts)) < len(texts):
        return codes
    order = sorted(range(len(known)), key=lambda i: known[i])
    values = pa.array([known[i] for i in order], codes.type)
    index = pc.index_in(codes, value_set=values)
    return pa.DictionaryArray.from_arrays(index, pa.array([texts[i] for i in order], pa.string()))


def _read_r(task: _Task) -> RawTable:
    """Read the data frames of an R file; other objects in it are passed over."""
    import pandas as pd
    import pyreadr

    objects = pyreadr.read_r(task.path)
    frames = {str(k or "data"): v for k, v in objects.items() if isinstance(v, pd.DataFrame)}
    if not frames:
        raise _unusable(task, "It holds no data frame; lists, models and functions are not read.")
    wanted = task.options.member or next(iter(frames))
    if wanted not in frames:
        raise _unusable(task, f"It has no data frame '{wanted}'; it has {', '.join(frames)}.")
    frame = frames[wanted]
    task.check_shape(*frame.shape)
    names = ["" if name is None else str(name) for name in frame.columns]
    columns = [frame.iloc[:, j] for j in range(frame.shape[1])]
    arrays = [pa.array(c) if c.dtype == "category" else _array(c.to_numpy()) for c in columns]
    labels = [str(label) for label in frame.index]
    if labels[:1] not in (["0"], ["1"], []):
        names.insert(0, "row")
        arrays.insert(0, pa.array(labels, pa.string()))
    return task.raw(pa.Table.from_arrays(arrays, names=names), wanted, tuple(frames))


_READSTAT = {
    "dta": "read_dta",
    "sav": "read_sav",
    "por": "read_por",
    "sas7bdat": "read_sas7bdat",
    "xpt": "read_xport",
}
_READERS: dict[str, Callable[[_Task], RawTable]] = {
    "xlsx": _read_workbook,
    "xls": _read_workbook,
    "ods": _read_workbook,
    "parquet": _read_parquet,
    "feather": _read_feather,
    "rds": _read_r,
    "rda": _read_r,
    **dict.fromkeys(_READSTAT, _read_statistical),
}
