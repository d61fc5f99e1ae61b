"""Within, between and plain slopes of one predictor, and what the plain one is a blend of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from core.exceptions import SpecError
from core.moments import GroupMoments
from core.results import PoolingFits
from core.types import FloatArray

#: Spread of group means below this, in sd of the column, is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Slope:
    """A least-squares slope, raw units, with its standard error and t interval."""

    value: float
    se: float
    df: float
    lower: float
    upper: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes zero."""
        return bool(self.lower > 0 or self.upper < 0)


@dataclass(frozen=True, eq=False)
class Slopes:
    """The outcome on one predictor: inside groups, between their means, and all rows at once.

    Attributes
    ----------
    predictor : str
    within : Slope
        Of the regression with one indicator per group (LSDV).
    between : Slope or None
        Of the regression of group means on group means, groups weighted by their rows; None
        where the means of x do not differ, or there are fewer than three groups.
    between_unweighted : float
        The same with all groups equal.
    plain : float
        Complete pooling: ``weight_within * within + (1 - weight_within) * between``.
    weight_within : float
        Share of the predictor's sum of squares that lies inside groups.
    multilevel, multilevel_weight : float
        Slope of the varying-intercept model at the estimated variances, and the weight of
        the within slope in it; NaN without a multilevel fit.
    mean_x, mean_y : FloatArray, shape (J,)
    sizes : FloatArray, shape (J,)
    """

    predictor: str
    within: Slope
    between: Slope | None
    between_unweighted: float
    plain: float
    weight_within: float
    multilevel: float
    multilevel_weight: float
    mean_x: FloatArray
    mean_y: FloatArray
    sizes: FloatArray
    level: float

    @property
    def difference(self) -> Slope | None:
        """Between minus within: what the group's mean adds to what each member's own x tells."""
        if self.between is None or not np.isfinite(self.between.se):
            return None
        se = float(np.hypot(self.between.se, self.within.se))
        value = self.between.value - self.within.value
        return _slope(value, se, self.between.df, self.level)

    @property
    def agree(self) -> bool:
        """Whether within and between slope agree within error."""
        return self.difference is None or not self.difference.is_clear

    @property
    def is_reversed(self) -> bool:
        """Whether the slopes surely disagree in their very sign (Simpson's paradox)."""
        return (
            not self.agree
            and self.between is not None
            and self.between.is_clear
            and self.within.is_clear
            and self.between.value * self.within.value < 0
        )

    @property
    def plain_is_reversed(self) -> bool:
        """Whether complete pooling has the sign that is wrong inside groups."""
        return not self.agree and self.plain * self.within.value < 0


def slope_predictors(fits: PoolingFits) -> tuple[str, ...]:
    """Return the numeric predictors that vary inside groups."""
    data, moments = fits.data, fits.moments
    return tuple(
        item.name
        for base, item in enumerate(data.base, start=1)
        if item.level < 0
        and not item.parts
        and moments.within_total[base - 1, base - 1] > _ROUNDING
    )


