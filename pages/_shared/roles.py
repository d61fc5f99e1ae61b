"""The first model of an uploaded table: a guess that the reader corrects in the sidebar."""

from __future__ import annotations

import pandas as pd

import core
from core.spec import ModelSpec
from core.tables.columns import is_numeric


def numeric_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that can be an outcome."""
    return [str(c) for i, c in enumerate(table.columns) if is_numeric(table.iloc[:, i])]


def first_model(table: pd.DataFrame) -> ModelSpec:
    """Return the model to begin with: varying intercept, and slope where x is a number.

    Where nothing looks like the outcome or the group the first columns stand in, so that
    the reader has controls to choose with; the fit then says what is wrong.

    Raises
    ------
    SpecError
        When the table has a single column, which cannot be outcome and group at once.
    """
    found, numbers = core.guess_roles(table), numeric_columns(table)
    names = [str(c) for c in table.columns]
    outcome = found.outcome or next((c for c in numbers if c != found.group), names[0])
    group = found.group or next((c for c in names if c != outcome), names[0])
    predictors = tuple(c for c in found.predictors if c not in (outcome, group))
    varying = tuple(c for c in predictors if c in numbers)[:1]
    return ModelSpec(outcome=outcome, group=group, predictors=predictors, varying=varying)
