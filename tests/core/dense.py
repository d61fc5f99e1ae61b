"""The multilevel model written out in full: an n x n covariance matrix, no moments, no tricks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.linalg
import scipy.stats

from core.spec import ModelSpec
from core.types import FloatArray


def design(table: pd.DataFrame, spec: ModelSpec) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return X (n, p), Z of one row's varying columns (n, k) and y, numeric predictors only."""
    one = np.ones(len(table))
    individual = {c: table[c].to_numpy(float) for c in spec.predictors}
    group_level = {c: table[c].to_numpy(float) for c in spec.group_predictors}
    products = [individual[a] * group_level[b] for a, b in spec.cross_level]
    X = np.column_stack([one, *individual.values(), *group_level.values(), *products])
    intercept = [one] if spec.varying_intercept else []
    Z = np.column_stack([*intercept, *(individual[c] for c in spec.varying)])
    return X, Z, table[spec.outcome].to_numpy(float)


def covariance(
    table: pd.DataFrame, spec: ModelSpec, sigma_y: float, vcov: FloatArray
) -> FloatArray:
    """Return V (n, n): ``z_i' Sigma z_i'`` within a group, plus sigma_y**2 on the diagonal."""
    _, Z, _ = design(table, spec)
    group = table[spec.group].to_numpy()
    same = group[:, None] == group[None, :]
    return np.where(same, Z @ vcov @ Z.T, 0.0) + sigma_y**2 * np.eye(len(table))


def criterion(
    table: pd.DataFrame, spec: ModelSpec, sigma_y: float, vcov: FloatArray, beta: FloatArray
) -> float:
    """Return -2 x log likelihood of the outcome (ML) or of its error contrasts (REML).

    The density of an orthonormal basis of error contrasts differs from lme4's criterion
    by log det X'X, which does not depend on the parameters.
    """
    X, _, y = design(table, spec)
    V = covariance(table, spec, sigma_y, vcov)
    if spec.criterion == "ML":
        return -2.0 * float(scipy.stats.multivariate_normal.logpdf(y, X @ beta, V))
    K = scipy.linalg.null_space(X.T)
    density = scipy.stats.multivariate_normal.logpdf(K.T @ y, None, K.T @ V @ K)
    return -2.0 * float(density) + float(np.linalg.slogdet(X.T @ X)[1])


def estimates(
    table: pd.DataFrame, spec: ModelSpec, sigma_y: float, vcov: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the generalised least squares coefficients (p,) and their covariance (p, p)."""
    X, _, y = design(table, spec)
    V_inverse = np.linalg.inv(covariance(table, spec, sigma_y, vcov))
    cov = np.linalg.inv(X.T @ V_inverse @ X)
    return cov @ X.T @ V_inverse @ y, cov


def conditional_modes(
    table: pd.DataFrame, spec: ModelSpec, sigma_y: float, vcov: FloatArray, beta: FloatArray
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return mean and covariance of each group's deviations given the outcome and beta."""
    X, Z, y = design(table, spec)
    residual = y - X @ beta
    out = {}
    for name, rows in table.groupby(spec.group).indices.items():
        z = Z[rows]
        gain = vcov @ z.T @ np.linalg.inv(z @ vcov @ z.T + sigma_y**2 * np.eye(len(rows)))
        out[str(name)] = (gain @ residual[rows], vcov - gain @ z @ vcov)
    return out
