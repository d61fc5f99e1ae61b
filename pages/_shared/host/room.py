"""How much room there is for readers' own tables: of one session, and of all together."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakSet

from core.exceptions import DataError
from pages._shared.host.sessions import SESSIONS
from pages._shared.host.settings import MEGABYTE, Settings, settings
from pages._shared.host.vault import VAULT

_LOCK = threading.Lock()
#: Every table that belongs to one reader alone; what nobody holds any more leaves by itself.
_HELD: WeakSet[Any] = WeakSet()


def hold(data: Any) -> None:
    """Count a reader's own table for as long as anybody holds it; it has a ``table_bytes``."""
    with _LOCK:
        _HELD.add(data)


def held() -> tuple[int, int]:
    """Return how many readers' tables there are in this process, and their bytes."""
    with _LOCK:
        tables = list(_HELD)
    return len(tables), sum(int(data.table_bytes) for data in tables)


def check(new: int, name: str, allowed: Settings | None = None) -> None:
    """Raise DataError when all readers together leave no room for a table of so many bytes."""
    allowed = settings() if allowed is None else allowed
    most = allowed.total_mb * MEGABYTE
    while held()[1] + new > most and VAULT.give_way(SESSIONS.is_here):
        pass  # what was kept for a reload gives way to those who are here
    if held()[1] + new > most:
        raise DataError(
            f"'{name}' takes {max(new / MEGABYTE, 0.1):,.1f} MB of memory, and the tables of all "
            "readers together leave no room for it at the moment. Try again in a few minutes; "
            "the examples can be used meanwhile.",
            code="too_large",
        )


def check_open() -> None:
    """Raise DataError where readers may not open tables of their own."""
    if not settings().uploads:
        raise DataError(
            "Tables of one's own cannot be opened here: whoever runs this server has switched "
            "that off. The examples can be used, or run the app on your own machine."
        )
