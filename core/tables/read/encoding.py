"""Finds out the encoding of a text file."""

from __future__ import annotations

import codecs

import numpy as np

from core.exceptions import DataError

_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def find_encoding(data: bytes) -> str:
    """Return the text encoding of a file: its byte order mark, else UTF-8, else Windows-1252.

    Notes
    -----
    A file that is UTF-8 but for a few stray bytes counts as UTF-8 (the strays become U+FFFD).
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    head = data[:4096]
    if b"\0" in head:
        return _find_utf16(head)
    if data.isascii():
        return "utf-8"
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    strays = 0
    for start in range(0, len(data), _CHUNK):
        strays += decoder.decode(data[start : start + _CHUNK]).count("\ufffd")
    high = int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) > 0x7F))
    return "utf-8" if strays <= 0.01 * high else "cp1252"


def _find_utf16(head: bytes) -> str:
    """Tell UTF-16 without a byte order mark by where the zero bytes lie."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    pairs = len(head) // 2
    if odd > 0.4 * pairs and even < 0.1 * pairs:
        return "utf-16-le"
    if even > 0.4 * pairs and odd < 0.1 * pairs:
        return "utf-16-be"
    raise DataError(
        "The file holds NUL characters, so it is not a text table. Save the table as CSV, or as "
        "one of the formats that are read: Excel, Parquet, Feather, Stata, SPSS, SAS, R, JSON.",
        code="not_a_table",
    )
