"""How well every position of the dial predicts new rows of known groups."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core import formats
from core.estimators.holding_out.folds import Fold, make_folds
from core.estimators.training import KNOWN
from core.explore.dial.curve import dial_range
from core.explore.dial.directions import Directions, Solutions, directions_of
from core.explore.dial.numbers import limit_fixef
from core.explore.dial.path import DialPath
from core.fitting.inverse import group_inverse
from core.types import FloatArray

#: Positions per fold at which sigma_y is looked up, and the most that are scored.
_LOOK, _SCORED = 32, 37
#: Tables with more rows than this have no cross-validation along the dial.
MOST_ROWS = 300_000


@dataclass(frozen=True, eq=False)
class DialValidation:
    """The cross-validated error along the dial: new rows of known groups.

    Attributes
    ----------
    c : FloatArray, shape (E,)
        Positions, increasing, from 0 (complete pooling) to ``inf`` (no pooling).
    rmse : FloatArray, shape (E,)
        Root mean squared error of the held-out rows, outcome units.
    best : float
        Position with the least error.
    same : (float, float)
        Positions around it whose mean squared error is within one standard error (of the
        difference, groups as the independent units) of the least.
    folds, seed : int
    sentence : str
    """

    c: FloatArray
    rmse: FloatArray
    best: float
    same: tuple[float, float]
    folds: int
    seed: int
    sentence: str


def dial_validation(
    path: DialPath, *, folds: int = 10, seed: int = 0, c: FloatArray | None = None
) -> DialValidation | None:
    """Return the cross-validated error along the dial; None where there are too many rows.

    Parameters
    ----------
    path : DialPath
    folds : int
        Fewer where there are fewer rows.
    seed : int
    c : FloatArray, optional
        Positions to score, increasing; over the dial's range and both stops by default.

    Notes
    -----
    ``c`` stands for the same Sigma in every fold, that of the dial; fixed effects, sigma_y
    and the groups' own lines come from the other folds alone. At the no-pooling stop a group
    without a line of its own is filled up from the others, as on the dial.
    """
    data = path.fits.data
    if data.n_obs > MOST_ROWS or data.n_obs < 4 or data.in_hand is not data:
        return None
    folds = min(folds, data.n_obs)
    at = _positions(path) if c is None else np.asarray(c, dtype=np.float64)
    square = np.zeros((len(at), data.n_groups))
    rows = np.zeros(data.n_groups)
    for fold in make_folds(data, path.fits.moments, "people", folds, seed):
        if list(fold.training.model.used) != list(path.model.used):
            return None
        known = np.flatnonzero(fold.rows.kind == KNOWN)
        error = _errors(path, fold, at)[:, known]
        group = fold.rows.group[known]
        rows += np.bincount(group, minlength=data.n_groups)
        for e in range(len(at)):
            square[e] += np.bincount(group, error[e] ** 2, minlength=data.n_groups)
    if not rows.any():
        return None
    rmse = np.sqrt(square.sum(axis=1) / rows.sum())
    best = int(np.argmin(rmse))
    same = _same(at, square, best)
    return DialValidation(at, rmse, float(at[best]), same, folds, seed, _sentence(at[best], same))


def _positions(path: DialPath) -> FloatArray:
    low, high = dial_range(path)
    inside = np.logspace(np.log10(low), np.log10(high), _SCORED - 2)
    nearest = int(np.argmin(np.abs(np.log(inside))))
    inside[nearest] = 1.0
    return np.concatenate([[0.0], inside, [np.inf]])


def _errors(path: DialPath, fold: Fold, c: FloatArray) -> FloatArray:
    """Return outcome minus prediction of the fold's rows at each position, (E, n)."""
    training = fold.training
    model = training.model
    inverse = group_inverse(training.moments, training.data.varying, model.mix)
    groups = directions_of(model, inverse, path.shape)
    stop = groups if path.stop is path.groups else directions_of(model, inverse, path.stop_shape)
    learnt = replace(path, model=model, inverse=inverse, groups=groups, stop=stop)
    inside = (c > 0) & np.isfinite(c)
    beta = np.empty((len(c), model.p))
    modes = np.zeros((len(c), model.k, training.n_groups))
    if inside.any():
        found = _settings(learnt, c[inside])
        beta[inside] = found.beta
    for e, i in enumerate(np.flatnonzero(inside)):
        w = found.t[e] * groups.strength / (1.0 + found.t[e] * groups.strength)
        modes[i] = _modes(groups, found.beta[e], w)
    p = model.p
    beta[c == 0] = np.linalg.solve(model.WW[:p, :p], model.WW[:p, p])
    if np.isinf(c).any():
        beta[np.isinf(c)] = limit_fixef(stop)
        modes[np.isinf(c)] = _modes(stop, limit_fixef(stop), (stop.strength > 0).astype(float))
    design = training.design(fold.rows)
    predicted = beta @ design.X[:, model.used].T
    predicted += np.einsum("na,ean->en", design.Z, modes[:, :, fold.rows.group])
    y = path.fits.data.y[fold.where]
    return np.asarray(y - model.y_center - model.y_scale * predicted)


