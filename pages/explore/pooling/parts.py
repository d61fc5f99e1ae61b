"""The views of the three fits: their options, figure and table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core import escape
from core.estimators import order
from core.estimators.estimates import estimates, group_table, varying_names
from core.explore.pooling import story as sentences
from core.explore.pooling.lines import default_predictor
from core.explore.pooling.plot_group_size import plot_group_size
from core.explore.pooling.plot_lines import plot_lines
from core.explore.pooling.plot_map import plot_map
from core.explore.pooling.plot_shrinkage import plot_shrinkage
from core.figures.hover import decimals
from core.types import IntArray
from pages._shared import figures, look, state, texts
from pages._shared import terms as glossary
from pages._shared.dial import view as dial
from pages._shared.model import sidebar as controls
from pages._shared.state import Shown

_SAVED = "session"
#: Columns of tables whose heading explains its term.
_EXPLAINED = ("no_pooling", "partial_pooling", "complete_pooling", "pooling_factor")


def choose() -> str:
    """Return which view is wanted."""
    words = texts.load("pooling")["views"]
    names = [name for name in words if name != "label"]
    return str(
        st.segmented_control(
            words["label"],
            names,
            format_func=words.__getitem__,
            default=names[0],
            required=True,
            key="pooling_view",
            label_visibility="collapsed",
            persist_state=_SAVED,
        )
    )


def draw(view: str, shown: Shown, options: Any) -> None:
    """Draw one view; its options go into the container ``options``."""
    drawers = {
        "dial": _dial,
        "lines": _lines,
        "shrinkage": _shrinkage,
        "group_size": _group_size,
        "map": _map,
        "table": _table,
    }
    drawers[view](shown, options)


def _dial(shown: Shown, options: Any) -> None:
    dial.show(shown, options)


def _term(shown: Shown) -> str:
    """Return the varying coefficient to look at; a choice where there are several."""
    names = varying_names(shown.fits)
    if len(names) == 1:
        return names[0]
    controls.keep_valid("pooling_term", names)
    chosen = st.segmented_control(
        _options()["coefficient"],
        names,
        format_func=lambda n: escape.for_markdown(
            sentences.upper_first(shown.wording.term(n, shown.fits.data))
        ),
        default=names[0],
        required=True,
        key="pooling_term",
        label_visibility="collapsed",
        persist_state=_SAVED,
    )
    return chosen if chosen in names else names[0]


def _options() -> dict[str, str]:
    found: dict[str, str] = texts.load("pooling")["options"]
    return found


def _order(names: tuple[order.Order, ...], key: str) -> order.Order:
    words = texts.load("pooling")["orders"]
    chosen: order.Order = st.selectbox(
        _options()["order"],
        names,
        format_func=words.__getitem__,
        key=key,
        label_visibility="collapsed",
        persist_state=_SAVED,
        width=170,
    )
    return chosen


def _lines(shown: Shown, options: Any) -> None:
    each, wording = estimates(shown.fits), shown.wording
    with options:
        by = _order(("spread", "size", "shift", "estimate", "name"), "pooling_lines_order")
        query = st.text_input(
            _options()["search"],
            key="pooling_search",
            placeholder=_options()["search"].format(group=wording.group.one),
            label_visibility="collapsed",
            persist_state=_SAVED,
            width=170,
        )
        predictor = _predictor(shown)
    found = order.matching(each.group_names, order.ordered(each, by), query)
    title_in, number = _pager(order.n_pages(len(found)))
    groups = order.page(found, number, is_spread=by == "spread")
    if not len(groups):
        nothing = sentences.lines_title(each, groups, wording)
        title_in.header(escape.for_markdown(nothing), anchor=False)
        return
    figure = plot_lines(
        shown.fits, groups, predictor=predictor, wording=wording, style=look.style()
    )
    alt = sentences.lines_alt(each, groups, wording, shown.fits.data)
    figures.show(
        figure,
        key="lines",
        alt=alt,
        table=lambda: group_table(shown.fits, groups=groups),
        formats=formats(shown),
        title_in=title_in,
    )


def _pager(pages: int) -> tuple[Any, int]:
    """Return the place of the heading, and the page chosen beside it."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    title_in = row.container()
    if pages == 1:
        return title_in, 1
    with row:
        controls.keep_valid("pooling_page", range(1, pages + 1))
        number = st.pagination(pages, key="pooling_page", max_visible_pages=5, persist_state=_SAVED)
    return title_in, int(number)


def _predictor(shown: Shown) -> str | None:
    """Return the horizontal axis; a choice where there are several predictors."""
    names = shown.spec.predictors
    first = default_predictor(shown.fits)
    if len(names) < 2:
        return first
    controls.keep_valid("pooling_along", names)
    chosen: str = st.selectbox(
        _options()["predictor"],
        names,
        index=names.index(first) if first in names else 0,
        key="pooling_along",
        label_visibility="collapsed",
        persist_state=_SAVED,
        width=170,
    )
    return chosen


