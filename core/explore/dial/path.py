"""The way of the dial: Sigma(c) = c Sigma_hat, everything else re-estimated at every c.

Along the way the engine knows t, the multiple of the *relative* covariance ``Sigma /
sigma_y**2``, at which all is one weighted sum; sigma_y follows, and so does c = t times the
ratio of its square to that of the estimate. ``DialPath`` inverts this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from core import escape, formats
from core.explore.dial.directions import Directions, Solutions, directions_of, solve_along
from core.fitting.inverse import GroupInverse, group_inverse
from core.fitting.modes import unit_cond_var
from core.fitting.multilevel import unit_of
from core.fitting.scaled import ScaledModel, scale_model
from core.results import MultilevelFit, PoolingFits
from core.tables.wording import Wording
from core.types import BoolArray, FloatArray

#: Beyond this t every estimate is that of no pooling to fifteen digits.
_FAR = 1e15
_SCAN = 25
#: What is said where a variance is estimated as zero.
_MIDDLE = (
    "Turned up, it shows what would follow if the {groups} did differ; its middle is the variance "
    "at which the median group is half pooled."
)
_AT_COMPLETE = (
    "The variance of the {what} between {groups} is estimated as zero, so the estimate is complete "
    "pooling, and the dial begins there. " + _MIDDLE
)
_AT_TWO = (
    "The variance of the {what} between {groups} is estimated as zero, so the dial begins with "
    "that hand at complete pooling. " + _MIDDLE
)
_NOWHERE = (
    "The variance of the {what} between {groups} is estimated as zero. The dial turns all "
    "variances together, so no position is the estimate: at its middle that variance is the one "
    "at which the median group is half pooled."
)
#: A relative variance below this, where 1 pools the median group by half, is zero.
_ZERO = 1e-10


@dataclass(frozen=True, eq=False)
class DialPath:
    """One model at every setting of the dial.

    Attributes
    ----------
    fits : PoolingFits
    model : ScaledModel
    inverse : GroupInverse
        What each group's own rows determine.
    shape : FloatArray, shape (k, k)
        Relative covariance ``Sigma / sigma_y**2`` at t = 1, scaled units.
    reference : float
        sigma_y**2 that goes with t = 1, scaled units.
    groups : Directions
        The groups in the basis of ``shape``.
    stop : Directions
        The same for a covariance without a zero: what the no-pooling stop tends to.
    stop_shape : FloatArray, shape (k, k)
        That covariance; ``shape`` itself where it has no zero.
    substituted : tuple of str
        Coefficients whose variance is estimated as zero and replaced on the dial.
    note : str
        What a reader must know about the way, or ''.
    """

    fits: PoolingFits
    model: ScaledModel
    inverse: GroupInverse
    shape: FloatArray
    reference: float
    groups: Directions
    stop: Directions
    stop_shape: FloatArray
    substituted: tuple[str, ...]
    note: str

    @property
    def fit(self) -> MultilevelFit:
        """The multilevel fit, c = 1 unless a variance was substituted."""
        return self.fits.multilevel

    @property
    def estimate(self) -> tuple[float, ...] | None:
        """Where the estimate stands on the dial.

        ``(c,)`` for all variances together: 1, or 0 where every variance is estimated as zero.
        ``(c, c)`` where one of two is: a multiple for each (``dial_split``). None where no
        position is the estimate: some of three or more variances are zero.
        """
        names = self.fit.varying_names
        if len(self.substituted) in (0, len(names)):
            return (0.0,) if self.substituted else (1.0,)
        if len(names) != 2:
            return None
        found = np.diag(self.fit.vcov_group) / np.diag(self.vcov_group)
        is_zero = [name in self.substituted for name in names]
        return tuple(float(f) for f in np.where(is_zero, 0.0, found))

    @property
    def is_reml(self) -> bool:
        """Whether sigma_y and the criterion are those of REML."""
        return self.fit.criterion == "REML"

    @property
    def degrees(self) -> int:
        """What the log of the residual variance is multiplied by: n - p (REML) or n."""
        return self.model.n_obs - self.model.p if self.is_reml else self.model.n_obs

    @property
    def unit_value(self) -> float:
        """What to add to a scaled criterion to have it in the outcome's units."""
        value = 2.0 * self.degrees * float(np.log(self.model.y_scale))
        value -= self.model.log_weight
        if self.is_reml:
            value -= 2.0 * float(np.linalg.slogdet(self.model.to_raw)[1])
        return value

    @property
    def vcov_group(self) -> FloatArray:
        """Sigma at c = 1 in raw units, shape (k, k)."""
        z = self.model.z_to_raw
        return np.asarray(self.reference * self.model.y_scale**2 * (z @ self.shape @ z.T))

    @property
    def factors(self) -> tuple[int, ...]:
        """Group-level columns that the model uses, in order (places in ``data.group_columns``)."""
        terms = self.fits.data.terms
        return tuple(sorted({terms[t].factor for t in self.model.used} - {-1}))

    def solve(self, t: FloatArray) -> Solutions:
        """Return fixed effects, residual variance and criterion at each t (scaled units)."""
        return solve_along(self.groups, t, n_obs=self.model.n_obs, reml=self.is_reml)

    def c_of(self, found: Solutions) -> FloatArray:
        """Return the dial's c at solutions along the way, shape (E,)."""
        return np.asarray(found.t * found.variance / self.reference)

    @cached_property
    def ratio_range(self) -> tuple[float, float]:
        """Least and greatest sigma_y**2 along the way, over its value at t = 1."""
        t = np.concatenate([[1e-9], np.logspace(-5, 5, 21) / self.middle, [1e9]])
        ratio = self.solve(t).variance / self.reference
        ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
        return float(ratio.min()), float(ratio.max())

    @cached_property
    def middle(self) -> float:
        """Geometric middle of the strengths: the scale on which the dial acts."""
        live = self.groups.strength[self.groups.strength > 0]
        return float(np.exp(np.log(live).mean())) if len(live) else 1.0

    def t_of(self, c: float) -> float:
        """Return the t at a positive finite c: the likeliest sigma_y if several answer.

        ``inf`` when Sigma is so large that the likelihood leaves nothing to sigma_y.
        """
        low, high = self.ratio_range
        points = np.linspace(np.log(c / high) - 0.7, np.log(c / low) + 0.7, _SCAN)
        found = self.solve(np.exp(points))
        gap = np.log(self.c_of(found) / c)
        roots = [
            brentq(self._gap, points[i], points[i + 1], (c,), xtol=1e-14, rtol=1e-14)
            for i in np.flatnonzero((gap[:-1] <= 0) & (gap[1:] > 0))
        ]
        if not roots:
            return np.inf
        value = self.solve(np.exp(np.array(roots))).value if len(roots) > 1 else np.zeros(1)
        return float(np.exp(roots[int(np.argmin(value))]))

    def _gap(self, log_t: float, c: float) -> float:
        return float(np.log(self.c_of(self.solve(np.exp(np.array([log_t]))))[0] / c))


