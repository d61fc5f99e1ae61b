"""Reference bands: made as they say, wide enough under the model, and narrow enough to see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import core
from core.exceptions import SpecError
from core.explore.checks import story as check_story
from core.explore.checks.envelope import envelope
from core.explore.checks.numbers import (
    checked_along,
    checked_columns,
    effect_quantiles,
    residual_quantiles,
    residuals_by_fitted,
)
from core.explore.checks.reference import _held, _refitted, reference, standardised
from core.explore.checks.spread import spread_by_group
from core.results import PoolingFits
from core.tables.population import matrix_root
from core.tables.wording import Wording
from tests.fitted import degenerate_fits, example_fits, many_fits, radon_with_uranium, words


def _fit(table: pd.DataFrame, spec: core.ModelSpec) -> PoolingFits:
    return core.fit_all(core.GroupedData.from_table(table, spec))


SLOPE = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))


def _world(seed: int, n_groups: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), rng.integers(3, 20, n_groups))
    x = rng.normal(size=len(group))
    alpha = rng.normal(scale=0.8, size=n_groups)
    y = 1 + alpha[group] + 0.5 * x + rng.normal(size=len(group))
    return pd.DataFrame({"y": y, "x": x, "g": [f"{j:02d}" for j in group]})


INTERCEPT = core.ModelSpec(outcome="y", group="g", predictors=("x",))


def test_a_band_holds_whole_curves_at_its_level() -> None:
    rng = np.random.default_rng(0)
    root = np.linalg.cholesky(0.5 * np.eye(12) + 0.5)
    draw = lambda n: rng.normal(size=(n, 12)) @ root.T  # noqa: E731
    inside = [envelope(draw(1)[0], draw(199)).is_inside for _ in range(600)]
    assert 0.92 <= np.mean(inside) <= 0.98
    p = [envelope(draw(1)[0], draw(99)).p_value for _ in range(600)]
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_a_band_bears_points_that_are_not_defined() -> None:
    simulated = np.random.default_rng(0).normal(size=(99, 4))
    simulated[:, 2] = np.nan
    found = envelope(np.array([0.0, 9.0, np.nan, 0.0]), simulated)
    assert list(found.outside) == [False, True, False, False]
    assert found.p_value == pytest.approx(0.01)


@pytest.mark.parametrize("spec", [SLOPE, SLOPE.update(correlated=False), INTERCEPT])
def test_residuals_are_those_of_the_rows(simulated: pd.DataFrame, spec: core.ModelSpec) -> None:
    fits = _fit(simulated, spec)
    found = reference(fits, draws=99)
    fit, data = fits.multilevel, fits.data
    fitted = data.design() @ fit.fixef + np.sum(
        data.varying_design() * fit.ranef[data.group_index], axis=1
    )
    assert_allclose(found.fitted, fitted[found.rows], rtol=0, atol=1e-9)
    assert_allclose(found.residual * fit.sigma_y, (data.y - fitted)[found.rows], atol=1e-9)


@pytest.mark.parametrize("spec", [SLOPE, INTERCEPT])
def test_simulated_data_sets_are_fitted_as_from_rows(
    simulated: pd.DataFrame, spec: core.ModelSpec
) -> None:
    """Draw the outcomes once more from the same seed, and fit some of them from their rows."""
    fits = _fit(simulated, spec)
    fit, data = fits.multilevel, fits.data
    rows = np.argsort(data.group_index, kind="stable")
    found = _refitted(fits, fit, rows, 40, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    X, Z, group = data.design()[rows], data.varying_design()[rows], data.group_index[rows]
    b = rng.normal(size=(40, data.n_groups, Z.shape[1])) @ matrix_root(fit.vcov_group).T
    noise = fit.sigma_y * rng.normal(size=(40, len(rows)))
    for draw in (0, 17, 39):
        y = X @ fit.fixef + np.sum(Z * b[draw, group], axis=1) + noise[draw]
        again = _fit(simulated.iloc[rows].assign(y=y), spec)
        check = reference(again, draws=99)
        assert list(check.rows) == list(range(len(rows)))
        assert_allclose(check.residual, found.simulated[draw], rtol=0, atol=1e-4)
        assert_allclose(check.fitted, found.simulated_fitted[draw], rtol=0, atol=1e-4)
        own = standardised(again.multilevel)
        assert_allclose(own, found.simulated_deviation[draw], rtol=0, atol=1e-3)


def test_held_parameters_and_refits_agree_on_the_observed(exam: pd.DataFrame) -> None:
    fits = example_fits("exam")
    rows = np.argsort(fits.data.group_index, kind="stable")
    rng = np.random.default_rng(0)
    held = _held(fits, fits.multilevel, rows, 99, rng)
    again = _refitted(fits, fits.multilevel, rows, 99, rng)
    assert_allclose(held.residual, again.residual, atol=1e-10)
    assert_allclose(held.fitted, again.fitted, atol=1e-10)
    assert_allclose(held.simulated.std(), again.simulated.std(), rtol=0.01)
    assert_allclose(held.simulated_fitted.std(), again.simulated_fitted.std(), rtol=0.03)


def test_simulated_residuals_have_the_variance_of_dense_algebra(sleepstudy: pd.DataFrame) -> None:
    """Var(residual) = sigma^4 diag(V^-1) with the parameters held, computed in full."""
    fits = example_fits("sleepstudy")
    fit, data = fits.multilevel, fits.data
    rows = np.argsort(data.group_index, kind="stable")
    held = _held(fits, fit, rows, 4_000, np.random.default_rng(1))
    Z, same = data.varying_design()[rows], data.group_index[rows]
    V = np.where(same[:, None] == same, Z @ fit.vcov_group @ Z.T, 0.0)
    V += fit.sigma_y**2 * np.eye(len(rows))
    expected = fit.sigma_y * np.sqrt(np.diag(np.linalg.inv(V)))
    assert_allclose(held.simulated.std(axis=0), expected, rtol=0.06)


def test_under_the_model_each_check_is_wrong_as_often_as_it_says() -> None:
    """40 tables from the model: no check cries out much more often than 1 in 20."""
    p = []
    for seed in range(40):
        fits = _fit(_world(seed), INTERCEPT)
        found = reference(fits, seed=seed, draws=99)
        effects = effect_quantiles(found)
        curves = [
            residual_quantiles(found),
            residuals_by_fitted(found),
            checked_along(fits, found, "x"),
            *([effects] if effects else []),
        ]
        p.append([c.band.p_value for c in curves])
    flat = np.concatenate(p)
    assert np.mean(flat <= 0.05) <= 0.11
    assert 0.38 <= np.median(flat) <= 0.68


def test_a_slope_over_the_fitted_values_is_shrinkage_and_no_misfit() -> None:
    """Small groups shrink much: residuals rise along the fitted values, and so does the band."""
    fits = _fit(_world(3, 60), core.ModelSpec(outcome="y", group="g"))
    curve = residuals_by_fitted(reference(fits))
    assert curve.slope_lower > 0 and curve.slope_lower <= curve.slope <= curve.slope_upper
    assert curve.band.is_inside
    story = check_story.fitted_story(curve, reference(fits))
    assert "no misfit is seen" in story.title and not story.is_off


def test_a_bend_a_tail_and_an_odd_group_are_seen() -> None:
    table = _world(5, 40)
    bent = _fit(table.assign(y=table["y"] + 0.6 * table["x"] ** 2), INTERCEPT)
    found = reference(bent)
    curve = checked_along(bent, found, "x")
    assert not curve.band.is_inside
    assert check_story.along_story(curve, found, "x").title.startswith("Along x")
    rng = np.random.default_rng(2)
    heavy = _fit(table.assign(y=table["y"] + rng.standard_t(2, len(table))), INTERCEPT)
    tails = residual_quantiles(reference(heavy))
    story = check_story.residual_story(tails, reference(heavy))
    assert not tails.band.is_inside and story.is_off
    odd = _fit(table.assign(y=table["y"] + 9.0 * (table["g"] == "07")), INTERCEPT)
    alone = reference(odd)
    effects = effect_quantiles(alone)
    assert effects is not None and not effects.band.is_inside
    told = check_story.effect_story(odd, effects, alone, 0, Wording())
    assert "group 07" in told.title and told.is_off


def test_a_bend_along_a_group_level_predictor_is_seen_in_the_effects() -> None:
    rng = np.random.default_rng(6)
    u = np.linspace(-2, 2, 60)
    group = np.repeat(np.arange(60), 12)
    y = (0.5 * u + 0.7 * u**2 + rng.normal(scale=0.3, size=60))[group] + rng.normal(size=720)
    table = pd.DataFrame({"y": y, "u": u[group], "g": [f"{j:02d}" for j in group]})
    fits = _fit(table, core.ModelSpec(outcome="y", group="g", group_predictors=("u",)))
    assert checked_columns(fits) == ("u",)
    assert not checked_along(fits, reference(fits), "u").band.is_inside
    uranium = radon_with_uranium()
    assert checked_columns(uranium) == ("log_uranium",)
    assert checked_along(uranium, reference(uranium), "log_uranium").band.p_value > 0.01
    with pytest.raises(SpecError):
        checked_along(uranium, reference(uranium), "floor[1]")


def test_the_spread_is_that_of_each_groups_own_line(sleepstudy: pd.DataFrame) -> None:
    """All coefficients vary, so each group's own regression is the whole story: an F ratio."""
    found = spread_by_group(example_fits("sleepstudy")).table.set_index("group")
    ss = {}
    for name, rows in sleepstudy.groupby("Subject"):
        line = np.polyfit(rows["Days"], rows["Reaction"], 1)
        ss[name] = float(np.sum((rows["Reaction"] - np.polyval(line, rows["Days"])) ** 2))
    total = sum(ss.values())
    for name, own in ss.items():
        row = found.loc[name]
        assert_allclose(row["sd"], np.sqrt(own / 8), rtol=1e-8)
        ratio = (own / 8) / ((total - own) / (8 * 17))
        p = stats.f.cdf(ratio, 8, 8 * 17)
        assert row["is_outside"] == (min(p, 1 - p) < 0.025)
        assert row["is_beyond"] == (min(p, 1 - p) < 0.5 * (1 - 0.975 ** (1 / 18)))


