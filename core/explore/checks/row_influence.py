"""What single rows do: leverage, Cook's distance, and how well every fitted value is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.fitted_lines import partial_pooling
from core.estimators.predictors import Predictor
from core.estimators.training import KNOWN, Rows, Training
from core.fitting.multilevel import solve_at, unit_of
from core.fitting.scaled import scale_model
from core.results import PoolingFits
from core.tables.grouped import GroupedData
from core.types import IntArray


def row_influence(fits: PoolingFits) -> pd.DataFrame:
    """Return every row's fitted value with its errors, its leverage and its Cook's distance.

    Parameters
    ----------
    fits : PoolingFits
        Of one grouping factor.

    Returns
    -------
    DataFrame, one row per row used, in the order of ``fits.data``
        ``row``, its number in the table (first row 1; of rows that are repeated by their
        frequency the number among these); ``group``; ``fitted``, ``residual`` (outcome units) of
        the group's partial-pooling line and ``se`` of that fitted value, the doubt about the group
        included; ``average`` and ``average_se``: of the average coefficients alone, at the row's
        predictors; ``leverage``: the share of its own fitted value that a row decides, as lme4's
        ``hatvalues``; ``cooks_distance``, as R's ``cooks.distance`` of such a fit. All given the
        estimated variances (plug-in).

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    SourceError
        When the rows stay elsewhere.

    Notes
    -----
    With ``C = Var(x'beta_hat + z'b_hat - x'beta - z'b)`` given the variances, the leverage is
    ``w C / sigma_y**2``; its sum is what the fit spends on coefficients and groups. Cook's
    distance is ``r**2 h / (sigma_y**2 p (1 - h)**2)`` with the Pearson residual ``r = sqrt(w) e``.

    References
    ----------
    .. [1] Demidenko & Stukel (2005), Statistics in Medicine 24, 893-909.
    """
    fit, data, moments = fits.multilevel, fits.data, fits.moments
    predictor, rows = _predictor(fits), _rows(fits)
    said = predictor.predict(rows)
    scale = float(moments.scale[-1])
    fitted = float(moments.center[-1]) + scale * said.point
    known = scale**2 * (said.fixed + said.group)
    design = predictor.training.design(rows).X[:, predictor.columns]
    root = data.weight_roots()
    leverage = np.clip(root**2 * known / fit.sigma_y**2, 0.0, 1.0)
    residual = data.y - fitted
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = (root * residual / (1.0 - leverage)) ** 2 * leverage
    average = np.einsum("np,pq,nq->n", design, predictor.unit_cov, design)
    names = np.array(data.group_names, dtype=object)
    return pd.DataFrame(
        {
            "row": _numbers(data),
            "group": names[data.group_index],
            "fitted": fitted,
            "residual": residual,
            "se": np.sqrt(known),
            "average": float(moments.center[-1]) + scale * (design @ predictor.beta),
            "average_se": scale * np.sqrt(predictor.sigma2 * average),
            "leverage": leverage,
            "cooks_distance": moved / (fit.sigma_y**2 * predictor.training.model.p),
        }
    )


def most_moving(rows: pd.DataFrame, most: int = 200) -> pd.DataFrame:
    """Return the rows of ``row_influence`` that move the fit most, by Cook's distance."""
    return rows.nlargest(most, "cooks_distance").reset_index(drop=True)


def _numbers(data: GroupedData) -> IntArray:
    """Return the number of every row used in the table it is from."""
    lost = data.left_out.n_rows + data.left_out.n_filtered
    if not lost or (data.spec.weights and not data.spec.has_precision):
        return np.arange(1, data.n_obs + 1, dtype=np.intp)
    return np.flatnonzero(data.left_out.used(data.n_obs + lost)) + 1


def _predictor(fits: PoolingFits) -> Predictor:
    """Return the multilevel fit as a predictor of rows."""
    training = Training(fits.data, fits.moments, scale_model(fits.data, fits.moments))
    fit, model = fits.multilevel, training.model
    unit = unit_of(model)
    D = fit.optimization.rel_cov_scaled / np.outer(unit, unit)
    at = solve_at(model, D, reml=fit.criterion == "REML")
    return partial_pooling(training, D, at.beta, at.inverse, at.variance)


def _rows(fits: PoolingFits) -> Rows:
    """Return the rows that were fitted, each in its own group."""
    data, moments = fits.data, fits.moments
    bases = range(len(data.base) + 1)
    base = np.column_stack(
        [(data.base_values(b) - moments.center[b]) / moments.scale[b] for b in bases]
    )
    columns = [values[data.group_index] for _, values in data.group_columns]
    factors = np.column_stack(columns) if columns else np.empty((data.n_obs, 0))
    kind = np.full(data.n_obs, KNOWN, dtype=np.intp)
    return Rows(base, factors, data.group_index, kind, data.weights)
