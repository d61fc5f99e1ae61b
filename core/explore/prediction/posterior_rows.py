"""Predictions whose intervals count the doubt about the variances: from the full posterior."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.new_rows import NewRows
from core.estimators.training import KNOWN, NEW, Design, Training
from core.posterior.posterior import Posterior
from core.posterior.predicted import RowDesign, predicted_rows
from core.tables.grouping.design import Term
from core.types import FloatArray, IntArray


def row_design(training: Training, design: Design) -> RowDesign:
    """Return rows as the posterior takes them: the columns in use, and what is not known."""
    data, model, rows = training.data, training.model, design.rows
    live = training.moments.n > 0
    factors = training.group_factors()[live]
    cov = np.atleast_2d(np.cov(factors, rowvar=False)) if factors.shape[1] else np.zeros((0, 0))
    return RowDesign(
        X=design.X[:, model.used],
        Z=design.Z,
        group=rows.group,
        is_known=rows.kind == KNOWN,
        is_new=rows.kind == NEW,
        unknown=_unknown(data.terms, model.used, design),
        factor_cov=cov,
        own_variance=None if rows.weight is None else rows.own_variance,
    )


def _unknown(terms: tuple[Term, ...], used: IntArray, design: Design) -> FloatArray:
    """Return how slopes along unknown group-level columns follow from the coefficients."""
    n, n_factors = design.unknown.shape
    out = np.zeros((n, n_factors, len(used)))
    lacking = design.unknown & (design.rows.kind == NEW)[:, None]
    for column, t in enumerate(used):
        factor, base = terms[t].factor, terms[t].base
        if factor >= 0:
            out[:, factor, column] = np.where(lacking[:, factor], design.rows.base[:, base], 0.0)
    return out


def with_posterior(
    found: pd.DataFrame, posterior: Posterior, new: NewRows, level: float, *, individual: bool
) -> pd.DataFrame:
    """Return a plug-in table of predictions with the posterior's numbers in their place.

    Rows without a prediction keep their reason. ``df`` is empty: the intervals are quantiles of
    a mixture. There is one column more, ``median``.
    """
    fits = posterior.fits
    training = Training(fits.data, fits.moments, posterior.given.model)
    made = predicted_rows(
        posterior, row_design(training, training.design(new.rows)), level, individual=individual
    )
    out = found.copy()
    is_told = (out["reason"] == "").to_numpy()
    for name in ("point", "lower", "upper", "se", "fixed_effects", "group", "individual"):
        out[name] = np.where(is_told, getattr(made, name), np.nan)
    out["df"] = np.nan
    out.insert(1, "median", np.where(is_told, made.median, np.nan))
    return out
