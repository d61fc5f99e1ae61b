"""Priors on the standard deviations between groups and on their correlations: few, and named.

The average coefficients have a flat prior and sigma_y the density 1 / sigma_y throughout. A
prior on a standard deviation is stated in the reader's units: those of the outcome for an
intercept, of the outcome per unit of x for a slope.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from core.exceptions import SpecError
from core.fitting.scaled import ScaledModel
from core.results import PoolingFits
from core.tables.columns import NumericColumn
from core.types import FloatArray

PriorKind: TypeAlias = Literal["flat", "half_t", "half_normal", "gamma"]
Origin: TypeAlias = Literal["auto", "zero", "mean"]
KINDS: tuple[PriorKind, ...] = get_args(PriorKind)
KIND_NAMES: dict[str, str] = {
    "flat": "flat",
    "half_t": "half-t",
    "half_normal": "half-normal",
    "gamma": "boundary-avoiding (gamma)",
}
#: Shape of the boundary-avoiding gamma: density zero at zero, rising like the sd itself.
GAMMA_SHAPE = 2.0


@dataclass(frozen=True)
class Prior:
    """A prior on the sds of the varying coefficients and on their correlations.

    Attributes
    ----------
    kind : {"flat", "half_t", "half_normal", "gamma"}
        ``flat``: every sd from 0 up alike [1]_; improper, so it asks for enough groups.
        ``half_t``, ``half_normal``: falling from zero, most of it below ``scale`` [1]_.
        ``gamma``: of shape 2, zero at zero, highest at ``scale``: keeps off the boundary [2]_.
    scale : float, tuple of float (k,), or None
        In units of each coefficient; one number is the first's, the others following by the
        spread of their x. None: the sd of the outcome (over that of x for a slope).
    df : float
        Degrees of freedom of ``half_t``: 1 is half-Cauchy, 3 the default.
    eta : float
        Shape of the LKJ prior on the correlations [3]_: 1 is flat (for two coefficients, on
        rho), above 1 favours small ones.
    at : {"auto", "zero", "mean"}
        Where the intercepts are whose sd (and correlation) the prior is on: where the varying
        predictors are 0, as the model is written, or at their means. ``auto`` takes the means
        where 0 lies outside the data: a prior on intercepts that far off would dictate the
        slopes. Without correlations the model itself fixes the zero.

    References
    ----------
    .. [1] Gelman (2006), Prior distributions for variance parameters in hierarchical models,
       Bayesian Analysis 1, 515-534.
    .. [2] Chung, Rabe-Hesketh, Dorie, Gelman & Liu (2013), A nondegenerate penalized
       likelihood estimator for variance parameters, Psychometrika 78, 685-709.
    .. [3] Lewandowski, Kurowicka & Joe (2009), Generating random correlation matrices based
       on vines and extended onion method, J. Multivariate Analysis 100, 1989-2001.
    """

    kind: PriorKind = "flat"
    scale: float | tuple[float, ...] | None = None
    df: float = 3.0
    eta: float = 1.0
    at: Origin = "auto"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SpecError(f"No prior '{self.kind}'. There are: {', '.join(KINDS)}.")
        if self.at not in get_args(Origin):
            raise SpecError(f"A prior stands at 'auto', 'zero' or 'mean', not at '{self.at}'.")
        scales = self.scale if isinstance(self.scale, tuple) else (self.scale,)
        for value in (self.df, self.eta, *(s for s in scales if s is not None)):
            if not (np.isfinite(value) and value > 0):
                raise SpecError(f"Scale, df and eta of a prior must be above 0, not {value!r}.")

    def __str__(self) -> str:
        return self.kind


@dataclass(frozen=True, eq=False)
class StatedPrior:
    """A prior on one model, every number in it known.

    Attributes
    ----------
    prior : Prior
        As it was asked for.
    kind : PriorKind
    scale : FloatArray, shape (k,)
        In units of the coefficients at ``shift``; infinite for a flat prior.
    df, eta : float
    shift : FloatArray, shape (k, k)
        Raw coefficients at the place where the prior stands, from those at 0.
    at_mean : bool
        Whether that place is the mean of the varying predictors.
    """

    prior: Prior
    kind: PriorKind
    scale: FloatArray
    df: float
    eta: float
    shift: FloatArray
    at_mean: bool

    @property
    def is_flat(self) -> bool:
        """Whether the sds have a flat prior, which needs no second integration."""
        return self.kind == "flat"

    @property
    def tail(self) -> float:
        """Power of the sd by which the density falls far out; infinite for exponential tails."""
        return {"flat": 0.0, "half_t": self.df + 1.0}.get(self.kind, np.inf)

    def log_density(self, log_sd: FloatArray, shift: FloatArray | float = 0.0) -> FloatArray:
        """Return the log density of sds, up to a constant.

        Parameters
        ----------
        log_sd : FloatArray, shape (..., k)
        shift : FloatArray, shape (...), or float
            A number added to every log sd.
        """
        out = np.zeros(np.broadcast_shapes(log_sd.shape[:-1], np.shape(shift)))
        for a, scale in enumerate(self.scale):
            if self.is_flat:
                break
            ratio = np.exp(np.minimum(log_sd[..., a] + (shift - np.log(scale)), 300.0))
            if self.kind == "gamma":
                out += (GAMMA_SHAPE - 1.0) * np.log(np.maximum(ratio, 1e-300)) - ratio
            elif self.kind == "half_normal":
                out -= 0.5 * ratio**2
            else:
                out -= 0.5 * (self.df + 1.0) * np.log1p(ratio**2 / self.df)
        return out

    def slopes(self, log_sd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log density's first two derivatives as all sds grow in proportion.

        Parameters
        ----------
        log_sd : FloatArray, shape (..., k)
        """
        first, second = np.zeros(log_sd.shape[:-1]), np.zeros(log_sd.shape[:-1])
        for a, scale in enumerate(self.scale):
            if self.is_flat:
                break
            ratio = np.exp(np.minimum(log_sd[..., a] - np.log(scale), 300.0))
            if self.kind == "gamma":
                first += GAMMA_SHAPE - 1.0 - ratio
                second -= ratio
            elif self.kind == "half_normal":
                first -= ratio**2
                second -= 2.0 * ratio**2
            else:
                share = ratio**2 / (self.df + ratio**2)
                first -= (self.df + 1.0) * share
                second -= 2.0 * (self.df + 1.0) * share * (1.0 - share)
        return first, second


