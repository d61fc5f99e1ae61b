"""The first model of an uploaded table: a guess that the reader corrects in the sidebar."""

from __future__ import annotations

import pandas as pd

import core
from core.exceptions import DataError
from core.spec import ModelSpec
from core.tables.columns import is_numeric


def numeric_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that can be an outcome."""
    return [str(c) for i, c in enumerate(table.columns) if is_numeric(table.iloc[:, i])]


def first_model(table: pd.DataFrame) -> ModelSpec:
    """Return a varying-intercept-and-slope model of a table nobody has looked at yet.

    Raises
    ------
    DataError
        When no column can be the outcome or none the group.
    """
    guess = getattr(core, "guess_roles", None)
    if guess is not None:
        found = guess(table)
        if found.outcome is not None and found.group is not None:
            predictors = tuple(found.predictors)[:1]
            return ModelSpec(
                outcome=found.outcome,
                group=found.group,
                predictors=predictors,
                varying=_numeric(table, predictors),
            )
    return _plain_guess(table)


def _numeric(table: pd.DataFrame, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(n for n in names if n in numeric_columns(table))


def _plain_guess(table: pd.DataFrame) -> ModelSpec:
    """Guess by repeats alone: the group repeats, the outcome is the number that varies most."""
    distinct = {str(c): int(table.iloc[:, i].nunique()) for i, c in enumerate(table.columns)}
    repeats = {c: d for c, d in distinct.items() if 2 <= d <= 0.75 * len(table)}
    text = [c for c in repeats if c not in numeric_columns(table)]
    group = max(text, key=repeats.__getitem__, default=None) or max(
        repeats, key=repeats.__getitem__, default=None
    )
    numbers = [c for c in numeric_columns(table) if c != group and distinct[c] > 1]
    if group is None or not numbers:
        lacking = "whose values repeat, for the group" if group is None else "of numbers that vary"
        raise DataError(
            f"The table has {len(table):,} rows and {len(distinct):,} columns, but no column "
            f"{lacking}. Choose another table."
        )
    outcome = max(numbers, key=distinct.__getitem__)
    predictors = tuple(c for c in numbers if c != outcome)[:1]
    return ModelSpec(outcome=outcome, group=group, predictors=predictors, varying=predictors)
