"""Group-level predictors against refits from the table, dense algebra and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from core.explore.two_levels.group_columns import group_columns, with_column, without_column
from core.explore.two_levels.level_r_squared import level_r_squared
from core.explore.two_levels.numbers import group_level_line, two_levels
from core.explore.two_levels.story import change_table, line_table, two_levels_alt
from core.results import PoolingFits
from tests.fitted import example_fits, radon_with_uranium, words


def columns_of(name: str, fits: PoolingFits) -> dict[str, core.GroupColumn]:
    """Return the group-level columns of an example by name."""
    return {c.name: c for c in group_columns(core.load_example(name), fits)}


def test_which_columns_describe_groups() -> None:
    radon = columns_of("radon", example_fits("radon"))
    assert list(radon) == ["log_uranium", "floor (county mean)"]
    exam = columns_of("exam", example_fits("exam"))
    # schavg holds the means of standLRT already; intake, sex and student vary inside schools.
    assert list(exam) == ["schavg", "schgend", "vr", "type"]
    assert exam["schgend"].levels == ("boys", "girls", "mixed")
    assert columns_of("sleepstudy", example_fits("sleepstudy")) == {}


def test_group_means_are_those_of_the_table() -> None:
    table = core.load_example("radon")
    found = columns_of("radon", example_fits("radon"))["floor (county mean)"]
    means = table.groupby("county")["floor"].mean()
    assert_allclose(found.values, means.to_numpy(), atol=1e-12)


def test_a_column_unknown_for_a_group_is_not_offered() -> None:
    table = core.load_example("radon")
    table.loc[table["county"] == "AITKIN", "log_uranium"] = np.nan
    table["some"] = table["log_uranium"].where(~table.duplicated("county"))
    fits = core.fit_all(core.GroupedData.from_table(table, core.EXAMPLES["radon"].spec))
    names = [c.name for c in group_columns(table, fits)]
    assert "log_uranium" not in names and "some" not in names
    full = core.load_example("radon")
    full["some"] = full["log_uranium"].where(~full.duplicated("county"))
    fits = core.fit_all(core.GroupedData.from_table(full, core.EXAMPLES["radon"].spec))
    some = {c.name: c for c in group_columns(full, fits)}
    assert_allclose(some["some"].values, some["log_uranium"].values)


@pytest.mark.parametrize(
    ("name", "column", "slopes"),
    [
        ("radon", "log_uranium", ("floor",)),
        ("radon", "log_uranium", ()),
        ("exam", "schgend", ("standLRT",)),
        ("exam", "vr", ()),
    ],
)
def test_added_from_the_moments_as_from_the_table(
    name: str, column: str, slopes: tuple[str, ...]
) -> None:
    fits = example_fits(name)
    found = two_levels(fits, columns_of(name, fits)[column], slopes)
    assert found.without is fits
    spec = fits.spec.update(
        group_predictors=(column,), cross_level=tuple((s, column) for s in slopes)
    )
    direct = core.fit_all(core.GroupedData.from_table(core.load_example(name), spec))
    assert found.including.spec == spec
    assert found.including.data.fixef_names == direct.data.fixef_names
    assert_allclose(found.including.multilevel.fixef, direct.multilevel.fixef, rtol=1e-9)
    assert found.including.multilevel.criterion_value == pytest.approx(
        direct.multilevel.criterion_value, abs=1e-8
    )
    two_stage = found.including.no_pooling.two_stage
    assert two_stage is not None and direct.no_pooling.two_stage is not None
    assert_allclose(two_stage.coef, direct.no_pooling.two_stage.coef, rtol=1e-9)


def test_taken_out_of_the_moments_as_out_of_the_spec() -> None:
    fits = radon_with_uranium()
    bare = without_column(fits.data, "log_uranium")
    assert bare.spec == core.EXAMPLES["radon"].spec
    column = columns_of("radon", fits)["log_uranium"]
    found = two_levels(fits, column, ("floor",))
    assert found.including is fits
    direct = example_fits("radon").multilevel
    assert_allclose(found.without.multilevel.fixef, direct.fixef, rtol=1e-9)
    again = with_column(bare, column, ("floor",))
    assert again.spec == fits.spec and again.fixef_names == fits.data.fixef_names


def test_the_line_is_the_fixed_effects() -> None:
    """gamma_00 + gamma_01 u for the intercept, gamma_10 + gamma_11 u for the slope; alpha_j
    is the line plus eta_j, and the band comes from the covariance of the two coefficients."""
    fits = radon_with_uranium()
    fit, column = fits.multilevel, columns_of("radon", radon_with_uranium())["log_uranium"]
    at = {n: i for i, n in enumerate(fit.fixef_names)}
    pairs = {
        "(Intercept)": ("(Intercept)", "log_uranium"),
        "floor": ("floor", "floor:log_uranium"),
    }
    for k, (term, names) in enumerate(pairs.items()):
        line = group_level_line(fits, column, term)
        i = [at[n] for n in names]
        assert_allclose(line.line, fit.fixef[i[0]] + fit.fixef[i[1]] * line.grid, rtol=1e-12)
        cov = fit.fixef_cov[np.ix_(i, i)]
        variance = cov[0, 0] + 2 * line.grid * cov[0, 1] + line.grid**2 * cov[1, 1]
        reach = 1.96 * np.sqrt(variance)
        assert_allclose(line.line_upper - line.line, reach, rtol=1e-9)
        assert_allclose(line.line - line.line_lower, reach, rtol=1e-9)
        eta = line.estimate - (fit.fixef[i[0]] + fit.fixef[i[1]] * line.u)
        assert_allclose(eta, fit.ranef[:, k], atol=1e-12)
        assert_allclose(line.estimate, fit.line[:, k], rtol=1e-12)


def test_another_group_level_predictor_is_held_at_its_mean() -> None:
    spec = core.EXAMPLES["exam"].spec.update(varying=(), group_predictors=("schavg", "type"))
    fits = core.fit_all(core.GroupedData.from_table(core.load_example("exam"), spec))
    fit, column = fits.multilevel, columns_of("exam", fits)["schavg"]
    line = group_level_line(fits, column, "(Intercept)")
    at = dict(zip(fit.fixef_names, fit.fixef, strict=True))
    share = dict(fits.data.group_columns)["type[Sngl]"].mean()
    level = at["(Intercept)"] + at["type[Sngl]"] * share
    assert_allclose(line.line, level + at["schavg"] * line.grid, rtol=1e-12)
    assert_allclose(
        line.estimate - np.interp(line.u, line.grid, line.line), fit.ranef[:, 0], atol=1e-10
    )


def test_effects_and_changes_say_what_the_fits_say() -> None:
    fits = radon_with_uranium()
    found = two_levels(fits, columns_of("radon", fits)["log_uranium"], ("floor",))
    table = core.fixed_effects(fits.multilevel).set_index("name")
    for row in found.effects.itertuples():
        assert row.lower == pytest.approx(table.loc[row.term, "lower"], rel=1e-10)
        assert row.df == pytest.approx(table.loc[row.term, "df"], rel=1e-10)
    assert list(found.effects["varying"]) == ["(Intercept)", "floor"]
    change = found.change("(Intercept)")
    before, after = example_fits("radon").multilevel, fits.multilevel
    assert change.sigma == pytest.approx((before.sigma_group[0], after.sigma_group[0]), rel=1e-6)
    assert change.explained == pytest.approx(1 - (change.sigma[1] / change.sigma[0]) ** 2)
    assert change.pooling[1] == pytest.approx(after.pooling_factor[:, 0].mean())
    # Without a group-level predictor all groups share a target, and nothing is explained.
    assert change.target[0][0] == pytest.approx(change.target[0][1])
    assert change.r_squared[0] == pytest.approx(0.0, abs=1e-9)


def test_group_level_r_squared_is_that_of_posterior_draws() -> None:
    """Gelman & Pardoe's definition by simulation from the mixed-model equations (dense)."""
    fits = radon_with_uranium()
    fit, data = fits.multilevel, fits.data
    X, Z, J = data.design(), data.varying_design(), data.n_groups
    big = np.zeros((data.n_obs, 2 * J))
    for k in range(2):
        big[np.arange(data.n_obs), 2 * data.group_index + k] = Z[:, k]
    W = np.hstack([X, big])
    prior = np.zeros((W.shape[1], W.shape[1]))
    prior[4:, 4:] = np.kron(np.eye(J), np.linalg.inv(fit.vcov_group))
    precision = W.T @ W / fit.sigma_y**2 + prior
    cov = np.linalg.inv(precision)
    mean = cov @ (W.T @ data.y) / fit.sigma_y**2
    draws = np.random.default_rng(8).multivariate_normal(mean, cov, 20_000)
    beta, eta = draws[:, :4], draws[:, 4:].reshape(-1, J, 2)
    u = data.group_columns[0][1]
    names = list(fit.fixef_names)
    for k, term in enumerate(("(Intercept)", "floor")):
        cross = "log_uranium" if k == 0 else "floor:log_uranium"
        target = beta[:, [names.index(term)]] + beta[:, [names.index(cross)]] * u
        inside = eta[:, :, k].var(axis=1, ddof=1).mean()
        whole = (target + eta[:, :, k]).var(axis=1, ddof=1).mean()
        assert level_r_squared(fit)[k] == pytest.approx(1 - inside / whole, abs=0.01)


