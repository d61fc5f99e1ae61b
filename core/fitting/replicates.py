"""The three fits of one design to many outcomes at once: simulation, parametric bootstrap.

The predictors, groups and sizes are those of one ``GroupedData``; only the outcome differs
from replicate to replicate, and it enters by its per-group moments (``Outcomes``). What
depends on the design alone is worked out once; the variances are found for all replicates
in lockstep (``core.fitting.search.batch``). Estimates equal those of ``fit_all`` on the same
moments, but that the batch sets out from fewer starting points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.fitting.inverse import group_inverse
from core.fitting.multilevel import unit_of
from core.fitting.no_pooling import common_slopes, unit_covariance
from core.fitting.scaled import ScaledModel, scale_model
from core.fitting.search.batch import Optima, find_optima
from core.fitting.search.criterion import (
    CriterionProblem,
    own_precision_packed,
    problem_of,
    to_centred,
    unpack,
)
from core.moments import GroupMoments, group_scaling
from core.tables.grouped import GroupedData
from core.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Outcomes:
    """B outcomes on the rows of one design, by their moments in each group.

    With base columns scaled as in the ``GroupMoments`` of the design, and the outcome as
    ``(y - center) / scale``:

    Attributes
    ----------
    mean : FloatArray, shape (B, J)
        Group means of the outcome.
    within : FloatArray, shape (B, q, J)
        Products of every base column 1..q with the outcome about the group means.
    square : FloatArray, shape (B, J)
        Squares of the outcome about the group means.
    """

    mean: FloatArray
    within: FloatArray
    square: FloatArray
    center: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Replicates:
    """Estimates of B replicates in raw units: p terms, J groups, k varying coefficients.

    Attributes
    ----------
    complete_coef, complete_se, cluster_se : FloatArray, shape (B, p)
    complete_line, complete_line_se : FloatArray, shape (B, J, k)
        What complete pooling says of every group.
    complete_sigma_y, no_pooling_sigma_y, sigma_y : FloatArray, shape (B,)
    no_pooling_coef, no_pooling_se : FloatArray, shape (B, J, k)
        NaN where the group's rows cannot support the coefficient.
    estimable : BoolArray, shape (J, k)
    fixef, fixef_se : FloatArray, shape (B, p)
    line, line_se : FloatArray, shape (B, J, k)
        Partial pooling: the group's own intercept and slopes, fixed effects' doubt included.
    vcov_group : FloatArray, shape (B, k, k)
    criterion_value : FloatArray, shape (B,)
    df_complete, df_no_pooling : int
        Residual degrees of freedom.
    """

    complete_coef: FloatArray
    complete_se: FloatArray
    cluster_se: FloatArray
    complete_line: FloatArray
    complete_line_se: FloatArray
    complete_sigma_y: FloatArray
    no_pooling_coef: FloatArray
    no_pooling_se: FloatArray
    no_pooling_sigma_y: FloatArray
    estimable: BoolArray
    fixef: FloatArray
    fixef_se: FloatArray
    line: FloatArray
    line_se: FloatArray
    sigma_y: FloatArray
    vcov_group: FloatArray
    criterion_value: FloatArray
    converged: BoolArray
    df_complete: int
    df_no_pooling: int


@dataclass(frozen=True, eq=False)
class ReplicateDesign:
    """What all replicates share: the scaled model and what follows from it alone.

    Attributes
    ----------
    cross : FloatArray, shape (p, p, J)
        ``X_j'X_j`` of the terms in use, scaled.
    factors : FloatArray, shape (p, J)
        Scaled group-level factor of every term in use (1 where there is none).
    targets : FloatArray, shape (J, k, terms)
        ``line = targets @ coef`` in raw units.
    """

    data: GroupedData
    moments: GroupMoments
    model: ScaledModel
    unit: FloatArray
    bases: IntArray
    cross: FloatArray
    factors: FloatArray
    targets: FloatArray


def replicate_design(data: GroupedData, moments: GroupMoments) -> ReplicateDesign:
    """Work out what replicates of one design share; the outcome of ``moments`` is not used."""
    model = replace(scale_model(data, moments), residual=None)  # that of another outcome
    ones = np.ones(data.n_groups)
    scaled = [ones]
    for _, values in data.group_columns:
        center, spread = group_scaling(moments.n, values)
        scaled.append((values - center) / spread)
    terms = [data.terms[i] for i in model.used]
    factors = np.array([scaled[t.factor + 1] for t in terms])
    cross = np.array(
        [
            [moments.cross(a.base, b.base) * f * g for b, g in zip(terms, factors, strict=True)]
            for a, f in zip(terms, factors, strict=True)
        ]
    )
    return ReplicateDesign(
        data=data,
        moments=moments,
        model=model,
        unit=unit_of(model),
        bases=np.array([t.base for t in terms], dtype=np.intp),
        cross=cross,
        factors=factors,
        targets=_targets(data),
    )


def _targets(data: GroupedData) -> FloatArray:
    """Return the matrix (J, k, terms) from coefficients to every group's line."""
    position = {base: i for i, base in enumerate(data.varying)}
    out = np.zeros((data.n_groups, len(data.varying), len(data.terms)))
    for t, term in enumerate(data.terms):
        if term.base in position:
            factor = data.group_columns[term.factor][1] if term.factor >= 0 else 1.0
            out[:, position[term.base], t] = factor
    return out


