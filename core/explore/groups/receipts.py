"""The receipt of one group as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from core.explore.dial.receipt import Receipt
from core.formats import NOT_A_NUMBER, decimals_for, fixed, percent
from core.posterior.posterior import Posterior
from core.posterior.uncertainty import source_label
from core.results import PoolingFits
from core.tables.wording import Wording

#: Of the interval of a group's estimate.
_LEVEL = 0.95


def receipt_table(
    receipt: Receipt, fits: PoolingFits, wording: Wording, posterior: Posterior | None = None
) -> pd.DataFrame:
    """Return how the estimates of one group come about, one column per coefficient.

    Rows: its own estimate and standard error, what it is pulled towards, the share of the
    distance that survives (where that is between 0 and 1), the partial-pooling estimate, its
    interval (plug-in, or of the posterior that is given, whose median then stands beside it)
    and complete pooling; as text in the same decimals, so that the numbers can be compared.
    """
    j = fits.data.group_names.index(receipt.group)
    steps = ["its own", "± se", "pulled towards", "keeps", "partial pooling"]
    steps += ["posterior median"] if posterior else []
    steps += [f"{_LEVEL:.0%} interval ({source_label(posterior)})", "complete pooling"]
    columns: dict[str, list[str]] = {"estimate": steps}
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
            *_doubt(fits, posterior, (j, k), digits),
            fixed(complete, digits),
        ]
    return pd.DataFrame(columns)


def _doubt(
    fits: PoolingFits, posterior: Posterior | None, where: tuple[int, int], digits: int
) -> list[str]:
    """Return the interval of one estimate as text, after the posterior's median if there is one."""
    if posterior is None:
        estimate = float(fits.multilevel.line[where])
        reach = float(special.ndtri(0.5 + 0.5 * _LEVEL) * fits.multilevel.line_se[where])
        return [f"{fixed(estimate - reach, digits)} to {fixed(estimate + reach, digits)}"]
    low, high = (end[where[0]] for end in posterior.line_interval(where[1], _LEVEL))
    median = fixed(float(posterior.line.median[where]), digits)
    return [median, f"{fixed(float(low), digits)} to {fixed(float(high), digits)}"]
