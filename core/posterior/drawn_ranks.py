"""Draws of one coefficient of all groups together, and the ranks they give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.posterior.conditional import lines_at
from core.posterior.group_posterior import GroupPosterior
from core.posterior.quantity import Quantity
from core.types import FloatArray, IntArray

#: Draws times groups of ``Posterior.ranks``, and at least and at most so many draws.
_BUDGET, _FEWEST, _MOST = 400_000, 400, 8_000
_BLOCK = 300_000
#: Relative size of the random tie-breaker: groups that are equal have no order of their own.
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class DrawnBlock:
    """Some joint draws of one coefficient of all groups, in pairs of opposite sign.

    Attributes
    ----------
    centre, value : FloatArray, shape (2, rows, J)
        Where each group lies given everything but its own doubt, and the draw itself.
    sd : FloatArray, shape (rows, J)
        Of that doubt.
    """

    centre: FloatArray
    value: FloatArray
    sd: FloatArray


def drawn_blocks(
    groups: GroupPosterior, a: int, pairs: int, rng: np.random.Generator
) -> Iterator[DrawnBlock]:
    """Yield joint draws of coefficient a: ``pairs`` pairs in all, nodes by their weights."""
    given, n_groups = groups.given, groups.shape[0]
    steps = (np.arange(pairs) + rng.random()) / pairs
    node = np.searchsorted(np.cumsum(given.weight) / given.weight.sum(), steps)
    node = np.minimum(node, given.size - 1)
    rows = max(1, _BLOCK // n_groups)
    for start in range(0, pairs, rows):
        here, place = np.unique(node[start : start + rows], return_inverse=True)
        some = given.take(here)
        lines = lines_at(some, groups.wanted, slice(None))
        loc = lines.loc[:, :, a]
        sigma = np.sqrt(some.df * some.sigma2)[place] / np.sqrt(rng.chisquare(some.df[place]))
        sigma = (given.model.y_scale * sigma)[:, None]
        tie = _TIE * max(float(np.ptp(loc) + np.abs(loc).max()), 1e-300)
        sd = np.maximum(sigma * lines.own[place, :, a], tie)
        w = rng.standard_normal((len(place), lines.shared.shape[-1]))
        away = sigma * np.einsum("rjp,rp->rj", lines.shared[place, :, a], w)
        z = sd * rng.standard_normal(sd.shape)
        centre = np.stack([loc[place] + away, loc[place] - away])
        yield DrawnBlock(centre, np.stack([centre[0] + z, centre[1] - z]), sd)


@dataclass(frozen=True, eq=False)
class Places:
    """The drawn ranks of one group as a distribution on whole numbers."""

    ranks: IntArray

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return the probability of a rank up to x."""
        ordered = np.sort(self.ranks)
        return np.asarray(np.searchsorted(ordered, x, side="right") / len(ordered))

    def pdf(self, x: FloatArray) -> FloatArray:
        """Return the probability of the rank x."""
        return self.cdf(x) - self.cdf(np.asarray(x) - 1)

    def quantile(self, probability: FloatArray) -> FloatArray:
        """Return quantiles."""
        found = np.quantile(self.ranks, probability, method="inverted_cdf")
        return np.asarray(found, dtype=np.float64)


def rank_quantity(groups: GroupPosterior, level: float, seed: int = 0) -> Quantity:
    """Return the ranks of the groups on every coefficient as a quantity (J, k)."""
    n_groups, k = groups.shape
    pairs = int(np.clip(_BUDGET // n_groups, _FEWEST, _MOST)) // 2
    drawn = [_ranks(groups, a, pairs, np.random.default_rng([seed, a])) for a in range(k)]
    every = np.stack(drawn, axis=-1)
    tail = 0.5 * (1.0 - level)
    low, middle, high = (
        np.quantile(every, p, axis=0, method="inverted_cdf").astype(np.float64)
        for p in (tail, 0.5, 1.0 - tail)
    )
    return Quantity(
        every.mean(axis=0),
        middle,
        every.std(axis=0),
        low,
        high,
        level,
        each=partial(_places, every),
        many=lambda x: np.asarray((every > x).mean(axis=0)),
    )


def _places(every: IntArray, index: tuple[int, ...]) -> Places:
    return Places(every[:, index[0], index[1]])


def _ranks(groups: GroupPosterior, a: int, pairs: int, rng: np.random.Generator) -> IntArray:
    """Return drawn ranks of all groups on coefficient a, shape (2 pairs, J)."""
    n_groups = groups.shape[0]
    out = np.empty((2 * pairs, n_groups), dtype=np.intp)
    count = np.arange(1, n_groups + 1)
    done = 0
    for block in drawn_blocks(groups, a, pairs, rng):
        for value in block.value:
            order = np.argsort(-value, axis=1)
            rows = out[done : done + len(value)]
            np.put_along_axis(rows, order, np.broadcast_to(count, order.shape), axis=1)
            done += len(value)
    return out
