"""The screen that checks the model: every example, view and control, and tables at the edge."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.fitted import HOSTILE, ONE_FACTOR, many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload

SCREEN = "use/checks"
VIEWS = ("residuals", "fitted", "along", "effects", "spread", "influence")


def _each_view(app: AppTest) -> None:
    for view in VIEWS:
        choose(app, "checks_view", view)
        # A figure with its finding, or a sentence why there is none.
        has_figure = len(app.get("plotly_chart")) == 1 and app.title[0].value
        assert has_figure or app.info or app.title


@pytest.mark.parametrize("example", ONE_FACTOR)
def test_every_example_in_every_view(app: AppTest, example: str) -> None:
    choose(app, "data_choice", example)
    open_screen(app, SCREEN)
    _each_view(app)


def test_every_parameter_and_coefficient(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    open_screen(app, SCREEN)
    choose(app, "checks_view", "influence")
    titles = set()
    for name in ("sd_(Intercept)", "sd_standLRT", "sigma_y", "(Intercept)", "standLRT"):
        choose(app, "checks_parameter", name)
        titles.add(app.title[0].value)
    assert len(titles) == 5
    choose(app, "checks_view", "effects")
    choose(app, "checks_term", "standLRT")
    assert "slope" in app.title[0].value


def test_radon_strays_at_its_floor_and_advice_is_given(app: AppTest) -> None:
    open_screen(app, SCREEN)
    assert app.title[0].value.startswith("The lowest residuals stray")
    assert any("floor" in w.value for w in app.warning)


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def _edge_tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(4)
    flat = pd.DataFrame({"g": np.repeat(list("abcdef"), 10), "y": rng.normal(size=60)})
    flat["y"] -= flat.groupby("g")["y"].transform("mean")
    hostile = many_groups(12)
    hostile["g"] = hostile["g"] + " " + HOSTILE
    lone = pd.DataFrame({"g": list("aaaaabcdefg"), "y": rng.normal(size=11)})
    return {
        "two groups": pd.DataFrame({"g": list("aaabbb"), "y": [1.0, 2, 3, 4, 5, 7]}),
        "three groups": pd.DataFrame({"g": list("aaabbbccc"), "y": rng.normal(size=9)}),
        "singletons": pd.DataFrame({"g": list("abcdefgh"), "y": rng.normal(size=8)}),
        "one group of several": lone,
        "no variance": flat,
        "hostile": hostile,
    }


@pytest.mark.parametrize("name", list(_edge_tables()))
def test_tables_at_the_edge_do_not_break_it(app: AppTest, name: str) -> None:
    upload(app, "edge.csv", _csv(_edge_tables()[name]))
    open_screen(app, SCREEN)
    if app.session_state["shown"].fits.multilevel_or_none is None:
        assert app.warning
        return
    _each_view(app)


def test_a_group_level_predictor_can_be_looked_along(app: AppTest) -> None:
    choose(app, "data_choice", "radon")
    choose(app, sidebar_key(app, "group_predictors"), ["log_uranium"])
    open_screen(app, SCREEN)
    choose(app, "checks_view", "along")
    assert len(app.get("plotly_chart")) == 1
    healthy(app)


def test_single_rows_are_looked_at_when_asked(app: AppTest) -> None:
    choose(app, "data_choice", "sleepstudy")
    open_screen(app, SCREEN)
    choose(app, "checks_view", "influence")
    before = len(app.dataframe)
    app.session_state["checks_rows_open"] = True
    app.run()
    healthy(app)
    assert len(app.dataframe) == before + 1
    shown = app.dataframe[-1].value
    assert shown["cooks_distance"].is_monotonic_decreasing and len(shown) == 180
