"""Cross-validation from the moments equals refits of the rows, fold by fold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import core
from core.estimators.holding_out.folds import assign_folds
from core.explore.predicts_best.numbers import ESTIMATORS, CrossValidation, size_bands

FULL = core.ModelSpec(
    outcome="y",
    group="g",
    predictors=("x", "kind"),
    varying=("x",),
    group_predictors=("u",),
    cross_level=(("x", "u"),),
)
CASES = {
    "intercept": core.ModelSpec(outcome="y", group="g", predictors=("x",)),
    "null": core.ModelSpec(outcome="y", group="g", criterion="ML"),
    "slope": core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",)),
    "full": FULL,
    "uncorrelated": FULL.update(correlated=False, cross_level=()),
    "slope alone": core.ModelSpec(
        outcome="y", group="g", predictors=("x",), varying=("x",), varying_intercept=False
    ),
    "category": core.ModelSpec(outcome="y", group="g", predictors=("kind",), varying=("kind",)),
}


def _shifted(table: pd.DataFrame) -> pd.DataFrame:
    """Move x away from zero, so that a centring that leaks would show."""
    return table.assign(x=table["x"] + 7.0)


def _brute(
    table: pd.DataFrame, spec: core.ModelSpec, fold: np.ndarray, estimator: str
) -> pd.DataFrame:
    """Refit without each fold's rows and predict them."""
    parts = []
    for f in range(fold.max() + 1):
        fits = core.fit_all(core.GroupedData.from_table(table[fold != f], spec))
        found = core.predict(fits, table[fold == f], estimator=estimator)
        parts.append(found.assign(error=table.loc[fold == f, spec.outcome] - found["point"]))
    return pd.concat(parts).loc[table.index]


@pytest.mark.parametrize("hold_out", ["people", "groups"])
@pytest.mark.parametrize("case", CASES)
def test_equal_to_refits(simulated: pd.DataFrame, case: str, hold_out: str) -> None:
    table, spec = _shifted(simulated), CASES[case]
    data = core.GroupedData.from_table(table, spec)
    found = core.cross_validate(data, hold_out, 5, seed=3)
    fold = assign_folds(data, hold_out, 5, 3)
    for estimator in ESTIMATORS:
        brute, held = _brute(table, spec, fold, estimator), found.rows[estimator]
        summary = found.summary.set_index("estimator").loc[estimator]
        defined = brute["reason"].to_numpy() == ""
        assert (np.isfinite(held.error) == defined).all()
        if not defined.any():
            assert hold_out == "groups" and estimator == "no_pooling"
            continue
        error = brute["error"][defined]
        # Rows agree as far as two searches agree on theta, to first order; scores to second.
        assert_allclose(held.error[defined], error, rtol=0, atol=1e-5)
        assert_allclose(summary["rmse"], np.sqrt(np.mean(error**2)), rtol=1e-8)
        t = stats.t(brute["df"][defined])
        density = t.logpdf(error / brute["se"][defined]) - np.log(brute["se"][defined])
        assert_allclose(summary["log_score"], density.mean(), rtol=1e-7)
        inside = (error.abs() <= t.ppf(0.95) * brute["se"][defined]).mean()
        assert_allclose(summary["coverage_90"], inside, rtol=1e-12)


def test_leaving_one_group_out_is_exact(sleepstudy: pd.DataFrame) -> None:
    spec = core.ModelSpec(
        outcome="Reaction", group="Subject", predictors=("Days",), varying=("Days",)
    )
    data = core.GroupedData.from_table(sleepstudy, spec)
    found = core.leave_one_group_out(data)
    brute = _brute(sleepstudy, spec, data.group_index, "partial_pooling")
    assert_allclose(found.rows["partial_pooling"].error, brute["error"], rtol=1e-6)
    rmse = found.summary.set_index("estimator").loc["partial_pooling", "rmse"]
    assert_allclose(rmse, np.sqrt(np.mean(brute["error"] ** 2)), rtol=1e-8)


def test_a_level_that_the_training_rows_lack_is_not_defined(simulated: pd.DataFrame) -> None:
    kind = simulated["kind"].to_numpy().copy()
    kind[5] = "east"
    table = simulated.assign(kind=kind)
    data = core.GroupedData.from_table(table, CASES["intercept"].update(predictors=("x", "kind")))
    found = core.cross_validate(data, "people", 4)
    for held in found.rows.values():
        assert np.isnan(held.error[5])
    assert (found.summary["n_not_defined"] >= 1).all()


def test_groups_of_one_row(tiny: pd.DataFrame) -> None:
    """Held out, the one row of a group is of a new group: no pooling says nothing."""
    table = pd.concat([tiny.assign(g=tiny["g"] + str(i), y=tiny["y"] + i) for i in range(5)])
    table = table.reset_index(drop=True)
    data = core.GroupedData.from_table(table, CASES["intercept"])
    found = core.cross_validate(data, "people", 5, seed=1)
    single = data.group_sizes[data.group_index] == 1
    assert np.isnan(found.rows["no_pooling"].error[single]).all()
    assert np.isfinite(found.rows["partial_pooling"].error).all()
    assert np.isfinite(found.rows["two_stage"].error).all()


