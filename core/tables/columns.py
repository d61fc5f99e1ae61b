"""Turning the columns of a table into arrays a model can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from core.exceptions import DataError
from core.types import BoolArray, FloatArray, IntArray

_LARGEST, _SMALLEST = 1e100, 1e-100


@dataclass(frozen=True, eq=False)
class NumericColumn:
    """A numeric column: values (n,), NaN or infinite where it cannot be used."""

    name: str
    values: FloatArray

    def usable(self) -> BoolArray:
        """Return which rows hold a finite number."""
        return np.isfinite(self.values)

    @property
    def span(self) -> tuple[float, float, float]:
        """Least, mean and greatest value."""
        return float(self.values.min()), float(self.values.mean()), float(self.values.max())

    def shifted(self, by: float) -> NumericColumn:
        """Return the column with a number added to every value."""
        return NumericColumn(self.name, self.values + by)

    def keep(self, rows: BoolArray | IntArray) -> NumericColumn:
        """Return the column with only some rows, or some as often as their positions occur."""
        return NumericColumn(self.name, self.values[rows])

    def check_size(self) -> None:
        """Raise DataError when squares of the numbers, finite all, leave what a float can hold."""
        low, high = float(self.values.min()), float(self.values.max())
        if max(-low, high) > _LARGEST:
            raise DataError(
                f"'{self.name}' holds numbers as large as {max(-low, high):.0e}, whose squares no "
                "computer number can hold. Divide the column by a power of ten."
            )
        if 0.0 < high - low < _SMALLEST:
            raise DataError(
                f"'{self.name}' differs by no more than {high - low:.0e}, whose square no computer "
                "number can hold. Multiply the column by a power of ten."
            )


@dataclass(frozen=True, eq=False)
class CategoricalColumn:
    """A categorical column: codes (n,) into ``levels``, -1 where it is missing."""

    name: str
    codes: IntArray
    levels: tuple[str, ...]

    def usable(self) -> BoolArray:
        """Return which rows hold a level."""
        return np.asarray(self.codes >= 0)

    def keep(self, rows: BoolArray | IntArray) -> CategoricalColumn:
        """Return the column with only some rows, without the levels that then are unused."""
        codes = self.codes[rows]
        used = np.bincount(codes[codes >= 0], minlength=len(self.levels)) > 0
        if used.all():
            return CategoricalColumn(self.name, codes, self.levels)
        recode = np.where(used, np.cumsum(used) - 1, -1)
        levels = tuple(level for level, keep in zip(self.levels, used, strict=True) if keep)
        return CategoricalColumn(self.name, recode[codes], levels)

    def with_reference(self, reference: str) -> CategoricalColumn:
        """Return the column with one level moved to the front."""
        if reference not in self.levels:
            raise DataError(
                f"'{reference}' is no level of '{self.name}', so it cannot be the reference. "
                f"Choose one of: {', '.join(self.levels[:10])}."
            )
        first = self.levels.index(reference)
        order = [first, *(i for i in range(len(self.levels)) if i != first)]
        recode = np.empty(len(order), dtype=np.intp)
        recode[order] = np.arange(len(order))
        codes = np.where(self.codes >= 0, recode[self.codes], -1)
        return CategoricalColumn(self.name, codes, tuple(self.levels[i] for i in order))


Column = NumericColumn | CategoricalColumn


def column_of(table: pd.DataFrame, name: str, role: str) -> pd.Series[Any]:
    """Return one column, or say which columns there are."""
    found = [i for i, label in enumerate(table.columns) if label == name]
    if len(found) == 1:
        return table.iloc[:, found[0]]
    if found:
        raise DataError(
            f"Column '{name}' ({role}) occurs {len(found)} times. Rename all but one of them.",
            code="duplicate_names",
        )
    known = ", ".join(f"'{c}'" for c in list(table.columns)[:12])
    raise DataError(f"The table has no column '{name}' ({role}). It has: {known}.")


def numeric_column(series: pd.Series[Any], name: str) -> NumericColumn:
    """Return a numeric column as float64; missing values become NaN."""
    values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    return NumericColumn(name, values)


def is_numeric(series: pd.Series[Any]) -> bool:
    """Return whether a column holds numbers or truth values."""
    return bool(
        (pdt.is_numeric_dtype(series) or pdt.is_bool_dtype(series))
        and not isinstance(series.dtype, pd.CategoricalDtype)
        and not pdt.is_complex_dtype(series)
    )


def label_of(value: object) -> str:
    """Return a level as text, whole floats without '.0'."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def categorical_column(series: pd.Series[Any], name: str) -> CategoricalColumn:
    """Return a categorical column; levels sorted unless the column is an ordered categorical.

    Numbers sort as numbers and text by code point (R's C locale).
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy().astype(np.intp)
        uniques = series.cat.categories
        if not series.cat.ordered:
            codes, uniques = _sorted_codes(codes, uniques)
    elif (counted := _counted_codes(series)) is not None:
        return CategoricalColumn(name, *counted)
    else:
        raw, found = pd.factorize(series)
        codes, uniques = _sorted_codes(raw.astype(np.intp, copy=False), pd.Index(found))
    return _merge_equal_labels(CategoricalColumn(name, codes, _labels(uniques)))


def _counted_codes(series: pd.Series[Any]) -> tuple[IntArray, tuple[str, ...]] | None:
    """Return sorted codes and levels of integers that lie close together, without hashing."""
    values = series.to_numpy() if isinstance(series.dtype, np.dtype) else np.empty(0)
    if values.dtype.kind not in "iu" or len(values) == 0:
        return None
    low, high = int(values.min()), int(values.max())
    if high - low > 4 * len(values) or high > np.iinfo(np.int64).max:
        return None
    shifted = (values.astype(np.int64, copy=False) - low).astype(np.intp, copy=False)
    seen = np.zeros(high - low + 1, dtype=bool)
    seen[shifted] = True
    levels = tuple(map(str, (np.flatnonzero(seen) + low).tolist()))
    if len(levels) == len(seen):
        return shifted, levels
    return (np.cumsum(seen) - 1)[shifted].astype(np.intp, copy=False), levels


def _labels(uniques: pd.Index[Any]) -> tuple[str, ...]:
    """Return levels as text, many integers at once."""
    if pdt.is_integer_dtype(uniques.dtype):
        return tuple(map(str, uniques.tolist()))
    return tuple(map(label_of, uniques))


def _sorted_codes(codes: IntArray, uniques: pd.Index[Any]) -> tuple[IntArray, pd.Index[Any]]:
    if pdt.is_numeric_dtype(uniques.dtype):
        order = np.argsort(uniques.to_numpy(), kind="stable")
    else:
        values = uniques.tolist()
        try:
            order = np.array(sorted(range(len(values)), key=values.__getitem__), dtype=np.intp)
        except TypeError:  # numbers beside text: sort all by their text
            values = [label_of(value) for value in values]
            order = np.array(sorted(range(len(values)), key=values.__getitem__), dtype=np.intp)
    if np.array_equal(order, np.arange(len(order))):
        return codes, uniques
    recode = np.empty(len(order) + 1, dtype=np.intp)
    recode[order] = np.arange(len(order))
    recode[-1] = -1  # code -1 (missing) indexes the last element and stays -1
    return recode[codes], uniques[order]


def _merge_equal_labels(column: CategoricalColumn) -> CategoricalColumn:
    """Join levels that read the same (the number 1 and the text '1' in one column)."""
    if len(set(column.levels)) == len(column.levels):
        return column
    levels = tuple(dict.fromkeys(column.levels))
    position = {level: i for i, level in enumerate(levels)}
    recode = np.array([position[level] for level in column.levels] + [-1], dtype=np.intp)
    return CategoricalColumn(column.name, recode[column.codes], levels)
