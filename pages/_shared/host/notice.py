"""What a session is told about the server, before or beside its screen."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._shared import texts
from pages._shared.host import tab
from pages._shared.host.sessions import INSIDER, SESSIONS
from pages._shared.host.settings import settings

_LOST = "host_lost"
_WAIT = 10


def stand_in() -> bool:
    """Show what takes the place of every screen, if anything does: no seat, or asleep."""
    name = _session()
    if name is None or st.context.headers.get("User-Agent") == INSIDER:
        return False
    session = SESSIONS.enter(name)
    if session.asleep:
        _asleep(name)
        return True
    if not SESSIONS.has_seat(name, settings().sessions):
        _full(name)
        return True
    return False


def lost() -> None:
    """Say, until it is understood, that the browser came back to a session that is gone."""
    if st.session_state.setdefault(_LOST, _came_back()):
        text = texts.load("server")["lost"]
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(text["words"], width="stretch")
            st.button(text["known"], key="host_known", on_click=_understood)


def _understood() -> None:
    st.session_state[_LOST] = False


def _session() -> str | None:
    context = get_script_run_ctx()
    return None if context is None else context.session_id


def _came_back() -> bool:
    """Return whether the browser asked for another session than the one that it was given.

    It names the session it had as the third of the websocket's protocols.
    """
    asked = (st.context.headers.get("Sec-Websocket-Protocol") or "").split(",")
    return len(asked) > 2 and asked[2].strip() not in ("", _session())


def _full(name: str) -> None:
    text, seats = texts.load("server")["full"], settings().sessions

    @st.fragment(run_every=_WAIT)
    def waiting() -> None:
        if SESSIONS.has_seat(name, seats):
            st.rerun()
        st.title(text["title"], anchor=False)
        st.markdown(text["words"].format(seats=f"{seats:,}"))
        st.button(text["again"], key="host_again")

    waiting()


def _asleep(name: str) -> None:
    """Give up everything that the session holds, and offer to go on."""
    tab.forget()
    for key in list(st.session_state):
        del st.session_state[key]
    text = texts.load("server")["asleep"]
    st.title(text["title"], anchor=False)
    st.markdown(text["words"].format(minutes=f"{settings().idle_minutes:,}"))
    st.button(text["again"], key="host_wake", on_click=_wake, args=(name,))


def _wake(name: str) -> None:
    SESSIONS.enter(name).asleep = False
