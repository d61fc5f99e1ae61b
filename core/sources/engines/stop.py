"""``Stop``: ends whatever is being asked, from any thread."""

from __future__ import annotations

import threading
from typing import Protocol


class Cancellable(Protocol):
    """An engine, or a table of one."""

    def cancel(self) -> None:
        """End the question that is being answered."""
        ...


class Stop:
    """Ends what follows it, now or as soon as it begins.

    Attributes
    ----------
    is_asked : bool
        Whether somebody asked to stop.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self._lock = threading.Lock()
        self._what: Cancellable | None = None

    def follows(self, what: Cancellable) -> None:
        """Have an engine or a table ended, in place of any before it."""
        with self._lock:
            self._what = what
            asked = self.is_asked
        if asked:
            what.cancel()

    def ask(self) -> None:
        """End what is being asked."""
        with self._lock:
            self.is_asked = True
            what = self._what
        if what is not None:
            what.cancel()
