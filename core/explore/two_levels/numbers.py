"""Group coefficients against a group-level predictor: the second line of the model, drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from core.estimators.claims import LEVEL
from core.estimators.estimates import estimates
from core.estimators.factors.view import FactorView
from core.estimators.inference import satterthwaite_df
from core.explore.two_levels.factor_columns import two_factor_models
from core.explore.two_levels.group_columns import GroupColumn, refit, with_column, without_column
from core.explore.two_levels.level_r_squared import level_r_squared
from core.posterior.posterior import Posterior
from core.posterior.posterior import posterior as posterior_of
from core.posterior.uncertainty import source_label
from core.results import MultilevelFit, PoolingFits
from core.tables.wording import INTERCEPT
from core.types import FloatArray

_GRID = 60
#: Standard errors to each side of a 95% band.
_REACH = 1.96


@dataclass(frozen=True, eq=False)
class TwoLevels:
    """The same model without and with one group-level predictor.

    Attributes
    ----------
    column : GroupColumn
        The predictor, u.
    without, including : PoolingFits
        Fits of the same rows; both have a multilevel fit.
    posteriors : (Posterior or None, Posterior or None)
        Of the two, where intervals come from them; None: plug-in.
    """

    column: GroupColumn
    without: PoolingFits
    including: PoolingFits
    posteriors: tuple[Posterior | None, Posterior | None] = (None, None)

    @property
    def source(self) -> str:
        """Where the intervals come from, as ``source_label`` says it."""
        return source_label(self.posteriors[1])

    def side(self, is_in: bool) -> PoolingFits:
        """Return the fits with (True) or without (False) the predictor."""
        return self.including if is_in else self.without

    def line(self, is_in: bool, term: str) -> GroupLevelLine:
        """Return one varying coefficient against u, as the model with or without u has it."""
        return group_level_line(self.side(is_in), self.column, term, self.posteriors[is_in])

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What adding u does to each varying coefficient."""
        return _changes(self)

    def change(self, term: str) -> Change:
        """Return what adding u does to one varying coefficient."""
        return next(c for c in self.changes if c.term == term)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """What u does in the model that has it, one row per coefficient of u.

        ``varying`` (what it explains: the intercept, gamma_01, or a slope, gamma_11), ``term``,
        ``estimate``, ``se``, ``df`` (Satterthwaite; missing under a posterior), ``lower``,
        ``upper`` (95%).
        """
        return _effects(self, 0.95)

    def acts_on(self, term: str) -> bool | None:
        """Whether u surely goes with a varying coefficient; None where the model leaves it out."""
        rows = self.effects[self.effects["varying"] == term]
        if rows.empty:
            return None
        known = int(np.isfinite(rows["estimate"].to_numpy(np.float64)).sum())
        if not known:
            return False
        # Bonferroni: with m coefficients of u, one of m intervals must be away from 0.
        wide = _effects(self, 1.0 - (1.0 - LEVEL) / known)
        wide = wide[wide["varying"] == term]
        lower, upper = (wide[end].to_numpy(np.float64) for end in ("lower", "upper"))
        return bool(((lower > 0) | (upper < 0)).any())


@dataclass(frozen=True, eq=False)
class GroupLevelLine:
    """One varying coefficient of every group against u, and the line it is pulled towards.

    Where the model has other group-level predictors, all is shown at their averages over
    the groups, so that what remains is a function of u.

    Attributes
    ----------
    term : str
        Name of the coefficient.
    u, estimate, lower, upper, own, own_se : FloatArray, shape (J,)
        Where the group stands; partial pooling (alpha_j or beta_j) with its 68% interval (plus
        and minus a standard error where it is plug-in), and no pooling (NaN where not
        estimable) with its standard error.
    grid, line, line_lower, line_upper : FloatArray, shape (G,)
        ``gamma_0 + gamma_1 u`` and its 95% band.
    two_stage : FloatArray, shape (G,)
        Unweighted regression of the no-pooling estimates on u; NaN where there is none.
    sigma : float
        Group sd about the line.
    """

    term: str
    u: FloatArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    own: FloatArray
    own_se: FloatArray
    grid: FloatArray
    line: FloatArray
    line_lower: FloatArray
    line_upper: FloatArray
    two_stage: FloatArray
    sigma: float


