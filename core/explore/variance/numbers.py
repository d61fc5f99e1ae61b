"""Where the variance is: intraclass correlation, design effect, effective sample size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.estimators.profile import profile, ratio_interval
from core.exceptions import SpecError
from core.fitting.fit import fit_all
from core.posterior.posterior import Posterior
from core.posterior.uncertainty import source_label
from core.results import MultilevelFit, PoolingFits
from core.tables.grouping.design import Term
from core.tables.wording import INTERCEPT
from core.types import FloatArray

#: Where intervals of variances come from when it is not a posterior.
PROFILE = "profile likelihood"


@dataclass(frozen=True, eq=False)
class IntraclassCorrelation:
    """Share of the variance that lies between groups, and what follows from it.

    Attributes
    ----------
    icc, lower, upper : float
        Estimate of the fit's criterion, and its interval. 0 is an answer.
    at : float
        Where x is taken (matters with a varying slope only).
    design_effect, design_effect_lower, design_effect_upper : float
        ``1 + (n~ - 1) ICC`` with n~ = sum n_j**2 / n: how much larger the variance of a
        group-level comparison is than if the rows were independent.
    effective_n, effective_n_lower, effective_n_upper : float
        Rows over design effect.
    level : float
    source : str
        Where the intervals come from: the profile likelihood, or a posterior.
    """

    icc: float
    lower: float
    upper: float
    at: float
    design_effect: float
    design_effect_lower: float
    design_effect_upper: float
    effective_n: float
    effective_n_lower: float
    effective_n_upper: float
    level: float
    source: str = PROFILE


def icc_curve(fit: MultilevelFit, x: FloatArray) -> FloatArray:
    """Return the intraclass correlation at values of the varying predictor, same shape as x.

    Raises
    ------
    SpecError
        With more than one varying slope, when one x does not fix the variance.
    """
    if len(fit.varying_names) > 2:
        raise SpecError("With more than one varying slope the ICC is no curve over one predictor.")
    z = np.zeros((*np.shape(x), len(fit.varying_names)))
    for i, name in enumerate(fit.varying_names):
        z[..., i] = 1.0 if name == "(Intercept)" else x
    between = np.einsum("...a,ab,...b->...", z, fit.vcov_group, z)
    return np.asarray(between / (between + fit.sigma_y**2))


def icc(
    fit: MultilevelFit,
    level: float = 0.95,
    at: float = 0.0,
    *,
    posterior: Posterior | None = None,
) -> IntraclassCorrelation:
    """Return the intraclass correlation with its interval and what follows from it.

    The interval is the profile likelihood's, or that of a ``posterior`` of the same model.

    Raises
    ------
    SpecError
        Where no intercept varies, or with more than one varying slope and ``at`` not 0.
    """
    if not fit.spec.varying_intercept:
        raise SpecError("The intraclass correlation needs a varying intercept.")
    if at != 0.0 and not fit.spec.correlated:
        raise SpecError("Uncorrelated coefficients fix the zero of x: ask for the ICC at 0.")
    estimate = float(icc_curve(fit, np.array(at))) if len(fit.varying_names) < 3 else fit.icc
    if posterior is None:
        lower, upper = (r * r / (1.0 + r * r) for r in ratio_interval(fit, level, at))
    else:
        z = np.array([1.0 if name == INTERCEPT else at for name in fit.varying_names])
        tail = 0.5 * (1.0 - level)
        lower, upper = map(float, posterior.icc_at(z).quantile(np.array([tail, 1.0 - tail])))
    size = float(np.sum(fit.group_sizes.astype(float) ** 2)) / fit.n_obs
    effects = [1.0 + (size - 1.0) * value for value in (estimate, lower, upper)]
    return IntraclassCorrelation(
        icc=estimate,
        lower=lower,
        upper=upper,
        at=at,
        design_effect=effects[0],
        design_effect_lower=effects[1],
        design_effect_upper=effects[2],
        effective_n=fit.n_obs / effects[0],
        effective_n_lower=fit.n_obs / effects[2],
        effective_n_upper=fit.n_obs / effects[1],
        level=level,
        source=PROFILE if posterior is None else source_label(posterior),
    )


def null_model(fit: MultilevelFit) -> PoolingFits:
    """Return the fits without predictors, a varying intercept alone, on the same rows.

    Raises
    ------
    PoolingError
        When the outcome does not vary inside groups.
    """
    spec = fit.spec.update(
        predictors=(),
        varying=(),
        varying_intercept=True,
        group_predictors=(),
        cross_level=(),
        categorical=(),
        reference={},
    )
    data = fit.data.update(
        spec=spec,
        columns={},
        base=(),
        group_columns=(),
        terms=(Term("(Intercept)", 0),),
        varying=(0,),
    )
    return fit_all(data, engine="moments")


def bound_sentence(fit: MultilevelFit, level: float = 0.95) -> str:
    """Return how large a variance estimated as zero may still be; '' when none is zero."""
    zero = [n for n, sd in zip(fit.varying_names, fit.sigma_group, strict=True) if sd == 0]
    if not zero:
        return ""
    found = profile(fit, level)
    parts = [f"that of '{n}' up to {found.interval(f'sd_{n}')[1]:.3g}" for n in zero]
    return (
        f"The data are compatible with group standard deviations above zero ({level:.0%} profile "
        f"interval): {'; '.join(parts)}. Fixed effects, their standard errors and predictions "
        "stay valid."
    )
