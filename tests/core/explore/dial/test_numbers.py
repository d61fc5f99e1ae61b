"""The dial: its two ends, the estimate in the middle, and dense refits in between."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.dial.split import dial_split
from core.types import FloatArray
from tests.core.brute import refit_at
from tests.golden.cases import array, load_case

#: One model of each kind: varying intercept; varying slope; with a group-level predictor;
#: with a cross-level interaction; uncorrelated; tiny groups; columns of wild scales.
KINDS = (
    "dyestuff",
    "sleepstudy_int",
    "sleepstudy_slope",
    "sleepstudy_uncorr",
    "radon_int",
    "radon_slope",
    "radon_u",
    "radon_cross",
    "exam_cross",
    "syn_singletons",
    "syn_scales",
)
SMALL = ("dyestuff", "sleepstudy_int", "sleepstudy_slope", "sleepstudy_uncorr")


def fits_of(name: str, criterion: str = "REML") -> core.PoolingFits:
    case = load_case(name)
    return core.fit_all(core.GroupedData.from_table(case.table, case.spec(criterion)))


def three_coefficients() -> core.PoolingFits:
    """Return a model with three varying coefficients, some groups too small for them."""
    rng = np.random.default_rng(31)
    group = np.repeat(np.arange(30), rng.integers(1, 16, size=30))
    x, z = rng.normal(size=(2, len(group)))
    spread = np.array([[1.0, 0.2, -0.1], [0.2, 0.4, 0.1], [-0.1, 0.1, 0.3]])
    line = rng.multivariate_normal([2.0, -1.0, 0.5], spread, size=30)[group]
    y = line[:, 0] + line[:, 1] * x + line[:, 2] * z + rng.normal(scale=0.8, size=len(group))
    u = rng.normal(size=30)[group]
    table = pd.DataFrame({"y": y, "x": x, "z": z, "u": u, "g": [f"g{j}" for j in group]})
    spec = core.ModelSpec(
        "y", "g", predictors=("x", "z"), varying=("x", "z"), group_predictors=("u",)
    )
    return core.fit_all(core.GroupedData.from_table(table, spec))


def close(a: FloatArray, b: FloatArray, tolerance: float) -> None:
    """Compare within a tolerance relative to the size of the expected numbers (at least 1)."""
    size = max(1.0, float(np.nanmax(np.abs(b))))
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * size)


@pytest.mark.parametrize("name", KINDS)
def test_one_end_is_complete_pooling(name: str) -> None:
    fits = fits_of(name)
    end = core.dial(fits, 0.0)
    close(end.coef, fits.complete_pooling.line, 1e-12)
    close(end.fixef, fits.complete_pooling.coef, 1e-10)
    assert end.sigma_y == pytest.approx(fits.complete_pooling.sigma_y, rel=1e-12)
    assert end.sharing == 1.0
    np.testing.assert_array_equal(end.pooling_factor, 1.0)


@pytest.mark.parametrize("name", KINDS)
def test_the_other_end_is_no_pooling(name: str) -> None:
    fits = fits_of(name)
    end = core.dial(fits, np.inf)
    own = fits.no_pooling
    close(end.coef[own.line_estimable], own.coef[own.line_estimable], 1e-10)
    assert end.sigma_y == pytest.approx(own.sigma_y, rel=1e-10)
    assert end.sharing == 0.0
    assert np.isinf(end.criterion_value)
    np.testing.assert_allclose(end.pooling_factor[own.line_estimable], 0.0, atol=1e-12)
    # A group without a line of its own still has its own level where its data lie.
    mean = np.einsum("jk,jk->j", own.mean_x, end.coef)
    if fits.data.fixef_names == fits.multilevel.varying_names:
        close(mean, own.mean_y, 1e-10)


@pytest.mark.parametrize("name", ["radon_u", "radon_cross", "exam_grouppred", "exam_cross"])
def test_the_no_pooling_end_has_the_two_stage_fixed_effects(name: str) -> None:
    """Least squares of lm's own coefficients, group by group, on the group-level predictor."""
    fits = fits_of(name)
    end = dict(zip(fits.data.fixef_names, core.dial(fits, np.inf).fixef, strict=True))
    (u_name, u), *_ = fits.data.group_columns
    for k, term in enumerate(fits.multilevel.varying_names):
        rows = fits.no_pooling.estimable[:, k]
        slope, intercept = np.polyfit(u[rows], fits.no_pooling.coef[rows, k], 1)
        product = u_name if term == "(Intercept)" else f"{term}:{u_name}"
        assert end[term] == pytest.approx(intercept, rel=1e-6)
        assert end[product] == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("name", KINDS)
