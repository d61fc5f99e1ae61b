"""Turns times that something took ('1:23.4') into seconds."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.formats import shorten
from core.tables.read.numerals import matches_pattern
from core.tables.repairs.number_cells import whole
from core.tables.repairs.repair import Repair
from core.tables.repairs.sheet import Sheet, as_column
from core.tables.roles.lexicon import tokens_of, words_in
from core.types import FloatArray

#: Minutes and seconds, with hours before and parts of a second after them, or not.
_CLOCK = r"^\s*(?:(?:\d{1,3}:)?[0-5]?\d:[0-5]\d|\d{1,3}:[0-5]\d)(?:[.,]\d{1,6})?\s*$"
_PARTS = r"[.,]\d"
_SHARE = 0.95
#: Words for how long something took; 'time' may be the time of day.
_TOOK = words_in(
    """
    lap laps split splits duration durations elapsed pace finish finishing runtime run result
    swim bike rundenzeit dauer duree durata duracion tempo
    """
)

#: Words for a time of the day.
_OF_DAY = words_in("start starts started begin began clock arrival departure of day am pm uhrzeit")
_FEW_HOURS = r"^\s*\d:[0-5]\d:[0-5]\d"


def read_durations(sheet: Sheet) -> Sheet:
    """Turn columns of minutes and seconds into seconds where they cannot be times of the day.

    Parts of a second say so, or a word of the name ('lap', 'duration').
    """
    like = sheet.matching(_CLOCK, 100)
    for name in [name for name, found in like.items() if len(found) and found.mean() >= _SHARE]:
        column = sheet.texts(name)
        seconds = duration_seconds(column)
        if seconds is None or not _is_sure(name, column) or not sheet.allows("durations", name):
            continue
        sample = next(text.strip() for text in column.drop_null().slice(0, 50).to_pylist() if text)
        value = seconds[int(np.flatnonzero(np.isfinite(seconds))[0])]
        sentence = (
            f"'{shorten(name)}' holds durations, such as '{shorten(sample, 20)}': they were turned "
            f"into seconds ({value:.15g})."
        )
        table = sheet.table.copy(deep=False)
        table[name] = as_column(whole(seconds), sheet.table)
        units = dict(sheet.report.units) | {name: "s"}
        repair = Repair("durations", name, (), sentence)
        sheet = sheet.done(table, repair, units=tuple(units.items()))
    return sheet


def duration_seconds(column: pa.ChunkedArray) -> FloatArray | None:
    """Return the seconds that texts such as '1:23.4' or '1:02:03' stand for, NaN where missing.

    None where the texts are anything else.
    """
    there = column.drop_null()
    if not len(there) or not matches_pattern(there, _CLOCK).all():
        return None
    distinct = pc.unique(there)
    values = np.array([_seconds(text) for text in distinct.to_pylist()] + [np.nan])
    place = np.asarray(pc.fill_null(pc.index_in(column, distinct), -1)).astype(np.intp)
    return np.asarray(values[place], dtype=np.float64)


def _seconds(text: str) -> float:
    """Return seconds to the last digit: whole minutes are added to the decimal text."""
    *before, last = text.strip().replace(",", ".").split(":")
    minutes = 0
    for part in before:
        minutes = 60 * minutes + int(part)
    whole_part, _, parts = last.partition(".")
    return float(f"{60 * minutes + int(whole_part)}.{parts or '0'}")


def _is_sure(name: str, column: pa.ChunkedArray) -> bool:
    """Whether texts are durations and no times of the day."""
    there = column.drop_null()
    has_parts = matches_pattern(there, _PARTS).any()
    has_hours = bool(re.search(r"\d:\d+:\d", str(there[0])))
    words = set(tokens_of(name))
    if _TOOK & words or (has_parts and not has_hours):
        return True
    # A day's times begin with two digits, or reach ten o'clock: 0:52:10 and 3:01:44 took as long.
    return has_hours and not _OF_DAY & words and bool(matches_pattern(there, _FEW_HOURS).all())
