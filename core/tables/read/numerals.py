"""Numbers that were written as text: '1,234', '3,5', '12%', '+7'."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.types import BoolArray, FloatArray

# Thin, no-break and narrow no-break spaces and the Swiss apostrophe separate thousands too.
SPACES = " \u00a0\u2009\u202f"
#: Arabic, Persian, Devanagari, Bengali, Thai and full-width digits; Arabic marks.
_DIGITS = {
    zero + digit: str(digit)
    for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
    for digit in range(10)
} | {0x66B: ".", 0x66C: ",", 0xFF0E: ".", 0xFF0C: ",", 0xFF0D: "-"}
_SIGN = "[+\\-\u2212]?"
_BLANK = f"[\\s{SPACES}]*"
_MONEY = (
    "US[$]|R[$]|A[$]|C[$]|NZ[$]|HK[$]|Rs[.]?|[$€£¥₹₽₺₩₪฿₫₴]|USD|EUR|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN"
    "|CZK|HUF|RUB|CNY|INR|BRL|MXN|NZD|HKD|SGD|ZAR|TRY|KRW|ILS|THB|kr[.]?|zł|Kč|Ft|руб[.]?|円|元|원"
)
_ABOUT = "~\u2248"
_WORDS_ABOUT = (
    r"(?i:(?:ca|circa|approx|approximately|about|around|etwa|env|environ|aprox)\b\.?|c\.)"
)
#: Footnote marks, and the flags of statistical offices ('12.3 p' is provisional).
_NOTE = (
    "[*†‡§¶#?]{1,3}|[¹²³⁴⁵⁶⁷⁸⁹]|\\[\\w{1,2}\\]|\\([a-z]\\)|[ \u00a0][bcdefnprsuz]{1,2}|[ \u00a0]a"
)
#: 'Nothing behind the point' on price tags: 7'659.-
_NO_CENTS = "(?:[.,][\\-–—]{1,2})?"
#: Units that numbers are written with; nothing else after a number is taken for one.
UNITS = (
    "kg", "g", "mg", "µg", "lb", "lbs", "oz", "t", "cm", "mm", "m", "km", "ft", "in", "mi", "ms",
    "s", "sec", "min", "h", "hr", "hrs", "hours", "minutes", "seconds", "days", "weeks", "months",
    "years", "yrs", "°C", "°F", "ml", "mL", "dl", "dL", "l", "L", "mmHg", "bpm", "kcal", "kJ", "W",
    "kW", "mph", "km/h", "m/s", "ppm", "pts", "points", "mg/dL", "mmol/L", "kg/m2", "m2", "km2",
    "ha", "cm2", "Hz", "kHz", "dB", "%",
)  # fmt: skip


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
        Whether a currency sign or code may stand before or after.
    unit : str
        Unit that may follow each number, such as ``"kg"``; spellings of one are divided by a
        bar: ``"cows|cow"``.
    marked : bool
        Whether a footnote mark, a '~' or a 'ca.' may stand beside a number; (12.5) and 12.5- are
        read as -12.5.
    """

    decimal: str = "."
    thousands: str = ""
    percent: bool = False
    currency: bool = False
    unit: str = ""
    marked: bool = False

    @property
    def pattern(self) -> str:
        """A regular expression that matches the whole text of one number."""
        point = f"[{self.decimal}]"
        whole = r"\d+"
        if self.thousands:
            mark = f"[{SPACES}]" if self.thousands == " " else re.escape(self.thousands)
            whole = rf"(?:\d{{1,3}}(?:{mark}\d{{3}})+|\d+)"
            if self.thousands == ",":  # 12,34,567, as India writes it
                whole = r"(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d+)"
        number = rf"(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+\-]?\d+)?"
        money = rf"(?:{_MONEY})?" if self.currency else ""
        percent = rf"{_BLANK}%?" if self.percent else ""
        cents = _NO_CENTS if self.currency else ""
        unit = rf"(?:{_BLANK}(?:{self.unit_pattern}))?" if self.unit else ""
        signed = (
            rf"{money}{_BLANK}{_SIGN}{_BLANK}{money}{_BLANK}{number}{cents}{_BLANK}{money}{percent}"
            rf"{unit}"
        )
        if self.marked:
            about = rf"(?:[{_ABOUT}]|{_WORDS_ABOUT}{_BLANK})?"
            inside = rf"\({_BLANK}{money}{_BLANK}{number}{_BLANK}{money}{percent}{unit}{_BLANK}\)"
            parts = rf"{point}\d+"
            lettered = rf"{_SIGN}{whole}{parts}[a-e]{{1,3}}"
            behind = rf"{money}{_BLANK}(?:{whole})(?:{parts})?{_BLANK}[\-−]{_BLANK}{money}"
            signed = (
                rf"(?:{about}{_BLANK}{signed}{_BLANK}(?:{_NOTE})?|{money}{_BLANK}{inside}"
                rf"|{lettered}|{behind})"
            )
        return rf"^{_BLANK}{signed}{_BLANK}$"

    @property
    def unit_pattern(self) -> str:
        """A regular expression that matches the unit in all of its spellings."""
        return "|".join(map(re.escape, self.unit.split("|")))

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


