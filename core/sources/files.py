"""Files and folders of files, opened by DuckDB inside this process."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.exceptions import DataError, SourceError
from core.formats import shorten
from core.sources.engines.duckdb_engine import DuckDBEngine
from core.sources.engines.place import Place
from core.sources.lazy_table import LazyTable
from core.sources.texts import all_numbers, number_in, without_marks
from core.tables.names import unique_names

_PARQUET = frozenset({".parquet", ".pq", ".parq"})
_ARROW = frozenset({".arrow", ".feather", ".ipc"})
_TEXT = frozenset({".csv", ".tsv", ".tab", ".txt", ".gz", ".zst"})
_PATTERN = re.compile(r"[*?\[\]{}]")
#: More files than this are no table that somebody meant to open.
MOST_FILES = 100_000


class Files(Place):
    """The files of a table, as they were when it was opened."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self._seen = self._look()

    def _look(self) -> list[tuple[int, int]] | None:
        try:
            found = [path.stat() for path in self.paths]
        except OSError:
            return None
        return [(one.st_size, one.st_mtime_ns) for one in found]

    def columns_now(self) -> list[str] | None:
        """Return the names of the columns in the first file."""
        try:
            return list(pq.read_schema(self.paths[0]).names)
        except (OSError, pa.ArrowException):
            return None

    def check(self, label: str) -> None:
        """Raise SourceError when a file is gone, or has been written to since."""
        now = self._look()
        if now is None:
            raise SourceError(
                f"A file of {label} is no longer there. Nothing that was shown before is lost. "
                "Put it back, or open another table.",
                code="table_gone",
            )
        if now != self._seen:
            raise SourceError(
                f"{label} has been written to since it was opened, so what was counted before no "
                "longer holds. Nothing that was shown before is lost. Open it again.",
                code="changed",
            )


@dataclass(frozen=True)
class Found:
    """The files that a path names, all of one kind."""

    paths: tuple[Path, ...]
    kind: str


def find_files(source: str | os.PathLike[str], label: str) -> Found:
    """Return the files of a path, a pattern (``folder/*.parquet``) or a folder.

    Raises
    ------
    SourceError
        When there are none, or files of several kinds.
    """
    text = os.fspath(source)
    path = Path(text)
    if path.is_file():
        paths = [path]
    elif path.is_dir():
        paths = [p for p in path.rglob("*") if p.is_file() and _kind(p) and p.name[0] not in "._"]
    else:
        paths = [Path(p) for p in glob.glob(text, recursive=True) if os.path.isfile(p)]
    kinds = {_kind(p) for p in paths}
    if not paths or None in kinds or len(paths) > MOST_FILES:
        raise SourceError(
            f"{label} names no table that can be asked where it is: give a Parquet, CSV or Arrow "
            "file, a pattern such as 'folder/*.parquet', or a folder of such files.",
            code="not_reached",
        )
    if len(kinds) > 1:
        raise SourceError(
            f"{label} holds files of several kinds. Name those of one kind, such as "
            "'folder/*.parquet'.",
            code="refused",
        )
    return Found(tuple(sorted(paths)), kinds.pop() or "")


def _kind(path: Path) -> str | None:
    endings = {".parquet": _PARQUET, ".arrow": _ARROW, ".csv": _TEXT}
    return next((kind for kind, some in endings.items() if path.suffix.lower() in some), None)


def open_files(found: Found, engine: DuckDBEngine) -> LazyTable:
    """Return the lazy table of some files.

    Raises
    ------
    SourceError
        When a file is damaged, or the files do not go together.
    """
    place = Files(found.paths)
    if found.kind == ".csv":
        from core.sources.delimited import as_parquet

        paths = [as_parquet(path, engine, i) for i, path in enumerate(found.paths)]
        return _open_parquet(paths, engine, place)
    if found.kind == ".arrow":
        return open_arrow(_dataset(found.paths, engine.label), engine, place=place)
    return _open_parquet(list(found.paths), engine, place)


def _dataset(paths: Sequence[Path], label: str) -> Any:
    from pyarrow import dataset

    try:
        return dataset.dataset([str(path) for path in paths], format="feather")
    except (OSError, pa.ArrowException):
        raise damaged(label) from None


