"""What runs inside, for who runs the server: a page that only the machine itself is shown.

``/-/ready`` is for a balancer: 200 takes new readers, 404 those who are here already (the house
is full, or about to close), 503 nobody yet. ``/-/status`` counts, as a page or as JSON;
``/-/drain`` lets nobody new in from then on. The last two answer on the loopback address alone,
and not to what a balancer passes on.
"""

from __future__ import annotations

import html
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pages._server.care import CARE
from pages._server.warm import WARM_UP
from pages._shared.host.sessions import SESSIONS
from pages._shared.host.settings import MEGABYTE, settings

_HERE = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PASSED_ON = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")
_STARTED = time.monotonic()


class Door:
    """Whether new readers are let in."""

    is_closing = False


def _is_of_this_machine(request: Request) -> bool:
    """Return whether a program on this machine asks, by itself and by this machine's name."""
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    return (
        request.client is not None
        and request.client.host in _HERE
        and host in _NAMES
        and not any(name in request.headers for name in _PASSED_ON)
    )


async def ready(_: Request) -> Response:
    """Say whether new readers may come."""
    if not WARM_UP.is_ready:
        return PlainTextResponse("starting", 503)
    if Door.is_closing:
        return PlainTextResponse("closing", 404)
    if SESSIONS.count() >= settings().sessions:
        return PlainTextResponse("full", 404)
    return PlainTextResponse("ready")


async def drain(request: Request) -> Response:
    """Let nobody new in."""
    if not _is_of_this_machine(request):
        return PlainTextResponse("not here", 404)
    Door.is_closing = True
    return PlainTextResponse("closing")


async def status(request: Request) -> Response:
    """Count who is here and what they hold."""
    if not _is_of_this_machine(request):
        return PlainTextResponse("not here", 404)
    found = counts()
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_page(found))
    return JSONResponse(found)


def counts() -> dict[str, Any]:
    """Return what there is to count."""
    room = sys.modules.get("pages._shared.host.room")
    tables, size = room.held() if room is not None else (0, 0)
    allowed = settings()
    return {
        "process": os.getpid(),
        "up_seconds": round(time.monotonic() - _STARTED),
        "closing": Door.is_closing,
        "readers": SESSIONS.count(),
        "readers_at_most": allowed.sessions,
        "readers_most_so_far": SESSIONS.most,
        "readers_so_far": SESSIONS.arrived,
        "oldest_reader_seconds": round(max(SESSIONS.ages(), default=0.0)),
        "tables": tables,
        "tables_mb": round(size / MEGABYTE, 1),
        "tables_mb_at_most": allowed.total_mb,
        "memory_mb": round(resident() / MEGABYTE, 1),
        "screens_drawn_beforehand": WARM_UP.drawn,
        "warm_up_seconds": round(WARM_UP.seconds, 1),
        "objects_frozen": CARE.frozen,
        "collections": CARE.collections,
        "last_collection_seconds": round(CARE.took, 3),
    }


def resident() -> int:
    """Return the bytes of memory that this process takes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _page(found: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{html.escape(name.replace('_', ' '))}</th>"
        f"<td>{html.escape(json.dumps(value))}</td></tr>"
        for name, value in found.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Status</title>'
        '<meta http-equiv="refresh" content="5"><style>body{font-family:system-ui,sans-serif;'
        "color-scheme:light dark}th{text-align:left;font-weight:400;padding-right:2em}"
        f"td{{text-align:right}}</style><table>{rows}</table></html>"
    )


ROUTES = [
    Route("/-/ready", ready, methods=["GET"]),
    Route("/-/status", status, methods=["GET"]),
    Route("/-/drain", drain, methods=["POST"]),
]
