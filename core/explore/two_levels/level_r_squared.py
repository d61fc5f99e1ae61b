"""Group-level R squared: how much of the groups' differences their predictors account for."""

from __future__ import annotations

import numpy as np

from core.estimators.factors.system import line_contrasts, scaled_variance, system_of
from core.estimators.factors.view import ViewFit
from core.fitting.modes import fixed_part
from core.fitting.scaled import scale_model
from core.fitting.several.henderson import Contrasts
from core.results import MultilevelFit
from core.types import FloatArray

#: Levels of one of several factors up to which they are taken together.
_MOST_LEVELS = 2_000


def level_r_squared(fit: MultilevelFit) -> FloatArray:
    """Return the group-level R squared of each varying coefficient, shape (k,).

    Notes
    -----
    ``1 - E[V(eta)] / E[V(alpha)]`` with V the variance over the J groups and E over what is
    not known: coefficients and deviations given the variances. For a normal vector with mean
    m and covariance C, ``E[V] = V(m) + (tr C - 1'C1 / J) / (J - 1)``. NaN where nothing
    varies; 0 without group-level predictors up to the uncertainty of the mean.

    References
    ----------
    .. [1] Gelman & Pardoe (2006), Technometrics 48, 241-251; Gelman & Hill (2007), 21.5.
    """
    data, J = fit.data, fit.n_groups
    if J < 2:
        return np.full(len(fit.varying_names), np.nan)
    if isinstance(fit, ViewFit):
        return np.array([_of_factor(fit, k) for k in range(len(fit.varying_names))])
    model = scale_model(data, fit.moments)
    undo = np.linalg.inv(model.z_to_raw)
    D = undo @ (fit.vcov_group / fit.sigma_y**2) @ undo.T
    # How deviations and lines answer to the fixed effects in use (k, p, J), raw units.
    eta = -np.einsum("ai,ipj->apj", model.z_to_raw, fixed_part(model, 0.5 * (D + D.T)))
    eta = np.einsum("apj,pt->atj", eta, np.linalg.inv(model.to_raw))
    line = eta + _target_part(fit, [int(t) for t in model.used])
    cov = fit.fixef_cov[np.ix_(model.used, model.used)]
    # In units of the outcome ``to_raw`` carries no scale of y, nor does ``eta``.
    own = np.einsum("jaa->aj", fit.cond_var)
    inside = _expected_variance(fit.ranef.T, eta, own, cov)
    whole = _expected_variance(fit.line.T, line, own, cov)
    return 1.0 - np.divide(inside, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _of_factor(fit: ViewFit, k: int) -> float:
    """Return the R squared of one coefficient of a factor in view, its levels taken together."""
    fits, J = fit.whole, fit.n_groups
    if J > _MOST_LEVELS:
        return float("nan")
    lines = line_contrasts(fits.data, fit.factor, fit.varying_names[k])
    own = Contrasts(np.zeros_like(lines.fixed), {fit.factor: lines.levels[fit.factor]})
    expected = []
    for asked, mean in ((own, fit.ranef[:, k]), (lines, fit.line[:, k])):
        cov = system_of(fits).covariance(asked) * scaled_variance(fits)
        spread = (float(np.trace(cov)) - float(cov.sum()) / J) / (J - 1)
        expected.append(float(mean.var(ddof=1)) + spread)
    return 1.0 - expected[0] / expected[1] if expected[1] > 0 else float("nan")


def _target_part(fit: MultilevelFit, used: list[int]) -> FloatArray:
    """Return what multiplies each fixed effect in use in a group's target, (k, p, J)."""
    data = fit.data
    out = np.zeros((len(data.varying), len(used), fit.n_groups))
    for k, base in enumerate(data.varying):
        for i, t in enumerate(used):
            term = data.terms[t]
            if term.base == base:
                out[k, i] = data.group_columns[term.factor][1] if term.factor >= 0 else 1.0
    return out


def _expected_variance(
    mean: FloatArray, through: FloatArray, own: FloatArray, cov: FloatArray
) -> FloatArray:
    """Return E[V] of each coefficient, shape (k,): mean (k, J), through (k, p, J), own (k, J)."""
    J = mean.shape[1]
    trace = own.sum(axis=1) + np.einsum("apj,pq,aqj->a", through, cov, through, optimize=True)
    total = through.sum(axis=2)
    everything = own.sum(axis=1) + np.einsum("ap,pq,aq->a", total, cov, total)
    return np.asarray(mean.var(axis=1, ddof=1) + (trace - everything / J) / (J - 1))
