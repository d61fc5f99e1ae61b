"""Residuals beside those of data that the model itself makes and that are fitted alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimators.training import KNOWN, Rows, Training
from core.fitting.modes import scaled_modes
from core.fitting.multilevel import solve_at, unit_of
from core.fitting.replicates import Outcomes, Replicates, fit_replicates, replicate_design
from core.fitting.scaled import scale_model
from core.results import MultilevelFit, PoolingFits
from core.tables.population import matrix_root
from core.types import FloatArray, IntArray

#: More rows than this are represented by whole groups drawn at random.
MOST_ROWS = 10_000
#: Of a larger group no more rows than this are taken.
_MOST_OF_A_GROUP = 2_000
#: Rows times simulated data sets; and how many data sets at least and at most.
_BUDGET, _FEWEST, _MOST = 400_000, 99, 199


@dataclass(frozen=True, eq=False)
class Reference:
    """Residuals of the fit, and of simulated data sets of the same design.

    Rows are sorted by group. All residuals are conditional (the group's partial-pooling line
    taken off) and in units of the residual sd of their own fit; with precision weights of that of
    a row of its weight.

    Attributes
    ----------
    rows : IntArray, shape (n,)
        Which of the rows that were fitted.
    residual, fitted : FloatArray, shape (n,)
        ``fitted`` in outcome units.
    simulated, simulated_fitted : array of float32, shape (B, n)
    deviation : FloatArray, shape (J, k)
        Standardised deviations of the groups: over their own sd across data sets,
        ``sqrt(Sigma - cond_var)``. NaN where that is zero.
    simulated_deviation : FloatArray, shape (B, J, k)
        Of 20,000 groups where there are more.
    is_refitted : bool
        Whether the model was fitted again to every simulated data set; else the parameters
        are held, and only the groups' deviations estimated again.
    n_obs : int
        Rows that were fitted, of which ``rows`` may be a part.
    """

    rows: IntArray
    residual: FloatArray
    fitted: FloatArray
    simulated: NDArray[np.float32]
    simulated_fitted: NDArray[np.float32]
    deviation: FloatArray
    simulated_deviation: FloatArray
    is_refitted: bool
    n_obs: int

    @property
    def is_sample(self) -> bool:
        """Whether only a part of the rows is looked at."""
        return len(self.rows) < self.n_obs


def reference(fits: PoolingFits, seed: int = 0, *, draws: int | None = None) -> Reference:
    """Return the residuals and what they would be if the model were true.

    Parameters
    ----------
    fits : PoolingFits
    seed : int
        Same arguments, same reference.
    draws : int, optional
        Simulated data sets; by default as many as take a fraction of a second.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.

    Notes
    -----
    Each data set has new groups and new rows from the fitted model, on the same predictors
    and sizes, and is treated as the reader's own: the model is fitted again, residuals and
    deviations are taken from that fit. So whatever shrinkage does to residuals, it does to
    the reference too. Beyond ``MOST_ROWS`` rows, whole groups are drawn at random, and the
    parameters, then well known, are held.
    """
    fit = fits.multilevel
    rng = np.random.default_rng([seed, 17])
    data = fits.data
    if data.n_obs <= MOST_ROWS:
        rows = np.argsort(data.group_index, kind="stable")
        count = draws or int(np.clip(_BUDGET // data.n_obs, _FEWEST, _MOST))
        return _refitted(fits, fit, rows, count, rng)
    held = data.in_hand
    rows = _sample_rows(held.group_index, held.group_sizes, rng)
    count = draws or int(np.clip(_BUDGET // len(rows), _FEWEST, _MOST))
    return _held(fits, fit, rows, count, rng)


def standardised(fit: MultilevelFit) -> FloatArray:
    """Return the groups' deviations over their sd across data sets, shape (J, k)."""
    return _over_sd(fit.ranef, fit.vcov_group, fit.cond_var)