def fit_replicates(design: ReplicateDesign, outcomes: Outcomes) -> Replicates:
    """Return complete pooling, no pooling and the multilevel fit of every replicate.

    Parameters
    ----------
    design : ReplicateDesign
        From ``replicate_design``: make it once, use it for every batch.
    outcomes : Outcomes
        A batch of, say, ``100_000 / n_groups`` replicates: memory grows with B x J.
    """
    model = replace(design.model, y_center=outcomes.center, y_scale=outcomes.scale)
    design = replace(design, model=model)
    parts = _outcome_products(design, outcomes)
    return Replicates(
        **_complete_pooling(design, parts),
        **_no_pooling(design, parts),
        **_multilevel(design, parts),
    )


@dataclass(frozen=True, eq=False)
class _Parts:
    """The outcome's share of a ``ScaledModel``, with a leading axis of replicates."""

    cross: FloatArray  # X_j'y_j, (B, p, J)
    square: FloatArray  # y'y, (B,)
    own: FloatArray  # regression of y on Z_j about the group means, (B, k, J)
    rest: FloatArray  # X'(I - P_Z) y, (B, p)
    rest_square: FloatArray  # y'(I - P_Z) y, (B,)


def _outcome_products(design: ReplicateDesign, outcomes: Outcomes) -> _Parts:
    model, moments, varying = design.model, design.moments, design.data.varying
    n, mean = moments.n, outcomes.mean
    constant = np.zeros((len(mean), 1, moments.n_groups))
    within = np.concatenate([constant, outcomes.within], axis=1)
    between = np.array([n * moments.mean_of(b) for b in range(within.shape[1])])
    cross_base = within + between * mean[:, None]
    cross = cross_base[:, design.bases] * design.factors
    square = outcomes.square.sum(axis=1) + (mean**2) @ n
    inverse = group_inverse(moments, varying, model.mix).inverse
    own_X = model.own_centred[: model.p]
    slopes = [b for b in varying if b > 0]
    if 0 not in varying:
        z = np.einsum("ai,baj->bij", model.mix, cross_base[:, [0, *slopes]])
        own = np.einsum("ilj,blj->bij", inverse, z)
        rest = cross.sum(axis=2) - np.einsum("pij,bij->bp", own_X, z, optimize=True)
        return _Parts(cross, square, own, rest, square - np.einsum("bij,bij->b", own, z))
    # About the group means nothing is the small difference of two large numbers.
    own = np.zeros((len(mean), len(varying), moments.n_groups))
    own[:, 0] = mean
    rest = (within[:, design.bases] * design.factors).sum(axis=2)
    rest_square = outcomes.square.sum(axis=1)
    if slopes:
        z = within[:, slopes]
        own[:, 1:] = np.einsum("ilj,blj->bij", inverse[1:, 1:], z)
        rest = rest - np.einsum("pij,bij->bp", own_X[:, 1:], z, optimize=True)
        rest_square = rest_square - np.einsum("bij,bij->b", own[:, 1:], z)
    return _Parts(cross, square, own, rest, np.maximum(rest_square, 0.0))


def _to_raw(design: ReplicateDesign, beta: FloatArray) -> FloatArray:
    """Return scaled coefficients (B, p) in raw units over all terms, NaN where aliased."""
    model = design.model
    raw = model.y_scale * beta @ model.to_raw.T
    raw[:, 0] += model.y_center
    out = np.full((len(beta), model.n_terms), np.nan)
    out[:, model.used] = raw
    return out


