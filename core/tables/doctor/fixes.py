"""Recipes that mend a table: small frozen objects, each with a label for its button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api import types as pdt

from core import formats
from core.exceptions import DataError
from core.formats import shorten
from core.tables.columns import label_of
from core.tables.fix import Fix, replace_column
from core.tables.limits import LIMITS
from core.tables.names import unique_names
from core.tables.read.finish import tidy_column
from core.tables.read.numerals import NumberFormat, parse
from core.tables.read.report import ReadOptions
from core.tables.repairs.cell_reading import limit_of
from core.tables.roles.calendar_texts import days_since, parse_dates
from core.types import FloatArray


def text_of(column: pd.Series[Any]) -> pa.ChunkedArray:
    """Return a column as arrow text; missing cells stay missing."""
    if isinstance(column.dtype, pd.StringDtype):
        texts = pa.array(column, from_pandas=True)
    else:
        labels = column.astype(object).map(label_of, na_action="ignore")
        texts = pa.array([None if v is None or v != v else v for v in labels], pa.string())
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    return pa.chunked_array(chunks, texts.type).cast(pa.string())


def as_numbers(column: pd.Series[Any]) -> FloatArray | None:
    """Return what a text column holds as numbers, or None when it holds anything else."""
    tidy, _ = tidy_column("", text_of(column), ReadOptions(), ".")
    if pa.types.is_integer(tidy.type) or pa.types.is_floating(tidy.type):
        return np.asarray(tidy.to_numpy())
    return None


def retype(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose text columns are read again: what is nothing but numbers becomes so."""
    changed = table.copy()
    for j in range(table.shape[1]):
        column = table.iloc[:, j]
        if pdt.is_string_dtype(column.dtype) and (numbers := as_numbers(column)) is not None:
            changed.isetitem(j, numbers)
    return changed


@dataclass(frozen=True)
class DropRows(Fix):
    """Leave out rows that are no data, then read the columns' types again."""

    rows: tuple[int, ...]
    what: str = "row"

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Leave out {formats.count(len(self.rows), self.what)}"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table without these rows (positions from 0)."""
        keep = np.ones(len(table), dtype=bool)
        keep[[row for row in self.rows if row < len(table)]] = False
        return retype(table[keep].reset_index(drop=True))


@dataclass(frozen=True)
class ParseNumbers(Fix):
    """Read text as numbers in one format; what is no number becomes missing."""

    column: str
    form: NumberFormat
    sample: str = ""

    @property
    def label(self) -> str:
        """What the button says: with a sample, what that is read as."""
        if self.sample:
            value = parse(pa.array([self.sample]), self.form)[0]
            return f"Read '{shorten(self.sample, 20)}' in '{shorten(self.column)}' as {value:.15g}"
        return f"Read '{shorten(self.column)}' as numbers"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column as numbers."""
        return replace_column(table, self.column, parse(text_of(table[self.column]), self.form))


@dataclass(frozen=True)
class LimitedNumbers(Fix):
    """Read text as numbers, and '<0.5' as the limit, as half of it, or as missing."""

    column: str
    form: NumberFormat
    how: Literal["limit", "half", "missing"] = "limit"

    @property
    def label(self) -> str:
        """What the button says."""
        counts = {
            "limit": "Count cells at a limit in '{}' as the limit",
            "half": "Count cells below a limit in '{}' as half of it",
            "missing": "Treat cells at a limit in '{}' as missing",
        }
        return counts[self.how].format(shorten(self.column))

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column as numbers."""
        texts = text_of(table[self.column])
        values = parse(texts, self.form)
        if self.how != "missing":
            distinct = pc.unique(texts).drop_null().to_pylist()
            share = 0.5 if self.how == "half" else 1.0
            limits = {text: share * limit_of(text, self.form) for text in distinct}
            found = table[self.column].map(limits)
            values = np.where(np.isfinite(values), values, found.to_numpy(dtype=np.float64))
        return replace_column(table, self.column, values)


@dataclass(frozen=True)
class DropDuplicates(Fix):
    """Leave out rows that repeat an earlier one in every cell."""

    @property
    def label(self) -> str:
        """What the button says."""
        return "Leave out rows that repeat an earlier one"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with each row once."""
        return table.drop_duplicates(ignore_index=True)


@dataclass(frozen=True)
class OrderedToNumbers(Fix):
    """Turn words with an order ('never' to 'always') into 1, 2, 3."""

    settles: ClassVar[str] = "ordered_words"
    column: str
    order: tuple[str, ...]

    @property
    def label(self) -> str:
        """What the button says."""
        first, last = shorten(self.order[0], 24), shorten(self.order[-1], 24)
        return f"Count '{first}' to '{last}' as 1 to {len(self.order)}"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column as numbers; other cells become missing."""
        numbers = {word: float(i) for i, word in enumerate(self.order, start=1)}
        words = table[self.column].astype(object).map(label_of, na_action="ignore")
        return replace_column(table, self.column, words.map(numbers).astype(float))


