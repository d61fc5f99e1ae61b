"""Columns of a model read by their role, and the rows that have a value in all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from core.exceptions import DataError
from core.spec import ModelSpec
from core.tables.columns import (
    CategoricalColumn,
    Column,
    NumericColumn,
    categorical_column,
    column_of,
    is_numeric,
    numeric_column,
)
from core.tables.grouping.times import time_column, time_of
from core.tables.left_out import LeftOut, LeftOutReason
from core.tables.limits import LIMITS
from core.tables.roles.word_scales import answers_of
from core.types import BoolArray

#: A category with more levels than this is an identifier, not a predictor.
MAX_LEVELS = LIMITS.levels


def outcome_of(table: pd.DataFrame, name: str) -> NumericColumn:
    """Return the outcome; DataError when it holds neither numbers nor two answers.

    Of two answers such as yes and no, the one that says yes counts as 1 (``answers_of``).
    """
    series = column_of(table, name, "outcome")
    if not is_numeric(series):
        answers = answers_of(series)
        if answers is not None:
            column = categorical_column(series, name)
            values = np.array([float(level == answers[0]) for level in column.levels] + [np.nan])
            return NumericColumn(name, values[column.codes])
        raise DataError(
            f"The outcome '{name}' does not hold numbers (its first value is "
            f"{_first_value(series)!r}). Choose a numeric outcome, or turn the text into numbers."
        )
    return numeric_column(series, name)


def _first_value(series: pd.Series) -> str:
    seen = series.dropna()
    return str(seen.iloc[0])[:40] if len(seen) else ""


def predictor_of(table: pd.DataFrame, name: str, spec: ModelSpec) -> Column:
    """Return a predictor as numbers or as a category, as the specification has it."""
    series = column_of(table, name, "predictor")
    time = time_of(spec, name)
    if time is not None:
        return time_column(series, time)
    if pdt.is_datetime64_any_dtype(series) or pdt.is_timedelta64_dtype(series):
        raise DataError(
            f"'{name}' holds dates. Read it as time (core.Time), or turn it into a number first "
            "(days since the start, the year).",
            code="date_predictor",
        )
    if is_numeric(series) and name not in spec.categorical:
        return numeric_column(series, name)
    column = categorical_column(series, name)
    if name in spec.reference:
        column = column.with_reference(spec.reference[name])
    if len(column.levels) > MAX_LEVELS:
        raise DataError(
            f"'{name}' has {len(column.levels):,} different values that are not numbers, more "
            f"than the {MAX_LEVELS} (the limit levels) a categorical predictor may have. Is it a "
            "name or an id? Choose another predictor, or use it as the group."
        )
    return column


def usable_rows(
    group: CategoricalColumn, others: list[Column], weights: NumericColumn | None = None
) -> tuple[BoolArray | None, LeftOut]:
    """Return which rows every fit uses (None for all) and the account of the others.

    Of rows with the weight 0 nothing is learnt: they are left out, and counted apart.
    """
    kept = group.usable()
    counts = [(group.name, True, kept)]
    others = others if weights is None else [*others, weights]
    for column in others:
        counts.append((column.name, False, column.usable()))
        kept = kept & counts[-1][2]
    zero = len(counts)
    if weights is not None:
        counts.append((weights.name, False, weights.values != 0.0))
        kept = kept & counts[-1][2]
    if kept.all():
        return None, LeftOut(np.empty(0, dtype=np.intp))
    if not kept.any():
        worst = min(counts, key=lambda c: int(c[2].sum()))
        raise DataError(
            f"No row has a value in every column of the model; '{worst[0]}' alone lacks "
            f"{int((~worst[2]).sum()):,} of {len(kept):,}. Leave it out or choose another column."
        )
    open_rows = np.ones(len(kept), dtype=bool)
    because = np.zeros(len(kept), dtype=np.intp)
    reasons: list[LeftOutReason] = []
    for i, (name, is_group, usable) in enumerate(counts):
        lost = open_rows & ~usable
        open_rows &= usable
        if lost.any():
            because[lost] = len(reasons)
            codes = np.unique(group.codes[lost])
            names = tuple(group.levels[c] for c in codes if c >= 0)
            reasons.append(LeftOutReason(name, is_group, int(lost.sum()), names, i == zero))
    before = np.bincount(group.codes[group.usable()], minlength=len(group.levels))
    after = np.bincount(group.codes[kept], minlength=len(group.levels))
    gone = tuple(group.levels[i] for i in np.flatnonzero((before > 0) & (after == 0)))
    rows = np.flatnonzero(~kept)
    return kept, LeftOut(rows, tuple(reasons), gone, because[rows])