def two_levels(
    fits: PoolingFits,
    column: GroupColumn,
    slopes: tuple[str, ...] = (),
    *,
    posterior: Posterior | None = None,
) -> TwoLevels:
    """Return a model without and with a group-level predictor.

    Parameters
    ----------
    fits : PoolingFits
        Of the model on screen, which may have the predictor or not.
    column : GroupColumn
        One of ``group_columns``.
    slopes : tuple of str
        Individual-level predictors whose slope it acts on.
    posterior : Posterior or None
        Of the fits: intervals of both models then come from their posteriors under its prior.

    Raises
    ------
    PoolingError
        When one of the two models has no multilevel fit, or no posterior.
    """
    if isinstance(fits, FactorView):
        return TwoLevels(column, *two_factor_models(fits, column, slopes))
    bare = without_column(fits.data, column.name)
    full = with_column(bare, column, slopes)
    without = fits if bare is fits.data else refit(fits, bare)
    including = fits if full.spec == fits.spec else refit(fits, full)
    if posterior is None:
        return TwoLevels(column, without, including)
    made = [
        posterior if each is fits else posterior_of(each, posterior.prior)
        for each in (without, including)
    ]
    return TwoLevels(column, without, including, (made[0], made[1]))


def group_level_line(
    fits: PoolingFits, column: GroupColumn, term: str, posterior: Posterior | None = None
) -> GroupLevelLine:
    """Return one varying coefficient against u, with what the model says of it.

    Intervals are plug-in, or those of a ``posterior`` of the same fits.
    """
    fit, own = fits.multilevel, fits.no_pooling
    k = fit.varying_names.index(term)
    if column.levels:
        grid = np.arange(len(column.levels), dtype=np.float64)
    else:
        grid = np.linspace(float(column.values.min()), float(column.values.max()), _GRID)
    contrast = _contrast(fits, column, k, grid)
    at_groups = _contrast(fits, column, k, column.values)
    fixef = np.nan_to_num(fit.fixef)
    # What the other group-level predictors do to each group is taken away.
    moved = fit.target[:, k] - at_groups @ fixef
    each, line = estimates(fits, term, posterior), contrast @ fixef
    ends = _band(fit, contrast, line) if posterior is None else posterior.fixef_at(contrast)
    known = own.estimable[:, k] & np.isfinite(own.coef[:, k])
    return GroupLevelLine(
        term=term,
        u=column.values,
        estimate=fit.line[:, k] - moved,
        lower=each.lower - moved,
        upper=each.upper - moved,
        own=np.where(known, own.coef[:, k], np.nan) - moved,
        own_se=np.where(known, own.coef_se[:, k], np.nan),
        grid=grid,
        line=line,
        line_lower=ends[0],
        line_upper=ends[1],
        two_stage=_two_stage(fits, column, k, grid),
        sigma=float(fit.sigma_group[k]),
    )


