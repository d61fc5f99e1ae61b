"""The screen about standard errors, for every example and on awkward tables."""

from __future__ import annotations

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.fitted import HOSTILE, ONE_FACTOR, many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload

SCREEN = "understand/standard_errors"


@pytest.mark.parametrize("example", ONE_FACTOR)
@pytest.mark.parametrize("structure", ["intercept", "slope"])
def test_every_example(app: AppTest, example: str, structure: str) -> None:
    choose(app, "data_choice", example)
    choose(app, sidebar_key(app, "structure"), structure)
    open_screen(app, SCREEN)
    assert not app.error and "too small" in app.title[0].value
    assert len(app.get("plotly_chart")) == 1


def test_a_group_level_predictor_by_one_click(app: AppTest) -> None:
    open_screen(app, SCREEN)
    app.button(key="standard_errors_add").click().run()
    healthy(app)
    assert app.session_state["shown"].spec.group_predictors == ("log_uranium",)
    assert not any(b.key == "standard_errors_add" for b in app.button)
    assert "log uranium" in app.title[0].value


def test_many_coefficients_are_chosen_from(app: AppTest) -> None:
    upload(app, "kinds.csv", many_groups(60).to_csv(index=False).encode())
    choose(app, sidebar_key(app, "predictors"), ["x", "kind"])
    open_screen(app, SCREEN)
    key = f"standard_errors_terms_{app.session_state['data_choice']}"
    assert len(app.multiselect(key=key).value) == 3
    choose(app, key, ["kind[b]", "kind[c]"])
    choose(app, key, [])
    assert len(app.multiselect(key=key).value) == 3


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"y": [1.0, 1, 2, 2, 3, 3, 5, 5], "g": list("aabbccdd")}),
        pd.DataFrame({"y": [1.0, 3, 2, 4, 3, 6, 5, 8], "x": [1.0, 2] * 4, "g": list("aaaabbbb")}),
        pd.DataFrame({"y": [1.0, 3, 2, 4, 3, 6, 5, 8], "x": range(8), "g": list("abcdefgh")}),
    ],
    ids=["degenerate", "two groups", "singletons"],
)
def test_any_table_that_can_be_fitted(app: AppTest, table: pd.DataFrame) -> None:
    upload(app, "table.csv", table.to_csv(index=False).encode())
    open_screen(app, SCREEN)
    assert app.title


def test_hostile_names(app: AppTest) -> None:
    table = many_groups(14).rename(columns={"y": f"y {HOSTILE}", "x": f"x {HOSTILE}"})
    table["g"] = table["g"] + " " + HOSTILE
    upload(app, "hostile.csv", table.to_csv(index=False).encode())
    open_screen(app, SCREEN)
    texts = [e.value for kind in (app.title, app.header, app.markdown, app.caption) for e in kind]
    assert not any("<img" in t.replace("\\<", "") for t in texts)
