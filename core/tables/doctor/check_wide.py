"""Finds one measurement spread over several columns, such as score_1, score_2, score_3."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from core.formats import listed, shorten
from core.tables.doctor.finding import Finding, quoted
from core.tables.doctor.several_to_long import SeveralToLong
from core.tables.reshape import WideToLong
from core.tables.roles.column_profile import ColumnProfile
from core.tables.roles.lexicon import TIMES, tokens_of
from core.types import BoolArray, FloatArray

_NUMBERED = re.compile(r"(.*?)(\d+(?:\.\d+)?)(\D*)")
_BASELINE = re.compile(r"(.*?)[ ._-]*(?:baseline|base|bl)", re.IGNORECASE)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_PAIRS = (("pre", "post"), ("before", "after"), ("baseline", "followup"), ("baseline", "final"))
_LEAST_WIDE = 3
_SIMILAR = 10.0
_VERY_SIMILAR = 1.5
_RELATED, _VERY_RELATED = 0.3, 0.7

_Member = tuple[ColumnProfile, float]
_Stem = tuple[str, str]
_Set = tuple[_Stem, list[ColumnProfile], tuple[float | str, ...]]


def check_wide(profiles: Sequence[ColumnProfile], group: ColumnProfile | None) -> list[Finding]:
    """Find columns that repeat one measurement.

    Of two columns only ('before', 'after') one may well be the predictor of the other, so they
    are told only where the rows belong to no units, that is where each row seems to be one.
    """
    known = group is not None and (group.cues.group or group.cues.id)
    sets: list[_Set] = [
        (stem, [column for column, _ in members], tuple(time for _, time in members))
        for stem, members in _families(profiles, least=_LEAST_WIDE if known else 2).items()
    ]
    pairs = _pairs(profiles)
    several = _several([*sets, *pairs])
    if several is not None:
        return [several]
    if not known and not sets:
        sets += [one for one in pairs if _related([c.values for c in one[1]], _RELATED)]
    return [_finding(*one) for one in sets[:2]]


def _several(sets: Sequence[_Set]) -> Finding | None:
    """Return the finding about measures that were all taken at the same times; None of one."""
    by_times: dict[tuple[float | str, ...], list[_Set]] = defaultdict(list)
    for one in sets:
        if len(_measure(one[0])) > 1:
            by_times[one[2]].append(one)
    times, found = max(by_times.items(), key=lambda item: len(item[1]), default=((), []))
    if len(found) < 2:
        return None
    parts = tuple(
        WideToLong(tuple(c.name for c in members), times, _time_name(times), _measure(stem))
        for stem, members, _ in found
    )
    fix = SeveralToLong(parts)
    measures = listed([f"'{shorten(part.value_name)}'" for part in parts], 3)
    message = (
        f"{quoted(fix.columns, 3)} look like {len(parts)} measures ({measures}) taken "
        f"{len(times)} times each: a model of groups needs one row for each time."
    )
    return Finding("wide_layout", fix.columns[0], message, fix, "caution")


def _measure(stem: _Stem) -> str:
    parts = [part.strip(" ._-") for part in stem]
    return "_".join(part for part in parts if part)


def _time_name(times: Sequence[float | str]) -> str:
    return "year" if isinstance(times[0], float) and times[0] > 1000 else "time"


def _finding(
    stem: _Stem, members: Sequence[ColumnProfile], times: tuple[float | str, ...]
) -> Finding:
    columns = tuple(column.name for column in members)
    value = "".join(stem).strip(" ._-") or "value"
    message = (
        f"{quoted(columns, 3)} look like one measurement taken {len(columns)} times: a model "
        "of groups needs one row per measurement."
    )
    fix = WideToLong(columns, times, _time_name(times), value)
    return Finding("wide_layout", columns[0], message, fix, "caution")


def _families(profiles: Sequence[ColumnProfile], *, least: int) -> dict[_Stem, list[_Member]]:
    """Group numeric columns whose names differ in one number only, and that measure alike."""
    families: dict[_Stem, list[_Member]] = defaultdict(list)
    for column in profiles:
        parts = _stem_and_number(column.name)
        if parts is not None and column.is_numeric:
            before, time, after = parts
            families[before, after].append((column, time))
    _join_baselines(profiles, families)
    return {
        stem: sorted(members, key=lambda member: member[1])
        for stem, members in families.items()
        if len(members) >= (least if _counts_time(stem, members) else _LEAST_WIDE)
        and _is_one_measurement(stem, members)
    }


def _stem_and_number(name: str) -> tuple[str, float, str] | None:
    match = _NUMBERED.fullmatch(name)
    if match:
        return match[1], float(match[2]), match[3]
    head = name.strip().casefold()[:3]
    return ("", float(_MONTHS.index(head) + 1), "") if head in _MONTHS and len(name) < 10 else None


def _join_baselines(
    profiles: Sequence[ColumnProfile], families: dict[_Stem, list[_Member]]
) -> None:
    """Add 'bp_baseline' as time 0 to 'bp_week4' and 'bp_week8'."""
    for column in profiles:
        match = _BASELINE.fullmatch(column.name)
        if match is None or not column.is_numeric or not match[1]:
            continue
        for stem, members in families.items():
            new = all(time > 0 for _, time in members)
            if new and len(members) > 1 and stem[0].startswith(match[1]):
                members.append((column, 0.0))
                break


def _counts_time(stem: _Stem, members: Sequence[_Member]) -> bool:
    """Whether the numbers in the names are years or follow a word for time."""
    words = {*tokens_of(stem[0])[-1:], *tokens_of(stem[1])[:1]}
    named = bool(words & TIMES) and bool("".join(stem).strip(" ._-"))
    return named or all(1800 <= time <= 2100 for _, time in members)


def _is_one_measurement(stem: _Stem, members: Sequence[_Member]) -> bool:
    """Whether columns measure one thing: distinct numbers, similar size, related values."""
    numbers = [time for _, time in members]
    if len(set(numbers)) < len(numbers):
        return False
    bare = "".join(stem).strip(" ._-").casefold()
    is_year = all(1800 <= number <= 2100 for number in numbers)
    if not is_year and (max(numbers) >= 1000 or _names_substances(stem, numbers)):
        return False
    anonymous = len(bare) < 2 and not is_year and bare not in ("t", "w", "y", "")
    values = [column.values for column, _ in members if column.n_distinct > 2]
    if len(values) < len(members) and len(values) < _LEAST_WIDE:
        return False
    if anonymous:  # x1, x2, x3 are different predictors as a rule
        many = min(column.n_distinct for column, _ in members) > 12
        return many and _alike(values, _VERY_SIMILAR) and _related(values, _VERY_RELATED)
    return _alike(values, _SIMILAR) and _related(values, _RELATED)


def _names_substances(stem: _Stem, numbers: Sequence[float]) -> bool:
    """Whether capitals and numbers in no regular steps are names: CD3, CD8, CD34; IL6, IL10."""
    letters = re.search(r"[A-Z]{2,}$", stem[0])
    steps = {round(b - a, 6) for a, b in itertools.pairwise(sorted(numbers))}
    return letters is not None and len(steps) > 1


def _pairs(
    profiles: Sequence[ColumnProfile],
) -> list[_Set]:
    """Return pairs of columns named 'before' and 'after' with numbers of like size."""
    numeric = {c.name.casefold(): c for c in profiles if c.is_numeric and c.n_distinct > 2}
    found: list[_Set] = []
    for (name, first), (early, late) in itertools.product(numeric.items(), _PAIRS):
        place = name.find(early)
        second = (
            numeric.get(name[:place] + late + name[place + len(early) :]) if place >= 0 else None
        )
        at_edge = place == 0 or name.endswith(early)
        if second is None or not at_edge:
            continue
        if _alike([first.values, second.values], _SIMILAR):
            stem = (first.name[:place], first.name[place + len(early) :])
            found.append((stem, [first, second], (early, late)))
    return found


def _alike(values: Sequence[FloatArray], ratio: float) -> bool:
    """Whether columns have numbers of like size."""
    scales = [float(np.nanmedian(np.abs(v))) if np.isfinite(v).any() else 0.0 for v in values]
    return min(scales) > 0 and max(scales) <= ratio * min(scales)


def _related(values: Sequence[FloatArray], least: float) -> bool:
    """Whether neighbouring columns rise and fall together over the rows."""
    found = []
    for first, second in itertools.pairwise(values):
        both: BoolArray = np.isfinite(first) & np.isfinite(second)
        if both.sum() > 3 and first[both].std() > 0 and second[both].std() > 0:
            found.append(float(np.corrcoef(first[both], second[both])[0, 1]))
    return bool(found) and float(np.median(found)) > least
