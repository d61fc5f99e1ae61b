"""Keep a model as A, change anything, look at both, take A back."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

import core
from pages._shared.link import address as link
from tests.browser.driver import ROOT
from tests.fitted import many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload
from tests.pages.test_link import address, follow

SCREEN = "use/compare"


def opened(name: str = "exam") -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    return choose(app, "data_choice", name)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    healthy(app)
    return app


def titles(app: AppTest) -> str:
    return " ".join(t.value for t in app.title).replace("\\", "")


def keys(app: AppTest) -> set[str]:
    return {str(b.key) for b in app.button}


def test_a_reader_keeps_changes_compares_and_takes_back() -> None:
    app = opened()
    assert "kept_back" not in keys(app)
    before = app.session_state["shown"].spec
    press(app, "kept_keep")
    assert address(app)["a"] == ("1",)
    assert "kept_back" not in keys(app)  # A is on screen
    choose(app, sidebar_key(app, "structure"), "intercept")
    choose(app, sidebar_key(app, "predictors"), [])
    changed = app.session_state["shown"].spec
    assert changed != before
    press(app, "kept_compare")
    assert app.session_state["shown"].spec == changed
    assert "speak for A" in titles(app)
    assert len(app.table) == 4
    said = " ".join(m.value for m in app.markdown).replace("\\", "")
    assert "A, kept" in said and "leaves out" in said and "predicts new students better" in said
    # In somebody else's hands: the link holds both.
    again = follow(link.encoded(address(app)), SCREEN)
    assert titles(again) == titles(app) and address(again) == address(app)
    press(app, "compare_back")
    assert app.session_state["shown"].spec == before
    assert titles(app).startswith("Keep a model")
    assert app.session_state[sidebar_key(app, "predictors")] == ["standLRT"]
    press(app, "kept_forget")
    assert "a" not in address(app)


def test_the_better_one_takes_the_place_of_a() -> None:
    app = open_screen(opened("radon"), SCREEN)
    assert titles(app).startswith("Keep a model")
    press(app, "compare_keep")
    choose(app, sidebar_key(app, "group_predictors"), ["log_uranium"])
    assert "speak for B" in titles(app)
    choose(app, "compare_hold_out", "groups")
    said = " ".join(m.value for m in app.markdown)
    assert "homes of new counties" in said
    press(app, "compare_again")
    assert titles(app).startswith("Keep a model")
    held = app.session_state["kept_models"]["radon"]
    assert held.group_predictors == ("log_uranium",)


def test_what_cannot_be_compared_is_said() -> None:
    app = opened("sleepstudy")
    press(app, "kept_keep")
    choose(app, sidebar_key(app, "outcome"), "Days")
    open_screen(app, SCREEN)
    assert any("different outcomes, 'Reaction' and 'Days'" in e.value for e in app.error)
    press(app, "compare_back")
    assert app.session_state["shown"].spec.outcome == "Reaction"


def test_several_factors_are_compared_by_likelihood() -> None:
    app = opened("penicillin")
    press(app, "kept_keep")
    choose(app, sidebar_key(app, "also"), [])
    open_screen(app, SCREEN)
    assert "speak for A" in titles(app)
    assert any("several grouping factors" in e.value for e in app.error)
    assert "compare_hold_out" not in {str(s.key) for s in app.segmented_control}


def test_a_goes_along_with_a_table_and_is_private() -> None:
    app = opened()
    upload(app, "own.csv", many_groups(12).to_csv(index=False).encode())
    press(app, "kept_keep")
    params = address(app)
    assert params["a_y"] == (params["y"])
    assert all(v.isdigit() for v in params["a_y"] + params["a_group"])
    name = app.session_state["data_choice"]
    choose(app, "data_choice", "exam")
    assert "a" not in address(app)  # A is of the other table
    choose(app, "data_choice", name)
    assert "a" in address(app)


def test_a_link_with_an_impossible_a_is_refused() -> None:
    app = follow("data=exam&a=1&a_y=nothing")
    assert any("could not be followed" in w.value for w in app.warning)
    assert app.session_state["shown"].dataset.id == next(iter(core.EXAMPLES))
