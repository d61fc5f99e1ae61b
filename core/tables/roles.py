"""Guesses which column is the outcome, the group, the predictor, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.exceptions import DataError
from core.spec import ModelSpec
from core.tables.profile import (
    ColumnProfile,
    constant_groups,
    is_group_level,
    pair_codes,
    profile_table,
    sample_rows,
)
from core.types import FloatArray, IntArray

_MAX_GROUP_PREDICTORS = 3


@dataclass(frozen=True, eq=False)
class Roles:
    """Guessed roles of the columns, with the reason for each.

    Attributes
    ----------
    outcome, group : str or None
        None where no column can play the part.
    predictors : tuple of str
        Individual-level predictors: at most one is guessed.
    group_predictors : tuple of str
        Columns that are constant in every group, the most telling first.
    reasons : mapping of str to str
        One sentence by column (not to be changed).
    """

    outcome: str | None
    predictors: tuple[str, ...]
    group: str | None
    group_predictors: tuple[str, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether there are an outcome and a group, which every model needs."""
        return self.outcome is not None and self.group is not None

    def spec(self) -> ModelSpec:
        """Return the model to begin with: a varying intercept, one predictor.

        Raises
        ------
        DataError
            When no outcome or no group was found.
        """
        if self.outcome is None or self.group is None:
            missing = "group" if self.group is None else "outcome"
            raise DataError(
                f"No column looks like the {missing}. Choose the outcome (a number measured in "
                "every row) and the group (a name or id that repeats over rows).",
                code="no_roles",
            )
        return ModelSpec(outcome=self.outcome, group=self.group, predictors=self.predictors)


@dataclass(frozen=True, eq=False)
class _Scored:
    column: ColumnProfile
    score: float
    reason: str


def guess_roles(table: pd.DataFrame) -> Roles:
    """Guess outcome, group and predictors of a table, each with a reason.

    Parameters
    ----------
    table : DataFrame
        As ``read_table`` returns it.

    Returns
    -------
    Roles
        The guess is a start: names, repeats per level, types, position and which columns are
        constant inside groups are weighed, in at most 200,000 rows.
    """
    return guess_from(profile_table(sample_rows(table)), len(table))


def guess_from(profiles: Sequence[ColumnProfile], n_rows: int) -> Roles:
    """Guess roles from the profiles of a table of ``n_rows`` rows, or of a sample of it."""
    outcome, group = _outcome_and_group(profiles)
    main = [found for found in (outcome, group) if found is not None]
    predictors: list[_Scored] = []
    group_level: list[_Scored] = []
    if outcome is not None:
        predictors = _best_predictor(profiles, [found.column for found in main])
    if outcome is not None and group is not None:
        group_level = _group_predictors(profiles, [found.column for found in (*main, *predictors)])
    n_seen = profiles[0].n_rows if profiles else n_rows
    part = f" (Judged on {n_seen:,} of {n_rows:,} rows.)" if n_seen < n_rows else ""
    return Roles(
        outcome=outcome.column.name if outcome else None,
        predictors=tuple(found.column.name for found in predictors),
        group=group.column.name if group else None,
        group_predictors=tuple(found.column.name for found in group_level),
        reasons={
            found.column.name: found.reason + part for found in (*main, *predictors, *group_level)
        },
    )


def _outcome_and_group(
    profiles: Sequence[ColumnProfile],
) -> tuple[_Scored | None, _Scored | None]:
    """Choose outcome and group, each a second time in the light of the other."""
    outcome = _best_outcome(profiles, None)
    group = _best_group(profiles, outcome)
    if group is None:
        return outcome, None
    outcome = _best_outcome(profiles, group.column) or outcome
    return outcome, _best_group(profiles, outcome) or group


# --- outcome -------------------------------------------------------------------------------


