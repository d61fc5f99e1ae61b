"""Share what is on screen: the link to copy, and its QR code for the projector."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import segno
import streamlit as st

from pages._shared import texts
from pages._shared.link import address as link
from pages._shared.link import own_seed

_OPEN, _ASKED = "share_open", "share_large_of"
#: Pixels of the large code: all of it in sight on a projector of 800 lines.
_LARGE = 520
_LOCAL = ("localhost", "127.0.0.1", "::1")


def button(screen: str) -> None:
    """Draw the button that opens link and QR code."""
    text = texts.load("link")
    part = st.popover(text["button"], key=_OPEN, on_change="rerun", width="stretch")
    if part.open:
        with part:
            _contents(screen, text)
    address = st.session_state.pop(_ASKED, None)
    if address is not None:
        _show_large(_qr(address), address, text["heading"])


def _contents(screen: str, text: dict[str, str]) -> None:
    whole = link.params_of(screen)
    params = link.shared(whole, screen)
    st.markdown(f"**{text['heading']}**")
    if own_seed.can_differ(params, screen) and st.toggle(
        text["own_seed"], key="share_own_seed", help=text["own_seed_help"]
    ):
        params = own_seed.asked_for(params)
    query = link.encoded(params)
    full = (st.context.url or "").rstrip("/") + ("" if screen else "/") + (query and f"?{query}")
    code, words = st.columns([2, 3], gap="small")
    with words:
        st.code(full, language=None, wrap_lines=True)
        st.caption(text["own"] if link.is_elsewhere(params) else text["hint"])
        if len(link.shared(whole, screen)) < len(whole):
            st.caption(text["guess"])
        if urlsplit(full).hostname in _LOCAL:
            st.caption(text["local"])
    with code:
        try:
            picture = _qr(full)
        except segno.DataOverflowError:
            st.caption(text["qr_too_long"])
            return
        st.image(picture, caption=text["qr"], width="stretch")
        st.button(text["large"], key="share_large", on_click=_ask_large, args=(full,))


def _ask_large(address: str) -> None:
    """Close the small box, which would lie over the large one, and ask for that."""
    st.session_state[_OPEN] = False
    st.session_state[_ASKED] = address


def _show_large(picture: bytes, address: str, title: str) -> None:
    """Show the code as large as the window allows, for the back row."""

    @st.dialog(title, width="large")
    def page() -> None:
        st.image(picture, width=_LARGE)
        st.code(address, language=None, wrap_lines=True)

    page()


def _qr(address: str) -> bytes:
    """Return the QR code of an address as a PNG picture, black on white as scanners want it.

    Raises
    ------
    segno.DataOverflowError
        When the address is longer than such a code can be.
    """
    picture = io.BytesIO()
    segno.make(address, error="l", micro=False).save(picture, kind="png", scale=8, border=4)
    return picture.getvalue()
