"""The columns of a table: what each holds, the role it plays and why, changed by one click."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import core
from core import escape
from pages._shared import cache, state, texts
from pages._shared.dataset import Dataset
from pages._shared.model import sidebar as controls
from pages._shared.option import Place
from pages.explore.data.controls import FIND, PAGE

#: Columns shown at once; a table with more of them is paged through.
_PAGE = 12


def show(data: Dataset) -> None:
    """Show one line per column: name and kind, what it holds, and its role as buttons."""
    text, group = texts.load("data"), controls.group_of(data)
    frame: pd.DataFrame = cache.of_table(data, "described", core.describe_columns, group)
    guessed: core.Roles = cache.of_table(data, "roles", core.guess_roles)
    _refused()
    for i in _page(frame, data):
        line = frame.iloc[i]
        _line(data, i, line, _reason(data, guessed, str(line["column"])))
    st.caption(text["roles_hint"])


def _page(frame: pd.DataFrame, data: Dataset) -> list[int]:
    """Return the columns to show: those with a role first, a page at a time."""
    names = list(frame["column"])
    order = sorted(range(len(names)), key=lambda i: controls.role_of(data, names[i]) == "unused")
    pages = -(-len(order) // _PAGE)
    if pages < 2:
        return order
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        text = texts.load("data")["columns_many"].format(columns=f"{len(names):,}")
        query = FIND.text(text, at=Place(data.id), placeholder=text)
        order = [i for i in order if query.casefold() in str(names[i]).casefold()]
        pages = max(-(-len(order) // _PAGE), 1)
        number = PAGE.pages(pages, at=Place(data.id), max_visible_pages=5)
    return order[(number - 1) * _PAGE : number * _PAGE]


def _reason(data: Dataset, guessed: core.Roles, name: str) -> str:
    """Return why a column has its role; where another is marked, what else it could be.

    A reason that speaks of the guessed group is none where another column is the group.
    """
    reason, text = guessed.reasons.get(name, ""), texts.load("data")
    marked = controls.role_of(data, name)
    likely = _guessed_role(guessed, name)
    if guessed.group != controls.group_of(data) and name != guessed.group:
        return ""
    if not reason or marked == likely:
        return reason
    return str(text["could_be"][likely].format(why=reason.partition(": ")[2]))


def _guessed_role(guessed: core.Roles, name: str) -> str:
    one = {guessed.outcome: "outcome", guessed.group: "group"}
    return one.get(name, "predictors" if name in guessed.predictors else "group_predictors")


def _line(data: Dataset, i: int, line: Any, reason: str) -> None:
    text, name = texts.load("data"), str(line["column"])
    words, key = text["roles"], f"data_role_{data.id}_{i}"
    about, role = st.columns([8, 9], gap="small", vertical_alignment="center")
    with about.container(gap="xxsmall"):
        kind = " · ".join(part for part in (line["kind"], line["level"]) if part)
        st.markdown(f"**{escape.for_markdown(name)}** · {escape.for_markdown(kind)}")
        count = line["missing"]
        missing = text["missing"].format(count=f"{count:,}") if count else ""
        holds = " · ".join(part for part in (line["spread"], missing) if part)
        said = [escape.for_markdown(part) for part in (holds, reason) if part]
        st.caption("  \n".join(said))
    st.session_state[key] = controls.role_of(data, name)
    role.segmented_control(
        text["role_of"].format(column=escape.for_markdown(name)),
        list(words),
        format_func=words.__getitem__,
        required=True,
        key=key,
        label_visibility="collapsed",
        wrap=True,
        on_change=_assign,
        args=(data, name, key),
    )


def _assign(data: Dataset, name: str, key: str) -> None:
    role = st.session_state[key]
    if not controls.assign(data, name, role):
        st.session_state["data_role_refused"] = (name, controls.role_of(data, name))


def _refused() -> None:
    """Say why a column could not be taken out of its role."""
    refused = st.session_state.pop("data_role_refused", None)
    if refused is not None:
        name, role = refused
        text = texts.load("data")
        said = text["role_needed"].format(
            role=text["roles"][role].lower(), column=escape.for_markdown(name)
        )
        st.warning(said)


def choices(data: Dataset) -> dict[str, Any]:
    """Return outcome, group and first predictor as the sidebar has them; empty without a model."""
    draft = state.draft(data.id)
    if not draft:
        return {}
    predictor = next(iter(draft["predictors"]), None)
    return {"group": draft["group"], "outcome": draft["outcome"], "predictor": predictor}
