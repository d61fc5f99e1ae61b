"""statsmodels' MixedLM against the engine of the moments, and the results object it gives."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose

import core
from core.results import MultilevelFit
from tests.golden.cases import MODELS, load_case

# Where MixedLM stops short of the optimum, with or without saying so (statsmodels 0.15).
STRAYS = {("dietox", c) for c in ("REML", "ML")} | {
    ("dyestuff2", "ML"),
    ("radon_u", "REML"),
    ("radon_u", "ML"),
    ("radon_cross", "REML"),
    ("radon_cross", "ML"),
    ("syn_singletons", "ML"),
}
QUICK = ("dyestuff", "dyestuff2", "exam_slope", "radon_slope", "sleepstudy_slope", "syn_scales")
CASES = [
    pytest.param(name, criterion, marks=() if quick else pytest.mark.slow)
    for name in MODELS
    for criterion in ("REML", "ML")
    for quick in [name in QUICK and criterion == "REML"]
]


@cache
def fit_with(name: str, criterion: str, engine: str) -> MultilevelFit:
    case = load_case(name)
    data = core.GroupedData.from_table(case.table, case.spec(criterion))
    return core.fit_all(data, engine=engine).multilevel


@pytest.mark.parametrize(("name", "criterion"), CASES)
def test_both_engines_agree_where_mixedlm_converges(name: str, criterion: str) -> None:
    ours, theirs = (fit_with(name, criterion, engine) for engine in ("moments", "statsmodels"))
    assert (ours.engine, theirs.engine) == ("moments", "statsmodels")
    gap = theirs.criterion_value - ours.criterion_value
    assert gap > -1e-6, "MixedLM found a better optimum"
    if (name, criterion) in STRAYS:
        return
    # MixedLM's gradient tolerance leaves theta open to a few in ten thousand.
    assert gap < 1e-5
    assert np.max(np.abs(theirs.fixef - ours.fixef) / ours.fixef_se) < 1e-3
    assert theirs.sigma_y == pytest.approx(ours.sigma_y, rel=1e-4)
    assert_allclose(theirs.sigma_group, ours.sigma_group, rtol=1e-3, atol=1e-3 * ours.sigma_y)
    assert np.max(np.abs(theirs.ranef - ours.ranef)) < 1e-3 * ours.sigma_y
    # MixedLM's standard errors count what the variances leave open; ours, like lme4's, do not.
    assert_allclose(theirs.fixef_se, ours.fixef_se, rtol=0.03)


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("name", ["dyestuff", "exam_cross", "radon_slope", "sleepstudy_uncorr"])
def test_statsmodels_results_stand_at_our_estimates(name: str, criterion: str) -> None:
    fit = fit_with(name, criterion, "moments")
    results = fit.to_statsmodels()
    assert type(results).__name__ == "MixedLMResultsWrapper"
    assert results.method == criterion
    assert -2.0 * results.llf == pytest.approx(fit.criterion_value, abs=1e-6)
    assert_allclose(results.fe_params, fit.fixef, rtol=1e-7)
    assert results.scale == pytest.approx(fit.sigma_y**2, rel=1e-7)
    assert_allclose(results.cov_re, fit.vcov_group, rtol=1e-6, atol=1e-9 * fit.sigma_y**2)
    modes = np.array([results.random_effects[j] for j in range(fit.n_groups)])
    assert_allclose(modes, fit.ranef, rtol=1e-5, atol=1e-7 * fit.sigma_y)
    covariances = np.array([results.random_effects_cov[j] for j in range(fit.n_groups)])
    assert_allclose(covariances, fit.cond_var, rtol=1e-5, atol=1e-8 * fit.sigma_y**2)
    assert list(results.model.exog_names) == list(fit.fixef_names)
    assert "Mixed Linear Model" in str(results.summary())


def test_statsmodels_results_exist_at_a_zero_variance() -> None:
    fit = fit_with("dyestuff2", "REML", "moments")
    assert fit.sigma_group[0] == 0.0
    results = fit.to_statsmodels()
    assert -2.0 * results.llf == pytest.approx(fit.criterion_value, abs=1e-5)
    assert float(np.asarray(results.cov_re)[0, 0]) == pytest.approx(0.0, abs=1e-6 * fit.sigma_y**2)


@pytest.mark.parametrize("name", ["radon_slope", "sleepstudy_slope"])
def test_auto_confirms_the_optimum(name: str) -> None:
    ours, auto = (fit_with(name, "REML", engine) for engine in ("moments", "auto"))
    assert auto.criterion_value == pytest.approx(ours.criterion_value, abs=1e-6)
    assert_allclose(auto.coef, ours.coef, rtol=1e-6)
