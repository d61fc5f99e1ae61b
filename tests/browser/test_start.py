"""The app opens, in every look, without a single complaint."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page


@pytest.mark.parametrize("look", ["app", "app_dark", "app_narrow"])
def test_start_screen_opens(look: str, request: pytest.FixtureRequest) -> None:
    page: Page = request.getfixturevalue(look)
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.locator('[data-testid="stMain"] h1, [data-testid="stMain"] h2').count() > 0


def test_nothing_overflows_on_a_phone(app_narrow: Page) -> None:
    width = app_narrow.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
