"""The headers of every answer: what a page of this app may load, and who may show it.

Streamlit's own scripts need a few freedoms, each with its reason; all else is refused.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages._server import page
from pages._shared.host.settings import settings

_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


@lru_cache(maxsize=1)
def _inline_scripts() -> tuple[str, ...]:
    """Return the digests of the scripts that stand in Streamlit's own page."""
    own = Path(st.__file__).with_name("static") / "index.html"
    try:
        text = own.read_text(encoding="utf-8")
    except OSError:  # a Streamlit built another way
        return ("'unsafe-inline'",)
    return tuple(
        "'sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() + "'"
        for s in (*_INLINE.findall(text), page.script())
    )


def policy(ancestors: str, scripts: Iterable[str]) -> str:
    """Return the content security policy."""
    rules = {
        "default-src": "'self'",
        # Components arrive over the websocket and are loaded as blobs. What is loaded may compile
        # text, as libraries that draw do and as programs that test pages in a browser must; but
        # nothing is loaded from elsewhere, and no script that stands in a page is run.
        "script-src": " ".join(("'self'", "'unsafe-eval'", "blob:", *scripts)),
        # Streamlit writes its style sheets while it runs, and so do Plotly and our own pages.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        # Browsers of today count the websocket of the same address as 'self'.
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": ancestors,
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def headers() -> list[tuple[bytes, bytes]]:
    """Return the headers of every answer, as ASGI wants them."""
    named = {
        "content-security-policy": policy(settings().frame_ancestors, _inline_scripts()),
        "x-content-type-options": "nosniff",
        # The address holds the state of the screen: it is nobody else's business.
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if settings().frame_ancestors == "'self'":
        named["x-frame-options"] = "SAMEORIGIN"  # for browsers that do not know frame-ancestors
    return [(name.encode(), value.encode()) for name, value in named.items()]


class Headers:
    """ASGI middleware: adds the headers to every answer over HTTP."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._added = headers()
        self._names = {name for name, _ in self._added}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and its answer back with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", [])
                kept = [(k, v) for k, v in given if k.lower() not in self._names]
                message = {**message, "headers": [*kept, *self._added]}
            await send(message)

        await self._app(scope, receive, sent)
