"""The link in a real browser: copied, opened elsewhere, back and forward, after a restart."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

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
        "/?view=map&u=log_uranium&cross=floor*log_uranium&criterion=ML",
        "/variance?data=exam&slope=&projector=1",
        pytest.param("/?data=exam&view=lines&order=size&page=2", marks=pytest.mark.slow),
        pytest.param(
            "/?data=sleepstudy&view=shrinkage&slope=&sort=size&se=1", marks=pytest.mark.slow
        ),
        pytest.param(
            "/?data=exam&do=within:standLRT&view=group_size&se_size=0", marks=pytest.mark.slow
        ),
        pytest.param("/?dial=0.25&at=STLOUIS", marks=pytest.mark.slow),
        pytest.param("/groups?at=STLOUIS&uncorrelated=1", marks=pytest.mark.slow),
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


def drawn(page: Page) -> dict[str, object]:
    """Return what the dial has drawn: where it stands, and every group's line."""
    dial = page.locator(".ppe-dial")
    dial.wait_for()
    found: dict[str, object] = dial.evaluate("d => ({...d.drawn(), panels: null})")
    return found


def test_the_dial_stands_where_the_link_says(open_app: OpenApp) -> None:
    page = open_app("/?data=sleepstudy&at=310")
    dial = page.locator(".ppe-dial")
    dial.locator(".hand0").focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    page.wait_for_url("**dial=*")
    settle(page)
    turned = drawn(page)
    address = urlsplit(page.url)
    again = open_app(f"{address.path}?{address.query}")
    assert drawn(again) == turned and turned["c"] != "1"
    page.go_back()
    expect(dial).to_have_attribute("data-c", "1", timeout=20_000)
    page.go_forward()
    expect(dial).to_have_attribute("data-c", str(turned["c"]), timeout=20_000)
    page.locator(".ppe-dial .panel.right .tabs button").last.click()
    page.wait_for_url("**views=shrinkage-lines*")
    parted = open_app("/?data=sleepstudy&dial=0.25&dial2=2")
    assert (drawn(parted)["c"], drawn(parted)["slope"]) == ("0.25", "2")


def test_a_seed_of_ones_own_outlives_a_reload_and_lets_the_reader_go_back(
    open_app: OpenApp, problems: list[str]
) -> None:
    page = open_app("/terms")
    page.evaluate("location.assign('/simulate?seed=own')")
    page.wait_for_url(re.compile(r"seed=\d+$"))
    settle(page)
    address = page.url
    page.reload()
    settle(page)
    assert page.url == address
    page.go_back()
    settle(page)
    page.go_back()
    page.wait_for_url("**/terms")
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
