"""Take home: what is offered, and that a refused model leaves the report."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.driver import healthy, upload


def test_reports_and_scripts_are_offered(app: AppTest) -> None:
    app.session_state["takeaway_open"] = True
    app.run()
    healthy(app)
    keys = {b.key for b in app.get("download_button")}
    assert {"takeaway_report", "takeaway_markdown", "takeaway_scripts"} <= keys
    app.toggle(key="takeaway_short").set_value(True).run()
    healthy(app)
    assert not [m for m in app.multiselect if m.key == "takeaway_screens"]


def test_without_a_multilevel_fit_there_are_no_scripts(app: AppTest) -> None:
    upload(app, "flat.csv", b"g,y\n" + b"".join(b"a,1\n" + b"b,2\n" for _ in range(8)))
    app.session_state["takeaway_open"] = True
    app.run()
    healthy(app)
    keys = {b.key for b in app.get("download_button")}
    assert "takeaway_report" in keys and "takeaway_scripts" not in keys
