"""``open_table``: one door for tables that stay where they are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from core.exceptions import DataError, SourceError
from core.formats import shorten
from core.sources.engines.duckdb_engine import MEMORY, SPILL, DuckDBEngine
from core.sources.engines.handed import engine_of_table, place_of_table
from core.sources.engines.stop import Stop
from core.sources.files import find_files, label_of_path, open_arrow, open_files
from core.sources.lazy_table import LazyTable

_POSTGRES = ("postgresql://", "postgres://")


def open_table(
    source: Any,
    *,
    table: str | None = None,
    label: str | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
    memory: str = MEMORY,
    spill: str = SPILL,
    threads: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    stop: Stop | None = None,
) -> LazyTable:
    """Return a table that is asked where it is, not read.

    Parameters
    ----------
    source : str, path, Ibis table, Arrow table or DataFrame
        A Parquet, CSV or Arrow file; a pattern such as ``"folder/*.parquet"`` or a folder; an
        address such as ``"postgresql://user@host/database"``; a table of any Ibis backend
        (Spark, say); or a table in memory.
    table : str, optional
        The table's name in a database, with its schema where it is not the usual one
        (``"sales.orders"``).
    label : str, optional
        What the source is called in messages. Never an address.
    orders : mapping of str to sequence of str, optional
        The order of the levels of some categories, the reference first.
    memory, spill : str
        How much memory and disk DuckDB may take (files and tables in memory).
    threads : int, optional
        How many threads of it work; by default one for each processor, eight at most.
    folder : path, optional
        Where it may write what does not fit in memory; a folder of the system by default.
    stop : Stop, optional
        Ends the opening from another thread: text is rewritten by columns first, which takes a
        while for a large file.

    Returns
    -------
    LazyTable
        Columns, kinds, counts, a sample; ``core.GroupedData.from_query(table, spec)`` for the
        fits. Close it, or use it in a ``with`` statement.

    Raises
    ------
    SourceError
        When the source is not there, cannot be reached, or needs a package that is missing.

    Examples
    --------
    >>> import pandas as pd, core
    >>> table = core.open_table(pd.DataFrame({"y": [1.0, 2.0], "g": ["a", "b"]}))
    >>> table.columns, table.n_rows
    (('y', 'g'), 2)
    """
    settings = {"memory": memory, "spill": spill, "threads": threads, "folder": folder}
    stop = stop or Stop()
    if isinstance(source, str) and source.lower().startswith(_POSTGRES):
        opened = _open_postgres(source, table, label, stop)
    elif isinstance(source, str) and "://" in source:
        kind = shorten(source.split("://", 1)[0], 20)
        raise SourceError(
            f"Addresses of the kind '{kind}' are not opened: give a file, a folder, an address "
            "that begins with postgresql://, or an Ibis table.",
            code="refused",
        )
    elif isinstance(source, str | os.PathLike):
        opened = _open_path(source, label or label_of_path(source), settings, stop)
    elif isinstance(source, pd.DataFrame | pa.Table):
        opened = _open_memory(source, label or "The table", settings)
    elif hasattr(source, "_find_backend"):
        engine = engine_of_table(source, label or "The table")
        opened = LazyTable(engine, source, place=place_of_table(source))
    else:
        raise DataError(
            "A table is opened from a path, an address, an Ibis table, an Arrow table or a "
            f"DataFrame, not from {type(source).__name__}."
        )
    return opened.order(**orders) if orders else opened


def _open_path(
    source: str | os.PathLike[str], label: str, settings: dict[str, Any], stop: Stop
) -> LazyTable:
    found = find_files(source, label)
    engine = DuckDBEngine(label, **settings)
    stop.follows(engine)
    try:
        return open_files(found, engine)
    except BaseException:
        engine.close()
        raise


def _open_memory(
    source: pd.DataFrame | pa.Table, label: str, settings: dict[str, Any]
) -> LazyTable:
    orders: dict[str, tuple[str, ...]] = {}
    if isinstance(source, pd.DataFrame):
        for name, dtype in source.dtypes.items():
            if isinstance(dtype, pd.CategoricalDtype) and dtype.ordered:
                orders[str(name)] = tuple(map(str, dtype.categories))
        try:
            source = pa.Table.from_pandas(source, preserve_index=False)
        except (pa.ArrowException, TypeError, ValueError):
            raise DataError(
                f"{label} mixes values of several kinds in one column. Give every column one kind."
            ) from None
    engine = DuckDBEngine(label, **settings)
    try:
        return open_arrow(source, engine, orders=orders)
    except BaseException:
        engine.close()
        raise


def _open_postgres(address: str, table: str | None, label: str | None, stop: Stop) -> LazyTable:
    from core.sources.engines.postgres_engine import PostgresEngine, Relation

    if not table:
        raise DataError("Name the table of the database: core.open_table(address, table=...).")
    named = label or f"The table '{shorten(table, 60)}' (PostgreSQL)"
    engine = PostgresEngine(named, address)
    stop.follows(engine)
    try:
        place = Relation(engine, table)
        return LazyTable(engine, place.table(), place=place)
    except BaseException:
        engine.close()
        raise
