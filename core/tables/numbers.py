"""Numbers that were written as text: '1,234', '3,5', '12%', '+7'."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.types import BoolArray, FloatArray

# Thin, no-break and narrow no-break spaces and the Swiss apostrophe separate thousands too.
SPACES = " \u00a0\u2009\u202f"
_SIGN = "[+\\-\u2212]?"


@dataclass(frozen=True)
class NumberFormat:
    """How a column of texts writes its numbers.

    Attributes
    ----------
    decimal : {".", ",", ".,"}
        ``".,"`` reads both marks, for columns that mix them.
    thousands : str
        Mark between groups of three digits; ``" "`` stands for any kind of space, ``""`` for
        none.
    percent : bool
        Whether a '%' may follow; 12% is read as 12.
    currency : bool
        Whether a currency sign may stand before or after.
    """

    decimal: str = "."
    thousands: str = ""
    percent: bool = False
    currency: bool = False

    @property
    def pattern(self) -> str:
        """A regular expression that matches the whole text of one number."""
        point = f"[{self.decimal}]"
        whole = r"\d+"
        if self.thousands:
            mark = f"[{SPACES}]" if self.thousands == " " else re.escape(self.thousands)
            whole = rf"(?:\d{{1,3}}(?:{mark}\d{{3}})+|\d+)"
        number = rf"(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+\-]?\d+)?"
        money = "[$€£¥]?" if self.currency else ""
        percent = r"\s*%?" if self.percent else ""
        return rf"^\s*{money}\s*{_SIGN}\s*{money}\s*{number}\s*{money}{percent}\s*$"

    @property
    def example(self) -> str:
        """How 1234.5 is written, for messages."""
        return f"1{self.thousands}234{self.decimal[0]}5"


PLAIN = NumberFormat()

CANDIDATES: tuple[NumberFormat, ...] = (
    PLAIN,
    NumberFormat(percent=True, currency=True),
    NumberFormat(thousands=",", percent=True, currency=True),
    NumberFormat(decimal=",", percent=True, currency=True),
    NumberFormat(decimal=",", thousands=".", percent=True, currency=True),
    NumberFormat(thousands=" ", percent=True, currency=True),
    NumberFormat(decimal=",", thousands=" ", percent=True, currency=True),
    NumberFormat(thousands="'", percent=True, currency=True),
    NumberFormat(decimal=".,", percent=True, currency=True),
)


def matches(texts: pa.Array | pa.ChunkedArray, form: NumberFormat) -> BoolArray:
    """Return which texts are numbers in this format, shape (n,); missing texts are not."""
    return matches_pattern(texts, form.pattern)


def matches_pattern(texts: pa.Array | pa.ChunkedArray, pattern: str) -> BoolArray:
    """Return which texts match a regular expression (RE2), shape (n,); missing ones do not."""
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def any_match(texts: pa.Array | pa.ChunkedArray, pattern: str) -> bool:
    """Whether any text matches a regular expression (RE2)."""
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def parse(texts: pa.Array | pa.ChunkedArray, form: NumberFormat) -> FloatArray:
    """Return the numbers that texts stand for, shape (n,); NaN where they stand for none."""
    keep = matches(texts, form)
    bare = pc.replace_substring_regex(texts, "[$€£¥%\\s\u00a0\u2009\u202f]", "")
    if form.thousands and form.thousands != " ":
        bare = pc.replace_substring(bare, form.thousands, "")
    if "," in form.decimal:
        bare = pc.replace_substring(bare, ",", ".")
    bare = pc.replace_substring(bare, "\u2212", "-")
    bare = pc.if_else(pa.array(keep), bare, pa.scalar(None, pa.string()))
    numbers = pd.to_numeric(pd.Series(bare.to_numpy(zero_copy_only=False)), errors="coerce")
    return np.array(numbers, dtype=np.float64)
