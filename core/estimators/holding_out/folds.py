"""Folds for cross-validation: training moments are the sum over all folds but one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from core.estimators.training import KNOWN, NEW, Rows, Training
from core.exceptions import SpecError
from core.fitting.scaled import scale_model
from core.moments import GroupMoments
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.tables.grouped import GroupedData
from core.tables.rows.keys import chance_of
from core.types import FloatArray, IntArray

HoldOut: TypeAlias = Literal["people", "groups"]
#: More folds than this are no longer quick.
MOST_FOLDS = 1000
#: Beyond these, sums over fold x group are no longer quick.
_FEW_COLUMNS, _MOST_CELLS = 6, 2_000_000


def assign_folds(data: GroupedData, hold_out: HoldOut, folds: int, seed: int) -> IntArray:
    """Return the fold of every row, shape (n,).

    People are dealt out group by group in random order, so that every fold has its share of
    every group; whole groups are dealt out in random order. Rows with a key are dealt out by
    its hash, so their folds depend neither on their order nor on where the table lives.
    """
    most = data.n_obs if hold_out == "people" else data.n_groups
    if hold_out not in ("people", "groups"):
        raise SpecError(f"hold_out must be 'people' or 'groups', not {hold_out!r}.")
    if not 2 <= folds <= min(most, MOST_FOLDS):
        raise SpecError(
            f"{folds:,} folds are not possible: choose between 2 and {min(most, MOST_FOLDS):,}."
        )
    rng = np.random.default_rng(seed)
    if hold_out == "groups":
        of_group = np.empty(data.n_groups, dtype=np.intp)
        of_group[rng.permutation(data.n_groups)] = np.arange(data.n_groups) % folds
        return np.asarray(of_group[data.group_index])
    out = np.empty(data.n_obs, dtype=np.intp)
    key = data.key
    if key is not None:
        order = np.lexsort((key, chance_of(key, seed), data.group_index))
        out[order] = np.arange(data.n_obs) % folds
        return np.asarray(rng.permutation(folds)[out])
    # Sorting one whole number is much quicker than sorting by two columns.
    chance = rng.integers(1 << 40, size=data.n_obs)
    order = np.argsort((data.group_index.astype(np.int64) << 40) | chance)
    out[order] = np.arange(data.n_obs) % folds
    return np.asarray(rng.permutation(folds)[out])


@dataclass(frozen=True, eq=False)
class _Part:
    """Moments of some of the rows, in the scaling of all: n (J,), mean (m, J), total (m, m).

    ``count`` (J,) are the rows themselves, ``n`` what they weigh.
    """

    n: FloatArray
    mean: FloatArray
    total: FloatArray
    pairs: dict[tuple[int, int], FloatArray]
    count: FloatArray
    log_weight: float = 0.0


def _merged(a: _Part, b: _Part) -> _Part:
    """Return the moments of two disjoint sets of rows; a sum of what is not negative."""
    n = a.n + b.n
    share = np.divide(b.n, n, out=np.zeros_like(n), where=n > 0)
    gap = b.mean - a.mean
    between = a.n * share
    pairs = {
        (i, j): a.pairs[i, j] + b.pairs[i, j] + between * gap[i - 1] * gap[j - 1]
        for i, j in a.pairs
    }
    total = a.total + b.total + (gap * between) @ gap.T
    mean = np.where(n > 0, a.mean + gap * share, 0.0)
    return _Part(n, mean, total, pairs, a.count + b.count, a.log_weight + b.log_weight)


def _subset(data: GroupedData, rows: IntArray) -> GroupedData:
    """Return some rows with all groups and levels, even those without rows."""
    columns: dict[str, Column] = {}
    for name, column in data.columns.items():
        if isinstance(column, NumericColumn):
            columns[name] = NumericColumn(name, column.values[rows])
        else:
            columns[name] = CategoricalColumn(name, column.codes[rows], column.levels)
    weights = None if data.weights is None else data.weights[rows]
    return data.update(
        y=data.y[rows],
        group_index=data.group_index[rows],
        columns=columns,
        key=None,
        weights=weights,
    )


def needed_pairs(data: GroupedData) -> set[tuple[int, int]]:
    """Return the pairs of base columns whose products are needed group by group."""
    apart = {b for b in data.varying if b > 0}
    apart |= {t.base for t in data.terms if t.base > 0 and t.factor >= 0}
    last = len(data.base) + 1
    return {(min(a, b), max(a, b)) for a in apart for b in range(1, last + 1)}


def _part(data: GroupedData, rows: IntArray, moments: GroupMoments) -> _Part:
    """Return the moments of some rows, in the scaling of ``moments``."""
    own = GroupMoments.from_data(_subset(data, rows))
    size = own.scale / moments.scale
    shift = (own.center - moments.center) / moments.scale
    mean = own.mean * size[1:, None] + shift[1:, None]
    pairs = {(a, b): own.within(a, b) * size[a] * size[b] for a, b in sorted(needed_pairs(data))}
    total = own.within_total * np.outer(size[1:], size[1:])
    mean = np.where(own.n > 0, mean, 0.0)
    return _Part(own.n, mean, total, pairs, own.counts, own.log_weight)


def _parts_at_once(
    data: GroupedData, moments: GroupMoments, fold: IntArray, folds: int
) -> list[_Part] | None:
    """Return the moments of every fold by sums over fold x group; None where that is slow.

    Each product of two columns is one pass over all rows, so this is for few numeric columns.
    """
    m, n_groups = len(data.base) + 1, data.n_groups
    is_numeric = all(isinstance(c, NumericColumn) for c in data.columns.values())
    if not is_numeric or m > _FEW_COLUMNS or folds * n_groups > _MOST_CELLS:
        return None
    key = fold * n_groups + data.group_index
    size = folds * n_groups

    weights = data.weights

    def total(values: FloatArray | None) -> FloatArray:
        if weights is not None:
            values = weights if values is None else values * weights
        sums = np.bincount(key, values, minlength=size).astype(np.float64)
        return sums.reshape(folds, n_groups)

    n = total(None)
    counted = np.where(n > 0, n, 1.0)
    count, logs = n, np.zeros(folds)
    if weights is not None:
        count = np.bincount(key, minlength=size).astype(np.float64).reshape(folds, n_groups)
        logs = np.bincount(fold, np.log(weights), minlength=folds).astype(np.float64)
    mean, centred = np.empty((m, folds, n_groups)), []
    for b in range(1, m + 1):
        raw = data.y if b == m else data.base_values(b)
        values = (raw - moments.center[b]) / moments.scale[b]
        mean[b - 1] = total(values) / counted
        values -= mean[b - 1].ravel()[key]
        centred.append(values)
    needed, pairs = needed_pairs(data), {}
    whole = np.empty((folds, m, m))
    for a in range(m):
        for b in range(a, m):
            products = total(centred[a] * centred[b])
            whole[:, a, b] = whole[:, b, a] = products.sum(axis=1)
            if (a + 1, b + 1) in needed:
                pairs[a + 1, b + 1] = products
    return [
        _Part(
            n[i],
            mean[:, i],
            whole[i],
            {at: product[i] for at, product in pairs.items()},
            count[i],
            float(logs[i]),
        )
        for i in range(folds)
    ]


def training_moments(
    data: GroupedData, moments: GroupMoments, fold: IntArray, folds: int
) -> list[GroupMoments]:
    """Return the moments of all rows outside each fold, in the scaling of all rows."""
    quick = _parts_at_once(data, moments, fold, folds)
    if quick is not None:
        parts = quick
    else:
        order = np.argsort(fold, kind="stable")
        ends = np.searchsorted(fold[order], np.arange(folds + 1))
        parts = [_part(data, order[a:b], moments) for a, b in itertools.pairwise(ends)]
    after = parts[-1:]
    for part in reversed(parts[1:-1]):
        after.append(_merged(part, after[-1]))
    after.reverse()  # after[i]: parts i + 1 and on
    out, before = [after[0]], parts[0]
    for i in range(1, folds):
        out.append(_merged(before, after[i]) if i < folds - 1 else before)
        before = _merged(before, parts[i]) if i < folds - 1 else before
    return [_as_moments(part, moments) for part in out]


def _as_moments(part: _Part, like: GroupMoments) -> GroupMoments:
    count = None if like.count is None else part.count
    made = (part.n, part.mean, part.total, like.center, like.scale, part.pairs)
    return GroupMoments(*made, None, count, part.log_weight)


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold: what to learn from, the rows held out, and their positions in the table."""

    training: Training
    rows: Rows
    where: IntArray


def make_folds(
    data: GroupedData, moments: GroupMoments, hold_out: HoldOut, folds: int, seed: int
) -> list[Fold]:
    """Return the folds of a cross-validation."""
    return folds_as_dealt(data, moments, assign_folds(data, hold_out, folds, seed), folds)


def folds_as_dealt(
    data: GroupedData, moments: GroupMoments, fold: IntArray, folds: int
) -> list[Fold]:
    """Return folds by the number of the fold of every row, shape (n,)."""
    base = np.column_stack(
        [
            (data.base_values(b) - moments.center[b]) / moments.scale[b]
            for b in range(len(data.base) + 1)
        ]
    )
    columns = [values[data.group_index] for _, values in data.group_columns]
    factors = np.column_stack(columns) if columns else np.empty((data.n_obs, 0))
    out = []
    for i, train in enumerate(training_moments(data, moments, fold, folds)):
        where = np.flatnonzero(fold == i)
        group = data.group_index[where]
        kind = np.where(train.n[group] > 0, KNOWN, NEW)
        weight = None if data.weights is None else data.weights[where]
        rows = Rows(base[where], factors[where], group, kind, weight)
        out.append(Fold(Training(data, train, scale_model(data, train)), rows, where))
    return out
