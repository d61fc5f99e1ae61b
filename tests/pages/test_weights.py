"""Weights on the screens: chosen in the sidebar, said in words, in the link, refused where due."""

from __future__ import annotations

import numpy as np
from streamlit.testing.v1 import AppTest

from pages.screens import SCREENS
from tests.browser.driver import ROOT
from tests.fitted import many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload
from tests.pages.test_link import address


def opened() -> AppTest:
    rows = many_groups(14).drop(columns="kind")
    rows["w"] = np.round(np.random.default_rng(1).uniform(0.2, 5.0, len(rows)), 2)
    rows["f"] = np.random.default_rng(2).integers(1, 4, len(rows))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    app.run()
    upload(app, "own.csv", rows.to_csv(index=False).encode())
    for field, value in (("outcome", "y"), ("group", "g"), ("predictors", ["x"])):
        choose(app, sidebar_key(app, field), value)
    return app


def captions(app: AppTest) -> str:
    return " ".join(c.value for c in app.caption).replace("\\", "")


def test_weights_are_chosen_said_and_linked() -> None:
    app = opened()
    before = app.session_state["shown"].fits.multilevel.criterion_value
    choose(app, sidebar_key(app, "weights"), "w")
    shown = app.session_state["shown"]
    assert shown.spec.has_precision and shown.fits.multilevel.criterion_value != before
    assert "weighted by w (precision" in captions(app)
    assert address(app)["weights"] == ("4",) and "weigh" not in address(app)
    choose(app, sidebar_key(app, "weights"), "f")
    choose(app, sidebar_key(app, "weigh"), "frequency")
    shown = app.session_state["shown"]
    assert shown.fits.data.n_obs == int(shown.dataset.table["f"].sum())
    assert "counted as often as f says" in captions(app)
    assert address(app)["weigh"] == ("frequency",)
    choose(app, sidebar_key(app, "weigh"), "survey")
    assert any("svylme" in e.value for e in app.error)
    choose(app, sidebar_key(app, "weights"), "")
    assert app.session_state["shown"].fits.multilevel.criterion_value == before
    assert not app.error


def test_every_screen_takes_weights_or_says_that_it_does_not() -> None:
    app = opened()
    choose(app, sidebar_key(app, "weights"), "w")
    for screen in SCREENS:
        if screen.name not in ("lessons", "terms"):
            open_screen(app, f"{screen.section.lower()}/{screen.name}")
            healthy(app)
            if screen.name == "simulate":
                assert "cannot be simulated with precision weights" in captions(app)
            elif screen.name not in ("data", "groups"):
                assert "Rows weigh what w says" in captions(app), screen.name