def _band(
    fit: MultilevelFit, contrast: FloatArray, line: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the 95% band of the group-level line, the variances taken as known."""
    cov = np.nan_to_num(fit.fixef_cov)
    se = np.sqrt(np.einsum("gp,pq,gq->g", contrast, cov, contrast, optimize=True))
    return line - _REACH * se, line + _REACH * se


def _factor_values(fits: PoolingFits, column: GroupColumn, at: FloatArray) -> list[FloatArray]:
    """Return every group-level column along ``at``: u itself there, the others at their means."""
    own = dict(column.design(at))
    source = [b.source for b in fits.data.group_base]
    return [
        own[name] if origin == column.name else np.full(len(at), float(values.mean()))
        for (name, values), origin in zip(fits.data.group_columns, source, strict=True)
    ]


def _contrast(fits: PoolingFits, column: GroupColumn, k: int, at: FloatArray) -> FloatArray:
    """Return what multiplies the fixed effects in a coefficient's line, shape (len(at), p)."""
    data = fits.data
    factors = _factor_values(fits, column, at)
    out = np.zeros((len(at), len(data.terms)))
    for i, term in enumerate(data.terms):
        if term.base == data.varying[k]:
            out[:, i] = factors[term.factor] if term.factor >= 0 else 1.0
    return out


def _two_stage(fits: PoolingFits, column: GroupColumn, k: int, grid: FloatArray) -> FloatArray:
    own = fits.no_pooling
    if own.two_stage is None:
        known = own.estimable[:, k] & np.isfinite(own.coef[:, k])
        level = float(own.coef[known, k].mean()) if known.any() else np.nan
        return np.full(len(grid), level)
    design = np.column_stack([np.ones(len(grid)), *_factor_values(fits, column, grid)])
    coef = own.two_stage.coef[k]
    in_model = np.isfinite(coef)
    if not in_model[0]:
        return np.full(len(grid), np.nan)
    return np.asarray(design[:, in_model] @ coef[in_model])


def _effects(found: TwoLevels, level: float) -> pd.DataFrame:
    fits = found.including
    fit, data = fits.multilevel, fits.data
    df = satterthwaite_df(fit)
    posterior = found.posteriors[1]
    made = posterior.fixef if posterior else None
    rows = []
    for i, term in enumerate(data.terms):
        if term.factor < 0 or data.group_base[term.factor].source != found.column.name:
            continue
        reach = float(stdtrit(df[i], 0.5 + level / 2.0) * fit.fixef_se[i])
        value = float(fit.fixef[i])
        told: tuple[float, ...] = (
            float(fit.fixef_se[i]),
            float(df[i]),
            value - reach,
            value + reach,
        )
        if made is not None:
            ends = [np.nan, np.nan]
            if np.isfinite(value):
                ends = made.quantile(np.array([0.5 - level / 2.0, 0.5 + level / 2.0]), i)
            told = (float(made.sd[i]), np.nan, float(ends[0]), float(ends[1]))
        rows.append(
            {
                "varying": data.base[term.base - 1].name if term.base else INTERCEPT,
                "term": term.name,
                "estimate": value,
                **dict(zip(("se", "df", "lower", "upper"), told, strict=True)),
            }
        )
    columns = ["varying", "term", "estimate", "se", "df", "lower", "upper"]
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True, eq=False)
class Change:
    """What adding u does to one varying coefficient; pairs are (without, with).

    Attributes
    ----------
    sigma : (float, float)
        Group sd about what groups are pulled towards.
    explained : float
        ``1 - sigma_with**2 / sigma_without**2``: may be negative; NaN where there was no
        variance to explain.
    r_squared : (float, float)
        Group-level R squared (Gelman & Pardoe 2006), which sets estimation error apart.
    target : ((float, float), (float, float))
        Least and largest target of a group.
    pooling : (float, float)
        Mean pooling factor.
    spread : (float, float)
        Sd over groups of the partial-pooling estimates.
    """

    term: str
    sigma: tuple[float, float]
    explained: float
    r_squared: tuple[float, float]
    target: tuple[tuple[float, float], tuple[float, float]]
    pooling: tuple[float, float]
    spread: tuple[float, float]


def _changes(found: TwoLevels) -> tuple[Change, ...]:
    fits = (found.without, found.including)
    r_squared = [level_r_squared(each.multilevel) for each in fits]
    out = []
    for k, term in enumerate(found.without.multilevel.varying_names):
        sigma = [float(each.multilevel.sigma_group[k]) for each in fits]
        target = [each.multilevel.target[:, k] for each in fits]
        pooling = [float(each.multilevel.pooling_factor[:, k].mean()) for each in fits]
        spread = [float(each.multilevel.line[:, k].std(ddof=1)) for each in fits]
        out.append(
            Change(
                term=term,
                sigma=(sigma[0], sigma[1]),
                explained=1.0 - (sigma[1] / sigma[0]) ** 2 if sigma[0] > 0 else np.nan,
                r_squared=(float(r_squared[0][k]), float(r_squared[1][k])),
                target=(_range(target[0]), _range(target[1])),
                pooling=(pooling[0], pooling[1]),
                spread=(spread[0], spread[1]),
            )
        )
    return tuple(out)


def _range(values: FloatArray) -> tuple[float, float]:
    return float(values.min()), float(values.max())
