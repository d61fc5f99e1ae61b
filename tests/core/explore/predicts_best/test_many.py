"""Cross-validation of very many groups takes short cuts: they lead to the same numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import core
from core.estimators.holding_out import fold_fits, folds
from core.estimators.holding_out.folds import assign_folds, training_moments
from core.estimators.holding_out.held_rows import HeldOut
from core.estimators.students_t import t_log_density

INTERCEPT = core.ModelSpec(outcome="y", group="g", predictors=("x",))
SLOPE = INTERCEPT.update(varying=("x",))
LEVEL = INTERCEPT.update(group_predictors=("u",), cross_level=(("x", "u"),))


def _table(n_groups: int, seed: int = 11) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), rng.integers(2, 7, n_groups))
    x = 5.0 + rng.normal(size=len(group))
    lines = rng.normal(size=(2, n_groups)) * np.array([[1.0], [0.4]])
    y = lines[0][group] + (0.5 + lines[1][group]) * x + rng.normal(size=len(group))
    return pd.DataFrame({"y": y, "x": x, "u": rng.normal(size=n_groups)[group], "g": group})


@pytest.mark.parametrize(("spec", "n_groups"), [(INTERCEPT, 6200), (SLOPE, 2100)])
def test_the_short_way_to_the_variances_ends_where_the_long_one_does(
    spec: core.ModelSpec, n_groups: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _table(n_groups)
    data = core.GroupedData.from_table(table, spec)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the long way was taken")

    monkeypatch.setattr(fold_fits, "find_optima", never)
    found = core.cross_validate(data, "people", 3, seed=2)
    fold = assign_folds(data, "people", 3, 2)
    fits = core.fit_all(core.GroupedData.from_table(table[fold != 0], spec))
    brute = core.predict(fits, table[fold == 0])
    error = table.loc[fold == 0, "y"] - brute["point"]
    held = found.rows["partial_pooling"]
    assert_allclose(held.error[fold == 0], error, rtol=0, atol=1e-6)
    assert_allclose(held.se[fold == 0], brute["se"], rtol=1e-6)
    assert_allclose(held.df[fold == 0], brute["df"], rtol=1e-4)


def test_a_variance_of_zero_takes_the_long_way() -> None:
    table = _table(6200).assign(y=lambda t: np.random.default_rng(0).normal(size=len(t)))
    data = core.GroupedData.from_table(table, INTERCEPT)
    found = core.cross_validate(data, "people", 2).summary.set_index("estimator")
    gap = found.loc["partial_pooling", "rmse"] - found.loc["complete_pooling", "rmse"]
    assert abs(gap) < 2e-3


@pytest.mark.parametrize("spec", [INTERCEPT, SLOPE, LEVEL])
def test_moments_of_all_folds_at_once_are_those_of_each(
    spec: core.ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = core.GroupedData.from_table(_table(40), spec)
    moments = core.GroupMoments.from_data(data)
    fold = assign_folds(data, "people", 4, 0)
    quick = training_moments(data, moments, fold, 4)
    monkeypatch.setattr(folds, "_FEW_COLUMNS", 0)
    for one, other in zip(quick, training_moments(data, moments, fold, 4), strict=True):
        assert_allclose(one.n, other.n)
        assert_allclose(one.mean, other.mean, atol=1e-12)
        assert_allclose(one.within_total, other.within_total, atol=1e-10)
        assert one.pairs.keys() == other.pairs.keys()
        for pair, products in one.pairs.items():
            assert_allclose(products, other.pairs[pair], atol=1e-11)


def test_log_density_of_few_and_many_degrees_of_freedom() -> None:
    for df in (1.0, 2.5, 40.0, 299.0, 301.0, 5e3, 1e6, 1e12):
        z = np.array([0.0, 0.3, -2.0, 6.0])
        want = stats.t(df).logpdf(z) if df < 1e6 else stats.norm.logpdf(z)
        tolerance = 1e-11 if df < 1e6 else 5e-4
        assert_allclose(t_log_density(z, np.full(4, df)), want, rtol=tolerance)
    assert_allclose(t_log_density(np.array([1.0]), np.array([np.inf])), stats.norm.logpdf(1.0))


def test_outcomes_inside_their_intervals() -> None:
    rng = np.random.default_rng(3)
    error, df = rng.normal(size=500), rng.uniform(2, 900, size=500)
    held = HeldOut(error, error, np.full(500, 0.8), df)
    for level in (0.5, 0.9):
        want = np.abs(error) / 0.8 <= stats.t(df).ppf(0.5 + level / 2)
        assert (held.inside(level) == want).all()
        assert ((held.p_within <= level) == want).all()
    same = HeldOut(error, error, np.full(500, 0.8), np.full(500, 7.0))
    assert (same.inside(0.9) == (np.abs(error) / 0.8 <= stats.t(7).ppf(0.95))).all()
