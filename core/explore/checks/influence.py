"""Which groups the estimates hang on: every group left out in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.estimators.first_order import without_each
from core.estimators.inference import coefficient_names
from core.estimators.without_group import Refits, refit_without
from core.fitting.modes import own_precision
from core.fitting.multilevel import solve_at, unit_of
from core.fitting.scaled import scale_model
from core.fitting.search.information import variance_information
from core.results import MultilevelFit, PoolingFits
from core.types import BoolArray, FloatArray, IntArray

#: Up to so many groups every one is left out and the model refitted.
_ALL = 120
#: Refits times groups, where there are more; and how many refits at least and at most.
_BUDGET, _FEWEST, _MOST = 60_000, 8, 60


@dataclass(frozen=True, eq=False)
class Influence:
    """The estimates without each group, one group at a time.

    Attributes
    ----------
    names : tuple of str
        Parameters: ``sd_<coefficient>`` for each varying coefficient, ``sigma_y``, then the
        average coefficients.
    estimate, se : Series by name
        Of all groups; standard errors from the expected information.
    without : DataFrame, shape (J, parameters)
        NaN where the other groups cannot support the model.
    is_exact : BoolArray, shape (J,)
        Whether the model was refitted; else the numbers are of first order.
    error : float
        Where some are of first order: the largest error of that order among the groups that
        were refitted, in standard errors of the parameter. 0 when all were refitted.
    """

    names: tuple[str, ...]
    estimate: pd.Series
    se: pd.Series
    without: pd.DataFrame
    is_exact: BoolArray
    error: float
    group_names: tuple[str, ...]
    group_sizes: IntArray

    def table(self, name: str) -> pd.DataFrame:
        """Return the groups by their influence on one parameter, the largest first.

        Returns
        -------
        DataFrame
            ``group, n, without, change`` (without minus with all), ``change_in_se`` and
            ``is_exact``.
        """
        change = self.without[name].to_numpy() - float(self.estimate[name])
        with np.errstate(invalid="ignore", divide="ignore"):
            in_se = change / float(self.se[name])
        out = pd.DataFrame(
            {
                "group": list(self.group_names),
                "n": self.group_sizes,
                "without": self.without[name].to_numpy(),
                "change": change,
                "change_in_se": in_se,
                "is_exact": self.is_exact,
            }
        )
        order = np.argsort(-np.nan_to_num(np.abs(change), nan=np.inf), kind="stable")
        return out.iloc[order].reset_index(drop=True)


def influence(fits: PoolingFits) -> Influence:
    """Return what every group does to the variances and the average coefficients.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.

    Notes
    -----
    Up to 120 groups, every one is left out and the model refitted from the moments of the
    others. With more, all are left out to first order (``first_order.without_each``), and the
    model is refitted without those that matter most by that measure.
    """
    fit = fits.multilevel
    sds = [*(f"sd_{name}" for name in fit.varying_names), "sigma_y"]
    names = (*sds, *coefficient_names(sds, fit.fixef_names))
    estimate = _parameters(Refits(fit.vcov_group[None], np.array([fit.sigma_y]), fit.fixef[None]))
    se = np.concatenate([_sd_errors(fit), fit.fixef_se])
    is_exact = np.ones(fit.n_groups, dtype=bool)
    error = 0.0
    if fit.n_groups <= _ALL:
        values = _parameters(refit_without(fit, range(fit.n_groups)))
    else:
        values = _parameters(without_each(fit))
        chosen = _most_influential(np.abs(values - estimate) / se, fit.n_groups)
        exact = _parameters(refit_without(fit, [int(j) for j in chosen], nearby=True))
        apart = np.abs(values[chosen] - exact) / se
        error = float(np.nanmax(apart)) if np.isfinite(apart).any() else np.nan
        values[chosen] = exact
        is_exact = np.isin(np.arange(fit.n_groups), chosen)
    return Influence(
        names=names,
        estimate=pd.Series(estimate[0], index=names),
        se=pd.Series(se, index=names),
        without=pd.DataFrame(values, columns=list(names)),
        is_exact=is_exact,
        error=error,
        group_names=fit.group_names,
        group_sizes=fit.group_sizes,
    )


def _parameters(refits: Refits) -> FloatArray:
    """Return standard deviations and coefficients, shape (B, parameters)."""
    sd = np.sqrt(np.einsum("bkk->bk", refits.vcov_group))
    return np.concatenate([sd, refits.sigma_y[:, None], refits.fixef], axis=1)


def _most_influential(size: FloatArray, n_groups: int) -> IntArray:
    """Return the groups that move some parameter most, each parameter its share."""
    most = int(np.clip(_BUDGET // n_groups, _FEWEST, _MOST))
    size = np.nan_to_num(size, nan=0.0, posinf=0.0)
    # Rank within each parameter; a group counts by the best rank it has anywhere.
    order = np.argsort(np.argsort(-size, axis=0, kind="stable"), axis=0, kind="stable")
    return np.sort(np.argsort(order.min(axis=1), kind="stable")[:most])


def _sd_errors(fit: MultilevelFit) -> FloatArray:
    """Return standard errors of the group sds and sigma_y, from the expected information."""
    model = scale_model(fit.data, fit.moments)
    unit = unit_of(model)
    reml = fit.criterion == "REML"
    D = fit.optimization.rel_cov_scaled / np.outer(unit, unit)
    solution = solve_at(model, D, reml=reml)
    found = variance_information(
        model,
        D,
        own_precision(model, D),
        solution.inverse,
        reml=reml,
        correlated=fit.spec.correlated,
    )
    z = model.z_to_raw
    gradient = np.zeros((model.k + 1, len(found.covariance)))
    gradient[:-1, :-1] = np.einsum("ka,eab,kb->ke", z, found.directions, z)
    gradient[-1, -1] = 1.0
    cov = gradient @ found.covariance @ gradient.T * solution.variance**2 * model.y_scale**4
    sd = np.append(fit.sigma_group, fit.sigma_y)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(np.maximum(np.diag(cov), 0.0)) / (2.0 * sd)
    return np.asarray(np.where(sd > 0, se, np.nan))
