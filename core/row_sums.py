"""Sums over rows by group: what ``GroupMoments`` reads of a table, weighted where rows weigh."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.tables.columns import CategoricalColumn, NumericColumn
from core.tables.grouped import GroupedData
from core.types import FloatArray


class RowSums:
    """Group-centred base columns over the rows, and sums of their products by group."""

    def __init__(self, data: GroupedData, center: FloatArray, scale: FloatArray) -> None:
        self.data = data
        self.index = data.group_index
        self.weights = data.weights
        self.n_groups = data.n_groups
        self.center = center
        self.scale = scale

    def numeric(self, base: int) -> FloatArray | None:
        """Return a numeric base column centred and scaled as a whole; None for an indicator."""
        q = len(self.data.base)
        if base == q + 1:
            values = self.data.y
        else:
            column = self.data.columns[self.data.base[base - 1].source]
            if not isinstance(column, NumericColumn):
                return None
            values = column.values
        out: FloatArray = values - self.center[base]
        out /= self.scale[base]
        return out

    def values(self, base: int) -> FloatArray:
        """Return any base column scaled, indicators as 0 and 1, shape (n,)."""
        if base == 0:
            return np.ones(len(self.index))
        found = self.numeric(base)
        if found is not None:
            return found
        column, level = self.category(base)
        return np.asarray(column.codes == level, dtype=np.float64)

    def category(self, base: int) -> tuple[CategoricalColumn, int]:
        """Return the column that an indicator is of, and its level."""
        item = self.data.base[base - 1]
        column = self.data.columns[item.source]
        assert isinstance(column, CategoricalColumn)
        return column, item.level

    def sums(self, weights: FloatArray | None) -> FloatArray:
        """Return sums by group, each row as often as it weighs, shape (J,)."""
        values = self.weighted(weights)
        return np.bincount(self.index, values, minlength=self.n_groups).astype(np.float64)

    def weighted(self, values: FloatArray | None) -> FloatArray | None:
        """Return values times the weights of their rows; None for ones that weigh the same."""
        if self.weights is None:
            return values
        return self.weights if values is None else values * self.weights

    def total(self, values: FloatArray, other: FloatArray | None = None) -> float:
        """Return the weighted sum over all rows of values, or of products of two."""
        if other is None:
            return float(values.sum() if self.weights is None else np.dot(values, self.weights))
        left = values if self.weights is None else values * self.weights
        return float(np.dot(left, other))

    def sums_by_level(self, column: CategoricalColumn, weights: FloatArray | None) -> FloatArray:
        """Return sums by group and level, shape (J, L)."""
        n_levels = len(column.levels)
        key = self.index * n_levels + column.codes
        values = self.weighted(weights)
        out = np.bincount(key, values, minlength=self.n_groups * n_levels)
        return out.reshape(self.n_groups, n_levels).astype(np.float64)


def standardised(rows: RowSums, base: int) -> FloatArray | None:
    """Return a numeric column centred and scaled, filling in the center and the scale."""
    q = len(rows.data.base)
    raw: FloatArray
    if base == q + 1:
        raw = rows.data.y
    else:
        column = rows.data.columns[rows.data.base[base - 1].source]
        if not isinstance(column, NumericColumn):
            return None
        raw = column.values
    size = float(len(raw)) if rows.weights is None else float(rows.weights.sum())
    center = rows.total(raw) / size if rows.weights is not None else float(raw.mean())
    out = raw - center
    spread = float(np.sqrt(rows.total(out, out) / size))
    constant = spread <= 1e-14 * abs(center)
    scale = 1.0 if constant or spread == 0 else spread
    if constant:
        out[:] = 0.0
    rows.center[base], rows.scale[base] = center, scale
    out /= scale
    return out


def within_total(
    rows: RowSums, n: FloatArray, mean: FloatArray, centred: Mapping[int, FloatArray]
) -> FloatArray:
    """Return cross-products about the group means summed over groups, shape (m, m)."""
    m = len(mean)
    out = np.empty((m, m))
    joint: dict[tuple[str, str], FloatArray] = {}
    for a in range(1, m + 1):
        for b in range(a, m + 1):
            if a in centred and b in centred:
                value = rows.total(centred[a], centred[b])
            elif a in centred or b in centred:
                number, indicator = (a, b) if a in centred else (b, a)
                column, level = rows.category(indicator)
                inside = column.codes == level
                value = rows.total(centred[number], inside.astype(np.float64))
            else:
                count = _joint_count(rows, a, b, joint)
                value = count - float(np.dot(n * mean[a - 1], mean[b - 1]))
            out[a - 1, b - 1] = out[b - 1, a - 1] = value
    return out


def _joint_count(rows: RowSums, a: int, b: int, joint: dict[tuple[str, str], FloatArray]) -> float:
    first, level_a = rows.category(a)
    second, level_b = rows.category(b)
    if first.name == second.name:
        inside = (first.codes == level_a).astype(np.float64)
        return rows.total(inside) if level_a == level_b else 0.0
    key = (first.name, second.name)
    if key not in joint:
        width = len(second.levels)
        both = first.codes * width + second.codes
        counts = np.bincount(both, rows.weights, minlength=len(first.levels) * width)
        joint[key] = counts.reshape(-1, width).astype(np.float64)
    return float(joint[key][level_a, level_b])