def _over_sd(ranef: FloatArray, vcov: FloatArray, cond: FloatArray) -> FloatArray:
    variance = np.diag(vcov) - np.einsum("jkk->jk", cond)
    live = variance > 1e-10 * np.maximum(np.diag(vcov), 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(live, ranef / np.sqrt(variance), np.nan))


def _sample_rows(index: IntArray, sizes: IntArray, rng: np.random.Generator) -> IntArray:
    """Return rows of groups drawn at random, sorted by group; about ``MOST_ROWS`` of them."""
    order = np.argsort(index, kind="stable")
    starts = np.cumsum(sizes) - sizes
    chosen: list[IntArray] = []
    total = 0
    for j in rng.permutation(len(sizes)):
        own = order[starts[j] : starts[j] + sizes[j]]
        if len(own) > _MOST_OF_A_GROUP:
            own = np.sort(rng.choice(own, _MOST_OF_A_GROUP, replace=False))
        if total + len(own) > MOST_ROWS and total > 0:
            break
        chosen.append(own)
        total += len(own)
    rows = np.concatenate(chosen)
    return np.asarray(rows[np.argsort(index[rows], kind="stable")])


def _refitted(
    fits: PoolingFits, fit: MultilevelFit, rows: IntArray, count: int, rng: np.random.Generator
) -> Reference:
    data = fits.data
    X, Z, group = data.design(rows), data.varying_design()[rows], data.group_index[rows]
    fixef = np.nan_to_num(fit.fixef)
    fitted = X @ fixef + np.sum(Z * fit.ranef[group], axis=1)
    starts = np.cumsum(data.group_sizes) - data.group_sizes
    b = rng.normal(size=(count, data.n_groups, Z.shape[1])) @ matrix_root(fit.vcov_group).T
    root = data.weight_roots(rows)
    noise = fit.sigma_y / root * rng.normal(size=(count, len(rows)))
    y = X @ fixef + np.einsum("nk,bnk->bn", Z, b[:, group]) + noise
    design = replicate_design(data, fits.moments)
    again = fit_replicates(design, _outcomes(fits, y, rows, starts))
    ranef = again.line - np.einsum("jkt,bt->bjk", design.targets, np.nan_to_num(again.fixef))
    simulated_fitted = np.nan_to_num(again.fixef) @ X.T
    simulated_fitted += np.einsum("nk,bnk->bn", Z, ranef[:, group])
    return Reference(
        rows=rows,
        residual=root * (data.y[rows] - fitted) / fit.sigma_y,
        fitted=fitted,
        simulated=(root * (y - simulated_fitted) / again.sigma_y[:, None]).astype(np.float32),
        simulated_fitted=simulated_fitted.astype(np.float32),
        deviation=standardised(fit),
        simulated_deviation=_again_standardised(fits, ranef, again),
        is_refitted=True,
        n_obs=data.n_obs,
    )


def _outcomes(fits: PoolingFits, y: FloatArray, rows: IntArray, starts: IntArray) -> Outcomes:
    """Return the per-group moments of simulated outcomes (B, n), rows sorted by group."""
    data, moments = fits.data, fits.moments
    center, scale = float(moments.center[-1]), float(moments.scale[-1])
    y = (y - center) / scale
    group, weight = data.group_index[rows], data.weight_roots(rows) ** 2
    mean = np.add.reduceat(weight * y, starts, axis=1) / moments.n
    apart = y - mean[:, group]
    within = np.empty((len(y), len(data.base), data.n_groups))
    for b in range(1, len(data.base) + 1):
        column = (data.base_values(b)[rows] - moments.center[b]) / moments.scale[b]
        column = column - moments.mean_of(b)[group]
        within[:, b - 1] = np.add.reduceat(weight * apart * column, starts, axis=1)
    square = np.add.reduceat(weight * apart**2, starts, axis=1)
    return Outcomes(mean, within, square, center, scale)


