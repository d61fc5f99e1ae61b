"""Talks to an ASGI application without a network."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any


@dataclass
class Reply:
    """What an application answered."""

    status: int
    headers: dict[str, str]
    body: str


def ask(
    app: Any, path: str, *, method: str = "GET", client: str = "127.0.0.1", **named: str
) -> Reply:
    """Ask for a path; names of headers are written with underscores."""
    given = {"host": "localhost:8501", **{k.replace("_", "-"): v for k, v in named.items()}}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in given.items()],
        "client": (client, 1),
        "server": ("localhost", 8501),
    }
    return asyncio.run(_ask(app, scope))


async def _ask(app: Any, scope: dict[str, Any]) -> Reply:
    reply = Reply(0, {}, "")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            reply.body += message.get("body", b"").decode()

    await app(scope, receive, send)
    return reply
