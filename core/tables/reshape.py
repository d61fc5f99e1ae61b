"""Fixes that change what a row or a group is: combined ids, wide to long, small groups."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.formats import shorten
from core.tables.columns import categorical_column
from core.tables.fix import Fix, replace_column
from core.tables.names import unique_names
from core.tables.sizes import CELL, check_frame, column_bytes


@dataclass(frozen=True)
class CombineIds(Fix):
    """Make an id that is unique over the table from an outer and an inner one: 'school:class'."""

    outer: str
    inner: str

    @property
    def name(self) -> str:
        """Name of the new column."""
        return f"{self.outer}:{self.inner}"

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Make '{shorten(self.name, 60)}' a column of its own"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the combined id as last column, missing where either is."""
        outer, inner = (categorical_column(table[c], c) for c in (self.outer, self.inner))
        width = column_bytes(table[self.outer]) + column_bytes(table[self.inner])
        check_frame(table, len(table), width, table.shape[1] + 1, shorten(self.name))
        # Each pair of labels that occurs is written once, however many rows have it.
        both = (outer.codes >= 0) & (inner.codes >= 0)
        pairs = outer.codes[both] * len(inner.levels) + inner.codes[both]
        found, place = np.unique(pairs, return_inverse=True)
        left, right = np.divmod(found, max(len(inner.levels), 1))
        texts = [f"{outer.levels[i]}:{inner.levels[j]}" for i, j in zip(left, right, strict=True)]
        labels = np.full(len(table), None, dtype=object)
        labels[both] = np.array(texts, dtype=object)[place]
        names, _ = unique_names([*map(str, table.columns), self.name])
        combined = pd.Series(labels, index=table.index).astype("str")
        return replace_column(table, names[-1], combined)


@dataclass(frozen=True)
class WideToLong(Fix):
    """Put columns that repeat one measurement below each other.

    Attributes
    ----------
    columns : tuple of str
        The repeated measurement, in order.
    times : tuple of float or str
        The number in each of their names, or 'pre' and 'post'.
    time_name, value_name : str
        Names of the two new columns.
    """

    columns: tuple[str, ...]
    times: tuple[float | str, ...]
    time_name: str = "time"
    value_name: str = "value"

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Put {len(self.columns)} columns into '{shorten(self.value_name)}', one row each"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the long table; a column that names the rows is added when none does."""
        others = [name for name in table.columns if name not in self.columns]
        n_rows, n_times = len(table) * len(self.columns), len(self.columns)
        width = sum(column_bytes(table[name]) for name in others) + 2 * CELL
        width += sum(column_bytes(table[name]) for name in self.columns) / n_times
        check_frame(table, n_rows, width, len(others) + 2, "The long table")
        base = table[others].copy()
        if not any(base[name].is_unique for name in others):
            names, _ = unique_names(["unit", *map(str, others)])
            base.insert(0, names[0], np.arange(1, len(table) + 1))
        names, _ = unique_names([*map(str, base.columns), self.time_name, self.value_name])
        whole = all(isinstance(time, float) and time.is_integer() for time in self.times)
        times = [int(time) if whole else time for time in self.times]
        order = np.arange(n_rows).reshape(n_times, -1).T.ravel()
        values = pd.concat([table[column] for column in self.columns], ignore_index=True)
        long = base.iloc[np.repeat(np.arange(len(table)), n_times)].reset_index(drop=True)
        long[names[-2]] = pd.Series(times).iloc[np.tile(np.arange(n_times), len(table))].array
        long[names[-1]] = values.iloc[order].array
        return long


def wide_to_long(columns: tuple[str, ...]) -> WideToLong:
    """Return the fix for columns of one's own choice; times are the numbers in their names.

    Where these do not tell the columns apart, the times are 1, 2, 3 in the order given.
    """
    found = [re.findall(r"\d+(?:\.\d+)?", name) for name in columns]
    times = tuple(float(numbers[-1]) for numbers in found if numbers)
    if len(set(times)) < len(columns):
        times = tuple(float(k) for k in range(1, len(columns) + 1))
    return WideToLong(columns, times)


@dataclass(frozen=True)
class FillFromGroup(Fix):
    """Give every row of a group the group's most frequent value."""

    column: str
    group: str

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Use each group's most frequent '{shorten(self.column)}'"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column constant in every group."""
        pairs = table[[self.group, self.column]].dropna()
        counts = pairs.value_counts(sort=True).reset_index()
        usual = counts.drop_duplicates(self.group).set_index(self.group)[self.column]
        filled = table[self.group].map(usual)
        return replace_column(table, self.column, filled.where(filled.notna(), table[self.column]))


@dataclass(frozen=True)
class DropSmallGroups(Fix):
    """Leave out the rows of groups that have too few of them."""

    group: str
    least: int = 2

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Leave out groups with fewer than {self.least} rows"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table without the rows of small groups."""
        sizes = table[self.group].map(table[self.group].value_counts())
        return table[(sizes >= self.least).to_numpy()].reset_index(drop=True)
