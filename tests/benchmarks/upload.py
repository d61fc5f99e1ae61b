"""Time a large CSV from the file dialog to three fits on screen, with a second user beside it.

    python -m tests.benchmarks.upload [--rows N] [--groups N] [--alone]

Starts the app, chooses the file in headless Chromium and prints a Markdown table: seconds from
the choice of the file to the fits, memory of the server with its children, how long the page of
a second user takes to answer before and meanwhile, and every screen opened on the large table.
Needs /proc for the memory. Times are of this machine in this minute: compare them side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.async_api import Browser, Locator, Page, async_playwright

from tests.browser.driver import OFFLINE_ARGS, ROOT, AppServer, find_chromium, serve

#: Counts the runs of the script, so that a click is not taken for answered before it is heard.
_COUNT = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  window.runs = 0;
  new MutationObserver(() => { if (app.dataset.testScriptState === 'running') window.runs += 1; })
    .observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}"""
_READY = """([quiet, runs]) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const busy = !app || app.dataset.testScriptState !== 'notRunning' || (window.runs ?? 0) < runs
    || document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]');
  const now = performance.now();
  if (busy) window.quietSince = now;
  return now - window.quietSince >= quiet;
}"""
_QUIET = 150
_SAMPLE_SECONDS = 0.02


def make_table(path: Path, rows: int, groups: int) -> None:
    """Write a CSV of pupils in schools: score, ses, school, sector, age, id."""
    rng = np.random.default_rng(1)
    school = rng.integers(0, groups, rows)
    ses, level, slope = rng.normal(size=rows), rng.normal(size=groups), rng.normal(size=groups)
    score = 2 + level[school] + (1 + 0.3 * slope[school]) * ses + rng.normal(size=rows)
    frame = pd.DataFrame(
        {
            "score": np.round(score, 4),
            "ses": np.round(ses, 4),
            "school": [f"school {j:05d}" for j in school],
            "sector": np.where(level[school] > 0, "public", "private"),
            "age": rng.integers(10, 19, rows),
            "id": np.arange(1, rows + 1),
        }
    )
    frame.to_csv(path, index=False)


def _family(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [q for c in (task / "children").read_text().split() for q in _family(int(c))]
    return found


def resident(pid: int) -> tuple[float, float]:
    """Return the resident memory in MB: of the process alone, and with its children."""
    sizes = []
    for one in _family(pid):
        with suppress(OSError):
            pages = int(Path(f"/proc/{one}/statm").read_text().split()[1])
            sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return (sizes[0] if sizes else 0.0), sum(sizes)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Memory:
    """Keeps the highest memory seen while the block runs."""

    def __init__(self, pid: int) -> None:
        self.pid, self.alone, self.together = pid, 0.0, 0.0

    async def watch(self) -> None:
        """Sample until cancelled."""
        while True:
            alone, together = resident(self.pid)
            self.alone, self.together = max(self.alone, alone), max(self.together, together)
            await asyncio.sleep(_SAMPLE_SECONDS)


async def settled(page: Page, runs: int = 0) -> None:
    """Wait until a page has run so many times and nothing on it is stale."""
    await page.evaluate("window.quietSince = performance.now()")
    await page.wait_for_function(_READY, arg=[_QUIET, runs], timeout=300_000, polling=20)


async def clicked(page: Page, target: Locator) -> float:
    """Return the seconds from a click to the finished page."""
    runs = int(await page.evaluate("window.runs"))
    start = time.perf_counter()
    await target.click()
    await settled(page, runs + 1)
    return time.perf_counter() - start - _QUIET / 1000


async def answer(page: Page, name: str) -> float:
    """Return the seconds from a click in the sidebar to the finished page."""
    return await clicked(page, page.get_by_test_id("stSidebar").get_by_text(name, exact=True).first)


async def keep_clicking(page: Page, found: list[float]) -> None:
    """Do what a second user does, again and again, until cancelled."""
    names = itertools.cycle(("ML", "REML"))
    while True:
        found.append(await answer(page, next(names)))


async def _rest() -> None:
    """Do nothing."""


async def open_page(browser: Browser, url: str) -> Page:
    """Open the app in a context of its own."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector('[data-testid="stMain"] h1', timeout=60_000)
    await settled(page)
    await page.evaluate(_COUNT)
    return page


async def choose_file(page: Page, path: Path, groups: int) -> float:
    """Return the seconds from choosing a file to its fits being on screen."""
    await page.get_by_test_id("stSidebar").get_by_text("Upload a table", exact=True).click()
    await settled(page)
    start = time.perf_counter()
    await page.locator("input[type=file]").first.set_input_files(path)
    await page.wait_for_function(
        f"document.querySelector('[data-testid=stMain]').innerText.includes('{groups:,} ')",
        timeout=120_000,
        polling=20,
    )
    await page.wait_for_selector(".js-plotly-plot, [data-testid=stDataFrame]", timeout=60_000)
    await settled(page)
    return time.perf_counter() - start - _QUIET / 1000


async def visit(page: Page) -> list[tuple[str, float, float]]:
    """Return every screen with the seconds it takes to open for the first and second time."""
    links = page.locator(".st-key-navigation").get_by_role("link")
    names = [(await link.inner_text()).strip() for link in await links.all()]
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(2):
        for name in names:
            link = page.locator(".st-key-navigation").get_by_role("link", name=name, exact=True)
            times[name].append(await clicked(page, link))
    return [(name, first, second) for name, (first, second) in times.items()]


def row(what: str, value: float, unit: str = "s", digits: int = 2) -> None:
    """Print one line of the table."""
    print(f"| {what} | {value:,.{digits}f} {unit} |", flush=True)


async def measure(server: AppServer, path: Path, groups: int, *, is_alone: bool) -> None:
    """Drive both users and print what was seen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), args=list(OFFLINE_ARGS)
        )
        page, other = [await open_page(browser, server.url) for _ in range(2)]
        before = [await answer(other, name) for name in ("ML", "REML") * 5]
        row("server before", resident(server.pid)[0], "MB", 0)
        memory, meanwhile = Memory(server.pid), []
        watching = asyncio.create_task(memory.watch())
        clicking = asyncio.create_task(_rest() if is_alone else keep_clicking(other, meanwhile))
        spent = processor_seconds(server.pid)
        seconds = await choose_file(page, path, groups)
        spent = processor_seconds(server.pid) - spent
        clicking.cancel()
        row("file chosen to three fits on screen", seconds)
        row("processor time of the server meanwhile", spent)
        row("load of the machine over the last minute", os.getloadavg()[0], "")
        row("most memory, server alone", memory.alone, "MB", 0)
        row("most memory, with its children", memory.together, "MB", 0)
        row("second user, median before", statistics.median(before))
        row("second user, slowest before", max(before))
        if meanwhile:
            row(f"second user, median meanwhile ({len(meanwhile)})", statistics.median(meanwhile))
            row("second user, slowest meanwhile", max(meanwhile))
        for name, first, second in await visit(page):
            row(f"screen {name}, first", first)
            row(f"screen {name}, again", second)
        row("most memory, after all screens", memory.alone, "MB", 0)
        watching.cancel()
        await browser.close()


def main() -> None:
    """Make the table, start the app and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--alone", action="store_true", help="without the second user")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        make_table(path, asked.rows, asked.groups)
        print(f"| {asked.rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB | |\n| --- | --- |")
        with serve(ROOT / "app.py", Path(folder) / "log.txt") as server:
            asyncio.run(measure(server, path, asked.groups, is_alone=asked.alone))
            print(server.tracebacks() or "\nNo traceback.")


if __name__ == "__main__":
    main()
