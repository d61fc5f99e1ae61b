"""Which rows take part: a filter by picking a column and values, and the way back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError
from core.explore.data import overview
from core.formats import listed
from core.tables.columns import column_of, is_numeric, numeric_column
from pages._shared import cache, state, texts
from pages._shared.dataset import Dataset, Shown
from pages._shared.link.link_columns import values_of
from pages._shared.model.fields import key_of

_FEW = 12


def choose(data: Dataset) -> None:
    """Draw what rows are kept, each filter with a way out, and how to keep others."""
    text, held = texts.load("controls")["rows"], st.session_state[key_of(data, "rows")]
    with st.expander(text["heading"] if not held else text["some"].format(n=len(held))):
        for i, keep in enumerate(held):
            st.button(
                escape.for_markdown(keep.sentence),
                key=f"rows_drop_{data.id}_{i}",
                icon=":material/close:",
                help=text["drop"],
                type="tertiary",
                on_click=_drop,
                args=(data, keep),
            )
        _add(data, text)


def _add(data: Dataset, text: dict[str, str]) -> None:
    names = [str(c) for c in data.table.columns]
    column = st.selectbox(
        text["column"],
        names,
        index=None,
        placeholder=text["column_none"],
        key=f"rows_column_{data.id}",
        help=text["help"],
    )
    if column is None:
        return
    keep = _asked(data, column, text)
    st.button(
        text["add"],
        key=f"rows_add_{data.id}",
        disabled=keep is None,
        on_click=add,
        args=(data, keep),
    )


def _asked(data: Dataset, column: str, text: dict[str, str]) -> core.Keep | None:
    """Draw how rows are chosen by one column, and return the filter; None where none is asked."""
    is_number, low, high = cache.of_table(data, "range_of", _range_in, column)
    values, ways = values_of(data, column), [text["present"]]
    ways = [text["between"], *ways] if is_number else ways
    ways = [text["levels"], *ways] if len(values) <= core.LIMITS.levels else ways
    if is_number and len(values) > _FEW:
        ways.sort(key=lambda way: way != text["between"])
    tag = f"{data.id}_{names_place(data, column)}"
    way = st.radio(text["way"], ways, key=f"rows_way_{tag}", horizontal=True)
    if way == text["levels"]:
        picked = st.multiselect(text["picked"], list(values), key=f"rows_levels_{tag}")
        return core.Keep(column, tuple(picked)) if picked else None
    if way == text["between"]:
        return _between(column, (low, high), tag, text)
    return core.Keep(column)


def names_place(data: Dataset, column: str) -> int:
    """Return which column of the table it is, for keys of widgets."""
    return [str(c) for c in data.table.columns].index(column)


def _between(
    column: str, ends: tuple[float, float], tag: str, text: dict[str, str]
) -> core.Keep | None:
    left, right = st.columns(2)
    low = left.number_input(text["from"], value=ends[0], key=f"rows_from_{tag}", format="%g")
    high = right.number_input(text["to"], value=ends[1], key=f"rows_to_{tag}", format="%g")
    if low is None or high is None or low > high:
        st.caption(text["backwards"])
        return None
    return core.Keep(column, between=(float(low), float(high)))


def _range_in(table: pd.DataFrame, column: str) -> tuple[bool, float, float]:
    try:
        series = column_of(table, column, "filter")
    except PoolingError:
        return False, 0.0, 0.0
    if not is_numeric(series):
        return False, 0.0, 0.0
    values = numeric_column(series, column).values
    values = values[pd.notna(values)]
    return (True, float(values.min()), float(values.max())) if len(values) else (False, 0.0, 0.0)


def _set(data: Dataset, rows: list[core.Keep]) -> None:
    st.session_state[key_of(data, "rows")] = state.draft(data.id)["rows"] = rows


def add(data: Dataset, keep: core.Keep | None) -> None:
    """Keep only rows that one more filter keeps; to be called by a button."""
    if keep is None:
        return
    held = [k for k in st.session_state[key_of(data, "rows")] if k.column != keep.column]
    _set(data, [*held, keep])
    st.session_state[f"rows_column_{data.id}"] = None


def _drop(data: Dataset, keep: core.Keep) -> None:
    _set(data, [k for k in st.session_state[key_of(data, "rows")] if k != keep])


def drop_all(data: Dataset) -> None:
    """Use all rows again; to be called by a button."""
    _set(data, [])


def told(shown: Shown) -> None:
    """Say which rows the model is restricted to, with the way back in one click."""
    sentence: Any = overview.filter_sentence(shown.fits.data)
    asked = st.session_state.get(key_of(shown.dataset, "rows")) or []
    if shown.error is not None and asked:  # what cannot be fitted must not be a dead end
        kept = listed([keep.sentence for keep in asked], 6)
        sentence = texts.load("controls")["rows"]["asked"].format(kept=kept)
    if not sentence:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter"):
        st.caption(escape.for_markdown(sentence), width="content")
        st.button(
            texts.load("controls")["rows"]["all"],
            key="rows_all",
            type="tertiary",
            icon=":material/undo:",
            on_click=drop_all,
            args=(shown.dataset,),
        )