def _best_outcome(profiles: Sequence[ColumnProfile], group: ColumnProfile | None) -> _Scored | None:
    usable = [p for p in profiles if p is not group and _can_be_outcome(p)]
    plain = [p for p in usable if p.kind != "identifier" and not _speaks_against(p)]
    ends = (plain[0], plain[-1]) if plain else (None, None)
    scored = [_outcome_score(p, group, ends) for p in usable]
    best = max(scored, key=lambda s: (s.score, -s.column.position), default=None)
    return best if best is not None and best.score > -1.5 else None


def _can_be_outcome(column: ColumnProfile) -> bool:
    return column.is_numeric and column.n_distinct > 1 and column.n_present > 2


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
) -> _Scored:
    """Weigh what speaks for a numeric column as the outcome."""
    cues, score = column.cues, 0.0
    said = ["it holds numbers"]
    if cues.outcome and not _is_designed(column):
        score += 3.0 - 1.0 * (cues.attribute or cues.time)
        said.append("its name is that of an outcome")
    score -= 4.0 * (cues.time and not cues.outcome) + 4.0 * (cues.group or cues.row_id)
    score -= 2.0 * cues.id + 2.0 * (cues.attribute and not cues.outcome)
    score -= 1.5 * cues.category + 1.5 * cues.auxiliary
    if column.kind == "identifier":
        score -= 4.0
    if column.n_distinct > 12:
        score += 1.5
        said.append(f"it has {column.n_distinct:,} different values")
    elif column.is_binary:
        score -= 0.5 if cues.outcome else 2.0
    else:
        score -= 0.5
    score += 0.5 * (not column.is_whole)
    if column in ends:
        score += 0.5 if column is ends[0] else 0.45
        said.append(f"it comes {'first' if column is ends[0] else 'last'} among the measurements")
    score -= 0.5 * (column.n_missing > 0.5 * column.n_rows)
    if group is not None:
        constant, sizes = constant_groups(column, group)
        several = sizes > 1
        share = float(constant[several].mean()) if several.any() else 0.0
        score -= 5.0 * share * (share > 0.5)
        if share < 0.5:
            said.append(f"it varies inside '{group.name}'")
    return _Scored(column, score, f"Outcome: {_listed(said)}.")


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]


# --- group ---------------------------------------------------------------------------------


def _best_group(profiles: Sequence[ColumnProfile], outcome: _Scored | None) -> _Scored | None:
    target = outcome.column if outcome else None
    usable = [p for p in profiles if p is not target and p.can_group]
    scored = [_group_score(p, profiles, target) for p in usable]
    best = max(scored, key=lambda s: (s.score, -s.column.position), default=None)
    return best if best is not None and best.score > -1.0 else None


def _group_score(
    column: ColumnProfile, profiles: Sequence[ColumnProfile], outcome: ColumnProfile | None
) -> _Scored:
    """Weigh what speaks for a column as the group."""
    cues = column.cues
    n_groups, mean_size = column.n_distinct, column.n_present / column.n_distinct
    said = [f"its {n_groups:,} levels repeat over {mean_size:.1f} rows on average"]
    score = _size_score(n_groups, mean_size)
    if cues.group or (cues.id and not cues.time):
        score += 3.0 if cues.group else 2.0
        said.append("its name is that of a unit")
    elif cues.unit and not column.is_numeric:
        score += 2.0
    score -= 2.5 * (cues.time and not cues.group)
    score -= 2.0 * (cues.attribute and not cues.group) + 1.0 * (cues.category and not cues.group)
    score -= 1.5 * (cues.outcome and not cues.group)
    if column.is_numeric and not (cues.group or cues.id):
        score -= 1.5
    elif not column.is_numeric:
        score += 0.5
    constant = _constant_columns(column, profiles, outcome)
    if constant and n_groups > 4:
        score += min(1.5, 0.75 * len(constant))
        said.append(f"'{constant[0]}' never varies inside it")
    if outcome is not None and n_groups > 2:
        score += 1.5 * _intraclass(outcome, column)
    return _Scored(column, score, f"Group: {_listed(said)}.")


