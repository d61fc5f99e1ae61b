"""Shares of the variance, and the parameters of a model with several factors as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.factors_results import FactorsFits
from core.tables.wording import INTERCEPT

#: What rows differ by when all levels are known.
RESIDUAL = "residual"


def variance_shares(fits: FactorsFits) -> pd.DataFrame:
    """Return the variance of the outcome that lies between levels of each factor, and the rest.

    Returns
    -------
    DataFrame
        One row per factor and one for the residuals: ``level``, ``variance``, ``sd``, ``share``
        (of the sum). Where slopes vary, the variances hold where their predictors are 0. Factors
        whose intercept does not vary are left out.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit = fits.multilevel
    rows = [
        (factor.label, float(factor.vcov_group[0, 0]))
        for factor in fit.factors.values()
        if factor.varying_names[0] == INTERCEPT
    ]
    rows.append((RESIDUAL, fit.sigma_y**2))
    frame = pd.DataFrame(rows, columns=["level", "variance"])
    frame["sd"] = np.sqrt(frame["variance"])
    frame["share"] = frame["variance"] / frame["variance"].sum()
    return frame


def parameter_rows(fits: FactorsFits) -> pd.DataFrame:
    """Return every parameter of the model with its estimate and, for averages, its errors.

    ``cluster se`` is that of complete pooling, robust to clusters of every factor at once.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit, whole = fits.multilevel, fits.complete_pooling
    robust = dict(zip(whole.coef_names, whole.cluster_se, strict=True))
    rows: list[tuple[str, float, float, float, float]] = [
        (name, float(value), float(se), float(old), float(robust.get(name, np.nan)))
        for name, value, se, old in zip(
            fit.fixef_names, fit.fixef, fit.fixef_se, whole.coef, strict=True
        )
    ]
    nothing = (np.nan, np.nan, np.nan)
    for factor in fit.factors.values():
        for name, sd in zip(factor.varying_names, factor.sigma_group, strict=True):
            rows.append((f"sd of {name} between {factor.label}", float(sd), *nothing))
        for a, first in enumerate(factor.varying_names):
            for b in range(a + 1, len(factor.varying_names)):
                said = f"correlation of {first} and {factor.varying_names[b]} by {factor.label}"
                rows.append((said, float(factor.correlation[a, b]), *nothing))
    rows.append(("residual sd", fit.sigma_y, *nothing))
    columns = ["parameter", "multilevel", "se", "complete pooling", "cluster se"]
    return pd.DataFrame(rows, columns=columns)
