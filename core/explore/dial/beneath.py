"""Where the dial should stand, by the likelihood: the profile along it and what it rules out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from core import formats
from core.explore.dial.curve import DialCurve, dial_curve
from core.explore.dial.numbers import dial
from core.explore.dial.path import DialPath
from core.types import FloatArray

#: Half of the 95% point of chi-square with one degree of freedom.
DROP_95 = 1.9207294103470938
#: A dip of the likelihood shallower than this is rounding.
_DIP = 1e-5


@dataclass(frozen=True, eq=False)
class DialEvidence:
    """The profiled (restricted) likelihood along the dial.

    Attributes
    ----------
    c : FloatArray, shape (E,)
        Positions, increasing.
    log_likelihood : FloatArray, shape (E,)
        Relative to the highest along the dial: 0 at the top.
    at_complete : float
        The same at c = 0.
    top : float
        Position of the highest likelihood: 1, unless a variance is estimated as zero.
    interval : (float, float)
        Positions at which it has dropped by 1.92, around the top: 95% confidence. 0 where
        complete pooling is not ruled out. With one varying coefficient this is the profile
        interval of its sd (squared, over the estimate's square).
    modes : tuple of float
        Other positions with a likelihood higher than all around them, highest first.
    is_reml : bool
    sentence : str
        What this says about the dial.
    """

    c: FloatArray
    log_likelihood: FloatArray
    at_complete: float
    top: float
    interval: tuple[float, float]
    modes: tuple[float, ...]
    is_reml: bool
    sentence: str


def dial_evidence(path: DialPath, curve: DialCurve | None = None) -> DialEvidence:
    """Return the likelihood along the dial, with its 95% interval and its modes."""
    curve = curve or dial_curve(path)
    log_t = _grid(curve)
    c = np.exp(curve.log_c(log_t))
    value = curve.at(log_t)[2]
    at_complete = dial(path, 0.0).criterion_value
    at_one = dial(path, 1.0).criterion_value
    lowest = min(float(value.min()), at_one, at_complete)
    top = 1.0 if at_one <= lowest + 1e-6 else float(c[int(np.argmin(value))])
    if at_complete <= lowest:
        top = 0.0
    interval = _interval(path, curve, log_t, (at_complete, lowest))
    relative = -0.5 * (value - lowest)
    modes = _other_modes(c, relative, -0.5 * (at_complete - lowest), top)
    return DialEvidence(
        c=c,
        log_likelihood=relative,
        at_complete=-0.5 * (at_complete - lowest),
        top=top,
        interval=interval,
        modes=modes,
        is_reml=path.is_reml,
        sentence=_sentence(top, interval, modes, bool(path.substituted)),
    )


def _grid(curve: DialCurve) -> FloatArray:
    """Return points of log t for drawing: finer around a top that many groups make sharp."""
    log_t = curve.grid
    value = curve.at(log_t)[2]
    here = int(np.argmin(value))
    if here in (0, len(log_t) - 1):
        return log_t
    ends = (float(log_t[here - 1]), float(log_t[here + 1]))
    found = minimize_scalar(lambda x: float(curve.at(x)[2]), bounds=ends, options={"xatol": 1e-9})
    top, step = float(found.x), 0.1 * (ends[1] - ends[0])
    bend = float(curve.at(top - step)[2] + curve.at(top + step)[2] - 2.0 * found.fun) / step**2
    half = np.sqrt(2.0 * 2.0 * DROP_95 / max(bend, 1e-12))
    if half > 4.0 * (ends[1] - ends[0]):
        return log_t
    finer = np.clip(top + half * np.linspace(-3.0, 3.0, 61), *_branch_of(curve, top))
    return np.unique(np.concatenate([log_t, finer, [top]]))


def _branch_of(curve: DialCurve, log_t: float) -> tuple[float, float]:
    return next(b for b in curve.branches if b[0] <= log_t <= b[1])


def _interval(
    path: DialPath, curve: DialCurve, log_t: FloatArray, heights: tuple[float, float]
) -> tuple[float, float]:
    """Return where the criterion is 3.84 above its minimum, to each side of the top.

    ``heights`` are the criterion at c = 0 and at its lowest.
    """
    at_complete, limit = heights[0], heights[1] + 2.0 * DROP_95
    value = curve.at(log_t)[2]
    is_out = value > limit
    here = int(np.argmin(value))

    def crossing(i: int, j: int) -> float:
        root = brentq(lambda x: float(curve.at(x)[2]) - limit, log_t[i], log_t[j], xtol=1e-12)
        return float(np.exp(curve.log_c(root)))

    below, beyond = np.flatnonzero(is_out[:here]), here + np.flatnonzero(is_out[here:])
    ends = np.exp(curve.log_c(log_t[[0, -1]]))
    if at_complete <= limit and not len(below):
        low = 0.0
    elif len(below):
        low = crossing(int(below[-1]), int(below[-1]) + 1)
    else:
        low = _search(path, limit, float(ends[0]), 0.2)
    if not len(beyond):
        high = _search(path, limit, float(ends[1]), 5.0)
    elif beyond[0] == 0:
        high = _search(path, limit, float(ends[0]), 0.2)
    else:
        high = crossing(int(beyond[0]) - 1, int(beyond[0]))
    return low, high


def _search(path: DialPath, limit: float, start: float, factor: float) -> float:
    """Return the crossing beyond the drawn range, found by going outwards."""

    def above(c: float) -> float:
        return dial(path, c).criterion_value - limit

    sign = above(start)
    for _ in range(60):
        stop = start * factor
        if above(stop) * sign <= 0:
            return float(brentq(above, min(start, stop), max(start, stop), rtol=1e-10))
        start = stop
    return start


def _other_modes(
    c: FloatArray, relative: FloatArray, at_complete: float, top: float
) -> tuple[float, ...]:
    """Return other local tops of the likelihood along the dial, highest first."""
    padded = np.concatenate([[at_complete], relative, [-np.inf]])
    places = np.concatenate([[0.0], c])
    higher = np.append(True, padded[1:-1] > padded[:-2]) & (padded[:-1] > padded[1:])
    found = []
    here = int(np.argmin(np.abs(places - top)))
    for i in map(int, np.flatnonzero(higher)):
        between = padded[min(i, here) : max(i, here) + 1]
        if padded[i] - between.min() > _DIP and i != here:
            found.append((float(padded[i]), float(places[i])))
    return tuple(place for _, place in sorted(found, reverse=True))


def _sentence(
    top: float, interval: tuple[float, float], modes: tuple[float, ...], is_substituted: bool
) -> str:
    """Return what the likelihood rules out and what it leaves open."""
    low, high = interval
    unit = "the variance at the middle of the dial" if is_substituted else "the estimated variance"
    if top == 0:
        text = (
            "The likelihood is highest at complete pooling, and allows anything up to "
            f"{times(high)} {unit}."
        )
    elif low == 0:
        text = (
            f"The data hardly know: the 95% interval holds everything from complete pooling to "
            f"{times(high)} {unit}."
        )
    elif high / low > 30:
        text = (
            f"The data know little: the 95% interval runs from {times(low)} to {times(high)} "
            f"{unit}; complete pooling is out."
        )
    else:
        text = (
            f"Complete pooling is out, and so is no pooling: the 95% interval runs from "
            f"{times(low)} to {times(high)} {unit}."
        )
    if modes:
        where = "complete pooling" if modes[0] == 0 else f"{times(modes[0])} {unit}"
        text += f" There is a second peak at {where}."
    return text


def times(c: float) -> str:
    """Return a multiple in words: ``0.4 times``."""
    return f"{formats.number(c, 2)} times"
