"""Guesses which column is the outcome, the group, the predictor, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from core.exceptions import DataError
from core.spec import ModelSpec
from core.tables.roles.column_profile import ColumnProfile, profile_table, sample_rows
from core.tables.roles.role_predictors import best_predictor, group_predictors
from core.tables.roles.role_scores import Scored, best_group, best_outcome


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
    outcome, group = _outcome_and_group(profiles)
    main = [found for found in (outcome, group) if found is not None]
    predictors: list[Scored] = []
    group_level: list[Scored] = []
    if outcome is not None:
        predictors = best_predictor(profiles, [found.column for found in main])
    if outcome is not None and group is not None:
        group_level = group_predictors(profiles, [found.column for found in (*main, *predictors)])
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
) -> tuple[Scored | None, Scored | None]:
    """Choose outcome and group, each a second time in the light of the other."""
    outcome = best_outcome(profiles, None)
    group = best_group(profiles, outcome)
    if group is None:
        return outcome, None
    outcome = best_outcome(profiles, group.column) or outcome
    return outcome, best_group(profiles, outcome) or group
