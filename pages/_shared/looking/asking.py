"""Before the first finding: what only the reader can tell about an uploaded table."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import escape
from core.tables.doctor.first_questions import Question
from pages._shared import messages, state, texts
from pages._shared.dataset import Dataset
from pages._shared.host import tab
from pages._shared.looking import guessing, reshaping, what_was_read

#: Screens that say nothing of the table's groups.
_ANYWAY = ("data", "simulate", "lessons", "terms")


def run(screen: Any) -> None:
    """Show a screen, or what takes its place."""
    if tab.instead() or instead(screen.url_path):
        return
    with messages.told():
        screen.run()


def instead(address: str) -> bool:
    """Ask in the place of a screen's finding; return whether there was anything to ask."""
    data = state.asked()
    if address in _ANYWAY:
        return False
    questions = guessing.waiting(data)
    if not questions:
        return False
    text = texts.load("asking")
    messages.failed_upload()
    what_was_read.show(data, "asking")
    st.title(escape.for_markdown(text["title"].format(table=data.title)), anchor=False)
    st.markdown(text["why"])
    for question in questions:
        _ask(data, question, text)
    st.button(
        text["go_on"], key="asking_go_on", on_click=guessing.settle, args=(data,), type="tertiary"
    )
    return True


def _ask(data: Dataset, question: Question, text: dict[str, str]) -> None:
    place = [str(name) for name in data.table.columns].index(question.column)
    with st.container(border=True):
        st.markdown(escape.for_markdown(question.sentence))
        reshaping.preview(data, question.fixes)
        row = st.container(horizontal=True, gap="small")
        for i, fix in enumerate(question.fixes):
            row.button(
                escape.for_markdown(fix.label),
                key=f"asking_cells_{place}_{i}",
                on_click=guessing.mend,
                args=(data, fix),
            )
        for i, column in enumerate(question.columns):
            row.button(
                escape.for_markdown(column),
                key=f"asking_{question.about}_{i}",
                on_click=guessing.choose,
                args=(data, question.about, column),
            )
        if question.fixes:
            row.button(
                text["leave"],
                key=f"asking_leave_{place}",
                on_click=guessing.settle,
                args=(data, question.key),
            )
