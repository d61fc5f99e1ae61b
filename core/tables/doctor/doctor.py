"""The doctor: what may be wrong with a table, in sentences, each with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.exceptions import DataError
from core.tables.doctor.check_cells import check_missing_tokens, check_numeric_text, check_spellings
from core.tables.doctor.check_columns import (
    check_codes,
    check_constant,
    check_date,
    check_nearly_constant,
    check_ordered_words,
    check_row_names,
    check_two_values,
    join_constants,
)
from core.tables.doctor.check_groups import (
    check_group_level,
    check_pairs,
    check_singletons,
    check_spread,
)
from core.tables.doctor.check_layout import check_duplicates, check_names, check_repeated_header
from core.tables.doctor.check_totals import check_totals
from core.tables.doctor.check_wide import check_wide
from core.tables.doctor.finding import Finding
from core.tables.doctor.fixes import DropColumn
from core.tables.fix import SETTLED_KEY, apply_fix
from core.tables.roles.column_profile import (
    ColumnProfile,
    by_name,
    profile_table,
    sample_size,
)
from core.tables.roles.guess_roles import guess_from, guess_roles
from core.tables.roles.role_predictors import has_own_dates

_CELL_CHECKS: tuple[Callable[[ColumnProfile], Finding | None], ...] = (
    check_numeric_text,
    check_missing_tokens,
    check_spellings,
)
_COLUMN_CHECKS: tuple[Callable[[ColumnProfile], Finding | None], ...] = (
    check_codes,
    check_row_names,
    check_constant,
)
#: Beyond so many columns that nearly belong to the groups, the groups are no natural ones.
_MOST_SLIPS = 5
#: Rows that the groups of a guess have on average, for faults to be found by it.
_LEAST_SIZE = 1.25
#: Columns of one range that make numbers answers on a scale and no codes.
_LEAST_SCALE = 3
_ORDER = {"problem": 0, "caution": 1, "info": 2}


def examine(
    table: pd.DataFrame,
    group: str | None = None,
    *,
    outcome: str | None = None,
    predictor: str | None = None,
) -> tuple[Finding, ...]:
    """Return what may be wrong with a table, the gravest first; nothing for clean data.

    Parameters
    ----------
    table : DataFrame
    group, outcome, predictor : str, optional
        The roles that the user has chosen; guessed where not given.

    Returns
    -------
    tuple of Finding
        Each finding is judged on the table as the graver ones' fixes would leave it, so that one
        fault is not reported many times.

    Raises
    ------
    DataError
        When ``group``, ``outcome`` or ``predictor`` is no column of the table.
    """
    for column in (group, outcome, predictor):
        if column is not None and column not in map(str, table.columns):
            raise DataError(f"The table has no column '{column}'. Choose one that it has.")
    if not len(table) or not table.shape[1]:
        return ()
    findings, mended, profiles = _mended(table)
    chosen = _choose(mended, profiles, (group, outcome, predictor))
    findings += _column_findings(profiles, chosen)
    findings += _group_findings(profiles, chosen)
    findings += check_duplicates(mended)
    settled = {tuple(pair) for pair in table.attrs.get(SETTLED_KEY, ())}
    findings = [finding for finding in findings if (finding.code, finding.column) not in settled]
    if table.shape[1] == 1:  # nobody wants to drop the only column
        findings = [replace(f, fix=None) if isinstance(f.fix, DropColumn) else f for f in findings]
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))


@dataclass(frozen=True, eq=False)
class _Chosen:
    """The columns that play a role, by the user's choice or by a guess."""

    group: ColumnProfile | None
    outcome: ColumnProfile | None
    predictor: ColumnProfile | None


def _choose(
    table: pd.DataFrame,
    profiles: Sequence[ColumnProfile],
    names: tuple[str | None, str | None, str | None],
) -> _Chosen:
    group, outcome, predictor = names
    if group is None or outcome is None or predictor is None:
        guess = (
            guess_from(profiles, len(table))
            if len(table) <= sample_size(table)
            else guess_roles(table)
        )
        taken = {group, outcome, predictor}
        group = group or (guess.group if guess.group not in taken else None)
        guessed = by_name(profiles, group)
        if names[0] is None and guessed is not None and not _is_credible(guessed):
            group = None
        outcome = outcome or (guess.outcome if guess.outcome not in {*taken, group} else None)
        free = [name for name in guess.predictors if name not in {group, outcome}]
        predictor = predictor or next(iter(free), None)
    found = by_name(profiles, outcome)
    if names[1] is None and (found is None or not found.cues.outcome):
        # The guess knows numbers only; a column of words may bear the name of an outcome.
        words = (p for p in profiles if p.is_binary and not p.is_numeric and _is_named_outcome(p))
        found = next(words, found)
    return _Chosen(by_name(profiles, group), found, by_name(profiles, predictor))


