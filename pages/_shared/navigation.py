"""The way between screens: links that carry what is shown, so that nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages._shared.link import address as link
from pages._shared.model import keeping


def asked() -> str | None:
    """Return the address of the screen that a button asked for, which shows what is shown now."""
    path = keeping.asked()
    if path is not None:
        link.carry_over(path)
    return path


def draw(sections: Mapping[str, Sequence[Any]]) -> None:
    """Draw a link to every screen, with the address that it will have."""
    with st.container(key="navigation", gap=None):
        for section, screens in sections.items():
            st.caption(section)
            with st.container(horizontal=True, gap=None):
                for screen in screens:
                    params = link.params_of(screen.url_path)
                    query = {name: list(value) for name, value in params.items()}
                    st.page_link(screen, label=screen.title, query_params=query)
