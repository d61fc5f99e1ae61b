"""The pooling dial in Chromium: what is drawn, what is sent, and who can work it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import core
from core.figures import theme
from tests.browser.driver import settle

#: The component's own instance, for the positions it has drawn (screen pixels to numbers).
_DRAWN = """() => {
  const find = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.classList.contains('ppe-dial')) return node;
      const inner = node.shadowRoot && find(node.shadowRoot);
      if (inner) return inner;
    }
    return null;
  };
  const dial = find(document);
  return dial && dial.drawn();
}"""


@pytest.fixture(scope="module")
def path() -> core.DialPath:
    """Return the engine's own dial for what the start screen shows."""
    example = core.EXAMPLES["radon"]
    table = core.load_example("radon")
    return core.dial_path(core.fit_all(core.GroupedData.from_table(table, example.spec)))


def drawn(page: Page) -> dict[str, Any]:
    """Return the position of the dial and the numbers under the marks that are on the screen."""
    found: dict[str, Any] = page.wait_for_function(_DRAWN).json_value()
    found["c"] = np.inf if found["c"] == "Infinity" else float(found["c"])
    return found


def strip(page: Page) -> dict[str, float]:
    box = page.locator(".ppe-dial .strip").bounding_box()
    assert box is not None
    return dict(box)


def drag(page: Page, *shares: float) -> None:
    """Press on the dial and move to places along it (0 is its left end), without letting go."""
    box = strip(page)
    for i, share in enumerate(shares):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 60)
        if i == 0:
            page.mouse.down()
    page.wait_for_timeout(120)


def assert_drawn(page: Page, path: core.DialPath) -> float:
    """Compare every drawn mark with the engine; returns c.

    Marks are read back from pixels, so they agree to a fraction of a pixel; what they are
    drawn from agrees to 1e-8.
    """
    found = drawn(page)
    at = core.dial(path, found["c"])
    np.testing.assert_allclose(np.array(found["pooled"]), at.coef.T.ravel(), rtol=0, atol=1e-8)
    np.testing.assert_allclose(np.array(found["target"]), at.target.T.ravel(), rtol=0, atol=1e-8)
    for panel in found["panels"]:
        for name, k in (("x", panel["x_term"]), ("y", panel["y_term"])):
            if k is None:
                continue
            read = np.array(panel[name], dtype=float)
            pixel = panel[f"{name}_per_pixel"]
            np.testing.assert_allclose(read, at.coef[:, k], rtol=0, atol=0.01 * pixel)
    return float(found["c"])


def test_the_drawn_positions_are_the_engines(
    open_app: Callable[..., Page], path: core.DialPath
) -> None:
    page = open_app()
    assert assert_drawn(page, path) == 1.0
    seen = []
    for share in (0.15, 0.3, 0.62, 0.9):
        drag(page, share)
        seen.append(assert_drawn(page, path))
    page.mouse.up()
    assert seen == sorted(seen) and seen[0] > 0 and np.isfinite(seen[-1])
    drag(page, 0.5, 0.004)
    assert assert_drawn(page, path) == 0.0
    drag(page, 0.996)
    assert assert_drawn(page, path) == np.inf
    page.mouse.up()
    settle(page)
    assert assert_drawn(page, path) == np.inf


def test_nothing_is_sent_while_dragging(open_app: Callable[..., Page]) -> None:
    page = open_app()
    settle(page, quiet=1_000)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.on("websocket", lambda socket: sent.append(socket.url))
    frames = watch_frames(page)
    drag(page, *np.linspace(0.1, 0.8, 40))
    page.wait_for_timeout(600)
    assert sent == [] and page.evaluate("window.framesSent") == frames
    before = drawn(page)["c"]
    page.mouse.up()
    settle(page)
    assert page.evaluate("window.framesSent") > frames
    assert drawn(page)["c"] == before


def watch_frames(page: Page) -> int:
    """Count what the open websocket sends from now on; returns the count so far."""
    page.evaluate(
        """() => {
          if (window.framesSent !== undefined) return;
          window.framesSent = 0;
          const send = WebSocket.prototype.send;
          WebSocket.prototype.send = function (...args) {
            window.framesSent += 1;
            return send.apply(this, args);
          };
        }"""
    )
    return int(page.evaluate("window.framesSent"))


def test_python_follows_on_release(open_app: Callable[..., Page], path: core.DialPath) -> None:
    page = open_app()
    drag(page, 0.5, 0.2)
    page.mouse.up()
    settle(page)
    c = drawn(page)["c"]
    j = path.fits.data.group_names.index("LACQUIPARLE")
    sentence = core.receipt(path, j, c).sentence.split(":")[1][:40]
    expect(page.get_by_test_id("stMain")).to_contain_text(sentence)
    page.get_by_role("button", name="Back to the estimate").click()
    page.wait_for_timeout(600)
    settle(page)
    assert drawn(page)["c"] == 1.0
    expect(
        page.get_by_role("heading", name="At the estimate, counties are pooled 59% on average")
    ).to_be_visible()


