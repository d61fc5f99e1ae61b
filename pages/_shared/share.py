"""Share what is on screen: the link to copy, and its QR code for the projector."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import segno
import streamlit as st

from pages._shared import link, texts

_LOCAL = ("localhost", "127.0.0.1", "::1")


def button(screen: str) -> None:
    """Draw the button that opens link and QR code."""
    text = texts.load("link")
    part = st.popover(text["button"], key="share_open", on_change="rerun", width="stretch")
    if part.open:
        with part:
            _contents(screen, text)


def _contents(screen: str, text: dict[str, str]) -> None:
    params = link.params_of(screen)
    query = link.encoded(params)
    full = (st.context.url or "").rstrip("/") + ("" if screen else "/") + (query and f"?{query}")
    st.markdown(f"**{text['heading']}**")
    st.code(full, language=None, wrap_lines=True)
    st.caption(text["own"] if link.is_elsewhere(params) else text["hint"])
    if urlsplit(full).hostname in _LOCAL:
        st.caption(text["local"])
    st.image(_qr(full), caption=text["qr"], width=240)


def _qr(address: str) -> bytes:
    """Return the QR code of an address as a PNG picture, black on white as scanners want it."""
    picture = io.BytesIO()
    segno.make(address, error="l", micro=False).save(picture, kind="png", scale=8, border=3)
    return picture.getvalue()
