"""The receipt of one group as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.explore.dial.receipt import Receipt
from core.formats import NOT_A_NUMBER, decimals_for, fixed, percent
from core.results import PoolingFits
from core.tables.wording import Wording


def receipt_table(receipt: Receipt, fits: PoolingFits, wording: Wording) -> pd.DataFrame:
    """Return how the estimates of one group come about, one column per coefficient.

    Rows: its own estimate and standard error, what it is pulled towards, the share of the
    distance that survives (where that is between 0 and 1), the partial-pooling estimate, and
    complete pooling; as text in the same decimals, so that the numbers can be compared.
    """
    j = fits.data.group_names.index(receipt.group)
    steps = ("its own", "± se", "pulled towards", "keeps", "partial pooling", "complete pooling")
    columns: dict[str, list[str]] = {"estimate": list(steps)}
    for k, name in enumerate(receipt.varying_names):
        own = float(receipt.own[k]) if receipt.is_own[k] else np.nan
        target, pooled = float(receipt.target[k]), float(receipt.pooled[k])
        complete = float(fits.complete_pooling.line[j, k])
        digits = decimals_for([own, target, pooled, complete], 3)
        share = (pooled - target) / (own - target) if own != target else np.nan
        columns[wording.term(name, fits.data)] = [
            fixed(own, digits),
            fixed(float(receipt.own_se[k]), digits),
            fixed(target, digits),
            percent(share) if 0 <= share <= 1 else NOT_A_NUMBER,
            fixed(pooled, digits),
            fixed(complete, digits),
        ]
    return pd.DataFrame(columns)
