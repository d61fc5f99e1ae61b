"""What the dial has drawn, read back from the browser, against Python: a model of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page

import core
from core.explore.dial.split import dial_split
from tests.browser.dial_cases import CASES
from tests.browser.driver import ROOT, AppServer, serve
from tests.browser.test_dial import drag, drawn
from tests.core.brute import refit_at


@pytest.fixture(scope="module")
def server(
    browser_type_launch_args: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppServer]:
    """Run the app that shows nothing but the dial."""
    log = tmp_path_factory.mktemp("dial") / "log.txt"
    with serve(ROOT / "tests" / "browser" / "dial_app.py", log) as found:
        yield found


@pytest.fixture
def open_dial(
    server: AppServer, new_context: Callable[..., BrowserContext]
) -> Callable[[str], Page]:
    """Return a function that opens the dial of a case."""

    def open_case(case: str) -> Page:
        page = new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.goto(f"{server.url}/?case={case}")
        page.locator(".ppe-dial[data-painted]").wait_for(timeout=60_000)
        return page

    return open_case


def assert_at(page: Page, path: core.DialPath) -> float:
    """Compare every number and every mark of every view with the engine; return c."""
    found = drawn(page)
    at = core.dial(path, found["c"])
    compare(found, at)
    return float(found["c"])


def compare(found: dict[str, Any], at: core.DialPosition) -> None:
    size = max(1.0, float(np.abs(at.coef).max()))
    for name, wanted in (("pooled", at.coef), ("target", at.target)):
        read = np.array(found[name])
        np.testing.assert_allclose(read, wanted.T.ravel(), rtol=0, atol=1e-8 * size)
    assert found["sigma_y"] == pytest.approx(at.sigma_y, rel=1e-8, nan_ok=True)
    for panel in found["panels"]:
        for name, k in (("x", panel.get("x_term")), ("y", panel.get("y_term"))):
            if k is not None:
                pixel = 0.01 * panel[f"{name}_per_pixel"]
                np.testing.assert_allclose(panel[name], at.coef[:, k], rtol=0, atol=pixel)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[] if case in ("three", "zero_variance") else [pytest.mark.slow])
        for case in CASES
    ],
)
def test_marks_stand_where_python_says(case: str, open_dial: Callable[[str], Page]) -> None:
    page = open_dial(case)
    path = core.dial_path(CASES[case]())
    assert assert_at(page, path) == 1.0
    for share in (0.2, 0.66):
        drag(page, 0.5, share)
        assert 0 < assert_at(page, path) < np.inf
        page.mouse.up()
    drag(page, 0.5, 0.003)
    assert assert_at(page, path) == 0.0
    page.mouse.up()
    drag(page, 0.5, 0.997)
    assert assert_at(page, path) == np.inf
    page.mouse.up()


@pytest.mark.parametrize("case", ["intercept", "slope"])
def test_marks_stand_where_a_dense_refit_says(case: str, open_dial: Callable[[str], Page]) -> None:
    """No formula of ours: the covariance of all rows is inverted as a whole."""
    page = open_dial(case)
    fits = CASES[case]()
    drag(page, 0.5, 0.35)
    found = drawn(page)
    Sigma = found["c"] * fits.multilevel.vcov_group
    dense = refit_at(fits.data, Sigma, found["sigma_y"], reml=True)
    target = np.array(found["target"]).reshape(-1, fits.data.n_groups).T
    pooled = np.array(found["pooled"]).reshape(-1, fits.data.n_groups).T
    np.testing.assert_allclose(found["fixef"], dense.fixef, rtol=1e-8)
    scale = np.abs(pooled).max()
    np.testing.assert_allclose(pooled - target, dense.ranef, rtol=0, atol=1e-8 * scale)
    page.mouse.up()


@pytest.mark.parametrize("case", ["slope", "cross_level"])
def test_two_hands_stand_where_python_says(case: str, open_dial: Callable[[str], Page]) -> None:
    page = open_dial(case)
    path = core.dial_path(CASES[case]())
    page.get_by_role("button", name="Split α and β").click()
    hand = page.locator(".ppe-dial .hand1")
    hand.focus()
    for _ in range(4):
        page.keyboard.press("PageUp")
    page.locator(".ppe-dial .hand0").focus()
    page.keyboard.press("PageDown")
    page.wait_for_timeout(150)
    found = drawn(page)
    first, second = float(found["c"]), float(found["slope"])
    assert first < 1 < second
    compare(found, dial_split(path, (first, second)))
    page.get_by_role("button", name="Together again").click()
    page.wait_for_timeout(150)
    assert drawn(page)["slope"] is None
    assert_at(page, path)


def test_the_map_is_of_any_two_coefficients(open_dial: Callable[[str], Page]) -> None:
    page = open_dial("three")
    path = core.dial_path(CASES["three"]())
    page.get_by_role("combobox", name="Coefficients of the map").select_option("1,2")
    page.wait_for_timeout(150)
    panel = next(p for p in drawn(page)["panels"] if p["view"] == "map")
    assert (panel["x_term"], panel["y_term"]) == (1, 2)
    assert_at(page, path)


def test_lines_of_all_groups_are_drawn_where_they_belong(open_dial: Callable[[str], Page]) -> None:
    page = open_dial("slope")
    path = core.dial_path(CASES["slope"]())
    page.locator(".panel.right").get_by_role("button", name="Lines").click()
    drag(page, 0.5, 0.3)
    found = drawn(page)
    at = core.dial(path, found["c"])
    panel = next(p for p in found["panels"] if p["view"] == "lines")
    grid = np.array(panel["grid"])
    lines = at.coef[:, :1] + at.coef[:, 1:] * grid
    pixel = panel["y_per_pixel"]
    np.testing.assert_allclose(np.array(panel["lines"]), lines, rtol=0, atol=0.02 * pixel)
    page.mouse.up()
