"""Profile intervals against lme4's ``confint``, degrees of freedom against lmerTest's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from core.results import MultilevelFit
from tests.golden.cases import MODELS, array, load_case

# lme4 reads its ends off a spline through a few points of the curve.
SPLINE = 2e-3


def fit_of(name: str, criterion: str = "REML") -> MultilevelFit:
    case = load_case(name)
    data = core.GroupedData.from_table(case.table, case.spec(criterion))
    return core.fit_all(data).multilevel


def our_name(name: str) -> str:
    """Translate lme4's name of a profiled parameter."""
    if name == "sigma":
        return "sigma_y"
    return name.split("|")[0] if name.startswith(("sd_", "cor_")) else name


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"radon_cross"}))
def test_profile_intervals_equal_lme4(name: str) -> None:
    gold = load_case(name).gold["profile_ci"]
    found = core.profile(fit_of(name))
    ours = np.array([found.interval(our_name(n)) for n in gold["names"]])
    theirs = np.column_stack([array(gold["lower"]), array(gold["upper"])])
    width = theirs[:, 1] - theirs[:, 0]
    assert np.max(np.abs(ours - theirs) / width[:, None]) < SPLINE


def test_profile_of_a_curved_correlation_is_no_narrower_than_lme4s() -> None:
    # Here the curve bends sharply and lme4's spline ends short of it: at its end the
    # deviance, minimised over the rest, has not yet risen to the cut.
    gold = load_case("radon_cross").gold["profile_ci"]
    found = core.profile(fit_of("radon_cross"))
    at = gold["names"].index("cor_floor.(Intercept)|county")
    lower, upper = found.interval("cor_floor.(Intercept)")
    assert lower == pytest.approx(gold["lower"][at], abs=0.015)
    assert lower <= gold["lower"][at]
    assert upper == 1.0


def test_profile_is_of_the_likelihood_whatever_the_criterion() -> None:
    by_reml, by_ml = core.profile(fit_of("radon_int")), core.profile(fit_of("radon_int", "ML"))
    assert_allclose(by_reml.intervals["lower"], by_ml.intervals["lower"], rtol=1e-6)


def test_wider_level_wider_interval_and_curves_pass_through_the_estimate() -> None:
    fit = fit_of("sleepstudy_slope")
    narrow, wide = core.profile(fit, 0.5).intervals, core.profile(fit, 0.99)
    assert (wide.intervals["lower"] < narrow["lower"]).all()
    assert (wide.intervals["upper"] > narrow["upper"]).all()
    for curve in wide.curves.values():
        assert curve.deviance.min() == pytest.approx(0.0, abs=1e-9)
        assert np.all(np.diff(curve.zeta) > 0)


def test_two_varying_slopes_have_profiles_of_six_covariance_parameters() -> None:
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(40), 12)
    x, z = rng.normal(size=(2, len(g)))
    effects = rng.normal(size=(40, 3)) * (1.0, 0.6, 0.8)
    y = effects[g, 0] + (1 + effects[g, 1]) * x + effects[g, 2] * z + rng.normal(size=len(g))

    table = pd.DataFrame({"y": y, "x": x, "z": z, "g": g})
    spec = core.ModelSpec("y", "g", ("x", "z"), varying=("x", "z"))
    fit = core.fit_all(core.GroupedData.from_table(table, spec)).multilevel
    found = core.profile(fit)
    assert len(found.intervals) == 3 + 3 + 1 + 3
    inside = found.intervals["lower"] <= found.intervals["estimate"]
    assert (inside & (found.intervals["estimate"] <= found.intervals["upper"])).all()
    for name, truth in (("sd_(Intercept)", 1.0), ("sd_x", 0.6), ("sd_z", 0.8), ("sigma_y", 1.0)):
        lower, upper = found.interval(name)
        assert lower < truth < upper


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("name", sorted(MODELS))
def test_degrees_of_freedom_equal_lmertest(name: str, criterion: str) -> None:
    gold = load_case(name).gold["fits"][criterion]["satterthwaite"]
    found = core.fixed_effects(fit_of(name, criterion)).set_index("name").loc[gold["names"]]
    assert_allclose(found["df"], array(gold["df"]), rtol=1e-4)
    assert_allclose(found["t"], array(gold["t"]), rtol=1e-4)
    assert_allclose(found["p"], array(gold["p"]), rtol=1e-3, atol=1e-12)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, 2.0])
def test_levels_outside_zero_and_one_are_refused(level: float) -> None:
    fit = fit_of("dyestuff")
    with pytest.raises(core.SpecError):
        core.profile(fit, level)
    with pytest.raises(core.SpecError):
        core.fixed_effects(fit, level)
