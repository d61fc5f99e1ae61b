"""The groups on every screen: the one that is looked at, and how a table of all is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core import escape
from core.estimators import order
from core.estimators.estimates import estimates, varying_names
from core.explore.pooling import story as sentences
from core.figures.hover import decimals
from core.formats import upper_first
from core.posterior.uncertainty import PLUG_IN
from core.types import IntArray
from pages._shared import state, texts
from pages._shared import terms as glossary
from pages._shared.dataset import Shown

#: Columns of tables whose heading explains its term.
_EXPLAINED = ("no_pooling", "partial_pooling", "complete_pooling", "pooling_factor")


def choose_group(shown: Shown, *, width: int = 320) -> int:
    """Return the group to look at: the one chosen anywhere, at first the one moved most."""
    each = estimates(shown.fits)
    mover = sentences.top_mover(each)
    name = state.selected_group(shown, each.group_names[mover or 0])
    key = f"groups_name_{shown.dataset.id}"
    st.session_state[key] = name
    st.selectbox(
        upper_first(escape.for_markdown(shown.wording.group.one)),
        [each.group_names[j] for j in order.ordered(each, "name")],
        key=key,
        on_change=lambda: state.select_group(shown, st.session_state[key]),
        width=width,
    )
    return each.group_names.index(name)


def one(j: int) -> IntArray:
    """Return one group as the figures take groups."""
    return np.array([j], dtype=np.intp)


def follow_row(shown: Shown) -> Callable[[], None]:
    """Return what a click on a row of the table of all groups does: look at that group."""

    def follow() -> None:
        rows = st.session_state["groups_all_table"].selection.rows
        if rows:
            state.select_group(shown, shown.fits.data.group_names[rows[0]])

    return follow


def formats(
    shown: Shown, terms: Sequence[str] | None = None, source: str = PLUG_IN
) -> dict[str, Any]:
    """Return how the columns of ``group_table`` are called and rounded.

    ``source`` is where the intervals of partial pooling come from, as it says of them.
    """
    wording, words = shown.wording, texts.load("pooling")["columns"]
    count = st.column_config.NumberColumn
    columns: dict[str, Any] = {
        "group": upper_first(wording.group.one),
        "n": count(upper_first(wording.individual.many), format="localized"),
    }
    terms = terms or varying_names(shown.fits)
    explained = {name.replace("_", " "): glossary.tip(name) for name in _EXPLAINED}
    for term in terms:
        digits = decimals(estimates(shown.fits, term))
        named = "" if len(terms) == 1 else f" ({wording.term(term, shown.fits.data)})"
        for what, label in words.items():
            is_share = what == "pooling factor"
            columns[f"{what}: {term}"] = count(
                label.format(source=source) + named,
                format="percent" if is_share else f"%.{digits}f",
                help=explained.get(what),
            )
    return columns
