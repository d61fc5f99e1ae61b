"""Profile-likelihood intervals: what the data say of each parameter, all others free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import chdtri

from core.estimators.inference import coefficient_names
from core.exceptions import SpecError
from core.fitting.multilevel import find_optimum, solve_at, unit_of
from core.fitting.scaled import scale_model
from core.fitting.search.criterion import problem_of
from core.fitting.search.deviance import Deviance, Pin, derivatives, descend
from core.results import MultilevelFit
from core.types import BoolArray, FloatArray, IntArray

_STEPS = 12


@dataclass(frozen=True, eq=False)
class ProfileCurve:
    """One parameter's profile: values and the rise of the deviance above its minimum."""

    value: FloatArray
    deviance: FloatArray

    @property
    def zeta(self) -> FloatArray:
        """Signed square root of the rise: a straight line where a Wald interval would do."""
        sign = np.where(self.value < self.value[np.argmin(self.deviance)], -1.0, 1.0)
        return np.asarray(sign * np.sqrt(self.deviance))


@dataclass(frozen=True, eq=False)
class Profile:
    """Profile-likelihood intervals of a multilevel fit.

    Attributes
    ----------
    intervals : DataFrame
        ``name, estimate, lower, upper``: sds and correlations of the varying coefficients
        (``sd_<term>``, ``cor_<slope>.(Intercept)``), ``sigma_y``, then the fixed effects
        (see ``coefficient_names``). ``estimate`` is that of maximum likelihood.
    curves : mapping of str to ProfileCurve
    level : float
    """

    intervals: pd.DataFrame
    curves: Mapping[str, ProfileCurve] = field(repr=False)
    level: float

    def interval(self, name: str) -> tuple[float, float]:
        """Return the ends of an interval."""
        row = self.intervals.loc[self.intervals["name"] == name].iloc[0]
        return float(row["lower"]), float(row["upper"])


@dataclass(frozen=True, eq=False)
class _Task:
    """The model whose likelihood is profiled: names, the point of the maximum, its deviance."""

    deviance: Deviance
    names: tuple[str, ...]
    phi: FloatArray
    top: float
    free: BoolArray
    contrasts: FloatArray
    offsets: FloatArray
    estimates: FloatArray
    scales: FloatArray

    def raw(self, i: int, values: FloatArray) -> FloatArray:
        """Return values of one parameter in the reader's units."""
        j = i - (len(self.names) - len(self.offsets))
        return np.asarray(values * self.scales[i] + (self.offsets[j] if j >= 0 else 0.0))


def profile(fit: MultilevelFit, level: float = 0.95) -> Profile:
    """Return profile-likelihood intervals for variances, correlations and fixed effects.

    Parameters
    ----------
    fit : MultilevelFit
        REML or ML; the profile is of the plain likelihood either way, as lme4's.
    level : float

    Raises
    ------
    SpecError
        When ``level`` is not between 0 and 1.

    Notes
    -----
    Both ends of all intervals are sought at once by secants on the signed root of the deviance,
    each step a batch of constrained Newton searches (Bates et al. 2015, section 5.1; Venzon &
    Moolgavkar 1988). An end that the likelihood never reaches lies on the bound.
    """
    if not 0.0 < level < 1.0:
        raise SpecError(f"level must lie between 0 and 1, not {level!r}.")
    task = _task(fit)
    cut = float(np.sqrt(chdtri(1, 1.0 - level)))
    ends, seen = _seek(task, cut, np.arange(len(task.names)))
    told = np.column_stack([task.estimates, ends])
    frame = pd.DataFrame(
        np.array([task.raw(i, told[i]) for i in range(len(task.names))]),
        columns=["estimate", "lower", "upper"],
    )
    frame.insert(0, "name", task.names)
    curves = {}
    for i, name in enumerate(task.names):
        points = np.array(sorted({*seen[i], (float(task.estimates[i]), 0.0)}))
        curves[name] = ProfileCurve(task.raw(i, points[:, 0]), points[:, 1])
    return Profile(frame, curves, level)


def profile_curve(
    fit: MultilevelFit, name: str, level: float = 0.95, n_points: int = 41
) -> tuple[ProfileCurve, tuple[float, float]]:
    """Return the profile of one parameter (named as in ``Profile.intervals``) on an even grid
    that reaches a little beyond its interval, and that interval.

    Raises
    ------
    SpecError
        When the model has no such parameter.
    """
    task, i, ends = _ends_of(fit, name, level)
    low, high = _bounds(task)
    reach = 0.35 * (ends[0, 1] - ends[0, 0])
    start, stop = max(ends[0, 0] - reach, low[i]), min(ends[0, 1] + reach, high[i])
    value = np.linspace(start, stop, n_points)
    if name == "sigma_y":
        value = np.maximum(value, 1e-6 * task.estimates[i])
    phi = np.repeat(task.phi[None], n_points, axis=0)
    rise, _ = _profiled(task, np.full(n_points, i), value, phi)
    known = np.isfinite(rise)
    curve = ProfileCurve(task.raw(i, value[known]), np.maximum(rise[known], 0.0))
    lower, upper = task.raw(i, ends[0])
    return curve, (float(lower), float(upper))


