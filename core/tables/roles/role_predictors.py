"""Chooses the predictor to begin with, and the group-level predictors that tell most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.formats import listed
from core.tables.roles.between_columns import is_group_level, pair_codes
from core.tables.roles.calendar_texts import parse_dates
from core.tables.roles.column_profile import ColumnProfile
from core.tables.roles.lexicon import FOLLOWED, tokens_of
from core.tables.roles.role_scores import Scored
from core.types import FloatArray, IntArray

_MAX_GROUP_PREDICTORS = 3
#: Points of a repeated measure's time; of what was set; against what is an outcome itself.
_FEW_LEVELS = 5
_TIME, _WAS_SET, _MEASURED_TOO = 1.0, 0.15, 0.25
_REPEATED_SHARE = 0.5
#: Shares of steps that go on inside groups, and that go back from one group to the next.
_RUNS_ON, _BEGINS_AGAIN = 0.95, 0.5


def best_predictor(
    profiles: Sequence[ColumnProfile], taken: Sequence[ColumnProfile]
) -> list[Scored]:
    """Choose the individual-level predictor: time in repeated measures, else what relates most.

    Returns one column, or none.
    """
    outcome, group = taken[0], taken[-1] if len(taken) > 1 else None
    usable = [p for p in profiles if p not in taken and _can_predict(p)]
    if group is not None:
        usable = [p for p in usable if not is_group_level(p, group)]
    scored = [_predictor_score(p, outcome, group) for p in usable]
    best = max(scored, key=lambda s: (s.score, -s.column.position), default=None)
    return [best] if best is not None and best.score > 0.0 else []


def _can_predict(column: ColumnProfile) -> bool:
    if column.kind in ("constant", "empty", "free text", "identifier", "date"):
        return False
    return column.is_numeric or column.n_distinct <= min(12, column.n_present / 3)


def _predictor_score(
    column: ColumnProfile, outcome: ColumnProfile, group: ColumnProfile | None
) -> Scored:
    cues = column.cues
    strength = _relation(column, outcome, group)
    score = strength
    said = [f"it goes with '{outcome.name}' inside groups" if group else "it goes with the outcome"]
    if strength > 0.9 and _determines(column, outcome) and _determines(outcome, column):
        score -= 2.0  # another form of the outcome, such as its logarithm
    if cues.time and column.is_numeric and (group is None or _is_repeated(column, group)):
        # A count of the visits says less than how old somebody was, or the day.
        score += _TIME - 0.2 * column.counts_within_blocks
        said.insert(0, "it is the time of measurement")
    # A few machines that every worker used are conditions, whatever their name.
    is_condition = cues.group and not column.is_numeric and column.n_distinct <= _FEW_LEVELS
    is_unit = cues.id or cues.row_id or cues.group
    score -= 0.25 if is_condition else 0.75 * is_unit
    score -= 0.3 * (column.n_missing > 0.2 * column.n_rows)
    # What was set, or was there before, explains; what was measured beside the outcome does not.
    was_set = column.is_numeric and (cues.attribute or cues.auxiliary) and not cues.outcome
    score += _WAS_SET * was_set - _MEASURED_TOO * (cues.outcome and not cues.weak_outcome)
    score -= 0.2 * (not column.is_numeric)
    return Scored(column, score + 0.01, f"Predictor: {listed(said, len(said))}.")


def has_own_dates(column: ColumnProfile, group: ColumnProfile) -> bool:
    """Whether dates are those of visits: to persons and the like, each with a calendar of its own.

    Where the name of the group does not tell, its dates run on inside each group and begin again
    with the next.
    """
    if column.kind != "date" or group.n_present < 2 * group.n_distinct:
        return False
    if is_group_level(column, group):
        return False
    if set(tokens_of(group.name)) & FOLLOWED or (group.cues.id and not group.cues.group):
        return True
    dates = parse_dates(column.series)
    known = dates.notna().to_numpy()
    days, codes = dates[known].to_numpy().astype("datetime64[s]").astype(float), group.codes[known]
    steps, same = np.diff(days), np.diff(codes) == 0
    if not same.any() or same.all():
        return False
    runs_on = float((steps[same] >= 0).mean()) >= _RUNS_ON
    return runs_on and float((steps[~same] < 0).mean()) > _BEGINS_AGAIN


def _is_repeated(column: ColumnProfile, group: ColumnProfile) -> bool:
    """Whether each group was measured about once at each time."""
    pairs = pair_codes(column, group)
    return len(np.unique(pairs)) > _REPEATED_SHARE * len(pairs)


def _relation(column: ColumnProfile, outcome: ColumnProfile, group: ColumnProfile | None) -> float:
    """Return the correlation inside groups, in absolute value; for a category the root of R2."""
    y = outcome.outcome_values
    codes = group.codes if group is not None else np.zeros(len(y), dtype=np.intp)
    x = column.values if column.is_numeric else column.codes.astype(np.float64)
    usable = np.isfinite(y) & np.isfinite(x) & (codes >= 0)
    if not column.is_numeric:
        usable &= x >= 0
    if usable.sum() < 3:
        return 0.0
    y, x, codes = y[usable], x[usable], codes[usable]
    y = _inside(y, codes)
    if column.is_numeric:
        x = _inside(x, codes)
    else:
        level = x.astype(np.intp)
        x = _means(y, level)[level]
    norm = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return abs(float((x * y).sum())) / norm if norm > 0 else 0.0


def _means(values: FloatArray, codes: IntArray) -> FloatArray:
    sizes = np.maximum(np.bincount(codes), 1)
    return np.asarray(np.bincount(codes, weights=values) / sizes)


def _inside(values: FloatArray, codes: IntArray) -> FloatArray:
    """Return deviations from the group means."""
    return np.asarray(values - _means(values, codes)[codes])


def group_predictors(
    profiles: Sequence[ColumnProfile], taken: Sequence[ColumnProfile]
) -> list[Scored]:
    """Return the telling columns that are constant in every group, without repeating each other."""
    outcome, group = taken[0], taken[1]
    usable = [p for p in profiles if p not in taken and _can_predict(p)]
    scored = []
    for column in usable:
        is_name = not column.is_numeric and column.n_distinct > 0.5 * group.n_distinct
        if not is_name and is_group_level(column, group):
            strength = _relation(column, outcome, None)
            reason = f"Group-level predictor: it never varies inside '{group.name}'."
            scored.append(Scored(column, strength, reason))
    scored.sort(key=lambda s: (-s.score, s.column.position))
    chosen: list[Scored] = []
    for found in scored:
        if len(chosen) == _MAX_GROUP_PREDICTORS:
            break
        if not any(_repeats(other.column, found.column) for other in chosen):
            chosen.append(found)
    return chosen


def _repeats(first: ColumnProfile, second: ColumnProfile) -> bool:
    """Whether the second column says nothing beyond the first, or as a number no more than it."""
    if first.is_numeric and first.n_distinct > 20:
        return second.is_numeric and _relation(first, second, None) > 0.95
    return _determines(first, second)


def _determines(first: ColumnProfile, second: ColumnProfile) -> bool:
    """Whether each level of the first column goes with one level of the second only."""
    return len(np.unique(pair_codes(first, second))) == first.n_distinct
