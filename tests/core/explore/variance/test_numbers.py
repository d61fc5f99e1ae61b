"""Intraclass correlation, explained variance and model comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chi2

import core
from core.explore.checks.influence import influence
from core.explore.checks.story import parameter_words
from core.explore.compare.numbers import information
from core.explore.variance.numbers import bound_sentence, null_model
from core.explore.variance.story import variance_story
from core.results import MultilevelFit
from core.tables.wording import Wording
from tests.dense_likelihood import ml_deviance_at_ratio
from tests.golden.cases import MODELS, load_case


def fit_of(name: str, criterion: str = "REML", **changes: object) -> MultilevelFit:
    case = load_case(name)
    spec = case.spec(criterion).update(**changes)
    return core.fit_all(core.GroupedData.from_table(case.table, spec)).multilevel


@pytest.mark.parametrize("name", ["dyestuff", "dyestuff2", "radon_int", "sleepstudy_int"])
def test_icc_interval_ends_where_the_dense_likelihood_has_fallen_by_the_cut(name: str) -> None:
    fit = fit_of(name, "ML")
    found = core.icc(fit)
    top = ml_deviance_at_ratio(fit, fit.vcov_group[0, 0] / fit.sigma_y**2)
    for end in (found.lower, found.upper):
        if end > 0:
            rise = ml_deviance_at_ratio(fit, end / (1.0 - end)) - top
            assert rise == pytest.approx(chi2.ppf(0.95, 1), abs=1e-3)
    assert found.lower <= found.icc <= found.upper
    assert found.effective_n_lower <= found.effective_n <= found.effective_n_upper


def test_icc_at_x_is_the_icc_at_zero_of_the_shifted_predictor() -> None:
    case = load_case("sleepstudy_slope")
    shifted = case.table.assign(Days=case.table["Days"] - 6.0)
    data = core.GroupedData.from_table(shifted, case.spec())
    there = core.icc(core.fit_all(data).multilevel)
    here = core.icc(fit_of("sleepstudy_slope"), at=6.0)
    for name in ("icc", "lower", "upper"):
        assert getattr(here, name) == pytest.approx(getattr(there, name), rel=1e-4)
    curve = core.icc_curve(fit_of("sleepstudy_slope"), np.array([0.0, 6.0]))
    assert curve[1] == pytest.approx(here.icc, rel=1e-9)


def test_a_zero_variance_has_an_icc_of_zero_and_an_upper_bound() -> None:
    fit = fit_of("dyestuff2")
    found = core.icc(fit)
    assert found.icc == 0.0 and found.lower == 0.0 and 0.0 < found.upper < 0.5
    assert found.design_effect == 1.0 and found.effective_n == fit.n_obs
    upper = load_case("dyestuff2").gold["profile_ci"]["upper"][0]
    assert f"{upper:.2f}"[:3] in bound_sentence(fit)


def test_null_model_is_the_model_without_predictors() -> None:
    case = load_case("radon_slope")
    alone = core.ModelSpec("log_radon", "county")
    direct = core.fit_all(core.GroupedData.from_table(case.table, alone)).multilevel
    assert null_model(fit_of("radon_slope")).multilevel.criterion_value == pytest.approx(
        direct.criterion_value, abs=1e-9
    )


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("name", sorted(MODELS))
def test_explained_variance_and_information_equal_r(name: str, criterion: str) -> None:
    gold = load_case(name).gold["fits"][criterion]
    fit = fit_of(name, criterion)
    shares = core.r_squared(fit)
    # performance averages over the design like this for every structure but ||.
    assert shares.marginal == pytest.approx(gold["r2_nakagawa_johnson"]["marginal"], abs=2e-5)
    assert shares.conditional == pytest.approx(gold["r2_nakagawa_johnson"]["conditional"], abs=2e-5)
    row = information(fit).iloc[0]
    assert row["parameters"] == gold["df_logLik"]
    assert_allclose([row["AIC"], row["BIC"]], [gold["AIC"], gold["BIC"]], rtol=1e-8)


def test_variance_test_mixes_two_chi_squares() -> None:
    gold = {n: load_case(n).gold["fits"]["REML"]["criterion"] for n in MODELS}
    fall = gold["sleepstudy_int"] - gold["sleepstudy_slope"]
    found = core.variance_test(fit_of("sleepstudy_slope"), "Days")
    assert found.statistic == pytest.approx(fall, abs=1e-6)
    assert found.p_value == pytest.approx(0.5 * (chi2.sf(fall, 1) + chi2.sf(fall, 2)), rel=1e-6)
    assert core.variance_test(fit_of("dyestuff2")).p_value == pytest.approx(0.5, abs=0.5)
    assert core.variance_test(fit_of("dyestuff2")).statistic == pytest.approx(0.0, abs=1e-9)


def test_a_column_may_be_called_like_a_variance(simulated: pd.DataFrame) -> None:
    table = simulated.rename(columns={"u": "sd_x"})
    spec = core.ModelSpec(
        outcome="y", group="g", predictors=("x",), varying=("x",), group_predictors=("sd_x",)
    )
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    story = variance_story(fits, Wording())
    assert len(story.spread) == 3
    found = influence(fits)
    assert len(set(found.names)) == len(found.names)
    words = parameter_words("sd_x (coefficient)", fits, Wording())
    assert words == "the average coefficient of sd_x"
    assert found.estimate["sd_x (coefficient)"] == fits.multilevel.fixef[2]
