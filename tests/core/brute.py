"""Dense likelihoods, row by row and with no shortcut: what the moments are checked against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import brentq

from core.tables.grouped import GroupedData
from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class Refit:
    """The model refitted at a given Sigma: fixed effects, sigma_y, modes, criterion."""

    fixef: FloatArray
    sigma_y: float
    ranef: FloatArray
    criterion_value: float


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """-2 log likelihood at Sigma and sigma_y**2, its slope, and what belongs to it."""

    value: float
    slope: float
    fixef: FloatArray
    ranef: FloatArray


def likelihood(data: GroupedData, Sigma: FloatArray, variance: float, *, reml: bool) -> _Likelihood:
    """Return the (restricted) likelihood by inverting the covariance of all rows as a whole."""
    X, Z, y = data.design(), data.varying_design(), data.y
    same = data.group_index[:, None] == data.group_index[None, :]
    V = variance * np.eye(len(y)) + np.where(same, Z @ Sigma @ Z.T, 0.0)
    factor = cho_factor(V)
    ViX, Viy = cho_solve(factor, X), cho_solve(factor, y)
    XVX = X.T @ ViX
    # Columns of very different size: solve in their own units.
    size = np.sqrt(np.diag(XVX))
    beta = np.linalg.solve(XVX / np.outer(size, size), X.T @ Viy / size) / size
    residual = y - X @ beta
    Vir = cho_solve(factor, residual)
    degrees = len(y) - X.shape[1] if reml else len(y)
    value = degrees * np.log(2 * np.pi) + 2 * np.log(np.diag(factor[0])).sum() + residual @ Vir
    trace = float(np.trace(cho_solve(factor, np.eye(len(y)))))
    if reml:
        value += np.linalg.slogdet(XVX)[1]
        scaled = np.linalg.inv(XVX / np.outer(size, size))
        trace -= float(np.sum(scaled * ((ViX / size).T @ (ViX / size))))
    ranef = np.zeros((data.n_groups, Z.shape[1]))
    np.add.at(ranef, data.group_index, Z * Vir[:, None])
    return _Likelihood(float(value), trace - float(Vir @ Vir), beta, ranef @ Sigma)


def refit_at(data: GroupedData, Sigma: FloatArray, start: float, *, reml: bool) -> Refit:
    """Return the model with Sigma held and sigma_y found by the root of the score.

    ``start`` is a sigma_y to look around.
    """

    def slope(log_variance: float) -> float:
        return likelihood(data, Sigma, np.exp(log_variance), reml=reml).slope

    middle = 2 * np.log(start)
    root = brentq(slope, middle - 1.0, middle + 1.0, xtol=1e-14, rtol=1e-13)
    found = likelihood(data, Sigma, np.exp(root), reml=reml)
    return Refit(found.fixef, float(np.exp(root / 2)), found.ranef, found.value)
