"""The lessons on offer: those that the app ships with, and the reader's own."""

from __future__ import annotations

import streamlit as st

from core.lessons.catalogue import LESSONS
from core.lessons.lesson import Lesson

#: The id of the lesson that was uploaded.
OWN = "own"


def available() -> dict[str, Lesson]:
    """Return the lessons on offer: the shipped ones, then the reader's own."""
    own: Lesson | None = st.session_state.get("lessons_own")
    return dict(LESSONS) | ({OWN: own} if own is not None else {})
