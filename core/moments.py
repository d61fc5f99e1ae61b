"""``GroupMoments``: per-group means and cross-products, all that the estimators need.

The base columns are, in this order, the constant 1 (index 0), the individual-level
columns (1..q) and the outcome (index q + 1). Numeric columns are shifted by their mean
and divided by their sd before any product is taken, and products are taken about the
group means, so nothing is lost to cancellation; ``center`` and ``scale`` undo it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from core.row_sums import RowSums, standardised, within_total
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.tables.rows.in_memory import SummedElsewhere
from core.types import BoolArray, FloatArray

#: A spread inside a group below this, in sd of the column, is rounding and counts as none.
NO_SPREAD = 1e-12


@runtime_checkable
class SummedAlready(Protocol):
    """Grouped data that bring their moments along: their rows may be elsewhere."""

    @property
    def moments(self) -> GroupMoments:
        """The moments of all rows used."""
        ...


@dataclass(frozen=True, eq=False)
class GroupMoments:
    """Sizes, means and within-group cross-products of the scaled base columns.

    Attributes
    ----------
    n : FloatArray, shape (J,)
        Rows of each group; with precision weights the sum of these.
    mean : FloatArray, shape (m, J)
        Group means of the base columns without the constant (individual-level
        columns, then the outcome), in scaled units.
    within_total : FloatArray, shape (m, m)
        Cross-products about the group means, summed over groups.
    center, scale : FloatArray, shape (m + 1,)
        ``scaled = (raw - center) / scale`` for every base column (0 and 1 for the
        constant and for indicators).
    pairs : dict
        Cross-products about the group means by group, shape (J,), by pair of base
        columns (smaller index first); those not asked for yet are absent.
    count : FloatArray, shape (J,), or None
        Rows of each group where these are not ``n``: with precision weights every mean and
        product is a weighted one.
    log_weight : float
        Sum of the logarithms of the weights, which the likelihood asks for.
    """

    n: FloatArray
    mean: FloatArray
    within_total: FloatArray
    center: FloatArray
    scale: FloatArray
    pairs: dict[tuple[int, int], FloatArray] = field(repr=False)
    rows: RowSums | None = field(default=None, repr=False)
    count: FloatArray | None = None
    log_weight: float = 0.0

    @classmethod
    def from_data(cls, data: GroupedData) -> GroupMoments:
        """Make one pass over the rows of a grouped table.

        Only what every fit needs is summed: sizes, means, totals, and the products of
        the varying columns with all others. Other products follow when asked for. Data that
        were summed elsewhere bring their moments along.
        """
        if isinstance(data, SummedAlready):
            return data.moments
        m = len(data.base) + 1
        center, scale = np.zeros(m + 1), np.ones(m + 1)
        rows = RowSums(data, center, scale)
        sizes = data.group_sizes.astype(np.float64)
        n = sizes if data.weights is None else rows.sums(None)
        counted = np.where(n > 0, n, 1.0)  # a group may have no rows: a fold, a resample
        mean = np.empty((m, data.n_groups))
        centred: dict[int, FloatArray] = {}
        levels: dict[str, FloatArray] = {}
        for base in range(1, m + 1):
            values = standardised(rows, base)
            if values is None:
                column, level = rows.category(base)
                if column.name not in levels:
                    levels[column.name] = rows.sums_by_level(column, None)
                mean[base - 1] = levels[column.name][:, level] / counted
            else:
                mean[base - 1] = rows.sums(values) / counted
                values -= mean[base - 1][rows.index]
                centred[base] = values
        total = within_total(rows, n, mean, centred)
        pairs: dict[tuple[int, int], FloatArray] = {}
        weighs = data.weights is not None
        log_weight = float(np.log(data.weights).sum()) if data.weights is not None else 0.0
        count = sizes if weighs else None
        out = cls(n, mean, total, center, scale, pairs, rows, count, log_weight)
        slopes = [b for b in data.varying if b > 0]
        wanted = {(min(a, b), max(a, b)) for a in slopes for b in range(1, m + 1)}
        out._sum_pairs(wanted, centred)
        return out

    @classmethod
    def from_query(cls, table: SummedElsewhere, spec: ModelSpec) -> GroupMoments:
        """Return the moments of a table that stays where it is (``core.open_table``)."""
        return cls.from_data(GroupedData.from_query(table, spec))

    @classmethod
    def from_arrays(
        cls,
        n: FloatArray,
        mean: FloatArray,
        within: FloatArray,
        *,
        center: FloatArray | None = None,
        scale: FloatArray | None = None,
    ) -> GroupMoments:
        """Make moments from arrays alone (simulation, training folds, an SQL engine).

        Parameters
        ----------
        n : FloatArray, shape (J,)
        mean : FloatArray, shape (m, J)
        within : FloatArray, shape (m, m, J)
            Cross-products about the group means.
        """
        m = len(mean)
        pairs = {(a, b): within[a - 1, b - 1] for a in range(1, m + 1) for b in range(a, m + 1)}
        return cls(
            n,
            mean,
            within.sum(axis=2),
            np.zeros(m + 1) if center is None else center,
            np.ones(m + 1) if scale is None else scale,
            pairs,
        )

    @property
    def n_groups(self) -> int:
        """Number of groups J."""
        return len(self.n)

    @property
    def n_obs(self) -> int:
        """Number of rows n."""
        return round(float(self.counts.sum()))

    @property
    def counts(self) -> FloatArray:
        """Rows of each group, shape (J,)."""
        return self.n if self.count is None else self.count

    @property
    def outcome(self) -> int:
        """Index of the outcome among the base columns."""
        return len(self.mean)

    def mean_of(self, base: int) -> FloatArray:
        """Return the group means of a base column, shape (J,)."""
        return np.ones_like(self.n) if base == 0 else self.mean[base - 1]

    def within(self, a: int, b: int) -> FloatArray:
        """Return cross-products about the group means by group, shape (J,)."""
        if a == 0 or b == 0:
            return np.zeros_like(self.n)
        key = (min(a, b), max(a, b))
        if key not in self.pairs:
            self._sum_pairs({key}, {})
        return self.pairs[key]

    def cross(self, a: int, b: int) -> FloatArray:
        """Return plain cross-products by group, shape (J,)."""
        between = self.n * self.mean_of(a) * self.mean_of(b)
        return between if a == 0 or b == 0 else self.within(a, b) + between

    def has_spread(self, base: int) -> BoolArray:
        """Return in which groups a base column takes more than one value, shape (J,)."""
        limit = NO_SPREAD * (1.0 + np.abs(self.mean_of(base)))
        return np.asarray(self.within(base, base) > self.n * limit**2)

    def full(self) -> FloatArray:
        """Return every plain cross-product by group, shape (m + 1, m + 1, J)."""
        m = self.outcome
        wanted = {(a, b) for a in range(1, m + 1) for b in range(a, m + 1)} - set(self.pairs)
        self._sum_pairs(wanted, {})
        out = np.empty((m + 1, m + 1, self.n_groups))
        for a in range(m + 1):
            for b in range(a, m + 1):
                out[a, b] = out[b, a] = self.cross(a, b)
        return out

    def scores(self, line: FloatArray) -> FloatArray:
        """Return ``sum_i x_a e`` by group for the residuals of given lines, shape (m, J).

        Parameters
        ----------
        line : FloatArray, shape (m, J)
            Scaled coefficients of the base columns 0..q for every group.
        """
        q = self.outcome
        own = [(a, b) for a in range(1, q) for b in range(a, q + 1)]
        if self.rows is None or sum(pair not in self.pairs for pair in own) <= q:
            out = np.array([self.cross(a, q) for a in range(q)])
            for a in range(q):
                for b in range(q):
                    out[a] -= self.cross(a, b) * line[b]
            return out
        return self._scores_from_rows(line)

    def _scores_from_rows(self, line: FloatArray) -> FloatArray:
        rows, q = self.rows, self.outcome
        assert rows is not None
        residual = rows.numeric(q)
        assert residual is not None
        residual -= line[0][rows.index]
        for base in range(1, q):
            residual -= rows.values(base) * line[base][rows.index]
        out = np.empty((q, self.n_groups))
        out[0] = rows.sums(residual)
        by_level: dict[str, FloatArray] = {}
        for base in range(1, q):
            values = rows.numeric(base)
            if values is not None:
                out[base] = rows.sums(values * residual)
                continue
            column, level = rows.category(base)
            if column.name not in by_level:
                by_level[column.name] = rows.sums_by_level(column, residual)
            out[base] = by_level[column.name][:, level]
        return out

    def _sum_pairs(self, wanted: set[tuple[int, int]], centred: Mapping[int, FloatArray]) -> None:
        """Fill ``pairs`` from the rows."""
        if not wanted:
            return
        if self.rows is None:
            raise KeyError(f"these moments hold no products {sorted(wanted)}")
        columns = dict(centred)
        for base in {b for pair in wanted for b in pair} - set(columns):
            values = self.rows.numeric(base)
            if values is not None:
                values -= self.mean[base - 1][self.rows.index]
                columns[base] = values
        by_level: dict[tuple[str, int], FloatArray] = {}
        for a, b in sorted(wanted):
            if (a, b) not in self.pairs:
                self.pairs[a, b] = self._pair(a, b, columns, by_level)

    def _pair(
        self,
        a: int,
        b: int,
        columns: Mapping[int, FloatArray],
        by_level: dict[tuple[str, int], FloatArray],
    ) -> FloatArray:
        rows = self.rows
        assert rows is not None
        if a in columns and b in columns:
            return rows.sums(columns[a] * columns[b])
        if a in columns or b in columns:
            number, indicator = (a, b) if a in columns else (b, a)
            column, level = rows.category(indicator)
            key = (column.name, number)
            if key not in by_level:
                by_level[key] = rows.sums_by_level(column, columns[number])
            return np.asarray(by_level[key][:, level])
        first, level_a = rows.category(a)
        second, level_b = rows.category(b)
        if first.name == second.name:
            joint = self.n * self.mean[a - 1] if level_a == level_b else np.zeros_like(self.n)
        else:
            both = (first.codes == level_a) & (second.codes == level_b)
            joint = rows.sums(both.astype(np.float64))
        return np.asarray(joint - self.n * self.mean[a - 1] * self.mean[b - 1])


def group_scaling(n: FloatArray, values: FloatArray) -> tuple[float, float]:
    """Return the row-weighted mean and sd of a group-level column (sd 1 when constant)."""
    center = float(np.dot(n, values) / n.sum())
    spread = float(np.sqrt(np.dot(n, (values - center) ** 2) / n.sum()))
    return center, spread if spread > 1e-14 * abs(center) and spread > 0 else 1.0
