"""Where searches begin: one start for every basin that a coarse scan of the criterion shows.

The criterion may have several minima. The lowest points of a scan need not lie in the basin of
the lowest minimum (a wide, shallow valley holds many low points, a narrow, deep one few), so
starts are not chosen by their value but by being lower than all points around them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import numpy as np

from core.fitting.search.covariance import theta_of
from core.fitting.search.criterion import CriterionProblem, evaluate
from core.types import FloatArray, IntArray

#: Where the criterion of one varying coefficient is looked at for dips.
SCAN_GRID: FloatArray = np.concatenate([[0.0], np.logspace(-3, 5, 49)])
#: With more points than this, those around one are its nearest so many.
_MOST_GABRIEL = 400
_NEAREST = 24
_MOST_ON_GRID = 256
#: How far inside the edge a search sets out, as a share of the largest variance.
_INSIDE = 1e-3
#: Spread that stands for none, in units in which the median group is half pooled at 1.
_NONE = 0.03


def start_points(problem: CriterionProblem, *, correlated: bool, most: int) -> FloatArray:
    """Return starts (1, E, K) for one problem: every local minimum of a coarse scan.

    theta is in units in which the median group is half pooled at 1. For one varying
    coefficient every dip of a fine scan is a start; for more, a scan over sds, correlations
    and the edge where a single direction carries all variance.
    """
    if problem.k == 1:
        return _scan_dips(problem)
    points, around = scan(problem.k, correlated)
    value = evaluate(problem, points[None], derivative=False).value[0]
    value = np.where(np.isfinite(value), value, np.inf)
    lowest = np.flatnonzero(np.isfinite(value) & (value <= value[around].min(axis=1)))
    lowest = lowest[np.argsort(value[lowest])][:most]
    if not len(lowest):
        lowest = np.array([int(np.argmin(value))])
    return theta_of(inside(points[lowest])[None], correlated)


def inside(points: FloatArray) -> FloatArray:
    """Return points D (..., k, k) moved off the edge, where a search would stay.

    A Cholesky factor with zeros on its diagonal has no gradient that leads away from them.
    """
    largest = np.einsum("...kk->...k", points).max(axis=-1)
    off = (_INSIDE * (1.0 + largest))[..., None, None] * np.eye(points.shape[-1])
    return np.asarray(points + off)


def _scan_dips(problem: CriterionProblem) -> FloatArray:
    """Return every dip of the criterion on a log grid of the one theta, shape (1, E, 1)."""
    grid = SCAN_GRID
    value = evaluate(problem, (grid**2)[None, :, None, None], derivative=False).value[0]
    value = np.where(np.isfinite(value), value, np.inf)
    left = np.concatenate([[np.inf], value[:-1]])
    right = np.concatenate([value[1:], [np.inf]])
    dips = grid[(value <= left) & (value <= right)]
    dips = dips if len(dips) else np.array([1.0])
    return np.asarray(np.maximum(dips, 1e-3)[None, :, None])


@cache
def scan(k: int, correlated: bool, *, is_coarse: bool = False) -> tuple[FloatArray, IntArray]:
    """Return the points D (C, k, k) of the scan for k > 1, and those around each (C, m).

    What is near is told by the matrix logarithm of D, in which a factor of an sd counts the same
    everywhere and correlations near one are far from those near zero. ``is_coarse`` is for many
    problems at once, where a third as many points have to do.
    """
    make = _correlated(k, is_coarse) if correlated else _uncorrelated(k)
    points = np.array(list(make))
    values, vectors = np.linalg.eigh(points + _NONE**2 * np.eye(k))
    logs = (vectors * np.log(values)[:, None, :]) @ vectors.swapaxes(1, 2)
    points.setflags(write=False)
    return points, _around(logs.reshape(len(points), -1))


def _around(places: FloatArray) -> IntArray:
    """Return the neighbours of each of C places, shape (C, m), in every direction one.

    Two places are neighbours when no third lies within the ball between them (Gabriel & Sokal
    1969): near ones in a crowd do not keep those across a gap from being compared. Places with
    fewer neighbours are filled up with themselves.
    """
    square = (places**2).sum(axis=1)
    apart = np.maximum(square[:, None] + square[None, :] - 2.0 * places @ places.T, 0.0)
    if len(places) > _MOST_GABRIEL:
        np.fill_diagonal(apart, np.inf)
        return np.argsort(apart, axis=1, kind="stable")[:, :_NEAREST]
    joined = [
        np.flatnonzero(~(apart[i] + apart < apart[i][:, None] - 1e-9).any(axis=1))
        for i in range(len(places))
    ]
    out = np.repeat(np.arange(len(places))[:, None], max(map(len, joined)), axis=1)
    for i, neighbours in enumerate(joined):
        out[i, : len(neighbours)] = neighbours
    return out


def _levels(k: int, *, correlated: bool, is_coarse: bool = False) -> tuple[float, ...]:
    """Return the sds on the grid: the fewer, the more coefficients there are."""
    if k == 2:
        return (
            (_NONE, 0.3, 1.5, 8.0, 50.0) if is_coarse else (_NONE, 0.2, 0.6, 1.5, 4.0, 12.0, 50.0)
        )
    if k == 3:
        return (0.1, 0.6, 2.5, 12.0) if correlated else (_NONE, 0.4, 1.5, 6.0, 40.0)
    if k == 4:
        return (0.3, 3.0) if correlated else (_NONE, 1.0, 12.0)
    return (0.5, 8.0)


def _grid(k: int, levels: tuple[float, ...]) -> Iterator[tuple[float, ...]]:
    """Yield combinations of sds; all sds equal where there would be too many."""
    if len(levels) ** k > _MOST_ON_GRID:
        yield from ((level,) * k for level in levels)
    else:
        yield from itertools.product(levels, repeat=k)


def _uncorrelated(k: int) -> Iterator[FloatArray]:
    """Yield diagonal D: a grid of sds, and each coefficient alone."""
    for sds in _grid(k, _levels(k, correlated=False)):
        yield np.diag(np.square(sds))
    if k > 3:
        for i, size in itertools.product(range(k), (0.3, 3.0, 30.0)):
            alone = np.full(k, _NONE)
            alone[i] = size
            yield np.diag(alone**2)


def _correlated(k: int, is_coarse: bool) -> Iterator[FloatArray]:
    """Yield D with sds on a grid and every pair correlated, and D of a single direction."""
    levels = _levels(k, correlated=True, is_coarse=is_coarse)
    correlations = (-0.9, -0.5, 0.5, 0.9) if k == 2 and not is_coarse else (-0.8, 0.8)
    for sds in _grid(k, levels):
        size = np.outer(sds, sds)
        yield size * np.eye(k)
        if min(sds) <= levels[0]:
            continue
        for (i, j), rho in itertools.product(itertools.combinations(range(k), 2), correlations):
            pair = np.eye(k)
            pair[i, j] = pair[j, i] = rho
            yield size * pair
    scales = (0.5, 3.0, 20.0) if is_coarse else (0.3, 1.0, 3.0, 12.0, 50.0)
    for direction in _directions(k, 6 if is_coarse else 12):
        for scale in scales:
            yield scale**2 * np.outer(direction, direction)


def _directions(k: int, n_angles: int) -> Iterator[FloatArray]:
    """Yield directions of unit length: along each coefficient, and between any two."""
    if k == 2:
        for angle in np.linspace(0.0, np.pi, n_angles, endpoint=False):
            yield np.array([np.cos(angle), np.sin(angle)])
        return
    for i in range(k):
        yield np.eye(k)[i]
    for (i, j), sign in itertools.product(itertools.combinations(range(k), 2), (1.0, -1.0)):
        yield (np.eye(k)[i] + sign * np.eye(k)[j]) / np.sqrt(2.0)
    if k == 3:
        for signs in itertools.product((1.0, -1.0), repeat=2):
            yield np.array([1.0, *signs]) / np.sqrt(3.0)
