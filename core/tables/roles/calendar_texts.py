"""Dates written as text: '2024-03-12', '12.3.24', '12 March 2024', '12. März 2024'."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from pandas.api import types as pdt

Order: TypeAlias = Literal["day", "month", "open", ""]

#: Beginnings of the months' names in English, German, French, Spanish, Italian, Portuguese, Dutch.
_MONTHS = (
    "jan|jän|gen|ene|janv", "feb|fév|fev|fevr|févr", "mar|mär|mrz|maa|mrt|mars", "apr|avr|abr",
    "may|mai|mag|mei|mayo|maio", "jun|giu|juin", "jul|lug|juil", "aug|aoû|aou|ago|août",
    "sep|set", "oct|okt|ott|out", "nov", "dec|dez|déc|dic",
)  # fmt: skip
_MONTH_OF = {start: i for i, starts in enumerate(_MONTHS, start=1) for start in starts.split("|")}
_NAME = "(?:" + "|".join(sorted(_MONTH_OF, key=len, reverse=True)) + r")[^\W\d_]{0,7}\.?"
_TIME = r"(?:,?[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?(?:Z| ?[+-]\d\d:?\d\d)?)?"
_DAY_NAME = r"(?:[^\W\d_]{2,10}\.?,? )?"
_ORDINAL = r"(?:st|nd|rd|th|\.|º|er)?"
_DATE = re.compile(
    rf"{_DAY_NAME}(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    rf"|\d{{1,2}}{_ORDINAL}[-. /]\s?(?:of |de |d')?{_NAME}[-., /]\s?(?:de |del )?"
    rf"(?:\d{{4}}|\d{{2}})|{_NAME} \d{{1,2}}{_ORDINAL},? ?\d{{4}}"
    r"|\d{4}年\d{1,2}月\d{1,2}日"
    rf"|(?:19|20)\d{{2}}-(?:0[1-9]|1[0-2])){_TIME}",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"\s*(\d{1,2})([-/.])(\d{1,2})[-/.](?:\d{4}|\d{2})(?!\d)")
_SPELLED = re.compile(
    rf"(?P<d1>\d{{1,2}}){_ORDINAL}[-. /]\s?(?:of |de |d')?(?P<m1>{_NAME})[-., /]\s?(?:de |del )?"
    rf"(?P<y1>\d{{4}}|\d{{2}})|(?P<m2>{_NAME}) (?P<d2>\d{{1,2}}){_ORDINAL},? ?(?P<y2>\d{{4}})"
    r"|(?P<y3>\d{4})年(?P<m3>\d{1,2})月(?P<d3>\d{1,2})日",
    re.IGNORECASE,
)
_LONGEST = 60


def are_dates(texts: Iterable[str]) -> bool:
    """Whether all texts are dates, and there are two different ones at least."""
    found = list(texts)
    return len(found) > 1 and all(
        len(text) <= _LONGEST and _DATE.fullmatch(text.strip()) for text in found
    )


def date_order(texts: Sequence[str]) -> Order:
    """Return what comes first in dates such as 03/04/2024: the day, the month, or it is open.

    '' where the dates are not written with numbers alone, or begin with the year. A day beyond 12
    tells, and so do points: only countries that begin with the day write them.
    """
    found = [match for text in texts if len(text) <= _LONGEST and (match := _NUMERIC.match(text))]
    if len(found) < 0.5 * len(texts) or not found:
        return ""
    if any(int(match[1]) > 12 for match in found) or all(match[2] == "." for match in found):
        return "day"
    return "month" if any(int(match[3]) > 12 for match in found) else "open"


def parse_dates(column: pd.Series[Any], *, day_first: bool | None = None) -> pd.Series[Any]:
    """Return a column of dates as datetimes, in UTC where hours are given; else missing.

    Parameters
    ----------
    column : Series
        Datetimes, texts, or whole numbers such as 20240131.
    day_first : bool, optional
        What 03/04/2024 begins with; found out where it is not given, the month where nothing tells.
    """
    if pdt.is_datetime64_any_dtype(column.dtype):
        bare = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz else column
        return pd.Series(bare)
    if pdt.is_numeric_dtype(column.dtype):
        whole = column.astype("Int64").astype("string")
        return pd.to_datetime(whole, format="%Y%m%d", errors="coerce")
    distinct = column.dropna().astype(str).unique().tolist()
    if day_first is None:
        day_first = date_order(distinct[:500]) == "day"
    plain = [_plain(text) for text in distinct]
    parsed = pd.to_datetime(
        pd.Series(plain, dtype="object"), errors="coerce", format="mixed", dayfirst=day_first,
        utc=True,
    ).dt.tz_localize(None)  # fmt: skip
    known = dict(zip(distinct, parsed, strict=True))
    values = column.astype(object).map(lambda v: known.get(str(v), pd.NaT), na_action="ignore")
    return pd.Series(pd.to_datetime(values))


def _plain(text: str) -> str:
    """Return a date whose month is spelled, in any known language, as ISO; others as they are."""
    bare = text.strip()
    match = _SPELLED.search(bare) if len(bare) <= _LONGEST else None
    if match is None:
        return re.sub(r"^[^\W\d_]{2,10}\.?,? (?=\d)", "", bare)
    parts = {k: match[f"{k}{i}"] for i in (1, 2, 3) for k in "dmy" if match[f"{k}{i}"]}
    month = parts["m"].casefold().rstrip(".")
    number = int(month) if month.isdigit() else _month(month)
    year = int(parts["y"])
    if len(parts["y"]) == 2:  # as the C library has it: 69 to 99 are of the last century
        year += 1900 if year >= 69 else 2000
    return f"{year:04d}-{number:02d}-{int(parts['d']):02d}{bare[match.end() :]}"


def _month(name: str) -> int:
    starts = [start for start in _MONTH_OF if name.startswith(start)]
    return _MONTH_OF[max(starts, key=len)]


def days_since(dates: pd.Series[Any], first: Any) -> pd.Series[Any]:
    """Return days between dates and a first one, or one for each row, as numbers."""
    days = (dates - first) / np.timedelta64(1, "D")
    return pd.Series(days.astype(float))
