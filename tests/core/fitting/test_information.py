"""The information of the variances against traces of the whole covariance matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from core.fitting.modes import own_precision
from core.fitting.scaled import scale_model
from core.fitting.search.information import variance_directions, variance_information

CASES = {
    "intercept": {},
    "slope": {"varying": ("x",)},
    "uncorrelated": {"varying": ("x",), "correlated": False},
    "slope alone": {"varying": ("x",), "varying_intercept": False},
    "two slopes": {"varying": ("x", "z")},
}


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_information_and_derivative(case: str, reml: bool) -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 7, 60)
    table = pd.DataFrame(
        {
            "g": group.astype(str),
            "x": rng.normal(5, 2, 60),
            "z": rng.normal(size=60),
            "u": rng.normal(size=7)[group],
            "y": rng.normal(size=60),
        }
    )
    spec = core.ModelSpec(
        outcome="y", group="g", predictors=("x", "z"), group_predictors=("u",), **CASES[case]
    )
    data = core.GroupedData.from_table(table, spec)
    model = scale_model(data, core.GroupMoments.from_data(data))
    half = rng.normal(size=(model.k, model.k))
    D = half @ half.T if spec.correlated else np.diag(np.diag(half @ half.T))
    X, Z = data.design()[:, model.used] @ model.to_raw, data.varying_design() @ model.z_to_raw
    same = group[:, None] == group
    parts = [same * (Z @ e @ Z.T) for e in variance_directions(model.k, spec.correlated)]
    parts.append(np.eye(60))
    inverse = np.linalg.inv(np.eye(60) + same * (Z @ D @ Z.T))
    Q = np.linalg.inv(X.T @ inverse @ X)
    R = inverse - inverse @ X @ Q @ X.T @ inverse if reml else inverse
    info = [[0.5 * np.trace(R @ a @ R @ b) for b in parts] for a in parts]
    change = [Q @ X.T @ inverse @ a @ inverse @ X @ Q for a in parts]
    found = variance_information(
        model, D, own_precision(model, D), Q, reml=reml, correlated=spec.correlated
    )
    assert_allclose(np.linalg.inv(found.covariance), info, rtol=1e-8)
    assert_allclose(found.fixef_change, change, atol=1e-10)
