"""Coordinates for the relative covariance D in which a posterior is smooth and without bounds.

A point v holds, for every varying coefficient, ``asinh(sd / crossover)`` with a sign, and for
every pair ``atanh`` of a canonical partial correlation. The sign makes zero an inner point: the
density is even in it (a coefficient and all its correlations turned round give the same
model), so a posterior that reaches down to zero has no edge there; far from zero the coordinate
is the log of the sd, so heavy tails fall exponentially. The sds are those that the prior is on:
seen from elsewhere a flat prior has ridges.

References
----------
Lewandowski, Kurowicka & Joe (2009), for the partial correlations and their Jacobian.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from core.types import FloatArray, IntArray

#: Partial correlations are kept this far from +-1, where a covariance loses its rank.
_EDGE = 1e-14


def _pairs(k: int) -> tuple[IntArray, IntArray]:
    """Return rows and columns of the strict lower triangle, row by row."""
    return np.tril_indices(k, -1)


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The map between points v and relative covariances, here called D.

    Attributes
    ----------
    k : int
    correlated : bool
        False: D is diagonal and there are no coordinates for pairs.
    crossover : FloatArray, shape (k,)
        Sds at which the coordinate turns from linear to logarithmic.
    """

    k: int
    correlated: bool
    crossover: FloatArray

    @property
    def size(self) -> int:
        """Number of coordinates d."""
        return self.k * (self.k + 1) // 2 if self.correlated else self.k

    @property
    def has_pairs(self) -> bool:
        """Whether there are correlations."""
        return self.correlated and self.k > 1

    def log_sd(self, v: FloatArray) -> FloatArray:
        """Return the log of the sds, shape (E, k)."""
        size = np.maximum(np.abs(v[:, : self.k]), 1e-150)
        # log sinh without overflow.
        log_sinh = size + np.log(-np.expm1(-2.0 * size)) - np.log(2.0)
        return np.asarray(np.log(self.crossover) + log_sinh)

    def factor(self, v: FloatArray) -> FloatArray:
        """Return the Cholesky factor of the correlation matrix, shape (E, k, k)."""
        k = self.k
        L = np.zeros((len(v), k, k))
        L[:, 0, 0] = 1.0
        if not self.has_pairs:
            L[:] = np.eye(k)
            return L
        w = self._partial(v)
        for i in range(1, k):
            left = np.ones(len(v))
            for j in range(i):
                c = i * (i - 1) // 2 + j
                L[:, i, j] = w[:, c] * np.sqrt(left)
                left = left * (1.0 - w[:, c] ** 2)
            L[:, i, i] = np.sqrt(left)
        return L

    def _partial(self, v: FloatArray) -> FloatArray:
        """Return the partial correlations, with the signs of the sds taken out."""
        rows, cols = _pairs(self.k)
        sign = np.where(v[:, : self.k] < 0, -1.0, 1.0)
        return np.asarray(np.tanh(v[:, self.k :]) * sign[:, rows] * sign[:, cols])

    def covariance(self, v: FloatArray) -> FloatArray:
        """Return D, shape (E, k, k)."""
        half = np.exp(self.log_sd(v))[:, :, None] * self.factor(v)
        return np.asarray(np.einsum("eai,ebi->eab", half, half))

    def log_measure(self, v: FloatArray, eta: float = 1.0) -> FloatArray:
        """Return the log of the prior volume per volume of v, up to a constant, shape (E,).

        Flat in the sds; LKJ of shape ``eta`` in the correlations.
        """
        size = np.abs(v[:, : self.k])
        log_cosh = size + np.log1p(np.exp(-2.0 * size)) - np.log(2.0)
        out = np.sum(np.log(self.crossover) + log_cosh, axis=1)
        if not self.has_pairs:
            return np.asarray(out)
        _, cols = _pairs(self.k)
        # Beta densities of the partial correlations, and d tanh(z) / dz.
        power = eta + 0.5 * (self.k - 2 - cols)
        return np.asarray(out + self.log_rest(v) @ power)

    def log_rest(self, v: FloatArray) -> FloatArray:
        """Return ``log(1 - w**2)`` of the partial correlations w; their sum is log|R|."""
        z = np.abs(v[:, self.k :])
        log_cosh = z + np.log1p(np.exp(-2.0 * z)) - np.log(2.0)
        return np.asarray(-2.0 * log_cosh)

    def fold(self, v: FloatArray) -> FloatArray:
        """Return the same points with every sd's sign positive."""
        out = v.copy()
        sign = np.where(v[:, : self.k] < 0, -1.0, 1.0)
        out[:, : self.k] *= sign
        if self.has_pairs:
            rows, cols = _pairs(self.k)
            out[:, self.k :] *= sign[:, rows] * sign[:, cols]
        return out

    def images(self, v: FloatArray, near: FloatArray) -> Iterator[FloatArray]:
        """Yield the points that are the same D, signs turned where ``near`` (k,) says so."""
        choices = [(1.0, -1.0) if turn else (1.0,) for turn in near]
        for signs in product(*choices):
            sign = np.array(signs)
            out = v.copy()
            out[:, : self.k] *= sign
            if self.has_pairs:
                rows, cols = _pairs(self.k)
                out[:, self.k :] *= sign[rows] * sign[cols]
            yield out

    def point_of(self, D: FloatArray, floor: float = 0.2) -> FloatArray:
        """Return v (d,) of a covariance, its sds at least ``floor``, well inside its bounds."""
        sd = np.sqrt(np.maximum(np.diag(D), 0.0))
        out = np.zeros(self.size)
        out[: self.k] = np.arcsinh(np.maximum(sd, floor) / self.crossover)
        if not self.has_pairs:
            return out
        live = sd > 0
        safe = np.where(live, sd, 1.0)
        R = np.where(np.outer(live, live), D / np.outer(safe, safe), 0.0)
        L = np.linalg.cholesky(0.95 * R + (1.0 - 0.95 * np.diag(R)) * np.eye(self.k))
        for i in range(1, self.k):
            left = 1.0
            for j in range(i):
                w = L[i, j] / np.sqrt(left)
                out[self.k + i * (i - 1) // 2 + j] = np.arctanh(np.clip(w, -0.99, 0.99))
                left = max(left - L[i, j] ** 2, _EDGE)
        return out


def sandwich(outer: FloatArray, square: FloatArray) -> FloatArray:
    """Return ``outer @ square @ outer.T`` of many small matrices (E, k, k), as one product."""
    k = len(outer)
    flat = square.reshape(len(square), k * k) @ np.kron(outer, outer).T
    return np.asarray(flat.reshape(square.shape))
