"""The pooling dial: every group's estimate at any amount of pooling between none and all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.explore.dial.directions import Directions
from core.explore.dial.path import DialPath, dial_path
from core.fitting.complete_pooling import group_targets
from core.fitting.scaled import ScaledModel
from core.results import PoolingFits
from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class DialPosition:
    """The model at ``Sigma(c) = c * Sigma_hat``, all else estimated again.

    Attributes
    ----------
    c : float
        0 is complete pooling, 1 the estimate, ``inf`` no pooling.
    coef : FloatArray, shape (J, k)
        Intercept and slopes of every group, alpha_j and beta_j. A coefficient that a
        group's rows do not determine keeps, at every c, what the other groups lend it.
    target : FloatArray, shape (J, k)
        What each group is pulled towards.
    fixef : FloatArray, shape (p,)
        Average coefficients; NaN where a column is a combination of others.
    sigma_y : float
        Residual sd, outcome units; NaN without residual degrees of freedom.
    vcov_group : FloatArray, shape (k, k)
        Sigma(c), infinite at c = inf.
    pooling_factor : FloatArray, shape (J, k)
        omega_j of each coefficient: 1 complete pooling, 0 none.
    weight : FloatArray, shape (J, k, k)
        ``coef = target + weight @ (own - target)`` for a group's own line at these
        common coefficients.
    own : FloatArray, shape (J, k)
        That line. Where the group's rows do not determine a coefficient it holds the
        target's, so the sum holds all the same.
    sharing : float
        Share of what the groups' own rows say that gives way to the others, 0 to 1:
        the mean pooling over all directions in which groups have something to say.
    criterion_value : float
        -2 x (restricted) log likelihood; ``inf`` at c = inf.
    note : str
        What a reader must know of the dial (a variance that was put in), or ''.
    """

    c: float
    coef: FloatArray
    target: FloatArray
    fixef: FloatArray
    fixef_names: tuple[str, ...]
    varying_names: tuple[str, ...]
    group_names: tuple[str, ...]
    sigma_y: float
    vcov_group: FloatArray
    pooling_factor: FloatArray
    weight: FloatArray
    own: FloatArray
    sharing: float
    criterion_value: float
    note: str


def dial(fits: PoolingFits | DialPath, c: float) -> DialPosition:
    """Return the model at ``c`` times the estimated covariance of the groups.

    Parameters
    ----------
    fits : PoolingFits or DialPath
        A path (``core.dial_path(fits)``) saves its preparation when many c are asked for.
    c : float
        0 (complete pooling) to ``inf`` (no pooling); 1 is the estimate.

    Raises
    ------
    ValueError
        When c is negative or not a number.
    PoolingError
        When the data admit no multilevel fit.

    Notes
    -----
    At every c, Sigma = c Sigma_hat is held and the fixed effects and sigma_y maximise the
    (restricted) likelihood. Where Sigma_hat has a zero variance, the dial uses for that
    coefficient the variance at which the median group is half pooled (see ``note``);
    ``DialPath.estimate`` is then where the estimate stands.
    """
    c = float(c)
    if not c >= 0.0:
        raise ValueError(f"c must be 0 or more, not {c!r}.")
    path = fits if isinstance(fits, DialPath) else dial_path(fits)
    if c == 0.0:
        return _complete(path)
    t = path.t_of(c) if np.isfinite(c) else np.inf
    if not np.isfinite(t):
        return _none(path, c)
    found = path.solve(np.array([t]))
    strength = path.groups.strength
    return _position(
        path,
        path.groups,
        c,
        beta=found.beta[0],
        weights=t * strength / (1.0 + t * strength),
        sigma_y=path.model.y_scale * float(np.sqrt(found.variance[0])),
        value=float(found.value[0]) + path.unit_value,
    )


def _position(
    path: DialPath,
    groups: Directions,
    c: float,
    *,
    beta: FloatArray,
    weights: FloatArray,
    sigma_y: float,
    value: float,
) -> DialPosition:
    """Return the position from the scaled fixed effects (p,) and the weights (r, J)."""
    model, data = path.model, path.fits.data
    fixef = model.coef_to_raw(beta)
    target = group_targets(data, fixef)
    contrast = np.append(-np.linalg.solve(groups.basis, beta), 1.0)
    apart = np.einsum("p,plj->lj", contrast, groups.own)
    z = model.y_scale * model.z_to_raw
    ranef = (z @ np.einsum("klj,lj->kj", groups.axes, weights * apart)).T
    own = (z @ np.einsum("p,pkj->kj", np.append(-beta, 1.0), model.own)).T
    live = groups.strength > 0
    pulled = float((1.0 - weights[live]).mean()) if live.any() else 1.0
    return DialPosition(
        c=c,
        coef=target + ranef,
        target=target,
        fixef=fixef,
        fixef_names=data.fixef_names,
        varying_names=data.varying_names,
        group_names=data.group_names,
        sigma_y=sigma_y,
        vcov_group=_scaled(path.vcov_group, c),
        pooling_factor=_pooling_factor(model.z_to_raw, groups, weights),
        weight=_weight_matrices(model, groups, weights),
        own=target + own,
        sharing=pulled,
        criterion_value=value,
        note=path.note,
    )


def _scaled(vcov: FloatArray, c: float) -> FloatArray:
    """Return c times a covariance; its zeros stay zero at c = inf."""
    return np.multiply(c, vcov, out=np.zeros_like(vcov), where=vcov != 0)


def _pooling_factor(z: FloatArray, groups: Directions, weights: FloatArray) -> FloatArray:
    """Return omega_j = conditional variance / group variance, shape (J, k); 1 for 0 / 0."""
    squares = np.einsum("ab,blj->alj", z, groups.axes) ** 2
    whole = squares.sum(axis=1)
    open_part = (squares * (1.0 - weights)).sum(axis=1)
    return np.asarray(np.divide(open_part, whole, out=np.ones_like(whole), where=whole > 0)).T


def _weight_matrices(model: ScaledModel, groups: Directions, weights: FloatArray) -> FloatArray:
    """Return ``D P_j`` in raw coefficients, shape (J, k, k)."""
    axes = np.einsum("ab,blj->jal", model.z_to_raw, groups.axes)
    if axes.shape[1] == axes.shape[2]:
        return np.asarray((axes * weights.T[:, None]) @ np.linalg.inv(axes))
    ratio = np.divide(weights, groups.strength, out=np.zeros_like(weights), where=weights > 0)
    back = np.einsum("blj,bcj->jlc", groups.axes, model.S) @ np.linalg.inv(model.z_to_raw)
    return np.asarray((axes * ratio.T[:, None]) @ back)


def _complete(path: DialPath) -> DialPosition:
    """Return c = 0: one regression for everybody, exactly that of complete pooling."""
    model, p = path.model, path.model.p
    beta: FloatArray = np.asarray(np.linalg.solve(model.WW[:p, :p], model.WW[:p, p]))
    beta += np.linalg.solve(model.WW[:p, :p], model.WW[:p, p] - model.WW[:p, :p] @ beta)
    contrast = np.append(-beta, 1.0)
    rss = float(contrast @ model.WW @ contrast)
    nu = path.degrees
    value = nu * (1.0 + float(np.log(2.0 * np.pi * rss / nu))) + path.unit_value
    if path.is_reml:
        value += float(np.linalg.slogdet(model.WW[:p, :p])[1])
    return _position(
        path,
        path.groups,
        0.0,
        beta=beta,
        weights=np.zeros_like(path.groups.strength),
        sigma_y=model.y_scale * float(np.sqrt(rss / nu)),
        value=value,
    )


def _none(path: DialPath, c: float) -> DialPosition:
    """Return c = inf: nothing holds the groups together any more."""
    groups, m = path.stop, path.stop.n_inside
    beta = _two_stage(path)
    if beta is None:
        beta = limit_fixef(groups)
    live = groups.strength > 0
    inside = np.append(-np.linalg.solve(groups.basis, beta), 1.0)
    inside[m:-1] = 0.0
    rss = max(float(inside @ groups.rest @ inside), 0.0)
    free = path.model.n_obs - int(live.sum()) - (m if path.is_reml else 0)
    sigma_y = path.model.y_scale * float(np.sqrt(rss / free)) if free > 0 else np.nan
    return _position(
        path,
        groups,
        c,
        beta=beta,
        weights=live.astype(np.float64),
        sigma_y=sigma_y,
        value=np.inf,
    )


def _two_stage(path: DialPath) -> FloatArray | None:
    """Return the two-stage fixed effects (p,): regressions of the groups' own coefficients.

    Without group-level predictors these are plain averages. None where they do not settle
    every column (a predictor that only differs between groups, too few groups).
    """
    data, own, model = path.fits.data, path.fits.no_pooling, path.model
    fixef = np.full(model.n_terms, np.nan)
    fixef[~np.isin(np.arange(model.n_terms), data.varying_terms)] = own.common_coef
    for i, base in enumerate(data.varying):
        terms = [(t, term.factor) for t, term in enumerate(data.terms) if term.base == base]
        if own.two_stage is not None:
            for t, factor in terms:
                fixef[t] = own.two_stage.coef[i, 1 + factor]
        else:
            values = own.coef[own.estimable[:, i], i]
            fixef[terms[0][0]] = values.mean() if len(values) else np.nan
    raw = fixef[model.used]
    if not np.isfinite(raw).all():
        return None
    raw[0] -= model.y_center
    return np.asarray(np.linalg.solve(model.to_raw, raw / model.y_scale))


def limit_fixef(groups: Directions) -> FloatArray:
    """Return the fixed effects that the model tends to as Sigma grows, shape (p,).

    The columns that vary inside groups are settled there first; for those that only differ
    between groups every direction of every group then counts alike.
    """
    p, m = groups.p, groups.n_inside
    live = (groups.strength > 0).ravel()
    own = groups.own.reshape(p + 1, -1)[:, live]
    gamma = np.zeros(p)
    gamma[:m] = np.linalg.solve(groups.rest[:m, :m], groups.rest[:m, p])
    between = own[p] - gamma[:m] @ own[:m]
    gamma[m:] = np.linalg.lstsq(own[m:p].T, between, rcond=None)[0]
    return np.asarray(groups.basis @ gamma)
