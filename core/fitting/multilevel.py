"""The multilevel model: Sigma estimated from the moments, globally and with a certificate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.fitting.complete_pooling import group_targets
from core.fitting.modes import fixed_part, scaled_modes, unit_cond_var
from core.fitting.scaled import ScaledModel
from core.fitting.search.covariance import factor_of, rel_cov_of, theta_of
from core.fitting.search.criterion import CriterionProblem, evaluate, problem_of
from core.fitting.search.optimize import (
    Certificate,
    certify,
    minimise,
    snap,
    step_off,
    turn_on,
)
from core.fitting.search.starts import start_points
from core.fitting.status import diagnose, status_of
from core.moments import GroupMoments
from core.results import Diagnostic, Mode, MultilevelFit, OptSummary
from core.tables.grouped import GroupedData
from core.types import FloatArray

#: Elements of ``S`` above which starts are sought on a part of the groups.
SAMPLE_ABOVE = 6_000
#: A root of ``Z_j'Z_j`` below this share of the largest group's is rounding.
_NONE_OF_IT = 1e-8
#: Gain in the criterion that another step may promise at an optimum, and from which it is taken.
_CERTIFIED = 1e-5
_WORTH_A_STEP = 1e-11
#: Saddles left and turns taken after a search, at most.
_MOST_CORRECTIONS = 12


@dataclass(frozen=True, eq=False)
class Optimum:
    """The best D found, in scaled units, and how it was found."""

    D: FloatArray
    value: float
    certificate: Certificate
    modes: tuple[tuple[FloatArray, float], ...]
    start: FloatArray
    evaluations: int
    starts: int
    converged: bool
    unit: FloatArray


def unit_of(model: ScaledModel) -> FloatArray:
    """Return the units (k,) in which theta = 1 pools the median group by half."""
    size = np.sqrt(np.einsum("kkj->kj", model.S))
    # Where a sparse predictor is zero throughout a group, rounding leaves 1e-16 or so of it, and
    # most groups may be such: their median would be the unit. Against its largest that is none.
    limit = _NONE_OF_IT * size.max(axis=1, keepdims=True)
    return np.array(
        [
            np.median(row[row > least]) if (row > least).any() else 1.0
            for row, least in zip(size, limit, strict=True)
        ]
    )


def find_optimum(model: ScaledModel, *, reml: bool, correlated: bool) -> Optimum:
    """Return the best optimum of the profiled criterion over D, in scaled units of Z.

    Where the evidence for an optimum is incomplete the search is tried again by other roads: in
    other units, and by a simplex, which needs no derivatives. What is then still uncertified
    says so (``Optimum.converged``).
    """
    unit = unit_of(model)
    found = _search(model, unit, reml=reml, correlated=correlated)
    for factor in (0.1, 10.0):
        if found.converged:
            return found
        other = _search(model, unit * factor, reml=reml, correlated=correlated)
        found = min((other, found), key=_merit)
    return found if found.converged else _by_simplex(model, found, reml, correlated)


def _merit(found: Optimum) -> tuple[float, bool]:
    """Order optima: by their criterion, but for rounding, then by their certificates."""
    value = found.value if np.isfinite(found.value) else np.inf
    return round(value, 6), not found.converged


def _by_simplex(model: ScaledModel, found: Optimum, reml: bool, correlated: bool) -> Optimum:
    """Search on from where others ended without derivatives (Nelder & Mead 1965)."""
    from scipy.optimize import minimize  # rarely needed, and slow to load

    problem = problem_of(model, found.unit, reml=reml)

    def criterion(theta: FloatArray) -> float:
        D = rel_cov_of(theta, model.k, correlated)[None, None]
        value = float(evaluate(problem, D, derivative=False).value[0, 0])
        return value if np.isfinite(value) else 1e300

    in_unit = found.D * np.outer(found.unit, found.unit)
    start = theta_of(in_unit, correlated)
    options = {"xatol": 1e-10, "fatol": 1e-10, "maxfev": 400 * len(start)}
    ended = minimize(criterion, start, method="Nelder-Mead", options=options)
    return min((_at(problem, found, ended.x, float(ended.fun), correlated), found), key=_merit)


def _at(
    problem: CriterionProblem, like: Optimum, theta: FloatArray, value: float, correlated: bool
) -> Optimum:
    """Return a point (theta in the problem's units) as an optimum with its certificate."""
    D, value = snap(problem, rel_cov_of(theta, problem.k, correlated), value, correlated=correlated)
    certificate = certify(problem, D, correlated=correlated)
    return replace(
        like,
        D=D / np.outer(like.unit, like.unit),
        value=value,
        certificate=certificate,
        modes=((D, value), *(mode for mode in like.modes if mode[1] > value + 1e-6)),
        converged=_is_certified(certificate, problem),
    )


def _search(model: ScaledModel, unit: FloatArray, *, reml: bool, correlated: bool) -> Optimum:
    """Search from every basin in one set of units, leaving saddles on the boundary."""
    problem = problem_of(model, unit, reml=reml)
    work = problem.S.shape[1] * problem.S.shape[2]
    starts = (
        start_points(problem, correlated=correlated, most=12)
        if work <= SAMPLE_ABOVE
        else _starts_by_sample(problem, correlated=correlated, every=work // SAMPLE_ABOVE + 1)
    )
    found = minimise(problem, starts, correlated=correlated)
    best = int(np.argmin(found.value[0]))
    D = rel_cov_of(found.theta[0, best], model.k, correlated)
    value = float(found.value[0, best])
    evaluations = found.evaluations
    D, value = snap(problem, D, value, correlated=correlated)
    certificate = certify(problem, D, correlated=correlated)
    for _ in range(_MOST_CORRECTIONS):
        if certificate.least_curvature < -1e-7 * float(problem.n_obs[0]):
            away = step_off(problem, D, certificate.direction)
        elif certificate.gain > _WORTH_A_STEP:
            away = turn_on(problem, D, certificate.turn)
        else:
            break
        again = minimise(problem, theta_of(away, correlated)[None, None], correlated=correlated)
        evaluations += again.evaluations
        at = float(evaluate(problem, away[None, None], derivative=False).value[0, 0])
        if not min(again.value[0, 0], at) < value:
            break
        if again.value[0, 0] <= at:
            away, at = rel_cov_of(again.theta[0, 0], model.k, correlated), again.value[0, 0]
        D, value = snap(problem, away, float(at), correlated=correlated)
        certificate = certify(problem, D, correlated=correlated)
    return Optimum(
        D=D / np.outer(unit, unit),
        value=value,
        certificate=certificate,
        modes=_distinct_modes(problem, found.theta[0], found.value[0], (D, value), correlated),
        start=starts[0, best],
        evaluations=evaluations,
        starts=starts.shape[1],
        converged=_is_certified(certificate, problem),
        unit=unit,
    )


def _starts_by_sample(problem: CriterionProblem, *, correlated: bool, every: int) -> FloatArray:
    """Return starts (1, E, K) for many groups: the optima of every m-th group alone.

    With that many groups a part of them shows every mode of the whole; the search then has
    only a few steps to go over all of them.
    """
    part = problem.sample(every)
    found = minimise(part, start_points(part, correlated=correlated, most=6), correlated=correlated)
    theta = found.theta[0][np.isfinite(found.value[0])]
    points = rel_cov_of(theta, problem.k, correlated)
    value = evaluate(problem, points[None], derivative=False).value[0]
    best = theta[np.argsort(value)[:2]]
    return np.asarray(best[None])


def optimum_at(model: ScaledModel, D: FloatArray, like: MultilevelFit) -> Optimum:
    """Return a given D (scaled units) as an optimum with its certificate, whoever found it."""
    correlated = like.spec.correlated
    unit = unit_of(model)
    problem = problem_of(model, unit, reml=like.criterion == "REML")
    in_unit = D * np.outer(unit, unit)
    value = float(evaluate(problem, in_unit[None, None], derivative=False).value[0, 0])
    certificate = certify(problem, in_unit, correlated=correlated)
    return Optimum(
        D=D,
        value=value,
        certificate=certificate,
        modes=((in_unit, value),),
        start=theta_of(in_unit, correlated),
        evaluations=1,
        starts=0,
        converged=_is_certified(certificate, problem),
        unit=unit,
    )


def _is_certified(certificate: Certificate, problem: CriterionProblem) -> bool:
    size = float(problem.n_obs[0])
    # A gain that is not a number is no evidence: the comparison is then false.
    return bool(
        np.abs(certificate.gain) <= _CERTIFIED and certificate.least_curvature >= -1e-6 * size
    )


def _distinct_modes(
    problem: CriterionProblem,
    theta: FloatArray,
    value: FloatArray,
    best: tuple[FloatArray, float],
    correlated: bool,
) -> tuple[tuple[FloatArray, float], ...]:
    """Return the local minima found, best first, each once, in the problem's units."""
    modes = [best]
    for i in np.argsort(value):
        if not np.isfinite(value[i]):
            continue
        D, at = snap(
            problem,
            rel_cov_of(theta[i], problem.k, correlated),
            float(value[i]),
            correlated=correlated,
        )
        near = any(
            np.max(np.abs(D - other)) <= 1e-2 * (0.1 + np.max(np.abs(other))) for other, _ in modes
        )
        if near or at > best[1] + 50.0:
            continue
        certificate = certify(problem, D, correlated=correlated)
        if _is_certified(certificate, problem):
            modes.append((D, at))
    return tuple(modes)


def fit_multilevel(
    data: GroupedData, moments: GroupMoments, model: ScaledModel, notes: tuple[Diagnostic, ...] = ()
) -> MultilevelFit:
    """Return the multilevel fit of a scaled model at its global optimum."""
    spec = data.spec
    reml = spec.criterion == "REML"
    optimum = find_optimum(model, reml=reml, correlated=spec.correlated)
    return fit_at(data, moments, model, optimum, notes)


def fit_at(
    data: GroupedData,
    moments: GroupMoments,
    model: ScaledModel,
    optimum: Optimum,
    notes: tuple[Diagnostic, ...] = (),
) -> MultilevelFit:
    """Return everything a reader wants to know of the model at one D."""
    spec, D = data.spec, optimum.D
    reml = spec.criterion == "REML"
    solution = solve_at(model, D, reml=reml)
    z = model.z_to_raw
    ranef = model.y_scale * (z @ scaled_modes(model, D, solution.beta)).T
    fixef = model.coef_to_raw(solution.beta)
    cond = solution.sigma_y**2 * np.einsum("ai,ilj,bl->jab", z, unit_cond_var(model, D), z)
    rel_cov = z @ D @ z.T
    theta = theta_of(rel_cov, spec.correlated)
    target = group_targets(data, fixef)
    summary = _summary(model, optimum, solution.criterion_value, spec.correlated)
    rank = int(np.linalg.matrix_rank(D * np.outer(optimum.unit, optimum.unit), tol=1e-10))
    is_singular = rank < model.k
    vcov = solution.sigma_y**2 * rel_cov
    notes = (*notes, *diagnose(data, model, summary, vcov, is_singular=is_singular))
    return MultilevelFit(
        spec=spec,
        fixef=fixef,
        fixef_cov=model.cov_to_raw(solution.variance * solution.inverse),
        fixef_names=data.fixef_names,
        ranef=ranef,
        coef=np.nan_to_num(fixef)[data.varying_terms] + ranef,
        line=target + ranef,
        target=target,
        cond_var=cond,
        line_var=cond + _through_fixef(data, model, D, solution),
        sigma_y=solution.sigma_y,
        vcov_group=vcov,
        theta=theta,
        rel_factor=factor_of(theta, model.k, spec.correlated),
        criterion=spec.criterion,
        criterion_value=solution.criterion_value,
        is_singular=is_singular,
        status=status_of(data, vcov, is_singular, notes),
        diagnostics=notes,
        optimization=summary,
        engine="moments",
        varying_names=data.varying_names,
        group_names=data.group_names,
        group_sizes=data.group_sizes,
        n_obs=data.n_obs,
        data=data,
        moments=moments,
    )


@dataclass(frozen=True, eq=False)
class Solution:
    """Fixed effects and residual sd at one D (``beta`` and ``inverse`` in scaled units)."""

    beta: FloatArray
    inverse: FloatArray
    variance: float
    sigma_y: float
    criterion_value: float


def solve_at(model: ScaledModel, D: FloatArray, *, reml: bool) -> Solution:
    """Return the fixed effects, sigma_y and the criterion (raw units) at one scaled D."""
    problem = problem_of(model, np.ones(model.k), reml=reml)
    result = evaluate(problem, D[None, None], derivative=False)
    nu = float(problem.nu[0])
    variance = float(result.r2[0, 0]) / nu
    value = float(result.value[0, 0]) + 2.0 * nu * float(np.log(model.y_scale))
    value -= model.log_weight
    if reml:
        value -= 2.0 * float(np.linalg.slogdet(model.to_raw)[1])
    return Solution(
        beta=result.beta[0, 0],
        inverse=np.linalg.inv(result.XVX[0, 0]),
        variance=variance,
        sigma_y=model.y_scale * float(np.sqrt(variance)),
        criterion_value=value,
    )


def _through_fixef(
    data: GroupedData, model: ScaledModel, D: FloatArray, solution: Solution
) -> FloatArray:
    """Return what the fixed effects' uncertainty adds to each group's line, (J, k, k)."""
    through = fixef_in_lines(data, model, D)
    cov = solution.sigma_y**2 * solution.inverse
    return np.asarray(np.einsum("apj,pq,bqj->jab", through, cov, through, optimize=True))


def fixef_in_lines(data: GroupedData, model: ScaledModel, D: FloatArray) -> FloatArray:
    """Return how each group's line answers to the scaled fixed effects, shape (k, p, J).

    The direct part of a coefficient less what the group's deviation takes back of it.
    """
    through = -np.einsum("ai,ipj->apj", model.z_to_raw, fixed_part(model, D))
    column = {int(t): i for i, t in enumerate(model.used)}
    position = {base: i for i, base in enumerate(data.varying)}
    undo = model.to_raw
    for t, term in enumerate(data.terms):
        if term.base in position and t in column:
            factor = data.group_columns[term.factor][1] if term.factor >= 0 else 1.0
            through[position[term.base]] += np.multiply.outer(
                undo[column[t]], factor * np.ones(data.n_groups)
            )
    return np.asarray(through)


def _summary(
    model: ScaledModel, optimum: Optimum, criterion_value: float, correlated: bool
) -> OptSummary:
    """Return the optimum's summary, thetas in raw units."""
    z = model.z_to_raw / optimum.unit

    def raw_theta(D: FloatArray) -> FloatArray:
        return theta_of(z @ D @ z.T, correlated)

    modes = tuple(
        Mode(raw_theta(D), criterion_value + value - optimum.value) for D, value in optimum.modes
    )
    start = rel_cov_of(optimum.start, model.k, correlated)
    unit = np.outer(optimum.unit, optimum.unit)
    return OptSummary(
        start=raw_theta(start),
        theta=modes[0].theta,
        criterion_value=criterion_value,
        evaluations=optimum.evaluations,
        starts=optimum.starts,
        converged=optimum.converged,
        derivative=optimum.certificate.derivative,
        rel_cov_scaled=optimum.D * unit,
        stationarity=optimum.certificate.stationarity,
        least_curvature=optimum.certificate.least_curvature,
        modes=modes,
    )
