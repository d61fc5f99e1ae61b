"""What went wrong, where, and what to do, in one place and one form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core import escape
from core.exceptions import PoolingError, SourceError
from core.explore.data import overview
from pages._shared import state, texts
from pages._shared.dataset import Shown
from pages._shared.host import sources
from pages._shared.looking import reshaping
from pages._shared.model import rows


def error(problem: PoolingError) -> None:
    """Show an error of ``core``: its message says what is wrong and what to do."""
    st.error(escape.for_markdown(str(problem)))


def problems(shown: Shown) -> None:
    """Show what a reader must know before the picture: failures, left-out rows, the verdict."""
    failures(shown)
    rows.told(shown)
    text = texts.load("messages")
    if shown.fits.multilevel_or_none is None:
        reason = escape.for_markdown(str(shown.fits.refusal))
        st.warning(text["no_multilevel"].format(reason=reason))
    elif shown.fits.status.code != "fine":
        st.info(escape.for_markdown(shown.fits.status.sentence))
    if shown.spec.has_precision:
        name = escape.for_markdown(shown.wording.name(shown.spec.weights))
        st.caption(text["precision"].format(weights=name))
    left_out = overview.left_out_sentence(shown.fits.data, shown.wording)
    if left_out:
        st.info(escape.for_markdown(left_out))
    coded = overview.coded_outcome(shown.dataset.table, shown.spec.outcome)
    if coded:
        st.caption(escape.for_markdown(coded))


def failures(shown: Shown) -> None:
    """Show what could not be done: a table that was not opened, a model that cannot be fitted."""
    text = texts.load("messages")
    _about_the_link()
    failed_upload()
    if shown.error is not None:
        kept = text["previous_kept"].format(what=escape.for_markdown(shown.dataset.title))
        reason = escape.for_markdown(str(shown.error))
        st.error(f"{text['model_failed'].format(reason=reason)}\n\n{kept}")
        reshaping.offer(state.asked())
        if isinstance(shown.error, SourceError) and sources.is_waiting():
            st.button(text["again"], key="source_again", on_click=sources.again)
    note = shown.fits.data.sample_note
    if note:
        st.caption(escape.for_markdown(note))


def failed_upload() -> None:
    """Show why a table could not be opened, read again or changed."""
    failed = st.session_state.get("upload_error")
    if failed is not None:
        name, reason = (escape.for_markdown(part) for part in failed)
        st.error(texts.load("messages")["upload_failed"].format(name=name, reason=reason))


def _about_the_link() -> None:
    """Show why the link that was followed could not be, or what it needs."""
    reason, needs = st.session_state.get("link_problem"), st.session_state.get("link_needs")
    if reason is not None:
        text = texts.load("link")["refused"]
        st.warning(text.format(reason=escape.for_markdown(reason)))
    if needs is not None:
        st.info(needs)
    note = st.session_state.get("link_note")
    if note is not None:
        st.warning(note)


@contextmanager
def told() -> Iterator[None]:
    """Show what stops a screen in words: rows that stay elsewhere, a source that fails."""
    try:
        yield
    except SourceError as problem:
        error(problem)


def needs_multilevel(shown: Shown) -> None:
    """Stop a screen that shows only partial pooling when there is none (``problems`` says why)."""
    if shown.fits.multilevel_or_none is None:
        st.stop()
