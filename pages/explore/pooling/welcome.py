"""What this is and what to do first: one line, until the reader has done with it."""

from __future__ import annotations

import streamlit as st

from core import escape
from pages._shared import look, texts
from pages._shared.dataset import Shown
from pages._shared.link import address as link

#: Whether the line was sent away: for this session, and no matter of a link.
_DISMISSED = "pooling_welcomed"
_FIRST_LESSON = "scenarios"
_LESSONS = "pages/learn/lessons/screen.py"


def show(shown: Shown) -> None:
    """Say what the screen is for, with the way to the first lesson."""
    if st.session_state.get(_DISMISSED) or look.is_projector():
        return
    text = texts.load("pooling")["welcome"]
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="pooling_welcome"
    ):
        words = text["words"].format(group=shown.wording.group.one)
        st.markdown(escape.for_markdown(words), width="content")
        begun = st.button(text["lesson"], key="pooling_first_lesson")
        st.button(text["dismiss"], key="pooling_dismiss", type="tertiary", on_click=_dismiss)
    if begun:
        _dismiss()
        link.open_state({"lesson": _FIRST_LESSON, "step": "1"})
        st.switch_page(_LESSONS)


def _dismiss() -> None:
    st.session_state[_DISMISSED] = True
