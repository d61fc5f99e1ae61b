"""What the browser tests drive: a server of their own, Chromium, and a page that has settled."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Chromium talks to this machine only: a page that reaches for anything else fails its test.
OFFLINE_ARGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--disable-gpu",
)

# What a healthy page says all the same: software rendering without a graphics card, and
# requests that the page itself gives up (a download, or leaving while something loads).
HARMLESS = re.compile(
    r"GPU stall due to ReadPixels|Automatic fallback to software WebGL|net::ERR_ABORTED"
)

_IS_QUIET = """(quiet) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const drawn = '[data-testid="stMain"] [data-testid="stElementContainer"]';
  const pending = '[data-stale="true"], [data-testid="stSkeleton"]';
  const busy = !app || app.dataset.testScriptState !== 'notRunning'
    || !document.querySelector(drawn) || document.querySelector(pending);
  const now = performance.now();
  if (busy) window.quietSince = now;
  return now - window.quietSince >= quiet;
}"""


def find_chromium() -> str | None:
    """Return the browser to drive: ``$CHROMIUM``, else the first known name on the path."""
    for name in (os.environ.get("CHROMIUM", ""), *CHROMIUM_NAMES):
        path = shutil.which(name) if name else None
        if path:
            return path
    return None


def settle(page: Page, *, timeout: float = 60_000, quiet: float = 500) -> None:
    """Wait until the app has run, nothing is stale, and it stays so for ``quiet`` ms.

    The pause also covers the moment between a click and the rerun that it causes.
    """
    page.evaluate("window.quietSince = performance.now()")
    page.wait_for_function(_IS_QUIET, arg=quiet, timeout=timeout)


def watch(page: Page, problems: list[str]) -> None:
    """Collect console errors, uncaught exceptions and failed requests of a page."""

    def note(text: str) -> None:
        if not HARMLESS.search(text):
            problems.append(text)

    page.on("console", lambda m: note(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda error: note(f"exception: {error}"))
    page.on("requestfailed", lambda r: note(f"request failed: {r.url} ({r.failure})"))


@dataclass(frozen=True)
class AppServer:
    """A running app: its address, what it has written to its log, and its process."""

    url: str
    log: Path
    pid: int = 0

    def tracebacks(self, offset: int = 0) -> str:
        """Return the log from ``offset`` on if it holds a traceback, else an empty string."""
        text = self.log.read_text(encoding="utf-8", errors="replace")[offset:]
        return text if "Traceback (most recent call last)" in text else ""

    def position(self) -> int:
        """Return where the log ends now, for ``tracebacks``."""
        return len(self.log.read_text(encoding="utf-8", errors="replace"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False


@contextmanager
def serve(
    script: Path, log: Path, *, seconds: float = 60, **environment: str
) -> Iterator[AppServer]:
    """Run a Streamlit script on a port of its own until the block is left.

    Nothing is drawn beforehand unless the environment says so: ``POOLING_WARM_UP="on"``.
    """
    port = _free_port()
    options = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        # Where rich is installed, it would write tracebacks in colours, word by word.
        "logger.enableRich": "false",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [f"--{name}={value}" for name, value in options.items()]
    url = f"http://127.0.0.1:{port}"
    settings = {**os.environ, "POOLING_WARM_UP": "off", **environment}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=script.parent,
            env=settings,
        ) as process,
    ):
        try:
            deadline = time.monotonic() + seconds
            while not _is_healthy(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The app did not start:\n{log.read_text()}")
                time.sleep(0.1)
            yield AppServer(url, log, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
