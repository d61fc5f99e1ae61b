"""Tables of any Ibis backend that a program hands in: Spark, and whatever else answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from core.sources.engines.duckdb_engine import HandedDuckDB
from core.sources.engines.engine import Engine
from core.sources.engines.libraries import library
from core.sources.engines.place import Place


class SparkEngine(Engine):
    """Spark behind an Ibis table; its questions are one group of jobs, so they can be ended."""

    def __init__(self, label: str, backend: Any) -> None:
        super().__init__(label, backend)
        self._group = f"pooling-{uuid4().hex}"

    def _answer(self, expression: Any) -> Any:
        context = self._backend._session.sparkContext
        context.setJobGroup(self._group, "partial pooling", interruptOnCancel=True)
        return super()._answer(expression)

    def _interrupt(self) -> None:
        self._backend._session.sparkContext.cancelJobGroup(self._group)

    def close(self) -> None:
        """Leave the session to the program that made it."""


class HandedEngine(Engine):
    """Any other backend: it can be stopped between two questions, not within one."""

    @contextmanager
    def kept(self, expression: Any) -> Iterator[Any]:
        """Give the expression itself: the backend works it out again where it is used."""
        yield expression

    def close(self) -> None:
        """Leave the connection to the program that made it."""


class TableOfBackend(Place):
    """A table of a backend, where it can be looked up again."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def columns_now(self) -> list[str] | None:
        """Return the names of the columns as the backend has them now."""
        op = self._table.op()
        if not hasattr(op, "source") or not hasattr(op, "namespace"):
            return None
        with suppress(Exception):  # gone altogether: another error says so
            return list(op.source.table(op.name).columns)
        return None


def engine_of_table(table: Any, label: str) -> Engine:
    """Return the engine behind an Ibis table.

    Raises
    ------
    SourceError
        When Ibis is not installed, or the table belongs to no backend.
    """
    library("ibis", label)
    backend = table._find_backend(use_default=True)
    if backend.name == "postgres":
        from core.sources.engines.postgres_engine import HandedPostgres

        return HandedPostgres(label, backend)
    made = {"duckdb": HandedDuckDB, "pyspark": SparkEngine}.get(backend.name, HandedEngine)
    return made(label, backend)


def place_of_table(table: Any) -> Place:
    """Return where an Ibis table is."""
    return TableOfBackend(table)
