"""What stands before the app: the door, the headers, the page, and the page of who runs it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Mount, Route
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages._server import doorman, page, status
from pages._server.headers import Headers
from pages._server.warm import WARM_UP
from pages._shared.host.sessions import INSIDER, Sessions
from pages._shared.host.settings import Settings
from tests.server.asgi import ask

OWN = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    """A house with two seats, nobody in it, warmed up."""
    found = Sessions()
    few = Settings(sessions=2)
    for module in (doorman, status):
        monkeypatch.setattr(module, "SESSIONS", found)
        monkeypatch.setattr(module, "settings", lambda: few)
    monkeypatch.setattr(WARM_UP, "is_ready", True)
    monkeypatch.setattr(status.Door, "is_closing", False)
    yield found


async def _app(scope: Any, receive: Any, send: Any) -> None:
    await HTMLResponse(OWN)(scope, receive, send)


def test_the_status_page_is_for_this_machine_alone(sessions: Sessions) -> None:
    app = Starlette(routes=status.ROUTES)
    found = ask(app, "/-/status")
    assert found.status == 200
    counted = json.loads(found.body)
    assert counted["readers"] == 0 and counted["readers_at_most"] == 2
    assert "<table>" in ask(app, "/-/status", accept="text/html").body
    for refused in (
        ask(app, "/-/status", client="192.0.2.7"),
        ask(app, "/-/status", host="other.example"),  # a name that was made to point here
        ask(app, "/-/status", x_forwarded_for="192.0.2.7"),  # a balancer on this machine
        ask(app, "/-/drain", method="POST", forwarded="for=192.0.2.7"),
    ):
        assert refused.status == 404 and "readers" not in refused.body
    assert not status.Door.is_closing


def test_ready_says_whether_readers_may_come(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Starlette(routes=status.ROUTES)
    assert ask(app, "/-/ready", client="192.0.2.7").status == 200
    sessions.join("a")
    sessions.join("b")
    assert ask(app, "/-/ready").status == 404  # full
    sessions.leave("b")
    assert ask(app, "/-/ready").status == 200
    assert ask(app, "/-/drain", method="POST").status == 200
    assert ask(app, "/-/ready").status == 404
    monkeypatch.setattr(WARM_UP, "is_ready", False)
    assert ask(app, "/-/ready").status == 503


def test_a_full_house_asks_to_come_back(sessions: Sessions) -> None:
    app = doorman.Doorman(_app)
    for i in range(doorman.standing()):
        assert ask(app, "/", accept="text/html").status == 200
        sessions.join(str(i))
    turned_away = ask(app, "/", accept="text/html")
    assert turned_away.status == 503 and "Retry-After".lower() in turned_away.headers
    assert "seats" in turned_away.body.lower()
    assert ask(app, "/static/js/index.js", accept="text/html").status == 200
    assert _connect(app, "streamlit") == "websocket.close"
    assert _connect(app, "streamlit, token, 1") == "websocket.accept"  # is in already
    assert _connect(app, "streamlit", agent=INSIDER) == "websocket.accept"


def test_the_door_hears_who_comes_and_what_they_do(sessions: Sessions) -> None:
    assert _connect(doorman.Doorman(_socket), "streamlit") == "websocket.accept"
    (name,) = sessions.ids()
    found = sessions.get(name)
    assert found is not None
    assert (name, found.query, found.screen) == ("new", "data=radon", "hash")
    assert found.connections == 0 and sessions.arrived == 1  # the socket was closed


def _connect(app: Any, protocols: str, agent: str = "Mozilla") -> str:
    """Return the first message that a websocket is sent; the reader then clicks and leaves."""
    app = doorman.Doorman(_socket)
    click, auto = BackMsg(), BackMsg()
    click.rerun_script.query_string = "data=radon"
    click.rerun_script.page_script_hash = "hash"
    auto.rerun_script.query_string = "by itself"
    auto.rerun_script.is_auto_rerun = True
    said = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "bytes": click.SerializeToString()},
        {"type": "websocket.receive", "bytes": auto.SerializeToString()},
        {"type": "websocket.receive", "bytes": b"\xff\xff nonsense"},
        {"type": "websocket.disconnect", "code": 1000},
    ]
    told: list[str] = []

    async def receive() -> Any:
        return said.pop(0)

    async def send(message: Any) -> None:
        told.append(message["type"])

    scope = {
        "type": "websocket",
        "path": "/_stcore/stream",
        "headers": [
            (b"user-agent", agent.encode()),
            (b"sec-websocket-protocol", protocols.encode()),
        ],
    }
    asyncio.run(app(scope, receive, send))
    return told[0]


async def _socket(scope: Any, receive: Any, send: Any) -> None:
    """Stand in for the app: name the session, then listen until the reader leaves."""
    await receive()
    await send({"type": "websocket.accept"})
    message = ForwardMsg()
    message.new_session.initialize.session_id = "new"
    await send({"type": "websocket.send", "bytes": message.SerializeToString()})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def test_every_answer_carries_the_headers() -> None:
    app = Headers(Starlette(routes=[Route("/", lambda _: PlainTextResponse("found"))]))
    for path in ("/", "/nowhere"):
        found = ask(app, path).headers
        policy = dict(rule.split(" ", 1) for rule in found["content-security-policy"].split("; "))
        assert policy["default-src"] == "'self'"
        assert policy["object-src"] == "'none'" and policy["frame-ancestors"] == "'self'"
        assert "'unsafe-inline'" not in policy["script-src"]
        assert "*" not in found["content-security-policy"] and "http" not in policy["script-src"]
        assert found["x-content-type-options"] == "nosniff"
        assert found["referrer-policy"] == "no-referrer"


def test_the_page_names_what_the_first_screen_needs() -> None:
    app = page.Page(Starlette(routes=[Mount("/", app=_app)]))
    found = ask(app, "/ranking", accept="text/html", accept_encoding="gzip")
    assert found.status == 200
    assert f"<title>{page.TITLE}</title>" in found.body
    assert page.script() in found.body
    assert page.preloaded(), "no file of the first screen was found in this Streamlit"
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    for name in page.preloaded():
        assert (folder / name).is_file() and name in found.body
    assert int(found.headers["content-length"]) == len(found.body.encode())


def test_what_is_not_the_page_passes_untouched() -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("<head>", headers={"etag": "1"})(scope, receive, send)

    found = ask(page.Page(plain), "/", accept="text/html")
    assert found.body == "<head>" and found.headers["etag"] == "1"
    assert page.told("<html><head></head></html>") == "<html><head></head></html>"
