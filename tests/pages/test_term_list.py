"""Terms and rows in the sidebar: an analyst adds a curve, a product, a filter, and undoes each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import core
from pages._shared.link import address as link
from pages._shared.link.link_model import Columns
from pages._shared.link.link_terms import read_rows, read_terms, write_rows, write_terms
from pages.screens import SCREENS
from tests.browser.driver import ROOT
from tests.golden.terms.models import read
from tests.pages.driver import healthy, open_screen, upload
from tests.pages.test_link import address, follow


def started(table: str = "sleepstudy") -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run()
    app.selectbox(key="data_choice").set_value(table).run()
    healthy(app)
    return app


def pick(app: AppTest, words: str) -> None:
    """Add a term by what it is called."""
    table = app.session_state["data_choice"]
    box = app.multiselect(key=f"model_terms_{table}")
    option = next(o for o in box.options if o == words)
    box.set_value([*box.value, option]).run()
    healthy(app)


def spec_of(app: AppTest) -> Any:
    shown = app.session_state["shown"]
    assert shown.error is None, shown.error
    return shown.spec


def context_of(app: AppTest) -> str:
    return " ".join(c.value.replace("\\", "") for c in app.caption)


def test_a_square_is_added_said_linked_and_taken_out_again() -> None:
    app = started()
    before = spec_of(app)
    pick(app, "Days³")
    assert [t.label for t in spec_of(app).terms] == ["Days^2", "Days^3"]
    assert "day of the study squared" in context_of(app)
    again = follow(link.encoded(address(app)), "explore/pooling")
    assert spec_of(again) == spec_of(app)
    app.multiselect(key="model_terms_sleepstudy").set_value([]).run()
    assert spec_of(app) == before


def test_what_varies_follows_a_logarithm_and_comes_back() -> None:
    app = started()
    pick(app, "square root of Days")
    assert spec_of(app).varying == ("sqrt(Days)",)
    app.multiselect(key="model_terms_sleepstudy").set_value([]).run()
    assert spec_of(app).varying == ("Days",)


def test_a_filter_is_picked_shown_and_undone_in_one_click() -> None:
    app = started()
    before = spec_of(app)
    app.selectbox(key="rows_column_sleepstudy").set_value("Days").run()
    way = next(w for w in app.radio if w.key.startswith("rows_way"))
    way.set_value("between two numbers").run()
    low = next(w for w in app.number_input if w.key.startswith("rows_from"))
    low.set_value(2.0).run()
    app.button(key="rows_add_sleepstudy").click().run()
    assert spec_of(app).rows == (core.Keep("Days", between=(2.0, 9.0)),)
    assert "Only rows with Days from 2 to 9: 36 rows left out by this filter." in context_of(app)
    for name in ("explore/groups", "use/prediction"):
        open_screen(app, name)
        assert "36 rows left out" in context_of(app)
    app.button(key="rows_all").click().run()
    assert spec_of(app) == before


def test_a_filter_that_leaves_nothing_to_explain_is_undone_in_one_click_too() -> None:
    app = follow("data=exam&x=standLRT&x=sex", "explore/pooling")
    app.selectbox(key="rows_column_exam").set_value("sex").run()
    next(w for w in app.multiselect if w.key.startswith("rows_levels")).set_value(["F"]).run()
    app.button(key="rows_add_exam").click().run()
    assert app.session_state["shown"].error is not None
    assert "Asked for: only rows with sex is F." in context_of(app)
    app.button(key="rows_all").click().run()
    assert spec_of(app).rows == ()


@pytest.mark.parametrize(
    "text",
    [
        *("{}", "[]", "7", "null", '"x"', '["power"]', '["power","Days","x"]'),
        *('["power",3,2]', '["power","nowhere",2]', '["join","Days"]', '["join",["time","Days"]]'),
        *('["standardised","Days",NaN,1,true]', '["standardised","Days","a","b",true]'),
        *(
            '["time","Days","days",[1]]',
            '["curve","Days",4,["a"],null]',
            "[" * 1500,
            '["eval","1"]',
        ),
        *('["curve","Days",4,null,[1]]', '["log",["log","Days",true],true]'),
    ],
)
def test_a_link_with_what_is_no_term_is_refused_in_words(text: str) -> None:
    columns = Columns(["Reaction", "Days", "Subject"])
    private = Columns(["Reaction", "Days", "Subject"], is_private=True)
    for names in (columns, private):
        for read_it in (read_terms, read_rows):
            with pytest.raises(core.SpecError):
                read_it((text,), names)


def test_terms_and_rows_come_back_from_a_link_as_they_were() -> None:
    terms = (
        *(core.Power("x", 3), core.Spline("z", knots=(0.5,), boundary=(0, 2)), core.Log("p")),
        *(core.ZScore("w", 1.0, 2.0), core.Time("date", "years", "2000-01-01")),
        *(core.Sqrt("w", instead=False), core.Interaction(core.Power("x", 2), "a", alone=True)),
    )
    rows = (core.Keep("a", ("1,2", 'b"]')), core.Keep("x", between=(None, 2.5)), core.Keep("z"))
    names = ["x", "z", "p", "w", "date", "a"]
    levels = {"a": ("1,2", 'b"]', "c")}
    for private in (False, True):
        columns = Columns(names, is_private=private, levels=lambda name: levels.get(name, ()))
        assert read_terms(write_terms(terms, columns), columns) == terms
        said = write_rows(rows, columns)
        assert read_rows(said, columns) == rows
        assert not private or "1,2" not in "".join(said)


def own_table() -> bytes:
    table = read("simulated").dropna()
    return table.to_csv(index=False).encode()


def test_dates_are_read_as_time_and_names_stay_out_of_the_link() -> None:
    app = started()
    upload(app, "own.csv", own_table())
    table = app.session_state["data_choice"]
    for field, value in (("outcome", "y"), ("group", "g")):
        app.selectbox(key=f"model_{field}_{table}").set_value(value).run()
    app.multiselect(key=f"model_predictors_{table}").set_value(["x", "date", "a"]).run()
    healthy(app)
    assert core.Time("date", "years") in spec_of(app).terms
    pick(app, "x × a")
    app.selectbox(key=f"rows_column_{table}").set_value("a").run()
    next(w for w in app.multiselect if w.key.startswith("rows_levels")).set_value(
        ["red", "blue"]
    ).run()
    app.button(key=f"rows_add_{table}").click().run()
    spec = spec_of(app)
    assert spec.rows == (core.Keep("a", ("red", "blue")),)
    said = link.encoded(address(app))
    assert not any(word in said for word in ("red", "blue", "date"))


KINDS = {
    "all": ["x²", "log of p", "x × a"],
    "square": ["x²"],
    "curve": ["curve of x (3 df)"],
    "log": ["log of p"],
    "product": ["x × a", "x × p"],
    "three": ["x × p × a"],
}


FIRST, *OTHERS = KINDS


@pytest.mark.parametrize(
    "kind", [FIRST, *(pytest.param(k, marks=pytest.mark.slow) for k in OTHERS)]
)
def test_every_screen_shows_every_kind_of_term(kind: str) -> None:
    rng = np.random.default_rng(1)
    n, groups = 120, 10
    g, x = np.repeat(np.arange(groups), n // groups), rng.normal(size=n) + 2
    table = pd.DataFrame({"x": x, "p": rng.lognormal(size=n), "a": rng.choice(list("uv"), n)})
    table["y"] = x**2 + rng.normal(size=groups)[g] + rng.normal(size=n)
    table["g"] = [f"g{i}" for i in g]
    app = started()
    upload(app, "own.csv", table[["y", "g", "x", "p", "a"]].to_csv(index=False).encode())
    key = app.session_state["data_choice"]
    for field, value in (("outcome", "y"), ("group", "g")):
        app.selectbox(key=f"model_{field}_{key}").set_value(value).run()
    app.multiselect(key=f"model_predictors_{key}").set_value(["x", "p", "a"]).run()
    app.radio(key=f"model_structure_{key}").set_value("slope").run()
    for words in KINDS[kind]:
        pick(app, words)
    assert spec_of(app).terms
    for screen in SCREENS:
        if screen.section != "Learn" or screen.name == "simulate":
            open_screen(app, f"{screen.section.lower()}/{screen.name}")
            healthy(app)
