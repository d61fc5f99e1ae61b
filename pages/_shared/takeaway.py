"""Take it home: a report, and scripts that give the same numbers."""

from __future__ import annotations

import streamlit as st

from core import escape
from pages._shared import state, texts
from pages._shared.control import Control
from pages._shared.dataset import Shown

_OPEN = "takeaway_open"
#: Not in the link: what is written here is for whoever takes it home.
SCREENS = Control("screens", "takeaway_screens", None, "many")
SHORT = Control("short", "takeaway_short", False, "flag")


def button() -> None:
    """Draw the button that opens what can be taken home."""
    text = texts.load("takeaway")
    part = st.popover(text["button"], key=_OPEN, on_change="rerun", width="stretch")
    if part.open:
        with part:
            _contents(state.shown(), text)


def _contents(shown: Shown, text: dict[str, str]) -> None:
    # Every figure of the app is behind these: the first page must not wait for them.
    from core.takeaway.pictures import SECTIONS
    from core.takeaway.scripts import packed, scripts
    from core.takeaway.written import ReportOptions, report, report_markdown

    st.markdown(f"**{text['report']}**")
    st.caption(text["report_hint"])
    is_short = SHORT.toggle(text["short"])
    names = list(SECTIONS)
    if SCREENS.now() is None:
        SCREENS.set(names)
    chosen = names
    if not is_short:
        chosen = SCREENS.several(
            text["screens"], names, is_labelled=True, format_func=lambda n: SECTIONS[n][0]
        )
    note = st.text_area(text["note"], key="takeaway_note", max_chars=4_000, height=80)
    data = shown.dataset
    options = ReportOptions(
        title=data.title, source=data.source, changes=data.changes, is_short=is_short
    )
    stem = "report"
    st.download_button(
        text["download"],
        data=lambda: report(
            shown.fits, chosen, note, wording=shown.wording, options=options
        ).encode(),
        file_name=f"{stem}.html",
        mime="text/html",
        key="takeaway_report",
        on_click="ignore",
        type="primary",
    )
    st.download_button(
        text["markdown"],
        data=lambda: report_markdown(
            shown.fits, chosen, note, wording=shown.wording, options=options
        ).encode(),
        file_name=f"{stem}.md",
        mime="text/markdown",
        key="takeaway_markdown",
        on_click="ignore",
        type="tertiary",
    )
    st.markdown(f"**{text['scripts']}**")
    if shown.fits.multilevel_or_none is None:
        st.caption(escape.for_markdown(str(shown.fits.refusal)))
        return
    st.caption(text["scripts_hint"])
    st.download_button(
        text["scripts_download"],
        data=lambda: packed(scripts(shown.fits)),
        file_name="scripts.zip",
        mime="application/zip",
        key="takeaway_scripts",
        on_click="ignore",
    )
