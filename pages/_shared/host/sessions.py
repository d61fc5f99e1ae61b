"""The sessions of this process: who is in, who has a seat, who sleeps.

A session enters with its first run; the doorman (``pages/_server/doorman.py``) counts its
websockets and hears what its reader does. Everything is keyed by Streamlit's session id and may
be called from any thread.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

#: How this process calls itself when it draws the screens before anybody comes: nobody else
#: can know it.
INSIDER = f"warm-up/{secrets.token_hex(16)}"
#: Seconds that a session whose websocket has not been seen yet counts as connected.
_ARRIVING = 30.0


@dataclass
class Session:
    """One reader.

    Attributes
    ----------
    id : str
        Streamlit's name of the session.
    began, heard, left : float
        When it began, when the reader last did something, and when a connection last closed,
        in seconds of ``time.monotonic``.
    connections, joined : int
        Open websockets (one, or for a moment two when a browser comes back), and how many
        there have been.
    query, screen : str
        The address that was last asked for: its query, and the hash of its screen.
    asleep : bool
        Whether the session's tables were given up because nobody was there.
    """

    id: str
    began: float
    heard: float
    left: float
    connections: int = 0
    joined: int = 0
    query: str = ""
    screen: str = ""
    asleep: bool = False


@dataclass
class Sessions:
    """All sessions of a process, in the order of their arrival."""

    clock: Callable[[], float] = time.monotonic
    arrived: int = 0
    most: int = 0
    _held: dict[str, Session] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def enter(self, name: str) -> Session:
        """Return a session; one that is not known begins now."""
        with self._lock:
            found = self._held.get(name)
            if found is None:
                now = self.clock()
                found = self._held[name] = Session(name, now, now, now)
                self.arrived += 1
                self.most = max(self.most, len(self._here()))
            return found

    def join(self, name: str) -> None:
        """Count one more connection of a session."""
        with self._lock:
            found = self.enter(name)
            found.connections += 1
            found.joined += 1
            found.heard = self.clock()

    def leave(self, name: str) -> None:
        """Count one connection less."""
        with self._lock:
            found = self._held.get(name)
            if found is not None:
                found.connections = max(0, found.connections - 1)
                found.left = self.clock()

    def _here(self) -> list[Session]:
        now = self.clock()
        return [
            s
            for s in self._held.values()
            if s.connections or (not s.joined and now - s.began < _ARRIVING)
        ]

    def hear(self, name: str, query: str, screen: str) -> None:
        """Note that the reader did something, and where."""
        with self._lock:
            found = self._held.get(name)
            if found is not None:
                found.heard, found.query, found.screen = self.clock(), query, screen

    def forget(self, name: str) -> None:
        """Drop a session that has ended."""
        with self._lock:
            self._held.pop(name, None)

    def get(self, name: str) -> Session | None:
        """Return a session; None when it is not known."""
        return self._held.get(name)

    def is_here(self, name: str) -> bool:
        """Return whether a session is connected."""
        found = self._held.get(name)
        return found is not None and found.connections > 0

    def ids(self) -> frozenset[str]:
        """Return the ids of all sessions that have not ended, connected or not."""
        with self._lock:
            return frozenset(self._held)

    def count(self) -> int:
        """Return how many readers are connected."""
        with self._lock:
            return len(self._here())

    def has_seat(self, name: str, seats: int) -> bool:
        """Return whether a session is among the first so many; one that is not known is."""
        with self._lock:
            here = [s.id for s in self._here()]
            return name not in here or here.index(name) < seats

    def gone(self, seconds: float) -> list[str]:
        """Return the sessions that have been without a connection for so long."""
        with self._lock:
            now = self.clock()
            return [
                s.id
                for s in self._held.values()
                if not s.connections and now - max(s.left, s.heard) >= seconds
            ]

    def idle(self, seconds: float) -> list[Session]:
        """Return the sessions awake whose reader has done nothing for so long."""
        with self._lock:
            now = self.clock()
            return [
                s
                for s in self._held.values()
                if s.connections and not s.asleep and now - s.heard >= seconds
            ]

    def quiet(self) -> float:
        """Return for how many seconds no reader has done anything."""
        with self._lock:
            heard = [s.heard for s in self._held.values()]
            return self.clock() - max(heard) if heard else float("inf")

    def ages(self) -> list[float]:
        """Return for how many seconds each connected reader has been here."""
        with self._lock:
            now = self.clock()
            return [now - s.began for s in self._here()]


#: Those of this process.
SESSIONS = Sessions()