def _modes(groups: Directions, beta: FloatArray, weights: FloatArray) -> FloatArray:
    contrast = np.append(-np.linalg.solve(groups.basis, beta), 1.0)
    apart = np.einsum("p,plj->lj", contrast, groups.own)
    return np.asarray(np.einsum("klj,lj->kj", groups.axes, weights * apart))


def _settings(path: DialPath, c: FloatArray) -> Solutions:
    """Return the solutions at positions c: looked up on a grid, then by secant steps."""
    low, high = path.ratio_range
    log_c = np.log(c)
    grid = np.linspace(log_c.min() - np.log(high) - 0.2, log_c.max() - np.log(low) + 0.2, _LOOK)
    seen = np.log(path.c_of(path.solve(np.exp(grid))))
    if not (np.diff(seen) > 0).all():
        return path.solve(np.array([min(path.t_of(float(v)), 1e12) for v in c]))
    log_t = np.interp(log_c, seen, grid)
    slope = np.interp(log_c, seen, np.gradient(grid, seen))
    for _ in range(3):
        gap = np.log(path.c_of(path.solve(np.exp(log_t)))) - log_c
        if np.abs(gap).max() < 1e-9:
            break
        log_t = log_t - slope * gap
    return path.solve(np.exp(log_t))


def _same(c: FloatArray, square: FloatArray, best: int) -> tuple[float, float]:
    """Return the positions around the best that are not clearly worse."""
    apart = square - square[best]
    n = square.shape[1]
    centred = apart - apart.mean(axis=1, keepdims=True)
    se = np.sqrt(n / max(n - 1, 1) * (centred**2).sum(axis=1))
    excess = apart.sum(axis=1) - se
    excess[best] = -np.inf
    first = last = best
    while first > 0 and excess[first - 1] <= 0:
        first -= 1
    while last < len(c) - 1 and excess[last + 1] <= 0:
        last += 1
    return _edge(c, excess, first, first - 1), _edge(c, excess, last, last + 1)


def _edge(c: FloatArray, excess: FloatArray, inside: int, outside: int) -> float:
    """Return where, between two neighbouring positions, the excess crosses zero."""
    ends = 0 <= outside < len(c) and np.isfinite(c[outside]) and c[outside] > 0
    if not ends or not np.isfinite(excess[inside]) or not 0 < c[inside] < np.inf:
        return float(c[inside])
    share = excess[inside] / (excess[inside] - excess[outside])
    return float(c[inside] * (c[outside] / c[inside]) ** share)


def _sentence(best: float, same: tuple[float, float]) -> str:
    where = f"Left-out rows of known groups are predicted best at {_named(best)}"
    if same[0] == same[1]:
        return f"{where}."
    if same == (0.0, np.inf):
        return f"{where}, but within one standard error every position does as well."
    return (
        f"{where}; from {_named(same[0])} to {_named(same[1])} is as good, within one "
        "standard error."
    )


def _named(c: float) -> str:
    if c == 0:
        return "complete pooling"
    if c == np.inf:
        return "no pooling"
    return f"{formats.number(c, 2)} times"
