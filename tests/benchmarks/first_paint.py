"""Time the opening of the app in headless Chromium: from the address to the painted dial.

    python -m tests.benchmarks.first_paint before=../other-tree now=. [--rounds 5] [--reload]

Prints, for each server, the median milliseconds after the navigation began: page and scripts
loaded, websocket open, first and last message of the first run, navigation and controls in the
page, title, dial drawn, quiet. Rounds of the servers take turns; with ``--reload`` each page is
loaded again and that is timed; with ``--start`` the server is started for each round and time
counts from there. Read the ratios: the machine is shared.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks.readers import servers
from tests.browser.driver import OFFLINE_ARGS, find_chromium, settle

_HOOK = """(() => {
  const seen = (window.seen = { kB: 0 });
  const mark = (name, at = performance.now()) => (seen[name] ??= at);
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      mark('websocket asked for');
      this.addEventListener('open', () => mark('websocket open'));
      this.addEventListener('message', (event) => {
        mark('first message');
        seen['last message'] = performance.now();
        seen.kB += (event.data.size ?? event.data.byteLength ?? event.data.length) / 1000;
      });
    }
  };
  const contexts = CanvasRenderingContext2D.prototype;
  for (const name of ['fill', 'stroke', 'fillText', 'drawImage', 'fillRect']) {
    const draw = contexts[name];
    contexts[name] = function (...args) {
      if (!seen['dial drawn'] && this.canvas.closest('.ppe-dial') && this.canvas.width > 1) {
        mark('dial drawn');
        requestAnimationFrame(() => setTimeout(() => mark('dial painted')));
      }
      return draw.apply(this, args);
    };
  }
  const look = () => {
    const has = (text) => document.querySelector(text);
    if (has('[data-testid="stApp"]')) mark('app mounted');
    if (has('.st-key-navigation a')) mark('navigation');
    if (has('[data-testid="stSidebar"] [data-testid="stSelectbox"]')) mark('controls');
    if (has('[data-testid="stMain"] h1')) mark('title');
    requestAnimationFrame(look);
  };
  document.addEventListener('DOMContentLoaded', () => { mark('page loaded'); look(); });
})()"""
_NAMES = (
    *("page loaded", "app mounted", "websocket asked for", "websocket open", "first message"),
    *("title", "navigation", "controls", "dial drawn", "dial painted", "last message", "kB"),
)


def opened(page: Page, url: str) -> None:
    """Open the start screen and wait for its dial and for quiet."""
    page.goto(url)
    page.wait_for_function("window.seen?.['dial painted']", timeout=120_000)
    settle(page, timeout=120_000)


def measure(browser: Browser, url: str, found: dict[str, list[float]], *, reload: bool) -> None:
    """Open the app in a fresh context and keep when what was there."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.add_init_script(_HOOK)
    opened(page, url)
    if reload:
        opened(page, url)
    for name, value in page.evaluate("window.seen").items():
        found[name].append(value)
    page.context.close()


def table(found: dict[str, dict[str, list[float]]]) -> str:
    """Return the medians as a Markdown table."""
    lines = ["| | " + " | ".join(found) + " |", "| --- |" + " --: |" * len(found)]
    for name in ("server started", *_NAMES):
        cells = [
            f"{statistics.median(f[name]):.0f}" if f.get(name) else "-" for f in found.values()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run all rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("servers", nargs="+", metavar="name=folder|url")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--settle", type=float, default=10, help="seconds before the first round")
    parser.add_argument("--reload", action="store_true")
    parser.add_argument("--start", action="store_true", help="start the server in each round")
    asked = parser.parse_args()
    found: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=list(OFFLINE_ARGS))
        for _ in range(asked.rounds if asked.start else 1):
            for group in [[each] for each in asked.servers] if asked.start else [asked.servers]:
                begun = time.perf_counter()
                with servers(group, Path(folder)) as running:
                    ready = 1000 * (time.perf_counter() - begun)
                    if not asked.start:
                        time.sleep(asked.settle)
                    for _ in range(1 if asked.start else asked.rounds):
                        for name, server in running.items():
                            times = found.setdefault(name, defaultdict(list))
                            times["server started"].append(ready)
                            measure(browser, server.url, times, reload=asked.reload)
    print(table(found))


if __name__ == "__main__":
    main()
