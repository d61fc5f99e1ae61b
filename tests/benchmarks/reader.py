"""One reader who speaks the protocol of the browser: opens the app, moves, clicks, reads.

No page is drawn: what comes over the websocket is parsed, counted and timed, as a browser would
receive it. Messages that the browser would have kept are kept, and asked for by their hash.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

#: A browser keeps a message that was not shown for so many runs.
_KEPT_RUNS = 2
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) load generator"
_FINISHED = (
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)


class Dropped(ConnectionError):
    """The server closed the connection, or did not answer in time."""


@dataclass
class Answer:
    """What one run of the app sent: how long it took, how much came, and what was in it."""

    seconds: float
    size: int
    exceptions: list[str] = field(default_factory=list)


def opened(url: str) -> dict[str, str]:
    """Return the cookies that a browser is given with the page.

    Raises
    ------
    Dropped
        When the page cannot be had.
    """
    request = urllib.request.Request(f"{url}/", headers={"User-Agent": _AGENT})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
            given = answer.headers.get_all("Set-Cookie") or []
    except OSError as error:
        raise Dropped(f"no page: {error}") from error
    pairs = (cookie.partition(";")[0].partition("=") for cookie in given)
    return {name: value for name, _, value in pairs}


class Reader:
    """A session with the app at ``url``; use as ``async with``.

    Attributes
    ----------
    screens : dict of str to str
        The address of every screen and the hash that the server calls it by.
    ids : dict of str to str
        The widgets and components seen, by the key that the app gave them.
    can_click : set of str
        The keys of the buttons of the last run that are not disabled.
    screen : str
        The address of the screen that is open.
    cookies : dict of str to str
        What the server had the browser keep.
    session : str
        The session's id, for coming back to it.
    """

    def __init__(self, url: str, *, patience: float = 120) -> None:
        self.url, self.patience = url, patience
        self.screens: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.session = ""
        self.can_click: set[str] = set()
        self.fragments: dict[str, str] = {}
        self.screen = ""
        self._kept: dict[str, int] = {}
        self._runs = 0
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> Reader:
        """Ask for the page, then open the websocket."""
        self.cookies |= await asyncio.to_thread(opened, self.url)
        await self.join()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the tab."""
        await self.leave()

    async def join(self) -> None:
        """Open the websocket: anew, or on the session there was."""
        parts = urlsplit(self.url)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        wanted = ["streamlit", self.cookies.get("_streamlit_xsrf", "none"), self.session]
        try:
            self._socket = await connect(
                f"ws://{parts.netloc}{parts.path}/_stcore/stream",
                subprotocols=[each for each in wanted if each],
                additional_headers={"Cookie": cookie} if cookie else None,
                user_agent_header=_AGENT,
                origin=f"{parts.scheme}://{parts.netloc}",
                max_size=None,
                compression=None,
                open_timeout=self.patience,
                ping_interval=None,
            )
        except (OSError, WebSocketException) as error:
            raise Dropped(f"no websocket: {error}") from error

    async def leave(self) -> None:
        """Close the websocket."""
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def open(self, screen: str = "", query: str = "") -> Answer:
        """Open a screen by its address, as a first visit or by a click on the navigation."""
        self.screen = screen
        return await self._run(query, [], page=screen)

    async def click(self, key: str) -> Answer:
        """Click a button by its key."""
        return await self._run("", [WidgetState(id=self.ids[key], trigger_value=True)])

    async def tell(self, key: str, value: Any, *, of_fragment: bool = True) -> Answer:
        """Send what a component in the browser has to say."""
        state = WidgetState(id=self.ids[key], json_value=json.dumps(value))
        fragment = self.fragments.get(key, "") if of_fragment else ""
        return await self._run("", [state], fragment=fragment)

    async def _run(
        self,
        query: str,
        states: Sequence[WidgetState],
        *,
        page: str | None = None,
        fragment: str = "",
    ) -> Answer:
        assert self._socket is not None
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.fragment_id = query, fragment
        if page is None:
            run.page_script_hash = self.screens.get(self.screen, "")
        elif page in self.screens:
            run.page_script_hash = self.screens[page]
        else:
            run.page_name = page
        run.widget_states.widgets.extend(states)
        run.cached_message_hashes.extend(self._kept)
        run.context_info.timezone = "Europe/Berlin"
        run.context_info.locale = "en-GB"
        run.context_info.url = f"{self.url}/{self.screen}"
        run.context_info.color_scheme = "light"
        start = time.perf_counter()
        try:
            await self._socket.send(message.SerializeToString())
            async with asyncio.timeout(self.patience):
                answer = await self._read(is_fragment=bool(fragment))
        except (OSError, WebSocketException, TimeoutError) as error:
            raise Dropped(f"no answer: {type(error).__name__} {error}") from error
        answer.seconds = time.perf_counter() - start
        return answer

    async def _read(self, *, is_fragment: bool) -> Answer:
        """Read until the run is at its end."""
        assert self._socket is not None
        answer = Answer(0.0, 0)
        self._runs += not is_fragment
        if not is_fragment:
            self.can_click = set()
        while True:
            raw = await self._socket.recv()
            assert isinstance(raw, bytes)
            answer.size += len(raw)
            message = ForwardMsg.FromString(raw)
            self._keep(message)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id or self.session
            elif kind == "navigation":
                for each in message.navigation.app_pages:
                    self.screens[each.url_pathname] = each.page_script_hash
                    if each.is_default:
                        self.screens[""] = each.page_script_hash
            elif kind == "delta":
                self._see(message, answer)
            elif kind == "script_finished" and message.script_finished in _FINISHED:
                return answer

    def _keep(self, message: ForwardMsg) -> None:
        """Keep what a browser keeps, and forget what was not shown for a while."""
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            self._kept[message.ref_hash] = self._runs
        elif message.metadata.cacheable and message.hash:
            self._kept[message.hash] = self._runs
        if kind == "script_finished":
            self._kept = {k: n for k, n in self._kept.items() if self._runs - n <= _KEPT_RUNS}

    def _see(self, message: ForwardMsg, answer: Answer) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            answer.exceptions.append(f"{element.exception.type}: {element.exception.message}")
        elif kind is not None:
            widget = getattr(getattr(element, kind), "id", "")
            if widget.startswith("$$"):
                key = widget.split("-", 2)[-1]
                self.ids[key] = widget
                self.fragments[key] = message.delta.fragment_id
                if kind == "button" and not element.button.disabled:
                    self.can_click.add(key)
