"""The functions of c that the dial needs, as polynomials that a browser can evaluate.

Along the dial everything depends on log t through ``w = t lambda / (1 + t lambda)``, which
has no singularity within pi of the real axis. So a Chebyshev series in log t converges
geometrically: some eighty terms give ten digits over eight decades, for any number of groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.explore.dial.path import DialPath
from core.types import FloatArray

#: Relative size of the last coefficients at which a series is long enough.
_ENOUGH = 1e-13
_MOST_TERMS = 256
_DENSE = 1200


@dataclass(frozen=True, eq=False)
class DialCurve:
    """Fixed effects, sigma_y and the criterion along the dial.

    Attributes
    ----------
    log_t : (float, float)
        Ends of the interval of log t that the series are for.
    series : FloatArray, shape (3 + p, terms)
        Chebyshev coefficients over that interval of: log(c / t), log sigma_y (outcome
        units), the criterion (-2 log likelihood, outcome units), the raw fixed effects.
    branches : tuple of (float, float)
        Intervals of log t, in order, over which c grows and is the likeliest answer;
        one but for data with two explanations.
    """

    path: DialPath
    log_t: tuple[float, float]
    series: FloatArray
    branches: tuple[tuple[float, float], ...]

    def at(self, log_t: FloatArray | float) -> FloatArray:
        """Return the functions at points of log t, shape (3 + p, E)."""
        low, high = self.log_t
        x = (2.0 * np.asarray(log_t) - low - high) / (high - low)
        return np.asarray(np.polynomial.chebyshev.chebval(x, self.series.T), dtype=np.float64)

    def log_c(self, log_t: FloatArray | float) -> FloatArray:
        """Return log c at points of log t."""
        return np.asarray(log_t + self.at(log_t)[0])

    @cached_property
    def grid(self) -> FloatArray:
        """Points of log t along the branches, for drawing, shape (E,)."""
        total = sum(b - a for a, b in self.branches)
        parts = [np.linspace(a, b, max(3, round(160 * (b - a) / total))) for a, b in self.branches]
        return np.concatenate(parts)


def dial_curve(path: DialPath, c: tuple[float, float] | None = None) -> DialCurve:
    """Return the functions along the dial between two positions.

    Parameters
    ----------
    path : DialPath
    c : (float, float), optional
        Positive ends; ``dial_range(path)`` by default.
    """
    low, high = c or dial_range(path)
    least, most = path.ratio_range
    ends = (float(np.log(low / most)) - 0.1, float(np.log(high / least)) + 0.1)
    half = 0.5 * (ends[1] - ends[0])
    width = np.pi / half
    terms = int(24.0 / np.log(width + np.sqrt(1.0 + width**2))) + 8
    while True:
        series = _series(path, ends, terms)
        size = np.abs(series).max(axis=1)
        tail = np.abs(series[:, -3:]).max(axis=1)
        if (tail <= _ENOUGH * np.maximum(size, 1e-300)).all() or terms >= _MOST_TERMS:
            break
        terms = min(round(1.5 * terms), _MOST_TERMS)
    found = DialCurve(path, ends, series, ())
    return DialCurve(path, ends, series, _branches(found))


def dial_range(path: DialPath) -> tuple[float, float]:
    """Return where the dial's scale begins and ends: nearly all and nearly nothing shared.

    A round number, with c = 1 inside, and the stops of the dial beyond it.
    """
    strength = path.groups.strength[path.groups.strength > 0]
    if not len(strength):
        return 1e-2, 1e2
    t = np.exp(np.linspace(-14.0, 14.0, 113)) / path.middle
    shared = np.array([float((1.0 / (1.0 + at * strength)).mean()) for at in t])
    low = float(t[np.flatnonzero(shared > 0.985)[-1]])
    high = float(t[np.flatnonzero(shared < 0.015)[0]])
    steps = np.log10(np.clip([low, high], 1e-4, 1e4))
    return (
        float(min(10.0 ** np.floor(steps[0]), 0.1)),
        float(max(10.0 ** np.ceil(steps[1]), 10.0)),
    )


def raw_fixef(path: DialPath, beta: FloatArray) -> FloatArray:
    """Return scaled fixed effects (E, p) in raw units for the columns in use, (E, p)."""
    raw: FloatArray = path.model.y_scale * (beta @ path.model.to_raw.T)
    raw[:, 0] += path.model.y_center
    return raw


def _series(path: DialPath, ends: tuple[float, float], terms: int) -> FloatArray:
    """Interpolate at Chebyshev points of the first kind."""
    angle = np.pi * (np.arange(terms) + 0.5) / terms
    log_t = 0.5 * (ends[0] + ends[1]) + 0.5 * (ends[1] - ends[0]) * np.cos(angle)
    found = path.solve(np.exp(log_t))
    rows = np.vstack(
        [
            np.log(found.variance / path.reference),
            np.log(path.model.y_scale) + 0.5 * np.log(found.variance),
            found.value + path.unit_value,
            raw_fixef(path, found.beta).T,
        ]
    )
    cosines = np.cos(np.outer(np.arange(terms), angle))
    out = 2.0 / terms * rows @ cosines.T
    out[:, 0] *= 0.5
    return np.asarray(out)


def _branches(curve: DialCurve) -> tuple[tuple[float, float], ...]:
    """Return where c grows with t and no other t explains the same c better."""
    log_t = np.linspace(*curve.log_t, _DENSE)
    rows = curve.at(log_t)
    log_c, value = log_t + rows[0], rows[2]
    grows = np.diff(log_c) > 0
    if grows.all():
        return (curve.log_t,)
    edges = np.flatnonzero(np.diff(grows.astype(int))) + 1
    pieces = [p for p in np.split(np.arange(_DENSE - 1), edges) if grows[p[0]]]
    at = np.linspace(log_c.min(), log_c.max(), 4 * _DENSE)
    best = np.full(len(at), np.inf)
    chosen = np.full(len(at), -1)
    places = np.full(len(at), np.nan)
    for i, piece in enumerate(pieces):
        inside = np.append(piece, piece[-1] + 1)
        here = np.interp(at, log_c[inside], value[inside], left=np.inf, right=np.inf)
        better = here < best
        best[better], chosen[better] = here[better], i
        places[better] = np.interp(at[better], log_c[inside], log_t[inside])
    known = np.flatnonzero(chosen >= 0)
    cuts = np.flatnonzero(np.diff(chosen[known])) + 1
    return tuple(
        (float(places[part[0]]), float(places[part[-1]])) for part in np.split(known, cuts)
    )
