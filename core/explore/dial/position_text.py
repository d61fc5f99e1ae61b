"""A position of the dial as a table, and what goes past its target there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.estimates import way_gone
from core.explore.dial.numbers import DialPosition
from core.explore.dial.path import DialPath
from core.explore.pooling.overshoot import overshoot
from core.results import PoolingFits
from core.tables.wording import Wording


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


def dial_strays(path: DialPath, at: DialPosition, wording: Wording) -> str:
    """Return how many groups go past their target or away from it at a position, or ''.

    It speaks of the first varying coefficient, which the views show first.
    """
    if not 0.0 < at.c < np.inf:
        return ""
    own = np.where(path.fits.no_pooling.estimable[:, 0], at.own[:, 0], np.nan)
    way = way_gone(own, at.target[:, 0], at.coef[:, 0])
    return overshoot(at.varying_names[0], way, path.fits, wording)
