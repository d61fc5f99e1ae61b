"""The screen about ranks: every example, view and control, and tables at the edge."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.fitted import HOSTILE, ONE_FACTOR, many_groups
from tests.pages.driver import choose, healthy, open_screen, upload

SCREEN = "use/ranking"
VIEWS = ("ranks", "estimates", "size")


@pytest.mark.parametrize("example", ONE_FACTOR)
def test_every_example_in_every_view(app: AppTest, example: str) -> None:
    choose(app, "data_choice", example)
    open_screen(app, SCREEN)
    for view in VIEWS:
        choose(app, "ranking_view", view)
        assert len(app.get("plotly_chart")) == 1
        assert app.title[0].value


def test_the_finding_follows_the_controls(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    open_screen(app, SCREEN)
    first = app.title[0].value
    assert "65 schools" in first and "7 places" in first
    choose(app, "ranking_share", 0.25)
    assert "16 places" in app.title[0].value and app.title[0].value != first


def test_one_group_or_two_are_described_and_compared(app: AppTest) -> None:
    choose(app, "data_choice", "sleepstudy")
    open_screen(app, SCREEN)
    key = "ranking_groups_sleepstudy"
    choose(app, key, ["337"])
    assert any("337" in m.value and "of the other 17" in m.value for m in app.markdown)
    choose(app, key, ["337", "309"])
    assert any("can be told apart" in m.value for m in app.markdown)
    choose(app, "data_choice", "exam")
    assert app.session_state["shown"].dataset.id == "exam"


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def _edge_tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(4)
    flat = pd.DataFrame({"g": np.repeat(list("abcdef"), 10), "y": rng.normal(size=60)})
    flat["y"] -= flat.groupby("g")["y"].transform("mean")
    hostile = many_groups(12)
    hostile["g"] = hostile["g"] + " " + HOSTILE
    return {
        "two groups": pd.DataFrame({"g": list("aaabbb"), "y": [1.0, 2, 3, 4, 5, 7]}),
        "singletons": pd.DataFrame({"g": list("abcdefgh"), "y": rng.normal(size=8)}),
        "no variance": flat,
        "hostile": hostile,
    }


@pytest.mark.parametrize("name", ["two groups", "singletons", "no variance", "hostile"])
def test_tables_at_the_edge_do_not_break_it(app: AppTest, name: str) -> None:
    upload(app, "edge.csv", _csv(_edge_tables()[name]))
    open_screen(app, SCREEN)
    if app.session_state["shown"].fits.multilevel_or_none is None:
        assert app.warning
        return
    for view in VIEWS:
        choose(app, "ranking_view", view)
        assert app.title[0].value
    names = list(app.session_state["shown"].fits.data.group_names[:2])
    widget = next(m for m in app.multiselect if m.key.startswith("ranking_groups_"))
    widget.set_value(names).run()
    healthy(app)
