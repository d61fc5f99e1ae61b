"""Take it home: a report, and scripts that give the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core import escape
from core.explore.pooling.factors.story import not_yet
from core.factors_results import FactorsFits
from pages._shared import doubt, state, texts
from pages._shared.control import Control
from pages._shared.dataset import Shown
from pages._shared.figures import FILE
from pages._shared.takeaway import work

_OPEN = "takeaway_open"
_MIME = {
    "html": "text/html",
    "md": "text/markdown",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
#: Not in the link: what is written here is for whoever takes it home.
SCREENS = Control("screens", "takeaway_screens", None, "many")
SHORT = Control("short", "takeaway_short", False, "flag")


def draw(screen: str) -> None:
    """Draw the button that opens what can be taken home from a screen."""
    text = texts.load("takeaway")
    part = st.popover(text["button"], key=_OPEN, on_change="rerun", width="stretch")
    if part.open:
        with part:
            _contents(state.shown(), text)
            _work(screen, text)


def _save(name: str, label: str, data: Callable[[], bytes], file: str, **look: Any) -> None:
    """Draw a button that makes a file when it is pressed."""
    mime = _MIME[file.rpartition(".")[2]]
    key = f"takeaway_{name}"
    st.download_button(label, data, file, mime, key=key, on_click="ignore", **look)


def _contents(shown: Shown, text: dict[str, str]) -> None:
    if isinstance(shown.fits, FactorsFits):
        st.caption(escape.for_markdown(not_yet(shown.fits, text["all"])))
        return
    st.markdown(f"**{text['report']}**")
    st.caption(text["report_hint"])
    _report(shown, text)
    st.markdown(f"**{text['figures']}**")
    FILE.segments(text["figures"], {"png": "PNG", "svg": "SVG"})
    st.caption(text["figures_hint"])
    st.markdown(f"**{text['scripts']}**")
    _scripts(shown, text)


def _report(shown: Shown, text: dict[str, str]) -> None:
    # Every figure of the app is behind these: the first page must not wait for them.
    from core.takeaway.all_tables import all_tables
    from core.takeaway.pictures import SECTIONS
    from core.takeaway.workbook import workbook
    from core.takeaway.written import ReportOptions, report, report_markdown

    is_short = SHORT.toggle(text["short"])
    names = list(SECTIONS)
    if SCREENS.now() is None:
        SCREENS.set(names)
    chosen = names
    if not is_short:
        chosen = SCREENS.several(
            text["screens"], names, is_labelled=True, format_func=lambda n: SECTIONS[n][0]
        )
    note = st.text_area(
        text["note"], key=work.NOTE, max_chars=4_000, height=80, persist_state="session"
    )
    data = shown.dataset
    posterior = doubt.now(shown).posterior
    options = ReportOptions(
        title=data.title,
        source=" ".join(filter(None, (data.source, shown.fits.data.sample_note))),
        changes=data.changes,
        is_short=is_short,
        posterior=posterior,
    )

    def made(write: Callable[..., str]) -> Callable[[], bytes]:
        return lambda: write(
            shown.fits, chosen, note, wording=shown.wording, options=options
        ).encode()

    def tables() -> bytes:
        return workbook(all_tables(shown.fits, tuple(chosen), shown.wording, posterior))

    _save("report", text["download"], made(report), "report.html", type="primary")
    _save("markdown", text["markdown"], made(report_markdown), "report.md", type="tertiary")
    _save("workbook", text["workbook"], tables, "tables.xlsx", type="tertiary")


def _scripts(shown: Shown, text: dict[str, str]) -> None:
    from core.takeaway.scripts import packed, scripts

    if shown.fits.multilevel_or_none is None:
        st.caption(escape.for_markdown(str(shown.fits.refusal)))
        return
    if shown.fits.data.in_hand is not shown.fits.data:
        st.caption(text["scripts_elsewhere"])
        return
    st.caption(text["scripts_hint"])
    label = text["scripts_download"]
    _save("scripts", label, lambda: packed(scripts(shown.fits)), "scripts.zip")


def _work(screen: str, text: dict[str, str]) -> None:
    from core.takeaway.work import save_work

    st.markdown(f"**{text['work']}**")
    if state.shown().dataset.elsewhere is not None:
        st.caption(text["work_elsewhere"])
        return
    now = work.current(screen)
    st.caption(text["work_hint"])
    _save("work", text["work_save"], lambda: save_work(now), "work.zip")