@dataclass(frozen=True)
class MarkMissing(Fix):
    """Treat some values as missing."""

    column: str
    values: tuple[str | float, ...]

    @property
    def label(self) -> str:
        """What the button says."""
        listed = ", ".join(shorten(label_of(value), 20) for value in self.values)
        return f"Treat {listed} in '{shorten(self.column)}' as missing"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with these cells empty; text that is then numbers becomes numbers."""
        column = table[self.column]
        if pdt.is_numeric_dtype(column.dtype):
            return replace_column(
                table, self.column, column.astype(float).where(~column.isin(self.values))
            )
        unwanted = {str(value).strip() for value in self.values}
        kept = column.where(~column.astype(str).str.strip().isin(unwanted))
        if isinstance(column.dtype, pd.CategoricalDtype):
            return replace_column(table, self.column, kept.cat.remove_unused_categories())
        numbers = as_numbers(kept)
        return replace_column(table, self.column, kept if numbers is None else numbers)


@dataclass(frozen=True)
class TreatAsCategory(Fix):
    """Turn numeric codes into categories, in the order of the codes."""

    column: str

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Treat '{shorten(self.column)}' as categories"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column as an ordered category."""
        column = table[self.column]
        codes = sorted(column.dropna().unique())
        if len(codes) > LIMITS.levels:
            raise DataError(
                f"'{shorten(self.column)}' has {len(codes):,} different values; the limit (levels) "
                f"for a categorical predictor is {LIMITS.levels}. Use it as the group instead."
            )
        dtype = pd.CategoricalDtype([label_of(code) for code in codes], ordered=True)
        labels = column.map(label_of, na_action="ignore").astype(dtype)
        return replace_column(table, self.column, labels)


@dataclass(frozen=True)
class MergeLevels(Fix):
    """Give levels that differ only in writing one spelling."""

    column: str
    merges: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """What the button says."""
        if len(self.merges) == 1:
            ((old, new),) = self.merges
            column = shorten(self.column, 20)
            return f"Write '{shorten(old, 20)}' as '{shorten(new, 20)}' in '{column}'"
        return f"Merge {len(self.merges):,} spellings in '{shorten(self.column)}'"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the variants replaced."""
        column, spelling = table[self.column], dict(self.merges)
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(object)
        return replace_column(
            table, self.column, column.map(lambda v: spelling.get(v, v), na_action="ignore")
        )


@dataclass(frozen=True)
class DropColumn(Fix):
    """Leave out one column."""

    column: str

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Leave out '{shorten(self.column)}'"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table without the column."""
        return table.drop(columns=self.column)


@dataclass(frozen=True)
class DropColumns(Fix):
    """Leave out several columns."""

    columns: tuple[str, ...]

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Leave out {len(self.columns):,} columns"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table without the columns."""
        return table.drop(columns=list(self.columns))


@dataclass(frozen=True)
class RenameDuplicates(Fix):
    """Give columns of the same name different ones."""

    @property
    def label(self) -> str:
        """What the button says."""
        return "Give every column its own name"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with unique column names."""
        names, _ = unique_names([str(name) for name in table.columns])
        return table.set_axis(names, axis=1)


@dataclass(frozen=True)
class DateToNumber(Fix):
    """Turn dates into days since the first one."""

    column: str
    day_first: bool = False
    sample: str = ""

    @property
    def label(self) -> str:
        """What the button says: with a sample, how that is read."""
        return f"Turn '{shorten(self.column)}' into days since the first{_date_said(self)}"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column as a number of days."""
        dates = parse_dates(table[self.column], day_first=self.day_first)
        return replace_column(table, self.column, days_since(dates, dates.min()))


@dataclass(frozen=True)
class DaysSinceFirst(Fix):
    """Turn dates into days since the first one of each group."""

    column: str
    group: str
    day_first: bool = False
    sample: str = ""

    @property
    def label(self) -> str:
        """What the button says: with a sample, how that is read."""
        column, group = shorten(self.column), shorten(self.group)
        return f"Turn '{column}' into days since the first of each '{group}'{_date_said(self)}"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column as a number of days, 0 for each group's first."""
        dates = parse_dates(table[self.column], day_first=self.day_first)
        groups = table[self.group].astype(object)
        first = dates.groupby(groups.to_numpy()).transform("min")
        return replace_column(table, self.column, days_since(dates, first))


def _date_said(fix: DateToNumber | DaysSinceFirst) -> str:
    """Return how a date is read that can be read in two ways: ', 03/04/2024 being 3 April 2024'."""
    if not fix.sample:
        return ""
    date = parse_dates(pd.Series([fix.sample]), day_first=fix.day_first).iloc[0]
    return f", '{shorten(fix.sample, 20)}' being {date.day} {date:%B %Y}"


@dataclass(frozen=True)
class CodeAsZeroOne(Fix):
    """Turn a category of two levels into the numbers 0 and 1."""

    settles: ClassVar[str] = "binary_outcome"
    column: str
    one: str

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Count '{shorten(self.one)}' in '{shorten(self.column)}' as 1"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column as 0 and 1."""
        column = table[self.column]
        numbers = (column.astype(object).map(label_of, na_action="ignore") == self.one).astype(
            float
        )
        return replace_column(table, self.column, numbers.where(column.notna()))
