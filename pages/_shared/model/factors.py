"""Models with several factors: which screens show them, and what the others say instead."""

from __future__ import annotations

import streamlit as st

from core import escape
from core.explore.pooling.factors.story import not_yet
from core.factors_results import FactorsFits
from pages._shared import messages, state, texts
from pages._shared.model import groupings

#: Screens, by address, that have a picture of such a model or need none.
TAKES = frozenset(
    (
        *("", "pooling", "data", "variance", "standard_errors", "prediction", "ranking"),
        *("groups", "checks", "predicts_best", "compare", "simulate", "lessons", "terms"),
    )
)


def instead(address: str, title: str) -> bool:
    """Say why a screen has no picture of a model with several factors; return whether it was so.

    Nothing is fitted in its place: the reader chooses which column to keep.
    """
    shown = state.shown()
    if address in TAKES or not isinstance(shown.fits, FactorsFits):
        return False
    messages.problems(shown)
    st.title(escape.for_markdown(title), anchor=False)
    st.info(escape.for_markdown(not_yet(shown.fits, title)))
    text = texts.load("factors")
    with st.container(horizontal=True, gap="small"):
        for i, name in enumerate(shown.spec.groups):
            st.button(
                text["keep"].format(column=escape.for_markdown(name)),
                key=f"factors_keep_{i}",
                on_click=groupings.keep_group,
                args=(shown.dataset, name),
            )
    return True
