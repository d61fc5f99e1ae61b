"""Looks after the memory of the server: what never dies is not walked, what died is given back.

Everything that is loaded and computed for all readers alike (modules, fits of the examples,
figures) is *frozen*: Python's collector no longer looks at it. Nothing is frozen while a reader's
own table is held, so no upload is ever among it. What was frozen while readers were in may belong
to their sessions: once one of them has left it is thawed, collected, and frozen anew.

Streamlit's own forced collection after every run is off (``runner.postScriptGC``); the collector
runs by itself as everywhere, and here from time to time and whenever a session has ended.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from pages._shared.host.sessions import SESSIONS, Sessions

#: Seconds without a click before the world is stopped for a walk over everything; until that is
#: done all the same where memory waits for it; and between two collections while readers are busy.
_QUIET, _LONGEST, _EVERY = 3.0, 300.0, 30.0
#: Young objects from which on the collector looks: a run makes many that live as long as it does,
#: and every look costs. The defaults are 700, 10, 10.
_THRESHOLDS = (20_000, 20, 20)
#: Memory pools of the C library, at most: every thread takes one of its own, and each keeps some.
_POOLS, _M_ARENA_MAX = 4, -8


@dataclass
class Care:
    """What was done, and what is due.

    Attributes
    ----------
    sessions : Sessions
    tables : callable
        Returns how many tables of readers' own are held.
    made : callable
        Returns how many results for all readers alike were ever kept.
    clock : callable
        Seconds that only grow.
    frozen, collections : int
        Objects that the collector does not look at; how often it was asked to look at the rest.
    took : float
        Seconds that the last walk took.
    """

    sessions: Sessions
    tables: Callable[[], int]
    made: Callable[[], int]
    clock: Callable[[], float] = time.monotonic
    frozen: int = 0
    collections: int = 0
    took: float = 0.0
    _frozen_with: frozenset[str] = frozenset()
    _made: int = -1
    _looked: float = 0.0
    _waits_since: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Set the collector and the C library up for a server of many threads."""
        gc.set_threshold(*_THRESHOLDS)
        mallopt = getattr(_libc(), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, _POOLS)

    def freeze(self) -> None:
        """Walk everything once, and freeze what is left unless a reader's own table is held."""
        with self._lock:
            # Asked before the walk: who comes in meanwhile is then not taken for one who was in.
            here, made = self.sessions.ids(), self.made()
            self._walk(gc.unfreeze)
            self.frozen, self._frozen_with = 0, frozenset()
            if not self.tables():
                gc.freeze()
                self.frozen, self._frozen_with, self._made = gc.get_freeze_count(), here, made
        give_back()

    def collect(self) -> None:
        """Walk what is not frozen, and hand free memory back to the system."""
        with self._lock:
            self._walk()
        give_back()

    def _walk(self, before: Callable[[], object] = lambda: None) -> None:
        start = time.perf_counter()
        before()
        gc.collect()
        self.took = time.perf_counter() - start
        self.collections += 1
        self._looked, self._waits_since = self.clock(), None

    @property
    def holds_dead(self) -> bool:
        """Whether a session has ended that may lie among what is frozen."""
        return not self._frozen_with <= self.sessions.ids()

    @property
    def has_grown(self) -> bool:
        """Whether there is more to freeze, and nothing against it."""
        return self._made != self.made() and not self.tables()

    def look(self, *, has_ended: bool = False) -> None:
        """Do what is due; ``has_ended`` where a session just has."""
        now, quiet = self.clock(), self.sessions.quiet()
        if self.holds_dead:
            self._waits_since = now if self._waits_since is None else self._waits_since
            is_late = now - self._waits_since >= _LONGEST
        else:
            is_late = False
        if is_late or (quiet >= _QUIET and (self.holds_dead or self.has_grown)):
            self.freeze()
        elif has_ended or (now - self._looked >= _EVERY and quiet < now - self._looked):
            waits = self._waits_since
            self.collect()
            self._waits_since = waits


def give_back() -> None:
    """Hand memory that is free but still held back to the system, where one knows how."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    trim = getattr(_libc(), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _libc() -> ctypes.CDLL | None:
    with suppress(OSError, TypeError):  # TypeError: Windows has no such handle
        return ctypes.CDLL(None)
    return None


def _tables() -> int:
    room = sys.modules.get("pages._shared.host.room")  # not loaded: nobody has opened a table
    return 0 if room is None else int(room.held()[0])


def _made() -> int:
    cache, drawn = (sys.modules.get(f"pages._shared.{name}") for name in ("cache", "drawn"))
    return (cache.made() if cache else 0) + (drawn.SHARED.made if drawn else 0)


CARE = Care(SESSIONS, _tables, _made)
