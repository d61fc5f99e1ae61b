"""What whoever runs the server may set, by variables of the environment; each has a default.

``assets/deploy/README.md`` says it to them, in the same order.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

MEGABYTE = 1_000_000
_PREFIX = "POOLING_"
_SWITCH = {"on": True, "off": False}
_CGROUP = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Settings:
    """Limits and switches of one server process.

    Attributes
    ----------
    uploads : bool
        Whether readers may open tables of their own.
    sessions : int
        Readers that may be in at once; more are shown a page that asks them to come back.
    session_mb, total_mb : int
        Megabytes that the tables of one reader, and those of all readers, may take.
    idle_minutes : int
        A reader who does nothing for so long loses the tables and is told so; 0 for never.
    frame_ancestors : str
        Which pages may show the app in a frame, as the header of that name lists them.
    warm_up : bool
        Whether every screen is drawn once when the server starts.
    """

    uploads: bool = True
    sessions: int = 200
    session_mb: int = 600
    total_mb: int = 4_000
    idle_minutes: int = 0
    frame_ancestors: str = "'self'"
    warm_up: bool = True


def read(given: Mapping[str, str]) -> Settings:
    """Return the settings of an environment.

    Raises
    ------
    ValueError
        When a variable says what it cannot; the message names it and what it may say.
    """
    values: dict[str, Any] = {"total_mb": max(memory() // (2 * MEGABYTE), 1)}
    for each in fields(Settings):
        name = f"{_PREFIX}{each.name.upper()}"
        text = given.get(name, "").strip()
        if text:
            values[each.name] = _value(name, text, type(each.default))
    return Settings(**values)


def _value(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() not in _SWITCH:
            raise ValueError(f"{name} must be on or off, not '{text}'.")
        return _SWITCH[text.lower()]
    if kind is int:
        if not (text.isascii() and text.isdigit()):
            raise ValueError(f"{name} must be a whole number from 0 on, not '{text}'.")
        return int(text)
    if any(c in text for c in ";,\r\n") or not text.isascii():
        raise ValueError(f"{name} must list sources separated by blanks, not '{text}'.")
    return text


def memory() -> int:
    """Return the bytes of memory that this process may use: its container's, else the machine's."""
    found = [int(text) for path in _CGROUP if (text := _first_line(path)).isdigit()]
    try:
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError, AttributeError):  # a system that does not say
        found.append(8_000 * MEGABYTE)
    return min(found)


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process.

    Raises
    ------
    ValueError
        When the environment says what it cannot.
    """
    return read(os.environ)