def test_the_middle_is_the_estimate_of_lme4(name: str, criterion: str) -> None:
    case = load_case(name)
    fits = fits_of(name, criterion)
    middle = core.dial(fits, 1.0)
    gold_modes = case.ranef(criterion)
    place = {name: j for j, name in enumerate(gold_modes["groups"])}
    modes = array(gold_modes["modes"])[[place[name] for name in middle.group_names]]
    close(middle.coef - middle.target, modes.reshape(middle.coef.shape), 1e-5)
    gold = case.gold["fits"][criterion]
    assert middle.criterion_value == pytest.approx(gold["criterion"], abs=1e-5)
    assert middle.sigma_y == pytest.approx(gold["sigma"], rel=1e-5)
    close(middle.coef, fits.multilevel.line, 1e-8)
    np.testing.assert_allclose(middle.pooling_factor, fits.multilevel.pooling_factor, atol=1e-7)


@pytest.mark.parametrize("c", [0.02, 0.4, 3.0, 250.0])
@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("name", SMALL)
def test_in_between_equals_a_dense_refit(name: str, criterion: str, c: float) -> None:
    fits = fits_of(name, criterion)
    at = core.dial(fits, c)
    Sigma = c * fits.multilevel.vcov_group
    dense = refit_at(fits.data, Sigma, at.sigma_y, reml=criterion == "REML")
    close(at.fixef, dense.fixef, 1e-8)
    close(at.coef - at.target, dense.ranef, 1e-8)
    assert at.sigma_y == pytest.approx(dense.sigma_y, rel=1e-9)
    assert at.criterion_value == pytest.approx(dense.criterion_value, abs=1e-7)


@pytest.mark.parametrize(("name", "c"), [("radon_slope", 0.4), ("radon_cross", 5.0)])
def test_a_larger_table_equals_a_dense_refit(name: str, c: float) -> None:
    fits = fits_of(name)
    at = core.dial(fits, c)
    dense = refit_at(fits.data, c * fits.multilevel.vcov_group, at.sigma_y, reml=True)
    close(at.fixef, dense.fixef, 1e-8)
    close(at.coef - at.target, dense.ranef, 1e-8)


@pytest.mark.parametrize("c", [0.05, 1.0, 40.0])
def test_three_varying_coefficients(c: float) -> None:
    fits = three_coefficients()
    at = core.dial(fits, c)
    dense = refit_at(fits.data, c * fits.multilevel.vcov_group, at.sigma_y, reml=True)
    close(at.fixef, dense.fixef, 1e-8)
    close(at.coef - at.target, dense.ranef, 1e-8)
    own = fits.no_pooling.line_estimable
    assert 0 < own.sum() < len(own)
    close(core.dial(fits, np.inf).coef[own], fits.no_pooling.coef[own], 1e-8)
    close(core.dial(fits, 0.0).coef, fits.complete_pooling.line, 1e-10)


@pytest.mark.parametrize("name", ["radon_slope", "radon_u", "sleepstudy_slope"])
def test_far_out_it_stays_exact(name: str) -> None:
    """No digits are lost on the way to the end: 1e10 times Sigma is no pooling already."""
    fits = fits_of(name)
    far, end = core.dial(fits, 1e10), core.dial(fits, np.inf)
    own = fits.no_pooling.line_estimable
    close(far.coef[own], end.coef[own], 1e-7)
    near, start = core.dial(fits, 1e-10), core.dial(fits, 0.0)
    close(near.coef, start.coef, 1e-7)


def test_a_zero_variance_is_replaced_and_said() -> None:
    fits = fits_of("dyestuff2")
    assert not fits.multilevel.sigma_group.any()
    middle = core.dial(fits, 1.0)
    np.testing.assert_allclose(middle.pooling_factor, 0.5, atol=1e-10)
    assert "estimated as zero" in middle.note
    assert core.dial_path(fits).estimate == (0.0,)
    close(core.dial(fits, 0.0).coef, fits.multilevel.line, 1e-10)
    dense = refit_at(fits.data, 2.0 * middle.vcov_group, middle.sigma_y, reml=True)
    close(core.dial(fits, 2.0).coef[:, 0] - core.dial(fits, 2.0).fixef, dense.ranef[:, 0], 1e-8)
    close(core.dial(fits, np.inf).coef, fits.no_pooling.coef, 1e-10)


