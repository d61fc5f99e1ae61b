"""Small blocks, many at once: products, inverses and sums by level; levels first, points second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from core.fitting.search.covariance import triangle
from core.types import FloatArray, IntArray

#: Pairs of tail columns met in one level, summed over levels, that are laid out beforehand.
_MOST_PAIRS = 8_000_000


def times(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return products of the last two axes, without a loop where the inner size is one."""
    if left.shape[-1] == 1:
        return np.asarray(left * right)
    return np.asarray(left @ right)


def turned(blocks: FloatArray) -> FloatArray:
    """Return the transposes of the last two axes."""
    return np.asarray(blocks.swapaxes(-1, -2))


def symmetric(blocks: FloatArray) -> FloatArray:
    """Return blocks without the rounding that makes them unsymmetric."""
    return blocks if blocks.shape[-1] == 1 else np.asarray(0.5 * (blocks + turned(blocks)))


def inverse_and_logdet(blocks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return inverses of (..., k, k) blocks and the logs of their determinants (...)."""
    k = blocks.shape[-1]
    if k == 1:
        return 1.0 / blocks, np.log(blocks[..., 0, 0])
    if k == 2:
        a, b, c, d = blocks[..., 0, 0], blocks[..., 0, 1], blocks[..., 1, 0], blocks[..., 1, 1]
        det = a * d - b * c
        out = np.empty_like(blocks)
        out[..., 0, 0], out[..., 0, 1], out[..., 1, 0], out[..., 1, 1] = d, -b, -c, a
        return out / det[..., None, None], np.log(det)
    return np.asarray(np.linalg.inv(blocks)), np.asarray(np.linalg.slogdet(blocks)[1])


def packed(blocks: FloatArray) -> FloatArray:
    """Return the upper triangles of (L, E, k, k) as (L * K, E)."""
    n_levels, n_points, k = blocks.shape[:3]
    if k == 1:
        return blocks.reshape(n_levels, n_points)
    rows, cols = triangle(k)
    upper = np.moveaxis(blocks[..., rows, cols], 1, 2)
    return np.ascontiguousarray(upper).reshape(-1, n_points)


def unpacked(values: FloatArray, n_levels: int, k: int) -> FloatArray:
    """Return symmetric (L, E, k, k) blocks from packed (L * K, E)."""
    n_points = values.shape[1]
    if k == 1:
        return values.reshape(n_levels, n_points, 1, 1)
    rows, cols = triangle(k)
    upper = np.moveaxis(values.reshape(n_levels, len(rows), n_points), 1, 2)
    out = np.empty((n_levels, n_points, k, k))
    out[..., rows, cols] = upper
    out[..., cols, rows] = upper
    return out


@dataclass(frozen=True, eq=False)
class Nesting:
    """Levels that lie in coarser ones: which, and the sums over those that share one."""

    parent: IntArray
    indicator: sparse.csr_array

    @classmethod
    def of(cls, parent: IntArray, n_outer: int) -> Nesting:
        """Return the nesting of L levels in ``n_outer`` coarser ones."""
        n = len(parent)
        ones = (np.ones(n), (parent, np.arange(n)))
        return cls(parent, sparse.csr_array(sparse.coo_array(ones, shape=(n_outer, n))))

    def sums(self, blocks: FloatArray) -> FloatArray:
        """Return sums of (L, ...) blocks by the coarser level."""
        flat = self.indicator @ blocks.reshape(len(self.parent), -1)
        return np.asarray(flat).reshape(-1, *blocks.shape[1:])


def total(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return ``sum_l left_l' right_l`` at every point, shape (E, m, n).

    ``left`` has shape (L, E or 1, k, m), ``right`` (L, E, k, n).
    """
    n_points = max(left.shape[1], right.shape[1])
    m, n = left.shape[3], right.shape[3]
    if left.shape[1] == 1:
        flat = np.moveaxis(right, 1, 2).reshape(-1, n_points * n)
        out = left.reshape(-1, m).T @ flat
        return np.ascontiguousarray(out.reshape(m, n_points, n).swapaxes(0, 1))
    first = np.moveaxis(left, 1, 0).reshape(n_points, -1, m)
    second = np.moveaxis(np.broadcast_to(right, (*left.shape[:3], n)), 1, 0)
    return np.asarray(turned(first) @ second.reshape(n_points, -1, n))


def level_pairs(across: sparse.csr_array, n_levels: int, k: int) -> sparse.csc_array | None:
    """Return the map from packed middle matrices to sums of ``c'Mc``; None if too large."""
    q = across.shape[1]
    rows = across.tocoo()
    level = rows.row // k
    order = np.lexsort((rows.col, level)) if k > 1 else slice(None)
    level, inner = level[order].astype(np.int32), (rows.row % k)[order]
    column, value = rows.col[order].astype(np.int32), rows.data[order]
    counts = np.bincount(level, minlength=n_levels)
    if float(np.sum(counts.astype(float) ** 2)) > _MOST_PAIRS * (1.0 if k == 1 else 0.25):
        return None
    # Entry i of a level is paired with itself and those after it.
    reach = (np.cumsum(counts)[level] - np.arange(len(level))).astype(np.int32)
    left = np.repeat(np.arange(len(level), dtype=np.int32), reach)
    right = np.arange(len(left), dtype=np.int32)
    right -= np.repeat((np.cumsum(reach) - reach - np.arange(len(level))).astype(np.int32), reach)
    lower, upper = column[left], column[right]
    if k > 1:
        lower, upper = np.minimum(lower, upper), np.maximum(lower, upper)
    place = lower * np.int32(q) + upper
    size = n_levels * (k * (k + 1) // 2)
    if k == 1:
        starts = np.append(0, np.cumsum(counts * (counts + 1) // 2))
        return sparse.csc_array((value[left] * value[right], place, starts), shape=(q * q, size))
    at, weight = _packed_pairs(
        (level, inner, column, value), (left.astype(np.intp), right.astype(np.intp)), k
    )
    return sparse.csc_array(sparse.coo_array((weight, (place, at)), shape=(q * q, size)))


def _packed_pairs(
    entries: tuple[IntArray, IntArray, IntArray, FloatArray],
    ends: tuple[IntArray, IntArray],
    k: int,
) -> tuple[IntArray, FloatArray]:
    """Return where each pair of entries stands among packed middle matrices, and its weight.

    ``c_s' M c_t`` sums ``c_as M_ab c_bt`` over a and b. Each unordered pair of entries comes once
    here; two different entries in one column stand for both of their orders.
    """
    level, inner, column, value = entries
    left, right = ends
    a, b = inner[left], inner[right]
    low, high = np.minimum(a, b), np.maximum(a, b)
    position = low * k - low * (low - 1) // 2 + (high - low)
    both = (left != right) & (column[left] == column[right])
    weight = value[left] * value[right] * np.where(both, 2.0, 1.0)
    return level[left] * (k * (k + 1) // 2) + position, weight
