"""Estimated at the end of its range: is it really zero? What the posterior answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.explore.variance.boundary import Boundary
from core.formats import fixed, number, percent
from core.posterior.posterior import Posterior
from core.posterior.quantity import Quantity
from core.posterior.uncertainty import source_label
from core.results import PoolingFits
from core.tables.wording import Wording
from core.types import FloatArray

#: Probability up to which a density is drawn.
_DRAWN = 0.995


@dataclass(frozen=True, eq=False)
class BoundaryPosterior:
    """The posterior of a parameter that is estimated at the end of its range.

    Attributes
    ----------
    value, density : FloatArray, shape (E,)
        Values in the parameter's units, and the density there over its highest.
    median, lower, upper : float
        In the same units; the interval at the posterior's ``level``.
    level : float
    source : str
        Which posterior, as ``source_label`` says it.
    """

    value: FloatArray
    density: FloatArray
    median: float
    lower: float
    upper: float
    level: float
    source: str


def boundary_posterior(found: Boundary, made: Posterior) -> BoundaryPosterior:
    """Return the posterior of one parameter at the end of its range."""
    names = made.varying_names
    quantity: Quantity = made.sigma_group
    index: tuple[int, ...] = ()
    if found.is_correlation:
        pairs = ((b, a) for b in range(len(names)) for a in range(b))
        quantity = made.correlation
        index = next(p for p in pairs if found.name == f"cor_{names[p[0]]}.{names[p[1]]}")
    else:
        index = (names.index(found.term),)
    value, density = quantity.curve(*index)
    is_drawn = value <= max(quantity.quantile(_DRAWN, *index), found.upper)
    value, density = value[is_drawn], density[is_drawn]
    middle, low, high = (
        float(np.asarray(part)[index]) for part in (quantity.median, quantity.lower, quantity.upper)
    )
    return BoundaryPosterior(
        value, density / float(density.max()), middle, low, high, made.level, source_label(made)
    )


def posterior_title(
    made: BoundaryPosterior, found: Boundary, fits: PoolingFits, wording: Wording
) -> str:
    """Return the answer in one line."""
    if found.is_correlation:
        return (
            f"The correlation is estimated as {fixed(found.estimate, 2)}; with "
            f"{percent(made.level)} probability it lies between {fixed(made.lower, 2)} and "
            f"{fixed(made.upper, 2)}"
        )
    what = wording.term(found.term, fits.data)
    return (
        f"Estimated as zero, but not known to be zero: the standard deviation between "
        f"{wording.group.many} in their {what} is as likely above {number(made.median)} as below"
    )


def both_table(made: BoundaryPosterior, found: Boundary) -> pd.DataFrame:
    """Return likelihood and density as one table; missing where one of them is not drawn."""
    name = "correlation" if found.is_correlation else "standard deviation"
    value = np.union1d(found.curve.value, made.value)

    def along(x: FloatArray, y: FloatArray) -> FloatArray:
        return np.interp(value, x, y, left=np.nan, right=np.nan)

    return pd.DataFrame(
        {
            name: value,
            "relative likelihood": along(found.curve.value, found.likelihood),
            f"density over its highest ({made.source})": along(made.value, made.density),
        }
    )
