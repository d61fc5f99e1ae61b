"""Two models side by side: R's anova, brute-force refits, and what may not be compared."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from core.estimators.holding_out.folds import assign_folds
from core.explore.compare.comparison import Comparison
from core.explore.compare.group_levels import level_at_average
from core.explore.compare.numbers import by_ml
from core.explore.compare.plot_two_models import plot_two_models
from core.explore.compare.story import comparison_story, predicted_sentence, predicted_table
from core.results import PoolingFits
from core.tables.wording import Wording
from tests.fitted import many_groups, words

GOLD = json.loads(
    (Path(__file__).parents[3] / "golden" / "compare" / "results.json").read_text(encoding="utf-8")
)
EXAM = core.ModelSpec("normexam", "school", ("standLRT",))
RADON = core.ModelSpec("log_radon", "county", ("floor",))
SLEEP = core.ModelSpec("Reaction", "Subject", ("Days",))
PLATE = core.ModelSpec("diameter", "plate")
#: The pairs of tests/golden/compare/make.R, and how each lies to the other.
PAIRS: list[tuple[core.ModelSpec, core.ModelSpec, str, int]] = [
    (EXAM, EXAM.update(varying=("standLRT",)), "a_in_b", 1),
    (EXAM.update(predictors=()), EXAM.update(varying=("standLRT",)), "a_in_b", 1),
    (EXAM.update(group_predictors=("schavg",)), EXAM, "b_in_a", 0),
    (
        EXAM.update(predictors=("standLRT", "sex")),
        EXAM.update(predictors=("standLRT", "vr")),
        "not_nested",
        0,
    ),
    (
        EXAM.update(predictors=("standLRT", "sex", "vr"), varying=("standLRT",)),
        EXAM.update(varying=("standLRT",)),
        "b_in_a",
        0,
    ),
    (
        RADON.update(varying=("floor",)),
        RADON.update(
            varying=("floor",),
            group_predictors=("log_uranium",),
            cross_level=(("floor", "log_uranium"),),
        ),
        "a_in_b",
        0,
    ),
    (RADON.update(predictors=()), RADON, "a_in_b", 0),
    (
        SLEEP.update(varying=("Days",), correlated=False),
        SLEEP.update(varying=("Days",)),
        "a_in_b",
        0,
    ),
    (SLEEP, SLEEP.update(varying=("Days",), correlated=False), "a_in_b", 1),
    (PLATE, core.ModelSpec("diameter", groups=("plate", "sample")), "a_in_b", 1),
]


@cache
def _fits(name: str, spec: core.ModelSpec) -> PoolingFits:
    return core.fit_all(core.GroupedData.from_table(core.load_example(name), spec))


def _pair(i: int) -> tuple[PoolingFits, PoolingFits]:
    first, second, _, _ = PAIRS[i]
    return _fits(GOLD[i]["table"], first), _fits(GOLD[i]["table"], second)


@pytest.mark.parametrize("i", range(len(PAIRS)))
def test_likelihoods_and_test_equal_r(i: int) -> None:
    gold, found = GOLD[i], core.compare(*_pair(i))
    assert found.is_refitted and list(found.information["criterion"]) == ["ML", "ML"]
    assert list(found.information["parameters"]) == gold["npar"]
    for column, name in (("AIC", "AIC"), ("BIC", "BIC"), ("log_likelihood", "logLik")):
        assert_allclose(found.information[column], gold[name], atol=1e-5)
    assert_allclose(found.information["deviance"], gold["deviance"], atol=1e-5)
    assert (found.nested.relation, found.nested.n_variances) == PAIRS[i][2:]
    if found.nested.relation == "not_nested":
        assert found.test is None
        return
    assert found.test is not None and found.test.df == gold["df"]
    assert found.test.statistic == pytest.approx(gold["chisq"], abs=1e-5)
    assert found.test.p_value == pytest.approx(gold["p"], rel=1e-4)


def test_the_boundary_makes_the_plain_test_conservative() -> None:
    found = core.compare(*_pair(8))
    assert found.test is not None and found.test.n_variances == 1
    # One variance alone, no correlation: half a point at zero, half chi-square with 1 df.
    assert found.test.p_boundary == pytest.approx(0.5 * found.test.p_value)
    assert found.test.p == found.test.p_boundary
    story = comparison_story(found, words("sleepstudy"))
    assert any("conservative" in s and "0 (a point) and 1" in s for s in story.sentences)
    plain = core.compare(*_pair(6)).test
    assert plain is not None and np.isnan(plain.p_boundary) and plain.p == plain.p_value


def test_the_order_of_the_two_is_only_a_name() -> None:
    first, second = _pair(0)
    there, back = core.compare(first, second), core.compare(second, first)
    assert there.test is not None and back.test is not None
    assert (there.test.larger, back.test.larger) == ("B", "A")
    assert there.test.p_value == back.test.p_value
    assert there.aic_difference == pytest.approx(-back.aic_difference)
    assert_allclose(there.groups["difference"], -back.groups["difference"])


def test_the_same_model_in_other_columns_is_the_same() -> None:
    table = core.load_example("exam").assign(moved=lambda t: t["standLRT"] - 3.0)
    moved = EXAM.update(predictors=("moved",), varying=("moved",))
    spec = EXAM.update(varying=("standLRT",))
    one, other = (core.fit_all(core.GroupedData.from_table(table, s)) for s in (spec, moved))
    found = core.compare(one, other)
    assert found.nested.relation == "same" and found.test is None
    assert abs(found.aic_difference) < 1e-6
    # Levels where predictors are average do not depend on where a predictor has its zero.
    assert found.groups["difference"].abs().max() < 1e-6
    assert found.groups["A: (Intercept)"].sub(found.groups["B: (Intercept)"]).abs().max() > 0.5
    # Without correlations they are different models, and neither holds the other.
    loose = [
        core.fit_all(core.GroupedData.from_table(table, s.update(correlated=False)))
        for s in (spec, moved)
    ]
    assert core.compare(*loose).nested.relation == "not_nested"


def test_tables_hold_the_numbers_of_the_fits() -> None:
    first, second = _pair(0)
    a, b = first.multilevel, second.multilevel
    found = core.compare(first, second)
    table = found.coefficients.set_index("term")
    assert_allclose(table.loc["standLRT", ["A", "A_se"]], [a.fixef[1], a.fixef_se[1]])
    assert_allclose(table["difference"], b.fixef - a.fixef)
    spread = found.variances.set_index(["what", "term", "other"])
    assert spread.loc[("residual", "", ""), "B"] == b.sigma_y
    assert spread.loc[("sd", "standLRT", ""), "B"] == b.sigma_group[1]
    assert np.isnan(spread.loc[("sd", "standLRT", ""), "A"])
    assert spread.loc[("correlation", "(Intercept)", "standLRT"), "B"] == b.correlation[1, 0]
    at = first.data.base_mean(1)
    assert_allclose(found.groups["A"], a.line[:, 0] + a.fixef[1] * at)
    assert_allclose(found.groups["B"], b.line @ [1.0, at])
    assert_allclose(found.groups["B pooling: (Intercept)"], b.pooling_factor[:, 0])


def test_a_level_counts_what_does_not_vary() -> None:
    spec = RADON.update(group_predictors=("log_uranium",), cross_level=(("floor", "log_uranium"),))
    fit = _fits("radon", spec).multilevel
    data = fit.data
    floor, uranium = data.base_values(1).mean(), data.group_columns[0][1]
    by_name = dict(zip(fit.fixef_names, fit.fixef, strict=True))
    want = by_name["(Intercept)"] + fit.ranef[:, 0] + by_name["log_uranium"] * uranium
    want += by_name["floor"] * floor
    want += by_name["floor:log_uranium"] * floor * uranium[data.group_index].mean()
    assert_allclose(level_at_average(fit, fit.factors["county"]), want)


def test_other_rows_and_outcomes_are_refused_in_words() -> None:
    table = many_groups(12)
    table["z"] = table["x"].where(np.arange(len(table)) >= 3)
    table["w"] = table["x"].where(np.arange(len(table)) < len(table) - 3)
    table["ly"] = np.exp(table["y"])
    spec = core.ModelSpec("y", "g", ("x",))

    def fit(**changes: Any) -> PoolingFits:
        return core.fit_all(core.GroupedData.from_table(table, spec.update(**changes)))

    with pytest.raises(core.SpecError, match=r"different rows .* B: a total of 3 rows .* lack z"):
        core.compare(fit(), fit(predictors=("z",)))
    with pytest.raises(core.SpecError, match="different rows or other values of 'y'"):
        core.compare(fit(predictors=("z",)), fit(predictors=("w",)))
    keep = core.Keep("x", between=(-1.0, 1.0))
    with pytest.raises(core.SpecError, match=r"different rows .* B: only rows with x"):
        core.compare(fit(), fit(rows=(keep,)))
    cut = table[table["x"].between(-1.0, 1.0)]
    ours, theirs = fit(rows=(keep,)), core.fit_all(core.GroupedData.from_table(cut, spec))
    assert core.compare(ours, theirs).nested.relation == "same"
    with pytest.raises(core.SpecError, match="different outcomes, 'y' and 'ly'"):
        core.compare(fit(), fit(outcome="ly"))
    with pytest.raises(core.SpecError, match="different rows"):
        core.compare_predictions(fit(), fit(predictors=("z",)))


def test_equal_outcomes_in_other_rows_are_told_apart() -> None:
    group = np.repeat(np.arange(8), 6)
    table = pd.DataFrame({"g": group, "y": np.tile([1.0, 2.0, 3.0], 16) + 0.3 * (group % 2)})
    rng = np.random.default_rng(1)
    table["p"], table["q"] = rng.normal(size=(2, 48))
    table.loc[0, "p"] = np.nan
    table.loc[3, "q"] = np.nan  # the outcomes of rows 0 and 3 are the same
    table.loc[:5, "y"] = [1.0, 1.0, 1.0, 1.0, 2.0, 3.0]
    fits = [
        core.fit_all(core.GroupedData.from_table(table, core.ModelSpec("y", "g", (x,))))
        for x in ("p", "q")
    ]
    with pytest.raises(core.SpecError, match=r"equally many rows .47. but not the same ones"):
        core.compare(*fits)


@pytest.mark.parametrize("hold_out", ["people", "groups"])
def test_the_predicted_difference_equals_refits(hold_out: Any) -> None:
    table = many_groups(14, seed=3)
    base = core.ModelSpec("y", "g", ("x",))
    specs = base, base.update(predictors=("x", "kind"), varying=("x",), criterion="ML")
    fits = [core.fit_all(core.GroupedData.from_table(table, s)) for s in specs]
    found = core.compare_predictions(*fits, hold_out, 4, 7)
    fold = assign_folds(fits[0].data, hold_out, 4, 7)
    square = np.empty((2, len(table)))
    for i, spec in enumerate(specs):
        for k in range(4):
            train = core.fit_all(core.GroupedData.from_table(table[fold != k], spec))
            said = core.predict(train, table[fold == k], uncertainty="plug-in")
            square[i, fold == k] = (table["y"][fold == k] - said["point"].to_numpy()) ** 2
    rmse = np.sqrt(square.mean(axis=1))
    assert_allclose([found.rmse_a, found.rmse_b], rmse, rtol=1e-5)
    assert found.rmse.estimate == pytest.approx(rmse[1] - rmse[0], abs=1e-5)
    # The interval: groups as independent units, by hand.
    pull = 0.5 * (square[1] / rmse[1] - square[0] / rmse[0])
    apart = pd.Series(pull - pull.mean()).groupby(table["g"].to_numpy()).sum()
    se = np.sqrt(14 / 13 * np.sum(apart**2)) / len(table)
    half = 2.160368656461013 * se  # Student's t with 13 df, 0.975
    assert found.rmse.upper - found.rmse.estimate == pytest.approx(half, rel=1e-4)
    assert found.n == len(table) and found.n_groups == 14


def test_several_factors_are_compared_but_not_cross_validated() -> None:
    first, second = _pair(9)
    found = core.compare(first, second)
    assert found.factor == "plate" and len(found.groups) == 24
    assert found.information["R2_marginal"].isna().iloc[1]
    ml = by_ml(second.multilevel)
    assert found.information["deviance"].iloc[1] == ml.criterion_value
    with pytest.raises(core.PoolingError, match="several grouping factors"):
        core.compare_predictions(first, second)


def _story(found: Comparison, name: str) -> Any:
    return comparison_story(found, words(name))


def test_the_verdict_follows_the_test() -> None:
    sure = _story(core.compare(*_pair(0)), "exam")
    assert sure.title.startswith("The data speak for B")
    assert any(s.startswith("From A to B: lets the slope of") for s in sure.sentences)
    chance = _story(core.compare(*_pair(7)), "sleepstudy")
    assert chance.title.startswith("What B adds to A could be chance")
    neither = _story(core.compare(*_pair(3)), "exam")
    assert neither.title.startswith("AIC prefers A by")
    assert any("no likelihood-ratio test" in s for s in neither.sentences)
    assert list(sure.fit.columns) == ["what", "A", "B", "B − A"]
    assert "–" in set(sure.variances["A"])


def test_the_sentence_about_prediction_follows_its_interval() -> None:
    found = core.compare_predictions(*_pair(0))
    said = predicted_sentence(found, words("exam"))
    assert found.rmse.direction == "down" and said.startswith("B predicts new students better")
    assert "(0.000 " not in said  # an end that is not zero is not shown as zero
    assert len(predicted_table(found)) == 2
    same = core.compare_predictions(_pair(0)[0], _pair(0)[0])
    assert "the data do not tell" in predicted_sentence(same, Wording())


def test_the_picture_shows_the_table() -> None:
    found = core.compare(*_pair(0))
    story = _story(found, "exam")
    figure = plot_two_models(found.groups, title=story.picture_title, axis="score")
    marks = figure.data[1]
    assert_allclose(np.sort(marks.x), np.sort(found.groups["A"]))
    assert_allclose(marks.y - marks.x, found.groups["difference"], atol=1e-12)
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    assert figure.layout.xaxis.title.text.startswith("A: ")
    named = {a.text for a in figure.layout.annotations}
    assert len(named) == 3
