"""Within, between and plain slopes against statsmodels' least squares and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import core
from core.explore.two_levels.slopes import slope_predictors, slopes
from core.explore.two_levels.slopes_story import (
    blend_sentences,
    slopes_alarm,
    slopes_table,
    slopes_verdict,
)
from core.tables.wording import Wording
from tests.fitted import example_fits, words

CASES = [("radon", "floor", "log_radon", "county"), ("exam", "standLRT", "normexam", "school")]


def by_hand(table: pd.DataFrame, x: str, y: str, group: str) -> dict[str, float]:
    """Return the slopes by regressions on the rows and on the group means."""
    indicators = pd.get_dummies(table[group], dtype=float)
    within = sm.OLS(table[y], pd.concat([table[[x]], indicators], axis=1)).fit()
    plain = sm.OLS(table[y], sm.add_constant(table[[x]])).fit()
    means = table.groupby(group)[[x, y]].mean()
    n = table.groupby(group).size()
    between = sm.WLS(means[y], sm.add_constant(means[[x]]), weights=n).fit()
    equal = sm.OLS(means[y], sm.add_constant(means[[x]])).fit()
    return {
        "within": within.params[x],
        "within_se": within.bse[x],
        "plain": plain.params[x],
        "between": between.params[x],
        "equal": equal.params[x],
    }


@pytest.mark.parametrize(("name", "x", "y", "group"), CASES)
def test_slopes_are_those_of_least_squares(name: str, x: str, y: str, group: str) -> None:
    found = slopes(example_fits(name), x)
    hand = by_hand(core.load_example(name), x, y, group)
    assert found.within.value == pytest.approx(hand["within"], rel=1e-9)
    assert found.within.se == pytest.approx(hand["within_se"], rel=1e-9)
    assert found.plain == pytest.approx(hand["plain"], rel=1e-9)
    assert found.between is not None
    assert found.between.value == pytest.approx(hand["between"], rel=1e-9)
    assert found.between_unweighted == pytest.approx(hand["equal"], rel=1e-9)
    blend = found.weight_within * found.within.value
    blend += (1 - found.weight_within) * found.between.value
    assert found.plain == pytest.approx(blend, rel=1e-12)


@pytest.mark.parametrize(("name", "x", "y", "group"), CASES)
def test_a_varying_intercept_blends_by_its_variance(name: str, x: str, y: str, group: str) -> None:
    fits = example_fits(name, "intercept")
    assert slopes(fits, x).multilevel == pytest.approx(fits.multilevel.fixef[1], rel=1e-8)


def test_the_error_of_the_between_slope_is_that_of_many_data_sets() -> None:
    rng = np.random.default_rng(4)
    sizes = rng.integers(2, 30, 40)
    group = np.repeat(np.arange(40), sizes)
    x = rng.normal(size=40)[group] + rng.normal(size=len(group))
    spec = core.ModelSpec("y", "g", ("x",))
    values, errors = [], []
    for _ in range(400):
        y = x + 0.7 * rng.normal(size=40)[group] + rng.normal(size=len(group))
        table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j:02d}" for j in group]})
        between = slopes(core.fit_all(core.GroupedData.from_table(table, spec)), "x").between
        assert between is not None
        values.append(between.value)
        errors.append(between.se)
    assert np.mean(values) == pytest.approx(1.0, abs=0.03)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.1)


def simpson(within: float, between: float) -> pd.DataFrame:
    """Return a table with given slopes inside and between groups."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(12), 15)
    mean = np.linspace(0, 10, 12)[group]
    inside = rng.normal(size=180)
    y = between * mean + within * inside + 0.4 * rng.normal(size=12)[group]
    y += 0.6 * rng.normal(size=180)
    return pd.DataFrame({"y": y, "x": mean + inside, "g": [f"g{j:02d}" for j in group]})


@pytest.mark.parametrize(
    ("within", "between", "verdict"),
    [(-0.8, 0.9, "reversed"), (0.9, 0.9, "agree"), (0.3, 0.9, "different")],
)
def test_alarm_only_where_the_signs_disagree(within: float, between: float, verdict: str) -> None:
    spec = core.ModelSpec("y", "g", ("x",))
    fits = core.fit_all(core.GroupedData.from_table(simpson(within, between), spec))
    found = slopes(fits, "x")
    assert slopes_verdict(found) == verdict
    alarm = slopes_alarm(found, fits.data, Wording())
    assert bool(alarm) == (verdict == "reversed")
    assert bool(blend_sentences(found, Wording())) == (verdict != "agree")
    if alarm:
        assert found.plain_is_reversed and "Simpson" in alarm


def test_where_the_means_do_not_differ() -> None:
    found = slopes(example_fits("sleepstudy"), "Days")
    assert found.between is None and found.weight_within == pytest.approx(1.0)
    assert slopes_verdict(found) == "within_only"
    assert found.plain == pytest.approx(found.within.value)
    assert slopes_table(found)["estimate"].notna().sum() == 3
    assert not blend_sentences(found, words("sleepstudy"))


def test_what_has_no_slope_is_refused() -> None:
    fits = example_fits("radon", "mean")
    assert slope_predictors(fits) == ()
    with pytest.raises(core.SpecError, match="no numeric predictor"):
        slopes(fits, "floor")
