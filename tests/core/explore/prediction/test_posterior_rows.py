"""Predictions from the full posterior, against draws and against the plug-in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.exceptions import NotIdentifiedError, SpecError
from tests.core.posterior.made import case_fits, case_posterior
from tests.fitted import example_fits, radon_with_uranium


def rows() -> pd.DataFrame:
    return pd.DataFrame({"Days": [0.0, 9.0, 0.0, 9.0], "Subject": ["308", "308", "a", "b"]})


def test_known_and_new_groups_are_those_of_draws() -> None:
    fits, made = case_fits("sleepstudy_slope_flat"), case_posterior("sleepstudy_slope_flat")
    found = core.predict(fits, rows(), individual=True, uncertainty=made)
    draws = made.draws(20_000, seed=8)
    rng = np.random.default_rng(1)
    j = fits.data.group_names.index("308")
    root = np.linalg.cholesky(draws.vcov_group)
    new = np.einsum("nab,nb->na", root, rng.normal(size=(20_000, 2))) + draws.fixef
    for i, lines in enumerate((draws.line[:, j], draws.line[:, j], new, new)):
        x = np.array([1.0, rows()["Days"][i]])
        y = lines @ x + draws.sigma_y * rng.normal(size=20_000)
        low, high = np.quantile(y, [0.05, 0.95])
        se = found["se"].iloc[i]
        assert abs(found["point"].iloc[i] - y.mean()) < 0.03 * se
        assert abs(found["lower"].iloc[i] - low) < 0.06 * se
        assert abs(found["upper"].iloc[i] - high) < 0.06 * se
        assert np.isclose(se, y.std(), rtol=0.04)


def test_the_budget_adds_up_and_the_rest_of_the_table_stays() -> None:
    fits = case_fits("sleepstudy_slope_flat")
    plain = core.predict(fits, rows())
    found = core.predict(fits, rows(), uncertainty="posterior")
    parts = found[["fixed_effects", "group", "individual"]].sum(axis=1)
    assert np.allclose(parts, found["se"] ** 2)
    assert (found["kind"] == plain["kind"]).all() and found["df"].isna().all()
    assert set(found.columns) - set(plain.columns) == {"median"}
    assert core.predict(fits, rows(), uncertainty="plug-in").equals(plain)


def test_the_average_group_and_means_of_groups() -> None:
    fits, made = case_fits("sleepstudy_slope_flat"), case_posterior("sleepstudy_slope_flat")
    mean = core.predict(fits, rows(), individual=False, level=0.95, uncertainty=made)
    at = made.line_at(np.array([1.0, 9.0]))
    j = fits.data.group_names.index("308")
    assert np.isclose(mean["lower"].iloc[1], at.lower[j], rtol=1e-3)
    assert (mean["individual"] == 0).all()
    average = core.predict(
        fits, rows(), individual=False, level=0.95, average_group=True, uncertainty=made
    )
    assert np.isclose(average["lower"].iloc[0], made.fixef.lower[0], rtol=1e-3)
    assert (average["group"] < 1e-9).all()


def test_unknown_group_level_columns_widen_a_new_group() -> None:
    fits = radon_with_uranium()
    table = pd.DataFrame({"floor": [0, 0], "county": ["x", "x"], "log_uranium": [0.0, np.nan]})
    found = core.predict(fits, table, individual=False, uncertainty="posterior")
    plain = core.predict(fits, table, individual=False)
    assert found["group"].iloc[1] > 1.5 * found["group"].iloc[0]
    gap = found["group"].iloc[1] - found["group"].iloc[0]
    assert np.isclose(gap, plain["group"].iloc[1] - plain["group"].iloc[0], rtol=0.1)


def test_a_new_group_of_few_has_no_variance_but_an_interval() -> None:
    fits = case_fits("four_groups_flat")
    table = pd.DataFrame({"g": ["g1", "other"]})
    found = core.predict(fits, table, uncertainty="posterior")
    assert np.isfinite(found["se"].iloc[0]) and np.isinf(found["se"].iloc[1])
    assert np.isfinite(found[["lower", "upper"]]).all(axis=None)


def test_reasons_stay_and_other_estimators_are_refused() -> None:
    fits = example_fits("radon", "slope")
    table = pd.DataFrame({"floor": [0.0, np.nan], "county": ["AITKIN", "AITKIN"]})
    found = core.predict(fits, table, uncertainty="posterior")
    assert found["reason"].iloc[1] != "" and np.isnan(found["point"].iloc[1])
    with pytest.raises(SpecError, match="partial pooling"):
        core.predict(fits, table, estimator="no_pooling", uncertainty="posterior")
    with pytest.raises(NotIdentifiedError, match="at least 4"):
        core.predict(
            case_fits("three_groups_half_t"), pd.DataFrame({"g": ["g1"]}), uncertainty="posterior"
        )


def test_many_rows_are_predicted_as_one_by_one() -> None:
    fits, made = case_fits("sleepstudy_slope_flat"), case_posterior("sleepstudy_slope_flat")
    table = core.load_example("sleepstudy")
    every = core.predict(fits, table, uncertainty=made)
    some = core.predict(fits, table.iloc[[50, 120]], uncertainty=made)
    assert np.allclose(every.loc[some.index, "lower"], some["lower"], rtol=1e-6)
