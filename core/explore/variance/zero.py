"""Where x = 0: what moving the zero of a predictor does to the intercepts, and what it leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.exceptions import SpecError
from core.fitting.fit import fit_all
from core.results import MultilevelFit, PoolingFits
from core.tables.columns import NumericColumn
from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class MovedZero:
    """A model of intercepts and slopes, told with the zero of x somewhere else.

    Attributes
    ----------
    at : FloatArray, shape (E,)
        The new zeros, in the unit of x.
    sigma_alpha, rho : FloatArray, shape (E,)
        Sd of the intercepts there, and their correlation with the slopes (NaN beside a
        variance of zero).
    intercept : FloatArray, shape (E,)
        Mean of the groups' intercepts there.
    """

    at: FloatArray
    sigma_alpha: FloatArray
    rho: FloatArray
    intercept: FloatArray


def moving_predictor(fit: MultilevelFit) -> str | None:
    """Return the numeric predictor whose slope varies beside the intercept; None if not one.

    None also where it enters by more than its slope: another zero would be another square.
    """
    data = fit.data
    if len(data.varying) != 2 or data.varying[0] != 0:
        return None
    item = data.base[data.varying[1] - 1]
    if item.level >= 0 or any(b.parts and b.depends_on(item.source) for b in data.base):
        return None
    return item.name


def _column(fit: MultilevelFit) -> NumericColumn:
    name = moving_predictor(fit)
    if name is None:
        raise SpecError("Moving the zero needs a varying intercept and one numeric varying slope.")
    column = fit.data.columns[name]
    assert isinstance(column, NumericColumn)
    return column


def predictor_span(fit: MultilevelFit) -> tuple[float, float, float]:
    """Return least, mean and greatest value of the moving predictor."""
    return _column(fit).span


def move_zero(fit: MultilevelFit, at: FloatArray) -> MovedZero:
    """Return what a correlated model says where the zero of x is moved to ``at``.

    Raises
    ------
    SpecError
        Without a varying intercept and one numeric varying slope, or where the model fixes
        their correlation at zero: then another zero is another model.

    Notes
    -----
    With c the new zero: ``sigma_alpha(c)**2 = sigma_alpha**2 + 2 c rho sigma_alpha sigma_beta +
    c**2 sigma_beta**2`` and ``cov(c) = rho sigma_alpha sigma_beta + c sigma_beta**2``.
    """
    _column(fit)
    if not fit.spec.correlated:
        raise SpecError("Uncorrelated coefficients fix the zero of x: elsewhere is another model.")
    S = fit.vcov_group
    variance = S[0, 0] + 2.0 * at * S[0, 1] + at**2 * S[1, 1]
    sd = np.sqrt(np.maximum(variance, 0.0))
    cov = S[0, 1] + at * S[1, 1]
    product = sd * np.sqrt(S[1, 1])
    rho = np.divide(cov, product, out=np.full(len(at), np.nan), where=product > 0)
    lines = fit.line.mean(axis=0)
    return MovedZero(at, sd, np.clip(rho, -1.0, 1.0), lines[0] + at * lines[1])


def calm_zero(fit: MultilevelFit) -> float:
    """Return where intercepts and slopes are uncorrelated and intercepts differ least."""
    S = fit.vcov_group
    return float(-S[0, 1] / S[1, 1]) if S[1, 1] > 0 else float("nan")


def zero_choices(fit: MultilevelFit) -> tuple[float, float, float, float]:
    """Return least, greatest, step and first value of a control that moves the zero.

    Round steps that meet 0; the first is the mean of x, or its least value where the mean is
    about 0 already.
    """
    least, mean, most = predictor_span(fit)
    low, high = min(least, 0.0), max(most, 0.0)
    width = (high - low) or 1.0
    power = 10.0 ** np.floor(np.log10(width / 50.0))
    step = next(power * m for m in (1.0, 2.0, 5.0, 10.0) if width / (power * m) <= 100.0)
    low, high = np.floor(low / step) * step, np.ceil(high / step) * step
    first = mean if abs(mean) > 0.05 * width else least
    round_to = int(max(-np.floor(np.log10(step)), 0))
    values = (low, high, step, np.clip(np.round(first / step) * step, low, high))
    return tuple(round(float(v), round_to) for v in values)  # type: ignore[return-value]


def fits_at_zero(fits: PoolingFits, at: float) -> PoolingFits:
    """Return the model fitted anew with x measured from ``at`` (by the same moments).

    Raises
    ------
    SpecError
        As ``move_zero``, but for uncorrelated coefficients, which may be refitted.
    """
    fit, data = fits.multilevel, fits.data
    column = _column(fit)
    moved = column.shifted(-at)
    center = fits.moments.center.copy()
    center[data.varying[1]] -= at
    return fit_all(
        data.update(columns=data.columns | {column.name: moved}),
        engine="moments",
        moments=replace(fits.moments, center=center),
    )


def fitted_values(fit: MultilevelFit) -> FloatArray:
    """Return the fitted value of every row in hand: the group's line at the row's x."""
    data = fit.data.in_hand
    fixed = data.times_design(np.nan_to_num(fit.fixef))
    return np.asarray(
        fixed + np.einsum("nk,nk->n", data.varying_design(), fit.ranef[data.group_index])
    )


def invariance(fits: PoolingFits, at: float) -> tuple[MultilevelFit, float]:
    """Return the refit with the zero at ``at``, and the largest change of a fitted value."""
    moved = fits_at_zero(fits, at).multilevel
    change = np.abs(fitted_values(moved) - fitted_values(fits.multilevel))
    return moved, float(change.max())


def zero_table(fit: MultilevelFit, n_points: int = 41) -> pd.DataFrame:
    """Return sd of intercepts and correlation along the range of x, with zero and mean in it."""
    least, mean, most = predictor_span(fit)
    grid = np.unique(np.append(np.linspace(min(least, 0.0), max(most, 0.0), n_points), [mean, 0.0]))
    moved = move_zero(fit, grid)
    return pd.DataFrame(
        {
            "zero at": grid,
            "sd of intercepts": moved.sigma_alpha,
            "correlation": moved.rho,
            "mean intercept": moved.intercept,
        }
    )
