"""Dates and numbers read as time: counted in a unit from a zero that both are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from core.exceptions import DataError
from core.formats import shorten
from core.model_terms import SECONDS, Time
from core.spec import ModelSpec
from core.tables.columns import NumericColumn, column_of, is_numeric, label_of, numeric_column
from core.tables.roles.calendar_texts import days_since, parse_dates
from core.types import BoolArray


def time_of(spec: ModelSpec, column: str) -> Time | None:
    """Return how a predictor is read as time; None where it is not."""
    return next((t for t in spec.terms if isinstance(t, Time) and t.column == column), None)


def with_zeros(spec: ModelSpec, table: pd.DataFrame, kept: BoolArray | None) -> ModelSpec:
    """Return a specification whose times all have a zero: of dates the earliest row used."""
    terms = []
    for term in spec.terms:
        if isinstance(term, Time) and term.zero is None:
            series = column_of(table, term.column, "time")
            if is_numeric(series):
                term = replace(term, zero=0.0)
            else:
                dates = dates_of(series, term)
                used = dates if kept is None else dates[kept]
                term = replace(term, zero=_written(used.min()))
        terms.append(term)
    return replace(spec, terms=tuple(terms)) if terms else spec


def _written(date: pd.Timestamp) -> str:
    """Return a date as text, with its hour where it has one."""
    return date.strftime("%Y-%m-%d") if date == date.normalize() else date.isoformat(sep=" ")


def dates_of(series: pd.Series[Any], term: Time) -> pd.Series[Any]:
    """Return a column as dates.

    Raises
    ------
    DataError
        When it holds something else, or its unit is none of dates.
    """
    if term.unit not in SECONDS:
        raise DataError(
            f"'{term.column}' holds dates, which are counted in {', '.join(SECONDS)}, not in "
            f"'{shorten(term.unit)}'. Choose one of these."
        )
    dates = parse_dates(series)
    odd = dates.isna() & series.notna()
    if odd.any():
        text = shorten(str(series[odd].iloc[0]), 30)
        raise DataError(
            f"'{term.column}' is to be read as time, but '{text}' is no date. Correct the column, "
            "or take the time out of the terms."
        )
    return dates


def time_column(series: pd.Series[Any], term: Time) -> NumericColumn:
    """Return a column of dates or numbers counted from its zero, NaN where missing."""
    if is_numeric(series):
        held = numeric_column(series, term.column)
        if term.zero is None or isinstance(term.zero, str):
            return held  # in place of dates: counted already
        return held.shifted(-float(term.zero)) if term.zero else held
    dates = dates_of(series, term)
    zero_at = dates.min() if term.zero is None else pd.to_datetime(term.zero, errors="coerce")
    if term.zero is not None and (not isinstance(term.zero, str) or pd.isna(zero_at)):
        raise DataError(
            f"'{term.column}' holds dates, so its zero must be a date such as 2000-01-31, not "
            f"'{shorten(str(term.zero))}'."
        )
    days = days_since(dates, zero_at).to_numpy(dtype=np.float64, na_value=np.nan)
    return NumericColumn(
        term.column, days.astype(np.float64) * (SECONDS["days"] / SECONDS[term.unit])
    )


def as_typed(spec: ModelSpec, column: str, values: Sequence[float]) -> list[object]:
    """Return values of a predictor as its column in a table has them: dates as text."""
    term = time_of(spec, column)
    if term is None or term.zero is None:
        return [float(v) for v in values]
    if not isinstance(term.zero, str):
        return [float(v) + float(term.zero) for v in values]
    start, unit = pd.Timestamp(term.zero), SECONDS[term.unit]
    dates = [start + pd.Timedelta(round(float(v) * unit), unit="s") for v in values]
    return [_written(date) for date in dates]


def time_unit(term: Time) -> str:
    """Return what a time is counted in: ``years since 2000-01-31``."""
    if term.zero is None or term.zero == 0:
        return term.unit
    return f"{term.unit} since {label_of(term.zero)}"
