"""Whether lines hold nothing but delimiters."""

from __future__ import annotations

from core.tables.read.sniff import Layout


def has_blank_lines(plain: bytes, layout: Layout) -> bool:
    """Whether a line holds nothing but delimiters, as rows between two parts of a table do."""
    blank = (layout.delimiter * (len(layout.names) - 1)).encode()
    quoted = layout.delimiter.join(['""'] * len(layout.names)).encode()
    return any(_has_line(plain, line) for line in (blank, quoted) if line)


def _has_line(plain: bytes, line: bytes) -> bool:
    """Whether a line of a file is exactly this, looked for in one pass."""
    begin = b"\n" + line
    place = plain.find(begin)
    while place >= 0:
        if plain[place + len(begin) : place + len(begin) + 1] in (b"\n", b"\r"):
            return True
        place = plain.find(begin, place + 1)
    return False