def _lines(design: ReplicateDesign, coef: FloatArray) -> FloatArray:
    """Return what coefficients (B, terms) say of every group's line, shape (B, J, k)."""
    return np.asarray(np.einsum("jkt,bt->bjk", design.targets, np.nan_to_num(coef)))


def _complete_pooling(design: ReplicateDesign, parts: _Parts) -> dict[str, Any]:
    model, p = design.model, design.model.p
    inverse = np.linalg.inv(model.WW[:p, :p])
    Xy = parts.cross.sum(axis=2)
    beta = Xy @ inverse
    df = model.n_obs - p
    variance = np.maximum(parts.square - np.einsum("bp,bp->b", Xy, beta), 0.0) / df
    scores = parts.cross - np.einsum("pqj,bq->bpj", design.cross, beta, optimize=True)
    n_groups = design.data.n_groups
    middle = scores @ scores.swapaxes(1, 2) * (n_groups / max(n_groups - 1, 1))
    back = model.y_scale * model.to_raw @ inverse
    cluster = np.einsum("tp,bpq,tq->bt", back, middle, back, optimize=True)
    unit = np.zeros((model.n_terms, model.n_terms))
    unit[np.ix_(model.used, model.used)] = (
        model.y_scale**2 * model.to_raw @ inverse @ model.to_raw.T
    )
    line_unit = np.einsum("jkt,ts,jks->jk", design.targets, unit, design.targets, optimize=True)
    coef = _to_raw(design, beta)
    cluster_se = np.full(coef.shape, np.nan)
    cluster_se[:, model.used] = np.sqrt(cluster)
    se = np.where(np.isnan(coef), np.nan, np.sqrt(variance[:, None] * np.diag(unit)))
    return {
        "complete_coef": coef,
        "complete_se": se,
        "cluster_se": cluster_se,
        "complete_line": _lines(design, coef),
        "complete_line_se": np.sqrt(variance[:, None, None] * line_unit),
        "complete_sigma_y": model.y_scale * np.sqrt(variance),
        "df_complete": df,
    }


def _no_pooling(design: ReplicateDesign, parts: _Parts) -> dict[str, Any]:
    data, model, p = design.data, design.model, design.model.p
    own_X = group_inverse(design.moments, data.varying, model.mix)
    common, _, inverse, _ = common_slopes(model)
    slopes = parts.rest[:, common] @ inverse
    rss = parts.rest_square - np.einsum("bc,bc->b", parts.rest[:, common], slopes)
    df = model.n_obs - int((~own_X.aliased).sum()) - len(common)
    variance = np.maximum(rss, 0.0) / df if df > 0 else np.full(len(rss), np.nan)
    gamma = np.zeros((len(slopes), model.n_terms))
    gamma[:, model.used] = model.y_scale * slopes @ model.to_raw[:, common].T
    gamma[:, 0] += model.y_center
    own = parts.own - np.einsum("ckj,bc->bkj", model.own_centred[:p][common], slopes, optimize=True)
    own[:, 0] -= np.einsum("aj,baj->bj", model.shift, own[:, 1:])
    coef = model.y_scale * np.einsum("ik,bkj->bji", model.z_to_raw, own)
    coef += gamma[:, None, data.varying_terms]
    unit = np.einsum("kkj->jk", unit_covariance(data, model, own_X, common, inverse))
    unit = model.y_scale**2 * np.where(own_X.aliased.T, np.nan, unit)
    return {
        "no_pooling_coef": np.where(own_X.aliased.T, np.nan, coef),
        "no_pooling_se": np.sqrt(variance[:, None, None] * unit),
        "no_pooling_sigma_y": model.y_scale * np.sqrt(variance),
        "estimable": own_X.estimable.T,
        "df_no_pooling": df,
    }


