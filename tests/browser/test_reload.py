"""A reload loses nothing, in the same tab; another browser gets nothing; what is closed is gone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.driver import settle
from tests.browser.test_app import upload

ROWS = "".join(
    f"Filiale {j},{i},{100 + 7 * j + 3 * i + (i * j) % 5}.5\n" for j in range(8) for i in range(6)
)


def open_table(page: Page) -> None:
    """Upload the table and wait for it."""
    upload(page, "shops.csv", ("branch,visits,revenue\n" + ROWS).encode())
    expect(page.get_by_test_id("stMain")).to_contain_text("What was read", timeout=60_000)
    settle(page)
    page.wait_for_function("sessionStorage.getItem('pooling-table')", timeout=60_000)
    settle(page)


def test_a_reload_brings_table_screen_and_choices_back(open_app: Callable[..., Page]) -> None:
    page = open_app()
    open_table(page)
    page.get_by_test_id("stSidebar").get_by_text("Ranking", exact=True).click()
    settle(page)
    page.reload()
    settle(page)
    expect(page.get_by_test_id("stMain")).to_contain_text("Filiale", timeout=60_000)
    assert "ranking" in page.url and "shops" not in page.url
    token = page.evaluate("sessionStorage.getItem('pooling-tab')")
    assert len(token) == 64 and token not in page.url
    other = open_app(page.url[page.url.index("/", 8) :])  # the link in another browser
    expect(other.get_by_test_id("stMain")).to_contain_text("table")
    assert other.get_by_text("shops.csv").count() == 0
    page.get_by_test_id("stSidebar").get_by_role("button", name="Close this table").click()
    settle(page)
    page.reload()
    settle(page)
    assert page.get_by_text("shops.csv").count() == 0


def test_a_table_that_is_gone_is_named(open_app: Callable[..., Page]) -> None:
    page = open_app()
    open_table(page)
    page.evaluate("sessionStorage.setItem('pooling-tab', 'f'.repeat(64))")
    page.reload()
    settle(page)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("heading", level=1)).to_contain_text("shops.csv")
    assert main.locator(".ppe-dial, .js-plotly-plot").count() == 0
    main.get_by_role("button", name="Show an example instead").click()
    settle(page)
    expect(main.locator(".ppe-dial")).to_be_visible()
