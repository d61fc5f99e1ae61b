"""Predictions of rows under the full posterior: known, new and average groups."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.posterior.mixture import StudentMixture
from core.posterior.posterior import Posterior
from core.types import BoolArray, FloatArray, IntArray

#: Nodes times rows of one pass.
_CHUNK = 60_000


@dataclass(frozen=True, eq=False)
class RowDesign:
    """Rows to predict, in the scaled units of the model.

    Attributes
    ----------
    X : FloatArray, shape (n, p)
        The columns in use.
    Z : FloatArray, shape (n, k)
    group : IntArray, shape (n,)
        Position of the group; any number for rows without a known one.
    is_known, is_new : BoolArray, shape (n,)
        Of a fitted group; of another one. Neither: the average group.
    unknown : FloatArray, shape (n, f, p)
        How the slope along each group-level column that is not known follows from the average
        coefficients; zeros where it is known.
    factor_cov : FloatArray, shape (f, f)
        Covariance of the group-level columns over the groups.
    own_variance : FloatArray, shape (n,), or None
        Variance of an individual over sigma_y**2 (precision weights); None for 1.
    """

    X: FloatArray
    Z: FloatArray
    group: IntArray
    is_known: BoolArray
    is_new: BoolArray
    unknown: FloatArray
    factor_cov: FloatArray
    own_variance: FloatArray | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.group)

    def take(self, which: slice) -> RowDesign:
        """Return some of the rows."""
        return RowDesign(
            self.X[which],
            self.Z[which],
            self.group[which],
            self.is_known[which],
            self.is_new[which],
            self.unknown[which],
            self.factor_cov,
            None if self.own_variance is None else self.own_variance[which],
        )


@dataclass(frozen=True, eq=False)
class PredictedRows:
    """Predictions of n rows in the outcome's units.

    Attributes
    ----------
    point, median, lower, upper, se : FloatArray, shape (n,)
        Mean, median and interval of the predictive distribution, and its standard deviation
        (infinite where few groups and a flat prior leave it none).
    fixed_effects, group, individual : FloatArray, shape (n,)
        Variances that add up to ``se**2``: of the average coefficients; of the group, the doubt
        how much to pool included; of the individual.
    """

    point: FloatArray
    median: FloatArray
    lower: FloatArray
    upper: FloatArray
    se: FloatArray
    fixed_effects: FloatArray
    group: FloatArray
    individual: FloatArray


@dataclass(frozen=True, eq=False)
class _Parts:
    """Where rows lie at every node and what adds to their variance, scaled units, (M, n)."""

    loc: FloatArray
    shared: FloatArray
    own: FloatArray
    extra: FloatArray = field(repr=False)


def predicted_rows(
    posterior: Posterior, design: RowDesign, level: float, *, individual: bool
) -> PredictedRows:
    """Return the predictive distribution of rows, summed up.

    Parameters
    ----------
    posterior : Posterior
    design : RowDesign
    level : float
        Of the intervals.
    individual : bool
        A new individual; False: the mean of the group at these predictors.

    Notes
    -----
    Given theta a prediction is Student t; what a new group's unknown group-level columns add
    is normal at every node, and counted into the t's scale.
    """
    step = max(1, _CHUNK // posterior.given.size)
    starts = range(0, max(design.n, 1), step)
    parts = [
        _predicted(posterior, design.take(slice(i, i + step)), level, individual) for i in starts
    ]
    names = PredictedRows.__dataclass_fields__
    return PredictedRows(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def _predicted(
    posterior: Posterior, design: RowDesign, level: float, individual: bool
) -> PredictedRows:
    given = posterior.given
    model, sigma2 = given.model, given.sigma2[:, None]
    parts = _parts(posterior, design)
    alone_unit = np.ones(design.n) if design.own_variance is None else design.own_variance
    unit = parts.shared + parts.own + float(individual) * alone_unit
    scale = np.sqrt(sigma2 * unit + parts.extra)
    made = StudentMixture(given.weight, given.df, parts.loc, scale)
    weight = given.weight * given.df / np.maximum(given.df - 2.0, 1e-9)
    finite = (given.df > 2.0).all()
    y = model.y_scale

    def mixed(unit_variance: FloatArray) -> FloatArray:
        out = y**2 * (weight @ (sigma2 * unit_variance))
        return np.asarray(out if finite else np.full_like(out, np.inf))

    between = y**2 * (given.weight @ (parts.loc - given.weight @ parts.loc) ** 2)
    fixed = mixed(parts.shared) + np.where(design.is_known, 0.0, between)
    group = mixed(parts.own) + np.where(design.is_known, between, 0.0)
    group = group + y**2 * (given.weight @ parts.extra)
    group = np.where(_has_variance(posterior, design), group, np.inf)
    alone = mixed(np.ones_like(unit) * alone_unit) if individual else np.zeros(design.n)
    tail = 0.5 * (1.0 - level)
    centre = model.y_center
    return PredictedRows(
        point=centre + y * made.mean,
        median=centre + y * made.quantile(0.5),
        lower=centre + y * made.quantile(tail),
        upper=centre + y * made.quantile(1.0 - tail),
        se=np.sqrt(fixed + group + alone),
        fixed_effects=fixed,
        group=group,
        individual=alone,
    )


def _parts(posterior: Posterior, design: RowDesign) -> _Parts:
    """Return location and variances of rows at every node."""
    given = posterior.given
    wide = (given.size, design.n)
    loc = given.beta @ design.X.T
    own = np.zeros(wide)
    apart = np.broadcast_to(design.X, (given.size, *design.X.shape)).copy()
    known = np.flatnonzero(design.is_known)
    if len(known):
        Z = design.Z[known]
        found = given.modes(design.group[known])
        answer = np.einsum("nk,kpmn->mnp", Z, found.answer)
        apart[:, known] -= answer
        loc[:, known] += np.einsum("nk,kmn->mn", Z, found.apart)
        loc[:, known] -= np.einsum("mnp,mp->mn", answer, given.beta)
        own[:, known] = np.einsum("nk,klmn,nl->mn", Z, found.spread, Z)
    new = np.flatnonzero(design.is_new)
    own[:, new] = np.einsum("nk,mkl,nl->mn", design.Z[new], given.D, design.Z[new])
    shared = np.einsum("mnp->mn", (apart @ given.root) ** 2)
    return _Parts(loc, shared, np.maximum(own, 0.0), _unknown(posterior, design))


def _unknown(posterior: Posterior, design: RowDesign) -> FloatArray:
    """Return the variance that unknown group-level columns add, scaled, (M, n)."""
    given = posterior.given
    out = np.zeros((given.size, design.n))
    rows = np.flatnonzero(design.unknown.any(axis=(1, 2)))
    if len(rows):
        slope = np.einsum("nfp,mp->mnf", design.unknown[rows], given.beta)
        out[:, rows] = np.einsum("mnf,fg,mng->mn", slope, design.factor_cov, slope)
    return out


def _has_variance(posterior: Posterior, design: RowDesign) -> BoolArray:
    """Return for which rows the group's part of the variance exists, shape (n,)."""
    power = posterior.solved.tails.power
    back = np.linalg.inv(posterior.given.model.z_to_raw)
    heavy = power <= 3.0
    if not heavy.any():
        return np.ones(design.n, dtype=bool)
    touches = (np.abs(design.Z @ back) > 0) & heavy
    determined = posterior.fits.no_pooling.estimable[np.where(design.is_known, design.group, 0)]
    touches &= design.is_new[:, None] | (design.is_known[:, None] & ~determined)
    return np.asarray(~touches.any(axis=1))