def damaged(label: str) -> SourceError:
    """Return the error for files that are not what their names say."""
    return SourceError(
        f"{label} cannot be read: a file is damaged, or not of the kind that its name says. "
        "Write it again, for instance as Parquet.",
        code="refused",
    )


def _open_parquet(paths: Sequence[Path], engine: DuckDBEngine, place: Files) -> LazyTable:
    try:
        schema = pq.read_schema(paths[0])
    except (OSError, pa.ArrowException):
        raise damaged(engine.label) from None
    plain = [_plain(path, engine, i) for i, path in enumerate(paths)]
    several = {"union_by_name": True} if len(plain) > 1 else {}
    table = engine.guard(
        lambda: engine.backend.read_parquet([str(p) for p in plain], table_name="files", **several)
    )
    engine.confine(plain)
    orders = _orders(schema, paths[0])
    return LazyTable(
        engine,
        _tidied(engine, table, schema),
        names=names_of(list(schema.names), table.columns),
        place=place,
        orders=orders,
    )


def _plain(path: Path, engine: DuckDBEngine, number: int) -> Path:
    """Return a path that DuckDB does not take for a pattern."""
    whole = path.resolve()
    if not _PATTERN.search(str(whole)):
        return whole
    link = engine.folder / f"file{number}{whole.suffix.lower()}"
    link.symlink_to(whole)
    return link


def names_of(typed: Sequence[str], theirs: Sequence[str]) -> dict[str, str]:
    """Return the reader's name of each column, cleaned as in memory, and the engine's.

    Engines that do not tell 'x' from 'X' rename one of them; the places tell which is which.
    """
    if len(typed) != len(theirs):
        typed = list(theirs)
    return dict(zip(unique_names(list(typed))[0], theirs, strict=True))


def _tidied(engine: DuckDBEngine, table: Any, schema: pa.Schema) -> Any:
    """Return a file's columns as ``core.read_table`` reads them.

    Truth values are the categories True and False; marks of missing text are missing, and a
    text that is nothing but numbers is numbers.
    """
    import ibis

    changed, texts = {}, []
    is_category = {f.name for f in schema if pa.types.is_dictionary(f.type)}
    for name, dtype in table.schema().items():
        column = table[name]
        if dtype.is_boolean():
            changed[name] = ibis.cases((column, "True"), (~column, "False"))
        elif dtype.is_string() and name not in is_category:
            changed[name] = without_marks(column)
            texts.append(name)
    if not changed:
        return table
    tidy = table.mutate(**changed)
    numbers = all_numbers(engine, tidy, texts)
    return tidy.mutate(**{name: number_in(tidy[name]) for name in numbers}) if numbers else tidy


def _orders(schema: pa.Schema, path: Path) -> dict[str, tuple[str, ...]]:
    """Return the order of the levels of the categories that were written with one."""
    ordered = [f.name for f in schema if pa.types.is_dictionary(f.type) and f.type.ordered]
    if not ordered:
        return {}
    try:
        file = pq.ParquetFile(path, read_dictionary=ordered)
        first = file.read_row_group(0, columns=ordered)
    except (OSError, pa.ArrowException):
        return {}
    out = {}
    for name in ordered:
        column = first[name]
        if pa.types.is_dictionary(column.type) and column.num_chunks:
            out[name] = tuple(map(str, column.chunk(0).dictionary.to_pylist()))
    return {unique_names([name])[0][0]: levels for name, levels in out.items()}


def open_arrow(
    table: Any,
    engine: DuckDBEngine,
    *,
    place: Place | None = None,
    orders: dict[str, tuple[str, ...]] | None = None,
) -> LazyTable:
    """Return the lazy table of an Arrow table or dataset, which DuckDB reads where it is."""
    if not len(table.schema.names):
        raise DataError("The table has no columns. Open another.")
    engine.guard(lambda: engine.backend.con.register("arrow_table", table))
    found = engine.guard(lambda: engine.backend.table("arrow_table"))
    engine.confine([])
    names = names_of(list(table.schema.names), found.columns)
    return LazyTable(engine, found, names=names, place=place, orders=orders)


def label_of_path(source: str | os.PathLike[str]) -> str:
    """Return what a path is called in messages: its last part, in quotation marks."""
    text = os.fspath(source).rstrip("/\\")
    return f"'{shorten(Path(text).name or 'the folder', 80)}'"