def test_the_spread_is_even_where_it_is() -> None:
    share, beyond = [], []
    for seed in range(80):
        found = spread_by_group(_fit(_world(seed), INTERCEPT))
        share.append(found.table["is_outside"].mean())
        beyond.append(found.table["is_beyond"].any())
    assert abs(np.mean(share) - 0.05) < 0.02
    assert np.mean(beyond) < 0.11


def test_singletons_have_no_spread() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"g": [*"aabbccdefg"], "y": rng.normal(size=10)})
    found = spread_by_group(_fit(table, core.ModelSpec(outcome="y", group="g")))
    assert list(found.table["group"]) == ["a", "b", "c"] and (found.table["df"] == 1).all()


def test_large_tables_are_looked_at_by_whole_groups() -> None:
    fits = many_fits(10_000)
    found = reference(fits)
    assert found.is_sample and not found.is_refitted
    index = fits.data.group_index[found.rows]
    counts = np.bincount(index, minlength=10_000)
    some = counts > 0
    assert (counts[some] == fits.data.group_sizes[some]).all()
    assert residual_quantiles(found).band.p_value > 0.01
    assert residuals_by_fitted(found).slope_lower > 0
    assert "whole groups" in check_story.how_made(found)
    rng = np.random.default_rng(3)
    big = pd.DataFrame({"g": np.repeat(list("abcd"), 5_000), "y": rng.normal(size=20_000)})
    big["y"] += big["g"].map({"a": 0.0, "b": 1.0, "c": 2.0, "d": 4.0})
    few = reference(_fit(big, core.ModelSpec(outcome="y", group="g")))
    assert len(few.rows) == 8_000
    assert residual_quantiles(few).band.p_value > 0.01


