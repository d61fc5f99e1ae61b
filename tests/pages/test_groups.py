"""The screen Groups: the receipt of one group, and all in a table."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.driver import choose, open_screen, upload


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
