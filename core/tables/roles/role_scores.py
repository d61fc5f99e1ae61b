"""Weighs what speaks for a column as the outcome or as the group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.formats import listed
from core.tables.roles.between_columns import constant_groups, is_group_level
from core.tables.roles.column_profile import ColumnProfile

#: Columns that are looked at in pairs: the likeliest groups, each against the first others.
_MOST_CANDIDATES = 24
_MOST_OTHERS = 120
_TELLING = 2
#: Share of steps inside groups that go one way, from which a time is a schedule.
_SCHEDULED = 0.9
#: Different values from which times were measured, however many rows share them.
_MANY_TIMES = 30
#: Points for answers such as yes and no, which are asked for their own sake.
_ANSWERS, _FEW_VALUES = 0.75, 3
#: Points from which a column may be the outcome without further proof; a column of words the group.
_LEAST_OUTCOME, _LEAST_WORDS = -2.1, -4.0


@dataclass(frozen=True, eq=False)
class Scored:
    """A column, what speaks for it in points, and a sentence."""

    column: ColumnProfile
    score: float
    reason: str


def rank_outcomes(profiles: Sequence[ColumnProfile], group: ColumnProfile | None) -> list[Scored]:
    """Return the likeliest outcome and what comes next to it, the likeliest first.

    Judged in the light of the group where one is known; empty where no column can be an outcome.
    """
    usable = [p for p in profiles if p is not group and _can_be_outcome(p)]
    plain = [
        p
        for p in usable
        if p.kind != "identifier" and (not _speaks_against(p) or _is_duration(p, group))
    ]
    ends = (plain[0], plain[-1]) if plain else (None, None)
    scored = [_outcome_score(p, group, ends) for p in usable]
    ranked = sorted(scored, key=lambda s: (-s.score, s.column.position))
    if not ranked or ranked[0].score > _LEAST_OUTCOME:
        return [s for s in ranked if s.score > _LEAST_OUTCOME]
    best = ranked[0]
    # Better an unlikely outcome than none, if it is no number of rows, of units or of blocks.
    is_some = best.column.kind != "identifier" and best.column.is_numeric
    is_some = is_some and not best.column.is_binary
    is_some = is_some and not best.column.counts_rows and best.score > -4.5
    return [best] if is_some else []


def _can_be_outcome(column: ColumnProfile) -> bool:
    if column.kind == "date" or column.n_distinct < 2 or column.n_present < 3:
        return False
    return column.is_numeric or column.has_answers or column.has_ordered_words


def _is_designed(column: ColumnProfile) -> bool:
    """Whether a treatment or a time was set to a few values, as in an experiment."""
    few = column.n_distinct <= 25 and column.n_distinct <= 0.2 * column.n_present
    return (column.cues.attribute or column.cues.time) and few


def _speaks_against(column: ColumnProfile) -> bool:
    cues = column.cues
    other = cues.time or cues.attribute or cues.auxiliary or cues.group or cues.id
    return other and not cues.outcome


def _outcome_score(
    column: ColumnProfile,
    group: ColumnProfile | None,
    ends: tuple[ColumnProfile | None, ColumnProfile | None],
) -> Scored:
    """Weigh what speaks for a column of numbers, of two answers or of ordered words."""
    cues, score = column.cues, 0.0
    score += _ANSWERS * column.has_answers
    said = [_what_it_holds(column)]
    if cues.outcome and not _is_designed(column):
        score += (1.5 if cues.weak_outcome else 3.0) - 1.0 * (cues.attribute or cues.time)
        score += 0.5 * cues.plain_outcome
        said.append("its name is that of an outcome")
    if cues.time and not cues.outcome:
        measured = _is_duration(column, group)
        score += (1.0 if cues.duration_only else -0.5) if measured else -4.0
    score -= 4.0 * (cues.group or cues.row_id) + 5.0 * column.numbers_blocks
    score -= 2.0 * cues.id + 2.0 * (cues.attribute and not cues.outcome)
    score -= 1.5 * cues.category + 1.5 * cues.auxiliary
    if column.kind == "identifier":
        score -= 4.0
    if column.n_distinct > 12:
        score += 1.5
        said.append(f"it has {column.n_distinct:,} different values")
    elif not column.is_numeric:
        score -= 0.0 if cues.outcome else 0.5
    elif column.is_binary:
        score -= (1.5 if cues.weak_outcome else 0.5) if cues.outcome else 2.0
    else:
        score -= 0.5
    score += 0.5 * (column.is_numeric and not column.is_whole)
    if column in ends:
        score += 0.5 if column is ends[0] else 0.45
        said.append(f"it comes {'first' if column is ends[0] else 'last'} among the measurements")
    score -= 1.5 * (column.n_missing > 0.5 * column.n_rows)
    if group is not None:
        share = _constant_share(column, group)
        # Two or three values are often the same throughout a small group.
        few = column.n_distinct <= _FEW_VALUES
        score -= 5.0 * share * (share > (0.95 if few else 0.5))
        if share < 0.5:
            said.append(f"it varies inside '{group.name}'")
    return Scored(column, score, f"Outcome: {listed(said, len(said))}.")


def _what_it_holds(column: ColumnProfile) -> str:
    if column.is_numeric:
        return "it holds numbers"
    return "it holds two answers" if column.has_answers else "it holds words with an order"


def _constant_share(column: ColumnProfile, group: ColumnProfile) -> float:
    """Return the share of the groups of several rows in which a column never varies."""
    constant, sizes = constant_groups(column, group)
    several = sizes > 1
    return float(constant[several].mean()) if several.any() else 0.0


def _is_duration(column: ColumnProfile, group: ColumnProfile | None) -> bool:
    """Whether times were measured and not set: many values that do not run on down the rows."""
    if not column.cues.duration:
        return False
    if column.n_distinct <= min(0.2 * column.n_present, _MANY_TIMES):
        return False
    steps = np.diff(column.outcome_values)
    if group is not None:
        steps = steps[np.diff(group.codes) == 0]
    steps = steps[np.isfinite(steps)]
    if len(steps) == 0:
        return False
    return max(float((steps >= 0).mean()), float((steps <= 0).mean())) < _SCHEDULED


def rank_groups(profiles: Sequence[ColumnProfile], outcome: Scored | None) -> list[Scored]:
    """Return the likeliest group and what comes next to it, the likeliest first.

    Judged in the light of the outcome where one is known; empty where no column can group.
    """
    target = outcome.column if outcome else None
    usable = [p for p in profiles if p is not target and p.can_group]
    if len(usable) > _MOST_CANDIDATES:
        usable = sorted(usable, key=lambda p: -_group_name_score(p)[0])[:_MOST_CANDIDATES]
    scored = [_group_score(p, profiles, target) for p in usable]
    scored.sort(key=lambda s: (-s.score, s.column.position))
    if not scored or scored[0].score > -1.0:
        return [s for s in scored if s.score > -1.0]
    words = [s for s in scored if not s.column.is_numeric]
    several = [s for s in words if s.column.n_distinct > 2 and s.score > _LEAST_WORDS]
    codes = [s for s in scored if s.column.is_numeric and s.column.may_be_codes]
    # Better few groups than none: words first, then small codes such as 0, 1 and 2.
    for found in (several, codes, words):
        if found:
            return found
    return []


def _group_score(
    column: ColumnProfile, profiles: Sequence[ColumnProfile], outcome: ColumnProfile | None
) -> Scored:
    """Weigh what speaks for a column as the group."""
    score, said = _group_name_score(column)
    constant = _constant_columns(column, profiles, outcome)
    if constant and column.n_distinct > 4:
        score += min(1.5, 0.75 * len(constant))
        said.append(f"'{constant[0]}' never varies inside it")
    if outcome is not None and column.n_distinct > 2:
        score += 1.5 * _intraclass(outcome, column)
    return Scored(column, score, f"Group: {listed(said, len(said))}.")


def _group_name_score(column: ColumnProfile) -> tuple[float, list[str]]:
    """Weigh what speaks for a column as the group by itself: its size, its name, its type."""
    cues = column.cues
    n_groups, mean_size = column.n_distinct, column.n_present / column.n_distinct
    said = [f"its {n_groups:,} levels repeat over {mean_size:.1f} rows on average"]
    score = _size_score(n_groups, mean_size)
    if cues.group or (cues.id and not cues.time):
        score += 3.0 if cues.group else 2.5 if column.n_distinct >= 8 else 2.0
        said.append("its name is that of a unit")
    elif cues.unit and not column.is_numeric:
        score += 2.0
    score -= 2.5 * (cues.time and not cues.group)
    score -= 2.0 * (cues.attribute and not cues.group) + 1.0 * (cues.category and not cues.group)
    score -= 1.5 * (cues.outcome and not cues.group and not column.numbers_blocks)
    if column.counts_things or column.counts_within_blocks:
        score -= 3.0
    elif column.is_numeric and float(column.present.min()) == 0.0 and not column.is_balanced:
        score -= 1.0
    if column.is_numeric and not (cues.group or cues.id or column.numbers_blocks):
        score -= 1.5 if column.stands_together else 3.0
    elif not column.is_numeric:
        score += 0.5
    if column.stands_together:
        score += 0.5
        said.append("its rows stand together")
    score += 0.5 * (cues.followed and not cues.attribute)
    return score, said


def _size_score(n_groups: int, mean_size: float) -> float:
    """More groups are better, down to the point where they hardly repeat."""
    score = -1.5 if n_groups < 3 else -0.5 if n_groups < 5 else 0.5 if n_groups < 8 else 1.0
    return score - (1.5 if mean_size < 2 else 0.0)


def _constant_columns(
    group: ColumnProfile, profiles: Sequence[ColumnProfile], outcome: ColumnProfile | None
) -> list[str]:
    """Return columns that never vary inside a group, at most two (more tell no more).

    Other names of the group do not count. Of a wide table only the first columns are looked at,
    so that the time does not grow with the square of their number.
    """
    others = [p for p in profiles[:_MOST_OTHERS] if p is not group and p is not outcome]
    found: list[str] = []
    for p in others:
        telling = p.kind not in ("constant", "empty") and p.n_distinct < group.n_distinct
        # That a subject never varies inside a run tells of the subject, not of the run.
        telling = telling and not (p.cues.followed and p.cues.group)
        if telling and not p.is_unique and is_group_level(p, group):
            found.append(p.name)
        if len(found) == _TELLING:
            break
    return found


def _intraclass(column: ColumnProfile, group: ColumnProfile) -> float:
    """Return the share of variance between groups (analysis of variance estimate), in [0, 1]."""
    known = column.outcome_values
    usable = (group.codes >= 0) & np.isfinite(known)
    codes, values = group.codes[usable], known[usable]
    n, sizes = len(codes), np.bincount(codes, minlength=group.n_levels)
    n_groups = int((sizes > 0).sum())
    if n_groups < 2 or n <= n_groups:
        return 0.0
    values = values - values.mean()
    sums = np.bincount(codes, weights=values, minlength=len(sizes))
    between = float((sums**2 / np.maximum(sizes, 1)).sum())
    within = float((values**2).sum()) - between
    size = (n - float((sizes.astype(float) ** 2).sum()) / n) / (n_groups - 1)
    mean_between, mean_within = between / (n_groups - 1), max(within, 0.0) / (n - n_groups)
    spread = (mean_between - mean_within) / size
    total = spread + mean_within
    return float(np.clip(spread / total, 0.0, 1.0)) if total > 0 else 0.0