def test_one_zero_variance_of_two_is_replaced_alone() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(12), 8)
    x = np.tile(np.arange(8.0) - 3.5, 12)
    noise = rng.normal(size=(12, 8))
    slopes = (noise * (np.arange(8.0) - 3.5)).sum(axis=1, keepdims=True) / 42.0
    noise -= 0.999 * slopes * (np.arange(8.0) - 3.5)
    y = np.repeat(rng.normal(scale=2.0, size=12), 8) + 0.7 * x + noise.ravel()
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
    spec = core.ModelSpec("y", "g", predictors=("x",), varying=("x",), correlated=False)
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    assert fits.multilevel.sigma_group[1] < 1e-8 < fits.multilevel.sigma_group[0]
    middle = core.dial(fits, 1.0)
    assert "of the slope" in middle.note and "ntercept" not in middle.note
    path = core.dial_path(fits)
    assert path.estimate is not None and path.estimate[1] == 0.0
    at = dial_split(path, path.estimate)
    close(at.coef, fits.multilevel.line, 1e-8)
    assert at.criterion_value == pytest.approx(fits.multilevel.criterion_value, abs=1e-6)
    assert np.median(middle.pooling_factor[:, 1]) == pytest.approx(0.5, abs=1e-8)
    close(core.dial(fits, np.inf).coef, fits.no_pooling.coef, 1e-9)


def perfectly_correlated() -> core.PoolingFits:
    """Return a model whose Sigma is singular, with both variances above zero."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(15), 6)
    x = rng.normal(size=len(group))
    level = rng.normal(size=15)[group]
    y = level + 0.5 * level * x + rng.normal(scale=0.5, size=len(group))
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
    spec = core.ModelSpec("y", "g", predictors=("x",), varying=("x",))
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    assert fits.multilevel.status.code == "perfect_correlation"
    return fits


def test_a_perfect_correlation_keeps_the_estimate_and_both_ends() -> None:
    """With a singular Sigma the groups move on one line, and leave it only at the stop."""
    fits = perfectly_correlated()
    path = core.dial_path(fits)
    assert "perfectly correlated" in path.note
    close(core.dial(path, 1.0).coef, fits.multilevel.line, 1e-8)
    close(core.dial(path, np.inf).coef, fits.no_pooling.coef, 1e-9)
    close(core.dial(path, 0.0).coef, fits.complete_pooling.line, 1e-9)
    at = core.dial(path, 6.0)
    dense = refit_at(fits.data, 6.0 * fits.multilevel.vcov_group, at.sigma_y, reml=True)
    close(at.coef - at.target, dense.ranef, 1e-7)


def test_sharing_falls_along_the_dial(radon: pd.DataFrame) -> None:
    spec = core.ModelSpec("log_radon", "county", predictors=("floor",), varying=("floor",))
    path = core.dial_path(core.fit_all(core.GroupedData.from_table(radon, spec)))
    shares = [core.dial(path, c).sharing for c in (0.0, 0.01, 0.1, 1.0, 10.0, 1e3, np.inf)]
    assert shares == sorted(shares, reverse=True) and len(set(shares)) == 7


def test_a_position_that_is_none_is_refused(radon: pd.DataFrame) -> None:
    fits = core.fit_all(core.GroupedData.from_table(radon, core.ModelSpec("log_radon", "county")))
    for c in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="0 or more"):
            core.dial(fits, c)


def test_a_predictor_that_hardly_varies_inside_groups_loses_no_digits() -> None:
    """Own slopes of 1e6 times the size of anything else must not spoil the levels."""
    rng = np.random.default_rng(17)
    group = np.repeat(np.arange(20), 5)
    x = rng.normal(size=20)[group] + 1e-6 * rng.normal(size=100)
    y = rng.normal(size=20)[group] + 0.3 * x + rng.normal(scale=0.5, size=100)
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
    spec = core.ModelSpec("y", "g", predictors=("x",), varying=("x",))
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    for c in (0.1, 1.0, 20.0):
        at = core.dial(fits, c)
        dense = refit_at(fits.data, at.vcov_group, at.sigma_y, reml=True)
        close(at.coef - at.target, dense.ranef, 1e-8)
        close(at.fixef, dense.fixef, 1e-8)
