"""``Quantity``: what the posterior says of one number, or of an array of numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.exceptions import SpecError
from core.posterior.marginal import Distribution
from core.types import FloatArray

#: Where a density is drawn: this probability is left out on each side, and what is further
#: from the median than so many times the quartile is.
_LEFT_OUT, _REACH = 2e-4, 10.0


@dataclass(frozen=True, eq=False)
class Quantity:
    """Mean, median, sd, interval and density of a parameter, or of an array of them.

    Attributes
    ----------
    mean, median, sd, lower, upper : float or FloatArray
        Of the shape of the parameter, in its units. ``lower`` and ``upper`` leave the same
        probability out on both sides. A moment that does not exist (few groups, flat prior) is
        infinite; NaN where the model has no such number.
    level : float
        Probability between ``lower`` and ``upper``.
    """

    mean: Any
    median: Any
    sd: Any
    lower: Any
    upper: Any
    level: float
    each: Callable[[tuple[int, ...]], Distribution | None] = field(repr=False)
    many: Callable[[float], FloatArray] | None = field(default=None, repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the parameter: () for a single number."""
        return np.shape(self.mean)

    @property
    def width(self) -> Any:
        """Width of the interval, in the parameter's units."""
        return self.upper - self.lower

    def distribution(self, *index: int) -> Distribution:
        """Return the distribution of one element: ``.pdf(x)``, ``.cdf(x)``, ``.quantile(p)``.

        Raises
        ------
        SpecError
            When the model has no such number.
        """
        if len(index) != len(self.shape):
            raise SpecError(f"This quantity takes {len(self.shape)} positions, not {len(index)}.")
        found = self.each(index)
        if found is None:
            raise SpecError("The model fixes this number, so it has no distribution.")
        return found

    def density(self, x: FloatArray, *index: int) -> FloatArray:
        """Return the density of one element at values x, per unit of it."""
        return self.distribution(*index).pdf(np.asarray(x, dtype=np.float64))

    def quantile(self, probability: float | FloatArray, *index: int) -> Any:
        """Return quantiles of one element."""
        p = np.asarray(probability, dtype=np.float64)
        if not ((p > 0) & (p < 1)).all():
            raise SpecError("A quantile's probability must lie between 0 and 1.")
        found = self.distribution(*index).quantile(p)
        return float(found) if np.ndim(probability) == 0 else found

    def p_above(self, x: float, *index: int) -> Any:
        """Return the probability that the parameter is above x.

        Without positions, of every element at once, in the shape of the parameter.
        """
        if len(index) == len(self.shape):
            return float(1.0 - self.distribution(*index).cdf(np.asarray(float(x))))
        if self.many is not None:
            return self.many(float(x))
        out = np.full(self.shape, np.nan)
        for place in np.ndindex(self.shape):
            found = self.each(place)
            out[place] = np.nan if found is None else 1.0 - found.cdf(np.asarray(float(x)))
        return out

    def curve(self, *index: int, points: int = 161) -> tuple[FloatArray, FloatArray]:
        """Return values and the density there: what a figure draws, of one element."""
        made = self.distribution(*index)
        p = np.array([_LEFT_OUT, 0.25, 0.5, 0.75, 1.0 - _LEFT_OUT])
        low, first, middle, third, high = made.quantile(p)
        low = max(low, middle - _REACH * (middle - first))
        high = min(high, middle + _REACH * (third - middle))
        some = made.quantile(np.linspace(_LEFT_OUT, 1.0 - _LEFT_OUT, points // 2))
        some = some[(some > low) & (some < high)]
        x = np.union1d(np.linspace(low, high, points - points // 2), some)
        return x, made.pdf(x)


def quantity_of(made: Distribution, moments: tuple[float, float], level: float) -> Quantity:
    """Return the quantity of a single parameter from its distribution, mean and sd."""
    tail = 0.5 * (1.0 - level)
    lower, median, upper = made.quantile(np.array([tail, 0.5, 1.0 - tail]))
    return Quantity(
        moments[0], float(median), moments[1], float(lower), float(upper), level, lambda _: made
    )


def fixed_quantity(value: float, level: float) -> Quantity:
    """Return the quantity of a number that the model fixes."""
    return Quantity(value, value, 0.0, value, value, level, lambda _: None)


def stacked(parts: list[Quantity], shape: tuple[int, ...], level: float) -> Quantity:
    """Return several single quantities as one array of them."""
    names = ("mean", "median", "sd", "lower", "upper")
    arrays: dict[str, Any] = {
        n: np.array([getattr(q, n) for q in parts]).reshape(shape) for n in names
    }
    return Quantity(
        **arrays,
        level=level,
        each=lambda index: parts[int(np.ravel_multi_index(index, shape))].each(()),
    )
