"""The list of files made to grow, which ``hostile`` and ``hostile_binary`` fill."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

#: Bytes that each has at most.
MOST = 1_000_000
FILES: dict[str, Callable[[], bytes]] = {}


def add(name: str, make: Callable[[], bytes]) -> None:
    """Add a file, which is made when it is asked for."""
    assert name not in FILES, name
    FILES[name] = make


def sizes(*all_sizes: int) -> Iterator[tuple[str, int]]:
    """Yield each size as a part of a name, and itself."""
    return ((f"{size:,}".replace(",", "_"), size) for size in all_sizes)


def lying(packed: bytes, size: int = 10) -> bytes:
    """Return a zip archive whose entries all say that they unpack to so many bytes."""
    data, at = bytearray(packed), 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 24 : at + 28] = struct.pack("<I", size)
        at += 4
    at = 0
    while (at := data.find(b"PK\x03\x04", at)) >= 0:
        data[at + 22 : at + 26] = struct.pack("<I", size)
        at += 4
    return bytes(data)
