"""Streamlit's own page, with what its scripts would otherwise have to find out.

Left alone, they guess where the server is by asking below the screen's address first, which the
browser's console reports as "not found"; they load what draws a widget only once the first widget
has come; and the tab is called Streamlit until then.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import config

TITLE = "Partial Pooling Explorer"
#: What the first screen is made of, as Streamlit calls the files.
_FIRST = (
    *("Html", "BidiComponent", "PageLink", "ButtonGroup", "Selectbox", "Radio", "Multiselect"),
    *("Checkbox", "FileUploader", "TextArea"),
)
_STATIC = Path(st.__file__).with_name("static")
_IMPORTED = re.compile(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""")
_HEAD = re.compile(r"<head>", re.IGNORECASE)
_TITLE = re.compile(r"<title>.*?</title>", re.IGNORECASE | re.DOTALL)


def script() -> str:
    """Return the script that tells Streamlit's own where the server is."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"window.__streamlit={{BACKEND_BASE_URL:location.origin+{json.dumps(f'/{base}')}}}"


@lru_cache(maxsize=1)
def preloaded() -> tuple[str, ...]:
    """Return the files that the first screen needs and the page does not name; none if unsure."""
    folder = _STATIC / "static" / "js"
    try:
        named = (_STATIC / "index.html").read_text(encoding="utf-8")
        found: dict[str, None] = {}
        waiting = [path.name for name in _FIRST for path in folder.glob(f"{name}.*.js")]
        while waiting:
            name = waiting.pop()
            if name not in found and name not in named:
                found[name] = None
                waiting += _IMPORTED.findall((folder / name).read_text(encoding="utf-8"))
    except OSError:  # a Streamlit built another way: it will load them when it needs them
        return ()
    return tuple(found)


def told(page: str) -> str:
    """Return the page with title, script and files; as it is where it is not Streamlit's."""
    if "modulepreload" not in page or not _HEAD.search(page):
        return page
    links = "".join(
        f'<link rel="modulepreload" crossorigin href="./static/js/{name}">' for name in preloaded()
    )
    page = _TITLE.sub(f"<title>{TITLE}</title>{links}", page, count=1)
    return _HEAD.sub(lambda _: f"<head><script>{script()}</script>", page, count=1)


class Page:
    """ASGI middleware: completes the page that Streamlit's server hands out."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on; a page that comes back is completed."""
        accepts = [value for name, value in scope.get("headers", ()) if name == b"accept"]
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or b"text/html" not in b"".join(accepts)
        ):
            await self._app(scope, receive, send)
            return
        plain = [(k, v) for k, v in scope["headers"] if k not in _OF_FILES]
        answer = _Answer(send)
        await self._app({**scope, "headers": plain}, receive, answer.take)


#: With these a browser would be given the page packed, or told that it has the same file already.
_OF_FILES = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


class _Answer:
    """Holds a page back until it is whole; anything else goes through."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._start: Any = None
        self._body = b""

    async def take(self, message: Any) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._hand_over()

    async def _hand_over(self) -> None:
        body = told(self._body.decode("utf-8", errors="replace")).encode()
        dropped = (b"content-length", b"etag", b"last-modified", b"accept-ranges")
        kept = [(k, v) for k, v in self._start["headers"] if k.lower() not in dropped]
        size = (b"content-length", str(len(body)).encode())
        await self._send({**self._start, "headers": [*kept, size]})
        await self._send({"type": "http.response.body", "body": body})


def _is_page(start: Any) -> bool:
    headers = dict(start.get("headers", ()))
    return start["status"] == 200 and headers.get(b"content-type", b"").startswith(b"text/html")
