"""The watch over page and server notices what it is there to notice."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.browser.driver import AppServer, serve, settle, watch

BROKEN_APP = """
import streamlit as st

st.title("A page with two faults")
st.image("https://example.org/picture.png")
raise RuntimeError("a fault in the script")
"""


def _written(server: AppServer) -> str:
    """Return the log's traceback; a busy server writes it a moment after the page shows it."""
    for _ in range(100):
        if "a fault in the script" in server.tracebacks():
            break
        time.sleep(0.1)
    return server.tracebacks()


def test_faults_are_noticed(tmp_path: Path, new_context: Callable[[], BrowserContext]) -> None:
    script = tmp_path / "broken.py"
    script.write_text(BROKEN_APP, encoding="utf-8")
    problems: list[str] = []
    with serve(script, tmp_path / "log.txt") as server:
        page = new_context().new_page()
        watch(page, problems)
        page.goto(server.url)
        settle(page, timeout=60_000)
        assert page.locator('[data-testid="stException"]').count() == 1
        assert "a fault in the script" in _written(server)
        assert server.tracebacks(server.position()) == ""
        page.close()
    # Name resolution fails inside Chromium: nothing left this machine.
    assert any("ERR_NAME_NOT_RESOLVED" in problem for problem in problems), problems
