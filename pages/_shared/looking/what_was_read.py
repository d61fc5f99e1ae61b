"""What was read: repairs, each taken back in one click, and the roles with what comes next."""

from __future__ import annotations

import streamlit as st

import core
from core import escape
from core.explore.data import overview
from core.formats import listed, shorten
from pages._shared import opening, state, texts
from pages._shared.dataset import Dataset
from pages._shared.looking import guessing
from pages._shared.model import sidebar

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
    if report is None or not data.content:
        return
    text = texts.load("reading")
    n_rows, n_columns = len(data.table), data.table.shape[1]
    line = text["read"].format(
        rows=_count(text, "rows", n_rows),
        columns=_count(text, "columns", n_columns),
        said=_count(text, "repairs", len(report.repairs)),
        roles=_roles(data),
    )
    is_news = bool(report.repairs or data.options.as_typed)
    others = guessing.runners_up(data)
    with st.expander(escape.for_markdown(line), key=f"{key}_read", expanded=is_news):
        _others(data, others, key)
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


def _roles(data: Dataset) -> str:
    """Return which column plays which role, and whether that is a guess."""
    draft, text = state.draft(data.id), texts.load("reading")
    if not draft:
        return ""
    names = {name: f"'{shorten(str(draft[name]))}'" for name in ("outcome", "group")}
    by = listed([f"'{shorten(name)}'" for name in draft["predictors"]], 3)
    said = text["roles" if by else "roles_alone"].format(predictors=by, **names)
    return str(said + text["guess" if sidebar.is_first_model(data) else "chosen"])


def _others(data: Dataset, others: list[tuple[str, str]], key: str) -> None:
    """Offer what comes next for a role, and say what the numbers of two answers mean."""
    text = texts.load("reading")
    if others:
        row = st.container(horizontal=True, vertical_alignment="center", gap="small")
        for i, (role, column) in enumerate(others):
            row.button(
                escape.for_markdown(text[f"rather_{role}"].format(column=shorten(column))),
                key=f"{key}_rather_{i}",
                on_click=guessing.choose,
                args=(data, role, column),
            )
    for i, fix in enumerate(guessing.offers(data)):
        st.button(
            escape.for_markdown(fix.label),
            key=f"{key}_offer_{i}",
            on_click=guessing.mend,
            args=(data, fix),
        )
    coded = overview.coded_outcome(data.table, str(state.draft(data.id).get("outcome")))
    if coded:
        st.markdown(escape.for_markdown(coded))


def _count(text: dict[str, dict[str, str]], what: str, number: int) -> str:
    """Return '1 row' or '30 rows'."""
    words = text[what]
    return words["one"] if number == 1 else words["many"].format(n=f"{number:,}")
