"""DuckDB inside this process: files of any size within a bound of memory."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa

from core.exceptions import SourceError
from core.sources.engines.engine import Engine
from core.sources.engines.libraries import library

#: How much memory DuckDB may take before it uses the disk.
MEMORY = "1GB"
#: How much it may write there for one source.
SPILL = "40GB"


class HandedDuckDB(Engine):
    """A DuckDB connection that a program has made, and goes on using."""

    @contextmanager
    def kept(self, expression: Any) -> Iterator[Any]:
        """Give the same rows from a temporary table of this connection."""
        name = f"kept_{uuid4().hex}"
        kept = self.guard(lambda: self._backend.create_table(name, expression, temp=True))
        try:
            yield kept
        finally:
            with suppress(Exception):  # after a failure the connection may be of no more use
                # Ibis 12 forgets the name here; it is one of our own, from hexadecimal digits.
                self._backend.con.execute(f'DROP TABLE "{name}"')

    @property
    def progress(self) -> float:
        """How much of the question it is answering is done, 0 to 1; negative: not known."""
        return float(self._backend.con.query_progress()) / 100.0

    def close(self) -> None:
        """Leave the connection to the program that made it."""

    def _answer(self, expression: Any) -> pa.Table:
        # Straight into Arrow: the way through Ibis makes another copy, and a warning, of it.
        return self._backend.con.sql(self._backend.compile(expression)).to_arrow_table()

    def _interrupt(self) -> None:
        self._end()
        # A question that was about to begin is not ended by that, so ask once more; unless
        # another one, which nobody stopped, is being answered by then.
        again = threading.Timer(0.2, self._end_if_stopped)
        again.daemon = True
        again.start()

    def _end_if_stopped(self) -> None:
        if self._stopped.is_set():
            self._end()

    def _end(self) -> None:
        with suppress(Exception):  # closed meanwhile: there is nothing to end
            self._backend.con.interrupt()

    def _code(self, error: Exception) -> str:
        name = type(error).__name__
        return {
            "OutOfMemoryException": "out_of_resources",
            "InterruptException": "cancelled",
            "PermissionException": "not_permitted",
        }.get(name, super()._code(error))


class DuckDBEngine(HandedDuckDB):
    """DuckDB embedded, with a bound of memory and a folder of its own to spill into.

    Parameters
    ----------
    label : str
    memory, spill : str
        The bounds of memory and of disk, such as ``"1GB"``.
    threads : int, optional
        One for each processor by default, eight at most.
    folder : path, optional
        Where the spill folder is made; the system's folder for such things by default.
    """

    def __init__(
        self,
        label: str,
        *,
        memory: str = MEMORY,
        spill: str = SPILL,
        threads: int | None = None,
        folder: str | Path | None = None,
    ) -> None:
        library("duckdb", label)
        ibis = library("ibis", label)
        threads = threads or min(os.cpu_count() or 1, 8)
        self.folder = Path(tempfile.mkdtemp(prefix="pooling-spill-", dir=folder))
        self._remove = weakref.finalize(self, shutil.rmtree, str(self.folder), ignore_errors=True)
        settings = {
            "memory_limit": memory,
            "max_temp_directory_size": spill,
            "temp_directory": str(self.folder),
            "threads": threads,
            # Nothing is fetched from the network, whatever a file or a name suggests.
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        try:
            backend = ibis.duckdb.connect(**settings)
        except Exception:
            self._remove()
            raise SourceError(
                f"DuckDB cannot be started for {label} with {memory} of memory and {threads} "
                "threads. Check these settings, and that its folder can be written to.",
                code="out_of_resources",
            ) from None
        super().__init__(label, backend)

    def confine(self, paths: Sequence[Path]) -> None:
        """Let DuckDB read these files, write to its own folder, and do nothing else outside."""
        settings = self._backend.settings
        settings["allowed_paths"] = [str(path) for path in paths]
        settings["allowed_directories"] = [str(self.folder)]
        settings["enable_external_access"] = False
        settings["lock_configuration"] = True

    def close(self) -> None:
        """Let go of the connection, and of what was spilled."""
        with suppress(Exception):  # closed already
            self._backend.disconnect()
        self._remove()
