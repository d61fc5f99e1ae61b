"""The posterior of every parameter of a fit, in the order in which the screen lists them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.exceptions import PoolingError
from core.explore.variance.numbers import IntraclassCorrelation, icc, null_model
from core.posterior.posterior import Posterior, posterior
from core.posterior.quantity import Quantity
from core.results import MultilevelFit


def posterior_ends(made: Posterior, level: float) -> pd.DataFrame:
    """Return ``median, lower, upper`` of sds, correlations, sigma_y and average coefficients.

    Correlations where the model has them; NaN where an average coefficient is not estimable.
    """
    k = len(made.varying_names)
    found: list[tuple[Quantity, tuple[int, ...]]] = [(made.sigma_group, (a,)) for a in range(k)]
    if made.fits.spec.correlated:
        found += [(made.correlation, (b, a)) for b in range(k) for a in range(b)]
    found.append((made.sigma_y, ()))
    found += [(made.fixef, (i,)) for i in range(len(made.fixef_names))]
    rows = [_row(quantity, index, level) for quantity, index in found]
    return pd.DataFrame(rows, columns=["median", "lower", "upper"])


def _row(quantity: Quantity, index: tuple[int, ...], level: float) -> tuple[float, ...]:
    if not np.isfinite(np.asarray(quantity.median)[index]):
        return np.nan, np.nan, np.nan
    tail = 0.5 * (1.0 - level)
    low, middle, high = quantity.quantile(np.array([tail, 0.5, 1.0 - tail]), *index)
    return float(middle), float(low), float(high)


def null_share(fit: MultilevelFit, level: float, made: Posterior | None) -> IntraclassCorrelation:
    """Return the share between groups without any predictor.

    Its interval is of the posterior under the same prior; of the profile likelihood where
    there is no posterior (``source`` says which).
    """
    null = null_model(fit)
    if made is None:
        return icc(null.multilevel, level)
    try:
        other = posterior(null, made.prior.kind, level)
    except PoolingError:
        return icc(null.multilevel, level)
    return icc(null.multilevel, level, posterior=other)
