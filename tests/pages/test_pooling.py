"""The start screen: every view of every example, every control at both ends."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.fitted import ONE_FACTOR
from tests.pages.driver import choose, has_dial, healthy, sidebar_key, upload

VIEWS = ("dial", "lines", "shrinkage", "group_size", "map", "table")
TITLE_STARTS = {
    "radon": "Left alone, 85",
    "exam": "Left alone, 65",
    "sleepstudy": "Left alone, 18",
    "batches": "The 6 batches differ no more than chance",
}


def test_zero_clicks(app: AppTest) -> None:
    assert app.session_state["shown"].dataset.id == "radon"
    assert app.title[0].value.startswith("Left alone, 85 counties range from 0.36 to 2.78")
    assert not app.error and not app.warning
    assert has_dial(app)
    assert len(app.latex) == 2
    assert any("lmer(" in c.value for c in app.code)


@pytest.mark.parametrize("example", ONE_FACTOR)
@pytest.mark.parametrize("structure", ["intercept", "slope"])
def test_every_example_structure_and_view(app: AppTest, example: str, structure: str) -> None:
    choose(app, "data_choice", example)
    choose(app, sidebar_key(app, "structure"), structure)
    assert app.title[0].value.startswith(TITLE_STARTS[example])
    for view in VIEWS:
        choose(app, "pooling_view", view)
        assert not app.error
        if view == "dial":
            assert has_dial(app)
        elif view == "map" and not app.session_state["shown"].spec.predictors:
            assert not app.get("plotly_chart") and app.info
        elif view == "map" and structure == "intercept":
            assert app.button(key="pooling_let_vary")
        elif view == "table":
            assert len(app.dataframe[0].value) == app.session_state["shown"].fits.data.n_groups
        else:
            assert len(app.get("plotly_chart")) == 1


def test_the_map_offers_a_slope(app: AppTest) -> None:
    choose(app, sidebar_key(app, "structure"), "intercept")
    choose(app, "pooling_view", "map")
    app.button(key="pooling_let_vary").click().run()
    healthy(app)
    assert app.session_state["shown"].spec.varying == ("floor",)
    assert len(app.get("plotly_chart")) == 1


def test_controls_at_both_ends(app: AppTest) -> None:
    for criterion in ("ML", "REML"):
        choose(app, sidebar_key(app, "criterion"), criterion)
        assert app.session_state["shown"].spec.criterion == criterion
    for is_large in (True, False):
        choose(app, "display_projector", is_large)
    choose(app, "pooling_view", "lines")
    for order in ("size", "name", "shift", "estimate", "spread"):
        choose(app, "pooling_lines_order", order)
    choose(app, "pooling_search", "ST")
    choose(app, "pooling_search", "no such county")
    assert any("No county has a name like that" in h.value for h in app.header)
    choose(app, "pooling_search", "")
    choose(app, "pooling_view", "shrinkage")
    for value in (True, False):
        choose(app, "pooling_shrinkage_intervals", value)
    for order in ("size", "shift", "name", "estimate"):
        choose(app, "pooling_shrinkage_order", order)
    choose(app, sidebar_key(app, "predictors"), [])
    assert app.session_state["shown"].spec.varying == ()
    choose(app, "pooling_view", "lines")
    assert len(app.get("plotly_chart")) == 1


def test_degenerate_data_show_the_other_two(app: AppTest) -> None:
    upload(app, "flat.csv", b"y,g\n" + b"".join(b"%d,g%d\n" % (j, j) for j in range(8)) * 4)
    assert "no partial pooling" in app.warning[0].value
    for view in VIEWS:
        choose(app, "pooling_view", view)
        assert not app.error
