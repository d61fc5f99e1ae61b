"""Nearly exact data keep their digits, exact ones are refused, whatever the units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from core.fitting.near_exact import within_slopes
from core.fitting.scaled import scale_model

GROUPS, ROWS = 10, 8


def nearly_exact(noise: float, *, seed: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows on the lines of ten groups but for noise, and the lines by ``polyfit``."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(GROUPS), ROWS)
    x = rng.normal(size=group.size)
    lines = rng.normal(size=(GROUPS, 2)) * (2.0, 1.0)
    y = lines[group, 0] + lines[group, 1] * x + noise * rng.normal(size=group.size)
    own = np.array([np.polyfit(x[group == j], y[group == j], 1)[::-1] for j in range(GROUPS)])
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]}), own


def fits_of(table: pd.DataFrame, **changes: object) -> core.PoolingFits:
    """Return the three fits of y on x, both coefficients varying."""
    spec = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))
    return core.fit_all(core.GroupedData.from_table(table, spec.update(**changes)))


@pytest.mark.parametrize("noise", [1e-4, 1e-5, 1e-6, 1e-8, 1e-10])
@pytest.mark.parametrize("scale", [1.0, 1e6, 1e-5])
def test_the_spread_of_the_groups_is_that_of_their_own_lines(noise: float, scale: float) -> None:
    """With next to no noise nothing is pooled: REML's sds are those of the groups' own lines."""
    table, own = nearly_exact(noise)
    found = fits_of(table.assign(y=table["y"] * scale)).multilevel
    assert found.status.code == "fine" and found.optimization.converged
    expected = own.std(axis=0, ddof=1)
    assert_allclose(found.sigma_group / scale, expected, rtol=1e-6 + 10 * noise)
    residual = table["y"] - (
        own[:, 0] @ indicator(table) + own[:, 1] @ indicator(table) * table["x"]
    )
    sigma_y = np.sqrt(np.sum(residual**2) / (GROUPS * ROWS - 2 * GROUPS))
    assert_allclose(found.sigma_y / scale, sigma_y, rtol=1e-4)


def indicator(table: pd.DataFrame) -> np.ndarray:
    """Return which row is of which group, (J, n)."""
    return np.array([table["g"] == f"g{j}" for j in range(GROUPS)], dtype=float)


@pytest.mark.parametrize("noise", [0.0, 1e-17])
@pytest.mark.parametrize("y_scale", [1.0, 1e8, 1e-8])
@pytest.mark.parametrize("slope", [1e-3, 2.0, 1e5])
def test_an_exact_fit_is_refused_in_words(noise: float, y_scale: float, slope: float) -> None:
    group = np.repeat(np.arange(6), 4)
    x = np.tile([0.0, 1.0, 2.0, 3.0], 6)
    y = y_scale * (slope * x + 0.1 * group + noise * np.sin(np.arange(24)))
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
    for varying in ((), ("x",)):
        fits = fits_of(table, varying=varying)
        assert isinstance(fits.refusal, core.DegenerateDataError)
        assert fits.status.code == "degenerate"
        assert_allclose(fits.no_pooling.coef[:, 0] / y_scale, np.arange(6) * 0.1, atol=1e-9 * slope)


def test_six_lines_one_apart_but_for_a_whiff() -> None:
    """y = 2 x + i: the sd of 0 to 5 is 1.8708, and moments alone make it 1.58."""
    group = np.repeat(np.arange(6), 4)
    x = np.tile([0.0, 1.0, 2.0, 3.0], 6)
    y = 2 * x + group + 1e-7 * np.random.default_rng(0).normal(size=24)
    fits = fits_of(pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]}), varying=())
    assert_allclose(fits.multilevel.sigma_group, [np.std(np.arange(6), ddof=1)], rtol=1e-6)
    core.profile(fits.multilevel)  # no crash out there


def test_complete_pooling_keeps_its_digits_too() -> None:
    rng = np.random.default_rng(5)
    x, noise = rng.normal(size=200), 1e-9 * rng.normal(size=200)
    table = pd.DataFrame(
        {"y": 3.0 + 2.0 * x + noise, "x": x, "g": [f"g{i % 20}" for i in range(200)]}
    )
    found = fits_of(table, varying=()).complete_pooling
    assert_allclose(found.sigma_y, np.std(noise, ddof=2), rtol=0.02)
    assert_allclose(found.coef, [3.0, 2.0], rtol=1e-9)


def test_ordinary_data_are_left_to_the_moments(simulated: pd.DataFrame) -> None:
    spec = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))
    data = core.GroupedData.from_table(simulated, spec)
    assert scale_model(data, core.GroupMoments.from_data(data)).residual is None


def test_common_slopes_leave_out_what_cannot_be_told_apart() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(50, 2))
    W = np.column_stack([X, X[:, 0], X @ [1.0, -2.0]])
    common, slopes, inverse = within_slopes(W.T @ W, np.ones(3))
    assert common.tolist() == [0, 1]
    assert_allclose(slopes, [1.0, -2.0], atol=1e-12)
    assert_allclose(inverse, np.linalg.inv(X.T @ X), rtol=1e-10)


def test_moments_without_rows_know_what_they_cannot_tell() -> None:
    """A training fold has no rows: what rounding leaves of an exact fit counts as one."""
    table, _ = nearly_exact(0.0)
    spec = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))
    data = core.GroupedData.from_table(table, spec)
    moments = core.GroupMoments.from_data(data)
    m = moments.outcome
    within = np.array([[moments.within(a, b) for b in range(1, m + 1)] for a in range(1, m + 1)])
    bare = core.GroupMoments.from_arrays(
        moments.n, moments.mean, within, center=moments.center, scale=moments.scale
    )
    residual = scale_model(data, bare).residual
    assert residual is not None and residual.square <= residual.floor
