"""New columns: centring, splitting, scaling, logarithms, and what they do to a fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core


def test_grand_mean(exam: pd.DataFrame) -> None:
    made = core.apply_fix(exam, core.CentreGrandMean("standLRT"))
    assert list(made)[-1] == "standLRT (centred)"
    assert made["standLRT (centred)"].mean() == pytest.approx(0, abs=1e-12)
    assert "standLRT (centred)" not in exam


def test_group_mean_splits_into_within_and_between(exam: pd.DataFrame) -> None:
    recipe = core.CentreGroupMean("standLRT", "school")
    made = core.apply_fix(exam, recipe)
    within, between = made[recipe.names[0]], made[recipe.group_names[0]]
    assert recipe.names == ("standLRT (within school)",)
    np.testing.assert_allclose(within + between, exam["standLRT"])
    np.testing.assert_allclose(within.groupby(exam["school"]).mean(), 0, atol=1e-12)
    # The file's own school means of the intake test are the same numbers.
    np.testing.assert_allclose(between, exam["schavg"], atol=1e-6)
    assert (made.groupby("school")[recipe.group_names[0]].nunique() == 1).all()
    spec = core.ModelSpec("normexam", "school", recipe.names, group_predictors=recipe.group_names)
    fit = core.fit_all(core.GroupedData.from_table(made, spec)).multilevel
    # The slope within schools is that of least squares with an indicator per school.
    y = exam["normexam"] - exam.groupby("school")["normexam"].transform("mean")
    assert fit.fixef[1] == pytest.approx(float((within * y).sum() / (within**2).sum()))


def test_standardise(exam: pd.DataFrame) -> None:
    made = core.apply_fix(exam, core.Standardise("normexam"))["normexam (standardised)"]
    assert made.mean() == pytest.approx(0, abs=1e-12)
    assert made.std() == pytest.approx(1)


def test_logarithm(sleepstudy: pd.DataFrame) -> None:
    made = core.apply_fix(sleepstudy, core.Logarithm("Reaction"))
    np.testing.assert_allclose(np.exp(made["log Reaction"]), sleepstudy["Reaction"])
    assert core.can_take_log(sleepstudy, "Reaction")
    assert not core.can_take_log(sleepstudy, "Days")
    assert not core.can_take_log(sleepstudy, "Subject")
    with pytest.raises(core.DataError, match="18 values of zero"):
        core.apply_fix(sleepstudy, core.Logarithm("Days"))


def test_missing_and_infinite_cells_stay_missing() -> None:
    table = pd.DataFrame({"g": ["a", "a", None, "b"], "x": [1.0, np.nan, 3.0, np.inf]})
    made = core.apply_fix(table, core.CentreGrandMean("x"))["x (centred)"].tolist()
    assert made[0] == -1.0
    assert np.isnan(made[1]) and np.isnan(made[3])
    wide = pd.DataFrame({"g": ["a", "a", None, "b"], "x": [1.0, 3.0, 3.0, np.nan]})
    split = core.apply_fix(wide, core.CentreGroupMean("x", "g"))
    assert split["x (g mean)"].tolist()[:2] == [2.0, 2.0]
    assert split["x (g mean)"].isna().tolist()[2:] == [True, True]


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (core.CentreGroupMean("schavg", "school"), "same within each group"),
        (core.Standardise("one"), "same value"),
        (core.CentreGrandMean("schgend"), "does not hold numbers"),
        (core.Logarithm("nothing"), "holds no numbers"),
        (core.CentreGrandMean("absent"), "no column"),
    ],
)
def test_what_cannot_be_made_is_said(exam: pd.DataFrame, recipe: core.Recipe, words: str) -> None:
    table = exam.assign(one=1.0, nothing=np.nan)
    with pytest.raises(core.DataError, match=words):
        core.apply_fix(table, recipe)


def test_names_that_are_taken_get_a_number() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0], "log x": [5.0, 6.0]})
    assert list(core.apply_fix(table, core.Logarithm("x"))) == ["x", "log x", "log x_2"]


def test_equations_escape_names() -> None:
    assert core.Logarithm("price").equation == r"\log(\text{price})"
    hostile = core.CentreGrandMean(r"\input{/etc/passwd}$x_1$").equation
    assert r"\input" not in hostile
    assert "$x" not in hostile.replace(r"\$x", "")


def test_reference_levels(exam: pd.DataFrame) -> None:
    assert core.reference_levels(exam, "schgend") == ("boys", "girls", "mixed")
    assert core.reference_levels(pd.DataFrame({"a": [10, 9, 2]}), "a") == ("2", "9", "10")


@pytest.mark.parametrize(("factor", "remedy"), [(1e200, "Divide"), (1e-200, "Multiply")])
def test_numbers_whose_squares_overflow_are_refused(
    exam: pd.DataFrame, factor: float, remedy: str
) -> None:
    spec = core.ModelSpec(outcome="normexam", group="school", predictors=("standLRT",))
    for column in ("normexam", "standLRT"):
        table = exam.assign(**{column: exam[column] * factor})
        with pytest.raises(core.DataError, match=remedy):
            core.GroupedData.from_table(table, spec)
