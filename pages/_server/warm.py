"""Draws every screen before anybody comes, so that nobody waits for what all would wait for.

The modules of the first screen are loaded by a thread from the moment the server starts; then a
visitor without a browser, who speaks the protocol over the application itself, opens every screen
in light and in dark. Readers come first: while one is busy the visitor waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import get_instance

from pages._shared.host.sessions import INSIDER, SESSIONS

_LOG = logging.getLogger(__name__)
#: Seconds that one screen may take, that readers must have been quiet for, and that the visitor
#: waits for this at most.
_MOST, _QUIET, _PATIENCE = 120.0, 1.0, 20.0
_FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY,)
#: What the first screen needs, in the order of need.
_FIRST = ("pages.screens", "pages.explore.pooling.parts", "pages._shared.link.share")
_THEMES = ("light", "dark")


class Imports:
    """The loading of what the first screen needs, in a thread of its own."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin, once; to be called when the server's module is loaded."""
        self._thread = threading.Thread(target=self._load, name="warm-up", daemon=True)
        self._thread.start()

    def _load(self) -> None:
        try:
            for name in _FIRST:
                importlib.import_module(name)
        except Exception:
            # The first reader's run meets the same error, and says it where it is looked for.
            _LOG.exception("The modules of the first screen could not be loaded")

    def wait(self) -> None:
        """Wait until they are loaded: two threads that load the same modules get in the way."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()


IMPORTS = Imports()


class Visitor:
    """Somebody who looks at screens without a browser: a websocket inside the process."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.session = ""
        self.size = 0
        self.screens: dict[str, str] = {}

    async def come(self) -> None:
        """Open the websocket."""
        base = str(config.get_option("server.baseUrlPath") or "").strip("/")
        path = f"/{base}/_stcore/stream" if base else "/_stcore/stream"
        hosts = [h.lstrip("*.") for h in config.get_option("server.allowedHosts") or ()]
        host = next(filter(None, hosts), "localhost")
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [
                (b"host", host.encode()),
                (b"user-agent", INSIDER.encode()),
                (b"sec-websocket-protocol", b"streamlit"),
            ],
            "client": ("127.0.0.1", 0),
            "server": (host, 80),
            "subprotocols": ["streamlit"],
            "state": {},
        }
        self._to_app.put_nowait({"type": "websocket.connect"})
        work = self._app(scope, self._to_app.get, self._put)
        self._task = asyncio.create_task(work, name="warm-up")

    async def _put(self, message: Any) -> None:
        self._from_app.put_nowait(message)

    async def open(self, screen: str, theme: str) -> bool:
        """Open a screen and wait until it is drawn; return whether it was."""
        message = BackMsg()
        run = message.rerun_script
        run.page_script_hash = self.screens.get(screen, "")
        run.context_info.color_scheme = theme
        run.context_info.timezone = "UTC"
        run.context_info.locale = "en-GB"
        content = message.SerializeToString()
        self._to_app.put_nowait({"type": "websocket.receive", "bytes": content})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MOST):
                return await self._drawn()
        return False

    async def _drawn(self) -> bool:
        while True:
            told = await self._from_app.get()
            if told["type"] == "websocket.close":
                return False
            if not told.get("bytes"):
                continue
            self.size += len(told["bytes"])
            message = ForwardMsg.FromString(told["bytes"])
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id
            elif kind == "navigation":
                for page in message.navigation.app_pages:
                    name = "" if page.is_default else page.url_pathname
                    self.screens[name] = page.page_script_hash
            elif kind == "script_finished" and message.script_finished in _FINISHED:
                return True

    async def go(self) -> None:
        """Close the websocket and end the session for good."""
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
        if self._task is not None:
            await asyncio.wait([self._task], timeout=10)
            self._task.cancel()
        if self.session:
            get_instance().close_session(self.session)


@asynccontextmanager
async def visitor(app: Any) -> AsyncIterator[Visitor]:
    """Have somebody look at screens inside the block."""
    found = Visitor(app)
    await found.come()
    try:
        yield found
    finally:
        await found.go()


class WarmUp:
    """How far the warm-up has come: nothing drawn, the first screen, everything."""

    def __init__(self) -> None:
        self.is_ready = self.is_done = False
        self.drawn = 0
        self.seconds = 0.0

    async def run(self, app: Any) -> None:
        """Draw all screens in all themes; whatever goes wrong is the business of the log."""
        start = time.monotonic()
        try:
            await asyncio.to_thread(IMPORTS.wait)
            for theme in _THEMES:
                # A visitor a theme: a session is light or dark for as long as it lasts.
                async with visitor(app) as guest:
                    await self._look(guest, "", theme)
                    self.is_ready = True
                    for screen in sorted(set(guest.screens) - {""}):
                        await _let_readers_go_first()
                        await self._look(guest, screen, theme)
        except Exception:
            _LOG.exception("The warm-up ended early; readers are served all the same")
        finally:
            self.is_ready = self.is_done = True
            self.seconds = time.monotonic() - start

    async def _look(self, guest: Visitor, screen: str, theme: str) -> None:
        if await guest.open(screen, theme):
            self.drawn += 1
        else:
            _LOG.warning("The screen '%s' was not drawn in %.0f s", screen, _MOST)


async def _let_readers_go_first() -> None:
    end = time.monotonic() + _PATIENCE
    while SESSIONS.quiet() < _QUIET and time.monotonic() < end:
        await asyncio.sleep(0.1)


WARM_UP = WarmUp()
