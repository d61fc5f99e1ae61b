"""Complete pooling: one least-squares fit for everybody."""

from __future__ import annotations

import numpy as np

from core.exceptions import NotIdentifiedError
from core.fitting.scaled import ScaledModel
from core.moments import GroupMoments, group_scaling
from core.results import CompletePoolingFit
from core.tables.grouped import GroupedData
from core.types import FloatArray


def fit_complete_pooling(
    data: GroupedData, moments: GroupMoments, model: ScaledModel
) -> CompletePoolingFit:
    """Return the least-squares fit that ignores the groups, with both standard errors.

    Raises
    ------
    NotIdentifiedError
        When there are no more rows than coefficients.
    """
    n, p = model.n_obs, model.p
    if n <= p:
        raise NotIdentifiedError(
            f"{n:,} {'row' if n == 1 else 'rows'} cannot determine "
            f"{p:,} {'coefficient' if p == 1 else 'coefficients'} and a residual sd. Use fewer "
            "predictors or more rows."
        )
    XX = model.WW[:p, :p]
    inverse: FloatArray = np.asarray(np.linalg.inv(XX))
    offset, Xy, yy = _outcome_products(model)
    beta = inverse @ Xy
    beta += inverse @ (Xy - XX @ beta)  # one step of refinement: eight digits and more
    rss = max(float(yy - beta @ Xy), 0.0)
    beta = beta + offset
    variance = rss / (n - p)
    total = float(model.WW[p, p])  # the outcome is centred
    coef = model.coef_to_raw(beta)
    sigma_y = model.y_scale * float(np.sqrt(variance))
    cov = model.cov_to_raw(variance * inverse)
    return CompletePoolingFit(
        coef=coef,
        coef_se=np.sqrt(np.diag(cov)),
        cluster_se=_roots(np.diag(_cluster_cov(data, moments, model, beta, inverse))),
        coef_names=data.fixef_names,
        coef_cov=cov,
        sigma_y=sigma_y,
        df_residual=n - p,
        r_squared=1.0 - rss / total if total > 0 else 0.0,
        log_likelihood=_log_likelihood(n, model.y_scale**2 * rss) + 0.5 * model.log_weight,
        line=group_targets(data, coef),
        varying_names=data.varying_names,
        n_obs=n,
        n_groups=data.n_groups,
    )


def _outcome_products(model: ScaledModel) -> tuple[FloatArray, FloatArray, float]:
    """Return what the outcome is seen from (p,), and its products with X and with itself."""
    p = model.p
    if model.residual is None:
        return np.zeros(p), model.WW[:p, p], float(model.WW[p, p])
    offset, own, rest = model.about_fit
    through = np.einsum("abj,bj->aj", model.S_centred, own[p])
    Xy = rest[:p, p] + np.einsum("paj,aj->p", own[:p], through)
    return offset, Xy, float(rest[p, p] + np.sum(own[p] * through))


def _roots(variances: FloatArray) -> FloatArray:
    """Return standard errors; rounding may leave a variance of zero just below it."""
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


def _log_likelihood(n: int, rss: float) -> float:
    if rss <= 0:
        return np.inf
    return float(-0.5 * n * (1.0 + np.log(2.0 * np.pi * rss / n)))


def _cluster_cov(
    data: GroupedData,
    moments: GroupMoments,
    model: ScaledModel,
    beta: FloatArray,
    inverse: FloatArray,
) -> FloatArray:
    """Return the CR1 covariance: CR0 x J / (J - 1) (Liang & Zeger 1986), raw units."""
    n_groups = data.n_groups
    if n_groups < 2:
        return np.full((model.n_terms, model.n_terms), np.nan)
    scores = design_scores(data, moments, model, beta)
    middle = scores @ scores.T * (n_groups / (n_groups - 1))
    return model.cov_to_raw(inverse @ middle @ inverse)


def design_scores(
    data: GroupedData, moments: GroupMoments, model: ScaledModel, beta: FloatArray
) -> FloatArray:
    """Return ``X_j'(y_j - X_j beta)`` in scaled units for the terms in use, shape (p, J)."""
    factors = []
    for _, values in data.group_columns:
        center, spread = group_scaling(moments.n, values)
        factors.append((values - center) / spread)
    ones = np.ones(data.n_groups)
    line = np.zeros((moments.outcome, data.n_groups))
    terms = [data.terms[i] for i in model.used]
    for coefficient, term in zip(beta, terms, strict=True):
        line[term.base] += coefficient * (factors[term.factor] if term.factor >= 0 else ones)
    by_base = moments.scores(line)
    return np.array(
        [by_base[t.base] * (factors[t.factor] if t.factor >= 0 else 1.0) for t in terms]
    )


def group_targets(data: GroupedData, coef: FloatArray) -> FloatArray:
    """Return what fixed coefficients (p,) say of each group's varying ones, shape (J, k).

    The coefficient itself plus its group-level predictors' share: alpha_j and beta_j of
    the group-level regression. Aliased (NaN) coefficients count as zero.
    """
    out = np.zeros((data.n_groups, len(data.varying)))
    position = {base: i for i, base in enumerate(data.varying)}
    for value, term in zip(np.nan_to_num(coef), data.terms, strict=True):
        if term.base in position:
            factor = data.group_columns[term.factor][1] if term.factor >= 0 else 1.0
            out[:, position[term.base]] += value * factor
    return out
