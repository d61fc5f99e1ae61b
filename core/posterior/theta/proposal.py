"""Where to put nodes in several dimensions: a heavy-tailed density fitted to the posterior."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from core.posterior.theta.coordinates import Coordinates
from core.posterior.theta.lattice import lattice
from core.posterior.theta.target import Target
from core.types import FloatArray

#: Degrees of freedom: tails heavier than any posterior's in these coordinates.
_DF = 5.0
#: Standard deviations from zero beyond which the mirror image of a point does not matter.
_FAR = 12.0
_STEP = 0.05


@dataclass(frozen=True, eq=False)
class Proposal:
    """Independent Student t's along the axes ``root`` about ``centre``, folded at zero.

    Attributes
    ----------
    coordinates : Coordinates
    centre : FloatArray, shape (d,)
    root : FloatArray, shape (d, d)
        Lower triangle; its product with its transpose is the scale matrix.
    """

    coordinates: Coordinates
    centre: FloatArray
    root: FloatArray

    def points(self, n: int, turn: int = 0) -> FloatArray:
        """Return n points v on a lattice, shape (n, d)."""
        t = _standard_points(n, self.coordinates.size, turn)
        return self.coordinates.fold(self.centre + t @ self.root.T)

    def log_density(self, v: FloatArray) -> FloatArray:
        """Return the density per volume of v, mirror images added up, shape (E,)."""
        k = self.coordinates.k
        sd = np.sqrt(np.einsum("ab,ab->a", self.root, self.root))
        near = np.abs(self.centre[:k]) < _FAR * sd[:k]
        back: FloatArray = np.asarray(np.linalg.inv(self.root), dtype=np.float64)
        parts = [self._at(image, back) for image in self.coordinates.images(v, near)]
        return np.asarray(np.logaddexp.reduce(np.array(parts), axis=0))

    def _at(self, v: FloatArray, back: FloatArray) -> FloatArray:
        t = (v - self.centre) @ back.T
        height = special.gammaln(0.5 * (_DF + 1.0)) - special.gammaln(0.5 * _DF)
        height -= 0.5 * np.log(_DF * np.pi)
        value = height - 0.5 * (_DF + 1.0) * np.log1p(t**2 / _DF)
        return np.asarray(value.sum(axis=1) - np.log(np.abs(np.diag(self.root))).sum())


@cache
def _standard_points(n: int, dimensions: int, turn: int) -> FloatArray:
    """Return lattice points of independent t's: the same for every model, so kept."""
    t = np.asarray(special.stdtrit(_DF, lattice(n, dimensions, turn)))
    t.setflags(write=False)
    return t


def proposal_from(
    coordinates: Coordinates, v: FloatArray, weight: FloatArray, widen: float
) -> Proposal:
    """Return the proposal with the mean and covariance of weighted points."""
    centre = weight @ v
    apart = v - centre
    cov = (apart * weight[:, None]).T @ apart
    return Proposal(coordinates, centre, _root(widen * cov))


def _root(cov: FloatArray) -> FloatArray:
    """Return a Cholesky factor; directions without spread are given a little."""
    sd = np.sqrt(np.maximum(np.diag(cov), 1e-12))
    R = cov / np.outer(sd, sd)
    values, vectors = np.linalg.eigh(0.5 * (R + R.T))
    R = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    return np.asarray(sd[:, None] * np.linalg.cholesky(R))


def at_mode(target: Target, start: FloatArray) -> Proposal:
    """Return the proposal at the mode that a search uphill from ``start`` (d,) finds.

    Newton's method with differences for derivatives, all points of a step in one batch.
    """
    at = start
    cov = np.eye(len(start))
    for _ in range(25):
        value, slope, bend = _derivatives(target, at)
        if not np.isfinite(value):
            break
        values, vectors = np.linalg.eigh(-bend)
        values = np.maximum(np.abs(values), 0.05)
        cov = (vectors / values) @ vectors.T
        step = cov @ slope
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        lengths = np.array([1.0, 0.5, 0.2, 0.05, 0.01])
        tried = target(at + lengths[:, None] * step).log_density
        best = int(np.argmax(tried))
        if not tried[best] > value + 1e-4:
            break
        at = at + lengths[best] * step
    centre = target.coordinates.fold(at[None])[0]
    return Proposal(target.coordinates, centre, _root(1.5 * cov))


def _derivatives(target: Target, at: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return the log density, its gradient (d,) and its second derivatives (d, d)."""
    d = len(at)
    E = _STEP * np.eye(d)
    rows, cols = np.tril_indices(d, -1)
    points = np.concatenate(
        [at[None], at + E, at - E, at + E[rows] + E[cols], at - E[rows] - E[cols]]
    )
    value = target(points).log_density
    value = np.where(np.isfinite(value), value, value[0] - 1e3)
    up, down = value[1 : d + 1], value[d + 1 : 2 * d + 1]
    bend = np.diag((up + down - 2.0 * value[0]) / _STEP**2)
    m = len(rows)
    both = value[2 * d + 1 : 2 * d + 1 + m] + value[2 * d + 1 + m :] - 2.0 * value[0]
    own = np.diag(bend)
    bend[rows, cols] = bend[cols, rows] = 0.5 * (both / _STEP**2 - own[rows] - own[cols])
    return float(value[0]), (up - down) / (2.0 * _STEP), bend
