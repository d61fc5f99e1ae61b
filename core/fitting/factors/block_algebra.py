"""Small blocks, many at once: products, inverses and sums by level; levels first, points second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from core.fitting.search.covariance import triangle
from core.types import FloatArray, IntArray


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
    """Return ``sum_l left_l' right_l`` at every point: (L, E or 1, k, m), (L, E, k, n) -> (E, m, n).
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
