"""Keep the model on screen as A, go and compare, take A back: what the sidebar offers."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import escape
from core.exceptions import PoolingError
from core.formats import shorten
from core.spec import ModelSpec
from pages._shared import state, texts
from pages._shared.dataset import Dataset
from pages._shared.model import kept

#: The screen that the next run opens, showing what is shown now; and that of two models.
_ASKED, _SCREEN = "kept_go_to", "compare"


def offer(data: Dataset, asked: ModelSpec | PoolingError, put_back: Any) -> None:
    """Draw the button that keeps A; where A is kept, what it is and the ways to go on.

    Parameters
    ----------
    asked : ModelSpec or PoolingError
        What the sidebar asks for.
    put_back : callable
        Puts the controls as a specification says: ``sidebar.set_model``.
    """
    text = texts.load("compare")["sidebar"]
    model = kept.kept(data.id)
    if model is None:
        st.button(text["keep"], key="kept_keep", help=text["keep_help"], on_click=keep_shown)
        return
    is_same = asked == model
    formula = escape.for_markdown(shorten(model.lme4_formula(), 160))
    st.caption(f"**A** {formula}" + (f" · {text['same']}" if is_same else ""))
    with st.container(horizontal=True, gap="small", key="kept_row"):
        st.button(text["compare"], key="kept_compare", on_click=_ask)
        if not is_same:
            take_back(data, put_back, "kept_back")
            st.button(text["again"], key="kept_keep", help=text["again_help"], on_click=keep_shown)
        st.button(
            text["forget"],
            key="kept_forget",
            type="tertiary",
            on_click=kept.keep,
            args=(data.id, None),
        )


def take_back(data: Dataset, put_back: Any, key: str) -> None:
    """Draw the button that restores the controls of A."""
    text = texts.load("compare")["sidebar"]
    model = kept.kept(data.id)
    st.button(text["back"], key=key, help=text["back_help"], on_click=put_back, args=(data, model))


def keep_shown() -> None:
    """Keep the model that is on screen as A; to be called by a button."""
    shown = state.shown()
    kept.keep(shown.dataset.id, shown.spec)


def _ask() -> None:
    """Have the next run open the screen of both models."""
    st.session_state[_ASKED] = _SCREEN


def asked() -> str | None:
    """Return the address of the screen that was asked for, once."""
    path: str | None = st.session_state.pop(_ASKED, None)
    return path
