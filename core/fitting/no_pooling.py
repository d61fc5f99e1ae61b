"""No pooling: each group on its own, with the structure of the multilevel model."""

from __future__ import annotations

import numpy as np

from core.fitting.inverse import GroupInverse, group_inverse
from core.fitting.near_exact import within_slopes
from core.fitting.scaled import ScaledModel
from core.moments import GroupMoments
from core.results import NoPoolingFit, TwoStageFit
from core.tables.grouped import GroupedData
from core.types import BoolArray, FloatArray, IntArray


def fit_no_pooling(data: GroupedData, moments: GroupMoments, model: ScaledModel) -> NoPoolingFit:
    """Return every group's own coefficients, and the common slopes they leave.

    Varying coefficients are free in every group; the others are estimated from what
    varies inside groups (Gelman & Hill 2007, sections 12.2 and 12.3).
    """
    own = group_inverse(moments, data.varying, model.mix)
    common, slopes, inverse, rss = common_slopes(model)
    n_free = int((~own.aliased).sum()) + len(common)
    df = model.n_obs - n_free
    rss_raw = model.y_scale**2 * rss
    sigma_y = float(np.sqrt(rss_raw / df)) if df > 0 else np.nan
    coef, gamma = _raw_coefficients(data, model, common, slopes)
    unit_cov = unit_covariance(data, model, own, common, inverse)
    coef = np.where(own.aliased.T, np.nan, coef)
    unknown = own.aliased.T[:, :, None] | own.aliased.T[:, None, :]
    coef_cov = np.where(unknown, np.nan, sigma_y**2 * np.moveaxis(unit_cov, 2, 0))
    variance = np.einsum("jkk->jk", coef_cov)
    is_common = ~np.isin(np.arange(model.n_terms), data.varying_terms)
    common_se = np.full(model.n_terms, np.nan)
    raw = model.to_raw[:, common]
    common_se[model.used] = sigma_y * np.sqrt(np.einsum("ta,ab,tb->t", raw, inverse, raw))
    common_se[~np.isin(np.arange(model.n_terms), model.used[common])] = np.nan
    estimable = own.estimable.T
    return NoPoolingFit(
        coef=coef,
        estimable=estimable,
        coef_se=np.sqrt(variance),
        coef_cov=coef_cov,
        group_names=data.group_names,
        group_sizes=data.group_sizes,
        varying_names=data.varying_names,
        common_coef=gamma[is_common],
        common_se=common_se[is_common],
        common_names=tuple(np.array(data.fixef_names, dtype=object)[is_common]),
        sigma_y=sigma_y,
        df_residual=df,
        rss=rss_raw,
        mean_x=_raw_means(data, moments),
        mean_y=moments.mean[-1] * moments.scale[-1] + moments.center[-1],
        two_stage=fit_two_stage(data, coef, estimable),
    )


def common_slopes(model: ScaledModel) -> tuple[IntArray, FloatArray, FloatArray, float]:
    """Return the terms estimable inside groups, their slopes, (X'MX)^-1 and the RSS (scaled)."""
    length = np.diag(model.WW)[: model.p]
    offset, _, rest = model.about_fit
    common, slopes, inverse = within_slopes(rest, length)
    rss = float(rest[model.p, model.p] - slopes @ rest[common, model.p])
    return common, slopes + offset[common], inverse, max(rss, 0.0)


def _raw_coefficients(
    data: GroupedData, model: ScaledModel, common: IntArray, slopes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return group coefficients (J, k) and all terms' common coefficients (p,), raw units."""
    p = model.p
    gamma = np.zeros(model.n_terms)
    gamma[model.used] = model.y_scale * (model.to_raw[:, common] @ slopes)
    gamma[0] += model.y_center
    all_own = model.own
    own = all_own[p] - np.einsum("ckj,c->kj", all_own[common], slopes)
    coef = model.y_scale * (model.z_to_raw @ own).T + gamma[data.varying_terms]
    missing = ~np.isin(np.arange(model.n_terms), model.used[common])
    if 0 not in data.varying:
        missing[0] = False
    return coef, np.where(missing, np.nan, gamma)


def unit_covariance(
    data: GroupedData,
    model: ScaledModel,
    own: GroupInverse,
    common: IntArray,
    inverse: FloatArray,
) -> FloatArray:
    """Return the covariance of raw group coefficients over sigma_y**2, shape (k, k, J)."""
    z = model.z_to_raw
    out = np.einsum("ai,ilj,bl->abj", z, own.inverse, z)
    if len(common):
        # A varying column whose average is a combination of other columns has no row.
        has = np.isin(data.varying_terms, model.used)
        rows = np.searchsorted(model.used, np.asarray(data.varying_terms)[has])
        average = np.zeros((len(has), len(common)))
        average[has] = model.to_raw[np.ix_(rows, common)]
        through = average[:, :, None] - np.einsum("ai,cij->acj", z, model.own[common])
        out += np.einsum("acj,cd,bdj->abj", through, inverse, through, optimize=True)
    return np.asarray(out)


def _raw_means(data: GroupedData, moments: GroupMoments) -> FloatArray:
    """Return the group means of the varying columns in raw units, shape (J, k)."""
    return np.column_stack(
        [moments.mean_of(b) * moments.scale[b] + moments.center[b] for b in data.varying]
    )


def fit_two_stage(data: GroupedData, coef: FloatArray, estimable: BoolArray) -> TwoStageFit | None:
    """Regress each no-pooling coefficient on its group-level predictors, groups equal.

    Raises nothing: a coefficient with too few groups gets NaN.
    """
    if not data.group_columns:
        return None
    names = ("(Intercept)", *(name for name, _ in data.group_columns))
    U = np.column_stack([np.ones(data.n_groups), *(v for _, v in data.group_columns)])
    out = np.full((len(data.varying), len(names)), np.nan)
    se = out.copy()
    used = np.zeros(len(data.varying), dtype=np.intp)
    for i, base in enumerate(data.varying):
        columns = np.array(
            [0] + [1 + t.factor for t in data.terms if t.base == base and t.factor >= 0]
        )
        rows = estimable[:, i] & np.isfinite(coef[:, i])
        used[i] = int(rows.sum())
        design = U[rows][:, columns]
        if used[i] <= len(columns) or np.linalg.matrix_rank(design) < len(columns):
            continue
        solution, *_ = np.linalg.lstsq(design, coef[rows, i], rcond=None)
        residual = coef[rows, i] - design @ solution
        variance = residual @ residual / (used[i] - len(columns))
        out[i, columns] = solution
        se[i, columns] = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    return TwoStageFit(out, se, names, used)