def test_differences_are_paired_and_clustered(exam: pd.DataFrame) -> None:
    spec = core.ModelSpec(outcome="normexam", group="school", predictors=("standLRT",))
    data = core.GroupedData.from_table(exam, spec)
    found = core.cross_validate(data)
    pair = found.differences.set_index(["estimator", "reference"])
    line = pair.loc["partial_pooling", "complete_pooling"]
    one, other = found.rows["partial_pooling"], found.rows["complete_pooling"]
    score = pd.Series(one.log_score - other.log_score).groupby(data.group_index)
    assert_allclose(line["log_score"], one.log_score.mean() - other.log_score.mean())
    sums = score.sum() - score.size() * line["log_score"]
    se = np.sqrt((sums**2).sum() * 65 / 64) / len(exam)
    assert_allclose(line["log_score_se"], se)
    assert_allclose(pair.loc["complete_pooling", "partial_pooling"]["rmse"], -line["rmse"])
    # The groups differ, and every reader of this data set knows that they do.
    assert line["rmse"] < -2 * line["rmse_se"] < 0
    assert found.best == "partial_pooling"


def _simulated(rng: np.random.Generator, n_groups: int, size: int, sd: float) -> pd.DataFrame:
    group = np.repeat(np.arange(n_groups), size)
    x = rng.normal(size=group.size)
    alpha = sd * rng.normal(size=n_groups)
    y = alpha[group] + 0.5 * x + rng.normal(size=group.size)
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})


def _mean_rmse(sd: float, hold_out: str = "people") -> pd.Series:
    """Return the RMSE of each estimator over twenty simulated tables of 40 groups of 5."""
    rng = np.random.default_rng(4)
    tables = [_simulated(rng, 40, 5, sd) for _ in range(20)]
    found = [
        core.cross_validate(core.GroupedData.from_table(t, CASES["intercept"]), hold_out, 5)
        for t in tables
    ]
    return pd.concat([f.summary for f in found]).groupby("estimator")["rmse"].mean()


def test_complete_pooling_is_not_beaten_where_groups_do_not_differ() -> None:
    rmse = _mean_rmse(0.0)
    assert rmse["complete_pooling"] <= rmse["partial_pooling"] < rmse["no_pooling"]
    assert rmse["partial_pooling"] - rmse["complete_pooling"] < 0.01


def test_partial_pooling_wins_where_groups_differ_and_are_small() -> None:
    rmse = _mean_rmse(1.0)
    assert rmse["partial_pooling"] == rmse.min()
    assert rmse["partial_pooling"] < rmse["no_pooling"] - 0.01


def test_no_pooling_is_not_defined_for_new_groups() -> None:
    assert np.isnan(_mean_rmse(1.0, "groups")["no_pooling"])


def test_folds(exam: pd.DataFrame) -> None:
    data = core.GroupedData.from_table(exam, core.EXAMPLES["exam"].spec)
    fold = assign_folds(data, "people", 10, 0)
    assert (assign_folds(data, "people", 10, 0) == fold).all()
    assert (assign_folds(data, "people", 10, 1) != fold).any()
    assert np.ptp(np.bincount(fold)) <= 1
    share = np.bincount(data.group_index * 10 + fold).reshape(-1)
    assert np.ptp(share.reshape(65, 10), axis=1).max() <= 1
    whole = assign_folds(data, "groups", 10, 0)
    assert (np.bincount(data.group_index * 10 + whole) > 0).sum() == 65
    with pytest.raises(core.SpecError, match="between 2 and 65"):
        assign_folds(data, "groups", 66, 0)
    with pytest.raises(core.SpecError, match="'people' or 'groups'"):
        core.cross_validate(data, "rows")


def test_size_bands() -> None:
    assert size_bands(np.array([3, 3, 3])) == [(3, 3)]
    assert size_bands(np.array([1, 2, 9])) == [(1, 1), (2, 2), (9, 9)]
    bands = size_bands(np.arange(1, 101))
    assert bands == [(1, 25), (26, 50), (51, 75), (76, 100)]
    skewed = size_bands(np.array([1] * 90 + list(range(2, 12))))
    assert skewed[0] == (1, 1) and skewed[-1][1] == 11


def test_no_multilevel_fit_is_no_obstacle() -> None:
    """Every group constant: the other estimators are scored, partial pooling is not defined."""
    table = pd.DataFrame({"y": np.repeat([1.0, 2.0, 4.0, 8.0], 4), "g": np.repeat(list("abcd"), 4)})
    data = core.GroupedData.from_table(table, core.ModelSpec(outcome="y", group="g"))
    found: CrossValidation = core.cross_validate(data, folds=4)
    summary = found.summary.set_index("estimator")
    assert summary.loc["partial_pooling", "n_predicted"] == 0
    assert summary.loc["complete_pooling", "n_predicted"] == 16
    assert summary.loc["no_pooling", "rmse"] == 0
