"""Every group left out: equal to refits of the other rows; first order close to that."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from core.estimators.first_order import group_rest, without_each
from core.estimators.without_group import refit_without
from core.explore.checks.influence import influence
from core.explore.checks.story import influence_story
from core.fitting.scaled import scale_model
from core.results import MultilevelFit
from core.tables.wording import Wording
from tests.fitted import degenerate_fits, example_fits, many_fits, radon_with_uranium

FULL = core.ModelSpec(
    outcome="y",
    group="g",
    predictors=("x", "kind"),
    varying=("x",),
    group_predictors=("u",),
    cross_level=(("x", "u"),),
)
CASES = {
    "null": core.ModelSpec(outcome="y", group="g", criterion="ML"),
    "intercept": core.ModelSpec(outcome="y", group="g", predictors=("x",)),
    "slope": core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",)),
    "full": FULL,
    "uncorrelated": FULL.update(correlated=False, cross_level=()),
    "slope alone": core.ModelSpec(
        outcome="y", group="g", predictors=("x",), varying=("x",), varying_intercept=False
    ),
    "category": core.ModelSpec(outcome="y", group="g", predictors=("kind",), varying=("kind",)),
}


def _fit(table: pd.DataFrame, spec: core.ModelSpec) -> MultilevelFit:
    return core.fit_all(core.GroupedData.from_table(table, spec)).multilevel


def _shifted(table: pd.DataFrame) -> pd.DataFrame:
    """Move x away from zero, so that a centring that leaks would show."""
    return table.assign(x=table["x"] + 7.0)


@pytest.mark.parametrize("nearby", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_equal_to_refits_of_the_other_rows(
    simulated: pd.DataFrame, case: str, nearby: bool
) -> None:
    table = _shifted(simulated)
    fit = _fit(table, CASES[case])
    groups = range(0, 40, 3)
    found = refit_without(fit, groups, nearby=nearby)
    for row, j in enumerate(groups):
        brute = _fit(table[table["g"] != fit.group_names[j]], CASES[case])
        size = np.abs(brute.vcov_group).max()
        assert_allclose(found.vcov_group[row], brute.vcov_group, rtol=0, atol=2e-6 * size)
        assert_allclose(found.sigma_y[row], brute.sigma_y, rtol=1e-6)
        assert_allclose(found.fixef[row], brute.fixef, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["radon", "exam", "sleepstudy"])
def test_equal_to_refits_on_the_examples(name: str) -> None:
    fits = example_fits(name)
    fit, table = fits.multilevel, core.load_example(name)
    groups = range(0, fit.n_groups, 5)
    found = refit_without(fit, groups)
    for row, j in enumerate(groups):
        rest = table[table[fits.spec.group].astype(str) != fit.group_names[j]]
        brute = _fit(rest, fits.spec)
        sd = np.sqrt(np.einsum("kk->k", found.vcov_group[row]))
        assert_allclose(sd, brute.sigma_group, rtol=1e-6, atol=1e-6 * brute.sigma_y)
        assert_allclose(found.sigma_y[row], brute.sigma_y, rtol=1e-6)
        assert_allclose(found.fixef[row], brute.fixef, rtol=1e-6, atol=1e-6)


def test_without_a_group_that_others_need_there_is_no_number(tiny: pd.DataFrame) -> None:
    """A level that one group alone has; and the only group with more than one row."""
    rng = np.random.default_rng(8)
    table = pd.DataFrame({"g": np.repeat(list("abcdef"), 6), "y": rng.normal(size=36)})
    table["kind"] = np.where((table["g"] == "c") & (np.arange(36) % 2 == 0), "rare", "usual")
    spec = core.ModelSpec(outcome="y", group="g", predictors=("kind",))
    found = refit_without(_fit(table, spec), range(6))
    assert np.isnan(found.fixef[2]).sum() == 1 and np.isfinite(found.sigma_y).all()
    assert np.isfinite(np.delete(found.fixef, 2, axis=0)).all()
    lone = pd.DataFrame({"g": list("aaaaabcdefg"), "y": rng.normal(size=11)})
    fit = _fit(lone, core.ModelSpec(outcome="y", group="g"))
    alone = refit_without(fit, range(7))
    assert np.isnan(alone.sigma_y[0]) and np.isfinite(alone.sigma_y[1:]).all()


@pytest.mark.parametrize("case", CASES)
def test_the_shares_of_the_groups_are_those_of_their_rows(
    simulated: pd.DataFrame, case: str
) -> None:
    data = core.GroupedData.from_table(_shifted(simulated), CASES[case])
    moments = core.GroupMoments.from_data(data)
    model = scale_model(data, moments)
    shares = group_rest(data, moments, model)
    assert_allclose(shares.sum(axis=0), model.rest, rtol=0, atol=1e-9)
    X, Z = data.design(), data.varying_design()
    for j in (0, 7, 21):
        rows = data.group_index == j
        own = X[rows] @ model.to_raw
        W = np.column_stack([own, (data.y[rows] - model.y_center) / model.y_scale])
        residual = W - Z[rows] @ np.linalg.lstsq(Z[rows], W, rcond=None)[0]
        assert_allclose(shares[j], residual.T @ residual, rtol=0, atol=1e-7)


@pytest.mark.parametrize("case", ["null", "slope", "full", "uncorrelated", "slope alone"])
def test_first_order_follows_the_refits(simulated: pd.DataFrame, case: str) -> None:
    """What is left of the change after first order is a small part of the largest change."""
    fit = _fit(_shifted(simulated), CASES[case])
    exact, close = refit_without(fit, range(40)), without_each(fit)
    for name, full in (
        ("vcov_group", fit.vcov_group),
        ("sigma_y", fit.sigma_y),
        ("fixef", fit.fixef),
    ):
        change = getattr(exact, name) - full
        error = getattr(close, name) - getattr(exact, name)
        largest = np.abs(change).max(axis=0)
        assert (np.abs(error).max(axis=0) <= 0.3 * largest + 1e-9).all(), name
        assert np.corrcoef(change.ravel(), (change + error).ravel())[0, 1] > 0.97


def test_influence_tells_the_change_in_standard_errors() -> None:
    found = influence(radon_with_uranium())
    assert found.is_exact.all() and found.error == 0.0
    table = found.table("floor")
    assert (np.diff(table["change"].abs()) <= 0).all()
    first = table.iloc[0]
    assert_allclose(first["without"] - found.estimate["floor"], first["change"])
    se = radon_with_uranium().multilevel.fixef_se
    at = radon_with_uranium().multilevel.fixef_names.index("floor")
    assert_allclose(first["change_in_se"], first["change"] / se[at])


def test_standard_errors_of_sds_in_a_balanced_layout(dyestuff: pd.DataFrame) -> None:
    """One-way balanced: Var(MS) = 2 MS**2 / df gives the standard errors by hand."""
    fits = core.fit_all(
        core.GroupedData.from_table(dyestuff, core.ModelSpec(outcome="Yield", group="Batch"))
    )
    found, n = influence(fits), 5
    inside, between = found.estimate["sigma_y"] ** 2, found.estimate["sd_(Intercept)"] ** 2
    var_inside = 2 * inside**2 / 24
    var_between = (2 * (inside + n * between) ** 2 / 5 + var_inside) / n**2
    assert_allclose(found.se["sigma_y"], np.sqrt(var_inside) / (2 * np.sqrt(inside)), rtol=1e-4)
    assert_allclose(
        found.se["sd_(Intercept)"], np.sqrt(var_between) / (2 * np.sqrt(between)), rtol=1e-4
    )


def test_of_many_groups_those_that_matter_are_refitted() -> None:
    fits = many_fits(300)
    found = influence(fits)
    assert 8 <= found.is_exact.sum() < 300 and 0 < found.error < 1
    everyone = refit_without(fits.multilevel, range(300), nearby=True)
    sd = np.sqrt(everyone.vcov_group[:, 0, 0])
    largest = int(np.argmax(np.abs(sd - found.estimate["sd_(Intercept)"])))
    assert found.table("sd_(Intercept)")["group"][0] == fits.data.group_names[largest]
    assert found.is_exact[largest]


def test_a_zero_variance_stays_zero_without_any_group() -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"y": rng.normal(size=60), "g": np.repeat(list("abcdef"), 10)})
    table["y"] -= table.groupby("g")["y"].transform("mean")
    found = influence(
        core.fit_all(core.GroupedData.from_table(table, core.ModelSpec(outcome="y", group="g")))
    )
    assert (found.without["sd_(Intercept)"] == 0).all()


def test_without_a_multilevel_fit_it_says_why() -> None:
    with pytest.raises(core.PoolingError):
        influence(degenerate_fits())


def test_where_nothing_moves_the_story_says_so() -> None:
    rng = np.random.default_rng(6)
    g = np.repeat(np.arange(30), 8)
    table = pd.DataFrame({"y": rng.normal(size=240), "g": [f"g{j:02d}" for j in g]})
    table["y"] -= table.groupby("g")["y"].transform("mean")
    fits = core.fit_all(core.GroupedData.from_table(table, core.ModelSpec(outcome="y", group="g")))
    story = influence_story(influence(fits), "sd_(Intercept)", fits, Wording())
    assert story.title.startswith("No group moves the group sd of the group mean: it stays 0")
