"""The start screen in Chromium: every example, structure and view; every look; hostile names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import core
from tests.browser.driver import ROOT, serve, settle
from tests.fitted import HOSTILE, ONE_FACTOR, many_groups

VIEWS = ("Dial", "Lines", "Shrinkage", "Group size", "Map", "Table")
LOOKS: dict[str, dict[str, Any]] = {
    "dark": {"scheme": "dark"},
    "narrow": {"width": 390, "height": 844},
}
#: What a page does when a name of a table is taken for markup.
ALARM = "window.alarms = []; window.alert = (text) => window.alarms.push(text); null"


def choose_view(page: Page, name: str) -> None:
    """Switch to a view and wait for it."""
    main = page.get_by_test_id("stMain")
    main.get_by_role("radio", name=name, exact=True).first.click(force=True)
    settle(page)


def choose_structure(page: Page, name: str) -> None:
    """Choose what varies, in the sidebar."""
    page.get_by_test_id("stSidebar").get_by_text(name, exact=True).click()
    settle(page)


def choose_example(page: Page, title: str) -> None:
    """Choose a table, in the sidebar."""
    page.get_by_test_id("stSidebar").get_by_role("combobox").first.click()
    page.get_by_role("option", name=title, exact=True).click()
    settle(page)


def assert_sound(page: Page, width: int) -> None:
    """Assert that the page shows a picture or a table, no error, and fits its width."""
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentError").count() == 0
    main = page.get_by_test_id("stMain")
    kinds = ".ppe-dial, .js-plotly-plot, [data-testid=stDataFrame], [data-testid=stButton]"
    pictures = main.locator(kinds)
    assert pictures.count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("look", ["narrow", pytest.param("dark", marks=pytest.mark.slow)])
def test_every_view_in_the_dark_and_on_a_phone(
    look: str, open_app: Callable[..., Page], problems: list[str]
) -> None:
    page = open_app(**LOOKS[look])
    for view in VIEWS:
        choose_view(page, view)
        assert_sound(page, LOOKS[look].get("width", 1280))
    assert not problems


@pytest.mark.slow
@pytest.mark.parametrize("example", ONE_FACTOR)
def test_every_example_structure_and_view(
    example: str, open_app: Callable[..., Page], problems: list[str]
) -> None:
    page = open_app()
    if example != "radon":
        choose_example(page, core.EXAMPLES[example].title)
    for structure in ("intercept", "intercept and slope"):
        choose_structure(page, structure)
        for view in VIEWS:
            choose_view(page, view)
            assert_sound(page, 1280)
    assert not problems


def test_every_figure_is_above_the_fold_described_and_has_its_numbers(
    open_app: Callable[..., Page],
) -> None:
    page = open_app()
    for view in VIEWS[1:5]:
        choose_view(page, view)
        box = page.locator(".js-plotly-plot").bounding_box()
        assert box is not None and box["y"] + box["height"] <= 800, view
        label = page.get_by_role("figure").first.get_attribute("aria-label") or ""
        assert len(label) > 80 and any(c.isdigit() for c in label), view
    page.get_by_text("Numbers behind this figure").click()
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    assert text.startswith("group,n,") and text.count("\n") == 86


@pytest.mark.slow
def test_hostile_names_do_nothing_and_read_as_typed(
    open_app: Callable[..., Page], problems: list[str]
) -> None:
    table = many_groups(14).rename(columns={"y": f"y {HOSTILE}", "x": f"x {HOSTILE}"})
    table["g"] = table["g"] + " " + HOSTILE
    page = open_app()
    page.evaluate(ALARM)
    upload(page, "hostile.csv", table.to_csv(index=False).encode())
    for view in VIEWS:
        choose_view(page, view)
        main = page.get_by_test_id("stMain")
        assert main.locator("img").count() == 0
        text = main.inner_text().replace("\N{WORD JOINER}", "")
        assert f"y {HOSTILE} by x {HOSTILE}" in text, view
        if view in ("Lines", "Shrinkage"):
            heading = main.get_by_role("heading", level=2).first.inner_text()
            assert HOSTILE in heading.replace("\N{WORD JOINER}", ""), view
    assert page.evaluate("window.alarms") == []
    assert not problems


def upload(page: Page, name: str, content: bytes) -> None:
    """Open the uploader and hand it a file."""
    side = page.get_by_test_id("stSidebar")
    side.get_by_text("Upload a table", exact=True).click()
    settle(page)
    with page.expect_response(re.compile("upload_file"), timeout=60_000):
        page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "text/csv", "buffer": content}
        )
    settle(page, quiet=600)


@pytest.mark.slow
def test_an_upload_is_seen_by_its_session_only(open_app: Callable[..., Page]) -> None:
    page = open_app()
    upload(page, "mine-alone.csv", many_groups(20).to_csv(index=False).encode())
    expect(page.get_by_test_id("stMain")).to_contain_text("20 groups")
    other = open_app()
    other.get_by_test_id("stSidebar").get_by_role("combobox").first.click()
    expect(other.get_by_role("option")).to_have_count(len(core.EXAMPLES))


def test_a_bad_upload_is_a_message_and_the_picture_stays(open_app: Callable[..., Page]) -> None:
    page = open_app()
    upload(page, "broken.csv", b"\x00\x01\x02 nothing")
    expect(page.get_by_test_id("stAlertContentError")).to_contain_text("broken.csv")
    assert page.locator(".ppe-dial").count() == 1


def test_the_views_can_be_reached_by_keyboard(open_app: Callable[..., Page]) -> None:
    page = open_app()
    lines = page.get_by_test_id("stMain").get_by_role("radio", name="Lines", exact=True).first
    lines.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    settle(page)
    heading = page.get_by_test_id("stMain").get_by_role("heading", level=2).first
    expect(heading).to_contain_text("moves most of all")


def test_the_first_visitor_may_follow_a_link(
    tmp_path_factory: pytest.TempPathFactory, new_context: Callable
) -> None:
    log = tmp_path_factory.mktemp("fresh") / "log.txt"
    with serve(ROOT / "app.py", log) as server:
        page = new_context().new_page()
        page.goto(server.url + "/groups")
        settle(page, timeout=60_000)
        expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_be_visible()
        assert page.get_by_role("dialog").count() == 0
        assert "Page not found" not in page.inner_text("body")


def follow(page: Page, screen: str) -> None:
    """Go to another screen by its link in the sidebar."""
    page.locator(".st-key-navigation").get_by_role("link", name=screen, exact=True).click()
    settle(page)


@pytest.mark.slow
def test_the_other_screens_of_explore(open_app: Callable[..., Page], problems: list[str]) -> None:
    page = open_app()
    choose_view(page, "Shrinkage")
    follow(page, "Groups")
    assert_sound(page, 1280)
    follow(page, "Data")
    assert_sound(page, 1280)
    page.get_by_role("button", name="Centre 'floor' at its mean").click()
    settle(page)
    assert_sound(page, 1280)
    expect(page.get_by_test_id("stMain")).to_contain_text("Undo the last change")
    follow(page, "Pooling")
    expect(page.get_by_test_id("stMain")).to_contain_text("floor (centred)")
    selected = page.get_by_test_id("stMain").get_by_role("radio", name="Shrinkage", exact=True)
    expect(selected.first).to_have_attribute("aria-checked", "true")
    assert not problems
