"""The door: counts who is in, hears who does something, and asks to come back when it is full.

Only what passes is looked at: the name of the session in the first message to the browser, and
which runs the browser asks for.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from starlette.responses import HTMLResponse
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages._shared import texts
from pages._shared.host.sessions import INSIDER, SESSIONS
from pages._shared.host.settings import settings

#: Where no page of the app is, whatever the browser would like to have.
_ELSEWHERE = ("/_stcore/", "/static/", "/media/", "/component/", "/-/")
_TRY_AGAIN = 20
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="{seconds}">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font-family:system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em;
color-scheme:light dark}}</style>
<h1>{title}</h1><p>{words}</p></html>
"""


def standing() -> int:
    """Return how many may be connected: those with a seat, and some who wait for one."""
    seats = settings().sessions
    return seats + max(10, seats // 4)


def _header(scope: Any, name: bytes) -> str:
    found = (value for key, value in scope["headers"] if key == name)
    return str(next(found, b"").decode("latin-1"))


def _is_page(scope: Any) -> bool:
    return (
        scope["method"] == "GET"
        and "text/html" in _header(scope, b"accept")
        and not any(part in scope["path"] for part in _ELSEWHERE)
    )


def _comes_back(scope: Any) -> bool:
    """Return whether a websocket asks for a session that is here."""
    asked = [part.strip() for part in _header(scope, b"sec-websocket-protocol").split(",")]
    return len(asked) > 2 and SESSIONS.get(asked[2]) is not None


class Doorman:
    """ASGI middleware before everything else of the app."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a request in, or show the page that asks to come back."""
        if scope["type"] == "websocket" and _header(scope, b"user-agent") != INSIDER:
            if SESSIONS.count() >= standing() and not _comes_back(scope):
                await send({"type": "websocket.close", "code": 1013})
                return
            await self._listen(scope, receive, send)
        elif scope["type"] == "http" and _is_page(scope) and SESSIONS.count() >= standing():
            await self._ask_to_come_back(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _ask_to_come_back(self, scope: Any, receive: Any, send: Any) -> None:
        text = texts.load("server")["closed"]
        page = _PAGE.format(seconds=_TRY_AGAIN, **text)
        answer = HTMLResponse(page, 503, {"Retry-After": str(_TRY_AGAIN)})
        await answer(scope, receive, send)

    async def _listen(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on, and note whose connection it is and that its reader is there."""
        name = ""

        async def received() -> Any:
            message = await receive()
            if name and message["type"] == "websocket.receive" and message.get("bytes"):
                _hear(name, message["bytes"])
            return message

        async def sent(message: Any) -> None:
            nonlocal name
            if not name and message["type"] == "websocket.send" and message.get("bytes"):
                name = _session_of(message["bytes"])
                if name:
                    SESSIONS.join(name)
            await send(message)

        try:
            await self._app(scope, received, sent)
        finally:
            if name:
                SESSIONS.leave(name)


def _session_of(content: bytes) -> str:
    """Return the session that a message to the browser names, or ''."""
    try:
        return str(ForwardMsg.FromString(content).new_session.initialize.session_id)
    except DecodeError:
        return ""


def _hear(name: str, content: bytes) -> None:
    try:
        message = BackMsg.FromString(content)
    except DecodeError:  # Streamlit will refuse it in its own way
        return
    if message.HasField("rerun_script") and not message.rerun_script.is_auto_rerun:
        run = message.rerun_script
        SESSIONS.hear(name, run.query_string, run.page_script_hash)
