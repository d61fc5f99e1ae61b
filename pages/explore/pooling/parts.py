"""The views of the three fits: their options, figure and table."""

from __future__ import annotations

from typing import Any

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
from pages._shared import doubt, figures, look, texts
from pages._shared.control import Control, coefficient
from pages._shared.dataset import Shown
from pages._shared.dial import view as dial
from pages._shared.doubt import Doubt
from pages._shared.drawn import drawn
from pages._shared.groups import formats
from pages._shared.link import address as link
from pages._shared.model import sidebar as controls
from pages.explore.pooling.controls import (
    ALONG,
    FIND,
    ORDER,
    PAGE,
    PAIR,
    SE,
    SE_SIZE,
    SORT,
    TERM,
    VIEW,
    pairs,
)


def choose() -> str:
    """Return which view is wanted."""
    words = texts.load("pooling")["views"]
    return str(VIEW.segments(words["label"], words))


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
    dial.show(shown, options, lambda: link.publish(""))


def _term(shown: Shown) -> str:
    """Return the varying coefficient to look at; a choice where there are several."""
    return coefficient(TERM, shown, _options()["coefficient"])


def _options() -> dict[str, str]:
    found: dict[str, str] = texts.load("pooling")["options"]
    return found


def _order(control: Control) -> order.Order:
    words = texts.load("pooling")["orders"]
    chosen: order.Order = control.select(_options()["order"], words, width=170)
    return chosen


def _lines(shown: Shown, options: Any) -> None:
    each, wording = estimates(shown.fits), shown.wording
    with options:
        by = _order(ORDER)
        query = FIND.text(
            _options()["search"],
            placeholder=_options()["search"].format(group=wording.group.one),
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
    figure = drawn(
        shown.dataset,
        plot_lines,
        shown.fits,
        groups,
        predictor=predictor,
        wording=wording,
        style=look.style(),
    )
    place, chosen = _place_and_doubt(shown)
    alt = sentences.lines_alt(each, groups, wording, shown.fits.data)
    with place:
        figures.show(
            figure,
            key="lines",
            alt=alt,
            table=lambda: group_table(shown.fits, groups=groups, posterior=chosen.posterior),
            formats=formats(shown, source=chosen.label),
            title_in=title_in,
        )


def _place_and_doubt(shown: Shown) -> tuple[Any, Doubt]:
    """Return the place of the picture, and the intervals chosen below it: it stands in sight."""
    place = st.container()
    return place, doubt.choose(shown)


def _pager(pages: int) -> tuple[Any, int]:
    """Return the place of the heading, and the page chosen beside it."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    title_in = row.container()
    if pages == 1:
        return title_in, 1
    with row:
        return title_in, PAGE.pages(pages, max_visible_pages=5)


def _predictor(shown: Shown) -> str | None:
    """Return the horizontal axis; a choice where there are several predictors."""
    names = shown.spec.predictors
    first = default_predictor(shown.fits)
    if len(names) < 2:
        return first
    chosen: str = ALONG.select(_options()["predictor"], None, names, first=first, width=170)
    return chosen


def _shrinkage(shown: Shown, options: Any) -> None:
    with options:
        term = _term(shown)
        by = _order(SORT)
        has_intervals = SE.toggle(_options()["intervals"])
    place, chosen = _place_and_doubt(shown)
    figure = drawn(
        shown.dataset,
        plot_shrinkage,
        shown.fits,
        term=term,
        order=by,
        has_intervals=has_intervals,
        posterior=chosen.posterior,
        wording=shown.wording,
        style=look.style(),
    )
    with place:
        _show(shown, figure, "shrinkage", term, chosen)


def _group_size(shown: Shown, options: Any) -> None:
    with options:
        term = _term(shown)
        has_intervals = SE_SIZE.toggle(_options()["intervals"])
    place, chosen = _place_and_doubt(shown)
    figure = drawn(
        shown.dataset,
        plot_group_size,
        shown.fits,
        term=term,
        has_intervals=has_intervals,
        posterior=chosen.posterior,
        wording=shown.wording,
        style=look.style(),
    )
    with place:
        _show(shown, figure, "group_size", term, chosen)


def _show(shown: Shown, figure: Any, key: str, term: str, chosen: Doubt) -> None:
    """Show a figure of one coefficient."""
    each = estimates(shown.fits, term)
    axis = shown.wording.term_axis(term, shown.fits.data)
    figures.show(
        figure,
        key=key,
        alt=sentences.alt_text(each, figure.layout.meta["title"], axis, shown.wording),
        table=lambda: group_table(shown.fits, [term], posterior=chosen.posterior),
        formats=formats(shown, [term], chosen.label),
    )


def _map(shown: Shown, options: Any) -> None:
    names = varying_names(shown.fits)
    if len(names) < 2:
        _offer_slope(shown)
        return
    offered = pairs(shown)
    terms = next(iter(offered.values()))
    if len(offered) > 1:
        with options:
            terms = offered[PAIR.select(_options()["coefficient"], None, list(offered), width=260)]
    place, chosen = _place_and_doubt(shown)
    figure = drawn(
        shown.dataset,
        plot_map,
        shown.fits,
        terms=terms,
        posterior=chosen.posterior,
        wording=shown.wording,
        style=look.style(),
    )
    with place:
        figures.show(
            figure,
            key="map",
            alt=sentences.map_alt(shown.fits, terms, shown.wording),
            table=lambda: group_table(shown.fits, terms, posterior=chosen.posterior),
            formats=formats(shown, terms, chosen.label),
        )


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
    place, chosen = _place_and_doubt(shown)
    with place:
        figures.show_table(
            group_table(shown.fits, [term], posterior=chosen.posterior),
            key="groups",
            formats=formats(shown, [term], chosen.label),
        )
