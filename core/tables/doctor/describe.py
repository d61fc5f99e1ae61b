"""Describes every column: kind, level, missing cells, distinct values and spread."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.exceptions import DataError
from core.formats import number, shorten
from core.tables.columns import label_of
from core.tables.roles.between_columns import constant_groups
from core.tables.roles.column_profile import MANY, ColumnProfile, by_name, profile_table


def describe_columns(table: pd.DataFrame, group: str | None = None) -> pd.DataFrame:
    """Return one row per column of a table: what it holds and where it varies.

    Parameters
    ----------
    table : DataFrame
    group : str, optional
        Column that names the groups, for ``level``.

    Returns
    -------
    DataFrame
        ``column``; ``kind`` (number, category, identifier, date, constant, free text, empty);
        ``level`` ('varies inside groups', 'same within each group', 'varies inside 3 of 65
        groups', or '' without a group); ``missing`` and ``distinct`` (counts); ``spread`` (range
        of numbers and dates, most frequent levels of others) as text with names as typed.

    Raises
    ------
    DataError
        When ``group`` is no column of the table.
    """
    profiles = profile_table(table)
    grouping = by_name(profiles, group)
    if group is not None and grouping is None:
        raise DataError(f"The table has no column '{shorten(group)}'. Choose one that it has.")
    rows = [
        {
            "column": column.name,
            "kind": column.kind,
            "level": _level(column, grouping),
            "missing": column.n_missing,
            "distinct": column.n_distinct,
            "spread": _spread(column),
        }
        for column in profiles
    ]
    return pd.DataFrame(rows, columns=["column", "kind", "level", "missing", "distinct", "spread"])


def _level(column: ColumnProfile, group: ColumnProfile | None) -> str:
    if group is None or column.kind in ("empty", "constant"):
        return ""
    if column is group or column.name == group.name:
        return "the group"
    constant, sizes = constant_groups(column, group)
    several = sizes > 1
    if not several.any():
        return ""
    varying, n_groups = int((~constant & several).sum()), int(several.sum())
    if varying == 0:
        return "same within each group"
    if varying <= 0.2 * n_groups:
        return f"varies inside {varying:,} of {n_groups:,} groups"
    return "varies inside groups"


def _spread(column: ColumnProfile) -> str:
    if column.kind == "empty":
        return ""
    if column.kind == "date" and not column.is_numeric:
        shown = sorted(str(level).removesuffix(" 00:00:00") for level in column.levels[:MANY])
        return f"{shorten(shown[0], 20)} to {shorten(shown[-1], 20)}"
    if column.is_numeric and len(column.present):
        low, high = float(column.present.min()), float(column.present.max())
        ends = (label_of(low), label_of(high)) if column.is_whole else (number(low), number(high))
        if column.kind == "identifier":
            return f"{ends[0]} to {ends[1]}"
        middle, sd = float(np.median(column.present)), float(column.present.std())
        return f"{ends[0]} to {ends[1]}, median {number(middle)}, sd {number(sd)}"
    order = np.argsort(-column.counts, kind="stable")[:3]
    parts = [f"{shorten(label_of(column.levels[i]), 24)} ({column.counts[i]:,})" for i in order]
    more = column.n_distinct - len(parts)
    return ", ".join(parts) + (f", {more:,} more" if more > 0 else "")
