"""The intraclass correlation along x, for models whose slopes vary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.explore.variance.numbers import PROFILE, icc, icc_curve
from core.explore.variance.zero import moving_predictor, predictor_span
from core.formats import percent, trimmed
from core.posterior.posterior import Posterior
from core.results import PoolingFits
from core.tables.wording import Wording
from core.types import FloatArray

_GRID = 61
#: Groups up to which the interval is sought at several x, not at the mean alone.
_SEVERAL = 600


@dataclass(frozen=True, eq=False)
class ShareCurve:
    """The share of the variance between groups at values of x.

    Attributes
    ----------
    predictor : str
    grid, share : FloatArray, shape (G,)
    at, estimate, lower, upper : FloatArray, shape (m,)
        Where the interval was sought, the mean of x among them.
    mean : float
        Mean of x over the rows.
    source : str
        Where the intervals come from: the profile likelihood, or a posterior.
    """

    predictor: str
    grid: FloatArray
    share: FloatArray
    at: FloatArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    mean: float
    source: str = PROFILE

    @property
    def middle(self) -> int:
        """Position of the mean of x among ``at``."""
        return int(np.argmin(np.abs(self.at - self.mean)))


def share_curve(
    fits: PoolingFits, level: float = 0.95, *, posterior: Posterior | None = None
) -> ShareCurve | None:
    """Return the intraclass correlation along x with intervals at some values.

    None where it is no curve: without a varying intercept and exactly one numeric varying
    slope. Uncorrelated coefficients fix the zero of x, so there the interval is at 0.
    """
    fit = fits.multilevel
    name = moving_predictor(fit)
    if name is None:
        return None
    least, mean, most = predictor_span(fit)
    grid = np.linspace(least, most, _GRID)
    at = np.array([mean])
    if fit.n_groups <= _SEVERAL:
        at = np.unique([least, 0.5 * (least + mean), mean, 0.5 * (mean + most), most])
    if not fit.spec.correlated:
        at = np.zeros(1)
    found = [icc(fit, level, float(x), posterior=posterior) for x in at]
    return ShareCurve(
        predictor=name,
        grid=grid,
        share=icc_curve(fit, grid),
        at=at,
        estimate=np.array([each.icc for each in found]),
        lower=np.array([each.lower for each in found]),
        upper=np.array([each.upper for each in found]),
        mean=mean,
        source=found[0].source,
    )


def share_title(found: ShareCurve, wording: Wording) -> str:
    """Return the finding: how the share depends on x."""
    if wording.is_indicator(found.predictor):
        ends = [
            f"{percent(float(found.share[i]))} ({wording.level(found.predictor, code)})"
            for i, code in ((0, 0), (-1, 1))
        ]
        return f"Between {wording.group.many} lies {ends[0]} or {ends[1]} of the variance"
    low, high = int(np.argmin(found.share)), int(np.argmax(found.share))
    name = wording.in_sentence(found.predictor)
    least, most = percent(float(found.share[low])), percent(float(found.share[high]))
    if least == most:
        return f"Between {wording.group.many} lies {least} of the variance, whatever {name} is"
    return (
        f"Between {wording.group.many} lies {least} of the variance where {name} is "
        f"{trimmed(float(found.grid[low]))}, and {most} where it is "
        f"{trimmed(float(found.grid[high]))}"
    )


def share_alt(found: ShareCurve, wording: Wording) -> str:
    """Return a description of the figure with its numbers."""
    points = "; ".join(
        f"at {trimmed(float(x))} {percent(float(e))} ({percent(float(lo))} to {percent(float(up))})"
        for x, e, lo, up in zip(found.at, found.estimate, found.lower, found.upper, strict=True)
    )
    return f"{share_title(found, wording)}. With 95% intervals ({found.source}): {points}."


def share_curve_table(found: ShareCurve) -> pd.DataFrame:
    """Return the curve, and the intervals where they were sought."""
    curve = pd.DataFrame({found.predictor: found.grid, "share": found.share})
    points = pd.DataFrame(
        {
            found.predictor: found.at,
            "share": found.estimate,
            "lower": found.lower,
            "upper": found.upper,
        }
    )
    both = pd.concat([points, curve], ignore_index=True)
    return both.drop_duplicates(found.predictor).sort_values(found.predictor, ignore_index=True)
