"""The first look at a table of the reader's own: questions, roles, runners-up, visits."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.driver import healthy, upload
from tests.pages.test_opening import click

SHOPS = [f"Laden {letter}" for letter in "ABCDEFGH"]


def heading(app: AppTest) -> str:
    """Return the title of the page."""
    return str(app.title[0].value)


def test_no_headline_before_the_marks_are_known(app: AppTest) -> None:
    rows = "".join(f"{s};{i + 1};1.{200 + 9 * i + len(s)}\n" for s in SHOPS for i in range(6))
    upload(app, "shops.csv", f"Laden;Woche;Lohn\n{rows}".encode())
    assert "question" in heading(app) and not app.get("plotly_chart")
    click(app, "Read '1.207' in 'Lohn' as 1207")
    shown = app.session_state["shown"]
    assert shown.spec.outcome == "Lohn" and shown.fits.data.y.min() > 1_000
    assert "question" not in heading(app)


def test_a_coin_toss_asks_and_can_be_passed_over(app: AppTest) -> None:
    rows = "".join(
        f"{s},{(3 * i + len(s) * j) % 7}.{i},{(5 * i + j) % 9}.5\n"
        for j, s in enumerate(SHOPS)
        for i in range(6)
    )
    upload(app, "sites.csv", f"site,alpha,beta\n{rows}".encode())
    assert "question" in heading(app)
    click(app, "beta")
    assert app.session_state["shown"].spec.outcome == "beta"
    click(app, "Rather explain alpha")
    assert app.session_state["shown"].spec.outcome == "alpha"


def test_days_of_visits_are_one_click_away(app: AppTest) -> None:
    rows = "".join(
        f"P{j},2021-0{1 + i}-{10 + j},{120 + 3 * i + j}.{i}\n" for j in range(8) for i in range(5)
    )
    upload(app, "visits.csv", f"patient,date,sbp\n{rows}".encode())
    click(app, "Turn 'date' into days since the first of each 'patient'")
    shown = app.session_state["shown"]
    assert shown.spec.predictors == ("date",) and shown.dataset.table["date"].iloc[0] == 0
    healthy(app)
