"""A receipt with its doubt: how sure is the pull on one group, and the estimate it leads to?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from core import escape
from core.exceptions import SpecError
from core.formats import decimals_for, fixed, percent
from core.posterior.conditional import group_modes
from core.posterior.posterior import Posterior
from core.tables.wording import INTERCEPT, Wording
from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class ReceiptDoubt:
    """What the posterior says of one group's receipt; all arrays have shape (k,).

    Attributes
    ----------
    group : str
    level : float
        Of every interval.
    estimate, plug_in_lower, plug_in_upper : FloatArray
        The plug-in estimate (c = 1) and its interval, the variances taken as known.
    mean, median, lower, upper : FloatArray
        Of the group's own intercept and slopes under the posterior.
    pooled, pooled_lower, pooled_upper : FloatArray
        Pooling factor: the share that is pooled, on average over the posterior, and its
        interval. 1 is complete pooling.
    sentence : str
    """

    group: str
    level: float
    varying_names: tuple[str, ...]
    estimate: FloatArray
    plug_in_lower: FloatArray
    plug_in_upper: FloatArray
    mean: FloatArray
    median: FloatArray
    lower: FloatArray
    upper: FloatArray
    pooled: FloatArray
    pooled_lower: FloatArray
    pooled_upper: FloatArray
    sentence: str


def receipt_doubt(
    posterior: Posterior, group: str | int, wording: Wording | None = None
) -> ReceiptDoubt:
    """Return the doubt about one group's receipt.

    Parameters
    ----------
    posterior : Posterior
    group : str or int
        Name of the group, or its place in ``group_names``.
    wording : Wording, optional

    Raises
    ------
    SpecError
        When there is no such group.
    """
    j = _place(posterior, group)
    fit, line = posterior.fits.multilevel, posterior.line
    half = float(special.ndtri(0.5 + 0.5 * posterior.level)) * fit.line_se[j]
    pooled, low, high = _pooled(posterior, j)
    made = ReceiptDoubt(
        group=posterior.group_names[j],
        level=posterior.level,
        varying_names=posterior.varying_names,
        estimate=fit.line[j],
        plug_in_lower=fit.line[j] - half,
        plug_in_upper=fit.line[j] + half,
        mean=line.mean[j],
        median=line.median[j],
        lower=line.lower[j],
        upper=line.upper[j],
        pooled=pooled,
        pooled_lower=low,
        pooled_upper=high,
        sentence="",
    )
    sentence = _sentence(made, float(fit.pooling_factor[j, 0]), wording or Wording())
    return ReceiptDoubt(**{**vars(made), "sentence": sentence})


def _place(posterior: Posterior, group: str | int) -> int:
    names = posterior.group_names
    if isinstance(group, str):
        if group in names:
            return names.index(group)
        raise SpecError(f"There is no group '{escape.visible(group)}' in these data.")
    if -len(names) <= group < len(names):
        return group % len(names)
    raise SpecError(f"There is no group number {group}: there are {len(names):,} groups.")


def _pooled(posterior: Posterior, j: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean, lower and upper end of a group's pooling factors over theta, each (k,)."""
    target, nodes = posterior.solved.target, posterior.solved.fine
    model = target.model
    D = nodes.points.D / np.outer(target.unit, target.unit)
    spread = group_modes(model, D, slice(j, j + 1)).spread[:, :, :, 0]
    z = model.z_to_raw
    own = np.einsum("ka,abm,kb->mk", z, spread, z)
    whole = np.einsum("ka,mab,kb->mk", z, D, z)
    factor = np.divide(own, whole, out=np.ones_like(own), where=whole > 0)
    factor = np.clip(factor, 0.0, 1.0)
    tail = 0.5 * (1.0 - posterior.level)
    ends = [_quantiles(column, nodes.weight, (tail, 1.0 - tail)) for column in factor.T]
    return nodes.weight @ factor, np.array([e[0] for e in ends]), np.array([e[1] for e in ends])


def _quantiles(
    value: FloatArray, weight: FloatArray, probability: tuple[float, float]
) -> FloatArray:
    order = np.argsort(value)
    share = np.cumsum(weight[order]) - 0.5 * weight[order]
    return np.asarray(np.interp(probability, share, value[order]))


def _sentence(made: ReceiptDoubt, at_estimate: float, wording: Wording) -> str:
    """Return the pull and the estimate with their intervals, of the first coefficient."""
    name = escape.visible(wording.group_name(made.group, begins=True))
    what = "level" if made.varying_names[0] == INTERCEPT else "slope"
    low, high = float(made.lower[0]), float(made.upper[0])
    decimals = decimals_for([low, high, float(made.median[0])], 3)
    before = float(made.plug_in_upper[0] - made.plug_in_lower[0])
    ratio = (high - low) / before if before > 0 else np.nan
    text = (
        f"{name}: at the estimate the pooling factor of its {what} is {percent(at_estimate)}; with "
        f"the variances in doubt it is between {percent(float(made.pooled_lower[0]))} and "
        f"{percent(float(made.pooled_upper[0]))} ({percent(made.level)} interval). Its {what} then "
        f"lies between {fixed(low, decimals)} and {fixed(high, decimals)}"
    )
    if not np.isfinite(ratio):
        return f"{text}."
    return f"{text}, an interval {fixed(ratio, 2)} times as wide as the plug-in one."
