"""The screen of the terms without a browser, and the tooltips at first mention."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.lessons.terms import TERMS
from tests.fitted import many_groups
from tests.pages.driver import choose, healthy, open_screen, upload


def words(app: AppTest) -> str:
    """Return everything that is written on the screen."""
    return " ".join(m.value for m in (*app.markdown, *app.info, *app.caption))


def test_every_term_is_listed(app: AppTest) -> None:
    open_screen(app, "learn/terms")
    assert len(app.expander) >= len(TERMS)
    assert app.title[0].value == "Terms"


@pytest.mark.parametrize("example", ["radon", "exam", "sleepstudy"])
def test_a_term_shows_the_numbers_of_the_model_on_screen(app: AppTest, example: str) -> None:
    choose(app, "data_choice", example)
    open_screen(app, "learn/terms")
    app.text_input(key="terms_search").set_value("ICC").run()
    healthy(app)
    assert f"{app.session_state['shown'].fits.multilevel.icc:.0%}" in words(app)


def test_the_dictionary_is_found_by_its_words(app: AppTest) -> None:
    open_screen(app, "learn/terms")
    app.text_input(key="terms_search").set_value("VarCorr").run()
    healthy(app)
    table = app.dataframe[0].value
    assert table["lme4"].str.contains("VarCorr").all()
    model = app.session_state["shown"].fits.multilevel
    assert f"{model.sigma_group[0]:.3f}" in set(table["value"])


def test_the_screen_opens_where_there_is_no_multilevel_fit(app: AppTest) -> None:
    table = many_groups(6)
    table["y"] = table["g"].astype("category").cat.codes.astype(float)
    upload(app, "flat.csv", table.to_csv(index=False).encode())
    open_screen(app, "learn/terms")
    app.text_input(key="terms_search").set_value("pooling").run()
    healthy(app)
    assert app.title[0].value == "Terms"


def test_terms_are_explained_where_they_are_mentioned_first(app: AppTest) -> None:
    choose(app, "pooling_view", "shrinkage")
    tips = [h.proto.help for h in (*app.title, *app.header) if h.proto.help]
    assert any("**no pooling**" in tip for tip in tips)
    said = " ".join(tips)
    assert all(said.count(f"**{term.name}**:") <= 1 for term in TERMS.values())
