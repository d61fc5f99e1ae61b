"""The standard errors of every coefficient, side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.inference import satterthwaite_df
from core.explore.standard_errors.cluster import cluster_robust
from core.fitting.scaled import scale_model
from core.results import PoolingFits
from core.types import FloatArray


def standard_errors(fits: PoolingFits) -> pd.DataFrame:
    """Return the standard errors of each coefficient under every approach.

    Returns
    -------
    DataFrame, one row per coefficient
        ``term``; ``complete_pooling`` (classical, as if rows were independent), ``cr1`` and
        ``cr2`` (cluster-robust, of the same estimate) with ``cr1_df`` and ``cr2_df``
        (Satterthwaite), ``no_pooling`` (for coefficients that do not vary and are not taken
        up by the groups), ``multilevel`` with ``multilevel_df`` (Satterthwaite), and
        ``effective_n``: the independent rows that would know the coefficient as well as the
        multilevel model does, ``n (complete_pooling / multilevel)**2``. NaN where an
        approach has no such standard error.
    """
    whole, own, model = fits.complete_pooling, fits.no_pooling, fits.multilevel_or_none
    robust = cluster_robust(fits.data, fits.moments, scale_model(fits.data, fits.moments))
    common = dict(zip(own.common_names, own.common_se, strict=True))
    nothing: FloatArray = np.full(len(whole.coef_names), np.nan)
    multilevel = model.fixef_se if model is not None else nothing
    return pd.DataFrame(
        {
            "term": whole.coef_names,
            "complete_pooling": whole.coef_se,
            "cr1": robust.cr1_se,
            "cr1_df": robust.cr1_df,
            "cr2": robust.cr2_se,
            "cr2_df": robust.cr2_df,
            "no_pooling": [common.get(name, np.nan) for name in whole.coef_names],
            "multilevel": multilevel,
            "multilevel_df": satterthwaite_df(model) if model is not None else nothing,
            "effective_n": whole.n_obs * (whole.coef_se / multilevel) ** 2,
        }
    )
