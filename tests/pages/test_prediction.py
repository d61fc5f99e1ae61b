"""The screen about prediction, without a browser: every example, every control, every file."""

from __future__ import annotations

import pandas as pd
import pytest
from numpy.testing import assert_allclose
from streamlit.testing.v1 import AppTest

import core
from tests.fitted import HOSTILE, ONE_FACTOR, many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload

SCREEN = "use/prediction"


def give(app: AppTest, name: str, content: bytes) -> AppTest:
    """Hand the screen a table of new rows."""
    app.file_uploader(key="prediction_file").set_value((name, content, "text/csv")).run()
    healthy(app)
    return app


@pytest.mark.parametrize("example", ONE_FACTOR)
@pytest.mark.parametrize("structure", ["intercept", "slope"])
def test_every_example_and_structure(app: AppTest, example: str, structure: str) -> None:
    choose(app, "data_choice", example)
    choose(app, sidebar_key(app, "structure"), structure)
    open_screen(app, SCREEN)
    assert len(app.get("plotly_chart")) == 3
    assert not app.error
    assert "90% interval" in app.title[0].value
    choose(app, sidebar_key(app, "predictors"), [])
    assert len(app.get("plotly_chart")) == 3


def test_the_title_says_what_predict_says(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    open_screen(app, SCREEN)
    fits = app.session_state["shown"].fits
    choose(app, "groups_name_exam", "17")
    app.slider(key="prediction_value_exam_standLRT").set_value(1.5).run()
    healthy(app)
    choose(app, "prediction_level", 0.5)
    row = pd.DataFrame({"school": ["17", "none"], "standLRT": [1.5, 1.5]})
    for kind, label in (("posterior", ""), ("plug-in", "plug-in ")):
        choose(app, "intervals_switch", kind)
        found = core.predict(fits, row, 0.5, uncertainty=kind).round(2)
        title = app.title[0].value.replace("\N{MINUS SIGN}", "-").replace("\\", "")
        known, new = found.itertuples()
        told = f"({label}50% interval {known.lower:.2f} to {known.upper:.2f})"
        assert f"{known.point:.2f} {told}" in title
        assert f"{new.point:.2f} ({new.lower:.2f} to {new.upper:.2f}) for a new school" in title
    choose(app, "prediction_who", "mean")
    assert app.title[0].value.startswith("The mean of students")


def test_group_level_predictors_make_a_fourth_case(app: AppTest) -> None:
    choose(app, sidebar_key(app, "group_predictors"), ["log_uranium"])
    open_screen(app, SCREEN)
    app.slider(key="prediction_value_radon_log_uranium").set_value(0.5).run()
    healthy(app)
    assert "with known predictors" in app.title[0].value
    alt = app.get("plotly_chart")[0].proto.alt
    assert "not known" in alt and "no pooling not defined" in alt


def test_categories_and_several_predictors(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    choose(app, sidebar_key(app, "predictors"), ["standLRT", "sex"])
    choose(app, sidebar_key(app, "group_predictors"), ["schgend"])
    open_screen(app, SCREEN)
    choose(app, "prediction_along_exam", "sex")
    choose(app, "prediction_value_exam_sex", "M")
    choose(app, "prediction_value_exam_schgend", "boys")
    assert len(app.get("plotly_chart")) == 3


def test_a_file_of_new_rows(app: AppTest) -> None:
    open_screen(app, SCREEN)
    fits = app.session_state["shown"].fits
    rows = pd.DataFrame(
        {"county": ["STLOUIS", "=cmd()", None, "COOK"], "floor": ["0", "1", "0", ""], "note": "x"}
    )
    give(app, "rows.csv", rows.to_csv(index=False).encode())
    assert not app.error
    table = app.dataframe[-1].value
    some = rows.iloc[:3].assign(floor=[0.0, 1.0, 0.0])
    for kind in ("posterior", "plug-in"):
        choose(app, "intervals_switch", kind)
        table = app.dataframe[-1].value
        plain = core.predict(fits, some, uncertainty=kind)
        assert_allclose(table["prediction"][:3], plain["point"])
        assert_allclose(table["upper"][:3], plain["upper"])
        assert all(kind.split("-")[0] in said for said in table["interval from"][:3])
    assert table["interval from"][3] == ""
    assert pd.isna(table["prediction"][3]) and "missing" in table["no prediction because"][3]
    told = " ".join(m.value for m in app.markdown)
    assert "3 of 4 rows predicted" in told and "Row 4 without a prediction" in told
    choose(app, "prediction_estimator", "no_pooling")
    table = app.dataframe[-1].value
    assert table["prediction"].notna().tolist() == [True, False, False, False]
    assert b"'=cmd()" in core.to_csv(table)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad.csv", b"\x00\x01\x02", "control characters"),
        ("short.csv", b"county\nCOOK\nAITKIN\n", "no column 'floor'"),
        ("words.csv", b"county,floor\nCOOK,up\nAITKIN,down\n", "must hold numbers"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence(
    app: AppTest, name: str, content: bytes, said: str
) -> None:
    open_screen(app, SCREEN)
    give(app, name, content)
    assert said in app.error[0].value.replace("\\", "")


def test_text_among_numbers_is_a_matter_of_its_row(app: AppTest) -> None:
    open_screen(app, SCREEN)
    give(app, "rows.csv", b"county,floor\nCOOK,0\nCOOK,attic\nCOOK,1\nCOOK,1\n")
    table = app.dataframe[-1].value
    assert table["prediction"].notna().tolist() == [True, False, True, True]
    assert "'attic'" in table["no prediction because"][1]


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"y": [1.0, 1, 2, 2, 3, 3, 5, 5], "g": list("aabbccdd")}),
        pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 7], "x": [0.0, 1, 2, 0, 1, 2], "g": list("aaabbb")}),
        pd.DataFrame({"y": [1.0, 2, 4, 3, 5], "g": list("abcde")}),
        many_groups(20).rename(columns={"y": f"y {HOSTILE}", "x": f"x {HOSTILE}"}),
        many_groups(30).assign(x=4.0),
    ],
    ids=["no spread inside", "two groups", "singletons", "hostile", "constant x"],
)
def test_any_table_that_can_be_fitted(app: AppTest, table: pd.DataFrame) -> None:
    upload(app, "mine.csv", table.to_csv(index=False).encode())
    open_screen(app, SCREEN)
    assert len(app.get("plotly_chart")) == 3


def test_predictors_named_like_columns_of_the_answer(app: AppTest) -> None:
    names = {"y": "score", "x": "lower", "kind": "estimator", "g": "case"}
    upload(app, "n.csv", many_groups(12).rename(columns=names).to_csv(index=False).encode())
    choose(app, sidebar_key(app, "predictors"), ["lower", "estimator"])
    open_screen(app, SCREEN)
    assert len(app.get("plotly_chart")) == 3 and not app.error
