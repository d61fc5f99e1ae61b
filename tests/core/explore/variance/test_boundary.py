"""Variances at zero: the likelihood curve against a dense likelihood, the bound against lme4."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar

import core
from core.estimators.profile import profile, profile_curve
from core.explore.variance.boundary import (
    at_boundary,
    boundaries,
    boundary_sentences,
    boundary_table,
    boundary_title,
)
from core.explore.variance.icc_story import share_curve, share_curve_table, share_title
from core.explore.variance.numbers import null_model
from core.explore.variance.story import first_estimates, share_table, variance_story
from core.results import PoolingFits
from core.tables.wording import Wording
from tests.fitted import example_fits, words
from tests.golden.cases import load_case


def dyestuff2() -> PoolingFits:
    """Return the fits of the classic table whose group variance is estimated as zero."""
    case = load_case("dyestuff2")
    return core.fit_all(core.GroupedData.from_table(case.table, case.spec()))


def dense_deviance(y: np.ndarray, index: np.ndarray, sd: float) -> float:
    """Return -2 log likelihood at a group sd, maximised over mean and residual sd."""
    same = (index[:, None] == index[None, :]).astype(float)

    def at(log_sigma: float) -> float:
        V = sd**2 * same + np.exp(2 * log_sigma) * np.eye(len(y))
        inverse = np.linalg.inv(V)
        one = np.ones(len(y))
        mean = one @ inverse @ y / (one @ inverse @ one)
        r = y - mean
        return len(y) * np.log(2 * np.pi) + np.linalg.slogdet(V)[1] + r @ inverse @ r

    return float(minimize_scalar(at, bounds=(-2, 4), method="bounded", options={"xatol": 1e-9}).fun)


def test_the_curve_is_the_dense_profile_likelihood() -> None:
    fits = dyestuff2()
    found = boundaries(fits)
    assert [b.name for b in found] == ["sd_(Intercept)"]
    curve, data = found[0].curve, fits.data
    least = dense_deviance(data.y, data.group_index, 0.0)
    for i in (0, 10, 25, len(curve.value) - 1):
        rise = dense_deviance(data.y, data.group_index, float(curve.value[i])) - least
        assert curve.deviance[i] == pytest.approx(rise, abs=1e-5)
    bound = dense_deviance(data.y, data.group_index, found[0].upper) - least
    assert bound == pytest.approx(3.841459, abs=1e-4)
    gold = load_case("dyestuff2").gold["profile_ci"]
    assert found[0].upper == pytest.approx(gold["upper"][0], rel=1e-4)
    assert found[0].lower == 0.0 and found[0].likelihood.max() == pytest.approx(1.0)


def test_the_curve_s_interval_is_the_profile_s() -> None:
    fit = example_fits("sleepstudy").multilevel
    found = profile(fit)
    for name in found.curves:
        curve, ends = profile_curve(fit, name, n_points=15)
        assert_allclose(ends, found.interval(name), rtol=1e-9)
        assert curve.deviance.min() < 0.2 and (curve.deviance[[0, -1]] > 3.84).all()
    with pytest.raises(core.SpecError, match="no parameter"):
        profile_curve(fit, "sd_nothing")


def perfectly_correlated() -> PoolingFits:
    """Return fits whose correlation is estimated as one."""
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(10), 6)
    x = np.tile(np.arange(6.0), 10)
    y = rng.normal(size=10)[group] * (1 + 0.3 * x) + 0.8 * rng.normal(size=60)
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
    spec = core.ModelSpec("y", "g", ("x",), ("x",))
    return core.fit_all(core.GroupedData.from_table(table, spec))


def test_a_correlation_of_one_is_explained() -> None:
    fits = perfectly_correlated()
    assert at_boundary(fits.multilevel) == ("cor_x.(Intercept)",)
    (found,) = boundaries(fits)
    assert found.is_correlation and found.estimate == pytest.approx(1.0, abs=1e-3)
    assert found.upper == 1.0 and -1.0 < found.lower < 1.0
    assert "correlation is estimated as 1.00" in boundary_title(found, fits, Wording())
    said = " ".join(boundary_sentences(found, fits, Wording()))
    assert "stay valid" in said and "leave the correlation out" in said
    assert next(iter(boundary_table(found).columns)) == "correlation"


def test_nothing_at_the_boundary() -> None:
    assert at_boundary(example_fits("sleepstudy").multilevel) == ()
    assert boundaries(example_fits("exam")) == ()


def test_the_story_has_the_null_model_and_the_mean_of_x() -> None:
    fits = example_fits("sleepstudy")
    story = variance_story(fits, words("sleepstudy"))
    assert story.correlation is not None and story.without_predictors is not None
    assert story.correlation.at == pytest.approx(4.5)
    null = core.fit_all(
        core.GroupedData.from_table(
            core.load_example("sleepstudy"), core.ModelSpec("Reaction", "Subject")
        )
    ).multilevel
    assert story.without_predictors.icc == pytest.approx(null.icc, rel=1e-7)
    found = null_model(fits.multilevel).multilevel
    assert found.criterion_value == pytest.approx(null.criterion_value)
    assert len(share_table(story)) == 2
    quick = first_estimates(fits, words("sleepstudy"))
    assert_allclose(quick.spread["estimate"], story.spread["estimate"])
    assert quick.spread["lower"].isna().all()


def test_the_share_along_x() -> None:
    fits = example_fits("sleepstudy")
    found = share_curve(fits)
    assert found is not None
    S, s2 = fits.multilevel.vcov_group, fits.multilevel.sigma_y**2
    between = S[0, 0] + 2 * found.grid * S[0, 1] + found.grid**2 * S[1, 1]
    assert_allclose(found.share, between / (between + s2), rtol=1e-12)
    # The interval at a value of x is the one at zero of the table shifted to it.
    table = core.load_example("sleepstudy")
    table["Days"] = table["Days"] - found.mean
    shifted = core.fit_all(core.GroupedData.from_table(table, fits.spec)).multilevel
    direct = core.icc(shifted)
    i = found.middle
    assert found.at[i] == pytest.approx(4.5)
    assert_allclose(
        [found.estimate[i], found.lower[i], found.upper[i]],
        [direct.icc, direct.lower, direct.upper],
        rtol=1e-5,
    )
    assert share_title(found, words("sleepstudy")).startswith("Between people lies 48%")
    assert share_curve_table(found)["lower"].notna().sum() == 5
    assert share_curve(example_fits("exam", "intercept")) is None
    uncorrelated = share_curve(example_fits("sleepstudy", "uncorrelated"))
    assert uncorrelated is not None and list(uncorrelated.at) == [0.0]
