"""What leaving out one group does to the estimates, to first order, for every group at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.estimators.without_group import Refits
from core.fitting.multilevel import unit_of
from core.fitting.scaled import ScaledModel, scale_model
from core.fitting.search.criterion import (
    CriterionProblem,
    evaluate,
    own_precision_packed,
    problem_of,
    to_centred,
    unpack,
)
from core.fitting.search.information import variance_directions
from core.moments import GroupMoments, group_scaling
from core.results import MultilevelFit
from core.tables.grouped import GroupedData
from core.types import FloatArray


def group_rest(data: GroupedData, moments: GroupMoments, model: ScaledModel) -> FloatArray:
    """Return the share of every group in ``model.rest``, shape (J, p + 1, p + 1)."""
    factors = [np.ones(moments.n_groups)]
    for _, values in data.group_columns:
        center, spread = group_scaling(moments.n, values)
        factors.append((values - center) / spread)
    terms = [data.terms[i] for i in model.used]
    columns = [(t.base, factors[t.factor + 1]) for t in terms] + [(moments.outcome, factors[0])]
    has_intercept = 0 in data.varying
    products = moments.within if has_intercept else moments.cross
    out = np.empty((moments.n_groups, len(columns), len(columns)))
    for i, (a, f) in enumerate(columns):
        for j, (b, g) in enumerate(columns[: i + 1]):
            out[:, i, j] = out[:, j, i] = products(a, b) * f * g
    own, S = model.own_centred, model.S
    if has_intercept:
        own, S = own[:, 1:], model.S_centred[1:, 1:]
    return np.asarray(out - np.einsum("paj,abj,qbj->jpq", own, S, own, optimize=True))


@dataclass(frozen=True, eq=False)
class _Point:
    """The full problem at its optimum, with each group's share (groups first)."""

    model: ScaledModel
    problem: CriterionProblem
    D: FloatArray
    unit: FloatArray
    share: FloatArray  # W_j'V_j^-1 W_j, (J, m, m)
    lifted: FloatArray  # T_j'P_j T_j, (J, k, k)
    pull: FloatArray  # T_j'P_j own_j', (J, k, m)
    directions: FloatArray  # (K, k, k)


def without_each(fit: MultilevelFit) -> Refits:
    """Return the estimates without each group, to first order in what the group contributes.

    Notes
    -----
    At the variances of all groups, the fixed effects and sigma_y without a group are exact;
    the variances then take one Newton step with the curvature of the full criterion, and
    fixed effects and sigma_y follow to first order.
    """
    at = _point(fit)
    model, problem, p = at.model, at.problem, at.model.p
    n_left = model.n_obs - (model.n if model.counts is None else model.counts)
    nu = n_left - p if problem.reml else n_left
    WVW = at.share.sum(axis=0) - at.share
    inverse = np.linalg.pinv(WVW[:, :p, :p], hermitian=True)
    beta = np.einsum("jpq,jq->jp", inverse, WVW[:, :p, p])
    r2 = WVW[:, p, p] - np.einsum("jp,jp->j", beta, WVW[:, :p, p])
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = r2 / nu
        contrast = np.concatenate([-beta, np.ones((len(beta), 1))], axis=1)
        Q = contrast[:, :, None] * contrast[:, None, :] / variance[:, None, None]
    if problem.reml:
        Q[:, :p, :p] += inverse
    step, d_beta, d_variance = _steps(at, Q)
    D = _nearest_covariance(at.D + np.einsum("je,ekl->jkl", step, at.directions))
    moved = np.einsum("jkl,ekl->je", D - at.D, at.directions) / np.sum(
        at.directions**2, axis=(1, 2)
    )
    beta = beta + moved @ d_beta
    variance = np.maximum(variance + moved @ d_variance, 0.0)
    sigma_y = model.y_scale * np.sqrt(variance)
    z = model.z_to_raw / at.unit
    return Refits(
        vcov_group=sigma_y[:, None, None] ** 2 * (z @ D @ z.T),
        sigma_y=sigma_y,
        fixef=np.array([model.coef_to_raw(b) for b in beta]),
    )


def _point(fit: MultilevelFit) -> _Point:
    model = scale_model(fit.data, fit.moments)
    unit = unit_of(model)
    D = fit.optimization.rel_cov_scaled
    problem = problem_of(model, unit, reml=fit.criterion == "REML", merge=False)
    packed, _ = own_precision_packed(problem, D[None, None])
    P = unpack(np.moveaxis(packed[0, 0], 0, 1), model.k)
    own = np.moveaxis(model.own_centred * unit[:, None], 2, 0)
    T = to_centred(problem)[0, 0]
    return _Point(
        model=model,
        problem=problem,
        D=D,
        unit=unit,
        share=group_rest(fit.data, fit.moments, model) + own @ P @ own.swapaxes(1, 2),
        lifted=T.swapaxes(1, 2) @ P @ T,
        pull=T.swapaxes(1, 2) @ P @ own.swapaxes(1, 2),
        directions=variance_directions(model.k, fit.spec.correlated),
    )


def _steps(at: _Point, Q: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the Newton steps (J, K), and the slopes of beta (K, p) and the variance (K,)."""
    E = at.directions
    # sum_i A_i Q A_i' without group j, in the directions that D may move.
    whole = np.einsum("jap,jbq,eab->epq", at.pull, at.pull, E, optimize=True)
    own = np.einsum("jap,jpq,jbq,eab->je", at.pull, Q, at.pull, E, optimize=True)
    logdet = np.einsum("jab,eab->je", at.lifted, E)
    score = logdet.sum(axis=0) - logdet - np.einsum("epq,jpq->je", whole, Q) + own
    size = 1e-4 * (0.1 + np.abs(at.D).max())
    moves = np.concatenate([at.D + size * E, at.D - size * E])[None]
    found = evaluate(at.problem, moves)
    slope = np.einsum("xab,eab->xe", found.derivative[0], E)
    n = len(E)
    hessian = (slope[:n] - slope[n:]) / (2.0 * size)
    values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
    safe = np.maximum(np.abs(values), 1e-9 * np.abs(values).max())
    step = -((score @ vectors) / safe) @ vectors.T
    d_beta = (found.beta[0, :n] - found.beta[0, n:]) / (2.0 * size)
    d_variance = (found.r2[0, :n] - found.r2[0, n:]) / (2.0 * size) / at.problem.nu[0]
    return step, d_beta, d_variance


def _nearest_covariance(D: FloatArray) -> FloatArray:
    """Return symmetric matrices (J, k, k) with negative principal variances set to zero."""
    values, vectors = np.linalg.eigh(D)
    return np.asarray((vectors * np.maximum(values, 0.0)[:, None, :]) @ vectors.swapaxes(1, 2))
