"""Complete pooling, no pooling, partial pooling and two-stage as predictors of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.estimators.predictors import Alias, OwnPart, Predictor, Shrinkage
from core.estimators.training import Training
from core.estimators.two_stage import second_stage, second_stage_columns
from core.fitting.inverse import group_inverse
from core.fitting.modes import fixed_part, own_precision, scaled_modes, unit_cond_var
from core.fitting.no_pooling import common_slopes
from core.fitting.search.information import variance_information
from core.types import FloatArray, IntArray


def complete_pooling(training: Training) -> Predictor:
    """Return the least-squares fit that ignores the groups."""
    model = training.model
    p = model.p
    inverse: FloatArray = np.asarray(np.linalg.inv(model.WW[:p, :p]))
    beta = inverse @ model.WW[:p, p]
    beta += inverse @ (model.WW[:p, p] - model.WW[:p, :p] @ beta)
    df = model.n_obs - p
    rss = max(float(model.WW[p, p] - beta @ model.WW[:p, p]), 0.0)
    return Predictor(
        training=training,
        columns=model.used,
        beta=beta,
        unit_cov=inverse,
        sigma2=rss / df if df > 0 else np.nan,
        df_residual=float(df),
        own=None,
        between=np.zeros((model.k, model.k)),
        alias=_alias(training),
    )


def no_pooling(training: Training) -> Predictor:
    """Return each group on its own."""
    data, model = training.data, training.model
    inverse = group_inverse(training.moments, data.varying, model.mix)
    common, slopes, unit_cov, rss = common_slopes(model)
    df = model.n_obs - int((~inverse.aliased).sum()) - len(common)
    own = model.own
    return Predictor(
        training=training,
        columns=model.used[common],
        beta=slopes,
        unit_cov=unit_cov,
        sigma2=rss / df if df > 0 else np.nan,
        df_residual=float(df),
        own=OwnPart(
            modes=own[model.p] - np.einsum("ckj,c->kj", own[common], slopes),
            answer=np.moveaxis(own[common], 0, 1),
            spread=inverse.inverse,
            is_known=np.asarray(inverse.estimable.all(axis=0)),
            estimable=inverse.estimable,
        ),
        between=None,
        alias=_alias_inside(training, common, unit_cov),
    )


def with_second_stage(alone: Predictor) -> Predictor:
    """Return no pooling as the first stage of the two-stage method.

    A group that has its own coefficients is predicted like no pooling, any other group from
    the regression of those coefficients on group-level predictors.
    """
    data, own = alone.training.data, alone.own
    assert own is not None and own.estimable is not None
    raw = (alone.training.model.z_to_raw @ own.modes).T
    columns = second_stage_columns(data.varying, data.terms)
    stage = second_stage(raw, own.estimable.T, alone.training.group_factors(), columns)
    return replace(alone, stage=stage)


def partial_pooling(
    training: Training, D: FloatArray, beta: FloatArray, inverse: FloatArray, sigma2: float
) -> Predictor:
    """Return the multilevel model at given estimates.

    Parameters
    ----------
    D : FloatArray, shape (k, k)
        Relative covariance in the scaled units of Z.
    beta, inverse : FloatArray, shapes (p,) and (p, p)
        Fixed effects and ``(X'V^-1 X)^-1``, scaled.
    sigma2 : float
        sigma_y**2, scaled.
    """
    model, spec = training.model, training.data.spec
    P = own_precision(model, D)
    information = variance_information(
        model, D, P, inverse, reml=spec.criterion == "REML", correlated=spec.correlated
    )
    return Predictor(
        training=training,
        columns=model.used,
        beta=beta,
        unit_cov=inverse,
        sigma2=sigma2,
        df_residual=float(model.n_obs - model.p),
        own=OwnPart(
            modes=scaled_modes(model, D, beta),
            answer=fixed_part(model, D),
            spread=unit_cond_var(model, D),
            is_known=training.moments.n > 0,
        ),
        between=D,
        information=Shrinkage(D, P, information),
        alias=_alias(training),
    )


def _alias(training: Training) -> Alias | None:
    model = training.model
    return Alias(model.aliased, model.alias) if len(model.aliased) else None


def _alias_inside(training: Training, common: IntArray, unit_cov: FloatArray) -> Alias | None:
    """Return the columns that the groups' own coefficients and the common ones must explain.

    A varying column times a group-level one needs no check: inside a known group it is a
    multiple of the varying column.
    """
    data, model = training.data, training.model
    p = model.p
    is_taken_up = np.isin([t.base for t in data.terms], data.varying)
    is_common = np.isin(np.arange(p), common)
    used = np.flatnonzero(~is_common & ~is_taken_up[model.used])
    left_out = np.flatnonzero(~is_taken_up[model.aliased])
    if not len(used) and not len(left_out):
        return None
    inside = np.zeros((len(common), p))
    inside[:, ~is_common] = unit_cov @ model.rest[np.ix_(common, np.flatnonzero(~is_common))]
    inside[np.arange(len(common)), common] = 1.0
    of_used = np.column_stack([np.eye(p)[:, used], model.alias[:, left_out]])
    return Alias(
        terms=np.append(model.used[used], model.aliased[left_out]),
        combination=inside @ of_used,
        own=np.einsum("pkj,pa->kaj", model.own[:p], of_used),
    )
