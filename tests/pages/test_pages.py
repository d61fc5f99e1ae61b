"""The app without a browser: every control at both ends, every error as a message."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import core
from pages._shared import cache
from tests.browser.driver import ROOT
from tests.fitted import HOSTILE, many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload

VIEWS = ("dial", "lines", "shrinkage", "group_size", "map", "table")
TITLE_STARTS = {"radon": "Left alone, 85", "exam": "Left alone, 65", "sleepstudy": "Left alone, 18"}


def has_dial(app: AppTest) -> bool:
    """Return whether the pooling dial is on the page."""
    return any(c.proto.component_name == "pooling_dial" for c in app.get("bidi_component"))


def test_zero_clicks(app: AppTest) -> None:
    assert app.session_state["shown"].dataset.id == "radon"
    assert app.title[0].value.startswith("Left alone, 85 counties range from 0.36 to 2.78")
    assert not app.error and not app.warning
    assert has_dial(app)
    assert len(app.latex) == 2
    assert any("lmer(" in c.value for c in app.code)


@pytest.mark.parametrize("example", list(core.EXAMPLES))
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


def test_group_level_predictors_and_interactions(app: AppTest) -> None:
    choose(app, sidebar_key(app, "group_predictors"), ["log_uranium"])
    choose(app, sidebar_key(app, "cross_level"), [("floor", "log_uranium")])
    choose(app, sidebar_key(app, "correlated"), False)
    spec = app.session_state["shown"].spec
    assert spec.cross_level == (("floor", "log_uranium"),) and not spec.correlated
    for view in VIEWS:
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
    for view in VIEWS:
        choose(app, "pooling_view", view)
        assert not app.error
        texts = [
            e.value for kind in (app.title, app.header, app.markdown, app.caption) for e in kind
        ]
        assert not any("<img" in t.replace("\\<", "") for t in texts)


def test_degenerate_data_show_the_other_two(app: AppTest) -> None:
    upload(app, "flat.csv", b"y,g\n" + b"".join(b"%d,g%d\n" % (j, j) for j in range(8)) * 4)
    assert "no partial pooling" in app.warning[0].value
    for view in VIEWS:
        choose(app, "pooling_view", view)
        assert not app.error


def test_left_out_rows_are_told(app: AppTest) -> None:
    table = many_groups(20)
    table.loc[:3, "x"] = None
    upload(app, "gaps.csv", table.to_csv(index=False).encode())
    assert any("rows left out" in i.value for i in app.info)


def test_the_screen_of_one_group_shows_its_receipt(app: AppTest) -> None:
    open_screen(app, "explore/groups")
    assert app.title[0].value.startswith("LACQUIPARLE (2 homes)")
    choose(app, "groups_name_radon", "STLOUIS")
    assert app.title[0].value.startswith("STLOUIS (116 homes)")
    receipt = app.dataframe[0].value.set_index("estimate")
    assert receipt.loc["complete pooling", "intercept"] == "1.36"
    choose(app, "data_choice", "exam")
    assert app.title[0].value.startswith("School 48") or "48" in app.title[0].value
    choose(app, "data_choice", "radon")
    assert app.title[0].value.startswith("STLOUIS"), "the group chosen is not lost"


def test_the_screen_of_one_group_without_a_multilevel_fit(app: AppTest) -> None:
    upload(app, "flat.csv", b"y,g\n" + b"".join(b"%d,g%d\n" % (j, j) for j in range(8)) * 4)
    open_screen(app, "explore/groups")
    assert "no partial pooling" in app.warning[0].value and not app.title


def test_the_screen_of_the_table(app: AppTest) -> None:
    open_screen(app, "explore/data")
    assert app.title[0].value.startswith("All 919 rows are used")
    roles = {c.key: c.value for c in app.segmented_control if c.key.startswith("data_role_")}
    columns = core.load_example("radon").columns
    by_column = {columns[int(key.rpartition("_")[2])]: role for key, role in roles.items()}
    expected = {"log_radon": "outcome", "floor": "predictors", "county": "group"}
    assert by_column == {**dict.fromkeys(columns, "unused"), **expected}
    assert any("same within each group" in m.value for m in app.markdown)


def test_a_finding_is_mended_by_a_click_and_undone(app: AppTest) -> None:
    table = many_groups(20)
    table["x"] = [f"{v:,.2f}%" for v in table["x"]]
    upload(app, "percent.csv", table.to_csv(index=False).encode())
    open_screen(app, "explore/data")
    before = app.session_state["shown"].dataset
    fixes = [b for b in app.button if (b.key or "").startswith("data_fix_")]
    assert fixes
    fixes[0].click().run()
    healthy(app)
    data = app.session_state["data_choice"]
    assert data != before.id and app.session_state["uploads"][data].previous is before
    app.button(key="data_undo").click().run()
    healthy(app)
    assert app.session_state["data_choice"] == before.id


def test_a_changed_predictor_takes_the_place_of_the_old(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    open_screen(app, "explore/data")
    app.button(key="data_recipe_CentreGroupMean_standLRT").click().run()
    healthy(app)
    spec = app.session_state["shown"].spec
    assert spec.predictors == spec.varying == ("standLRT (within school)",)
    assert spec.group_predictors == ("standLRT (school mean)",)
    assert not app.error and app.session_state["shown"].dataset.is_upload
    assert "exam" in core.EXAMPLES and "standLRT (within school)" not in core.load_example("exam")
    app.button(key="data_undo").click().run()
    healthy(app)
    assert app.session_state["shown"].spec.predictors == ("standLRT",)


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
