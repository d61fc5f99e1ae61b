"""What a browser tab had open, kept for half an hour so that a reload loses nothing.

The tab makes up a token of 256 random bits and keeps it in its session storage. Here only a digest
of it is known, and only whoever names the token gets what was kept. Nothing is written anywhere.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Seconds that things are kept after the last sign of life.
KEPT = 1_800.0
_MOST = 1_000
_TOKEN = re.compile(r"[0-9a-f]{64}")


@dataclass
class _Entry:
    """What one tab had open, the session that had it, and when it was last seen."""

    session: str
    content: Mapping[str, Any]
    seen: float


@dataclass
class Vault:
    """What the tabs of one process had open, the longest unseen first."""

    clock: Callable[[], float] = time.monotonic
    _held: dict[str, _Entry] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, token: str, session: str, content: Mapping[str, Any]) -> None:
        """Keep what a tab has open, in place of what it had."""
        with self._lock:
            name = _digest(token)
            self._held.pop(name, None)
            self._held[name] = _Entry(session, content, self.clock())
            while len(self._held) > _MOST:
                self._held.pop(next(iter(self._held)))

    def get(self, token: str) -> Mapping[str, Any] | None:
        """Return what a tab had open; None where that is not kept, or not any more."""
        with self._lock:
            found = self._held.get(_digest(token))
            if found is None or self.clock() - found.seen > KEPT:
                return None
            return found.content

    def drop(self, token: str) -> None:
        """Forget what a tab had open."""
        with self._lock:
            self._held.pop(_digest(token), None)

    def sweep(self, is_here: Callable[[str], bool]) -> int:
        """Forget what has not been seen for long; return how many tabs' tables are kept.

        A session that is connected counts as seen, whatever its reader does.
        """
        with self._lock:
            now = self.clock()
            for entry in self._held.values():
                if is_here(entry.session):
                    entry.seen = now
            self._held = {k: e for k, e in self._held.items() if now - e.seen <= KEPT}
            return len(self._held)

    def give_way(self, is_here: Callable[[str], bool]) -> bool:
        """Forget what was unseen for longest, of a session that is gone.

        To be called when readers who are here need the room. Returns whether there was any.
        """
        with self._lock:
            gone = [name for name, entry in self._held.items() if not is_here(entry.session)]
            if not gone:
                return False
            self._held.pop(min(gone, key=lambda name: self._held[name].seen))
            return True


def is_token(text: Any) -> bool:
    """Whether something from outside has the form of a token."""
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


#: That of this process.
VAULT = Vault()