def as_prior(prior: str | Prior) -> Prior:
    """Return a prior by its name; a ``Prior`` as it is.

    Raises
    ------
    SpecError
        When there is no such prior.
    """
    if isinstance(prior, Prior):
        return prior
    name = str(prior).strip().lower().replace("-", "_").replace(" ", "_")
    for kind in KINDS:
        if name == kind:
            return Prior(kind)
    raise SpecError(f"No prior '{prior}'. There are: {', '.join(KINDS)}.")


def state_prior(fits: PoolingFits, model: ScaledModel, prior: str | Prior) -> StatedPrior:
    """Return a prior on the coefficients of one model, its scale and place settled.

    Raises
    ------
    SpecError
        When there is no such prior, or it has the wrong number of scales.
    """
    asked = as_prior(prior)
    means, at_mean = _place(fits, asked)
    k = model.k
    shift = np.eye(k)
    if at_mean:
        shift[0, 1:] = means[1:]
    scale = np.full(k, np.inf) if asked.kind == "flat" else _scales(fits, model, asked)
    return StatedPrior(asked, asked.kind, scale, asked.df, asked.eta, shift, at_mean)


def _place(fits: PoolingFits, prior: Prior) -> tuple[FloatArray, bool]:
    """Return the means of the varying columns (k,), and whether the prior stands there."""
    data = fits.data
    means = np.array([data.base_mean(base) for base in data.varying])
    if not (data.spec.correlated and data.spec.varying_intercept) or len(data.varying) == 1:
        return means, False
    if prior.at != "auto":
        return means, prior.at == "mean"
    outside = False
    for base in data.varying[1:]:
        low, high = data.base_ends(base)
        is_number = isinstance(data.columns[data.base[base - 1].source], NumericColumn)
        outside |= is_number and not low <= 0.0 <= high
    return means, outside


def default_scales(fits: PoolingFits, model: ScaledModel) -> FloatArray:
    """Return the sd of the outcome, over that of x for a slope, raw units, shape (k,)."""
    spread = [1.0]
    spread += [_or_one(fits.data.base_sd(base)) for base in fits.data.varying if base > 0]
    used = spread if fits.data.spec.varying_intercept else spread[1:]
    n, p = float(model.n.sum()), model.p
    variance = float(model.WW[p, p]) / n - (float(model.WW[0, p]) / n) ** 2
    return model.y_scale * float(np.sqrt(max(variance, 0.0))) / np.array(used)


def _or_one(sd: float) -> float:
    return sd if sd > 0 else 1.0


def _scales(fits: PoolingFits, model: ScaledModel, prior: Prior) -> FloatArray:
    default = default_scales(fits, model)
    if prior.scale is None:
        return default
    if not isinstance(prior.scale, tuple):
        return np.asarray(default * (prior.scale / default[0]))
    if len(prior.scale) != len(default):
        raise SpecError(
            f"The prior has {len(prior.scale)} scales, but {len(default)} coefficients vary by "
            f"group: {', '.join(fits.data.varying_names)}. Give one each, or a single number."
        )
    return np.array(prior.scale, dtype=np.float64)


def with_kind(prior: Prior, kind: PriorKind) -> Prior:
    """Return the same prior of another kind: for switching, scale and place kept."""
    return replace(prior, kind=kind)
