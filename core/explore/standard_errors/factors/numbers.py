"""The standard errors of every coefficient of a model with several factors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.factors.satterthwaite import fixef_df
from core.factors_results import FactorsFits
from core.types import FloatArray


def factor_standard_errors(fits: FactorsFits) -> pd.DataFrame:
    """Return the standard errors of each coefficient under every approach.

    Returns
    -------
    DataFrame, one row per coefficient
        ``term``; ``complete_pooling`` (classical), ``clustered: <factor>`` (CR1, robust to
        clusters of that factor alone), ``clustered`` (robust to clusters of every factor at once:
        Cameron, Gelbach & Miller 2011), ``multilevel`` with ``multilevel_df`` (Satterthwaite).
        NaN where an approach has no such standard error.

    Notes
    -----
    Cluster-robust errors of one factor are read with as many degrees of freedom as it has levels
    less one; those of several with the fewest of these, as is usual.
    """
    whole = fits.complete_pooling
    nothing: FloatArray = np.full(len(whole.coef_names), np.nan)
    fit = fits.multilevel_or_none
    return pd.DataFrame(
        {
            "term": whole.coef_names,
            "complete_pooling": whole.coef_se,
            **{f"clustered: {name}": se for name, se in whole.cluster_se_by.items()},
            "clustered": whole.cluster_se,
            "multilevel": nothing if fit is None else fit.fixef_se,
            "multilevel_df": nothing if fit is None else fixef_df(fits),
        }
    )


def cluster_df(fits: FactorsFits) -> dict[str, float]:
    """Return the degrees of freedom of cluster-robust errors by factor, and of all at once ('')."""
    by = {factor.name: float(factor.n_levels - 1) for factor in fits.data.factors}
    return by | {"": min(by.values())}
