"""Which groups really stand out: ranks with their doubt, pairs that cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from core.estimators.estimates import estimates
from core.exceptions import SpecError
from core.explore.ranking.joint import JointCoefficients, in_view, joint_coefficients
from core.posterior.drawn_ranks import DrawnBlock, drawn_blocks
from core.posterior.posterior import Posterior
from core.posterior.uncertainty import Uncertainty, chosen_posterior
from core.results import PoolingFits
from core.types import FloatArray, IntArray

#: Draws times groups: a few tenths of a second, and at least so many draws.
_BUDGET, _FEWEST, _MOST = 1_000_000, 400, 20_000
#: Relative size of the random tie-breaker: groups that are equal have no order of their own.
_TIE = 1e-9


def places(n_groups: int, share: float) -> int:
    """Return how many places the top (or bottom) share of the groups has; at least one.

    Examples
    --------
    >>> places(65, 0.1), places(5, 0.1), places(85, 0.05)
    (7, 1, 4)
    """
    return min(max(int(np.floor(share * n_groups + 0.5)), 1), n_groups)


def rank(
    fits: PoolingFits,
    term: str | None = "(Intercept)",
    seed: int = 0,
    *,
    share: float = 0.1,
    level: float = 0.95,
    draws: int | None = None,
    uncertainty: Uncertainty | Posterior = "plug-in",
    factor: str | None = None,
) -> pd.DataFrame:
    """Return how every group ranks on one coefficient, and how sure that is.

    Parameters
    ----------
    fits : PoolingFits
    term : str or None
        The varying coefficient; None for the first.
    seed : int
        Same arguments, same table.
    share : float
        What counts as the top and the bottom, between 0 and 0.5: a tenth by default.
    level : float
        Of the rank intervals, between 0 and 1.
    draws : int, optional
        Number of draws (made even); by default as many as take a fraction of a second.
    uncertainty : {"plug-in", "posterior"} or Posterior
        ``plug-in``: given the estimated variances. ``posterior``: from the full posterior, under
        a flat prior or of the ``core.posterior(...)`` that is given; then ``estimate`` is the
        posterior mean.
    factor : str, optional
        The factor whose levels are ranked, where the model has several.

    Returns
    -------
    DataFrame, one row per group in the order of the fits
        ``group, n, estimate, estimate_se``, ``lower, upper`` (the estimate's own interval at
        ``level``); ``rank`` by expected rank (1: the highest),
        ``expected_rank``, ``rank_lower, rank_upper`` (the interval), ``p_top, p_bottom``
        (probability of a place in the top or bottom share), ``own_estimate`` and
        ``naive_rank`` (of the no-pooling estimate, 1 the highest among the groups that have
        one; missing where there is none).

    Raises
    ------
    SpecError
        When the coefficient does not vary in this model, or share or level is out of range.
    PoolingError
        When there is no multilevel fit.

    Notes
    -----
    From the joint distribution of the groups' coefficients given the estimated variances,
    the doubt about the fixed effects included (``joint_coefficients``), by draws in pairs
    of opposite sign. The probabilities are averages over the draws of the exact probability
    that the group exceeds the place that the other groups leave it (Rao-Blackwell), which
    makes their error small even with few draws. Equal groups (a variance of zero) are put in
    random order in each draw.

    References
    ----------
    .. [1] Laird & Louis (1989), Empirical Bayes ranking methods, JEBS 14, 29-46.
    .. [2] Goldstein & Spiegelhalter (1996), League tables and their limitations, JRSS A 159.
    """
    if not 0.0 < share <= 0.5:
        raise SpecError(f"The share of the top must lie between 0 and 0.5, not {share!r}.")
    if not 0.0 < level < 1.0:
        raise SpecError(f"The level of an interval must lie between 0 and 1, not {level!r}.")
    joint = joint_coefficients(fits, term, factor)
    n_groups = len(joint.mean)
    chosen = chosen_posterior(fits, uncertainty)
    mean, sd = joint.mean, joint.sd
    size = draws or n_draws(n_groups)
    if chosen is None:
        blocks = _plug_in_blocks(joint, size, seed)
        reach = float(special.ndtri(0.5 + 0.5 * level)) * sd
        ends = mean - reach, mean + reach
    else:
        a = chosen.varying_names.index(joint.term)
        mean, sd = chosen.line.mean[:, a], chosen.line.sd[:, a]
        ends = chosen.line_interval(a, level)
        rng = np.random.default_rng(seed)
        blocks = drawn_blocks(chosen.groups, a, max(size // 2, 1), rng)
    drawn = _draw_ranks(blocks, n_groups, places(n_groups, share))
    tail = 0.5 * (1.0 - level)
    lower = np.quantile(drawn.ranks, tail, axis=0, method="inverted_cdf")
    upper = np.quantile(drawn.ranks, 1.0 - tail, axis=0, method="inverted_cdf")
    expected = drawn.ranks.mean(axis=0)
    each = estimates(in_view(fits, factor), joint.term)
    return pd.DataFrame(
        {
            "group": list(each.group_names),
            "n": each.group_sizes,
            "estimate": mean,
            "estimate_se": sd,
            "lower": ends[0],
            "upper": ends[1],
            "rank": _positions(-expected, mean).astype(np.intp),
            "expected_rank": expected,
            "rank_lower": lower.astype(np.intp),
            "rank_upper": upper.astype(np.intp),
            "p_top": drawn.p_top,
            "p_bottom": drawn.p_bottom,
            "own_estimate": each.no_pooling,
            "naive_rank": _positions(each.no_pooling, mean),
        }
    )


def n_draws(n_groups: int) -> int:
    """Return how many draws ``rank`` takes by default."""
    return int(np.clip(_BUDGET // n_groups, _FEWEST, _MOST))


def _positions(values: FloatArray, otherwise: FloatArray) -> FloatArray:
    """Return ranks from the highest down, ties by ``otherwise``; NaN where a value is."""
    out = np.full(len(values), np.nan)
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.lexsort((-otherwise[known], -values[known]))]
    out[order] = np.arange(1, len(order) + 1)
    return out


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Ranks (draws, J) and the probabilities of the ends (J,)."""

    ranks: IntArray
    p_top: FloatArray
    p_bottom: FloatArray


