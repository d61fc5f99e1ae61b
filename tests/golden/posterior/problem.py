"""One case as arrays of rows, and its likelihood and prior as a textbook writes them.

Nothing here comes from ``core``: designs are built from the table, the likelihood is that of
the rows' covariance ``V_j = sigma_y**2 I + Z_j Sigma Z_j'`` with the average coefficients
integrated out (flat prior), written by the matrix inversion lemma on raw cross-products.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Array = np.ndarray
#: Grid points times groups of one pass.
_CHUNK = 400_000


@dataclass(frozen=True)
class Rows:
    """A model on rows: ``y = X beta + Z b + e``; group-level columns are in X.

    Attributes
    ----------
    lines : ndarray, shape (J, k, p)
        Each group's own coefficients without its deviation are ``lines[j] @ beta``.
    origin : ndarray, shape (k,)
        What x was moved by before anything else (its mean, or 0).
    """

    y: Array
    X: Array
    Z: Array
    group: Array
    names: list[str]
    lines: Array
    origin: Array

    @property
    def k(self) -> int:
        return self.Z.shape[1]


def rows_of(table: pd.DataFrame, spec: Mapping[str, Any], *, centre: bool) -> Rows:
    """Return the arrays of a model with numeric predictors; ``centre`` moves varying x."""
    group, names = pd.factorize(table[spec["group"]], sort=True)
    varying = spec.get("varying", ())
    columns = {name: table[name].to_numpy(float) for name in spec.get("predictors", ())}
    origin = {name: float(columns[name].mean()) if centre else 0.0 for name in varying}
    columns = {name: values - origin.get(name, 0.0) for name, values in columns.items()}
    wide = [np.ones(len(table)), *columns.values()]
    between = [table[name].to_numpy(float) for name in spec.get("group_predictors", ())]
    has_intercept = spec.get("varying_intercept", True)
    inside = ([np.ones(len(table))] if has_intercept else []) + [columns[name] for name in varying]
    J, p = len(names), len(wide) + len(between)
    lines = np.zeros((J, len(inside), p))
    places = ([0] if has_intercept else []) + [1 + list(columns).index(name) for name in varying]
    for a, place in enumerate(places):
        lines[:, a, place] = 1.0
    for q, values in enumerate(between):
        lines[:, 0, len(wide) + q] = pd.Series(values).groupby(group).first().to_numpy()
    shift = ([0.0] if has_intercept else []) + [origin[name] for name in varying]
    return Rows(
        table[spec["outcome"]].to_numpy(float),
        np.column_stack(wide + between),
        np.column_stack(inside),
        group,
        [str(name) for name in names],
        lines,
        np.array(shift),
    )


@dataclass(frozen=True)
class Solution:
    """Log likelihood, average coefficients and groups at grid points G."""

    log_likelihood: Array
    beta: Array
    cov: Array
    line: Array
    line_var: Array


def solve(rows: Rows, sigma_y: Array, Sigma: Array, which: Array | None = None) -> Solution:
    """Return the solution at sigma_y (G,) and Sigma (G, k, k); lines of the groups ``which``."""
    J = len(rows.names)
    step = max(1, _CHUNK // J)
    parts = [
        _solve(rows, sigma_y[i : i + step], Sigma[i : i + step], which)
        for i in range(0, len(sigma_y), step)
    ]
    names = ("log_likelihood", "beta", "cov", "line", "line_var")
    return Solution(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def _solve(rows: Rows, sigma_y: Array, Sigma: Array, which: Array | None) -> Solution:
    X, Z, y, k = rows.X, rows.Z, rows.y, rows.k
    one = [np.flatnonzero(rows.group == j) for j in range(len(rows.names))]
    A = np.array([Z[r].T @ Z[r] for r in one])
    B = np.array([Z[r].T @ X[r] for r in one])
    c = np.array([Z[r].T @ y[r] for r in one])
    s2 = sigma_y**2
    M = s2[:, None, None, None] * np.eye(k) + A @ Sigma[:, None]
    K = Sigma[:, None] @ np.linalg.inv(M)
    XVX = (X.T @ X - np.einsum("jap,gjab,jbq->gpq", B, K, B, optimize=True)) / s2[:, None, None]
    XVy = (X.T @ y - np.einsum("jap,gjab,jb->gp", B, K, c, optimize=True)) / s2[:, None]
    yVy = (y @ y - np.einsum("ja,gjab,jb->g", c, K, c, optimize=True)) / s2
    cov = np.linalg.inv(XVX)
    beta = np.einsum("gpq,gq->gp", cov, XVy)
    log_det = np.linalg.slogdet(M)[1].sum(axis=1) + (len(y) - k * len(A)) * np.log(s2)
    quad = yVy - np.einsum("gp,gp->g", beta, XVy)
    value = -0.5 * (log_det + np.linalg.slogdet(XVX)[1] + quad)
    some = np.zeros(0, dtype=int) if which is None else which
    K, A, B, c, L = K[:, some], A[some], B[some], c[some], rows.lines[some]
    through = L - np.einsum("gjab,jbp->gjap", K, B)
    line = np.einsum("gjab,jb->gja", K, c) + np.einsum("gjap,gp->gja", through, beta)
    var = s2[:, None, None, None] * K + np.einsum(
        "gjap,gpq,gjbq->gjab", through, cov, through, optimize=True
    )
    return Solution(value, beta, cov, line, var)


def log_prior_sd(sd: Array, prior: Mapping[str, Any]) -> Array:
    """Return the log prior density of sds (G, k), summed; ``scale`` a number or one each."""
    kind = prior.get("kind", "flat")
    if kind == "flat":
        return np.zeros(len(sd))
    u = sd / np.broadcast_to(np.asarray(prior["scale"], dtype=float), sd.shape)
    if kind == "half_normal":
        return np.asarray((-0.5 * u**2).sum(axis=1))
    if kind == "gamma":
        return np.asarray((np.log(np.maximum(u, 1e-300)) - u).sum(axis=1))
    df = prior["df"]
    return np.asarray((-0.5 * (df + 1.0) * np.log1p(u**2 / df)).sum(axis=1))
