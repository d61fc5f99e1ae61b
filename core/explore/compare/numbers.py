"""Comparing models honestly: every number says which likelihood it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from core.exceptions import SpecError
from core.fitting.fit import fit_all
from core.fitting.multilevel import solve_at
from core.fitting.scaled import scale_model
from core.results import MultilevelFit
from core.spec import ModelSpec
from core.tables.grouped import FactorsData


@dataclass(frozen=True, eq=False)
class RSquared:
    """Explained variance (Nakagawa & Schielzeth 2013; Johnson 2014 for varying slopes)."""

    marginal: float
    conditional: float


@dataclass(frozen=True, eq=False)
class VarianceTest:
    """Likelihood-ratio test of one varying coefficient.

    Attributes
    ----------
    statistic : float
        Fall of the criterion; not negative.
    df : tuple of int
        Degrees of freedom of the two chi-squares that are mixed half and half, since a
        variance cannot be negative (Stram & Lee 1994).
    p_value : float
    criterion : str
        ``REML`` or ``ML``: both fits share their fixed effects, so either is fair.
    """

    term: str
    statistic: float
    df: tuple[int, int]
    p_value: float
    criterion: str


def r_squared(fit: MultilevelFit) -> RSquared:
    """Return marginal and conditional R squared; a singular fit is no exception."""
    # From moments: the rows may be elsewhere.
    model = scale_model(fit.data, fit.moments)
    beta = np.linalg.solve(model.to_raw, np.nan_to_num(fit.fixef)[model.used])
    WW, n = model.WW[: model.p, : model.p], model.n_obs
    size = float(model.n.sum())  # rows, or what they weigh together
    mean = float(WW[0] @ beta) / size
    fixed = float(beta @ WW @ beta - size * mean**2) / size * n / (n - 1)
    undo = np.linalg.inv(model.z_to_raw)
    S = model.S.sum(axis=2)
    between = float(np.trace(undo @ fit.vcov_group @ undo.T @ S)) / size
    if fit.data.weights is not None:
        fixed, between = _over_rows(fit)
    total = fixed + between + fit.sigma_y**2
    return RSquared(fixed / total, (fixed + between) / total)


def _over_rows(fit: MultilevelFit) -> tuple[float, float]:
    """Return the variances over rows of average and group parts, each row counted once."""
    data = fit.data
    Z = data.varying_design()
    fixed = data.times_design(np.nan_to_num(fit.fixef))
    between = float(np.einsum("nk,kl,nl->", Z, fit.vcov_group, Z)) / len(Z)
    return float(np.var(fixed, ddof=1)), between


def n_parameters(fit: MultilevelFit) -> int:
    """Return the number of estimated parameters: fixed effects, Sigma and sigma_y."""
    return int(np.isfinite(fit.fixef).sum()) + len(fit.theta) + 1


def information(fit: MultilevelFit) -> pd.DataFrame:
    """Return log likelihood, AIC and BIC of a fit, labelled with its criterion."""
    size = n_parameters(fit)
    return pd.DataFrame(
        {
            "criterion": [fit.criterion],
            "log_likelihood": [fit.log_likelihood],
            "parameters": [size],
            "AIC": [fit.criterion_value + 2.0 * size],
            "BIC": [fit.criterion_value + np.log(fit.n_obs) * size],
        }
    )


def by_ml(fit: MultilevelFit) -> MultilevelFit:
    """Return the same model estimated by maximum likelihood."""
    if fit.criterion == "ML":
        return fit
    varying = () if isinstance(fit.data, FactorsData) else fit.data.varying
    return _refit(fit, fit.spec.update(criterion="ML"), varying)


def _refit(fit: MultilevelFit, spec: ModelSpec, varying: tuple[int, ...]) -> MultilevelFit:
    if isinstance(fit.data, FactorsData):
        cells = fit.data.cells.update(spec=spec)
        return fit_all(FactorsData(cells, fit.data.factors), engine="moments").multilevel
    data = fit.data.update(spec=spec, varying=varying)
    return fit_all(data, engine="moments").multilevel


def variance_test(fit: MultilevelFit, slope: str | None = None) -> VarianceTest:
    """Return the likelihood-ratio test that one coefficient does not vary by group.

    Parameters
    ----------
    fit : MultilevelFit
    slope : str, optional
        Numeric predictor whose slope varies; without it the varying intercept is tested,
        which must then be the only varying coefficient.

    Raises
    ------
    SpecError
        When that coefficient does not vary by itself in the model.
    """
    spec, k = fit.spec, len(fit.varying_names)
    if slope is None:
        if fit.varying_names != ("(Intercept)",):
            raise SpecError("Name the slope to test: more than the intercept varies.")
        lesser, df = _without_groups(fit), (0, 1)
    else:
        if slope not in spec.varying or slope not in fit.varying_names or k < 2:
            raise SpecError(f"'{slope}' is no numeric predictor whose slope varies beside another.")
        at = fit.varying_names.index(slope)
        reduced = spec.update(varying=tuple(v for v in spec.varying if v != slope))
        varying = tuple(b for i, b in enumerate(fit.data.varying) if i != at)
        lesser = _refit(fit, reduced, varying).criterion_value
        df = (k - 1, k) if spec.correlated else (0, 1)
    statistic = max(lesser - fit.criterion_value, 0.0)
    tails = [float(statistic <= 0) if d == 0 else float(chdtrc(d, statistic)) for d in df]
    name = slope or "(Intercept)"
    return VarianceTest(name, statistic, df, 0.5 * sum(tails), fit.criterion)


def _without_groups(fit: MultilevelFit) -> float:
    """Return the criterion at Sigma = 0: least squares, by the same likelihood."""
    model = scale_model(fit.data, fit.moments)
    zero = np.zeros((model.k, model.k))
    return solve_at(model, zero, reml=fit.criterion == "REML").criterion_value
