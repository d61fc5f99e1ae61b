"""Every screen with every example: opens, says something with numbers, is described, is silent,
can be used by all.

The screens are read from the navigation, so a new one is tested without a line here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import core
from tests.browser.conftest import OpenApp
from tests.browser.driver import settle

#: How Streamlit nests its list of screens; nothing a page can change.
NOT_OURS = {"list", "listitem"}
LOOKS = {
    "light": {},
    "dark": {"scheme": "dark"},
    "phone": {"width": 390, "height": 844},
}


def screens(page: Page) -> list[str]:
    """Return the names of the screens in the navigation."""
    links = page.locator(".st-key-navigation a")
    return [links.nth(i).inner_text() for i in range(links.count())]


def go(page: Page, name: str, *, is_phone: bool) -> None:
    """Follow the navigation to a screen; on a phone the sidebar is opened and closes again."""
    if is_phone:
        page.get_by_test_id("stExpandSidebarButton").click()
    link = page.locator(".st-key-navigation a", has_text=re.compile(f"^{re.escape(name)}$"))
    path = (link.get_attribute("href") or "").split("?")[0]
    link.click()
    page.wait_for_url(re.compile(rf"/{re.escape(path)}(\?|$)"))
    settle(page, timeout=60_000)


def faults(page: Page, name: str, *, is_wide: bool) -> list[str]:
    """Return what is wrong with the screen that is open; on a phone it is as on a desk for axe."""
    main = page.get_by_test_id("stMain")
    found = []
    with suppress(AssertionError):
        expect(main.locator("h1")).to_have_count(1)
    if page.get_by_test_id("stException").count():
        found.append("an exception is shown")
    if main.locator("h1").count() != 1:
        found.append(f"{main.locator('h1').count()} titles")
    for i, chart in enumerate(page.locator("[data-testid=stPlotlyChart]").all(), start=1):
        described = chart.get_attribute("aria-label") or ""
        if len(described) < 40 or not re.search(r"\d", described):
            found.append(f"chart {i} is described as '{described}'")
    found += [
        f"{each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in (Axe().run(page).response["violations"] if is_wide else ())
        if each["impact"] in ("serious", "critical") and each["id"] not in NOT_OURS
    ]
    wide = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    if wide > 1:
        found.append(f"the page is {wide} pixels wider than the screen")
    return [f"{name}: {what}" for what in found]


def cases() -> Iterator[Any]:
    """Yield every example in every look: each look once by default, the rest slow."""
    for i, example in enumerate(core.EXAMPLES):
        for j, look in enumerate(LOOKS):
            marks = [] if i == j else [pytest.mark.slow]
            yield pytest.param(example, look, marks=marks)


@pytest.mark.parametrize(("example", "look"), list(cases()))
def test_every_screen_opens(open_app: OpenApp, example: str, look: str) -> None:
    page = open_app(f"/?data={example}", **LOOKS[look])  # type: ignore[arg-type]
    is_phone = look == "phone"
    found = faults(page, "start", is_wide=not is_phone)
    for name in screens(page):
        go(page, name, is_phone=is_phone)
        found += faults(page, name, is_wide=not is_phone)
    assert found == []