def _shrinkage(shown: Shown, options: Any) -> None:
    with options:
        term = _term(shown)
        by = _order(("estimate", "size", "shift", "name"), "pooling_shrinkage_order")
        has_intervals = st.toggle(
            _options()["intervals"], key="pooling_shrinkage_intervals", persist_state=_SAVED
        )
    figure = plot_shrinkage(
        shown.fits,
        term=term,
        order=by,
        has_intervals=has_intervals,
        wording=shown.wording,
        style=look.style(),
    )
    _show(shown, figure, "shrinkage", term)


def _group_size(shown: Shown, options: Any) -> None:
    with options:
        term = _term(shown)
        has_intervals = st.toggle(
            _options()["intervals"],
            value=True,
            key="pooling_group_size_intervals",
            persist_state=_SAVED,
        )
    figure = plot_group_size(
        shown.fits,
        term=term,
        has_intervals=has_intervals,
        wording=shown.wording,
        style=look.style(),
    )
    _show(shown, figure, "group_size", term)


def _show(shown: Shown, figure: Any, key: str, term: str) -> None:
    """Show a figure of one coefficient."""
    each = estimates(shown.fits, term)
    axis = shown.wording.term_axis(term, shown.fits.data)
    figures.show(
        figure,
        key=key,
        alt=sentences.alt_text(each, figure.layout.meta["title"], axis, shown.wording),
        table=lambda: group_table(shown.fits, [term]),
        formats=formats(shown, [term]),
    )


def _map(shown: Shown, options: Any) -> None:
    names = varying_names(shown.fits)
    if len(names) < 2:
        _offer_slope(shown)
        return
    offered = pairs(names)
    terms = next(iter(offered.values()))
    if len(offered) > 1:
        with options:
            controls.keep_valid("pooling_pair", offered)
            terms = offered[
                st.selectbox(
                    _options()["coefficient"],
                    list(offered),
                    key="pooling_pair",
                    label_visibility="collapsed",
                    persist_state=_SAVED,
                    width=260,
                )
            ]
    figure = plot_map(shown.fits, terms=terms, wording=shown.wording, style=look.style())
    figures.show(
        figure,
        key="map",
        alt=sentences.map_alt(shown.fits, terms, shown.wording),
        table=lambda: group_table(shown.fits, terms),
        formats=formats(shown, terms),
    )


def pairs(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the pairs of coefficients that a map can show, by what they are called."""
    return {f"{a} × {b}": (a, b) for i, a in enumerate(names) for b in names[i + 1 :]}


def _offer_slope(shown: Shown) -> None:
    text = texts.load("pooling")["map"]
    group = escape.for_markdown(shown.wording.group.one)
    st.info(text["needs_slope"].format(group=group))
    if shown.spec.predictors:
        st.button(
            text["let_vary"],
            key="pooling_let_vary",
            on_click=controls.vary_slope,
            args=(shown.dataset,),
        )


def _table(shown: Shown, options: Any) -> None:
    with options:
        term = _term(shown)
    title = sentences.table_title(shown.fits, shown.wording)
    st.header(escape.for_markdown(title), anchor=False)
    figures.show_table(
        group_table(shown.fits, [term]), key="groups", formats=formats(shown, [term])
    )


def choose_group(shown: Shown, *, width: int = 320) -> int:
    """Return the group to look at: the one chosen anywhere, at first the one moved most."""
    each = estimates(shown.fits)
    mover = sentences.top_mover(each)
    name = state.selected_group(shown, each.group_names[mover or 0])
    key = f"groups_name_{shown.dataset.id}"
    st.session_state[key] = name
    st.selectbox(
        sentences.upper_first(escape.for_markdown(shown.wording.group.one)),
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


def formats(shown: Shown, terms: Sequence[str] | None = None) -> dict[str, Any]:
    """Return how the columns of ``group_table`` are called and rounded."""
    wording, words = shown.wording, texts.load("pooling")["columns"]
    count = st.column_config.NumberColumn
    columns: dict[str, Any] = {
        "group": sentences.upper_first(wording.group.one),
        "n": count(sentences.upper_first(wording.individual.many), format="localized"),
    }
    terms = terms or varying_names(shown.fits)
    explained = {name.replace("_", " "): glossary.tip(name) for name in _EXPLAINED}
    for term in terms:
        digits = decimals(estimates(shown.fits, term))
        named = "" if len(terms) == 1 else f" ({wording.term(term, shown.fits.data)})"
        for what, label in words.items():
            is_share = what == "pooling factor"
            columns[f"{what}: {term}"] = count(
                label + named,
                format="percent" if is_share else f"%.{digits}f",
                help=explained.get(what),
            )
    return columns
