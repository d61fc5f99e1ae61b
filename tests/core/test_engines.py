"""The three fits against lme4 and lm, model by model, REML and ML."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose

import core
from core.results import NoPoolingFit, PoolingFits
from core.types import FloatArray
from tests.golden.cases import MODELS, array, corpus_spec, corpus_table, load_case, load_corpus

CRITERIA = ("REML", "ML")

# -2 log likelihood: lme4's own optimizers agree to about this much.
CRITERION_TOLERANCE = 1e-5
# Estimates depend on theta, which the flat top of the likelihood leaves open to about this much.
RELATIVE = 1e-4
# Least squares has a closed form: what is left is rounding.
LM_RELATIVE = 1e-8


@cache
def fits_of(name: str, criterion: str, engine: str = "moments") -> PoolingFits:
    case = load_case(name)
    data = core.GroupedData.from_table(case.table, case.spec(criterion))
    return core.fit_all(data, engine=engine)


def order(gold_groups: list[str], group_names: tuple[str, ...]) -> list[int]:
    """Return where each of our groups stands in the gold values; the sets must be equal."""
    assert sorted(gold_groups) == sorted(group_names)
    position = {name: i for i, name in enumerate(gold_groups)}
    return [position[name] for name in group_names]


def assert_close(actual: FloatArray, gold: FloatArray, rtol: float, scale: FloatArray) -> None:
    """Compare relatively; values far below their natural ``scale`` relative to the scale."""
    error = np.abs(actual - gold)
    allowed = rtol * np.maximum(np.abs(gold), np.broadcast_to(scale, gold.shape))
    assert np.array_equal(np.isnan(actual), np.isnan(gold)), "NaN in other places"
    off = (error > allowed) & ~np.isnan(gold)
    assert not off.any(), f"{actual[off][:5]} should be {gold[off][:5]}"


both = pytest.mark.parametrize("criterion", CRITERIA)
every = pytest.mark.parametrize("name", MODELS)


@both
@every
def test_criterion_equals_lme4(name: str, criterion: str) -> None:
    gold = load_case(name).gold["fits"][criterion]
    fit = fits_of(name, criterion).multilevel
    assert abs(fit.criterion_value - gold["criterion"]) < CRITERION_TOLERANCE
    assert abs(fit.log_likelihood - gold["logLik"]) < CRITERION_TOLERANCE
    assert fit.optimization.converged
    assert fit.n_obs == gold["nobs"]


@both
@every
def test_average_coefficients_equal_lme4(name: str, criterion: str) -> None:
    gold = load_case(name).gold["fits"][criterion]["fixed"]
    fit = fits_of(name, criterion).multilevel
    assert list(fit.fixef_names) == gold["names"]
    se = array(gold["se"])
    assert_close(fit.fixef, array(gold["estimate"]), RELATIVE, se)
    assert_close(fit.fixef_se, se, RELATIVE, se)
    assert_close(fit.fixef_cov, array(gold["vcov"]), 2 * RELATIVE, np.outer(se, se))


def natural_scale(name: str, criterion: str) -> FloatArray:
    """Return how far group coefficients spread, estimated or by chance: se x sqrt(J).

    What is near zero is compared relative to this.
    """
    gold = load_case(name).gold["fits"][criterion]
    (n_groups,) = gold["ngroups"].values()
    terms = load_case(name).ranef(criterion)["names"]
    se = dict(zip(gold["fixed"]["names"], gold["fixed"]["se"], strict=True))
    return np.sqrt(n_groups) * np.array([se[term] for term in terms])


@both
@every
def test_variances_equal_lme4(name: str, criterion: str) -> None:
    case = load_case(name)
    gold = case.gold["fits"][criterion]
    fit = fits_of(name, criterion).multilevel
    scale = natural_scale(name, criterion)
    vcov = case.vcov_group(criterion)
    assert fit.sigma_y == pytest.approx(gold["sigma"], rel=RELATIVE)
    assert fit.is_singular == gold["isSingular"]
    assert_close(fit.sigma_group, np.sqrt(np.diag(vcov)), RELATIVE, scale)
    assert_close(fit.vcov_group, vcov, 2 * RELATIVE, np.outer(scale, scale))


@both
@every
def test_group_estimates_equal_lme4(name: str, criterion: str) -> None:
    case = load_case(name)
    gold = case.ranef(criterion)
    fit = fits_of(name, criterion).multilevel
    assert list(fit.varying_names) == gold["names"]
    scale = natural_scale(name, criterion)
    rows = order(gold["groups"], fit.group_names)
    assert_close(fit.ranef, array(gold["modes"])[rows], RELATIVE, scale)
    if fit.spec.correlated:
        variances = array(gold["condvar"])[rows]
        assert_close(fit.cond_var, variances, 2 * RELATIVE, np.outer(scale, scale))
    else:  # lme4 gives the uncorrelated terms one variance each, without their covariance
        variances = np.hstack([array(gold["condvar"][name])[:, 0] for name in gold["names"]])[rows]
        assert_close(fit.cond_sd**2, variances, 2 * RELATIVE, scale**2)


@both
@every
def test_group_lines_equal_lme4(name: str, criterion: str) -> None:
    case = load_case(name)
    gold = next(iter(case.gold["fits"][criterion]["coef"].values()))
    fit = fits_of(name, criterion).multilevel
    rows = order(gold["groups"], fit.group_names)
    columns = [gold["names"].index(term) for term in fit.varying_names]
    scale = natural_scale(name, criterion)
    assert_close(fit.coef, array(gold["values"])[rows][:, columns], RELATIVE, scale)
    assert_allclose(fit.line, fit.target + fit.ranef)
    if not fit.spec.group_predictors:
        assert_allclose(fit.line, fit.coef)


@both
@pytest.mark.parametrize("name", ["exam_cross", "exam_grouppred", "radon_cross", "radon_u"])
def test_groups_are_pulled_towards_the_group_level_regression(name: str, criterion: str) -> None:
    case = load_case(name)
    fit = fits_of(name, criterion).multilevel
    (predictor,) = fit.spec.group_predictors
    u = case.table.groupby(fit.spec.group)[predictor].first()[list(fit.group_names)].to_numpy()
    fixed = case.gold["fits"][criterion]["fixed"]
    gamma = dict(zip(fixed["names"], fixed["estimate"], strict=True))
    slope = fit.spec.predictors[0]
    towards = [gamma["(Intercept)"] + gamma[predictor] * u]
    if fit.spec.varying:
        towards.append(gamma[slope] + gamma[f"{slope}:{predictor}"] * u)
    assert_close(fit.target, np.column_stack(towards), RELATIVE, natural_scale(name, criterion))


@every
def test_complete_pooling_equals_lm(name: str) -> None:
    gold = load_case(name).gold["complete_pooling"]
    fit = fits_of(name, "REML").complete_pooling
    se = array(gold["se"])
    assert list(fit.coef_names) == gold["names"]
    assert_close(fit.coef, array(gold["estimate"]), LM_RELATIVE, se)
    assert_close(fit.coef_se, se, LM_RELATIVE, se)
    assert_close(fit.cluster_se, array(gold["se_cluster_CR1"]), LM_RELATIVE, se)
    assert_allclose(np.sqrt(np.diag(fit.coef_cov)), fit.coef_se)
    assert fit.sigma_y == pytest.approx(gold["sigma"], rel=LM_RELATIVE)
    assert fit.log_likelihood == pytest.approx(gold["logLik"], rel=LM_RELATIVE)
    # R squared of an intercept alone is zero up to rounding.
    assert fit.r_squared == pytest.approx(gold["r2"], rel=LM_RELATIVE, abs=1e-12)


varying_slope = pytest.mark.parametrize("name", [n for n, m in MODELS.items() if "varying" in m])
with_indicators = pytest.mark.parametrize(
    "name",
    [
        name
        for name, model in MODELS.items()
        if "varying" not in model and "lsdv" in load_case(name).gold["no_pooling"]
    ],
)


@varying_slope
def test_no_pooling_equals_one_lm_per_group(name: str) -> None:
    gold = load_case(name).gold["no_pooling"]
    fit = fits_of(name, "REML").no_pooling
    rows = order(gold["groups"], fit.group_names)
    k = len(fit.varying_names)
    assert list(fit.varying_names) == gold["names"][:k]
    estimate, se = array(gold["estimate"])[rows][:, :k], array(gold["se"])[rows][:, :k]
    sigma = array(gold["sigma"])[rows]
    scale = np.nanmedian(np.abs(estimate), axis=0)
    assert_close(fit.coef, estimate, LM_RELATIVE, scale)
    assert fit.sigma_y == pytest.approx(gold["pooled_sigma"], rel=LM_RELATIVE)
    # lm takes each group's own sd, the fit takes the common one.
    common = se / sigma[:, None] * gold["pooled_sigma"]
    known = np.isfinite(common) & (sigma > 0)[:, None]
    assert_allclose(fit.coef_se[known], common[known], rtol=1e-7)
    assert_allclose(np.sqrt(np.einsum("jkk->jk", fit.coef_cov)), fit.coef_se)
    assert fit.rss == pytest.approx(np.nansum(array(gold["rss"])), rel=LM_RELATIVE)
    assert fit.df_residual == sum(gold["df_residual"])
    assert list(fit.group_sizes) == [gold["n"][i] for i in rows]


@varying_slope
def test_groups_without_a_line_of_their_own_are_named(name: str) -> None:
    gold = load_case(name).gold["no_pooling"]
    fit = fits_of(name, "REML").no_pooling
    rows = order(gold["groups"], fit.group_names)
    k = len(fit.varying_names)
    own_line = np.isfinite(array(gold["estimate"])[rows][:, :k]).all(axis=1)
    assert np.array_equal(fit.line_estimable, own_line)


@with_indicators
def test_no_pooling_equals_lm_with_group_indicators(name: str) -> None:
    gold = load_case(name).gold["no_pooling"]["lsdv"]
    fit = fits_of(name, "REML").no_pooling
    group = load_case(name).spec().group
    estimate = dict(zip(gold["names"], array(gold["estimate"]), strict=True))
    se = dict(zip(gold["names"], array(gold["se"]), strict=True))
    names = [f"{group}{label}" for label in fit.group_names]
    intercepts, intercept_se = (np.array([[d[n]] for n in names]) for d in (estimate, se))
    assert_close(fit.coef, intercepts, LM_RELATIVE, np.median(np.abs(intercepts)))
    assert_close(fit.coef_se, intercept_se, LM_RELATIVE, np.median(intercept_se))
    slopes, slope_se = (np.array([d[n] for n in fit.common_names]) for d in (estimate, se))
    assert_close(fit.common_coef, slopes, LM_RELATIVE, 0 * slopes)
    assert_close(fit.common_se, slope_se, LM_RELATIVE, 0 * slopes)
    assert fit.sigma_y == pytest.approx(gold["sigma"], rel=LM_RELATIVE)
    assert fit.df_residual == gold["df_residual"]


@pytest.mark.parametrize("name", load_corpus())
def test_corpus_tables_are_read_whole(name: str) -> None:
    entry = load_corpus()[name]
    data = core.GroupedData.from_table(corpus_table(name), corpus_spec(name, slope=False))
    fits = core.fit_all(data, engine="moments")
    assert (data.n_obs, data.n_groups) == (entry["n"], entry["J"])
    assert_allclose(fits.complete_pooling.coef, list(entry["lm"].values()), rtol=1e-7)


REGULAR = [n for n in load_corpus() if not load_corpus()[n]["degenerate_slope"]]
DEGENERATE = [n for n in load_corpus() if load_corpus()[n]["degenerate_slope"]]


@pytest.mark.parametrize("slope", [False, True], ids=["intercept", "slope"])
@pytest.mark.parametrize("name", REGULAR)
def test_real_tables_are_fitted_as_well_as_by_lme4(name: str, slope: bool) -> None:
    gold = load_corpus()[name]["slope" if slope else "intercept"]
    data = core.GroupedData.from_table(corpus_table(name), corpus_spec(name, slope=slope))
    fit = core.fit_all(data, engine="moments").multilevel
    assert fit.optimization.converged
    # These are lme4's best of three, which is not always the optimum: never be worse.
    better = gold["remlcrit"] - fit.criterion_value
    assert better > -CRITERION_TOLERANCE
    if better < CRITERION_TOLERANCE:
        assert fit.sigma_y == pytest.approx(gold["sigma"], rel=1e-3)
        assert_allclose(fit.fixef, list(gold["fixef"].values()), rtol=1e-3)


@pytest.mark.parametrize("name", DEGENERATE)
def test_an_outcome_that_does_not_vary_inside_groups_is_refused(name: str) -> None:
    data = core.GroupedData.from_table(corpus_table(name), corpus_spec(name, slope=True))
    fits = core.fit_all(data, engine="moments")
    assert isinstance(fits.refusal, core.DegenerateDataError)
    with pytest.raises(core.DegenerateDataError):
        _ = fits.multilevel
    assert np.isfinite(fits.complete_pooling.coef).all()
    assert isinstance(fits.no_pooling, NoPoolingFit)
