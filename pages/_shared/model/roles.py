"""The first model of an uploaded table: a guess that the reader corrects in the sidebar."""

from __future__ import annotations

import pandas as pd

import core
from core.exceptions import SpecError
from core.formats import shorten
from core.spec import ModelSpec
from core.tables.columns import is_numeric
from core.tables.roles.word_scales import answers_of

_HEAD = 5_000


def numeric_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that hold numbers."""
    return [str(c) for i, c in enumerate(table.columns) if is_numeric(table.iloc[:, i])]


def outcome_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that can be an outcome: numbers, or two answers such as yes and no."""
    return [
        str(name)
        for i, name in enumerate(table.columns)
        if is_numeric(table.iloc[:, i]) or answers_of(table.iloc[:, i]) is not None
    ]


def first_model(table: pd.DataFrame) -> ModelSpec:
    """Return the model to begin with: varying intercept, and slope where x is a number.

    Where nothing looks like the outcome or the group, columns that come nearest stand in, so
    that the reader has controls to choose with; the fit then says what is wrong.

    Raises
    ------
    SpecError
        When the table has a single column, which cannot be outcome and group at once.
    """
    names = [str(c) for c in table.columns]
    if len(names) < 2:
        raise SpecError(
            f"The table has a single column, '{shorten(names[0], 60)}'. A model of groups needs "
            "two: the outcome and the group. If the file has more, correct on the screen Data how "
            "it was read."
        )
    found, numbers = core.guess_roles(table), numeric_columns(table)
    outcome = found.outcome or next((c for c in numbers if c != found.group), None)
    if outcome is None:  # the fit then says that it holds no numbers, and what to do
        others = [i for i, c in enumerate(names) if c != found.group]
        written = [i for i in others if _has_digits(table.iloc[:, i])]
        outcome = names[(written or others)[0]]
    group = found.group or _stand_in(table, [c for c in names if c != outcome])
    predictors = tuple(c for c in found.predictors if c not in (outcome, group))
    varying = tuple(c for c in predictors if c in numbers)[:1]
    return ModelSpec(outcome=outcome, group=group, predictors=predictors, varying=varying)


def _stand_in(table: pd.DataFrame, names: list[str]) -> str:
    """Return the column whose few values repeat most, three at least; words before numbers."""
    head = table.head(_HEAD).set_axis([str(c) for c in table.columns], axis=1)
    levels = {name: head[name].astype(str).nunique() for name in names}
    repeating = [name for name in names if 2 <= levels[name] <= 0.7 * len(head)]
    return min(
        repeating, key=lambda c: (levels[c] < 3, is_numeric(head[c]), levels[c]), default=names[0]
    )


def _has_digits(column: pd.Series) -> bool:
    """Whether the first cell of a column has a number in it, such as '12%'."""
    return any(char.isdigit() for char in str(next(iter(column.dropna()), "")))
