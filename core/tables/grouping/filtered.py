"""Rows that a filter keeps (``core.Keep``): told apart from rows with missing values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.exceptions import DataError
from core.formats import listed, shorten
from core.keep import Keep
from core.spec import ModelSpec
from core.tables.columns import categorical_column, column_of, is_numeric, numeric_column
from core.tables.roles.calendar_texts import parse_dates
from core.types import BoolArray


def rows_kept(table: pd.DataFrame, rows: Sequence[Keep]) -> BoolArray:
    """Return which rows of a table all filters keep, shape (n,).

    Raises
    ------
    DataError
        When a column is missing, a level is in no row, or an end of a range does not suit it.
    """
    out = np.ones(len(table), dtype=bool)
    for each in rows:
        out &= _kept(table, each)
    return out


def _kept(table: pd.DataFrame, keep: Keep) -> BoolArray:
    series = column_of(table, keep.column, "filter")
    if keep.levels:
        column = categorical_column(series, keep.column)
        unknown = [level for level in keep.levels if level not in column.levels]
        if len(unknown) == len(keep.levels):
            raise DataError(
                f"No row has {listed([shorten(u) for u in unknown[:5]])} in '{keep.column}', so "
                "the filter keeps none. Choose values that occur."
            )
        wanted = np.array([*(level in keep.levels for level in column.levels), False])
        return np.asarray(wanted[column.codes])
    present = series.notna().to_numpy()
    if is_numeric(series):
        present = present & np.isfinite(numeric_column(series, keep.column).values)
    if keep.between is None:
        return np.asarray(present)
    values = _comparable(series, keep)
    low, high = (_end(end, keep, is_date=values.dtype.kind == "M") for end in keep.between)
    out = present.copy()
    with np.errstate(invalid="ignore"):
        if low is not None:
            out &= values >= low
        if high is not None:
            out &= values <= high
    return np.asarray(out)


def _comparable(series: pd.Series, keep: Keep) -> np.ndarray:
    """Return numbers, or dates, that can be compared with the ends of a range."""
    if is_numeric(series):
        return numeric_column(series, keep.column).values
    dates = parse_dates(series)
    if dates.isna().all():
        raise DataError(
            f"'{keep.column}' holds neither numbers nor dates, so no range of it can be kept. "
            "Choose among its values instead."
        )
    return dates.to_numpy(dtype="datetime64[us]")


def _end(end: float | str | None, keep: Keep, *, is_date: bool) -> object:
    if end is None:
        return None
    if not is_date:
        try:
            return float(end)
        except ValueError:
            raise DataError(
                f"'{keep.column}' holds numbers, so '{shorten(str(end))}' is no end of a range."
            ) from None
    found = pd.to_datetime(str(end), errors="coerce") if isinstance(end, str) else pd.NaT
    if pd.isna(found):
        raise DataError(
            f"'{keep.column}' holds dates, so an end of a range is a date such as 2000-01-31, not "
            f"'{shorten(str(end))}'."
        )
    return np.datetime64(found.tz_localize(None) if found.tzinfo else found, "us")


def filtered(table: pd.DataFrame, spec: ModelSpec) -> tuple[pd.DataFrame, BoolArray | None]:
    """Return the rows that the filters of a model keep, and which they are (None for all).

    Raises
    ------
    DataError
        As ``rows_kept``, or when no row is left.
    """
    if not spec.rows:
        return table, None
    kept = rows_kept(table, spec.rows)
    if not kept.any():
        raise DataError(
            f"No row of {len(table):,} is left: {'; '.join(r.sentence for r in spec.rows)}. "
            "Loosen the filter."
        )
    return table[kept], kept