def _problem(design: ReplicateDesign, parts: _Parts) -> CriterionProblem:
    """Return the criteria of all replicates: the design's arrays with the outcome's put in."""
    model = design.model
    base = problem_of(model, design.unit, reml=design.data.spec.criterion == "REML", merge=False)
    n_batch, m = len(parts.own), model.p + 1
    left, right = np.triu_indices(m)
    with_y = np.flatnonzero(right == m - 1)
    rows, cols = np.triu_indices(model.k)
    products = np.repeat(base.products.reshape(1, len(left), len(rows), -1), n_batch, axis=0)
    own_X = model.own_centred[:-1] * design.unit[:, None]
    own_y = parts.own * design.unit[:, None]
    for i in with_y:
        other = own_y if left[i] == m - 1 else np.broadcast_to(own_X[left[i]], own_y.shape)
        for c, (a, b) in enumerate(zip(rows, cols, strict=True)):
            products[:, i, c] = other[:, a] * own_y[:, b]
            if a != b:
                products[:, i, c] += other[:, b] * own_y[:, a]
    rest = np.repeat(base.rest, n_batch, axis=0)
    rest[:, with_y] = np.column_stack([parts.rest, parts.rest_square])
    return replace(
        base,
        S=np.broadcast_to(base.S, (n_batch, *base.S.shape[1:])),
        shift=np.broadcast_to(base.shift, (n_batch, *base.shift.shape[1:])),
        det_S=np.broadcast_to(base.det_S, (n_batch, base.det_S.shape[1])),
        weight=np.broadcast_to(base.weight, (n_batch, base.weight.shape[1])),
        products=products.reshape(n_batch, len(left), -1),
        rest=rest,
        n_obs=np.repeat(base.n_obs, n_batch),
        offset=np.zeros((n_batch, model.p)),
    )


def _multilevel(design: ReplicateDesign, parts: _Parts) -> dict[str, Any]:
    data, model = design.data, design.model
    problem = _problem(design, parts)
    optima = find_optima(problem, correlated=data.spec.correlated)
    variance = optima.r2 / problem.nu
    sigma_y = model.y_scale * np.sqrt(variance)
    inverse: FloatArray = np.asarray(np.linalg.inv(optima.XVX))
    z = model.z_to_raw / design.unit
    fixef = _to_raw(design, optima.beta)
    raw = np.einsum("tp,bpq,tq->bt", model.to_raw, inverse, model.to_raw, optimize=True)
    fixef_se = np.full(fixef.shape, np.nan)
    fixef_se[:, model.used] = sigma_y[:, None] * np.sqrt(raw)
    ranef, line_unit = _modes(design, parts, problem, optima, inverse)
    value = optima.value + 2.0 * problem.nu * np.log(model.y_scale)
    if problem.reml:
        value = value - 2.0 * np.linalg.slogdet(model.to_raw)[1]
    return {
        "fixef": fixef,
        "fixef_se": fixef_se,
        "line": _lines(design, fixef) + model.y_scale * ranef,
        "line_se": sigma_y[:, None, None] * np.sqrt(line_unit),
        "sigma_y": sigma_y,
        "vcov_group": sigma_y[:, None, None] ** 2 * (z @ optima.D @ z.T),
        "criterion_value": value,
        "converged": optima.converged,
    }


def _modes(
    design: ReplicateDesign,
    parts: _Parts,
    problem: CriterionProblem,
    optima: Optima,
    inverse: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return conditional modes over y_scale and the unit variance of the lines, (B, J, k).

    The variance is that of ``MultilevelFit.line_var`` over sigma_y**2.
    """
    model, unit, D = design.model, design.unit, optima.D
    packed, _ = own_precision_packed(problem, D[:, None])
    P = unpack(np.moveaxis(packed[:, 0], 1, 2), model.k)
    centring = to_centred(problem)[:1, 0]
    z = model.z_to_raw / unit
    pull = centring.swapaxes(2, 3) @ P
    zDP = z @ D[:, None] @ pull
    own_X = model.own_centred[:-1] * unit[:, None]
    apart = parts.own * unit[:, None] - np.einsum("pkj,bp->bkj", own_X, optima.beta, optimize=True)
    ranef = np.einsum("bjik,bkj->bji", zDP, apart)
    cond = D[:, None] - D[:, None] @ pull @ centring @ D[:, None]
    cond = np.einsum("bjik,ik->bji", z @ cond, z)
    through = design.targets[:, :, model.used] @ model.to_raw
    through = through - np.einsum("bjik,pkj->bjip", zDP, own_X, optimize=True)
    doubt = np.sum((through @ inverse[:, None]) * through, axis=3)
    return ranef, np.maximum(cond, 0.0) + doubt
