"""Several grouping columns in the sidebar: how they lie to each other, and what varies by which."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError
from pages._shared import cache, state
from pages._shared.dataset import Dataset
from pages._shared.model.fields import MODEL, key_of
from pages._shared.option import Place


def groups_of(data: Dataset) -> list[str]:
    """Return the grouping columns that the controls name."""
    first = st.session_state[key_of(data, "group")]
    return [first, *(c for c in st.session_state[key_of(data, "also")] if c != first)]


def choose_relations(data: Dataset, text: dict[str, str]) -> None:
    """Say how each pair of grouping columns lies, and let ids start again."""
    groups = groups_of(data)
    if len(groups) < 2:
        return
    within = dict(st.session_state[key_of(data, "restart")])
    for i, relation in enumerate(_relations(data, groups, within)):
        st.caption(escape.for_markdown(relation.sentence))
        if relation.code == "nested_by_reused_ids":
            _same_or_new(data, relation, i, text)
    MODEL["restart"].several(
        text["restart"],
        [(a, b) for a in groups for b in groups if a != b],
        at=Place(data.id),
        is_labelled=True,
        format_func=lambda pair: text["restart_pair"].format(inner=pair[0], outer=pair[1]),
        help=text["restart_help"],
    )


def _same_or_new(data: Dataset, relation: core.Relation, i: int, text: dict[str, str]) -> None:
    """Offer, by one click, to read labels that start again the other way."""
    pair = (relation.inner, relation.outer)
    key = key_of(data, "restart")
    is_new = pair in [tuple(held) for held in st.session_state[key]]
    names = {"inner": escape.for_markdown(pair[0]), "outer": escape.for_markdown(pair[1])}
    st.button(
        text["ids_same" if is_new else "ids_new"].format(**names),
        key=f"model_ids_{i}",
        on_click=_read_otherwise,
        args=(data, pair),
        width="stretch",
    )


def _read_otherwise(data: Dataset, pair: tuple[str, str]) -> None:
    key = key_of(data, "restart")
    held = [tuple(each) for each in st.session_state[key]]
    st.session_state[key] = [p for p in held if p != pair] if pair in held else [*held, pair]


def _relations(
    data: Dataset, groups: list[str], within: dict[str, str]
) -> tuple[core.Relation, ...]:
    def find(table: pd.DataFrame, *_: Any) -> tuple[core.Relation, ...]:
        try:
            return core.relations(table, groups, within)
        except PoolingError:  # the fit says what is wrong with the column
            return ()

    found: tuple[core.Relation, ...] = cache.of_table(
        data, "relations_of", find, tuple(groups), tuple(within.items())
    )
    return found


def settle(data: Dataset) -> None:
    """Read ids that start again within their group, as soon as their column is a factor."""
    groups, draft = groups_of(data), state.draft(data.id)
    before = {draft["group"], *draft["also"]}
    kept = [p for p in st.session_state[key_of(data, "restart")] if set(p) <= set(groups)]
    if len(groups) > 1:
        kept += [
            (r.inner, r.outer)
            for r in _relations(data, groups, dict(kept))
            if r.code == "nested_by_reused_ids"
            and not {r.inner, r.outer} <= before
            and r.inner not in dict(kept)
        ]
    st.session_state[key_of(data, "restart")] = list(dict(kept).items())
    by = [g for g in st.session_state[key_of(data, "slope_by")] if g in groups]
    st.session_state[key_of(data, "slope_by")] = by or groups[:1]


def factors_of(draft: dict[str, Any], slopes: tuple[str, ...]) -> dict[str, Any]:
    """Return the grouping columns of a specification and what varies by each."""
    first = draft["group"]
    also = [c for c in draft["also"] if c != first]
    if not also:
        return {"group": first, "varying": slopes}
    groups = (first, *also)
    by = [g for g in draft["slope_by"] if g in groups] or [first]
    return {
        "groups": groups,
        "within": {a: b for a, b in draft["restart"] if {a, b} <= set(groups)},
        "varying": {g: slopes if g in by else () for g in groups},
    }