def slopes(fits: PoolingFits, predictor: str, level: float = 0.95) -> Slopes:
    """Return the within, between and plain slope of the outcome on one predictor alone.

    Parameters
    ----------
    fits : PoolingFits
    predictor : str
        One of ``slope_predictors``.
    level : float
        Of the intervals.

    Raises
    ------
    SpecError
        When the predictor is not numeric or does not vary inside groups.

    Notes
    -----
    With S the sums of squares of x within (W) and between (B) groups, the plain slope is
    ``(S_W b_W + S_B b_B) / (S_W + S_B)``. A varying intercept with variance ratio lambda
    weights the groups' means by ``n_j / (1 + n_j lambda)`` instead of ``n_j``: from the
    plain slope (lambda = 0) to the within slope (infinity). The standard error of the
    between slope counts ``sigma_B**2 + sigma_y**2 / n_j`` for the mean of a group, sigma_B
    by the method of moments.
    """
    if predictor not in slope_predictors(fits):
        raise SpecError(f"'{predictor}' is no numeric predictor that varies inside groups.")
    data, moments = fits.data, fits.moments
    base = next(b for b, item in enumerate(data.base, start=1) if item.name == predictor)
    y = moments.outcome
    unit = float(moments.scale[y] / moments.scale[base])
    within_x = float(moments.within_total[base - 1, base - 1])
    b_within = float(moments.within_total[base - 1, y - 1]) / within_x
    inside = float(moments.within_total[y - 1, y - 1]) - b_within**2 * within_x
    df = moments.n_obs - moments.n_groups - 1
    s2 = max(inside, 0.0) / df if df > 0 else np.nan
    within = _slope(unit * b_within, unit * np.sqrt(s2 / within_x), df, level)
    x, ybar, n = moments.mean_of(base), moments.mean_of(y), moments.n
    b_between, between_x = _weighted(x, ybar, n)
    has_between = between_x > _ROUNDING and moments.n_groups > 2
    tau2 = _between_variance(x, ybar, n, s2) if has_between else np.nan
    between = None
    if has_between:
        d = n * (x - np.average(x, weights=n))
        se = np.sqrt(float(d**2 @ (tau2 + s2 / n))) / between_x
        between = _slope(unit * b_between, unit * se, moments.n_groups - 2, level)
    weight = within_x / (within_x + between_x)
    mixed, mixed_weight = _blend(fits, base, b_within, within_x)
    return Slopes(
        predictor=predictor,
        within=within,
        between=between,
        between_unweighted=unit * _weighted(x, ybar, np.ones_like(n))[0] if has_between else np.nan,
        plain=unit * (weight * b_within + (1.0 - weight) * (b_between if weight < 1 else 0.0)),
        weight_within=weight,
        multilevel=unit * mixed,
        multilevel_weight=mixed_weight,
        mean_x=moments.center[base] + moments.scale[base] * x,
        mean_y=moments.center[y] + moments.scale[y] * ybar,
        sizes=moments.counts,
        level=level,
    )


def _slope(value: float, se: float, df: float, level: float) -> Slope:
    reach = float(stdtrit(df, 0.5 + level / 2.0) * se) if df > 0 else np.nan
    return Slope(float(value), float(se), float(df), float(value - reach), float(value + reach))


def _weighted(x: FloatArray, y: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Return the weighted slope of y on x and the weighted sum of squares of x."""
    d = x - np.average(x, weights=weight)
    square = float(weight @ d**2)
    return (float((weight * d) @ y) / square if square > 0 else np.nan), square


def _between_variance(x: FloatArray, y: FloatArray, n: FloatArray, s2: float) -> float:
    """Return the variance of group means about the between line beyond their own error.

    From the n-weighted residual sum of squares, whose expectation is
    ``(J - 2) s2 + tau2 (sum n - tr(...))`` (as for Henderson's third method).
    """
    X = np.column_stack([np.ones_like(x), x])
    inverse = np.linalg.inv((X.T * n) @ X)
    residual = y - X @ (inverse @ (X.T @ (n * y)))
    rss = float(n @ residual**2)
    room = float(n.sum()) - float(np.einsum("jp,pq,jq,j->", X, inverse, X, n**2, optimize=True))
    return max((rss - (len(x) - 2) * s2) / room, 0.0) if room > 0 else 0.0


def _blend(fits: PoolingFits, base: int, b_within: float, within_x: float) -> tuple[float, float]:
    """Return the varying-intercept slope (scaled) and the weight of the within slope in it."""
    ratio = _intercept_ratio(fits)
    if not np.isfinite(ratio):
        return np.nan, np.nan
    moments: GroupMoments = fits.moments
    weight = moments.n / (1.0 + moments.n * ratio)
    b, square = _weighted(moments.mean_of(base), moments.mean_of(moments.outcome), weight)
    share = within_x / (within_x + square)
    return share * b_within + (1.0 - share) * (b if square > 0 else 0.0), share


def _intercept_ratio(fits: PoolingFits) -> float:
    """Return sigma_alpha**2 / sigma_y**2 of the multilevel fit, at the mean of the predictors."""
    fit = fits.multilevel_or_none
    if fit is None or not fit.spec.varying_intercept:
        return np.nan
    data, moments = fit.data, fit.moments
    z = np.array([moments.center[b] if b else 1.0 for b in data.varying])
    shares = np.array(
        [float(moments.n @ moments.mean_of(b)) / moments.n.sum() for b in data.varying]
    )
    is_indicator = np.array([b > 0 and data.base[b - 1].level >= 0 for b in data.varying])
    z = np.where(is_indicator, shares, z)
    return float(z @ fit.vcov_group @ z) / fit.sigma_y**2
