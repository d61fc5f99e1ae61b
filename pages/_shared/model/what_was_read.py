"""What was read: what was put right in a file, each repair taken back in one click."""

from __future__ import annotations

import streamlit as st

import core
from core import escape
from pages._shared import opening, texts
from pages._shared.dataset import Dataset

#: Repairs shown one by one; files have few.
_MOST = 12


def show(data: Dataset, key: str) -> None:
    """Show rows, columns and repairs of a file that was opened; nothing where none was made.

    Parameters
    ----------
    data : Dataset
    key : str
        Of the screen, so that its buttons are its own.
    """
    report = core.read_report(data.table)
    if report is None or not data.content or not (report.repairs or data.options.as_typed):
        return
    text = texts.load("reading")
    n_rows, n_columns = len(data.table), data.table.shape[1]
    said = _count(text, "repairs", len(report.repairs))
    line = text["read"].format(
        rows=_count(text, "rows", n_rows), columns=_count(text, "columns", n_columns), said=said
    )
    with st.expander(escape.for_markdown(line), key=f"{key}_read", expanded=True):
        for i, repair in enumerate(report.repairs[:_MOST]):
            row = st.container(horizontal=True, vertical_alignment="center", gap="small")
            row.markdown(escape.for_markdown(repair.sentence))
            options = core.without_repair(data.options, repair)
            row.button(
                text["take_back"],
                key=f"{key}_take_back_{i}",
                on_click=opening.again,
                args=(data, {"as_typed": options.as_typed}),
            )
        if data.options.as_typed:
            st.button(
                text["repair_all"],
                key=f"{key}_repair_all",
                on_click=opening.again,
                args=(data, {"as_typed": ()}),
            )


def _count(text: dict[str, dict[str, str]], what: str, number: int) -> str:
    """Return '1 row' or '30 rows'."""
    words = text[what]
    return words["one"] if number == 1 else words["many"].format(n=f"{number:,}")
