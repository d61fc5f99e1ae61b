"""Fixtures of the browser tests: the app in light, dark and at the width of a phone.

A test takes ``app`` (1280 x 800, light), ``app_dark`` or ``app_narrow`` (390 pixels), or calls
``open_app`` for a deep link or another size. Whatever goes wrong in the page or in the server
ends up in ``problems``, which must be empty when the test ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.driver import (
    OFFLINE_ARGS,
    ROOT,
    AppServer,
    find_chromium,
    serve,
    settle,
    watch,
)

OpenApp = Callable[..., Page]

# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder ``browser``."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the machine's own Chromium, shut off from the network."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: install chromium, or name one in the CHROMIUM variable")
    args = [*browser_type_launch_args.get("args", []), *OFFLINE_ARGS]
    return {**browser_type_launch_args, "executable_path": path, "args": args}


@pytest.fixture(scope="session")
def app_server(
    browser_type_launch_args: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppServer]:
    """Run the app once for all browser tests of this worker."""
    with serve(ROOT / "app.py", tmp_path_factory.mktemp("server") / "log.txt") as server:
        yield server


@pytest.fixture
def problems(app_server: AppServer) -> Iterator[list[str]]:
    """Collect what goes wrong in page and server; fail the test at its end if anything did.

    A test that provokes a problem on purpose looks at the list and clears it.
    """
    start = app_server.position()
    found: list[str] = []
    yield found
    traceback = app_server.tracebacks(start)
    assert not traceback, f"The server wrote a traceback:\n{traceback}"
    assert not found, "\n".join(found)


@pytest.fixture
def open_app(
    app_server: AppServer, new_context: Callable[..., BrowserContext], problems: list[str]
) -> OpenApp:
    """Return a function that opens a path of the app in a fresh context and lets it settle."""

    def open_path(
        path: str = "/", *, width: int = 1280, height: int = 800, scheme: str = "light"
    ) -> Page:
        viewport = {"width": width, "height": height}
        page = new_context(viewport=viewport, color_scheme=scheme).new_page()
        watch(page, problems)
        page.goto(app_server.url + path)
        settle(page, timeout=60_000)
        return page

    return open_path


@pytest.fixture
def app(open_app: OpenApp) -> Page:
    """Return the start screen: 1280 x 800, light."""
    return open_app()


@pytest.fixture
def app_dark(open_app: OpenApp) -> Page:
    """Return the start screen: 1280 x 800, dark."""
    return open_app(scheme="dark")


@pytest.fixture
def app_narrow(open_app: OpenApp) -> Page:
    """Return the start screen at the width of a phone: 390 x 844, light."""
    return open_app(width=390, height=844)
