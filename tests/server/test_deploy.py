"""Several processes behind a balancer: the configuration, and a process that dies."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from pages._shared.host.settings import Settings
from tests.benchmarks.reader import Dropped, Reader
from tests.browser.driver import ROOT, _free_port

DEPLOY = ROOT / "assets" / "deploy"
HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
needs_haproxy = pytest.mark.skipif(HAPROXY is None, reason="HAProxy is not installed")


@pytest.fixture(scope="module")
def serve() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("deploy_serve", DEPLOY / "serve.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_setting_is_explained() -> None:
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `POOLING_(\w+)`", text, re.MULTILINE)
    assert [name.lower() for name in told] == [each.name for each in fields(Settings)]


def test_the_container_is_nobodys_root() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (\w+)$", text, re.MULTILINE)[-1] != "root"
    named = re.findall(r"assets/deploy/[\w.]+", text + (DEPLOY / "compose.yaml").read_text())
    assert named and all((ROOT / name).is_file() for name in named)


@needs_haproxy
def test_haproxy_takes_the_configuration(serve: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "haproxy.cfg"
    text = serve.configuration([8601, 8602], address="127.0.0.1", port=8501, cookie="pooling")
    path.write_text(text, encoding="utf-8")
    found = subprocess.run([str(HAPROXY), "-c", "-f", path], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


@contextmanager
def _service(log: Path) -> Iterator[tuple[str, int]]:
    port, first = _free_port(), 20_000 + os.getpid() % 20_000
    command = [sys.executable, str(DEPLOY / "serve.py"), "--processes", "2", "--port", str(port)]
    command += ["--first-port", str(first)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stderr=output, stdout=output, env={**os.environ, "POOLING_WARM_UP": "off"}
        ) as running,
    ):
        end = time.monotonic() + 120
        # Both must be there before readers come, else all come to one.
        while "Open http" not in log.read_text() or not all(_is_up(p) for p in (first, first + 1)):
            assert running.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        time.sleep(2)  # the balancer looks every second
        try:
            yield f"http://127.0.0.1:{port}", first
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 0


def _is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _process(port: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/status", timeout=5) as answer:
        return int(json.loads(answer.read())["process"])


async def _kill_one(url: str) -> Counter[str]:
    readers = [Reader(url) for _ in range(4)]
    for reader in readers:
        await reader.__aenter__()
        assert not (await reader.open()).exceptions
    victim = readers[0].cookies["pooling"]
    assert len({reader.cookies["pooling"] for reader in readers}) == 2
    os.kill(_process(victim[1:]), signal.SIGKILL)
    found: Counter[str] = Counter()
    for reader in readers:
        where = "there" if reader.cookies["pooling"] == victim else "elsewhere"
        for _ in range(60):
            try:
                answer = await reader.open("ranking")
                break
            except Dropped:
                await asyncio.sleep(0.5)
                try:
                    await reader.join()
                except Dropped:
                    continue
        assert not answer.exceptions
        found[f"{where}, {'told' if 'host_known' in reader.ids else 'not told'}"] += 1
        await reader.leave()
    return found


@needs_haproxy
@pytest.mark.slow
def test_a_process_that_dies_takes_only_its_own_readers_along(tmp_path: Path) -> None:
    with _service(tmp_path / "log") as (url, _):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{url}/-/status", timeout=5)
        found = asyncio.run(_kill_one(url))
    assert found == {"there, told": 2, "elsewhere, not told": 2}
