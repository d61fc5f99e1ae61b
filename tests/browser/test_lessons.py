"""The lessons in a browser: by keyboard, at the width of a phone, on the projector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.lessons.catalogue import FOLDER, LESSONS
from tests.browser.conftest import OpenApp
from tests.browser.driver import settle


@pytest.fixture(autouse=True)
def deep_link(problems: list[str]) -> Iterator[None]:
    """Let pass what Streamlit asks for beside the path of a screen before it asks at the root."""
    yield
    problems[:] = [p for p in problems if "404 (Not Found)" not in p]


WIDTHS = {"desk": (1280, 800), "phone": (390, 844)}


def title(page: Page) -> str:
    return page.locator('[data-testid="stMain"] h1').first.inner_text()


def press(page: Page, key: str) -> None:
    page.keyboard.press(key)
    settle(page, quiet=600)


def nothing_is_wrong(page: Page, width: int) -> None:
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator('[data-testid="stMain"] .js-plotly-plot').count() > 0


def cases() -> Iterator[Any]:
    """Yield every lesson at every width: the first at the desk, the last on a phone, by default."""
    names = list(LESSONS)
    for name in names:
        for where in WIDTHS:
            is_first = (name, where) in ((names[0], "desk"), (names[-1], "phone"))
            yield pytest.param(name, where, marks=[] if is_first else [pytest.mark.slow])


@pytest.mark.parametrize(("name", "where"), list(cases()))
def test_every_lesson_steps_through_by_keyboard(name: str, where: str, open_app: OpenApp) -> None:
    width, height = WIDTHS[where]
    page = open_app(f"/lessons?lesson={name}", width=width, height=height)
    seen = []
    for step in LESSONS[name].steps:
        nothing_is_wrong(page, width)
        seen.append(title(page))
        if step.task.is_guess:
            assert "Show the answer" in page.locator('[data-testid="stMain"]').inner_text()
            press(page, "s")
            main = page.get_by_test_id("stMain")
            expect(main).to_contain_text("Guess again", timeout=20_000)
            expect(main).to_contain_text("You", timeout=20_000)
            nothing_is_wrong(page, width)
        if step.number < len(LESSONS[name].steps):
            press(page, "n")
    assert len(set(seen)) == len(LESSONS[name].steps)
    press(page, "b")
    assert title(page) == seen[-2]
    assert f"lesson={name}" in page.url and f"step={len(seen) - 1}" in page.url


def test_a_guess_is_moved_by_the_arrow_keys(open_app: OpenApp) -> None:
    page = open_app("/lessons?lesson=small_groups&step=3")
    thumb = page.get_by_role("slider").first
    thumb.focus()
    before = float(thumb.input_value())
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    settle(page)
    after = float(page.get_by_role("slider").first.input_value())
    assert after == pytest.approx(before + 0.06)
    press(page, "s")
    said = f"You said {after:.2f}"
    expect(page.get_by_test_id("stMain")).to_contain_text(said, timeout=20_000)


def test_one_key_opens_the_step_in_the_dashboard(open_app: OpenApp) -> None:
    page = open_app("/lessons?lesson=scenarios&step=6")
    press(page, "d")
    settle(page, quiet=600)
    assert "u=log_uranium" in page.url and "/lessons" not in page.url
    page.get_by_text("Equations, and the same fit in R and Python").click()
    code = page.locator('[data-testid="stCode"]').first.inner_text()
    assert "log_uranium + (floor | county)" in code


@pytest.mark.slow
def test_a_link_to_a_lesson_from_a_file_says_what_it_needs(open_app: OpenApp) -> None:
    page = open_app("/lessons?lesson=own&step=3")
    assert title(page) == "Lessons"
    assert "not here" in page.locator('[data-testid="stMain"]').inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("query", ["lesson=%3Cscript%3E", "lesson=small_groups&step=7"])
def test_a_link_to_no_lesson_shows_the_start(
    query: str, open_app: OpenApp, problems: list[str]
) -> None:
    page = open_app(f"/lessons?{query}")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("could not be followed", timeout=20_000)
    expect(main).to_contain_text("Left alone, 85 counties", timeout=20_000)
    problems[:] = [p for p in problems if "404 (Not Found)" not in p]


@pytest.mark.slow
def test_typing_does_not_turn_the_page(open_app: OpenApp) -> None:
    page = open_app("/lessons?lesson=small_groups")
    before = title(page)
    page.get_by_role("combobox", name="Your pick").click()
    page.keyboard.type("nobles")
    page.keyboard.press("Enter")
    settle(page)
    assert title(page) == before
    press(page, "s")
    assert "NOBLES" in page.locator('[data-testid="stMain"]').inner_text()


@pytest.mark.slow
def test_the_projector_shows_text_and_figure_together(open_app: OpenApp) -> None:
    page = open_app("/lessons?lesson=scenarios&step=3&projector=1")
    chart = page.locator('[data-testid="stMain"] .js-plotly-plot').first.bounding_box()
    assert chart is not None and chart["y"] < 400


@pytest.mark.parametrize("width", [1280, 390])
def test_terms_are_searched_by_keyboard(width: int, open_app: OpenApp) -> None:
    page = open_app("/terms", width=width)
    page.get_by_label("Find a term").fill("BLUP")
    page.keyboard.press("Enter")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("ranef")
    expect(main).to_contain_text("Conditional mode")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_lesson_that_is_brought_takes_the_place_of_the_list(
    open_app: OpenApp, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(sorted(FOLDER.glob("*.toml"))[2].read_bytes())
    page = open_app("/lessons")
    page.get_by_role("button", name="Bring a lesson").click()
    page.locator("[data-testid=stPopoverBody] input[type=file]").set_input_files(file)
    page.wait_for_url("**lesson=own", timeout=20_000)
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0, timeout=20_000)
    press(page, "n")
    assert "lesson=own&step=2" in page.url