def _size_score(n_groups: int, mean_size: float) -> float:
    """More groups are better, down to the point where they hardly repeat."""
    score = -1.5 if n_groups < 3 else -0.5 if n_groups < 5 else 0.5 if n_groups < 8 else 1.0
    return score - (1.5 if mean_size < 2 else 0.0)


def _constant_columns(
    group: ColumnProfile, profiles: Sequence[ColumnProfile], outcome: ColumnProfile | None
) -> list[str]:
    """Return the columns that never vary inside a group, but not other names of the group."""
    others = [p for p in profiles if p is not group and p is not outcome]
    others = [p for p in others if p.kind not in ("constant", "empty") and not p.is_unique]
    return [p.name for p in others if is_group_level(p, group) and p.n_distinct < group.n_distinct]


def _intraclass(column: ColumnProfile, group: ColumnProfile) -> float:
    """Return the share of variance between groups (analysis of variance estimate), in [0, 1]."""
    usable = (group.codes >= 0) & np.isfinite(column.values)
    codes, values = group.codes[usable], column.values[usable]
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


# --- predictors ----------------------------------------------------------------------------


def _best_predictor(
    profiles: Sequence[ColumnProfile], taken: Sequence[ColumnProfile]
) -> list[_Scored]:
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
    return column.is_numeric or column.n_distinct <= 12


def _predictor_score(
    column: ColumnProfile, outcome: ColumnProfile, group: ColumnProfile | None
) -> _Scored:
    cues = column.cues
    strength = _relation(column, outcome, group)
    score = strength
    said = [f"it goes with '{outcome.name}' inside groups" if group else "it goes with the outcome"]
    if strength > 0.9 and _determines(column, outcome) and _determines(outcome, column):
        score -= 2.0  # another form of the outcome, such as its logarithm
    if cues.time and column.is_numeric:
        score += 0.75
        said.insert(0, "it is the time of measurement")
    score -= 0.75 * (cues.id or cues.row_id or cues.group) + 0.3 * (
        column.n_missing > 0.2 * column.n_rows
    )
    score -= 0.2 * (not column.is_numeric)
    return _Scored(column, score + 0.01, f"Predictor: {_listed(said)}.")


def _relation(column: ColumnProfile, outcome: ColumnProfile, group: ColumnProfile | None) -> float:
    """Return the correlation inside groups, in absolute value; for a category the root of R2."""
    y = outcome.values
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


def _group_predictors(
    profiles: Sequence[ColumnProfile], taken: Sequence[ColumnProfile]
) -> list[_Scored]:
    """Return the telling columns that are constant in every group, without repeating each other."""
    outcome, group = taken[0], taken[1]
    usable = [p for p in profiles if p not in taken and _can_predict(p)]
    scored = []
    for column in usable:
        is_name = not column.is_numeric and column.n_distinct > 0.5 * group.n_distinct
        if not is_name and is_group_level(column, group):
            strength = _relation(column, outcome, None)
            reason = f"Group-level predictor: it never varies inside '{group.name}'."
            scored.append(_Scored(column, strength, reason))
    scored.sort(key=lambda s: (-s.score, s.column.position))
    chosen: list[_Scored] = []
    for found in scored:
        if not any(_repeats(other.column, found.column) for other in chosen):
            chosen.append(found)
    return chosen[:_MAX_GROUP_PREDICTORS]


def _repeats(first: ColumnProfile, second: ColumnProfile) -> bool:
    """Whether the second column says nothing beyond the first, or as a number no more than it."""
    if first.is_numeric and first.n_distinct > 20:
        return second.is_numeric and _relation(first, second, None) > 0.95
    return _determines(first, second)


def _determines(first: ColumnProfile, second: ColumnProfile) -> bool:
    """Whether each level of the first column goes with one level of the second only."""
    return len(np.unique(pair_codes(first, second))) == first.n_distinct
