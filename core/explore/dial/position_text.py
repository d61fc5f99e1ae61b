"""A position of the dial as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.explore.dial.numbers import DialPosition
from core.results import PoolingFits


def dial_table(fits: PoolingFits, at: DialPosition) -> pd.DataFrame:
    """Return one row per group: size, own, pulled to and pooled, and the pooling factor.

    The columns of a coefficient are prefixed to its name as in ``estimates.group_table``.
    """
    columns: dict[str, object] = {
        "group": list(at.group_names),
        "n": fits.no_pooling.group_sizes,
    }
    estimable = fits.no_pooling.estimable
    for k, term in enumerate(at.varying_names):
        columns |= {
            f"no pooling: {term}": np.where(estimable[:, k], at.own[:, k], np.nan),
            f"target: {term}": at.target[:, k],
            f"partial pooling: {term}": at.coef[:, k],
            f"pooling factor: {term}": at.pooling_factor[:, k],
        }
    return pd.DataFrame(columns)
