"""Time the pooling dial in headless Chromium: from a move of the mouse to the painted frame.

    python -m tests.benchmarks.dial_browser [--groups 100 1000 10000] [--sessions 10]

Uploads a table of so many groups (two to nineteen rows each, a line of their own), drags the
dial and prints, in milliseconds: input to painted frame (10%, median and 95%, until the frame is
handed over; median until the next one begins), processor time of the page's thread a move, what
went to the server meanwhile, release until nothing on the page changes any more; then the same
with several sessions at once. Times are of this machine in this minute: on a busy one look at the
10% and at processor times.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.benchmarks.dial_models import lines, sizes_of
from tests.benchmarks.upload import processor_seconds
from tests.browser.driver import OFFLINE_ARGS, ROOT, AppServer, find_chromium, serve, settle

_MOVES = 60
_WATCH = """() => {
  const find = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.classList.contains('ppe-dial')) return node;
      const inner = node.shadowRoot && find(node.shadowRoot);
      if (inner) return inner;
    }
    return null;
  };
  const dial = find(document);
  window.seen = { frame: [], next: [], sent: 0, released: 0, changed: 0 };
  const after = new MessageChannel();
  let begun = 0;
  after.port1.onmessage = () => window.seen.frame.push(performance.now() - begun);
  dial.addEventListener('pointermove', (event) => {
    const from = event.timeStamp;
    requestAnimationFrame(() => {
      begun = from;
      after.port2.postMessage(0);
      requestAnimationFrame(() => window.seen.next.push(performance.now() - from));
    });
  }, true);
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...args) {
    window.seen.sent += 1;
    return send.apply(this, args);
  };
  window.addEventListener('pointerup', (event) => (window.seen.released = event.timeStamp), true);
  const app = document.querySelector('[data-testid="stApp"]');
  new MutationObserver(() => (window.seen.changed = performance.now()))
    .observe(app, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


def make_table(path: Path, n_groups: int) -> None:
    """Write the table of a number of groups."""
    lines(sizes_of(n_groups, 2, 20))[["y", "x", "g"]].to_csv(path, index=False)


def opened(browser: Browser, server: AppServer, table: Path, n_groups: int) -> Page:
    """Return a page with the dial of an uploaded table, its evidence drawn."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(server.url)
    settle(page, timeout=60_000)
    page.locator("input[type=file]").first.set_input_files(table)
    page.get_by_text(f"rows in {n_groups:,} groups").first.wait_for(timeout=120_000)
    settle(page, timeout=120_000, quiet=2_000)
    page.evaluate(_WATCH)
    return page


def place(page: Page) -> dict[str, float]:
    """Return the box of the dial's strip."""
    box = page.locator(".ppe-dial .strip").bounding_box()
    assert box is not None
    return dict(box)


def drag(page: Page, moves: int = _MOVES, until: float = 9.0) -> None:
    """Press, and move to and fro along the dial; the button stays down."""
    box = place(page)
    y = box["y"] + 0.6 * box["height"]
    page.mouse.move(box["x"] + 0.5 * box["width"], y)
    page.mouse.down()
    for share in 0.5 + 0.4 * np.sin(np.linspace(0.0, until, moves)):
        page.mouse.move(box["x"] + float(share) * box["width"], y)
        page.wait_for_timeout(30)


def release(page: Page) -> None:
    """Let go."""
    page.mouse.up()


def repainted(page: Page) -> float:
    """Return the milliseconds from the release to the last change of the page."""
    settle(page, timeout=60_000, quiet=800)
    seen: dict[str, Any] = page.evaluate("window.seen")
    return float(seen["changed"] - seen["released"])


def alone(browser: Browser, server: AppServer, table: Path, n_groups: int) -> list[str]:
    """Return the row of one session."""
    page = opened(browser, server, table, n_groups)
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable", {"timeDomain": "threadTicks"})
    frames, nexts, releases = [], [], []
    sent, used, busy = 0, 0.0, 0.0
    for until in (9.0, 8.2, 7.4):
        page.evaluate("Object.assign(window.seen, { frame: [], next: [], sent: 0 })")
        start = page_seconds(metrics), processor_seconds(server.pid)
        drag(page, until=until)
        used += page_seconds(metrics) - start[0]
        busy += processor_seconds(server.pid) - start[1]
        seen = page.evaluate("window.seen")
        sent += seen["sent"]
        frames += seen["frame"][5:]
        nexts += seen["next"][5:]
        release(page)
        releases.append(repainted(page))
    page.context.close()
    return [
        " / ".join(f"{np.quantile(frames, q):.0f}" for q in (0.1, 0.5, 0.95)),
        f"{statistics.median(nexts):.0f}",
        f"{1e3 * used / (3 * _MOVES):.1f}",
        f"{sent}",
        f"{busy:.2f}",
        f"{min(releases):.0f} to {max(releases):.0f}",
    ]


def page_seconds(metrics: CDPSession) -> float:
    """Return the processor time that the page's own thread has spent on tasks."""
    found = metrics.send("Performance.getMetrics")["metrics"]
    return float(next(row["value"] for row in found if row["name"] == "TaskDuration"))


def together(browser: Browser, server: AppServer, table: Path, sessions: int) -> str:
    """Return what the server does while several sessions drag, and how long they wait after."""
    pages = [opened(browser, server, table, 100) for _ in range(sessions)]
    busy = processor_seconds(server.pid)
    for page in pages:
        drag(page, 12)
    busy = processor_seconds(server.pid) - busy
    sent = sum(page.evaluate("window.seen.sent") for page in pages)
    for page in pages:
        release(page)
    waits = sorted(repainted(page) for page in pages)
    for page in pages:
        page.context.close()
    return (
        f"{sessions} sessions dragging: {sent} messages, {busy:.2f} s of the server's processor; "
        f"all let go: repainted after {waits[0]:.0f} to {waits[-1]:.0f} ms."
    )


def measure(browser: Browser, server: AppServer, folder: Path, asked: argparse.Namespace) -> None:
    """Print a Markdown table, and what several sessions do to each other."""
    print("| groups | painted | next frame | page ms | messages | server s | release |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for n_groups in asked.groups:
        table = folder / f"groups{n_groups}.csv"
        make_table(table, n_groups)
        row = alone(browser, server, table, n_groups)
        print(f"| {n_groups:,} | " + " | ".join(row) + " |", flush=True)
    if asked.sessions:
        table = folder / "sessions.csv"
        make_table(table, 100)
        print("\n" + together(browser, server, table, asked.sessions))
    print(f"\nLoad: {os.getloadavg()[0]:.1f}.", server.tracebacks())


def main() -> None:
    """Start the app and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--sessions", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(OFFLINE_ARGS)
        )
        with serve(ROOT / "app.py", folder / "log.txt") as server:
            measure(browser, server, folder, asked)
        browser.close()


if __name__ == "__main__":
    main()