def with_units(texts: pa.Array) -> list[NumberFormat]:
    """Return the formats, for the one unit that follows most numbers; none where there is none."""
    counted = Counter(
        match[1] for text in texts.to_pylist() if text and (match := _WITH_UNIT.search(text))
    )
    unit, count = counted.most_common(1)[0] if counted else ("", 0)
    if unit not in UNITS or count < 0.5 * len(texts):
        return []
    marks = ((".", ""), (".", ","), (",", ""), (",", "."))
    return [NumberFormat(decimal=point, thousands=mark, unit=unit) for point, mark in marks]


_WITH_UNIT = re.compile(r"\d\s*([^\s\d.,]\S{0,6})\s*$")


def matches(texts: pa.Array | pa.ChunkedArray, form: NumberFormat) -> BoolArray:
    """Return which texts are numbers in this format, shape (n,); missing texts are not."""
    return matches_pattern(plain_signs(texts), form.pattern)


def plain_signs(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return texts with the digits of other scripts as 0 to 9, and ’ between thousands as '."""
    texts = pc.replace_substring(texts, "\u2019", "'") if any_match(texts, "\u2019") else texts
    if not any_match(texts, f"[{''.join(map(chr, _DIGITS))}]"):
        return texts
    written = [None if t is None else t.translate(_DIGITS) for t in texts.to_pylist()]
    return pa.array(written, pa.string())


def matches_pattern(texts: pa.Array | pa.ChunkedArray, pattern: str) -> BoolArray:
    """Return which texts match a regular expression (RE2), shape (n,); missing ones do not."""
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def any_match(texts: pa.Array | pa.ChunkedArray, pattern: str) -> bool:
    """Whether any text matches a regular expression (RE2)."""
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def parse(texts: pa.Array | pa.ChunkedArray, form: NumberFormat) -> FloatArray:
    """Return the numbers that texts stand for, shape (n,); NaN where they stand for none."""
    texts = plain_signs(texts)
    keep = matches(texts, form)
    if form.marked:
        texts = pc.replace_substring_regex(
            texts, rf"^([^\d(]*)\(([^)]*\d[^)]*)\){_BLANK}$", "-\\1\\2"
        )
        texts = pc.replace_substring_regex(
            texts, rf"(?:{_NOTE}|([.,]\d+)[a-e]{{1,3}}){_BLANK}$", "\\1"
        )
        texts = pc.replace_substring_regex(texts, rf"^{_BLANK}(?:[{_ABOUT}]|{_WORDS_ABOUT})", "")
        texts = pc.replace_substring_regex(texts, r"^(.*\d)([^\d.,]*)[\-−]([^\d]*)$", "-\\1\\2\\3")
    if form.unit:
        texts = pc.replace_substring_regex(texts, rf"(?:{form.unit_pattern}){_BLANK}$", "")
    bare = texts
    if form.currency:
        bare = pc.replace_substring_regex(bare, r"[.,][\-–—]{1,2}", "")
        bare = pc.replace_substring_regex(bare, _MONEY, "")
    bare = pc.replace_substring_regex(bare, f"[%\\s{SPACES}]", "")
    if form.thousands and form.thousands != " ":
        bare = pc.replace_substring(bare, form.thousands, "")
    if "," in form.decimal:
        bare = pc.replace_substring(bare, ",", ".")
    bare = pc.replace_substring(bare, "\u2212", "-")
    bare = pc.if_else(pa.array(keep), bare, pa.scalar(None, pa.string()))
    numbers = pc.cast(bare, pa.float64()).to_numpy(zero_copy_only=False)
    return np.array(numbers, dtype=np.float64)
