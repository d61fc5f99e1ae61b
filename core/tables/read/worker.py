"""Reads one binary file in a process of its own; run by path, so it imports nothing of ``core``.

The parsers of these formats work on hostile bytes in C, C++ and Rust. Here a crash, a memory
bomb or an endless loop ends this process and not the server. The task comes as JSON on the
standard input; the answer goes to the standard output as JSON, the table to a file.
"""

from __future__ import annotations

import csv
import datetime
import json
import sys
from typing import Any

Answer = dict[str, Any]
#: Sheets that are looked at for the data, and how much larger than a cover sheet that is.
_MOST_SHEETS, _COVER_RATIO = 50, 4


class _Refusal(Exception):
    """A sentence for the user."""

    code = "unreadable"


class _TooLarge(_Refusal):
    """A limit that is passed."""

    code = "too_large"


def main() -> None:
    """Do the task and answer with a sentence instead of a traceback, whatever happens."""
    task = json.load(sys.stdin)
    sys.path[:] = task["path"]
    _limit(task["memory"], task["seconds"])
    try:
        answer = _READERS[task["format"]](task)
    except _Refusal as error:
        answer = {"error": str(error), "code": error.code}
    except MemoryError:
        answer = {"error": "It needs more memory than one table may take.", "code": "too_large"}
    except ModuleNotFoundError as error:
        answer = {"missing": str(error.name)}
    except BaseException as error:  # Rust panics are no Exceptions
        answer = {"error": f"{type(error).__name__}: {error}"[:300], "code": "damaged"}
    json.dump(answer, sys.stdout)


def _limit(memory: int, seconds: int) -> None:
    """Bound address space and processor time, where the system knows how to."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def _check_shape(task: dict[str, Any], rows: int, columns: int) -> None:
    limits = task["limits"]
    for what, count in (("columns", columns), ("rows", rows), ("cells", rows * columns)):
        if count > limits[what]:
            raise _TooLarge(f"It has {count:,} {what}; the limit ({what}) is {limits[what]:,}.")


def _read_workbook(task: dict[str, Any]) -> Answer:
    """Write the wanted sheet, or the one that looks like the data, as CSV."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(task["input"])
    visible = python_calamine.SheetTypeEnum.WorkSheet
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == visible]
    names = names or book.sheet_names
    wanted = task["sheet"]
    if wanted is not None and wanted not in names:
        raise _Refusal(f"It has no sheet '{wanted}'; it has {', '.join(names)}.")
    chosen = _main_sheet(task, book, names) if wanted is None else wanted
    sheet = book.get_sheet_by_name(chosen)
    _check_shape(task, sheet.height, sheet.width)
    if not (sheet.height and sheet.width):
        raise _Refusal(f"Its sheet '{chosen}' holds no cells.")
    rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=True)]
    merged = _fill_merged(rows, sheet)
    with open(task["output"], "w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerows(cells if any(cells) else [] for cells in rows)
    above = sheet.start[0] if sheet.start else 0
    shape = {"width": sheet.width, "above": above, "merged": merged}
    return {"kind": "csv", "sheet": chosen, "sheets": names} | shape


def _main_sheet(task: dict[str, Any], book: Any, names: list[str]) -> str:
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
            _check_shape(task, sheet.height, sheet.width)
            sizes[name] = sheet.height * sheet.width
    if not sizes:
        raise _Refusal("Its sheets hold no cells.")
    first, largest = next(iter(sizes)), max(sizes, key=lambda name: sizes[name])
    return largest if sizes[largest] > _COVER_RATIO * sizes[first] else first


def _fill_merged(rows: list[list[str]], sheet: Any) -> int:
    """Repeat the value of cells merged over several rows in each of them; return how many."""
    try:
        ranges = list(sheet.merged_cell_ranges or ())
    except Exception:  # kinds of workbook that do not tell
        return 0
    top, left = sheet.start or (0, 0)
    filled = 0
    for (first, column), (last, _) in ranges:
        place, column = first - top, column - left
        if last == first or not (0 <= place < len(rows) and 0 <= column < len(rows[place])):
            continue
        for row in rows[place + 1 : last - top + 1]:
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


def _read_parquet(task: dict[str, Any]) -> Answer:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(task["input"]) as file:
        _check_shape(task, file.metadata.num_rows, file.metadata.num_columns)
        return _write(task, file.read(use_threads=False))


def _read_feather(task: dict[str, Any]) -> Answer:
    import pyarrow as pa
    import pyarrow.feather

    try:
        table = pyarrow.feather.read_table(task["input"], use_threads=False, memory_map=False)
    except pa.ArrowInvalid:
        with open(task["input"], "rb") as file:
            table = pa.ipc.open_stream(file).read_all()
    return _write(task, table)


def _read_statistical(task: dict[str, Any]) -> Answer:
    """Read Stata, SPSS and SAS files; value labels become categories."""
    import pyarrow as pa
    import pyreadstat

    read = getattr(pyreadstat, _READSTAT[task["format"]])
    kwargs: dict[str, Any] = {"output_format": "dict"}
    _, about = read(task["input"], metadataonly=True, **kwargs)
    _check_shape(task, about.number_rows or 0, about.number_columns or 0)
    columns, meta = read(task["input"], **kwargs)
    labels = meta.variable_value_labels or {}
    arrays = [_labelled(_array(values), labels.get(name, {})) for name, values in columns.items()]
    return _write(task, pa.Table.from_arrays(arrays, names=list(columns)))


def _array(values: Any) -> Any:
    """Return values of one type as an arrow array; mixed ones as text."""
    import pyarrow as pa

    if getattr(getattr(values, "dtype", None), "kind", "O") in "biuf":
        return pa.array(values)
    plain = [None if value != value else value for value in values]
    try:
        return pa.array(plain)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if v is None else str(v) for v in plain], pa.string())


