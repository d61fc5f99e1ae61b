"""Where the app is being looked at: light or dark, normal or projector, wide or narrow."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from core.figures import theme
from pages._shared import terms, texts

#: Screens up to this many pixels wide get figures made for a phone.
NARROW = 640
_PROJECTOR = "display_projector"
_NARROW = "display_is_narrow"


def apply() -> None:
    """Add the app's style sheets and find out how wide the screen is; once per run.

    The same component has the app run again when the device turns dark or light.
    """
    terms.begin()
    sheets = [texts.asset("app.css")]
    if is_projector():
        sheets.append(texts.asset("projector.css"))
    st.html(f"<style>{_variables()}{''.join(sheets)}</style>")
    viewport = st.components.v2.component("viewport", js=texts.asset("viewport.js"))
    guess = _looks_like_a_phone()
    with st.container(key="viewport"):
        answer = viewport(
            key="viewport_answer",
            data={"width": NARROW, "guess": guess},
            default={"narrow": guess},
            on_narrow_change=lambda: None,
            on_dark_change=lambda: None,
        )
    st.session_state[_NARROW] = bool(answer.narrow)


def _variables() -> str:
    """Return the palette as style-sheet variables."""
    colors = asdict(style().palette)
    return ":root{" + "".join(f"--ppe-{k.replace('_', '-')}:{v};" for k, v in colors.items()) + "}"


def is_projector() -> bool:
    """Return whether the reader asked for large type; not on a phone that was handed the link."""
    return bool(st.session_state.get(_PROJECTOR, False)) and not _looks_like_a_phone()


def is_narrow() -> bool:
    """Return whether the screen is a phone's: as reported, before that by the browser's name."""
    return bool(st.session_state.get(_NARROW, _looks_like_a_phone()))


def _looks_like_a_phone() -> bool:
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def style(*, is_titled: bool = False) -> theme.Style:
    """Return the style for figures of this run; the heading stands above them as text."""
    mode: theme.Mode = "dark" if st.context.theme.type == "dark" else "light"
    size: theme.TextSize = "projector" if is_projector() else "normal"
    return theme.Style(mode, size, is_narrow(), is_titled)
