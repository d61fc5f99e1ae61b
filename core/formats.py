"""Numbers as a reader wants them: sensible digits, a real minus sign, thousands apart."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable

import numpy as np

MINUS = "\N{MINUS SIGN}"
NOT_A_NUMBER = "\N{EN DASH}"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
#: Outside these magnitudes a number is written with a power of ten.
_LEAST, _MOST = 1e-4, 1e7
_MOST_DECIMALS = 6


def _plain(value: float, decimals: int) -> str:
    """Return a number in fixed notation; what rounds to zero carries no sign."""
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        text = MINUS + text[1:] if any(c in "123456789" for c in text) else text[1:]
    return text


def _power_of_ten(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{max(digits - 1, 0)}e}".split("e")
    return mantissa.replace("-", MINUS) + "×10" + str(int(exponent)).translate(_SUPERSCRIPT)


def fixed(value: float, decimals: int) -> str:
    """Return a number with a given count of decimals, e.g. ``−0.65``; ``–`` for NaN.

    More than six decimals, or fewer than none (-3 rounds to thousands), are written with a
    power of ten.

    Examples
    --------
    >>> fixed(-0.6548, 2), fixed(5.0175e9, -7), fixed(5.0175e-9, 11)
    ('−0.65', '5.02×10⁹', '5.02×10⁻⁹')
    """
    if math.isnan(value):
        return NOT_A_NUMBER
    if math.isinf(value):
        return ("" if value > 0 else MINUS) + "∞"
    value = float(value)
    if 0 <= decimals <= _MOST_DECIMALS:
        return _plain(value, decimals)
    value = round(value, decimals)
    if value == 0:
        return "0"
    return _power_of_ten(value, decimals + 1 + math.floor(math.log10(abs(value))))


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits.

    Parameters
    ----------
    value : float
        Any number; NaN gives ``–``.
    digits : int
        Significant digits; whole numbers keep all of theirs.

    Returns
    -------
    str
        Fixed notation, or a power of ten where that would be mostly zeros.

    Examples
    --------
    >>> number(-0.6548), number(1234.6), number(0.0000312)
    ('−0.655', '1,235', '3.12×10⁻⁵')
    """
    value = float(value)
    if not math.isfinite(value) or value == 0:
        return fixed(value, 0)
    if not _LEAST <= abs(value) < _MOST:
        return _power_of_ten(value, digits)
    magnitude = math.floor(math.log10(abs(value)))
    return _plain(value, max(digits - 1 - magnitude, 0))


def decimals_for(values: Iterable[float], digits: int = 2, most: int = _MOST_DECIMALS) -> int:
    """Return the decimals that show the spread of some numbers to ``digits`` digits.

    0 to ``most``, but as many as it takes where all are so small, and fewer than none where
    they are so large, that ``fixed`` writes them with a power of ten.

    Examples
    --------
    >>> decimals_for([0.81, 1.74], digits=3), decimals_for([3e-9, 5e-9]), decimals_for([3e9, 5e9])
    (2, 10, -8)
    """
    array = np.asarray(list(values), dtype=np.float64)
    array = array[np.isfinite(array)]
    if not len(array):
        return 0
    largest = float(np.abs(array).max())
    spread = float(np.ptp(array)) or largest
    if spread == 0:
        return 0
    # From 0.5 on a spread counts as whole: one decimal less than its first digit asks for.
    needed = digits - 1 - math.floor(math.log10(2 * spread))
    if largest < _LEAST:
        return needed
    return int(min(needed if largest >= _MOST else max(needed, 0), most))


def with_interval(value: float, lower: float, upper: float, words: str = "") -> str:
    """Return a number with its interval, all to the same decimals.

    Examples
    --------
    >>> with_interval(-0.4312, -0.87, 0.00713), with_interval(251.4, 237.7, 265.1, "95% interval ")
    ('−0.43 (−0.87 to 0.01)', '251 (95% interval 238 to 265)')
    """
    if math.isnan(lower) and math.isnan(upper):
        return number(value)
    known = [v for v in (value, lower, upper) if math.isfinite(v)]
    decimals = decimals_for(known, digits=3 if np.ptp(known or [0.0]) < 5 else 2)
    shown = [fixed(v, decimals) for v in (value, lower, upper)]
    return f"{shown[0]} ({words}{shown[1]} to {shown[2]})"


def percent(share: float) -> str:
    """Return a share as whole per cent; never a false 0 or 100.

    Examples
    --------
    >>> percent(0.714), percent(0.0004), percent(0.9996)
    ('71%', '<1%', '>99%')
    """
    if math.isnan(share):
        return NOT_A_NUMBER
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 < share < 1:
        return ">99%"
    return _plain(100 * float(share), 0) + "%"


def count(n: int, singular: str, plural: str | None = None) -> str:
    """Return a count with its noun: ``1 home``, ``1,204 homes``."""
    noun = singular if n == 1 else (plural if plural is not None else singular + "s")
    return f"{n:,} {noun}"


def shorten(text: str, length: int = 40) -> str:
    """Return a text cut to a length, the end replaced by an ellipsis; line breaks become spaces."""
    text = " ".join(str(text).split()) or str(text)
    return text if len(text) <= length else text[: max(length - 1, 1)].rstrip() + "…"


def listed(items: Iterable[str], most: int = 5) -> str:
    """Return items joined as in a sentence, the rest counted: ``a, b and 3 more``."""
    names = list(items)
    if len(names) > most:
        return ", ".join(names[:most]) + f" and {len(names) - most:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def wrap(text: str, width: int, most: int = 3) -> list[str]:
    """Return a text in lines of about so many characters, the last shortened if need be."""
    lines = textwrap.wrap(text, max(width, 4), break_long_words=True) or [text]
    if len(lines) > most:
        lines = [*lines[: most - 1], shorten(" ".join(lines[most - 1 :]), width)]
    return lines


def trimmed(value: float, digits: int = 3) -> str:
    """Return a number without zeros at its end, as somebody would type it.

    Examples
    --------
    >>> trimmed(4.5), trimmed(9.0), trimmed(1200.0), trimmed(-0.2741)
    ('4.5', '9', '1,200', '−0.274')
    """
    text = number(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "×" not in text else text


def upper_first(text: str) -> str:
    """Return a sentence with a capital first letter."""
    return text[:1].upper() + text[1:]