def _labelled(codes: Any, labels: dict[Any, str]) -> Any:
    """Return the labels of coded values as a category, when every value has its own label."""
    import pyarrow as pa
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


def _read_r(task: dict[str, Any]) -> Answer:
    """Read the data frames of an R file; other objects in it are passed over."""
    import pandas as pd
    import pyarrow as pa
    import pyreadr

    objects = pyreadr.read_r(task["input"])
    frames = {str(k or "data"): v for k, v in objects.items() if isinstance(v, pd.DataFrame)}
    if not frames:
        raise _Refusal("It holds no data frame; lists, models and functions are not read.")
    wanted = task["member"] or next(iter(frames))
    if wanted not in frames:
        raise _Refusal(f"It has no data frame '{wanted}'; it has {', '.join(frames)}.")
    frame = frames[wanted]
    _check_shape(task, *frame.shape)
    names = ["" if name is None else str(name) for name in frame.columns]
    columns = [frame.iloc[:, j] for j in range(frame.shape[1])]
    arrays = [pa.array(c) if c.dtype == "category" else _array(c.to_numpy()) for c in columns]
    labels = [str(label) for label in frame.index]
    if labels[:1] not in (["0"], ["1"], []):
        names.insert(0, "row")
        arrays.insert(0, pa.array(labels, pa.string()))
    answer = _write(task, pa.Table.from_arrays(arrays, names=names))
    return answer | {"member": wanted, "members": list(frames)}


def _write(task: dict[str, Any], table: Any) -> Answer:
    """Check what came out of the parser and hand it over as an arrow file."""
    import pyarrow as pa

    table.validate(full=True)
    _check_shape(task, table.num_rows, table.num_columns)
    if table.nbytes > task["limits"]["table_bytes"]:
        size, most = table.nbytes / 1e6, task["limits"]["table_bytes"] / 1e6
        raise _Refusal(
            f"It takes {size:,.0f} MB in memory; the limit (table_bytes) is {most:,.0f}."
        )
    names = ["row" if n == "__index_level_0__" else str(n) for n in table.column_names]
    keys = [str(j) for j in range(table.num_columns)]
    table = table.rename_columns(keys).replace_schema_metadata(None)
    with pa.OSFile(task["output"], "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {"kind": "arrow", "names": names}


_READSTAT = {
    "dta": "read_dta",
    "sav": "read_sav",
    "por": "read_por",
    "sas7bdat": "read_sas7bdat",
    "xpt": "read_xport",
}
_READERS = {
    "xlsx": _read_workbook,
    "xls": _read_workbook,
    "ods": _read_workbook,
    "parquet": _read_parquet,
    "feather": _read_feather,
    "rds": _read_r,
    "rda": _read_r,
    **dict.fromkeys(_READSTAT, _read_statistical),
}

if __name__ == "__main__":
    main()
