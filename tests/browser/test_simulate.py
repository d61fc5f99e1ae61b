"""The truth arena in Chromium: a link restores it, a run can be left, nothing overflows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenApp
from tests.browser.driver import settle

#: Enough draws, groups and coefficients that there is time to press a button.
LONG = "/simulate?view=many&draws=5000&n_groups=200&fit=slope&sigma_beta=0.3"


def press(page: Page, name: str) -> None:
    """Press a button or segment and wait."""
    button = page.get_by_role("button", name=name, exact=True)
    page.get_by_role("radio", name=name, exact=True).or_(button).first.click()
    settle(page, timeout=90_000)


def forget_probes(problems: list[str]) -> None:
    """Forget what Streamlit itself asks for in vain when a deep link is opened."""
    problems[:] = [p for p in problems if "404" not in p]


def test_a_link_restores_the_arena(open_app: OpenApp, problems: list[str]) -> None:
    path = "/simulate?view=many&measure=coverage&seed=77&n_groups=12&sigma_alpha=0.3&draws=200"
    titles = [open_app(path).locator("h1").first.inner_text() for _ in range(2)]
    assert titles[0] == titles[1]
    assert titles[0].startswith("90% intervals hold the truth") and "200 draws" in titles[0]
    forget_probes(problems)


def test_a_drawn_table_goes_by_its_recipe(open_app: OpenApp, problems: list[str]) -> None:
    page = open_app("/simulate?n_groups=12&seed=9")
    press(page, "Open in the dashboard")
    expect(page).to_have_url(re.compile(r"/\?data=sim-j12_n8_v1_s9"))
    title = page.locator("h1").first.inner_text()
    assert title.startswith("Left alone, 12 groups")
    again = open_app("/?data=sim-j12_n8_v1_s9").locator("h1").first.inner_text()
    assert again == title
    forget_probes(problems)


def test_a_run_can_be_stopped_and_goes_on(open_app: OpenApp, problems: list[str]) -> None:
    page = open_app("/simulate?n_groups=200&fit=slope&sigma_beta=0.3")
    page.goto(page.url.split("/simulate")[0] + LONG)
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for(timeout=60_000)
    stop.click()
    page.get_by_role("button", name="Go on", exact=True).wait_for(timeout=60_000)
    settle(page, timeout=60_000)
    said = page.get_by_text(re.compile(r"Stopped after [\d,]+ of 5,000 draws")).inner_text()
    done = int(re.findall(r"[\d,]+", said)[0].replace(",", ""))
    assert 0 < done < 5000
    page.get_by_role("button", name="Go on", exact=True).click()
    page.locator('[data-testid="stProgress"]').wait_for(timeout=60_000)
    # Leaving a run that is under way for another view works, too.
    page.get_by_role("radio", name="One draw", exact=True).click()
    expect(page.locator("h1").first).to_contain_text("This time", timeout=60_000)
    forget_probes(problems)


@pytest.mark.parametrize("view", ["one", "many", "map", "amount"])
def test_nothing_overflows_on_a_phone(open_app: OpenApp, problems: list[str], view: str) -> None:
    page = open_app(f"/simulate?view={view}&draws=200", width=390, height=844)
    settle(page, timeout=90_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    forget_probes(problems)


def test_the_figure_stands_above_the_fold(open_app: OpenApp, problems: list[str]) -> None:
    page = open_app("/simulate")
    box = page.locator('[data-testid="stPlotlyChart"]').first.bounding_box()
    assert box is not None and box["y"] + box["height"] <= 800
    forget_probes(problems)
