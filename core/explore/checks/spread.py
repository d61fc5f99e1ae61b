"""How far rows scatter inside every group, and how far chance lets them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from core.estimators.first_order import group_rest
from core.fitting.inverse import group_inverse
from core.fitting.multilevel import solve_at, unit_of
from core.fitting.scaled import scale_model
from core.results import PoolingFits
from core.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Spread:
    """How far rows scatter about the line of their own group, group by group.

    Attributes
    ----------
    table : DataFrame
        ``group, n, df, sd, lower, upper, is_outside, is_beyond``: the band of each group by
        itself at ``level``, and whether the group is beyond what the most extreme of all
        groups may reach (``all_lower, all_upper``).
    sd : float
        Pooled over all groups, outcome units.
    n_groups : int
        Groups that have a spread of their own.
    p_count : float
        Probability of so many groups outside their own band by chance.
    """

    table: pd.DataFrame
    sd: float
    level: float
    p_count: float

    @property
    def n_groups(self) -> int:
        """Groups that have a spread of their own."""
        return len(self.table)


def spread_by_group(fits: PoolingFits, level: float = 0.95) -> Spread:
    """Return the residual sd inside every group with the band that chance allows.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.

    Notes
    -----
    The rows' scatter about the group's own line, the common slopes taken off, owes nothing to
    shrinkage: its sum of squares is chi-square, and its share of that of all groups follows a
    beta distribution. From the moments; no rows are read again but for products not yet made.
    """
    data = fits.data
    rss, df, scale = _sums_of_squares(fits)
    live = np.flatnonzero(df > 0)
    rss, free = rss[live], df[live].astype(np.float64)
    if not len(live) or not rss.sum() > 0:
        return Spread(pd.DataFrame(columns=list(_COLUMNS)), np.nan, level, np.nan)
    total, whole = float(rss.sum()), float(free.sum())
    sd = scale * np.sqrt(rss / free)
    (lower, upper), (all_lower, all_upper) = (
        (scale * low, scale * high)
        for low, high in (_limits(free, whole, total, t) for t in _tails(level, len(live)))
    )
    slack = 1e-9 * scale
    outside = (sd < lower - slack) | (sd > upper + slack)
    beyond = (sd < all_lower - slack) | (sd > all_upper + slack)
    names = [data.group_names[j] for j in live]
    values = (
        names, data.group_sizes[live], df[live], sd, lower, upper, all_lower, all_upper, outside,
        beyond,
    )  # fmt: skip
    count = int(outside.sum())
    p = float(special.bdtrc(count - 1, len(live), 1.0 - level)) if count else 1.0
    table = pd.DataFrame(dict(zip(_COLUMNS, values, strict=True)))
    return Spread(table, scale * float(np.sqrt(total / whole)), level, p)


def _sums_of_squares(fits: PoolingFits) -> tuple[FloatArray, IntArray, float]:
    """Return each group's scatter about its own line, its degrees of freedom, and the scale."""
    fit, data = fits.multilevel, fits.data
    model = scale_model(data, fits.moments)
    unit = unit_of(model)
    D = fit.optimization.rel_cov_scaled / np.outer(unit, unit)
    beta = solve_at(model, D, reml=fit.criterion == "REML").beta
    contrast = np.append(-beta, 1.0)
    rest = group_rest(data, fits.moments, model)
    rss = np.maximum(np.einsum("p,jpq,q->j", contrast, rest, contrast), 0.0)
    aliased = group_inverse(fits.moments, data.varying, model.mix).aliased
    return rss, data.group_sizes - (~aliased).sum(axis=0), model.y_scale


_COLUMNS = (
    "group", "n", "df", "sd", "lower", "upper", "all_lower", "all_upper", "is_outside",
    "is_beyond",
)  # fmt: skip


def _tails(level: float, n_groups: int) -> tuple[float, float]:
    """Return the tail of one group alone, and of the most extreme of so many."""
    # The most extreme group is one of two looks at the groups (the other: how many are
    # outside), which share the error.
    return 0.5 * (1.0 - level), 0.5 * (1.0 - (0.5 * (1.0 + level)) ** (1.0 / n_groups))


def _limits(
    df: FloatArray, whole: float, total: float, tail: float
) -> tuple[FloatArray, FloatArray]:
    """Return the limits of a group's sd, scaled: its share of the total is beta distributed."""
    rest = whole - df
    alone = rest <= 0
    a, b = 0.5 * df, 0.5 * np.where(alone, 1.0, rest)
    low = np.where(alone, 1.0, special.betaincinv(a, b, tail))
    high = np.where(alone, 1.0, special.betaincinv(a, b, 1.0 - tail))
    return np.sqrt(low * total / df), np.sqrt(high * total / df)
