"""One measurement in several columns: put below each other from wherever the fit fails."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError
from core.tables.doctor.several_to_long import SeveralToLong
from core.tables.reshape import WideToLong
from pages._shared import cache, state, texts
from pages._shared.dataset import Dataset


def preview(data: Dataset, fixes: Sequence[core.Fix]) -> None:
    """Show what the first rows become, where a fix reshapes the table; else nothing."""
    for fix in fixes:
        if isinstance(fix, WideToLong | SeveralToLong):
            with st.container(key=f"reshape_preview_{data.id}"):
                st.dataframe(fix.apply(data.table.head(2)).head(8), hide_index=True)
            return


def offer(data: Dataset) -> None:
    """Offer to reshape a table that looks wide, with a preview; nothing for any other."""
    if not data.is_upload or data.elsewhere is not None:
        return
    found: core.Finding | None = cache.of_table(data, "wide", _wide)
    if found is None or found.fix is None:
        return
    with st.container(border=True):
        st.markdown(escape.for_markdown(found.message))
        preview(data, (found.fix,))
        st.button(
            escape.for_markdown(found.fix.label),
            key="reshape_offer",
            on_click=_mend,
            args=(data, found.fix),
        )
        st.caption(texts.load("asking")["reshaped"])


def _wide(table: pd.DataFrame) -> core.Finding | None:
    return next((f for f in core.examine(table) if f.code == "wide_layout"), None)


def _mend(data: Dataset, fix: core.Fix) -> None:
    try:
        state.mend(data, fix)
    except PoolingError as error:
        st.session_state["upload_error"] = (data.title, str(error))
        return
    # The roles belonged to columns that are gone: they are guessed anew.
    state.drafts().pop(str(st.session_state["data_choice"]), None)