def _plug_in_blocks(joint: JointCoefficients, draws: int, seed: int) -> Iterator[DrawnBlock]:
    """Yield joint draws of all groups given the variances; pairs have opposite signs."""
    rng = np.random.default_rng(seed)
    n_groups, half = len(joint.mean), max(draws // 2, 1)
    sd = np.maximum(joint.own_sd, _TIE * _size_of(joint))
    block = max(1, 500_000 // n_groups)
    for start in range(0, half, block):
        width = min(block, half - start)
        z = sd * rng.standard_normal((width, n_groups))
        w = rng.standard_normal((width, joint.shared.shape[1])) @ joint.shared.T
        centre = np.stack([joint.mean + w, joint.mean - w])
        yield DrawnBlock(
            centre, np.stack([centre[0] + z, centre[1] - z]), np.broadcast_to(sd, z.shape)
        )


def _draw_ranks(blocks: Iterator[DrawnBlock], n_groups: int, most: int) -> _Drawn:
    """Rank all groups in every draw, and add up the probabilities of the ends."""
    kind = np.int16 if n_groups < 2**15 else np.int32
    count = np.arange(1, n_groups + 1, dtype=kind)
    top, bottom = np.zeros(n_groups), np.zeros(n_groups)
    found = []
    for block in blocks:
        for centre, value in zip(block.centre, block.value, strict=True):
            order = np.argsort(-value, axis=1)
            ranks = np.empty(value.shape, dtype=kind)
            np.put_along_axis(ranks, order, np.broadcast_to(count, order.shape), axis=1)
            found.append(ranks)
            top += _p_first(value, centre, block.sd, order, most)
            bottom += _p_first(-value, -centre, block.sd, order[:, ::-1], most)
    every = np.concatenate(found)
    return _Drawn(every, top / len(every), bottom / len(every))


def _size_of(joint: JointCoefficients) -> float:
    size = float(np.max(joint.sd, initial=0.0) + np.ptp(joint.mean))
    return size if size > 0 else max(float(np.max(np.abs(joint.mean))), 1.0)


def _p_first(
    value: FloatArray, centre: FloatArray, sd: FloatArray, order: IntArray, most: int
) -> FloatArray:
    """Return the sum over draws of P(a place among the first ``most`` | the other groups)."""
    if most >= value.shape[1]:
        return np.full(value.shape[1], float(len(value)))
    row = np.arange(len(value))
    last_in, first_out = value[row, order[:, most - 1]], value[row, order[:, most]]
    # The most-th largest of the others: one further down for a group that is itself inside.
    bar = np.where(value >= last_in[:, None], first_out[:, None], last_in[:, None])
    return np.asarray(special.ndtr((centre - bar) / sd).sum(axis=0))