def dial_path(fits: PoolingFits) -> DialPath:
    """Return the way of the dial for the three fits of one model.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit = fits.multilevel
    model = scale_model(fits.data, fits.moments)
    inverse = group_inverse(fits.moments, fits.data.varying, model.mix)
    back = np.linalg.inv(model.z_to_raw)
    variance = (fit.sigma_y / model.y_scale) ** 2
    rel_cov = back @ fit.vcov_group @ back.T / fit.sigma_y**2
    unit = unit_of(model)
    live = np.diag(rel_cov) * unit**2 > _ZERO
    shape = rel_cov
    if not live.all():
        shape = _substitute(model, inverse, rel_cov, live)
    groups = directions_of(model, inverse, shape)
    stop_shape = _without_null(shape, unit)
    stop = groups if stop_shape is shape else directions_of(model, inverse, stop_shape)
    names = tuple(np.array(fit.varying_names, dtype=object)[~live])
    if not live.all():
        at_one = solve_along(groups, np.ones(1), n_obs=model.n_obs, reml=fit.criterion == "REML")
        variance = float(at_one.variance[0])
    found = DialPath(fits, model, inverse, shape, variance, groups, stop, stop_shape, names, "")
    return replace(found, note=dial_note(found, Wording()))


def _substitute(
    model: ScaledModel, inverse: GroupInverse, rel_cov: FloatArray, live: BoolArray
) -> FloatArray:
    """Return a relative covariance in which zero variances pool their median group by half."""
    zero = np.flatnonzero(~live)
    shape = np.where(np.outer(live, live), rel_cov, 0.0)
    informed = inverse.estimable & (np.einsum("kkj->kj", model.S) > 0)
    for i in zero:
        shape[i, i] = 1.0 / unit_of(model)[i] ** 2
    for _ in range(20 if len(zero) > 1 else 1):
        for i in zero:
            if informed[i].any():
                shape[i, i] = _half_pooling(model, shape, int(i), informed[i])
    return shape


def _half_pooling(model: ScaledModel, shape: FloatArray, i: int, informed: BoolArray) -> float:
    def excess(log_variance: float) -> float:
        D = shape.copy()
        D[i, i] = np.exp(log_variance)
        factor = unit_cond_var(model, D)[i, i] / D[i, i]
        return float(np.median(factor[informed])) - 0.5

    start = float(np.log(shape[i, i]))
    low, high = start - 5.0, start + 5.0
    while excess(low) < 0:
        low -= 5.0
    while excess(high) > 0 and high < start + 60.0:
        high += 5.0
    return float(np.exp(brentq(excess, low, high, xtol=1e-13))) if excess(high) < 0 else shape[i, i]


def _without_null(shape: FloatArray, unit: FloatArray) -> FloatArray:
    """Return a covariance without zero directions, each given the half-pooling unit."""
    values, vectors = np.linalg.eigh(shape * np.outer(unit, unit))
    null = values <= _ZERO * max(1.0, float(values[-1]))
    if not null.any():
        return shape
    full = (vectors * np.where(null, 1.0, values)) @ vectors.T
    return np.asarray(full / np.outer(unit, unit))


def dial_note(path: DialPath, wording: Wording) -> str:
    """Return what a reader must know about the way of a dial, or ''."""
    if path.substituted:
        terms = (escape.visible(wording.term(n, path.fits.data)) for n in path.substituted)
        at = path.estimate
        found = _NOWHERE if at is None else _AT_COMPLETE if at == (0.0,) else _AT_TWO
        return found.format(what=formats.listed(terms), groups=wording.group.many)
    if path.stop is not path.groups:
        return (
            "The varying coefficients are estimated as perfectly correlated, so along the dial "
            "all groups move on one line; only at the no-pooling stop do they leave it."
        )
    return ""
