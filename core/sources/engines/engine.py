"""``Engine``: one connection that answers Ibis expressions, in words when it cannot.

Nothing here writes SQL: expressions are built by Ibis, which quotes names and binds values.
"""

from __future__ import annotations

import shutil
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa

from core.exceptions import PoolingError, SourceError

#: What went wrong, as told after the name of the source: (what, what to do).
WORDS = {
    "not_reached": (
        "cannot be reached",
        "Check that the database runs, that the network leads there, and the configuration.",
    ),
    "lost": (
        "ended the connection before it had answered",
        "Nothing that was shown before is lost. Try again when the database runs.",
    ),
    "cancelled": ("was asked to stop, and did", "Nothing was changed."),
    "not_permitted": (
        "does not let this account read the table",
        "Ask its administrator for the right to read it.",
    ),
    "out_of_resources": (
        "ran out of memory or disk while it answered",
        "Choose fewer columns, or let whoever runs this allow the engine more of either.",
    ),
    "table_gone": ("no longer has the table", "Open the source again and choose another table."),
    "refused": (
        "could not answer the question that was put to it",
        "Check that the columns hold what they seem to, or choose others.",
    ),
}


def words(label: str, code: str) -> SourceError:
    """Return the error for one kind of failure of one source."""
    what, remedy = WORDS[code]
    return SourceError(f"{label} {what}. {remedy}", code=code)


class Engine:
    """A connection to one backend of Ibis.

    Parameters
    ----------
    label : str
        What the source is called in messages; never an address.
    backend : Any
        A connected Ibis backend.
    """

    def __init__(self, label: str, backend: Any) -> None:
        self.label = label
        self._backend = backend
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._folders: list[Callable[[], Any]] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.label!r}>"

    @property
    def backend(self) -> Any:
        """The connected Ibis backend."""
        return self._backend

    @contextmanager
    def work(self) -> Iterator[None]:
        """Hold the connection for several questions that must see the same table."""
        with self._lock:
            self._stopped.clear()
            yield

    def run(self, expression: Any) -> pa.Table:
        """Return the answer to one expression.

        Raises
        ------
        SourceError
            In words, whatever the engine said; its own text may hold addresses and names.
        """
        return self.guard(lambda: self._answer(expression))

    @contextmanager
    def kept(self, expression: Any) -> Iterator[Any]:
        """Give an expression for the same rows, worked out once where the engine allows it."""
        kept = self.guard(expression.cache)
        try:
            yield kept
        finally:
            with suppress(Exception):  # the connection may be gone, and the rows with it
                kept.release()

    def guard(self, ask: Callable[[], Any]) -> Any:
        """Return what ``ask`` returns; what it raises is told in words."""
        with self._lock:
            if self._stopped.is_set():
                raise words(self.label, "cancelled")
            try:
                return ask()
            except PoolingError:
                raise
            except Exception as error:  # the boundary: drivers raise what they like
                self._tell(error)

    def cancel(self) -> None:
        """End the question that the engine is answering now; from any thread."""
        self._stopped.set()
        self._interrupt()

    def close(self) -> None:
        """Let go of the connection."""
        self._backend.disconnect()

    def owns(self, folder: Path) -> None:
        """Have a folder removed with the connection, at the latest when nobody holds it."""
        self._folders.append(weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True))

    def remove_folders(self) -> None:
        """Remove what was written for the connection."""
        for remove in self._folders:
            remove()

    def _answer(self, expression: Any) -> pa.Table:
        return self._backend.to_pyarrow(expression)

    def _interrupt(self) -> None:
        """End what runs now; backends that cannot are stopped between two questions."""

    def _tell(self, error: Exception) -> NoReturn:
        if self._stopped.is_set():
            raise words(self.label, "cancelled") from None
        raise words(self.label, self._code(error)) from None

    def _code(self, error: Exception) -> str:
        """Return the key of ``WORDS`` that an exception of the engine amounts to."""
        name = type(error).__name__
        if "TableNotFound" in name:
            return "table_gone"
        if isinstance(error, ConnectionError | EOFError) or "Py4JNetworkError" in name:
            return "lost"
        return "out_of_resources" if isinstance(error, MemoryError) else "refused"
