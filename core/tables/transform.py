"""Recipes for new columns: centring, scaling, logarithms; and the levels of a category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.escape import for_latex
from core.exceptions import DataError
from core.formats import shorten
from core.tables.columns import (
    CategoricalColumn,
    categorical_column,
    column_of,
    is_numeric,
    numeric_column,
)
from core.tables.fix import Fix
from core.tables.names import unique_names
from core.types import FloatArray


@dataclass(frozen=True)
class Recipe(Fix):
    """A new column made from one column; apply it with ``apply_fix``.

    Attributes
    ----------
    column : str
        The numeric column it starts from, which stays in the table.
    """

    column: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the new individual-level columns."""
        raise NotImplementedError

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the new group-level columns."""
        return ()

    @property
    def equation(self) -> str:
        """How the new column is made, as LaTeX with names escaped."""
        raise NotImplementedError

    @property
    def symbol(self) -> str:
        """The column's name as LaTeX."""
        return rf"\text{{{for_latex(self.column)}}}"

    def _numbers(self, table: pd.DataFrame) -> FloatArray:
        """Return the column's numbers, NaN where missing or infinite."""
        series = column_of(table, self.column, "predictor")
        if not is_numeric(series):
            raise DataError(
                f"'{shorten(self.column)}' does not hold numbers, so it cannot be centred, scaled "
                "or logged. Choose a numeric column, or turn the text into numbers first."
            )
        values = numeric_column(series, self.column).values
        return np.where(np.isfinite(values), values, np.nan)

    def _with(self, table: pd.DataFrame, columns: tuple[FloatArray, ...]) -> pd.DataFrame:
        """Return the table with new columns at its end; a name that is taken gets a number."""
        names, _ = unique_names([*map(str, table.columns), *self.names, *self.group_names])
        changed = table.copy()
        for name, values in zip(names[table.shape[1] :], columns, strict=True):
            changed[name] = values
        return changed


@dataclass(frozen=True)
class CentreGrandMean(Recipe):
    """Subtract the mean over all rows: the intercept is then the outcome at the average."""

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Centre '{shorten(self.column)}' at its mean"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of the new column."""
        return (f"{self.column} (centred)",)

    @property
    def equation(self) -> str:
        """How the new column is made."""
        return rf"{self.symbol} - \overline{{{self.symbol}}}"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the centred column."""
        values = self._numbers(table)
        _check_any(values, self.column)
        return self._with(table, (values - np.nanmean(values),))


@dataclass(frozen=True)
class CentreGroupMean(Recipe):
    """Split a predictor into the group's mean and the deviation from it.

    The deviations carry the effect within groups, the means (a group-level column) the effect
    between groups; without the means the second would be lost.
    """

    group: str

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Split '{shorten(self.column)}' into within and between '{shorten(self.group)}'"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of the deviations."""
        return (f"{self.column} (within {self.group})",)

    @property
    def group_names(self) -> tuple[str, ...]:
        """Name of the group means."""
        return (f"{self.column} ({self.group} mean)",)

    @property
    def equation(self) -> str:
        """How the deviations are made."""
        return rf"{self.symbol}_{{i}} - \overline{{{self.symbol}}}_{{j[i]}}"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with deviations and group means; missing where the group is."""
        values = self._numbers(table)
        _check_any(values, self.column)
        group = categorical_column(column_of(table, self.group, "group"), self.group)
        means = group_means(values, group)
        within = values - means
        spread = np.nanmax(np.abs(within), initial=0.0)
        if spread <= 1e-9 * max(float(np.nanstd(values)), 1e-300):
            raise DataError(
                f"'{shorten(self.column)}' is the same within each group of "
                f"'{shorten(self.group)}', so nothing is left after taking its group means away. "
                "Use it as a group-level predictor."
            )
        return self._with(table, (within, means))


@dataclass(frozen=True)
class AddGroupMean(Fix):
    """Add the group means of a predictor as a column, and leave the predictor as it is."""

    column: str
    group: str

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Add the '{shorten(self.group)}' means of '{shorten(self.column)}'"

    @property
    def name(self) -> str:
        """Name of the new column."""
        return CentreGroupMean(self.column, self.group).group_names[0]

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the means; missing where the group is."""
        split = CentreGroupMean(self.column, self.group).apply(table)
        changed = table.copy()
        changed[self.name] = split.iloc[:, -1].to_numpy()
        return changed


@dataclass(frozen=True)
class Standardise(Recipe):
    """Centre at the mean and divide by the sd: a slope is then per sd of the predictor."""

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Standardise '{shorten(self.column)}'"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of the new column."""
        return (f"{self.column} (standardised)",)

    @property
    def equation(self) -> str:
        """How the new column is made."""
        return rf"({self.symbol} - \overline{{{self.symbol}}}) / \text{{sd}}({self.symbol})"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the standardised column (sd with n - 1)."""
        values = self._numbers(table)
        _check_any(values, self.column)
        centred = values - np.nanmean(values)
        n = int(np.isfinite(centred).sum())
        sd = float(np.sqrt(np.nansum(centred**2) / max(n - 1, 1)))
        if not sd > 0:
            raise DataError(
                f"'{shorten(self.column)}' has the same value in every row, so it has no sd to "
                "divide by. Choose another column."
            )
        return self._with(table, (centred / sd,))


@dataclass(frozen=True)
class Logarithm(Recipe):
    """Take the natural logarithm: a difference of 0.01 is then about one per cent."""

    @property
    def label(self) -> str:
        """What the button says."""
        return f"Take the logarithm of '{shorten(self.column)}'"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of the new column."""
        return (f"log {self.column}",)

    @property
    def equation(self) -> str:
        """How the new column is made."""
        return rf"\log({self.symbol})"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the logarithms."""
        values = self._numbers(table)
        _check_any(values, self.column)
        bad = int((values <= 0).sum())
        if bad:
            raise DataError(
                f"'{shorten(self.column)}' has {bad:,} values of zero or less (the least is "
                f"{np.nanmin(values):g}), which have no logarithm. Use the column as it is."
            )
        return self._with(table, (np.log(values),))


def can_take_log(table: pd.DataFrame, column: str) -> bool:
    """Return whether a column is numeric and positive throughout."""
    series = column_of(table, column, "predictor")
    if not is_numeric(series):
        return False
    values = numeric_column(series, column).values
    values = values[np.isfinite(values)]
    return bool(len(values)) and bool((values > 0).all())


def group_means(values: FloatArray, group: CategoricalColumn) -> FloatArray:
    """Return the mean of each row's group, shape (n,); NaN where group or all values miss."""
    usable = (group.codes >= 0) & np.isfinite(values)
    codes = group.codes[usable]
    counts = np.bincount(codes, minlength=len(group.levels))
    sums = np.bincount(codes, weights=values[usable], minlength=len(group.levels))
    with np.errstate(invalid="ignore"):
        means = np.append(sums / counts, np.nan)  # code -1 indexes the NaN
    return np.asarray(means[group.codes])


def reference_levels(table: pd.DataFrame, column: str) -> tuple[str, ...]:
    """Return the levels that can be the reference of a category, the default first.

    Parameters
    ----------
    table : DataFrame
    column : str
        A category, or a numeric column that is treated as one.

    Returns
    -------
    tuple of str
        For ``ModelSpec(reference={column: level})``, in the order in which the model lists them.
    """
    return categorical_column(column_of(table, column, "predictor"), column).levels


def _check_any(values: FloatArray, column: str) -> None:
    if not np.isfinite(values).any():
        raise DataError(f"'{shorten(column)}' holds no numbers. Choose another column.")
