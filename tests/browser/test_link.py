"""The link in a real browser: copied, opened elsewhere, back and forward, after a restart."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenApp
from tests.browser.driver import ROOT, serve, settle


def query(page: Page) -> dict[str, list[str]]:
    """Return what the address says."""
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def seen(page: Page) -> list[str]:
    """Return the words of the screen, and its charts as they are drawn."""
    words = page.get_by_test_id("stMain").inner_text()
    charts = page.locator("[data-testid=stMain] .js-plotly-plot .main-svg").all()
    return [words, *(chart.text_content() or "" for chart in charts)]


def go(page: Page, screen: str) -> None:
    """Follow a link of the navigation."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=screen, exact=True).click()
    settle(page)


def choose_view(page: Page, view: str) -> None:
    """Choose a view of the start screen."""
    page.get_by_role("radio", name=view, exact=True).first.click()
    settle(page)


def test_back_and_forward(app: Page) -> None:
    assert query(app) == {}
    choose_view(app, "Map")
    assert query(app) == {"view": ["map"]}
    on_the_map = seen(app)
    go(app, "Variance")
    assert urlsplit(app.url).path == "/variance"
    app.go_back()
    settle(app)
    assert urlsplit(app.url).path == "/" and query(app) == {"view": ["map"]}
    assert seen(app) == on_the_map
    app.go_back()
    settle(app)
    assert query(app) == {}
    assert app.get_by_role("radio", name="Dial", exact=True).first.is_checked()
    app.go_forward()
    settle(app)
    assert query(app) == {"view": ["map"]} and seen(app) == on_the_map


@pytest.mark.parametrize(
    "path",
    [
        "/?data=exam&view=lines&order=size&page=2",
        "/?data=sleepstudy&view=shrinkage&slope=&sort=size&se=1",
        "/?view=map&u=log_uranium&cross=floor*log_uranium&criterion=ML",
        "/?data=exam&do=within:standLRT&view=group_size&se_size=0",
        "/?dial=0.25&at=STLOUIS",
        "/variance?data=exam&slope=&projector=1",
        "/groups?at=STLOUIS&uncorrelated=1",
    ],
)
def test_a_link_shows_the_same_in_another_browser(
    open_app: OpenApp, path: str, problems: list[str]
) -> None:
    first = open_app(path)
    assert not first.get_by_text("could not be followed").count()
    wanted = parse_qs(urlsplit(path).query, keep_blank_values=True)
    assert {k: query(first)[k] for k in wanted} == wanted
    address = urlsplit(first.url)
    second = open_app(f"{address.path}?{address.query}")
    assert second.url == first.url and seen(second) == seen(first)
    # A deep link makes Streamlit look for its base path in two places that do not exist.
    problems[:] = [p for p in problems if "404 (Not Found)" not in p]


def test_the_link_to_copy_and_its_code(open_app: OpenApp) -> None:
    page = open_app("/?data=exam&view=table")
    page.get_by_role("button", name="Share").click()
    settle(page)
    shared = page.get_by_test_id("stPopoverBody")
    assert page.url in shared.inner_text()
    assert shared.get_by_role("img").count() == 1


def test_a_hostile_link_is_harmless(open_app: OpenApp, problems: list[str]) -> None:
    page = open_app("/variance?data=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&view=javascript:1")
    assert page.get_by_text("could not be followed").count() == 1
    assert page.locator("img[src=x]").count() == 0
    assert urlsplit(page.url).path == "/" and query(page) == {}
    problems[:] = [p for p in problems if "404 (Not Found)" not in p]


def test_a_link_survives_a_restart_of_the_server(
    open_app: OpenApp, new_context: object, tmp_path: Path
) -> None:
    page = open_app("/?data=exam&view=shrinkage&criterion=ML")
    address = urlsplit(page.url)
    with serve(ROOT / "app.py", tmp_path / "log.txt") as other:
        again = new_context().new_page()  # type: ignore[operator]
        again.set_viewport_size({"width": 1280, "height": 800})
        again.goto(f"{other.url}{address.path}?{address.query}")
        settle(again, timeout=60_000)
        assert seen(again) == seen(page)
        again.close()
