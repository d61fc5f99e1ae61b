"""A PostgreSQL server of the tests' own: made in a temporary folder, gone with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
#: Stands in every address, and must stand in no message.
PASSWORD = "sesame-9f3"


def find_server() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``; None where there is no server."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += [p for place in _PLACES for p in sorted(Path("/").glob(place[1:]), reverse=True)]
    return next((p for p in folders if (p / "initdb").exists() and (p / "postgres").exists()), None)


class Server:
    """A running server with one database."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        # A server refuses to run as the superuser of the machine.
        self._as = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, **self._as)
        (self.folder / "password").write_text(PASSWORD)
        made = ["initdb", "-D", "data", "-U", "tester", "-A", "scram-sha-256", "--no-sync"]
        made += ["--pwfile", "password", "-E", "UTF8", "--no-locale"]
        self._run(*made)
        self._process = self._start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, timeout=120, **self._as
        )

    def _start(self) -> subprocess.Popen[bytes]:
        settings = ["fsync=off", "listen_addresses=", f"unix_socket_directories={self.folder}"]
        command = [str(self._programs / "postgres"), "-D", "data"]
        command += [part for setting in settings for part in ("-c", setting)]
        log = open(self.folder / "log", "ab")  # noqa: SIM115 - the server writes to it
        process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **self._as)
        log.close()
        self._await(process)
        return process

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        import psycopg

        for _ in range(300):
            assert process.poll() is None, (self.folder / "log").read_text()[-2000:]
            try:
                psycopg.connect(self.address()).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def address(self, password: str = PASSWORD) -> str:
        """Return an address with a password in it."""
        return f"postgresql://tester:{password}@/postgres?host={self.folder}"

    def connect(self) -> Any:
        """Return a connection that writes."""
        import psycopg

        return psycopg.connect(self.address(), autocommit=True)

    def load(self, name: str, table: pd.DataFrame) -> None:
        """Make a table of the database, rows in their order."""
        from psycopg import sql

        kinds = [_kind(table[column]) for column in table.columns]
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(str(column)), sql.SQL(kind))
            for column, kind in zip(table.columns, kinds, strict=True)
        ]
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(name)))
            made = sql.SQL("CREATE TABLE {} ({})")
            cursor.execute(made.format(sql.Identifier(name), sql.SQL(", ").join(columns)))
            copied = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
            with cursor.copy(copied) as copy:
                for row in table.astype(object).itertuples(index=False, name=None):
                    copy.write_row([None if _is_missing(cell) else cell for cell in row])

    def kill(self) -> None:
        """End the server at once, as a failure of the machine would."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=30)

    def restart(self) -> None:
        """Start the server that was killed."""
        self._process = self._start()

    def close(self) -> None:
        """End the server and remove what it wrote."""
        if self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _is_missing(cell: object) -> bool:
    return cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell))


def _kind(column: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "bigint"
    return "double precision" if pd.api.types.is_numeric_dtype(column) else "text"
