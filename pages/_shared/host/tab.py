"""The browser's tab: what it has open outlives a reload and a lost connection.

Session keys
------------
tab_token : str
    The token that this tab has told (see ``vault``); never in an address, a log or a cache.
tab_lost : str
    Title of a table that this tab had open and that is not kept any more; '' once understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import escape
from core.formats import shorten
from pages._shared import texts
from pages._shared.host.vault import VAULT, is_token

_COMPONENT, _TOKEN, LOST = "tab_component", "tab_token", "tab_lost"
#: What belongs to the tables as such; the controls are told by ``keep``'s caller.
_TABLES = ("drafts", "answered", "link_numbers", "data_choice")
_LONGEST = 200


@lru_cache(maxsize=1)
def _script() -> str:
    return Path(__file__).with_name("tab.js").read_text(encoding="utf-8")


def find() -> None:
    """Put back what this tab had open, if a reload took it away; before anything is drawn."""
    _hear(st.session_state.get(_COMPONENT))


def ask(controls: re.Pattern[str]) -> None:
    """Keep what is open for a reload, and ask the browser which tab this is.

    Parameters
    ----------
    controls : pattern
        Of the session's keys that hold what controls are set to.
    """
    title = next((d.title for d in reversed(_own_tables().values())), "")
    part = st.components.v2.component("pooling_tab", js=_script())
    with st.container(key="tab"):
        found = part(
            key=_COMPONENT,
            data={"title": title[:_LONGEST], "known": _TOKEN in st.session_state},
            default={"tab": None},
            on_tab_change=lambda: None,
        )
    if _hear(found):
        st.rerun()
    _keep(controls)


def _hear(found: Any) -> bool:
    """Take what the browser tells; return whether tables came back, or are told to be gone."""
    told: Any = None if found is None else getattr(found, "tab", None)
    if not isinstance(told, Mapping) or not is_token(told.get("token")):
        return False
    if st.session_state.get(_TOKEN) == told["token"]:
        return False
    st.session_state[_TOKEN] = told["token"]
    if _own_tables():
        return False
    kept, title = VAULT.get(told["token"]), told.get("title")
    if kept is not None:
        _put_back(kept)
    elif isinstance(title, str):
        st.session_state[LOST] = title[:_LONGEST]
    return kept is not None or bool(title)


def _own_tables() -> dict[str, Any]:
    """Return the tables of this session that can be kept: not those that stay elsewhere."""
    held = st.session_state.get("uploads", {})
    return {name: data for name, data in held.items() if data.elsewhere is None}


def _put_back(kept: Any) -> None:
    for key, value in kept.items():
        st.session_state[key] = dict(value) if isinstance(value, dict) else value
    for key in ("link_needs", "link_problem", "waiting_model", "waiting_controls"):
        st.session_state.pop(key, None)
    st.session_state["host_lost"] = False  # the session is another one, but nothing is missing


def _keep(controls: re.Pattern[str]) -> None:
    """Keep what this tab has open; forget it where nothing is open any more."""
    token, context = st.session_state.get(_TOKEN), get_script_run_ctx()
    if token is None or context is None:
        return
    own = _own_tables()
    if not own:
        VAULT.drop(token)
        return
    held = {str(k): v for k, v in st.session_state.items() if controls.fullmatch(str(k))}
    held |= {key: st.session_state[key] for key in _TABLES if key in st.session_state}
    held |= {f"group_{n}": v for n in own if (v := st.session_state.get(f"group_{n}"))}
    VAULT.put(token, context.session_id, held | {"uploads": own})


def forget() -> None:
    """Forget what this tab has open."""
    token = st.session_state.get(_TOKEN)
    if token is not None:
        VAULT.drop(token)


def instead() -> bool:
    """Say which table is not kept any more, in the place of any finding; return whether so."""
    title = st.session_state.get(LOST)
    if not title or st.session_state.get("uploads"):
        return False
    text = texts.load("server")["gone"]
    st.title(text["title"].format(table=escape.for_markdown(shorten(title, 60))), anchor=False)
    st.markdown(text["words"])
    st.button(text["known"], key="tab_known", on_click=_understood)
    return True


def _understood() -> None:
    st.session_state[LOST] = ""
