"""Models with several grouping columns: no screen throws, each has a picture or a sentence."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.factors_results import FactorsFits
from pages.explore.pooling import controls as pooling
from pages.screens import SCREENS
from tests.golden.factors.models import FOLDER
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload

TABLES = {
    "pastes": ("strength", "batch", "cask"),
    "penicillin": ("diameter", "plate", "sample"),
    "pixel": ("pixel", "Dog", "Side"),
}


def _several(app: AppTest, name: str) -> AppTest:
    outcome, first, second = TABLES[name]
    upload(app, f"{name}.csv", (FOLDER / f"{name}.csv").read_bytes())
    choose(app, sidebar_key(app, "outcome"), outcome)
    choose(app, sidebar_key(app, "group"), first)
    choose(app, sidebar_key(app, "predictors"), ["day"] if name == "pixel" else [])
    choose(app, sidebar_key(app, "also"), [second])
    assert isinstance(app.session_state["shown"].fits, FactorsFits)
    assert not app.error
    return app


@pytest.mark.parametrize("name", ["pastes", "penicillin"])
def test_every_screen_has_a_picture_or_a_sentence(app: AppTest, name: str) -> None:
    _several(app, name)
    for screen in SCREENS:
        if screen.name == "terms":  # speaks of no model
            continue
        open_screen(app, f"{screen.section.lower()}/{screen.name}")
        assert not app.error, screen.name
        if not app.get("plotly_chart"):
            said = [i.value for i in app.info] + [m.value for m in app.markdown]
            assert any(len(text) > 40 for text in said), screen.name


def test_every_view_of_every_factor(app: AppTest) -> None:
    _several(app, "pixel")
    spec = app.session_state["shown"].spec
    factor = next(
        w.key
        for w in app.segmented_control
        if w.key.startswith("pooling_factor_") and w.key != "pooling_factor_view"
    )
    for group in spec.groups:
        choose(app, factor, group)
        for view in pooling.FACTOR_VIEW.choices:
            choose(app, "pooling_factor_view", view)
            assert app.get("plotly_chart") or app.dataframe
        choose(app, "pooling_factor_view", "shrinkage")
        for scale in pooling.SCALED.choices[::3]:
            app.select_slider(key="pooling_scaled").set_value(scale).run()
            healthy(app)
            assert len(app.get("plotly_chart")) == 2


@pytest.mark.parametrize("name", ["pastes", "penicillin"])
def test_examples_open_with_all_their_factors(app: AppTest, name: str) -> None:
    choose(app, "data_choice", name)
    assert isinstance(app.session_state["shown"].fits, FactorsFits)
    assert "levels of" in app.title[0].value and app.get("plotly_chart")


def test_ids_that_start_again_are_read_within_their_group(app: AppTest) -> None:
    _several(app, "pastes")
    spec = app.session_state["shown"].spec
    assert dict(spec.within) == {"cask": "batch"}
    choose(app, sidebar_key(app, "restart"), [])
    assert dict(app.session_state["shown"].spec.within) == {}
    choose(app, sidebar_key(app, "also"), [])
    assert app.session_state["shown"].spec.groups == ("batch",)
    healthy(app)


def test_one_click_reads_ids_the_other_way(app: AppTest) -> None:
    _several(app, "pastes")
    app.button(key="model_ids_0").click().run()
    assert dict(app.session_state["shown"].spec.within) == {}
    app.button(key="model_ids_0").click().run()
    assert dict(app.session_state["shown"].spec.within) == {"cask": "batch"}
    healthy(app)


def test_every_view_of_the_checks_and_of_the_ranking(app: AppTest) -> None:
    _several(app, "penicillin")
    for screen, control, views in (
        ("use/checks", "checks_view", ("fitted", "along", "effects", "spread", "influence")),
        ("use/ranking", "ranking_view", ("estimates", "size")),
        ("use/predicts_best", "predicts_best_hold_out", ("groups",)),
    ):
        open_screen(app, screen)
        for view in views:
            choose(app, control, view)
            assert app.get("plotly_chart") or app.info, (screen, view)
        healthy(app)


def test_slopes_vary_by_the_groups_that_are_chosen(app: AppTest) -> None:
    _several(app, "pixel")
    choose(app, sidebar_key(app, "structure"), "slope")
    spec = app.session_state["shown"].spec
    assert spec.varying_of("Dog") == ("day",) and spec.varying_of("Side") == ()
    choose(app, sidebar_key(app, "slope_by"), ["Dog", "Side"])
    assert app.session_state["shown"].spec.varying_of("Side") == ("day",)
