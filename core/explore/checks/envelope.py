"""Reference bands: where a curve may lie if the model is true, all of it at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.types import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Envelope:
    """A curve beside those that the model makes.

    Attributes
    ----------
    observed, centre, lower, upper : FloatArray, shape (m,)
        The curve; the median of the simulated ones; a band that holds the whole of a
        simulated curve with probability ``level``.
    outside : BoolArray, shape (m,)
        Where the curve leaves the band.
    p_value : float
        Share of simulated curves that stray as far as this one somewhere.
    n_simulated : int
    """

    observed: FloatArray
    centre: FloatArray
    lower: FloatArray
    upper: FloatArray
    outside: BoolArray
    p_value: float
    level: float
    n_simulated: int

    @property
    def is_inside(self) -> bool:
        """Whether the whole curve lies in the band."""
        return not bool(self.outside.any())


def envelope(observed: FloatArray, simulated: FloatArray, level: float = 0.95) -> Envelope:
    """Return the band of simulated curves that holds a whole curve at once.

    Parameters
    ----------
    observed : FloatArray, shape (m,)
    simulated : FloatArray, shape (B, m)
        NaN in both where a point is not defined.

    Notes
    -----
    At every point, distances from the median are measured in the distance of the 2.5% or
    97.5% quantile on that side; the band is as wide as the ``level`` quantile, over the
    simulated curves, of the largest distance (Myllymaki et al. 2017, JRSS B 79, 381-404). The
    observed curve takes part in the median and the quantiles as one among all: if the model
    is true, all are alike, so the p value is exact with however few simulated curves.
    """
    centre, low, high = _middle(np.concatenate([observed[None], simulated]))
    up, down = high - centre, centre - low
    size = max(float(np.nanmax(high - low, initial=0.0)), 1e-300)
    up, down = np.maximum(up, 1e-9 * size), np.maximum(down, 1e-9 * size)
    apart = _stray(simulated, centre, down, up)
    far = float(_stray(observed[None], centre, down, up)[0])
    reach = float(np.quantile(apart, level, method="higher"))
    lower, upper = centre - reach * down, centre + reach * up
    with np.errstate(invalid="ignore"):
        outside = (observed < lower) | (observed > upper)
    p = (1.0 + float(np.sum(apart >= far))) / (1.0 + len(apart))
    return Envelope(observed, centre, lower, upper, outside, p, level, len(simulated))


def _middle(simulated: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    defined = np.isfinite(simulated)
    if defined.all():
        low, centre, high = np.quantile(simulated, [0.025, 0.5, 0.975], axis=0)
        return centre, low, high
    out = np.full((3, simulated.shape[1]), np.nan)
    some = defined.any(axis=0)
    out[:, some] = np.nanquantile(simulated[:, some], [0.025, 0.5, 0.975], axis=0)
    return out[1], out[0], out[2]


def _stray(curves: FloatArray, centre: FloatArray, down: FloatArray, up: FloatArray) -> FloatArray:
    """Return how far each curve strays at its worst, in widths of the band."""
    gap = curves - centre
    relative = np.where(gap >= 0, gap / up, -gap / down)
    return np.asarray(np.max(np.nan_to_num(relative, nan=0.0), axis=1))