def test_tables_and_description() -> None:
    fits = example_fits("exam")
    found = two_levels(fits, columns_of("exam", fits)["schgend"], ("standLRT",))
    table = line_table(found, "standLRT")
    assert len(table) == 65 and set(table["schgend"]) == {"boys", "girls", "mixed"}
    fit = found.including.multilevel
    assert_allclose(table["target (with)"], fit.target[:, 1], rtol=1e-9)
    assert_allclose(table["partial pooling (with)"], fit.line[:, 1], rtol=1e-9)
    assert len(change_table(found, words("exam"))) == 11
    assert "Without it" in two_levels_alt(found, "standLRT", words("exam"))


def test_adding_the_means_leaves_the_predictor() -> None:
    table = pd.DataFrame({"x": [1.0, 3.0, 5.0, np.nan], "g": list("aabb")})
    fix = core.AddGroupMean("x", "g")
    changed = core.apply_fix(table, fix)
    assert list(changed.columns) == ["x", "g", "x (g mean)"]
    assert_allclose(changed["x (g mean)"], [2.0, 2.0, 5.0, 5.0])


def test_a_model_without_individual_level_predictors(simulated: pd.DataFrame) -> None:
    spec = core.ModelSpec(outcome="y", group="g", group_predictors=("u",))
    fits = core.fit_all(core.GroupedData.from_table(simulated, spec))
    column = {c.name: c for c in group_columns(simulated, fits)}["u"]
    effects = two_levels(fits, column).effects
    assert effects["varying"].tolist() == ["(Intercept)"]
    assert effects["estimate"].iloc[0] == fits.multilevel.fixef[1]


