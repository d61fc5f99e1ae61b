"""Guesses which column is the outcome, the group, the predictor, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from core.exceptions import DataError
from core.spec import ModelSpec
from core.tables.roles.column_profile import ColumnProfile, profile_table, sample_rows
from core.tables.roles.role_predictors import best_predictor, group_predictors
from core.tables.roles.role_scores import Scored, rank_groups, rank_outcomes

#: Points between first and second below which a guess is the toss of a coin: for the outcome what
#: the place in the table counts, so that the place alone never decides.
_OUTCOME_MARGIN, _GROUP_MARGIN = 0.48, 0.3
#: Points within which a column is a runner-up, and how many are named.
_NEAR, _MOST_RUNNERS_UP = 3.0, 3


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
    runners_up : mapping of str to tuple of str
        Columns that come next for ``"outcome"`` and for ``"group"``, the likeliest first.
    tosses : tuple of str
        Of ``"outcome"`` and ``"group"``, those for which another column is as likely, so that the
        guess should not be used without asking.
    """

    outcome: str | None
    predictors: tuple[str, ...]
    group: str | None
    group_predictors: tuple[str, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)
    runners_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tosses: tuple[str, ...] = ()

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
    outcomes, groups = _outcomes_and_groups(profiles)
    outcome, group = _first(outcomes), _first(groups)
    main = [found for found in (outcome, group) if found is not None]
    predictors: list[Scored] = []
    group_level: list[Scored] = []
    if outcome is not None:
        predictors = best_predictor(profiles, [found.column for found in main])
    if outcome is not None and group is not None:
        group_level = group_predictors(profiles, [found.column for found in (*main, *predictors)])
    n_seen = profiles[0].n_rows if profiles else n_rows
    taken = [found.column.name for found in main]
    part = f" (Judged on {n_seen:,} of {n_rows:,} rows.)" if n_seen < n_rows else ""
    return Roles(
        outcome=outcome.column.name if outcome else None,
        predictors=tuple(found.column.name for found in predictors),
        group=group.column.name if group else None,
        group_predictors=tuple(found.column.name for found in group_level),
        reasons={
            found.column.name: found.reason + part for found in (*main, *predictors, *group_level)
        },
        runners_up={
            "outcome": _runners_up(outcomes, taken),
            "group": _runners_up(groups, taken),
        },
        tosses=tuple(
            role
            for role, ranked, margin in (
                ("outcome", outcomes, _OUTCOME_MARGIN),
                ("group", groups, _GROUP_MARGIN),
            )
            if _is_toss(ranked, margin)
        ),
    )


def _outcomes_and_groups(
    profiles: Sequence[ColumnProfile],
) -> tuple[list[Scored], list[Scored]]:
    """Rank outcomes and groups, each a second time in the light of the other's first."""
    outcomes = rank_outcomes(profiles, None)
    groups = rank_groups(profiles, _first(outcomes))
    if not groups:
        return outcomes, groups
    outcomes = rank_outcomes(profiles, groups[0].column) or outcomes
    return outcomes, rank_groups(profiles, _first(outcomes)) or groups


def _first(ranked: Sequence[Scored]) -> Scored | None:
    return ranked[0] if ranked else None


def _is_toss(ranked: Sequence[Scored], margin: float) -> bool:
    """Whether the second is as likely as the first, or nearly so."""
    return len(ranked) > 1 and ranked[0].score - ranked[1].score < margin


def _runners_up(ranked: Sequence[Scored], taken: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that come next, without those that have a role already."""
    near = [s for s in ranked[1:] if s.score > ranked[0].score - _NEAR]
    return tuple(s.column.name for s in near if s.column.name not in taken)[:_MOST_RUNNERS_UP]
