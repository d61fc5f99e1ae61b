"""Moments of base columns from the sums of the two passes, in the scaling of a table in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.exceptions import SourceError
from core.moments import GroupMoments
from core.sources.expressions import Roles
from core.sources.passes import Means, Products
from core.tables.grouping.design import BaseColumn
from core.types import FloatArray

#: Numbers that all cross-products by group may amount to.
MOST_NUMBERS = 80_000_000
#: A spread below this share of the mean is rounding (as in ``core.moments``).
_CONSTANT = 1e-14


class _Columns:
    """The numbers of a model about their means, each scaled as in memory."""

    def __init__(self, means: Means, products: Products, roles: Roles) -> None:
        self.n, self.products = means.n, products
        self.center: dict[str, float] = {}
        self.scale: dict[str, float] = {}
        self.mean: dict[str, FloatArray] = {}
        self.is_constant: dict[str, bool] = {}
        for name in roles.numbers:
            self._standardise(name, means.mean[name])

    def _standardise(self, name: str, first: FloatArray) -> None:
        n, total = self.n, float(self.n.sum())
        rounding = self.products.off[name] / n
        apart = first - first[0]
        # Small numbers are added first, so the digits of a mean far from zero survive.
        shift = float(np.dot(n, apart + rounding)) / total
        center = float(first[0]) + shift
        mean = (apart - shift) + rounding
        square = float(np.dot(n, mean**2) + self.raw(name, name).sum())
        spread = float(np.sqrt(max(square, 0.0) / total))
        constant = spread <= _CONSTANT * abs(center) or spread == 0.0
        self.center[name], self.scale[name] = center, 1.0 if constant else spread
        self.mean[name] = np.zeros_like(mean) if constant else mean / spread
        self.is_constant[name] = constant

    def raw(self, a: str, b: str) -> FloatArray:
        """Return cross-products about the group means in raw units, shape (J,)."""
        off = self.products.off
        out = self.products.cross[a, b] - off[a] * off[b] / self.n
        return np.maximum(out, 0.0) if a == b else out

    def within(self, a: str, b: str) -> FloatArray:
        """Return scaled cross-products of two numbers about the group means, shape (J,)."""
        if self.is_constant[a] or self.is_constant[b]:
            return np.zeros_like(self.n)
        key = (a, b) if (a, b) in self.products.cross else (b, a)
        return np.asarray(self.raw(*key) / (self.scale[a] * self.scale[b]))

    def with_level(self, name: str, category: str, level: int) -> FloatArray:
        """Return the cross-product of a number and a level's indicator, shape (J,)."""
        if self.is_constant[name]:
            return np.zeros_like(self.n)
        rounding = self.products.off[name] / self.n
        count = self.products.count[category][:, level]
        sums = self.products.off_level[name, category][:, level] - count * rounding
        return np.asarray(sums / self.scale[name])

    def of_levels(self, first: tuple[str, int], second: tuple[str, int]) -> FloatArray:
        """Return the cross-product of two indicators about the group means, shape (J,)."""
        (a, i), (b, j) = first, second
        counts = self.products.count
        if a == b:
            both = counts[a][:, i] if i == j else np.zeros_like(self.n)
        elif (a, b) in self.products.joint:
            both = self.products.joint[a, b][:, i, j]
        else:
            both = self.products.joint[b, a][:, j, i]
        return np.asarray(both - counts[a][:, i] * counts[b][:, j] / self.n)


def moments_of(
    base: Sequence[BaseColumn], means: Means, products: Products, roles: Roles
) -> GroupMoments:
    """Return the moments of a model's base columns.

    Parameters
    ----------
    base : sequence of BaseColumn
        Individual-level columns, as ``GroupedData.base`` has them.
    means, products, roles
        The two passes.

    Raises
    ------
    SourceError
        When groups times pairs of columns are more numbers than fit in memory.
    """
    columns = _Columns(means, products, roles)
    ours = {name: alias for alias, name in roles.names.items()}
    kinds = [(ours[item.source], item.level) for item in base] + [("n0", -1)]
    m, n_groups = len(kinds), len(means.n)
    _check_size(m, n_groups)
    mean = np.empty((m, n_groups))
    center, scale = np.zeros(m + 1), np.ones(m + 1)
    for i, (name, level) in enumerate(kinds):
        if level >= 0:
            mean[i] = products.count[name][:, level] / means.n
        else:
            mean[i] = columns.mean[name]
            center[i + 1], scale[i + 1] = columns.center[name], columns.scale[name]
    pairs: dict[tuple[int, int], FloatArray] = {}
    total = np.empty((m, m))
    for a in range(m):
        for b in range(a, m):
            pairs[a + 1, b + 1] = within = _pair(columns, kinds[a], kinds[b])
            total[a, b] = total[b, a] = float(within.sum())
    return GroupMoments(means.n, mean, total, center, scale, pairs)


def _pair(columns: _Columns, first: tuple[str, int], second: tuple[str, int]) -> FloatArray:
    (a, i), (b, j) = first, second
    if i < 0 and j < 0:
        return columns.within(a, b)
    if i < 0:
        return columns.with_level(a, b, j)
    return columns.with_level(b, a, i) if j < 0 else columns.of_levels(first, second)


def _check_size(m: int, n_groups: int) -> None:
    numbers = n_groups * m * (m + 1) // 2
    if numbers > MOST_NUMBERS:
        raise SourceError(
            f"{n_groups:,} groups and {m - 1:,} columns of predictors (each level of a category "
            f"counts) need {numbers:,} sums, more than the {MOST_NUMBERS:,} that fit in memory. "
            "Choose fewer predictors, or some with fewer levels.",
            code="too_large",
        )
