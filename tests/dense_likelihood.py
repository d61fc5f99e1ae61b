"""The ML deviance of a varying-intercept model from the full covariance matrix of the rows."""

from __future__ import annotations

import numpy as np

from core.results import MultilevelFit


def ml_deviance_at_ratio(fit: MultilevelFit, ratio: float) -> float:
    """Return the deviance at sigma_alpha**2 / sigma_y**2 = ratio, all else maximised."""
    X, y, index = fit.data.design(), fit.data.y, fit.data.group_index
    V = np.eye(len(y)) + ratio * (index[:, None] == index[None, :])
    inverse = np.linalg.inv(V)
    beta = np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
    rest = y - X @ beta
    variance = rest @ inverse @ rest / len(y)
    n = len(y)
    return float(np.linalg.slogdet(V)[1] + n * (1.0 + np.log(2.0 * np.pi * variance)))
