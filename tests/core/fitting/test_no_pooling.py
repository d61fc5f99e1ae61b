"""No pooling where the average of a varying column is a combination of other columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

import core


def test_the_covariance_of_an_aliased_slope_is_least_squares() -> None:
    """x2 varies by group and equals 2 x + 1: with or without x, the groups' own lines are one."""
    rng = np.random.default_rng(1)
    group, x = np.repeat(np.arange(10), 9), rng.normal(size=90) + 3.0
    z = rng.normal(size=90) + 0.5 * x
    y = x + z + rng.normal(size=90)
    names = [f"g{j}" for j in group]
    table = pd.DataFrame({"y": y, "x": x, "x2": 2.0 * x + 1.0, "z": z, "g": names})
    spec = core.ModelSpec("y", "g", predictors=("x", "x2", "z"), varying=("x2",))
    own = core.fit_all(core.GroupedData.from_table(table, spec)).no_pooling
    indicators = (group[:, None] == np.arange(10)).astype(float)
    X = np.column_stack([indicators, indicators * table[["x2"]].to_numpy(), z])
    beta, rss, *_ = np.linalg.lstsq(X, y, rcond=None)
    cov = np.linalg.inv(X.T @ X) * rss[0] / (90 - 21)
    for j in range(10):
        assert_allclose(own.coef[j], beta[[j, 10 + j]], rtol=1e-9, atol=1e-9)
        assert_allclose(own.coef_cov[j], cov[np.ix_([j, 10 + j], [j, 10 + j])], rtol=1e-8)