def _again_standardised(fits: PoolingFits, ranef: FloatArray, again: Replicates) -> FloatArray:
    """Return the standardised deviations of refitted data sets, (B, J, k)."""
    data = fits.data
    model = scale_model(data, fits.moments)
    z = model.z_to_raw
    # S in raw units of Z, seen from the scaled ones: Z_scaled = Z_raw @ z.
    undo = np.linalg.inv(z)
    S = np.moveaxis(model.S, 2, 0)
    out = np.empty_like(ranef)
    for i, vcov in enumerate(again.vcov_group):
        D = undo @ (vcov / again.sigma_y[i] ** 2) @ undo.T
        G = np.linalg.solve((np.eye(len(D)) + S @ D).swapaxes(1, 2), np.broadcast_to(D, S.shape))
        cond = again.sigma_y[i] ** 2 * (z @ (0.5 * (G + G.swapaxes(1, 2))) @ z.T)
        out[i] = _over_sd(ranef[i], vcov, cond)
    return out


def _held(
    fits: PoolingFits, fit: MultilevelFit, rows: IntArray, count: int, rng: np.random.Generator
) -> Reference:
    """Return the reference from some of the groups, the parameters held."""
    data, moments = fits.data.in_hand, fits.moments
    model = scale_model(data, moments)
    unit = unit_of(model)
    D = fit.optimization.rel_cov_scaled / np.outer(unit, unit)
    solution = solve_at(model, D, reml=fit.criterion == "REML")
    index = data.group_index[rows]
    bases = range(len(data.base) + 1)
    base = np.column_stack(
        [(data.base_values(b)[rows] - moments.center[b]) / moments.scale[b] for b in bases]
    )
    columns = [values[index] for _, values in data.group_columns]
    factors = np.column_stack(columns) if columns else np.empty((len(rows), 0))
    known = np.full(len(rows), KNOWN, dtype=np.intp)
    design = Training(data, moments, model).design(Rows(base, factors, index, known))
    Z, group = design.Z, np.unique(index, return_inverse=True)[1]
    sd = float(np.sqrt(solution.variance))
    fixed = design.X[:, model.used] @ solution.beta
    modes = scaled_modes(model, D, solution.beta).T
    fitted = fixed + np.sum(Z * modes[index], axis=1)
    root = data.weight_roots(rows)
    residual = root * ((data.y[rows] - model.y_center) / model.y_scale - fitted) / sd
    simulated, pooled = _draw_held(root[:, None] * Z, group, D, count, rng)
    pooled = pooled / root
    shape = (count, min(fit.n_groups, 2 * MOST_ROWS), len(fit.varying_names))
    return Reference(
        rows=rows,
        residual=residual,
        fitted=model.y_center + model.y_scale * fitted,
        simulated=simulated.astype(np.float32),
        simulated_fitted=(model.y_center + model.y_scale * (fixed + sd * pooled)).astype(
            np.float32
        ),
        deviation=standardised(fit),
        simulated_deviation=rng.normal(size=shape),
        is_refitted=False,
        n_obs=fits.data.n_obs,
    )


def _draw_held(
    Z: FloatArray, group: IntArray, D: FloatArray, count: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return residuals and pooled deviations (B, n) of rows drawn with sigma_y = 1."""
    n_groups, k = int(group.max()) + 1, Z.shape[1]
    starts = np.searchsorted(group, np.arange(n_groups))
    S = np.add.reduceat(Z[:, :, None] * Z[:, None, :], starts, axis=0)
    # modes = D (I + S D)^-1 Z'y
    gain = D @ np.linalg.inv(np.eye(k) + S @ D)
    b = rng.normal(size=(count, n_groups, k)) @ matrix_root(D).T
    y = rng.normal(size=(count, len(Z))) + np.einsum("nk,bnk->bn", Z, b[:, group])
    cross = np.stack([np.add.reduceat(y * Z[:, i], starts, axis=1) for i in range(k)], axis=2)
    modes = np.einsum("jab,njb->nja", gain, cross)
    pooled = np.einsum("nk,bnk->bn", Z, modes[:, group])
    return y - pooled, pooled
