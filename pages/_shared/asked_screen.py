"""The screen that a button asks for: the next run goes there and shows what is shown now."""

from __future__ import annotations

import streamlit as st

_ASKED = "asked_screen"


def ask(path: str) -> None:
    """Have the next run open a screen, by its address; to be called by a button."""
    st.session_state[_ASKED] = path


def taken() -> str | None:
    """Return the screen that was asked for, once."""
    path: str | None = st.session_state.pop(_ASKED, None)
    return path
