"""PostgreSQL: read in one snapshot, by a connection that cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import pyarrow as pa

from core.exceptions import SourceError
from core.sources.engines.engine import Engine, words
from core.sources.engines.libraries import library
from core.sources.engines.place import Place
from core.sources.engines.secret import Secret

#: Seconds after which a server that does not answer counts as not reached.
_PATIENCE = 15


class HandedPostgres(Engine):
    """A connection to PostgreSQL that a program has made, and goes on using."""

    @contextmanager
    def kept(self, expression: Any) -> Iterator[Any]:
        """Give the expression itself: nothing is written to a database, not even for a while."""
        yield expression

    def close(self) -> None:
        """Leave the connection to the program that made it."""

    @property
    def connection(self) -> Any:
        """The driver's connection."""
        return self._backend.con

    def _answer(self, expression: Any) -> pa.Table:
        # Not by Ibis: its answers come as Python objects by way of pandas, which takes 1 for a
        # float where a count of groups is meant.
        schema = expression.schema().to_pyarrow()
        sql = self._backend.compile(expression)
        with self.connection.cursor() as cursor, self.connection.transaction():
            rows = cursor.execute(sql).fetchall()
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
        arrays = [pa.array(c, type=f.type) for c, f in zip(columns, schema, strict=True)]
        return pa.Table.from_arrays(arrays, schema=schema)

    def _interrupt(self) -> None:
        with suppress(Exception):  # gone already: then there is nothing to end
            self.connection.cancel_safe(timeout=5.0)

    def _code(self, error: Exception) -> str:
        state = getattr(error, "sqlstate", None) or ""
        if state.startswith("57P") or state.startswith("08") or self.connection.closed:
            return "lost"
        exact = {"42501": "not_permitted", "42P01": "table_gone", "57014": "cancelled"}
        if state in exact:
            return exact[state]
        return "out_of_resources" if state.startswith("53") else super()._code(error)


class PostgresEngine(HandedPostgres):
    """PostgreSQL by an address; the connection is made anew when it was lost.

    Parameters
    ----------
    label : str
    address : str
        ``postgresql://user:password@host:port/database``; kept to itself.
    """

    def __init__(self, label: str, address: str) -> None:
        self._driver = library("psycopg", label)
        ibis = library("ibis", label)
        self._address = Secret(address)
        self._depth = 0
        self.label = label
        super().__init__(label, ibis.postgres.from_connection(self._connect()))

    @contextmanager
    def work(self) -> Iterator[None]:
        """Hold one snapshot of the database for several questions."""
        with super().work():
            if self._depth:
                yield
                return
            self._depth += 1
            try:
                with self._snapshot():
                    yield
            finally:
                self._depth -= 1

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        transaction = self.guard(lambda: self._alive().transaction())
        self.guard(transaction.__enter__)
        try:
            yield
        except BaseException as error:
            with suppress(Exception):  # of a connection that is gone nothing is to be undone
                transaction.__exit__(type(error), error, error.__traceback__)
            raise
        self.guard(lambda: transaction.__exit__(None, None, None))

    def close(self) -> None:
        """Let go of the connection."""
        with suppress(Exception):
            self.connection.close()

    def _answer(self, expression: Any) -> pa.Table:
        self._alive()
        return super()._answer(expression)

    def _alive(self) -> Any:
        """Return the connection, made anew when it was lost and nothing hangs on it."""
        if self.connection.closed and self._depth <= 1:
            self._backend.con = self._connect()
        return self.connection

    def _connect(self) -> Any:
        try:
            connection = self._driver.connect(
                self._address.value,
                autocommit=True,
                connect_timeout=_PATIENCE,
                application_name="partial pooling",
                keepalives_idle=30,
                keepalives_interval=10,
                keepalives_count=3,
                options="-c default_transaction_read_only=on -c synchronize_seqscans=off",
            )
            connection.read_only = True
            connection.isolation_level = self._driver.IsolationLevel.REPEATABLE_READ
        except Exception as error:
            self._refuse(error)
        return connection

    def _refuse(self, error: Exception) -> NoReturn:
        """Raise in words why there is no connection; the driver's text names the account."""
        if isinstance(error, self._driver.ProgrammingError):
            raise SourceError(
                f"The address of {self.label} is not one that PostgreSQL understands. Correct it "
                "in the configuration: postgresql://user:password@host:port/database.",
                code="not_reached",
            ) from None
        raise words(self.label, "not_reached") from None


class Relation(Place):
    """A table or view of a PostgreSQL database.

    Parameters
    ----------
    engine : PostgresEngine
    name : str
        With its schema or without: ``"sales.orders"``, ``"orders"``.
    """

    def __init__(self, engine: PostgresEngine, name: str) -> None:
        self._engine = engine
        schema, dot, bare = name.rpartition(".")
        self._where = (schema, bare) if dot and schema else (None, name)

    def table(self) -> Any:
        """Return the table as an Ibis expression."""
        schema, name = self._where
        return self._engine.guard(lambda: self._engine.backend.table(name, database=schema))

    def columns_now(self) -> list[str] | None:
        """Return the names of the columns as the database has them now; None if it is gone."""
        with suppress(SourceError):
            return list(self.table().columns)
        return None
