"""Closes quotation marks that a file opens and never closes, where only one place fits."""

from __future__ import annotations

from collections import Counter

import numpy as np

from core.formats import shorten
from core.tables.repairs.repair import Repair

_DELIMITERS = (b",", b";", b"\t", b"|")
_QUOTE = b'"'
#: Rows that show how many cells a row has, and marks that are mended at most.
_SHOWN, _MOST = 200, 100


def close_quotes(plain: bytes) -> tuple[bytes, tuple[Repair, ...]]:
    """Return a text table with its unclosed quotation marks taken out or closed.

    Parameters
    ----------
    plain : bytes
        The whole file in UTF-8.

    Returns
    -------
    bytes
        The file; the same where nothing is to be mended, or not beyond doubt.
    tuple of Repair
        None, or one that names the lines.

    Notes
    -----
    A mark that is never closed swallows the rows up to the next one. It is told from a cell of
    several lines by the lines themselves: each that has an odd number of marks is a whole row
    once its own stray mark is out, whereas a cell of several lines ends on a line that is none.
    """
    lines = plain.split(b"\n")
    odd = [i for i, count in enumerate(_counts(plain, len(lines))) if count % 2]
    if not 0 < len(odd) <= _MOST or b'\\"' in plain:
        return plain, ()
    found = _delimiter_and_width(lines, set(odd))
    if found is None:
        return plain, ()
    mended = dict.fromkeys(odd, b"")
    for i in odd:
        line = _closed(lines[i], *found)
        if line is None:
            return plain, ()
        mended[i] = line
    first = shorten(lines[odd[0]].decode("utf-8", errors="replace"), 40)
    for i, line in mended.items():
        lines[i] = line
    where = f"Line {odd[0] + 1:,} opens"
    if len(odd) > 1:
        shown = ", ".join(f"{i + 1:,}" for i in odd[:5])
        where = f"{len(odd):,} lines ({shown}{', …' if len(odd) > 5 else ''}) open"
    sentence = (
        f"{where} a quotation mark that is never closed ({first}): the cell was taken to end with "
        "its column."
    )
    repair = Repair("unclosed_quote", None, tuple(i + 1 for i in odd), sentence)
    return b"\n".join(lines), (repair,)


def _counts(plain: bytes, n_lines: int) -> list[int]:
    """Return how many quotation marks each line has."""
    data = np.frombuffer(plain, dtype=np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    marks = np.flatnonzero(data == ord(_QUOTE))
    places = np.searchsorted(ends, marks)
    return [int(count) for count in np.bincount(places, minlength=n_lines)]


def _delimiter_and_width(lines: list[bytes], odd: set[int]) -> tuple[bytes, int] | None:
    """Return the delimiter and how many cells most rows have, judged by the sound lines."""
    sound = [line for i, line in enumerate(lines[: 2 * _SHOWN]) if i not in odd and line.strip()]
    best: tuple[int, int, bytes] | None = None
    for delimiter in _DELIMITERS:
        widths = Counter(len(_cells(line, delimiter)) for line in sound[:_SHOWN])
        if not widths:
            return None
        width, count = widths.most_common(1)[0]
        if width > 1 and count > 0.8 * widths.total():
            best = max(best or (0, 0, b""), (count, width, delimiter))
    return (best[2], best[1]) if best else None


def _cells(line: bytes, delimiter: bytes) -> list[bytes]:
    """Cut a line, leaving alone the delimiters inside quotation marks."""
    line = line.rstrip(b"\r")
    if _QUOTE not in line:
        return line.split(delimiter)
    cells, start, is_open = [], 0, False
    for place, char in enumerate(line):
        if char == ord(_QUOTE):
            is_open = not is_open
        elif char == ord(delimiter) and not is_open:
            cells.append(line[start:place])
            start = place + 1
    return [*cells, line[start:]]


def _closed(line: bytes, delimiter: bytes, width: int) -> bytes | None:
    """Return a row whose unclosed cell ends where the row then has its width; else None."""
    cells = _cells(line, delimiter)
    last = cells.pop()
    opening = last.lstrip(b" ")
    if not opening.startswith(_QUOTE) or opening.count(_QUOTE) != 1:
        return None
    end = b"\r" if line.endswith(b"\r") else b""
    parts = opening[1:].split(delimiter)
    surplus = len(cells) + len(parts) - width
    if surplus < 0:
        return None
    cell = _QUOTE + delimiter.join(parts[: surplus + 1]) + _QUOTE
    return delimiter.join([*cells, cell, *parts[surplus + 1 :]]) + end
