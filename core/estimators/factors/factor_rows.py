"""Rows to be predicted by a model with several factors: their design, and their levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.estimators.factors.system import row_contrasts
from core.estimators.new_rows import NewRows
from core.estimators.training import NEW
from core.factors_results import FactorsFits
from core.fitting.several.henderson import Contrasts
from core.moments import GroupMoments
from core.tables.columns import CategoricalColumn, categorical_column, column_of
from core.tables.grouped import FactorsData, GroupedData
from core.tables.grouping.cells import Factor
from core.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class FactorRows:
    """Rows for a model with several factors, in the reader's own units.

    Attributes
    ----------
    base : FloatArray, shape (m, 1 + base columns)
    design : FloatArray, shape (m, p)
        The terms; NaN where a row cannot be predicted.
    known : dict of str to IntArray, shape (m,)
        The level by factor; -1 for one that was not fitted.
    reasons : ndarray of str, shape (m,)
        Why a row cannot be predicted; '' where it can.
    index : Index
    said : FloatArray, shape (m, group-level columns)
        The group-level columns as the table says them; NaN where it does not.
    """

    base: FloatArray
    design: FloatArray
    known: dict[str, IntArray]
    reasons: FloatArray
    index: pd.Index
    said: FloatArray

    def contrasts(self, data: FactorsData) -> Contrasts:
        """Return what the rows are expected to be; rows that cannot be predicted are zero."""
        return row_contrasts(data, np.nan_to_num(self.design), self.base, self.known)

    def settled(self, fits: FactorsFits) -> FactorRows:
        """Return the rows with the group-level columns of the levels in ``known``."""
        data = fits.data
        group = _group_columns(data, self.known, self.said)
        design = np.array(
            [
                self.base[:, t.base] * (group[:, t.factor] if t.factor >= 0 else 1.0)
                for t in data.terms
            ]
        ).T
        reasons = np.array(self.reasons, dtype=object)
        for position, item in enumerate(data.cells.group_base):
            where = ~np.isfinite(group[:, position]) & (reasons == "")
            reasons[where] = f"'{item.source}' is missing, and the level that would tell it is new"
        design[reasons != ""] = np.nan
        return replace(self, design=design, reasons=reasons)

    def varying(self, factor: Factor) -> FloatArray:
        """Return a factor's varying columns of the rows, shape (m, k)."""
        return self.base[:, list(factor.varying)]


class _Individual(NewRows):
    """The individual-level part of a table; groups are read elsewhere."""

    def _groups(self, data: GroupedData) -> tuple[IntArray, IntArray]:
        n = len(self._table)
        return np.zeros(n, dtype=np.intp), np.full(n, NEW)

    def numbers_of_group(self, data: GroupedData) -> FloatArray:
        """Return the group-level columns that the table brings, NaN elsewhere."""
        return self._factors(data, np.zeros(len(self._table), dtype=bool))


def factor_rows(fits: FactorsFits, table: pd.DataFrame, average: Sequence[str] = ()) -> FactorRows:
    """Read a table of new rows.

    Parameters
    ----------
    fits : FactorsFits
    table : DataFrame
        Predictors by the names they were fitted with; the grouping columns. A level that was not
        fitted, or is missing, is a new one. A level inside another one is known only within it.
    average : sequence of str
        Factors at their average (deviation zero) whatever the table says.

    Raises
    ------
    DataError
        When a predictor's column is missing or cannot be read.
    """
    data, cells = fits.data, fits.data.cells
    moments: GroupMoments = fits.cells
    read = _Individual(table, cells, moments, is_average=False)
    base = read.rows.base.copy()
    for i in range(1, base.shape[1]):
        base[:, i] = moments.center[i] + moments.scale[i] * base[:, i]
    known = {
        f.name: np.full(len(table), -1) if f.name in average else _levels(data, f, table)
        for f in data.factors
    }
    reasons = np.asarray(read.reasons, dtype=object)
    said = read.numbers_of_group(cells)
    empty = np.empty((len(table), 0))
    return FactorRows(base, empty, known, reasons, table.index, said).settled(fits)


def fitted_rows(data: FactorsData, rows: IntArray, within: FactorsData | None = None) -> FactorRows:
    """Return some of the rows of the data as rows to be predicted by a model of ``within``.

    ``within`` holds some rows of the same data; a level that has none of them is new there.
    """
    cells = data.cells
    cell = cells.group_index[rows]
    base = np.column_stack([cells.base_values(b, rows) for b in range(len(cells.base) + 1)])
    known = {}
    for factor in data.factors:
        at = factor.of_cell[cell]
        if within is not None:
            there = within.factor(factor.name).position
            names = [there.get(name, -1) for name in factor.level_names]
            at = np.array(names, dtype=np.intp)[at]
        known[factor.name] = at
    reasons = np.full(len(rows), "", dtype=object)
    said = np.column_stack([v[cell] for _, v in cells.group_columns] or [np.empty((len(rows), 0))])
    index = pd.RangeIndex(len(rows))
    return FactorRows(base, cells.design(rows), known, reasons, index, said)


def _levels(data: FactorsData, factor: Factor, table: pd.DataFrame) -> IntArray:
    """Return the fitted level of every row, -1 where it is new or not said."""
    path = data.spec.path_of(factor.name)
    n = len(table)
    parts: list[CategoricalColumn] = []
    for column in path:
        if column not in table.columns:
            return np.full(n, -1)
        parts.append(categorical_column(column_of(table, column, "group"), column))
    out = np.full(n, -1)
    out = np.full(n, -1)
    is_said = np.logical_and.reduce([part.codes >= 0 for part in parts])
    for i in np.flatnonzero(is_said):
        name = ":".join(part.levels[part.codes[i]] for part in parts)
        out[i] = factor.position.get(name, -1)
    return out


def _group_columns(data: FactorsData, known: dict[str, IntArray], said: FloatArray) -> FloatArray:
    """Return the group-level columns: those of the known level, else as the table says."""
    out = said.copy()
    for factor in data.factors:
        at = known[factor.name]
        is_known: BoolArray = at >= 0
        for position in factor.group_columns:
            values = np.zeros(factor.n_levels)
            values[factor.of_cell] = data.cells.group_columns[position][1]
            out[is_known, position] = values[at[is_known]]
    return out
