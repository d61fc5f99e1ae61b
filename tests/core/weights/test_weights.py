"""Weights: lme4's weights=, rows repeated, the likelihood written out, and what is refused."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import core
from core.estimators.holding_out.folds import assign_folds
from core.exceptions import NotSupportedError
from core.explore.checks.reference import reference
from core.explore.pooling.equation import lmer_call, multilevel_equation
from core.explore.pooling.story import context
from core.tables.wording import Wording
from tests.core import dense
from tests.core.takeaway.test_scripts import has_lme4, run
from tests.fitted import many_groups

FOLDER = Path(__file__).parents[2] / "golden" / "weights"
GOLD = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
BASE = core.ModelSpec("y", "g", weights="w")
MODELS = {
    "slope": BASE.update(predictors=("x", "z"), varying=("x",), group_predictors=("u",)),
    "independent": BASE.update(predictors=("x",), varying=("x",), correlated=False),
    "cross": BASE.update(predictors=("x",), group_predictors=("u",), cross_level=(("x", "u"),)),
    "mean": BASE,
    "category": BASE.update(predictors=("z", "x")),
}


@cache
def table() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "simulated.csv")


def fit(spec: core.ModelSpec, rows: pd.DataFrame | None = None) -> core.PoolingFits:
    data = table() if rows is None else rows
    return core.fit_all(core.GroupedData.from_table(data, spec))


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("name", MODELS)
def test_precision_weights_equal_lme4(name: str, criterion: Any) -> None:
    gold = GOLD["models"][name][criterion]
    found = fit(MODELS[name].update(criterion=criterion)).multilevel
    assert found.status.code == "fine"
    assert found.criterion_value == pytest.approx(gold["criterion"], abs=1e-5)
    assert_allclose(found.fixef, np.atleast_1d(gold["fixef"]), rtol=1e-4, atol=1e-5)
    assert_allclose(found.fixef_se, np.atleast_1d(gold["se"]), rtol=1e-4)
    assert found.sigma_y == pytest.approx(gold["sigma"], rel=1e-4)
    assert_allclose(found.theta, np.atleast_1d(gold["theta"]), rtol=1e-4, atol=1e-4)
    assert_allclose(found.ranef, np.reshape(gold["ranef"], found.ranef.shape), atol=1e-4)
    if criterion == "ML":
        info = core.compare(found, found).information
        assert_allclose(info[["AIC", "BIC"]].iloc[0], [gold["AIC"], gold["BIC"]], atol=1e-5)


def test_the_other_two_fits_equal_lm() -> None:
    gold = GOLD["complete"]
    whole = fit(BASE.update(predictors=("x", "z"), group_predictors=("u",))).complete_pooling
    assert_allclose(whole.coef, gold["coef"], rtol=1e-8)
    assert_allclose(whole.coef_se, gold["se"], rtol=1e-8)
    numbers = [whole.sigma_y, whole.log_likelihood, whole.r_squared]
    assert_allclose(numbers, [gold["sigma"], gold["logLik"], gold["r2"]], rtol=1e-8)
    gold = GOLD["indicators"]
    own = fit(BASE.update(predictors=("x", "z"))).no_pooling
    assert_allclose(own.coef[:, 0], gold["coef"][:14], rtol=1e-7, atol=1e-9)
    assert_allclose(own.coef_se[:, 0], gold["se"][:14], rtol=1e-7)
    known = np.isfinite(own.common_coef)
    assert_allclose(own.common_coef[known], gold["coef"][14:], rtol=1e-7)
    assert own.sigma_y == pytest.approx(gold["sigma"], rel=1e-9)


@pytest.mark.parametrize("criterion", ["REML", "ML"])
def test_the_likelihood_written_out_agrees(criterion: Any) -> None:
    spec = BASE.update(predictors=("x",), varying=("x",), criterion=criterion)
    found = fit(spec).multilevel
    X, Z, y = dense.design(table(), spec)
    group = table()["g"].to_numpy()
    noise = np.diag(found.sigma_y**2 / table()["w"].to_numpy())
    V = np.where(group[:, None] == group[None, :], Z @ found.vcov_group @ Z.T, 0.0) + noise
    inverse = np.linalg.inv(V)
    cov = np.linalg.inv(X.T @ inverse @ X)
    assert_allclose(found.fixef, cov @ X.T @ inverse @ y, rtol=1e-6)
    assert_allclose(found.fixef_cov, cov, rtol=1e-6)
    value = -2.0 * stats.multivariate_normal.logpdf(y, X @ found.fixef, V)
    if criterion == "REML":
        value -= np.linalg.slogdet(cov)[1] + X.shape[1] * np.log(2 * np.pi)
    assert found.criterion_value == pytest.approx(value, abs=1e-6)
    # Conditional modes and what is not known of them, group by group.
    for j, name in enumerate(found.group_names[:4]):
        rows = group == name
        half = found.vcov_group @ Z[rows].T
        own = np.linalg.inv(V[np.ix_(rows, rows)])
        assert_allclose(found.ranef[j], half @ own @ (y - X @ found.fixef)[rows], atol=1e-8)
        assert_allclose(found.cond_var[j], found.vcov_group - half @ own @ half.T, atol=1e-8)


@pytest.mark.parametrize("name", ["slope", "independent", "category"])
def test_a_frequency_is_a_row_repeated(name: str) -> None:
    spec = MODELS[name].update(weights="f", weight_kind="frequency")
    rows = table().loc[table().index.repeat(table()["f"])].reset_index(drop=True)
    ours, theirs = fit(spec), fit(spec.update(weights=""), rows)
    assert ours.data.n_obs == len(rows) == table()["f"].sum()
    for kind in ("complete_pooling", "no_pooling", "multilevel"):
        one, other = getattr(ours, kind), getattr(theirs, kind)
        assert_allclose(one.coef, other.coef, rtol=1e-12)
        assert one.sigma_y == other.sigma_y
    assert ours.multilevel.criterion_value == theirs.multilevel.criterion_value
    scores = [core.cross_validate(f.data, folds=4).summary for f in (ours, theirs)]
    pd.testing.assert_frame_equal(*scores)
    assert core.scripts(ours)["table.csv"] == core.scripts(theirs)["table.csv"]


@pytest.mark.parametrize("factor", [1e-8, 4.0, 1e8])
def test_only_sigma_y_knows_the_unit_of_weights(factor: float) -> None:
    spec = MODELS["slope"]
    one = fit(spec).multilevel
    other = fit(spec, table().assign(w=factor * table()["w"])).multilevel
    assert other.sigma_y == pytest.approx(one.sigma_y * np.sqrt(factor), rel=1e-5)
    assert other.criterion_value == pytest.approx(one.criterion_value, abs=1e-6)
    assert_allclose(other.line, one.line, atol=1e-5)
    assert_allclose(other.pooling_factor, one.pooling_factor, atol=1e-5)


def test_equal_weights_change_no_answer() -> None:
    rows = many_groups(20)
    rows["w"] = 4.0
    spec = core.ModelSpec("y", "g", ("x", "kind"), ("x",))
    pair = fit(spec, rows), fit(spec.update(weights="w"), rows)
    assert_allclose(pair[1].multilevel.sigma_y, 2 * pair[0].multilevel.sigma_y, rtol=1e-6)
    asked = {
        "dial": lambda f: core.dial(f, 0.5).coef,
        "criterion": lambda f: core.dial(f, 0.5).criterion_value,
        "validation": lambda f: core.dial_validation(core.dial_path(f)).rmse,
        "rank": lambda f: core.rank(f)["expected_rank"],
        "errors": lambda f: core.standard_errors(f).select_dtypes("number"),
        "slopes": lambda f: core.slopes(f, "x").multilevel,
        "posterior": lambda f: core.posterior(f, "half_t").coef.sd,
        "folds": lambda f: core.cross_validate(f.data, folds=4).summary.select_dtypes("number"),
        "groups": lambda f: core.leave_one_group_out(f.data).summary.select_dtypes("number"),
        "checks": lambda f: reference(f, draws=20).residual,
        "reference": lambda f: reference(f, draws=20).simulated[:3].astype(float),
        "predict": lambda f: core.predict(f, rows).select_dtypes("number"),
        "posterior predict": lambda f: core.predict(
            f, rows.head(9), uncertainty="posterior"
        ).select_dtypes("number"),
    }
    for name, ask in asked.items():
        one, other = (np.asarray(ask(f), dtype=float) for f in pair)
        assert_allclose(other, one, rtol=2e-3, atol=2e-4, err_msg=name)


def test_held_out_rows_equal_refits() -> None:
    spec = MODELS["slope"].update(predictors=("x",))
    fits = fit(spec)
    found = core.cross_validate(fits.data, folds=5, seed=2).rows["partial_pooling"]
    fold = assign_folds(fits.data, "people", 5, 2)
    for k in range(5):
        some = fold == k
        train = fit(spec, table()[~some])
        said = core.predict(train, table()[some])
        assert_allclose(found.error[some], table()["y"][some] - said["point"], atol=1e-5)
        assert_allclose(found.se[some], said["se"], rtol=1e-4)
        assert_allclose(found.df[some], said["df"], rtol=1e-3)
        # What a row's own variance is: that of the residuals over its weight.
        own = train.multilevel.sigma_y**2 / table()["w"][some]
        assert_allclose(said["individual"], own, rtol=1e-9)


def test_rows_without_weight_are_left_out_in_words() -> None:
    rows = table().copy()
    rows.loc[[0, 5], "w"] = 0.0
    rows.loc[9, "w"] = np.nan
    fits = fit(BASE, rows)
    said = fits.data.left_out.sentence()
    assert "3 rows left out" in said and "have the weight 0 in w" in said and "1 lacks w" in said
    without = fit(BASE, rows.drop(index=[0, 5, 9]))
    assert fits.multilevel.criterion_value == without.multilevel.criterion_value
    counted = rows.assign(f=rows["f"].where(rows.index > 1, 0))
    spec = core.ModelSpec("y", "g", weights="f", weight_kind="frequency")
    assert "have the weight 0 in f" in fit(spec, counted).data.left_out.sentence()


def test_impossible_weights_are_refused_in_words() -> None:
    rows = table().assign(n=-table()["w"], t="a", big=1e6)
    with pytest.raises(core.DataError, match=r"124 negative|negative numbers \(the first in row 1"):
        fit(BASE.update(weights="n"), rows)
    with pytest.raises(core.DataError, match="do not hold numbers"):
        fit(BASE.update(weights="t"), rows)
    with pytest.raises(core.DataError, match="not whole numbers"):
        fit(BASE.update(weight_kind="frequency"), rows)
    with pytest.raises(core.DataError, match=r"stands for .* rows; the limit"):
        fit(BASE.update(weights="big", weight_kind="frequency"), rows)
    with pytest.raises(core.DataError, match="no column 'gone'"):
        fit(BASE.update(weights="gone"), rows)
    with pytest.raises(core.SpecError, match="'survey' and 'svylme'"):
        BASE.update(weight_kind="survey")
    with pytest.raises(core.SpecError, match="must be 'precision' or 'frequency'"):
        BASE.update(weight_kind="other")
    with pytest.raises(core.SpecError, match="cannot be the weight"):
        BASE.update(weights="y")


def test_what_does_not_take_weights_says_so() -> None:
    fits = fit(MODELS["mean"])
    for ask in (lambda: core.world_of(table(), fits), lambda: core.zero_chance(fits)):
        with pytest.raises(NotSupportedError, match="does not take precision weights yet"):
            ask()
    with pytest.raises(NotSupportedError, match="several grouping factors"):
        fit(core.ModelSpec("y", groups=("g", "z"), weights="w"))
    with core.open_table(table()) as lazy, pytest.raises(NotSupportedError, match="stays where"):
        core.GroupedData.from_query(lazy, BASE)


def test_mixedlm_agrees() -> None:
    found = fit(MODELS["slope"]).multilevel.confirm()
    assert found is not None and found.digits >= 4


def test_scripts_give_the_numbers_again(tmp_path: Path) -> None:
    fits = fit(MODELS["slope"])
    assert b"weight_w" in core.scripts(fits)["table.csv"].splitlines()[0]
    assert run(fits, tmp_path, "refit.py") < 1e-3


@pytest.mark.slow
def test_the_r_script_gives_the_numbers_again(tmp_path: Path) -> None:
    if not has_lme4():
        pytest.skip("no R with lme4")
    assert run(fit(MODELS["slope"]), tmp_path, "refit.R") < 1e-3


def test_the_model_says_its_weights() -> None:
    precise = fit(MODELS["mean"])
    counted = fit(BASE.update(weights="f", weight_kind="frequency"))
    assert r"^2 / \text{w}_i" in multilevel_equation(precise)
    assert "/" not in multilevel_equation(counted)
    assert "weights = w" in lmer_call(precise.spec)
    assert "rep(seq_len(nrow(table)), table$f)" in lmer_call(counted.spec)
    assert context(precise, Wording()).endswith("weighted by w (precision: variance divided by it)")
    assert context(counted, Wording()).endswith("counted as often as f says (frequency)")


def test_models_with_other_weights_do_not_hold_each_other() -> None:
    found = core.compare(fit(BASE), fit(BASE.update(weights="")))
    assert found.nested.relation == "not_nested"
    with pytest.raises(core.SpecError, match="different rows"):
        core.compare(fit(BASE), fit(BASE.update(weights="f", weight_kind="frequency")))
