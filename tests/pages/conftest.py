"""Fixtures of the tests of the screens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.browser.driver import ROOT
from tests.pages.driver import healthy


@pytest.fixture
def app() -> Iterator[AppTest]:
    """Return the app after its first run."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    healthy(app)
    yield app
