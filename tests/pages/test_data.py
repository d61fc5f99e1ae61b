"""The screen Data: findings mended and undone, roles, rows left out."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

import core
from tests.fitted import many_groups
from tests.pages.driver import choose, healthy, open_screen, upload


def test_left_out_rows_are_told(app: AppTest) -> None:
    table = many_groups(20)
    table.loc[:3, "x"] = None
    upload(app, "gaps.csv", table.to_csv(index=False).encode())
    assert any("rows left out" in i.value for i in app.info)


def test_the_screen_of_the_table(app: AppTest) -> None:
    open_screen(app, "explore/data")
    assert app.title[0].value.startswith("All 919 rows are used")
    roles = {c.key: c.value for c in app.segmented_control if c.key.startswith("data_role_")}
    columns = core.load_example("radon").columns
    by_column = {columns[int(key.rpartition("_")[2])]: role for key, role in roles.items()}
    expected = {"log_radon": "outcome", "floor": "predictors", "county": "group"}
    assert by_column == {**dict.fromkeys(columns, "unused"), **expected}
    assert any("same within each group" in m.value for m in app.markdown)
    (uranium,) = (c.value for c in app.caption if "never varies inside 'county'" in c.value)
    assert "It could be a group\\-level predictor" in uranium
    assert any("Outcome\\: it" in c.value for c in app.caption)


def test_a_finding_is_mended_by_a_click_and_undone(app: AppTest) -> None:
    table = many_groups(20)
    pasted = table.to_csv(index=False) + table.to_csv(index=False, header=False)
    upload(app, "twice.csv", pasted.encode())
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