def _is_credible(group: ColumnProfile) -> bool:
    """Whether a guessed group is sure enough to find faults by it."""
    if group.n_present < _LEAST_SIZE * group.n_distinct or group.counts_things:
        return False
    return not group.is_numeric or group.cues.group or group.cues.id


def _is_named_outcome(column: ColumnProfile) -> bool:
    """Whether a name is that of an outcome and of nothing else."""
    return column.cues.outcome and not column.cues.weak_outcome


def _mended(
    table: pd.DataFrame,
) -> tuple[list[Finding], pd.DataFrame, tuple[ColumnProfile, ...]]:
    """Check names, rows and cells; return the table, and its profiles, with these mended."""
    names = check_names(table)
    table = _mend(table, names)
    headers = check_repeated_header(table)
    table = _mend(table, headers)
    profiles = profile_table(table)
    totals = check_totals(profiles)
    if totals:
        table = _mend(table, totals)
        profiles = profile_table(table)
    cells: list[Finding] = []
    for column in profiles:
        found = [finding for check in _CELL_CHECKS if (finding := check(column)) is not None]
        cells += found
        table = _mend(table, found[:1])
    if any(finding.severity == "problem" for finding in cells):
        profiles = profile_table(table)
    return [*names, *headers, *totals, *cells], table, profiles


def _mend(table: pd.DataFrame, findings: Sequence[Finding]) -> pd.DataFrame:
    for finding in findings:
        if finding.fix is not None and finding.severity == "problem":
            table = apply_fix(table, finding.fix)
    return table


def _column_findings(profiles: Sequence[ColumnProfile], chosen: _Chosen) -> list[Finding]:
    """Check each column by itself; the outcome and the group are not to be changed."""
    findings = check_wide(profiles, chosen.group)
    repeated = {name for finding in findings for name in getattr(finding.fix, "columns", ())}
    roles = (chosen.outcome, chosen.group)
    for column in profiles:
        if column.name in repeated:
            continue
        checks = (check_constant,) if column in roles else _COLUMN_CHECKS
        if repeated:  # in a wide table each row is a unit, which a column rightly names
            checks = tuple(check for check in checks if check is not check_row_names)
        findings += [finding for check in checks if (finding := check(column)) is not None]
        if column not in roles or column is chosen.predictor:
            dated = check_date(column, _repeated_group(column, chosen.group))
            findings += [dated] if dated is not None else []
    if chosen.outcome is None or not chosen.outcome.is_numeric:
        words = (check_ordered_words(column) for column in profiles if column is not chosen.group)
        findings += [finding for finding in words if finding is not None]
    findings = [f for f in findings if f.code != "category_as_number" or not _is_scale(f, profiles)]
    findings = join_constants(findings)
    for column in profiles:
        if column is not chosen.outcome and not (column.is_numeric and _is_named_outcome(column)):
            continue
        finding = check_nearly_constant(column)
        if finding is None and column is chosen.outcome:
            finding = check_two_values(column)
        if finding is not None and column.name not in repeated:
            findings.append(finding)
    return findings


def _repeated_group(column: ColumnProfile, group: ColumnProfile | None) -> str | None:
    """Return the group where its rows have dates of their own, as the visits of a patient do."""
    if group is None or column.kind != "date":
        return None
    return group.name if has_own_dates(column, group) else None


def _is_scale(finding: Finding, profiles: Sequence[ColumnProfile]) -> bool:
    """Whether several other columns hold the same numbers, as questions on one scale do."""
    column = by_name(profiles, finding.column)
    if column is None or column.n_distinct <= _LEAST_SCALE:
        return False
    alike = [p for p in profiles if p.is_numeric and p.is_whole and p is not column]
    alike = [p for p in alike if p.n_distinct == column.n_distinct and not p.cues.category]
    same = [p for p in alike if np.array_equal(np.unique(p.present), np.unique(column.present))]
    return len(same) >= _LEAST_SCALE


def _group_findings(profiles: Sequence[ColumnProfile], chosen: _Chosen) -> list[Finding]:
    """Check columns against the group."""
    group = chosen.group
    if group is None:
        return []
    outcome = chosen.outcome.name if chosen.outcome is not None else None
    findings = check_pairs(group, profiles, outcome)
    if (finding := check_singletons(group)) is not None:
        findings.append(finding)
    predictor = chosen.predictor
    if predictor is not None and (finding := check_spread(predictor, group)) is not None:
        findings.append(finding)
    slips = [
        finding
        for column in profiles
        if column is not group and column.name != outcome
        if (finding := check_group_level(column, group)) is not None
    ]
    return findings + slips[:_MOST_SLIPS]