def test_the_dial_works_by_keyboard_and_says_where_it_stands(
    open_app: Callable[..., Page], path: core.DialPath
) -> None:
    page = open_app()
    hand = page.get_by_role("slider", name="Pooling: from complete to none")
    hand.focus()
    page.keyboard.press("Home")
    expect(hand).to_have_attribute(
        "aria-valuetext", "Complete pooling: all counties get one answer: more than the data allow"
    )
    page.keyboard.press("End")
    assert drawn(page)["c"] == np.inf
    for _ in range(3):
        page.keyboard.press("PageDown")
    c = drawn(page)["c"]
    assert 1 < c < np.inf
    page.wait_for_timeout(600)
    settle(page)
    live = page.locator(".ppe-dial [aria-live]").inner_text()
    share = core.formats.percent(core.dial(path, c).sharing)
    assert (
        f"counties are pooled {share} on average" in live
        and "LACQUIPARLE: intercept own 2.78, pooled" in live
    )


@pytest.mark.slow
def test_a_group_is_found_by_name_and_lights_up(open_app: Callable[..., Page]) -> None:
    page = open_app()
    find = page.get_by_role("combobox", name="Find a county")
    find.fill("stl")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    find.press("Enter")
    settle(page)
    expect(page.locator(".ppe-dial .card")).to_contain_text("STLOUIS 116 homes")
    expect(page.get_by_test_id("stMain")).to_contain_text("STLOUIS (116 homes): its own level")


def test_a_group_is_chosen_by_pointing(open_app: Callable[..., Page], path: core.DialPath) -> None:
    page = open_app()
    j = path.fits.data.group_names.index("HENNEPIN")
    spot = next(p for p in drawn(page)["panels"] if p["side"] == "right")["spots"][j]
    canvas = page.locator(".ppe-dial .panel.right canvas.view")
    canvas.click(position={"x": spot[0], "y": spot[1]})
    settle(page)
    expect(page.locator(".ppe-dial .card")).to_contain_text("HENNEPIN 105 homes")


def test_a_frame_zooms_and_a_brush_picks(open_app: Callable[..., Page]) -> None:
    page = open_app()
    box = page.locator(".ppe-dial .panel.right canvas.view").bounding_box()
    assert box is not None

    def frame() -> None:
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 180, steps=4)
        page.mouse.up()

    def right() -> dict[str, Any]:
        return next(p for p in drawn(page)["panels"] if p["side"] == "right")

    whole = right()["x_per_pixel"]
    frame()
    all_of_it = page.get_by_role("button", name="Show all")
    expect(all_of_it).to_be_visible(timeout=20_000)
    assert right()["x_per_pixel"] < 0.6 * whole
    all_of_it.click()
    expect(all_of_it).to_be_hidden(timeout=20_000)
    page.locator(".ppe-dial .panel.right .brush").click()
    frame()
    expect(page.locator(".ppe-dial .picked")).to_contain_text("counties picked", timeout=20_000)
    page.wait_for_timeout(100)
    assert right()["x_per_pixel"] == whole


@pytest.mark.slow
def test_who_wants_no_motion_gets_none(new_context: Any, app_server: Any) -> None:
    page = new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce").new_page()
    page.goto(app_server.url)
    settle(page, timeout=60_000)
    drag(page, 0.5, 0.2)
    page.mouse.up()
    settle(page)
    page.get_by_role("button", name="Back to the estimate").click()
    assert drawn(page)["c"] == 1.0


@pytest.mark.slow
def test_the_dial_follows_a_device_that_turns_dark(open_app: Callable[..., Page]) -> None:
    page = open_app()
    finding = page.locator(".ppe-dial .finding")
    modes: tuple[theme.Mode, ...] = ("dark", "light")
    for mode in modes:
        page.emulate_media(color_scheme=mode)
        text = theme.tokens(mode)["palette"]["text"]
        rgb = ", ".join(str(int(text[i : i + 2], 16)) for i in (1, 3, 5))
        expect(finding).to_have_css("color", f"rgb({rgb})", timeout=20_000)


@pytest.mark.parametrize("width", [1024, 1280])
def test_nothing_of_the_dial_covers_another(open_app: Callable[..., Page], width: int) -> None:
    page = open_app(width=width, height=800)
    names = (".left .tabs", ".left .coef", ".left .brush", ".right .tabs", ".right .brush")
    names += (".readout", ".head .plain", ".head .back", ".search", ".card table")
    boxes = [page.locator(f".ppe-dial {name}").bounding_box() for name in names]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert a is not None and b is not None
            beside = a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
            above = a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1
            assert beside or above, (a, b)


def test_on_a_phone_the_dial_stays_in_sight(open_app: Callable[..., Page]) -> None:
    page = open_app(width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".ppe-dial .panel.left canvas.view").scroll_into_view_if_needed()
    box = strip(page)
    assert box["y"] + box["height"] <= 844
    page.locator(".ppe-dial .card").scroll_into_view_if_needed()
    tab = page.locator(".ppe-dial .panel.left .tabs button").first.bounding_box()
    assert tab is not None and page.locator(".ppe-dial .readout").is_visible()
