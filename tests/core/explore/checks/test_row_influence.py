"""What single rows do: lme4's leverages and Cook's distances, and errors of fitted values."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from tests.core import dense
from tests.fitted import many_groups

GOLDEN = Path(__file__).parents[3] / "golden"
GOLD: dict[str, Any] = json.loads((GOLDEN / "rows" / "results.json").read_text(encoding="utf-8"))
SLEEP = core.ModelSpec("Reaction", "Subject", ("Days",), ("Days",))
MADE = core.ModelSpec("y", "g", ("x",), group_predictors=("u",))
SPECS = {
    "sleepstudy": SLEEP,
    "independent": SLEEP.update(correlated=False, criterion="ML"),
    "weighted": MADE.update(predictors=("x", "z"), varying=("x",), weights="w"),
    "cross": MADE.update(cross_level=(("x", "u"),)),
}


@cache
def fits_of(name: str) -> core.PoolingFits:
    """Return the fits of a model of tests/golden/rows/make.R."""
    table = pd.read_csv(GOLDEN / "weights" / "simulated.csv")
    if SPECS[name].outcome == "Reaction":
        table = core.load_example("sleepstudy")
    return core.fit_all(core.GroupedData.from_table(table, SPECS[name]))


@pytest.mark.parametrize("name", SPECS)
def test_leverage_and_cooks_distance_equal_lme4(name: str) -> None:
    gold, found = GOLD["rows"][name], core.row_influence(fits_of(name))
    some = slice(0, len(gold["hat"]))
    assert_allclose(found["leverage"][some], gold["hat"], rtol=1e-3, atol=1e-5)
    assert found["leverage"].sum() == pytest.approx(gold["sum"], rel=1e-4)
    assert_allclose(found["cooks_distance"][some], gold["cook"], rtol=2e-3, atol=1e-6)
    assert found["cooks_distance"].max() == pytest.approx(gold["worst"], rel=2e-3)
    assert_allclose(found["fitted"][some], gold["fitted"], rtol=1e-5, atol=1e-4)
    assert_allclose(found["average"][some], gold["average"], rtol=1e-5, atol=1e-4)
    assert_allclose(found["average_se"][some], gold["average_se"], rtol=1e-4)


def test_the_error_of_a_fitted_value_is_that_of_the_full_covariance() -> None:
    table = many_groups(8)
    spec = core.ModelSpec("y", "g", ("x",), ("x",))
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    fit, found = fits.multilevel, core.row_influence(fits)
    X, _, y = dense.design(table, spec)
    V = dense.covariance(table, spec, fit.sigma_y, fit.vcov_group)
    G = V - fit.sigma_y**2 * np.eye(len(y))  # Z Sigma Z'
    inverse = np.linalg.inv(V)
    cov = np.linalg.inv(X.T @ inverse @ X)
    apart = X - G @ inverse @ X
    error = apart @ cov @ apart.T + G - G @ inverse @ G
    assert_allclose(found["se"], np.sqrt(np.diag(error)), rtol=1e-6)
    hat = np.eye(len(y)) - fit.sigma_y**2 * (inverse - inverse @ X @ cov @ X.T @ inverse)
    assert_allclose(found["leverage"], np.diag(hat), rtol=1e-6, atol=1e-9)
    assert_allclose(found["fitted"], hat @ y, atol=1e-8)
    assert_allclose(found["residual"], y - hat @ y, atol=1e-8)


def test_without_a_variance_it_is_least_squares() -> None:
    table = pd.DataFrame({"g": np.repeat(list("abcdef"), 4), "x": np.arange(24.0) % 5})
    table["y"] = 1.0 + table["x"] + np.tile([1.0, -1.0, 0.5, -0.5], 6)
    fits = core.fit_all(core.GroupedData.from_table(table, core.ModelSpec("y", "g", ("x",))))
    assert fits.multilevel.sigma_group[0] == 0
    X = np.column_stack([np.ones(24), table["x"]])
    hat = np.diag(X @ np.linalg.inv(X.T @ X) @ X.T)
    found = core.row_influence(fits)
    assert_allclose(found["leverage"], hat, atol=1e-9)
    assert_allclose(found["se"], found["average_se"], rtol=1e-9)


def test_rows_are_numbered_as_in_the_table() -> None:
    table = many_groups(8)
    table.loc[[0, 4], "x"] = np.nan
    spec = core.ModelSpec("y", "g", ("x",), rows=(core.Keep("kind", levels=("a", "b")),))
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    found = core.row_influence(fits)
    used = table.iloc[found["row"] - 1]
    assert_allclose(used["y"], fits.data.y)
    assert set(used["kind"]) == {"a", "b"} and used["x"].notna().all()