def test_stories_tell_the_numbers() -> None:
    fits, wording = example_fits("radon"), words("radon")
    found = spread_by_group(fits)
    story = check_story.spread_story(found, wording)
    assert f"{int(found.table['is_outside'].sum())} of {found.n_groups} counties" in story.title
    assert "COTTONWOOD" in story.title and story.is_off
    assert "2.42" in check_story.spread_alt(found, story.title)
    curve = residual_quantiles(reference(fits))
    alt = check_story.curve_alt(curve, "finding")
    assert alt.startswith("finding. ") and "band" in alt
    frame = curve.to_frame()
    assert list(frame["observed"]) == list(curve.band.observed)


def test_a_variance_of_zero_has_no_effects_to_check() -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"y": rng.normal(size=60), "g": np.repeat(list("abcdef"), 10)})
    table["y"] -= table.groupby("g")["y"].transform("mean")
    fits = _fit(table, core.ModelSpec(outcome="y", group="g"))
    assert effect_quantiles(reference(fits)) is None
    with pytest.raises(core.PoolingError):
        reference(degenerate_fits())


def test_a_bend_along_a_predictor_that_is_constant_in_groups_is_seen_in_the_effects() -> None:
    """Whichever list it stands in: the groups' deviations take the bend up."""
    rng = np.random.default_rng(12)
    v = np.linspace(-2, 2, 60)
    g = np.repeat(np.arange(60), 8)
    y = v[g] ** 2 + 0.3 * rng.normal(size=60)[g] + rng.normal(size=len(g))
    table = pd.DataFrame({"y": y, "v": v[g], "g": [f"{j:02d}" for j in g]})
    for role in ({"predictors": ("v",)}, {"group_predictors": ("v",)}):
        spec = core.ModelSpec(outcome="y", group="g", **role)  # type: ignore[arg-type]
        fits = core.fit_all(core.GroupedData.from_table(table, spec))
        curve = checked_along(fits, reference(fits, draws=99), "v")
        assert not curve.band.is_inside and curve.counts.sum() == 60
