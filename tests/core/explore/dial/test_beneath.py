"""The likelihood along the dial: lme4's profile intervals, dense values, and the words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.dial.beneath import DROP_95, dial_evidence
from core.explore.dial.curve import dial_curve, dial_range
from tests.core.brute import refit_at
from tests.core.explore.dial.test_numbers import close, fits_of
from tests.golden.cases import load_case

ONE_DIMENSIONAL = (
    "dyestuff",
    "dyestuff2",
    "exam_int",
    "exam_grouppred",
    "radon_int",
    "radon_u",
    "sleepstudy_int",
    "syn_scales",
    "syn_singletons_int",
)


@pytest.mark.parametrize("name", ONE_DIMENSIONAL)
def test_the_interval_is_the_profile_interval_of_lme4(name: str) -> None:
    """lme4 interpolates its profile with splines, hence 3e-4."""
    fits = fits_of(name, "ML")
    path = core.dial_path(fits)
    interval = np.sqrt(np.array(dial_evidence(path).interval) * path.vcov_group[0, 0])
    gold = load_case(name).gold["profile_ci"]
    assert gold["names"][0].startswith("sd_(Intercept)")
    np.testing.assert_allclose(interval, [gold["lower"][0], gold["upper"][0]], rtol=3e-4, atol=1e-9)


@pytest.mark.parametrize("criterion", ["REML", "ML"])
def test_the_curve_is_the_dense_likelihood(criterion: str) -> None:
    fits = fits_of("sleepstudy_slope", criterion)
    path = core.dial_path(fits)
    evidence = dial_evidence(path)
    assert evidence.top == 1.0
    for i in range(5, len(evidence.c), 30):
        c = evidence.c[i]
        start = core.dial(path, c).sigma_y
        Sigma = c * fits.multilevel.vcov_group
        dense = refit_at(fits.data, Sigma, start, reml=criterion == "REML")
        drop = 0.5 * (dense.criterion_value - fits.multilevel.criterion_value)
        assert evidence.log_likelihood[i] == pytest.approx(-drop, abs=1e-7)
    for c in evidence.interval:
        drop = core.dial(path, c).criterion_value - fits.multilevel.criterion_value
        assert drop == pytest.approx(2 * DROP_95, abs=1e-7)


@pytest.mark.parametrize("name", ["radon_cross", "dietox", "syn_rho95", "dyestuff2"])
def test_the_series_are_the_engine_itself(name: str) -> None:
    path = core.dial_path(fits_of(name))
    curve = dial_curve(path)
    low, high = dial_range(path)
    assert curve.log_c(np.array(curve.log_t[0])) <= np.log(low)
    assert curve.log_c(np.array(curve.log_t[1])) >= np.log(high)
    for log_t in np.linspace(*curve.log_t, 13):
        c = float(np.exp(curve.log_c(log_t)))
        at = core.dial(path, c)
        row = curve.at(log_t)
        close(row[3:], at.fixef[path.model.used], 1e-9)
        assert np.exp(row[1]) == pytest.approx(at.sigma_y, rel=1e-9)
        assert row[2] == pytest.approx(at.criterion_value, abs=1e-6)


def test_sentences_tell_what_is_known() -> None:
    known = dial_evidence(core.dial_path(fits_of("exam_int"))).sentence
    assert known.startswith("Complete pooling is out, and so is no pooling")
    little = dial_evidence(core.dial_path(fits_of("dyestuff"))).sentence
    assert little.startswith(
        "The data know little: the 95% interval runs from 0.14 times to 5.8 times"
    )
    zero = dial_evidence(core.dial_path(fits_of("dyestuff2")))
    assert zero.top == 0.0 and zero.interval[0] == 0.0
    assert zero.sentence.startswith("The likelihood is highest at complete pooling")


def two_explanations(seed: int) -> core.PoolingFits:
    """Return few groups, one of twelve rows: for some seeds the likelihood has two peaks."""
    rng = np.random.default_rng(seed)
    sizes = [1, 1, 1, 1, 2, 2, 12]
    group = np.repeat(np.arange(7), sizes)
    y = rng.normal(size=20) * rng.choice([0.2, 3.0], size=7)[group]
    y += rng.choice([0.0, 0.0, 4.0], size=7)[group]
    table = pd.DataFrame({"y": y, "g": [f"g{j}" for j in group]})
    return core.fit_all(core.GroupedData.from_table(table, core.ModelSpec("y", "g")))


def strongly_grouped() -> core.PoolingFits:
    """Return groups that differ a thousand times more than their rows."""
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(8), 12)
    y = 30.0 * rng.normal(size=8)[group] + rng.normal(scale=0.05, size=96)
    table = pd.DataFrame({"y": y, "g": [f"g{j}" for j in group]})
    return core.fit_all(core.GroupedData.from_table(table, core.ModelSpec("y", "g")))


def test_where_sigma_y_has_two_answers_the_likelier_is_taken() -> None:
    """A small Sigma against a large spread: either all is noise, or hardly anything is."""
    fits = strongly_grouped()
    path = core.dial_path(fits)
    curve = dial_curve(path, (1e-4, 10.0))
    assert len(curve.branches) == 2
    Sigma = fits.multilevel.vcov_group
    for c in (2e-4, 5e-3, 0.05, 0.3, 2.0):
        at = core.dial(path, c)
        found = [
            refit_at(fits.data, c * Sigma, s, reml=True).criterion_value
            for s in (at.sigma_y, fits.complete_pooling.sigma_y, fits.no_pooling.sigma_y)
            if has_root(fits, c * Sigma, s)
        ]
        assert at.criterion_value == pytest.approx(min(found), abs=1e-6)


def has_root(fits: core.PoolingFits, Sigma: np.ndarray, start: float) -> bool:
    try:
        refit_at(fits.data, Sigma, start, reml=True)
    except ValueError:
        return False
    return True


def test_a_second_peak_is_found() -> None:
    """The engine knows both optima (theta 0 and another); the dial shows the other one."""
    fits = two_explanations(1918)
    assert [float(mode.theta[0]) > 0 for mode in fits.multilevel.optimization.modes] == [
        True,
        False,
    ]
    evidence = dial_evidence(core.dial_path(fits))
    assert evidence.top == 1.0 and evidence.modes == (0.0,)
    assert evidence.sentence.endswith("There is a second peak at complete pooling.")
    fits = two_explanations(866)
    other = float(fits.multilevel.optimization.modes[1].theta[0])
    path = core.dial_path(fits)
    evidence = dial_evidence(path)
    assert evidence.top == 0.0
    at = core.dial(path, evidence.modes[0])
    theta = np.sqrt(at.vcov_group[0, 0]) / at.sigma_y
    assert theta == pytest.approx(other, rel=0.1)  # as fine as the curve is drawn
