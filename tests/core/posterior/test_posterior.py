"""What ``core.posterior`` promises: shapes, refusals, invariances, draws that agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import core
from core.exceptions import NotIdentifiedError, PoolingError, SpecError
from core.posterior.posterior import Posterior
from core.posterior.quantity import Quantity
from tests.core.posterior.made import case_fits, case_posterior, fit, groups_table
from tests.fitted import (
    categorical_fits,
    degenerate_fits,
    example_fits,
    hostile_fits,
    radon_with_uranium,
)

NAMES = ("sigma_y", "sigma_group", "correlation", "icc", "fixef", "coef", "line", "ranks")


def summaries(made: Posterior) -> dict[str, Quantity]:
    return {name: getattr(made, name) for name in NAMES}


def test_every_quantity_has_its_shape_and_its_order() -> None:
    made = case_posterior("sleepstudy_slope_flat")
    shapes = {"sigma_group": (2,), "correlation": (2, 2), "fixef": (2,)}
    shapes |= {"coef": (18, 2), "line": (18, 2), "ranks": (18, 2)}
    for name, found in summaries(made).items():
        shape = shapes.get(name, ())
        for part in ("mean", "median", "sd", "lower", "upper"):
            assert np.shape(getattr(found, part)) == shape, (name, part)
        assert (np.asarray(found.lower) <= np.asarray(found.median)).all()
        assert (np.asarray(found.median) <= np.asarray(found.upper)).all()
        assert found.level == 0.95
    assert made.effective_nodes > 1_000
    assert str(made.prior) == "flat"
    assert np.array_equal(np.diag(made.correlation.mean), [1.0, 1.0])


@pytest.mark.parametrize("name", ["sleepstudy_slope_flat", "four_groups_flat"])
def test_densities_integrate_to_one_and_fit_the_quantiles(name: str) -> None:
    made = case_posterior(name)
    k = len(made.varying_names)
    wanted = [(made.sigma_y, ()), (made.sigma_group, (0,)), (made.icc, ())]
    wanted += [(made.line, (1, 0)), (made.fixef, (0,))]
    wanted += [(made.correlation, (1, 0))] if k == 2 else []
    for quantity, index in wanted:
        x, density = quantity.curve(*index, points=301)
        inside = quantity.p_above(float(x[0]), *index) - quantity.p_above(float(x[-1]), *index)
        # A flat sd gives the share of the variance a density that is endless at 0.
        rough = 0.1 if quantity is made.icc else 0.01
        assert abs(np.trapezoid(density, x) - inside) < rough and inside > 0.97
        middle = float(np.asarray(quantity.median)[index])
        assert abs(quantity.p_above(middle, *index) - 0.5) < 1e-3
        assert np.isclose(quantity.quantile(0.5, *index), middle, rtol=1e-3, atol=1e-4)


def test_probabilities_above_come_for_all_groups_at_once() -> None:
    made = case_posterior("sleepstudy_slope_flat")
    every = made.line.p_above(250.0)
    assert every.shape == (18, 2)
    assert np.isclose(every[4, 0], made.line.p_above(250.0, 4, 0), atol=1e-6)
    assert made.sigma_group.p_above(0.0).tolist() == [1.0, 1.0]


def test_three_groups_and_a_flat_prior_are_refused_with_a_way_out() -> None:
    fits = case_fits("three_groups_half_t")
    with pytest.raises(NotIdentifiedError, match="at least 4") as refused:
        core.posterior(fits)
    assert refused.value.code == "too_few_groups"
    assert "half-t" in str(refused.value)
    assert core.posterior(fits, "half-normal").sigma_group.upper[0] < 5.0


def test_a_group_level_predictor_costs_a_group() -> None:
    table = groups_table(4, 6, 1.0, seed=2)
    table["u"] = table["g"].map({"g00": 0.0, "g01": 1.0, "g02": 0.5, "g03": 2.0})
    with pytest.raises(NotIdentifiedError, match="at least 5"):
        core.posterior(fit(table, group_predictors=("u",)))


def test_moments_that_do_not_exist_are_infinite() -> None:
    made = case_posterior("four_groups_flat")
    assert np.isfinite(made.sigma_group.mean[0])
    assert np.isinf(made.sigma_group.sd[0])
    assert np.isfinite(made.line.sd).all()
    assert np.isfinite(made.sigma_group.upper[0])


def test_a_group_without_a_slope_of_its_own_has_the_tail_of_the_sd() -> None:
    table = groups_table(4, 6, 1.0, seed=3)
    table.loc[table["g"] == "g01", "x"] = 0.0
    extra = table[table["g"] == "g00"].assign(g="g04")
    table = pd.concat([table, extra], ignore_index=True)
    fits = fit(table, predictors=("x",), varying=("x",))
    made = core.posterior(fits)
    assert not fits.no_pooling.estimable[1, 1]
    assert np.isinf(made.line.sd[1, 1]) and np.isfinite(made.line.sd[0]).all()


@pytest.mark.parametrize("wrong", ["normal", "Flat!", ""])
def test_unknown_priors_are_refused(wrong: str) -> None:
    with pytest.raises(SpecError, match="There are: flat"):
        core.posterior(case_fits("dyestuff_flat"), wrong)


def test_wrong_numbers_are_refused() -> None:
    fits = case_fits("dyestuff_flat")
    for wrong in (0.0, 1.0, -1.0, 95.0):
        with pytest.raises(SpecError, match="level"):
            core.posterior(fits, level=wrong)
    with pytest.raises(SpecError, match="above 0"):
        core.Prior("half_t", scale=-1.0)
    with pytest.raises(SpecError, match="above 0"):
        core.Prior(eta=float("nan"))
    with pytest.raises(SpecError, match="2 scales, but 1"):
        core.posterior(fits, core.Prior("half_t", scale=(1.0, 2.0)))
    with pytest.raises(SpecError, match="draws"):
        case_posterior("dyestuff_flat").draws(0)
    with pytest.raises(SpecError, match="limit"):
        case_posterior("dyestuff_flat").draws(10**8)
    with pytest.raises(PoolingError):
        core.posterior(degenerate_fits())


def test_reml_and_ml_have_the_same_posterior() -> None:
    table = groups_table(8, 5, 0.5, seed=9)
    one = core.posterior(fit(table))
    other = core.posterior(fit(table, criterion="ML"))
    assert np.isclose(one.sigma_group.median[0], other.sigma_group.median[0], rtol=1e-3)
    assert np.allclose(one.line.mean, other.line.mean, atol=1e-3)


@pytest.mark.parametrize("structure", [(), ("x",)])
def test_a_change_of_units_changes_units_alone(structure: tuple[str, ...]) -> None:
    table = groups_table(8, 6, 0.5, seed=4)
    moved = table.assign(y=1e4 * table["y"] + 7e5, x=table["x"] / 50.0)
    one, other = (
        core.posterior(fit(t, predictors=("x",), varying=structure)) for t in (table, moved)
    )
    factor = np.array([1e4, 5e5])[: len(one.varying_names)]
    for part in ("median", "lower", "upper"):
        a = getattr(one.sigma_group, part) * factor
        assert np.allclose(getattr(other.sigma_group, part), a, rtol=0.01)
        lines = getattr(one.line, part) * factor + np.array([7e5, 0.0])[: len(factor)]
        gap = np.abs(getattr(other.line, part) - lines)
        assert (gap < 0.01 * one.line.sd * factor).all()
    assert np.isclose(other.icc.median, one.icc.median, rtol=0.01)


def test_the_order_of_rows_and_groups_does_not_matter() -> None:
    table = groups_table(7, 5, 0.8, seed=6)
    shuffled = table.sample(frac=1.0, random_state=1)
    shuffled["g"] = shuffled["g"].map(lambda g: f"z{9 - int(g[1:])}")
    one, other = core.posterior(fit(table)), core.posterior(fit(shuffled))
    assert np.isclose(one.sigma_group.upper[0], other.sigma_group.upper[0], rtol=1e-6)
    assert np.allclose(one.line.lower, other.line.lower[::-1], rtol=1e-6)


def test_a_prior_far_from_the_data_moves_to_their_mean_by_itself() -> None:
    table = groups_table(10, 6, 0.5, seed=8)
    far = table.assign(x=table["x"] + 500.0)
    spec = {"predictors": ("x",), "varying": ("x",)}
    here = core.posterior(fit(table, **spec), core.Prior(at="mean"))
    moved = core.posterior(fit(far, **spec))
    assert moved.stated.at_mean and not core.posterior(fit(table, **spec)).stated.at_mean
    assert np.isclose(here.sigma_group.median[1], moved.sigma_group.median[1], rtol=0.01)
    at_mean = moved.line_at(np.array([1.0, 500.0]))
    assert np.allclose(at_mean.median, here.line.median[:, 0], atol=0.01)


def test_draws_agree_with_the_summaries_and_with_their_seed() -> None:
    made = case_posterior("sleepstudy_slope_flat")
    draws = made.draws(6_000, seed=3)
    assert np.array_equal(draws.sigma_y, made.draws(6_000, seed=3).sigma_y)
    assert not np.array_equal(draws.sigma_y, made.draws(6_000, seed=4).sigma_y)
    pairs = [
        (draws.sigma_y, made.sigma_y),
        (draws.sigma_group, made.sigma_group),
        (draws.icc, made.icc),
        (draws.fixef, made.fixef),
        (draws.line, made.line),
        (draws.correlation[:, 0, 1], made.correlation),
    ]
    for values, quantity in pairs:
        mean, sd = (np.asarray(getattr(quantity, n), dtype=float) for n in ("mean", "sd"))
        if quantity is made.correlation:
            mean, sd = mean[0, 1], sd[0, 1]
        assert (np.abs(values.mean(axis=0) - mean) < 5.0 * sd / np.sqrt(6_000)).all()
        assert np.allclose(values.std(axis=0), sd, rtol=0.08)
    together = np.corrcoef(draws.line[:, 0, 0], draws.line[:, 0, 1])[0, 1]
    assert together < -0.2  # intercepts and slopes of one person


def test_one_dimension_is_drawn_between_the_nodes() -> None:
    draws = case_posterior("dyestuff2_flat").draws(2_000, seed=1)
    assert len(np.unique(draws.icc)) > 1_900
    made = case_posterior("dyestuff2_flat")
    low, high = np.quantile(draws.sigma_group[:, 0], [0.25, 0.75])
    assert np.isclose(low, made.sigma_group.quantile(0.25, 0), rtol=0.12)
    assert np.isclose(high, made.sigma_group.quantile(0.75, 0), rtol=0.12)


def test_ranks_are_those_of_joint_draws() -> None:
    made = case_posterior("sleepstudy_slope_flat")
    draws = made.draws(4_000, seed=5)
    place = (-draws.line[:, :, 1]).argsort(axis=1).argsort(axis=1) + 1.0
    assert (np.abs(place.mean(axis=0) - made.ranks.mean[:, 1]) < 0.35).all()
    assert np.isclose(made.ranks.mean.sum(), 2 * 18 * 19 / 2)
    assert np.isclose(made.ranks.p_above(0.5).min(), 1.0)
    assert made.ranks.quantile(0.5, 0, 1) == made.ranks.median[0, 1]


def test_group_level_predictors_are_in_the_line_and_not_in_coef() -> None:
    fits = radon_with_uranium()
    made = core.posterior(fits)
    fit_ = fits.multilevel
    apart = made.line.mean - made.coef.mean
    assert np.allclose(apart, fit_.line - fit_.coef, atol=0.05)
    assert np.abs(apart).max() > 0.3
    draws = made.draws(2_000)
    assert (np.abs(draws.coef.mean(axis=0) - made.coef.mean) < 0.15 * made.coef.sd).all()
    assert (np.abs(draws.line.mean(axis=0) - made.line.mean) < 0.15 * made.line.sd).all()


def test_without_group_level_predictors_coef_is_the_line() -> None:
    made = case_posterior("dyestuff_flat")
    assert made.coef is made.line


def test_three_varying_coefficients() -> None:
    made = core.posterior(categorical_fits())
    assert made.sigma_group.shape == (3,) and made.correlation.shape == (3, 3)
    assert np.allclose(made.correlation.mean, made.correlation.mean.T)
    draws = made.draws(3_000)
    assert (np.abs(draws.sigma_group.mean(axis=0) - made.sigma_group.mean) < 0.02).all()


def test_too_many_dimensions_are_refused_in_words() -> None:
    rng = np.random.default_rng(0)
    table = groups_table(20, 30, 0.5, seed=1)
    for i in range(4):
        table[f"x{i}"] = rng.normal(size=len(table))
    names = ("x0", "x1", "x2", "x3")
    fits = fit(table, predictors=names, varying=names)
    with pytest.raises(NotIdentifiedError, match="up to 10"):
        core.posterior(fits)


def test_aliased_columns_stay_undefined() -> None:
    table = groups_table(8, 5, 0.6, seed=2)
    table["twice"] = 2.0 * table["x"]
    made = core.posterior(fit(table, predictors=("x", "twice")))
    assert np.isnan(made.fixef.mean[2]) and np.isfinite(made.fixef.mean[:2]).all()
    with pytest.raises(SpecError, match="fixes"):
        made.fixef.density(np.zeros(1), 2)
    assert np.isnan(made.draws(50).fixef[:, 2]).all()


def test_a_level_without_draws_is_said_where_the_model_fixes_it() -> None:
    made = core.posterior(example_fits("sleepstudy", "uncorrelated"))
    assert made.correlation.mean[0, 1] == 0.0 and made.correlation.upper[0, 1] == 0.0
    with pytest.raises(SpecError, match="fixes"):
        made.correlation.distribution(0, 1)
    only = case_posterior("sleepstudy_slope_only_flat")
    assert only.icc.mean == 0.0 and only.draws(20).icc.max() == 0.0


def test_differences_of_groups_are_those_of_draws() -> None:
    made = case_posterior("sleepstudy_slope_flat")
    found = made.difference("308", "309", "Days")
    draws = made.draws(6_000).line
    gap = draws[:, 0, 1] - draws[:, 1, 1]
    assert abs(gap.mean() - found.mean) < 0.1 and np.isclose(gap.std(), found.sd, rtol=0.06)
    assert found.p_above(0.0) > 0.999
    for wrong in (("308", "308"), ("308", "nobody")):
        with pytest.raises(SpecError):
            made.difference(*wrong)
    with pytest.raises(SpecError, match="does not vary"):
        made.difference("308", "309", "weather")


def test_lines_and_shares_at_a_place() -> None:
    made = case_posterior("sleepstudy_slope_flat")
    at = made.line_at(np.array([1.0, 9.0]))
    assert np.allclose(at.mean, made.line.mean @ [1.0, 9.0])
    draws = made.draws(5_000).line @ [1.0, 9.0]
    assert np.allclose(draws.std(axis=0), at.sd, rtol=0.08)
    share = made.icc_at(np.array([1.0, 9.0]))
    assert share.median > made.icc.median
    with pytest.raises(SpecError, match="one value for each"):
        made.line_at(np.array([1.0]))


def test_frames_hold_what_the_quantities_say() -> None:
    made = case_posterior("sleepstudy_slope_flat")
    frame = made.to_frame().set_index("parameter")
    assert frame.index.tolist()[:5] == [
        "sd_(Intercept)",
        "sd_Days",
        "cor_Days.(Intercept)",
        "sigma_y",
        "icc",
    ]
    assert frame.loc["sd_Days", "upper"] == made.sigma_group.upper[1]
    groups = made.group_frame()
    assert len(groups) == 36 and (groups["lower"] < groups["upper"]).all()
    profile = core.profile(case_fits("sleepstudy_slope_flat").multilevel).intervals["name"]
    assert set(frame.index) - {"icc"} <= set(profile)


def test_names_from_a_hostile_table_do_no_harm() -> None:
    made = core.posterior(hostile_fits())
    assert np.isfinite(made.line.mean).all() and len(made.to_frame()) == 7


def test_a_posterior_of_other_fits_is_not_taken() -> None:
    made = case_posterior("dyestuff_flat")
    other = replace(case_fits("dyestuff_flat"))
    with pytest.raises(SpecError, match="another fit"):
        core.rank(other, uncertainty=made)
    with pytest.raises(SpecError, match="No uncertainty"):
        core.rank(other, uncertainty="bootstrap")  # type: ignore[arg-type]


def odd_table(seed: int) -> pd.DataFrame:
    """Return a table made to be awkward: sparse x, singletons, one giant group, odd units."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([1, 2, 3, 9, 60], size=int(rng.integers(5, 16)))
    sizes[0] = 4
    group = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=len(group))
    if seed % 3 == 0:
        x = (rng.random(len(group)) < 0.2).astype(float)
    if seed % 3 == 1:
        x = 1e3 + x
    sd = rng.choice([0.0, 0.2, 3.0], size=2)
    slope = 0.3 + sd[1] * rng.normal(size=len(sizes))
    y = sd[0] * rng.normal(size=len(sizes))[group] + slope[group] * (x - x.mean())
    y = (y + rng.normal(size=len(group))) * 10.0 ** rng.integers(-4, 5)
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})


def check_odd(seed: int) -> None:
    for spec in ({}, {"varying": ("x",)}, {"varying": ("x",), "correlated": False}):
        fits = fit(odd_table(seed), predictors=("x",), **spec)
        if fits.multilevel_or_none is None:
            continue
        try:
            made = core.posterior(fits)
        except PoolingError as refused:
            assert len(str(refused)) > 40
            continue
        frame = made.to_frame()
        ends = frame[["lower", "median", "upper"]].to_numpy(dtype=float)
        assert np.isfinite(ends).all() and (np.diff(ends, axis=1) >= 0).all()
        assert np.isfinite(made.line.width).all() and (made.line.width > 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_awkward_tables_are_served_or_refused_in_words(seed: int) -> None:
    check_odd(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 60))
def test_many_awkward_tables_are_served_or_refused_in_words(seed: int) -> None:
    check_odd(seed)
