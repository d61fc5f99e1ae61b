"""Recipes that mend a table: small frozen objects, each with a label for its button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
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

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Read '{shorten(self.column)}' as numbers"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column as numbers."""
        return replace_column(table, self.column, parse(text_of(table[self.column]), self.form))


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

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Turn '{shorten(self.column)}' into days since the first"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the column as a number of days."""
        column = table[self.column]
        if pdt.is_numeric_dtype(column.dtype):  # 20240131
            whole = column.astype("Int64").astype("string")
            column = pd.to_datetime(whole, format="%Y%m%d", errors="coerce")
        elif not pdt.is_datetime64_any_dtype(column.dtype):
            column = pd.to_datetime(
                column, errors="coerce", format="mixed", dayfirst=self.day_first, utc=True
            )
        days = (column - column.min()) / pd.Timedelta(days=1)
        return replace_column(table, self.column, days.astype(float))


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