@pytest.mark.parametrize("structure", [(), ("x",)])
def test_as_many_group_level_columns_as_groups_leave_nothing_to_estimate(
    simulated: pd.DataFrame, structure: tuple[str, ...]
) -> None:
    table = simulated[simulated["g"].isin(simulated["g"].unique()[:2])]
    spec = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=structure)
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    column = {c.name: c for c in group_columns(table, fits)}["u"]
    with pytest.raises(core.NotIdentifiedError, match="each of the 2 groups"):
        _ = two_levels(fits, column, structure).changes


def test_the_posterior_gives_the_band_the_groups_and_the_effect() -> None:
    """Against draws of the joint posterior: another road to the same sums."""
    fits = radon_with_uranium()
    column = columns_of("radon", fits)["log_uranium"]
    made = core.posterior(fits, "half_t")
    found = two_levels(fits, column, ("floor",), posterior=made)
    assert found.posteriors[1] is made and found.source == "full posterior, half-t prior"
    line = found.line(True, "floor")
    drawn = made.draws(4_000, seed=1).fixef
    at = {n: i for i, n in enumerate(made.fixef_names)}
    along = drawn[:, [at["floor"]]] + drawn[:, [at["floor:log_uranium"]]] * line.grid
    spread = along.std(axis=0)
    for end, share in ((line.line_lower, 0.025), (line.line_upper, 0.975)):
        assert np.abs(end - np.quantile(along, share, axis=0)).max() < 0.12 * spread.max()
    row = found.effects.set_index("term").loc["floor:log_uranium"]
    slope = drawn[:, at["floor:log_uranium"]]
    assert row["lower"] == pytest.approx(np.quantile(slope, 0.025), abs=0.12 * slope.std())
    # Counties on soil with more uranium do have more radon; the slope's change is in doubt.
    at_intercept = drawn[:, at["log_uranium"]]
    assert np.quantile(at_intercept, [0.025, 0.975]).min() > 0 and found.acts_on("(Intercept)")
    assert np.prod(np.quantile(slope, [0.025, 0.975])) < 0 and not found.acts_on("floor")
