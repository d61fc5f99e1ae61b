"""Intervals from simulated data sets: the parametric bootstrap of the multilevel model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.estimators.inference import coefficient_names
from core.exceptions import SpecError
from core.fitting.replicates import Outcomes, Replicates, fit_replicates, replicate_design
from core.results import MultilevelFit, PoolingFits
from core.tables.population import matrix_root
from core.types import FloatArray, IntArray

#: Numbers of one batch of simulated outcomes.
_CHUNK = 2_000_000


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Estimates of data sets that the fitted model makes, and the intervals that follow.

    Attributes
    ----------
    intervals : DataFrame, one row per parameter
        ``parameter, estimate, lower, upper, se``: percentile intervals at ``level`` and the
        standard deviation over data sets. Names as in ``profile``: ``sd_...``, ``cor_b.a``,
        ``sigma_y``, then the average coefficients.
    draws : DataFrame, one row per data set
        Estimates; NaN for a correlation beside a variance of zero.
    level : float
    seed : int
    """

    intervals: pd.DataFrame
    draws: pd.DataFrame
    level: float
    seed: int


def bootstrap(fits: PoolingFits, draws: int = 500, level: float = 0.95, seed: int = 0) -> Bootstrap:
    """Return bootstrap intervals of variances and average coefficients.

    Parameters
    ----------
    fits : PoolingFits
    draws : int
        Simulated data sets, 20 to 20,000: new groups and new rows on the same predictors, sizes
        and weights, each fitted like the reader's own table (as lme4's ``bootMer``).
    level : float
        Coverage of the intervals, in (0, 1).
    seed : int
        The same seed gives the same intervals.

    Raises
    ------
    SpecError
        When draws or level are out of range.
    PoolingError
        When there is no multilevel fit.
    SourceError
        When the rows stay elsewhere.

    Notes
    -----
    Percentile intervals say what the estimator does when the estimates are the truth. They carry
    the estimator's bias along: a variance that is estimated too small has intervals too low.
    """
    if not 20 <= draws <= 20_000:
        raise SpecError(f"{draws:,} simulated data sets: give 20 to 20,000.")
    if not 0 < level < 1:
        raise SpecError(f"The level of an interval must lie between 0 and 1, not {level}.")
    fit = fits.multilevel
    rng = np.random.default_rng([seed, 29])
    step = max(1, min(_CHUNK // fits.data.n_obs, 100_000 // fits.data.n_groups + 1))
    sizes = [min(step, draws - i) for i in range(0, draws, step)]
    design = replicate_design(fits.data, fits.moments)
    order = np.argsort(fits.data.group_index, kind="stable")
    parts = [
        _parameters(fit, fit_replicates(design, _simulated(fits, order, size, rng)))
        for size in sizes
    ]
    found = pd.DataFrame(np.concatenate(parts), columns=list(_names(fit)))
    own = _estimates(fit)
    tail = 0.5 * (1.0 - level)
    ends = found.quantile([tail, 1.0 - tail]).to_numpy()
    intervals = pd.DataFrame(
        {
            "parameter": found.columns,
            "estimate": own,
            "lower": ends[0],
            "upper": ends[1],
            "se": found.std().to_numpy(),
        }
    )
    return Bootstrap(intervals, found, level, seed)


def _names(fit: MultilevelFit) -> tuple[str, ...]:
    names = fit.varying_names
    spreads = [f"sd_{name}" for name in names]
    if fit.spec.correlated:
        k = len(names)
        spreads += [f"cor_{names[b]}.{names[a]}" for a in range(k) for b in range(a + 1, k)]
    spreads.append("sigma_y")
    return (*spreads, *coefficient_names(spreads, fit.fixef_names))


def _laid_out(
    fit: MultilevelFit, vcov: FloatArray, sigma_y: FloatArray, fixef: FloatArray
) -> FloatArray:
    """Return sds, correlations, sigma_y and coefficients side by side, (B, parameters)."""
    sd = np.sqrt(np.maximum(np.einsum("bkk->bk", vcov), 0.0))
    columns = [sd]
    if fit.spec.correlated:
        k = sd.shape[1]
        rows, cols = np.triu_indices(k, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            columns.append(vcov[:, cols, rows] / (sd[:, cols] * sd[:, rows]))
    return np.concatenate([*columns, sigma_y[:, None], fixef], axis=1)


def _parameters(fit: MultilevelFit, made: Replicates) -> FloatArray:
    return _laid_out(fit, made.vcov_group, made.sigma_y, made.fixef)


def _estimates(fit: MultilevelFit) -> FloatArray:
    sigma_y = np.array([fit.sigma_y])
    return np.asarray(_laid_out(fit, fit.vcov_group[None], sigma_y, fit.fixef[None])[0])


def _simulated(fits: PoolingFits, rows: IntArray, count: int, rng: np.random.Generator) -> Outcomes:
    """Return outcomes of simulated data sets by their moments, rows sorted by group."""
    fit, data, moments = fits.multilevel, fits.data, fits.moments
    group, root = data.group_index[rows], data.weight_roots(rows)
    starts = np.cumsum(data.group_sizes) - data.group_sizes
    b = rng.normal(size=(count, data.n_groups, len(data.varying)))
    b = b @ matrix_root(fit.vcov_group).T
    y = fit.sigma_y / root * rng.normal(size=(count, len(rows)))
    y += data.times_design(np.nan_to_num(fit.fixef))[rows]
    y += np.einsum("nk,bnk->bn", data.varying_design()[rows], b[:, group])
    center, scale = float(moments.center[-1]), float(moments.scale[-1])
    y = (y - center) / scale
    mean = np.add.reduceat(root**2 * y, starts, axis=1) / moments.n
    apart = root * (y - mean[:, group])
    within = np.empty((count, len(data.base), data.n_groups))
    for base in range(1, len(data.base) + 1):
        column = (data.base_values(base)[rows] - moments.center[base]) / moments.scale[base]
        column = root * (column - moments.mean_of(base)[group])
        within[:, base - 1] = np.add.reduceat(apart * column, starts, axis=1)
    return Outcomes(mean, within, np.add.reduceat(apart**2, starts, axis=1), center, scale)
