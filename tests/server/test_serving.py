"""The server as it is started: warmed up, with a door, headers and a status page."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.reader import Reader
from tests.browser.driver import ROOT, AppServer, serve

_SEATS = 2


def _get(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def _status(server: AppServer) -> dict[str, Any]:
    return dict(json.loads(_get(f"{server.url}/-/status")[1]))


def _wait(server: AppServer, until: str, seconds: float = 120) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while not (found := _status(server))[until]:
        assert time.monotonic() < end, (until, found, server.log.read_text())
        time.sleep(0.2)
    return found


async def _visit(server: AppServer) -> None:
    async with Reader(server.url) as first, Reader(server.url) as second:
        for reader in (first, second):
            assert not (await reader.open()).exceptions
        assert "pooling_dial_view" in first.ids
        assert _get(f"{server.url}/-/ready")[:2] == (404, "full")
        async with Reader(server.url) as third:
            await third.open()
            assert "host_again" in third.ids and "pooling_dial_view" not in third.ids
            await first.leave()
            await third.click("host_again")
            assert "pooling_dial_view" in third.ids
        assert _status(server)["readers_so_far"] == 3


def test_a_server_of_two_seats(tmp_path: Path) -> None:
    with serve(ROOT / "app.py", tmp_path / "log", POOLING_SESSIONS=str(_SEATS)) as server:
        code, body, headers = _get(f"{server.url}/", Accept="text/html")
        assert code == 200 and "<title>Partial Pooling Explorer</title>" in body
        assert "default-src 'self'" in headers["content-security-policy"]
        asyncio.run(_visit(server))
        assert not server.tracebacks()


@pytest.mark.slow
def test_everything_is_drawn_before_anybody_comes(tmp_path: Path) -> None:
    with serve(ROOT / "app.py", tmp_path / "log", POOLING_WARM_UP="on") as server:
        found = _wait(server, "objects_frozen")
        assert found["readers_so_far"] == found["readers"] == 0
        assert found["screens_drawn_beforehand"] == 26  # thirteen, in light and in dark
        assert "not drawn" not in server.log.read_text()
        assert not server.tracebacks()


def test_a_setting_that_cannot_be_is_said_before_the_start(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="POOLING_SESSIONS must be a whole number"),
        serve(ROOT / "app.py", tmp_path / "log", POOLING_SESSIONS="many"),
    ):
        pass
