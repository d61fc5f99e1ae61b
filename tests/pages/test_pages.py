"""The app without a browser: every control at both ends, every error as a message."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages._shared import cache
from pages.explore.pooling import controls as pooling
from tests.browser.driver import ROOT
from tests.fitted import HOSTILE, many_groups
from tests.pages.driver import choose, has_dial, healthy, sidebar_key, upload


def test_group_level_predictors_and_interactions(app: AppTest) -> None:
    choose(app, sidebar_key(app, "group_predictors"), ["log_uranium"])
    choose(app, sidebar_key(app, "cross_level"), [("floor", "log_uranium")])
    choose(app, sidebar_key(app, "correlated"), False)
    spec = app.session_state["shown"].spec
    assert spec.cross_level == (("floor", "log_uranium"),) and not spec.correlated
    for view in pooling.VIEW.choices:
        choose(app, "pooling_view", view)
        assert not app.error
    choose(app, sidebar_key(app, "categorical"), ["floor"])
    assert app.session_state["shown"].spec.categorical == ("floor",)
    assert not app.error


def test_switching_tables_loses_nothing(app: AppTest) -> None:
    choose(app, sidebar_key(app, "criterion"), "ML")
    choose(app, sidebar_key(app, "group_predictors"), ["log_uranium"])
    choose(app, "pooling_view", "shrinkage")
    choose(app, "data_choice", "exam")
    assert app.session_state["shown"].spec.criterion == "REML"
    choose(app, "data_choice", "radon")
    spec = app.session_state["shown"].spec
    assert spec.criterion == "ML" and spec.group_predictors == ("log_uranium",)
    assert app.segmented_control(key="pooling_view").value == "shrinkage"


def test_a_column_given_a_new_role_leaves_the_old(app: AppTest) -> None:
    choose(app, sidebar_key(app, "outcome"), "floor")
    spec = app.session_state["shown"].spec
    assert spec.outcome == "floor" and spec.predictors == ()
    assert not app.error
    choose(app, sidebar_key(app, "outcome"), "log_radon")
    choose(app, sidebar_key(app, "predictors"), ["floor", "log_uranium"])
    choose(app, sidebar_key(app, "group_predictors"), ["log_uranium"])
    assert app.session_state["shown"].spec.predictors == ("floor",)


def test_an_impossible_model_keeps_the_picture(app: AppTest) -> None:
    before = app.title[0].value
    choose(app, sidebar_key(app, "group_predictors"), ["floor"])
    assert "varies inside" in app.error[0].value and "last picture" in app.error[0].value
    assert app.title[0].value == before
    assert has_dial(app)
    choose(app, sidebar_key(app, "group_predictors"), [])
    assert not app.error


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(200)),
        ("words.csv", b"a,b\n" + b"x,y\n" * 30),
        ("one.csv", b"a\n1\n2\n3\n"),
        ("header.csv", b"y,x,g\n"),
    ],
)
def test_a_bad_file_is_a_message(app: AppTest, name: str, content: bytes) -> None:
    before = app.title[0].value
    upload(app, name, content)
    assert app.error and len(app.error[0].value) > 40
    assert "Traceback" not in app.error[0].value
    assert app.title[0].value == before and has_dial(app)


def test_an_upload_is_fitted_and_stays_in_the_list(app: AppTest) -> None:
    table = many_groups(30)
    upload(app, "mine.csv", table.to_csv(index=False).encode())
    shown = app.session_state["shown"]
    assert shown.dataset.title == "mine.csv" and shown.dataset.is_upload
    assert shown.spec.outcome == "y" and shown.spec.group == "g"
    assert shown.fits.data.n_obs == len(table)
    choose(app, "data_choice", "radon")
    assert app.session_state["shown"].dataset.id == "radon"
    choose(app, "data_choice", shown.dataset.id)
    assert app.session_state["shown"].dataset.title == "mine.csv"


def test_uploads_never_enter_the_shared_cache(app: AppTest) -> None:
    secret = many_groups(25, seed=99)
    cache._shared.clear()
    upload(app, "secret.csv", secret.to_csv(index=False).encode())
    name = app.session_state["shown"].dataset.id
    held = app.session_state["results"]
    assert any(name in key for key in held)
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    healthy(other)
    assert name not in other.selectbox(key="data_choice").options
    assert "secret.csv" not in other.selectbox(key="data_choice").options
    assert "results" not in other.session_state


def test_hostile_names_are_shown_and_harmless(app: AppTest) -> None:
    table = many_groups(14).rename(columns={"y": f"y {HOSTILE}", "x": f"x {HOSTILE}"})
    table["g"] = table["g"] + " " + HOSTILE
    upload(app, "hostile.csv", table.to_csv(index=False).encode())
    for view in pooling.VIEW.choices:
        choose(app, "pooling_view", view)
        assert not app.error
        texts = [
            e.value for kind in (app.title, app.header, app.markdown, app.caption) for e in kind
        ]
        assert not any("<img" in t.replace("\\<", "") for t in texts)


def test_the_reference_of_a_category_can_be_chosen(app: AppTest) -> None:
    upload(app, "kinds.csv", many_groups(30).to_csv(index=False).encode())
    choose(app, sidebar_key(app, "predictors"), ["x", "kind"])
    name = app.session_state["data_choice"]
    choose(app, f"model_reference_{name}_kind", "b")
    shown = app.session_state["shown"]
    assert shown.spec.reference["kind"] == "b"
    assert "kind[a]" in shown.fits.data.fixef_names
    choose(app, "data_choice", "radon")
    choose(app, "data_choice", name)
    assert app.session_state["shown"].spec.reference["kind"] == "b"
