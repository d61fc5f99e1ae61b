"""The screen about cross-validation, without a browser: every example, every control."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import core
from tests.fitted import HOSTILE, ONE_FACTOR, many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload

SCREEN = "use/predicts_best"


@pytest.mark.parametrize("example", ONE_FACTOR)
def test_every_example_and_control(app: AppTest, example: str) -> None:
    choose(app, "data_choice", example)
    open_screen(app, SCREEN)
    assert " new " in app.title[0].value
    choose(app, sidebar_key(app, "structure"), "intercept")
    for measure in ("log_score", "rmse"):
        choose(app, "predicts_best_measure", measure)
        assert len(app.get("plotly_chart")) == 2 and not app.error
    choose(app, "predicts_best_hold_out", "groups")
    assert any("No pooling is not defined" in m.value for m in app.markdown)
    choose(app, "predicts_best_folds", "one")
    assert len(app.get("plotly_chart")) == 2 and not app.error
    table = app.dataframe[-1].value.set_index("estimator")
    assert np.isnan(table.loc["no pooling", "RMSE"])
    shown = app.session_state["shown"]
    exact = core.leave_one_group_out(shown.fits.data).summary.set_index("estimator")
    assert table.loc["partial pooling", "RMSE"] == exact.loc["partial_pooling", "rmse"]


def test_the_scores_are_those_of_cross_validate(app: AppTest) -> None:
    open_screen(app, SCREEN)
    choose(app, "predicts_best_folds", "5")
    app.number_input(key="predicts_best_seed").set_value(7).run()
    healthy(app)
    fits = app.session_state["shown"].fits
    found = core.cross_validate(fits.data, "people", 5, 7)
    table = app.dataframe[-1].value.set_index("estimator")
    summary = found.summary.set_index("estimator")
    assert table.loc["no pooling", "RMSE"] == summary.loc["no_pooling", "rmse"]
    pair = found.differences.set_index(["estimator", "reference"])
    line = pair.loc["complete_pooling", "partial_pooling"]
    assert table.loc["complete pooling", "RMSE difference"] == line["rmse"]
    share = line["rmse"] / summary.loc["complete_pooling", "rmse"]
    assert f"{100 * share:.1f}% smaller error" in app.title[0].value


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
    assert len(app.get("plotly_chart")) == 2
    choose(app, "predicts_best_hold_out", "groups")
    assert len(app.get("plotly_chart")) == 2
    choose(app, "predicts_best_measure", "log_score")
    assert len(app.get("plotly_chart")) == 2
