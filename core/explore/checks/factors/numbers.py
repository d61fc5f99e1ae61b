"""Residuals and deviations of a model with several factors beside those that it would make."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.factors.factor_rows import fitted_rows
from core.estimators.factors.intervals import wald_intervals
from core.estimators.factors.refits import refit_some
from core.estimators.factors.system import scaled_variance, solved_of, system_of
from core.estimators.factors.view import check_factor
from core.estimators.inference import coefficient_names
from core.exceptions import NotSupportedError, PoolingError
from core.explore.checks.influence import Influence
from core.explore.checks.reference import Reference
from core.factors_results import FactorsFits
from core.types import FloatArray

#: Rows up to which data sets are drawn; rows times draws; and draws at least and at most.
MOST_ROWS = 150_000
_BUDGET, _FEWEST, _MOST = 400_000, 99, 199
#: Levels that are left out in turn, at most.
MOST_LEFT_OUT = 120
_QUANTILE = 1.959963984540054


def factor_reference(fits: FactorsFits, factor: str, seed: int = 0) -> Reference:
    """Return the residuals, and what they would be if the model were true; variances held.

    Parameters
    ----------
    fits : FactorsFits
    factor : str
        Whose deviations are looked at.
    seed : int
        Same arguments, same reference.

    Raises
    ------
    NotSupportedError
        When there are more than ``MOST_ROWS`` rows.
    PoolingError
        When there is no multilevel fit.

    Notes
    -----
    Each data set has new levels of every factor and new rows; average coefficients, deviations
    and the residual sd are estimated again from it, at the relative variances of the fit.
    """
    check_factor(fits, factor)
    data = fits.data
    if data.n_obs > MOST_ROWS:
        raise NotSupportedError(
            f"Data sets of {data.n_obs:,} rows are too large to be drawn by the hundred: up to "
            f"{MOST_ROWS:,} rows are. Keep some of the rows."
        )
    system, layout = system_of(fits), solved_of(fits).layout
    rng = np.random.default_rng([seed, 18])
    count = int(np.clip(_BUDGET // data.n_obs, _FEWEST, _MOST))
    design = fitted_rows(data, np.arange(data.n_obs)).contrasts(data)
    G = system.into(design) / layout.y_scale
    sd = float(np.sqrt(scaled_variance(fits)))
    truth = rng.normal(size=(G.shape[1], count)) * sd
    truth[: layout.p] = system.estimate[: layout.p, None]
    y = G @ truth + sd * rng.normal(size=(data.n_obs, count))
    own = (data.y - layout.y_center) / layout.y_scale
    found = system.solve(G.T @ np.column_stack([own, y]))
    fitted = G @ found
    left = np.column_stack([own, y]) - fitted
    nu = solved_of(fits).problem.nu
    # The weighted sum of squares: y'V^-1(y - X beta) = y'(y - fitted).
    scale = np.sqrt(np.einsum("nb,nb->b", np.column_stack([own, y]), left) / nu)
    left = left / scale
    deviation = _standardised(fits, factor, found / scale * sd)
    return Reference(
        rows=np.arange(data.n_obs),
        residual=left[:, 0],
        fitted=layout.y_center + layout.y_scale * fitted[:, 0],
        simulated=left[:, 1:].T.astype(np.float32),
        simulated_fitted=(layout.y_center + layout.y_scale * fitted[:, 1:].T).astype(np.float32),
        deviation=deviation[0],
        simulated_deviation=deviation[1:],
        is_refitted=False,
        n_obs=data.n_obs,
    )


def _standardised(fits: FactorsFits, name: str, found: FloatArray) -> FloatArray:
    """Return a factor's deviations over their sd across data sets, shape (B, L, k)."""
    of, layout = fits.multilevel.factors[name], solved_of(fits).layout
    ranef = layout.y_scale * system_of(fits).deviations(found, name)
    variance = np.diag(of.vcov_group) - np.einsum("lkk->lk", of.cond_var)
    live = variance > 1e-10 * np.maximum(np.diag(of.vcov_group), 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(live, ranef / np.sqrt(variance), np.nan))


def parameter_keys(fits: FactorsFits) -> tuple[str, ...]:
    """Return the names of sds (``sd_<term>|<factor>``), ``sigma_y`` and average coefficients."""
    sds = [
        f"sd_{term}|{name}"
        for name, f in fits.multilevel.factors.items()
        for term in f.varying_names
    ]
    sds.append("sigma_y")
    return (*sds, *coefficient_names(sds, fits.multilevel.fixef_names))


def _parameters(fits: FactorsFits) -> FloatArray:
    fit = fits.multilevel
    sds = [sd for f in fit.factors.values() for sd in f.sigma_group]
    return np.concatenate([sds, [fit.sigma_y], fit.fixef])


def factor_influence(fits: FactorsFits, factor: str) -> Influence:
    """Return what every level of a factor does to the variances and the average coefficients.

    Each is left out in turn and the model fitted again to the rest; of more than
    ``MOST_LEFT_OUT`` levels, those that deviate most for their number of rows.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    check_factor(fits, factor)
    of, own = fits.multilevel.factors[factor], fits.data.factor(factor)
    chosen = np.arange(of.n_groups)
    if of.n_groups > MOST_LEFT_OUT:
        size = np.abs(of.ranef[:, 0]) * of.group_sizes
        chosen = np.sort(np.argsort(-size, kind="stable")[:MOST_LEFT_OUT])
    names = parameter_keys(fits)
    level = own.of_cell[fits.data.cells.group_index]
    without = np.full((len(chosen), len(names)), np.nan)
    for i, j in enumerate(chosen):
        try:
            rest = refit_some(fits, np.flatnonzero(level != j))
            without[i] = _parameters(rest)
        except PoolingError:
            continue
    return Influence(
        names=names,
        estimate=pd.Series(_parameters(fits), index=names),
        se=pd.Series(np.concatenate([_sd_errors(fits), fits.multilevel.fixef_se]), index=names),
        without=pd.DataFrame(without, columns=list(names)),
        is_exact=np.ones(len(chosen), dtype=bool),
        error=0.0,
        group_names=tuple(of.group_names[j] for j in chosen),
        group_sizes=of.group_sizes[chosen],
    )


def _sd_errors(fits: FactorsFits) -> FloatArray:
    """Return standard errors of the sds and of sigma_y, from the curvature of the criterion."""
    table = wald_intervals(fits)
    some = table[table["quantity"] == "sd"]
    low, up = some["lower"].to_numpy(np.float64), some["upper"].to_numpy(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        on_log = np.log(up / low) / (2.0 * _QUANTILE)
    sd = some["estimate"].to_numpy(np.float64)
    return np.where(sd > 0, sd * on_log, np.nan)
