"""The screen about group-level predictors, for every example and on awkward tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.fitted import HOSTILE, ONE_FACTOR, many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload

SCREEN = "understand/two_levels"


@pytest.mark.parametrize("example", ONE_FACTOR)
@pytest.mark.parametrize("structure", ["intercept", "slope"])
def test_every_example(app: AppTest, example: str, structure: str) -> None:
    choose(app, "data_choice", example)
    choose(app, sidebar_key(app, "structure"), structure)
    open_screen(app, SCREEN)
    assert not app.error and app.title
    charts = {"sleepstudy": 1, "batches": 0}.get(example, 2)
    assert len(app.get("plotly_chart")) == charts


def test_every_column_and_control(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    open_screen(app, SCREEN)
    assert app.title[0].value.startswith("School's mean reading test at 11 explains 17% of")
    for name in ("schgend", "vr", "type", "schavg"):
        choose(app, "two_levels_column_exam", name)
        for value in (False, True):
            choose(app, "two_levels_slopes", value)
            choose(app, "two_levels_own", value)
            assert not app.error
    choose(app, "two_levels_term", "standLRT")
    assert "slope" in app.title[0].value
    assert any("level interaction" in m.value for m in app.markdown)


def test_into_the_model_and_out_again(app: AppTest) -> None:
    open_screen(app, SCREEN)
    before = app.title[0].value
    app.button(key="two_levels_add").click().run()
    healthy(app)
    spec = app.session_state["shown"].spec
    assert spec.group_predictors == ("log_uranium",)
    assert spec.cross_level == (("floor", "log_uranium"),)
    assert app.title[0].value == before, "the comparison is the same from either side"
    app.button(key="two_levels_remove").click().run()
    healthy(app)
    assert app.session_state["shown"].spec.group_predictors == ()


def test_a_group_mean_enters_the_table_and_the_model(app: AppTest) -> None:
    open_screen(app, SCREEN)
    choose(app, "two_levels_column_radon", "floor (county mean)")
    app.button(key="two_levels_add").click().run()
    healthy(app)
    shown = app.session_state["shown"]
    assert shown.dataset.is_upload and shown.error is None
    assert shown.spec.group_predictors == ("floor (county mean)",)
    assert shown.spec.predictors == ("floor",)


def test_without_group_level_columns_another_table_is_offered(app: AppTest) -> None:
    choose(app, "data_choice", "sleepstudy")
    open_screen(app, SCREEN)
    assert app.title[0].value == "Nothing in this table describes the people themselves"
    app.button(key="two_levels_example").click().run()
    healthy(app)
    assert app.session_state["shown"].dataset.id == "radon"


def test_simpson_is_an_alarm(app: AppTest) -> None:
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(12), 15)
    mean, inside = np.linspace(0, 10, 12)[group], rng.normal(size=180)
    y = 0.9 * mean - 0.8 * inside + 0.6 * rng.normal(size=180)
    table = pd.DataFrame({"y": y, "x": mean + inside, "g": [f"g{j:02d}" for j in group]})
    upload(app, "simpson.csv", table.to_csv(index=False).encode())
    open_screen(app, SCREEN)
    assert any("Simpson" in e.value for e in app.error)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"y": [1.0, 1, 2, 2, 3, 3, 5, 5], "g": list("aabbccdd")}),
        pd.DataFrame({"y": [1.0, 3, 2, 4, 3, 6, 5, 8], "x": [1.0, 2] * 4, "g": list("aaaabbbb")}),
        pd.DataFrame({"y": [1.0, 3, 2, 4, 3, 6, 5, 8], "x": range(8), "g": list("abcdefgh")}),
        pd.DataFrame(
            {"y": np.tile([1.0, 3, 2], 6), "x": range(18), "g": np.repeat(list("abcdef"), 3)}
        ),
        many_groups(40).assign(u=lambda t: t.groupby("g")["x"].transform("mean")),
    ],
    ids=["degenerate", "two groups", "singletons", "zero variance", "means in the table"],
)
def test_any_table_that_can_be_fitted(app: AppTest, table: pd.DataFrame) -> None:
    upload(app, "table.csv", table.to_csv(index=False).encode())
    open_screen(app, SCREEN)
    assert app.title or app.header


def test_hostile_names(app: AppTest) -> None:
    table = many_groups(14).rename(columns={"y": f"y {HOSTILE}", "x": f"x {HOSTILE}"})
    table[f"u {HOSTILE}"] = table["g"].str[1:].astype(float) % 5
    table["g"] = table["g"] + " " + HOSTILE
    upload(app, "hostile.csv", table.to_csv(index=False).encode())
    open_screen(app, SCREEN)
    texts = [e.value for kind in (app.title, app.header, app.markdown, app.caption) for e in kind]
    assert not any("<img" in t.replace("\\<", "") for t in texts)
