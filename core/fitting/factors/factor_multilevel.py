"""The multilevel fit of several factors at its global optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from core.evidence import Diagnostic, Mode, OptSummary
from core.factors_results import FactorsFit
from core.fitting.factors.cell_layout import CellLayout
from core.fitting.factors.elimination import eliminate
from core.fitting.factors.factor_criterion import FactorProblem, evaluate_at
from core.fitting.factors.factor_modes import factor_fits
from core.fitting.factors.factor_search import (
    LARGE,
    FactorOptimum,
    covariances_of,
    find_factor_optimum,
)
from core.fitting.factors.factor_status import diagnose_factors, factors_status
from core.fitting.search.covariance import theta_of
from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class Solved:
    """What a fit keeps to go on from: the model's products and the optimum, in scaled units."""

    layout: CellLayout
    problem: FactorProblem
    D: list[FloatArray]
    theta: FloatArray


def problem_of_factors(layout: CellLayout) -> FactorProblem:
    """Return the criterion of a model as its specification wants it.

    Raises
    ------
    NotSupportedError
        When crossed factors have more levels than can be solved for.
    """
    spec = layout.data.spec
    return FactorProblem(eliminate(layout), spec.criterion == "REML", spec.correlated)


def fit_factors_multilevel(
    layout: CellLayout, problem: FactorProblem, notes: tuple[Diagnostic, ...] = ()
) -> FactorsFit:
    """Return the multilevel fit at the best optimum that the search finds."""
    optimum = find_factor_optimum(problem)
    return factors_fit_at(layout, problem, optimum, notes)


def criterion_in_raw(problem: FactorProblem, value: float) -> float:
    """Return the criterion, computed in scaled units, as it is in the reader's own."""
    layout = problem.elimination.layout
    value += 2.0 * problem.nu * float(np.log(layout.y_scale))
    if problem.reml:
        value -= 2.0 * float(np.linalg.slogdet(layout.to_raw)[1])
    return value


def factors_fit_at(
    layout: CellLayout,
    problem: FactorProblem,
    optimum: FactorOptimum,
    notes: tuple[Diagnostic, ...] = (),
) -> FactorsFit:
    """Return everything a reader wants to know of the model at one D of every factor."""
    data = layout.data
    spec = data.spec
    at = evaluate_at(problem, optimum.theta[None])
    value = criterion_in_raw(problem, float(at.result.value[0]))
    variance = float(at.result.r2[0]) / problem.nu
    sigma_y = layout.y_scale * float(np.sqrt(variance))
    fixef = layout.coef_to_raw(at.result.beta[0])
    factors = factor_fits(layout, at, optimum.D, sigma_y, fixef)
    summary = _summary(layout, problem, optimum, value)
    singular = [
        factor.name
        for factor, D in zip(data.factors, optimum.D, strict=True)
        if int(np.linalg.matrix_rank(D, tol=1e-10)) < factor.k
    ]
    if problem.work > LARGE:
        problem.latest.clear()  # its matrices are larger than the table
    notes = (*notes, *diagnose_factors(factors, summary, spec.criterion, singular))
    return FactorsFit(
        factors,
        spec=spec,
        fixef=fixef,
        fixef_cov=layout.cov_to_raw(variance * at.result.inverse[0]),
        fixef_names=data.fixef_names,
        sigma_y=sigma_y,
        theta=summary.theta,
        criterion=spec.criterion,
        criterion_value=value,
        is_singular=bool(singular),
        status=factors_status(notes),
        diagnostics=notes,
        optimization=summary,
        engine="moments",
        n_obs=data.n_obs,
        data=data,
        solved=Solved(layout, problem, optimum.D, optimum.theta),
    )


def _summary(
    layout: CellLayout, problem: FactorProblem, optimum: FactorOptimum, value: float
) -> OptSummary:
    """Return the optimum's summary, thetas in raw units, factors one after the other."""
    correlated = layout.data.spec.correlated

    def raw_theta(theta: FloatArray) -> FloatArray:
        parts = [
            theta_of(d.to_raw @ D @ d.to_raw.T, correlated)
            for d, D in zip(layout.designs, covariances_of(problem, theta), strict=True)
        ]
        return np.concatenate(parts)

    modes = tuple(
        Mode(raw_theta(theta), value + other - optimum.value) for theta, other in optimum.modes
    )
    return OptSummary(
        start=raw_theta(optimum.start),
        theta=modes[0].theta,
        criterion_value=value,
        evaluations=optimum.evaluations,
        starts=optimum.starts,
        converged=optimum.converged,
        derivative=block_diag(*optimum.certificate.derivative),
        rel_cov_scaled=block_diag(*optimum.D),
        stationarity=optimum.certificate.stationarity,
        least_curvature=optimum.certificate.least_curvature,
        modes=modes,
    )
