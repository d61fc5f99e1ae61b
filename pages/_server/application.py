"""What ``app.py`` hands to Streamlit's server: its routes, its middleware, and its life."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import get_instance

from pages._server.care import CARE
from pages._server.doorman import Doorman
from pages._server.headers import Headers
from pages._server.page import Page
from pages._server.status import ROUTES
from pages._server.warm import IMPORTS, WARM_UP
from pages._shared.host.sessions import SESSIONS
from pages._shared.host.settings import settings
from pages._shared.host.vault import VAULT

_LOG = logging.getLogger(__name__)
_TICK = 5.0
#: Seconds more than Streamlit keeps a session whose browser is gone.
_GRACE = 5.0


def begin() -> None:
    """Begin to load what every reader needs; to be called when the server's module is loaded.

    Raises
    ------
    SystemExit
        When a variable of the environment says what it cannot.
    """
    try:
        settings()
    except ValueError as error:
        raise SystemExit(f"The server was not started: {error}") from None
    CARE.begin()
    IMPORTS.begin()


def routes() -> list[Route]:
    """Return the routes beside Streamlit's own."""
    return list(ROUTES)


def middleware() -> list[Middleware]:
    """Return what every request passes, from the outside in."""
    return [Middleware(Headers), Middleware(Doorman), Middleware(Page)]


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Warm up once the server listens, and look after it for as long as it lives."""
    tasks = [asyncio.create_task(work) for work in (_warm_up(app), _look_after())]
    try:
        yield {}
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _warm_up(app: Any) -> None:
    if not settings().warm_up:
        WARM_UP.is_ready = WARM_UP.is_done = True
        return
    await WARM_UP.run(app)
    await asyncio.to_thread(CARE.freeze)


async def _look_after() -> None:
    """End sessions that are over, put idle ones to sleep, and see to the memory."""
    while True:
        await asyncio.sleep(_TICK)
        try:
            has_ended = end_sessions()
            put_to_sleep()
            VAULT.sweep(SESSIONS.is_here)
            if WARM_UP.is_done:
                await asyncio.to_thread(lambda ended=has_ended: CARE.look(has_ended=ended))
        except Exception:
            _LOG.exception("A round of the server's own care failed; the next one comes")


def end_sessions() -> bool:
    """End the sessions whose browser has been gone for so long that Streamlit gave them up.

    Streamlit itself lets go of them only when another one is stored.
    """
    gone = SESSIONS.gone(float(config.get_option("server.disconnectedSessionTTL")) + _GRACE)
    for name in gone:
        get_instance().close_session(name)
        SESSIONS.forget(name)
    return bool(gone)


def put_to_sleep() -> None:
    """Have sessions whose reader has long done nothing give up what they hold."""
    minutes = settings().idle_minutes
    if not minutes:
        return
    for session in SESSIONS.idle(60.0 * minutes):
        session.asleep = True
        message = BackMsg()
        message.rerun_script.query_string = session.query
        message.rerun_script.page_script_hash = session.screen
        message.rerun_script.is_auto_rerun = True
        get_instance().handle_backmsg(session.id, message)