def profile_interval(fit: MultilevelFit, name: str, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of one parameter alone; SpecError where the model has none such."""
    task, i, ends = _ends_of(fit, name, level)
    lower, upper = task.raw(i, ends[0])
    return float(lower), float(upper)


def _ends_of(fit: MultilevelFit, name: str, level: float) -> tuple[_Task, int, FloatArray]:
    task = _task(fit)
    if name not in task.names:
        raise SpecError(f"The model has no parameter '{name}' to profile.")
    i = task.names.index(name)
    ends, _ = _seek(task, float(np.sqrt(chdtri(1, 1.0 - level))), np.array([i]))
    return task, i, ends


def ratio_interval(fit: MultilevelFit, level: float = 0.95, at: float = 0.0) -> tuple[float, float]:
    """Return the profile interval of sd / sigma_y of the groups' lines where x is ``at``.

    The group standard deviation of ``alpha_j + beta_j at`` over the residual one: what the
    intraclass correlation is made of. ``at`` needs one varying slope or none.
    """
    task = _task(fit, ratio_at=at)
    ends, _ = _seek(task, float(np.sqrt(chdtri(1, 1.0 - level))), np.array([0]))
    lower, upper = ends[0] * task.scales[0]
    return float(lower), float(upper)


def _task(fit: MultilevelFit, ratio_at: float | None = None) -> _Task:
    data, k = fit.data, len(fit.varying_names)
    model = scale_model(data, fit.moments)
    optimum = find_optimum(model, reml=False, correlated=fit.spec.correlated)
    solution = solve_at(model, optimum.D, reml=False)
    unit = unit_of(model)
    problem = problem_of(model, unit, reml=False)
    origin = np.eye(k)
    if ratio_at is not None and k == 2:
        origin[0, 1] = -ratio_at
    variance = solution.variance if ratio_at is None else 1.0
    z: FloatArray = np.asarray(np.linalg.solve(origin, model.z_to_raw))
    sds, rho = _at_maximum(z, optimum.D, variance)
    measure = np.maximum(sds, np.abs(np.diag(z)) / unit * np.sqrt(variance))
    into_units = unit[:, None] * np.linalg.inv(z) * measure
    deviance = Deviance(problem, into_units, relative=ratio_at is not None)
    phi = np.concatenate([sds / measure, rho, [0.5 * np.log(solution.variance)]])
    free = np.ones(deviance.size, dtype=bool)
    if not fit.spec.correlated:
        free[k:-1] = False
    rows, cols = np.triu_indices(k, 1)
    names = [f"sd_{n}" for n in fit.varying_names]
    if fit.spec.correlated:
        names += [
            f"cor_{fit.varying_names[b]}.{fit.varying_names[a]}"
            for a, b in zip(rows, cols, strict=True)
        ]
    fixef = [data.fixef_names[i] for i in model.used]
    names += ["sigma_y", *coefficient_names([*names, "sigma_y"], fixef)]
    offsets = np.where(model.used == 0, model.y_center, 0.0)
    shown = np.concatenate([phi[:-1][free[:-1]], [np.exp(phi[-1])], model.to_raw @ solution.beta])
    in_y = np.full(1 + model.p, model.y_scale)
    by_sd = measure * (model.y_scale if ratio_at is None else 1.0)
    scales = np.concatenate([by_sd, np.ones(int(free[k:-1].sum())), in_y])
    top = float(deviance(phi[None], _no_pins(1, model.p))[0][0])
    return _Task(deviance, tuple(names), phi, top, free, model.to_raw, offsets, shown, scales)


def _at_maximum(z: FloatArray, D: FloatArray, variance: float) -> tuple[FloatArray, FloatArray]:
    """Return the sds and correlations of raw Sigma at the maximum."""
    k = len(D)
    Sigma = variance * z @ D @ z.T
    sd = np.sqrt(np.diag(Sigma))
    rows, cols = np.triu_indices(k, 1)
    product = sd[rows] * sd[cols]
    rho = np.divide(Sigma[rows, cols], product, out=np.zeros_like(product), where=product > 0)
    return sd, np.clip(rho, -1.0, 1.0)


def _seek(
    task: _Task, cut: float, wanted: IntArray
) -> tuple[FloatArray, list[set[tuple[float, float]]]]:
    """Return both ends of the wanted intervals (scaled), and the points met on the way."""
    n = len(wanted)
    which = np.repeat(wanted, 2)
    side = np.tile([-1.0, 1.0], n)
    low, high = _bounds(task)
    centre = task.estimates[which]
    bound = np.where(side < 0, low[which], high[which])
    step = _first_steps(task)[which] * cut
    value = np.where(side < 0, np.maximum(centre - step, bound), np.minimum(centre + step, bound))
    phi = np.repeat(task.phi[None], len(which), axis=0)
    inside, z_inside = centre.copy(), np.zeros(len(which))
    outside = np.full(len(which), np.nan)
    z_outside = np.full(len(which), np.nan)
    seen: list[set[tuple[float, float]]] = [set() for _ in task.names]
    open_rows = value != centre
    ends = bound.copy()
    for _ in range(_STEPS):
        rows = np.flatnonzero(open_rows)
        if not len(rows):
            break
        rise, phi[rows] = _profiled(task, which[rows], value[rows], phi[rows])
        zeta = np.sqrt(np.maximum(rise, 0.0))
        for row, at, up in zip(rows, value[rows], rise, strict=True):
            if np.isfinite(up):
                seen[which[row]].add((float(at), max(float(up), 0.0)))
        below = zeta < cut
        inside[rows] = np.where(below, value[rows], inside[rows])
        z_inside[rows] = np.where(below, zeta, z_inside[rows])
        outside[rows] = np.where(below, outside[rows], value[rows])
        z_outside[rows] = np.where(below, z_outside[rows], zeta)
        at_bound = below & (value[rows] == bound[rows])
        done = at_bound | (np.abs(zeta - cut) < 1e-6)
        ends[rows] = np.where(done, value[rows], ends[rows])
        open_rows[rows[done]] = False
        rows = rows[~done]
        value[rows] = _next(
            (inside[rows], z_inside[rows]),
            (outside[rows], z_outside[rows]),
            cut,
            bound[rows],
            centre[rows],
        )
        ends[rows] = value[rows]
    return ends.reshape(n, 2), seen


def _next(
    inside: tuple[FloatArray, FloatArray],
    outside: tuple[FloatArray, FloatArray],
    cut: float,
    bound: FloatArray,
    centre: FloatArray,
) -> FloatArray:
    """Return where to look next: between two points that bracket the cut, else further out."""
    (v0, z0), (v1, z1) = inside, outside
    bracketed = np.isfinite(v1) & np.isfinite(z1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip((cut - z0) / (z1 - z0), 0.02, 0.98)
        between = v0 + share * (v1 - v0)
        between = np.where(bracketed, between, 0.5 * (v0 + v1))
        reach = centre + (v0 - centre) * np.clip(1.02 * cut / z0, 1.1, 4.0)
    outward = np.where(bound < centre, np.maximum(reach, bound), np.minimum(reach, bound))
    return np.where(np.isfinite(v1), between, outward)


def _bounds(task: _Task) -> tuple[FloatArray, FloatArray]:
    n_fixed = len(task.offsets)
    names = task.names[: len(task.names) - n_fixed]
    low = [-1.0 if n.startswith("cor_") else 0.0 for n in names] + [-np.inf] * n_fixed
    high = [1.0 if n.startswith("cor_") else np.inf for n in names] + [np.inf] * n_fixed
    return np.array(low), np.array(high)


def _first_steps(task: _Task) -> FloatArray:
    """Return a rough standard error of every parameter, to set out with."""
    m = task.deviance.size
    pin = _no_pins(1, task.deviance.problem.p)
    hessian = derivatives(task.deviance, task.phi[None], pin)[2]
    H = hessian[0][np.ix_(task.free, task.free)]
    values, vectors = np.linalg.eigh(H)
    cov = 2.0 * (vectors / np.maximum(np.abs(values), 1e-8 * np.abs(values).max())) @ vectors.T
    se = np.zeros(m)
    se[task.free] = np.sqrt(np.maximum(np.diag(cov), 0.0))
    k = task.deviance.k
    sigma = float(np.exp(task.phi[-1]))
    sd = np.clip(se[:k], 1e-3, 0.5)
    rho = np.clip(se[k:-1], 0.05, 0.5)[task.free[k:-1]]
    fixed = _fixed_se(task, task.deviance.problem.p)
    return np.concatenate([sd, rho, [se[-1] * sigma], fixed])


def _fixed_se(task: _Task, p: int) -> FloatArray:
    """Return Wald standard errors of the fixed effects at the maximum (scaled outcome)."""
    phi = np.repeat(task.phi[None], p, axis=0)
    estimate = task.estimates[-p:]
    away = np.abs(estimate) + 1.0
    pin = Pin(task.contrasts, estimate + away, np.ones(p, dtype=bool))
    rise = task.deviance(phi, pin)[0] - task.top
    return np.asarray(away / np.sqrt(np.maximum(rise, 1e-12)))


def _no_pins(n: int, p: int) -> Pin:
    return Pin(np.zeros((n, p)), np.zeros(n), np.zeros(n, dtype=bool))


def _profiled(
    task: _Task, which: IntArray, value: FloatArray, phi: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Minimise the deviance with one parameter of each row held; return its rise and phi."""
    n_params = len(task.names) - len(task.offsets)
    is_fixed = which >= n_params
    pin = Pin(
        np.where(is_fixed[:, None], task.contrasts[np.maximum(which - n_params, 0)], 0.0),
        np.where(is_fixed, value, 0.0),
        is_fixed,
    )
    phi = phi.copy()
    held = np.repeat(~task.free[None], len(which), axis=0)
    positions = np.flatnonzero(task.free)
    for row in np.flatnonzero(~is_fixed):
        at = positions[which[row]]
        held[row, at] = True
        phi[row, at] = np.log(value[row]) if at == len(task.free) - 1 else value[row]
    at_value = descend(task.deviance, phi, held, pin)
    return at_value - task.top, phi
