"""Intervals under every approach against R's numbers, and against what balance makes exact."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from scipy.stats import t

import core
from core.explore.standard_errors.error_intervals import coefficient_errors, errors_table
from core.explore.standard_errors.story import (
    errors_alt,
    errors_sentences,
    errors_title,
    missing_reason,
    worst,
)
from core.tables.wording import Wording
from tests.fitted import degenerate_fits, example_fits, radon_with_uranium, words
from tests.golden.cases import load_case


def test_intervals_are_r_s_numbers_with_their_degrees_of_freedom() -> None:
    case = load_case("exam_grouppred")
    fits = core.fit_all(core.GroupedData.from_table(case.table, case.spec()))
    found = coefficient_errors(fits)
    pooled = case.gold["complete_pooling"]
    cr2 = pooled["clubSandwich"]["CR2"]
    for i, each in enumerate(found):
        assert each.term == pooled["names"][i]
        assert each.se["complete_pooling"] == pytest.approx(pooled["se"][i], rel=1e-8)
        assert each.se["cr1"] == pytest.approx(pooled["se_cluster_CR1"][i], rel=1e-8)
        reach = t.ppf(0.975, cr2["df"][i]) * each.se["cr2"]
        assert each.upper["cr2"] == pytest.approx(pooled["estimate"][i] + reach, rel=1e-7)
        assert each.lower["cr2"] == pytest.approx(pooled["estimate"][i] - reach, rel=1e-7)
        reach = t.ppf(0.975, fits.data.n_groups - 1) * each.se["cr1"]
        assert each.upper["cr1"] - each.estimate["cr1"] == pytest.approx(reach, rel=1e-9)
    levels = {each.term: each.level for each in found}
    assert levels == {"(Intercept)": "group", "standLRT": "individual", "schavg": "group"}
    assert worst(found) is not None and worst(found).term == "schavg"  # type: ignore[union-attr]


def balanced(sd: float) -> core.results.PoolingFits:
    """Return fits of 30 groups of 12 with a group-level and an individual-level predictor."""
    rng = np.random.default_rng(6)
    group = np.repeat(np.arange(30), 12)
    u, x = rng.normal(size=30)[group], np.tile(rng.normal(size=12), 30)
    y = u + x + sd * rng.normal(size=30)[group] + rng.normal(size=360)
    table = pd.DataFrame({"y": y, "u": u, "x": x, "g": [f"g{j:02d}" for j in group]})
    spec = core.ModelSpec("y", "g", ("x",), group_predictors=("u",))
    return core.fit_all(core.GroupedData.from_table(table, spec))


def test_in_a_balanced_table_the_group_level_error_is_that_of_the_group_means() -> None:
    fits = balanced(1.0)
    data = fits.data
    by_term = {each.term: each for each in coefficient_errors(fits)}
    means = np.bincount(data.group_index, data.y) / 12
    u = data.group_columns[0][1]
    alone = sm.OLS(means, sm.add_constant(u)).fit()
    found = by_term["u"]
    assert found.estimate["multilevel"] == pytest.approx(alone.params[1], rel=1e-6)
    assert found.se["multilevel"] == pytest.approx(alone.bse[1], rel=1e-5)
    assert found.df["multilevel"] == pytest.approx(28, rel=1e-3)
    rows = sm.OLS(data.y, data.design()).fit()
    assert_allclose(by_term["x"].se["complete_pooling"], rows.bse[1], rtol=1e-9)
    at = data.fixef_names.index("u")
    expected = 360 * (rows.bse[at] / alone.bse[1]) ** 2
    assert found.effective_n == pytest.approx(expected, rel=1e-4)
    # Inside groups the comparison is free of the groups: its complete-pooling error is too large.
    assert by_term["x"].se["multilevel"] == pytest.approx(by_term["x"].se["no_pooling"], rel=1e-6)
    assert by_term["x"].ratio < 1 / 1.15 and found.ratio > 1.5


def test_what_is_said_follows_the_numbers() -> None:
    fits = balanced(1.0)
    found = coefficient_errors(fits)
    said = " ".join(errors_sentences(found, fits, Wording()))
    assert "differs only between 30 groups" in said and "is too large" in said
    assert "With 30 groups, CR1 errs" in said
    assert errors_title(found, fits, Wording()).startswith("Taking 360 rows as independent makes")
    calm = balanced(0.0)
    title = errors_title(coefficient_errors(calm), calm, Wording())
    assert "no standard error too small" in title


def test_why_no_pooling_has_none() -> None:
    fits = radon_with_uranium()
    found = {each.term: each for each in coefficient_errors(fits)}
    wording = words("radon")
    assert missing_reason(found["floor"], "no_pooling", wording) == "one per county"
    assert "indicators" in missing_reason(found["log_uranium"], "no_pooling", wording)
    assert found["floor:log_uranium"].level == "cross"
    alone = coefficient_errors(example_fits("radon", "intercept"))
    assert missing_reason(alone[1], "no_pooling", wording) == ""
    assert len(errors_table(tuple(found.values()))) == 16
    assert "CR2" in errors_alt(alone, example_fits("radon", "intercept"), wording)


def test_a_group_level_column_among_the_predictors_is_known_as_such() -> None:
    spec = core.EXAMPLES["radon"].spec.update(predictors=("floor", "log_uranium"), varying=())
    fits = core.fit_all(core.GroupedData.from_table(core.load_example("radon"), spec))
    levels = {each.term: each.level for each in coefficient_errors(fits)}
    assert levels["log_uranium"] == "group" and levels["floor"] == "individual"


def test_without_a_multilevel_fit() -> None:
    fits = degenerate_fits()
    found = coefficient_errors(fits)
    assert np.isnan(found[0].se["multilevel"]) and np.isfinite(found[0].se["cr2"])
    assert errors_title(found, fits, Wording()) and errors_sentences(found, fits, Wording())
