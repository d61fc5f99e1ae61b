"""Inference for the fixed effects: Satterthwaite degrees of freedom, t and intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from core.estimators.factors.satterthwaite import fixef_df
from core.estimators.factors.view import ViewFit, seen_terms
from core.exceptions import SpecError
from core.fitting.multilevel import unit_of
from core.fitting.scaled import ScaledModel, scale_model
from core.fitting.search.covariance import rel_cov_of, theta_of
from core.fitting.search.criterion import CriterionProblem, evaluate, problem_of
from core.results import MultilevelFit
from core.types import FloatArray


def coefficient_names(taken: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return names of average coefficients that no variance has: a column may be ``sd_x``."""
    return [f"{name} (coefficient)" if name in taken else name for name in names]


def fixed_effects(fit: MultilevelFit, level: float = 0.95) -> pd.DataFrame:
    """Return the fixed effects with Satterthwaite df, t, p and t intervals.

    Parameters
    ----------
    fit : MultilevelFit
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        ``name, estimate, se, df, t, p, lower, upper``, one row per fixed effect; NaN for
        one that is aliased.

    Raises
    ------
    SpecError
        When ``level`` is not between 0 and 1.

    Notes
    -----
    ``df = 2 v**2 / (g' A g)`` with v the variance of an estimate, g its gradient in the
    variance parameters and A their asymptotic covariance, twice the inverse Hessian of the
    criterion (Fai & Cornelius 1996; as in lmerTest). Directions in which the criterion is
    flat or falls, as at a variance of zero, count as known.
    """
    if not 0.0 < level < 1.0:
        raise SpecError(f"level must lie between 0 and 1, not {level!r}.")
    df = satterthwaite_df(fit)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = fit.fixef / fit.fixef_se
    reach = stdtrit(df, 0.5 + level / 2.0) * fit.fixef_se
    return pd.DataFrame(
        {
            "name": fit.fixef_names,
            "estimate": fit.fixef,
            "se": fit.fixef_se,
            "df": df,
            "t": ratio,
            "p": 2.0 * stdtr(df, -np.abs(ratio)),
            "lower": fit.fixef - reach,
            "upper": fit.fixef + reach,
        }
    )


def satterthwaite_df(fit: MultilevelFit) -> FloatArray:
    """Return Satterthwaite degrees of freedom of each fixed effect, shape (p,)."""
    if isinstance(fit, ViewFit):
        whole = fit.whole.data
        return fixef_df(fit.whole)[seen_terms(whole, whole.factor(fit.factor))]
    data = fit.data
    model = scale_model(data, fit.moments)
    reml = fit.criterion == "REML"
    unit = unit_of(model)
    problem = problem_of(model, unit, reml=reml)
    undo = unit[:, None] * np.linalg.inv(model.z_to_raw)
    D = undo @ (fit.vcov_group / fit.sigma_y**2) @ undo.T
    theta = theta_of(0.5 * (D + D.T), fit.spec.correlated)
    log_sigma = float(np.log(fit.sigma_y / model.y_scale))
    point = np.append(theta, log_sigma)
    hessian, gradient, variance = _curvature(problem, model, point, fit.spec.correlated)
    size = np.maximum(np.abs(point), 0.1)
    size[-1] = 1.0
    gradient = gradient * size
    values, vectors = np.linalg.eigh(hessian * np.outer(size, size))
    known = values <= 1e-6 * values.max()
    along = gradient @ vectors
    spread = 2.0 * np.sum(np.where(known, 0.0, along**2 / np.where(known, 1.0, values)), axis=1)
    out = np.full(model.n_terms, np.nan)
    with np.errstate(divide="ignore"):
        out[model.used] = 2.0 * variance**2 / spread
    return out


def _curvature(
    problem: CriterionProblem, model: ScaledModel, point: FloatArray, correlated: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the Hessian of the deviance in (theta, log sigma), and the variances of the
    raw coefficients with their gradient, by central differences in one batch."""
    m = len(point)
    step = 1e-4 * np.maximum(np.abs(point), 0.1)
    step[-1] = 1e-4
    pairs = [(i, j) for i in range(m) for j in range(i, m)]
    moves = [np.zeros(m)]
    for i, j in pairs:
        for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            move = np.zeros(m)
            move[i] += a * step[i]
            move[j] += b * step[j]
            moves.append(move)
    value, variances = _deviance(problem, model, point + np.array(moves), correlated)
    hessian = np.empty((m, m))
    gradient = np.empty((model.p, m))
    for at, (i, j) in enumerate(pairs):
        up, left, right, down = value[1 + 4 * at : 5 + 4 * at]
        hessian[i, j] = hessian[j, i] = (up - left - right + down) / (4.0 * step[i] * step[j])
        if i == j:
            ends = variances[1 + 4 * at], variances[4 + 4 * at]
            gradient[:, i] = (ends[0] - ends[1]) / (4.0 * step[i])
    return hessian, gradient, variances[0]


def _deviance(
    problem: CriterionProblem, model: ScaledModel, points: FloatArray, correlated: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the deviance with sigma free, and the variances of the raw coefficients."""
    D = rel_cov_of(points[:, :-1], problem.k, correlated)
    result = evaluate(problem, D[None], derivative=False)
    nu = float(problem.nu[0])
    r2 = result.r2[0]
    free = nu * (np.log(2.0 * np.pi) + 2.0 * points[:, -1]) + r2 * np.exp(-2.0 * points[:, -1])
    value = result.value[0] - nu * (1.0 + np.log(2.0 * np.pi * r2 / nu)) + free
    cov = np.linalg.inv(result.XVX[0]) * np.exp(2.0 * points[:, -1])[:, None, None]
    raw = np.einsum("ta,eab,tb->et", model.to_raw, cov, model.to_raw, optimize=True)
    return value, raw
