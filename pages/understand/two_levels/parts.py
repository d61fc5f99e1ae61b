"""Parts of the screen about group-level predictors."""

from __future__ import annotations

from typing import Any

import streamlit as st

import core
from core import escape
from core.exceptions import NotIdentifiedError
from core.explore.two_levels import slopes_story
from core.explore.two_levels import story as two_levels_story
from core.explore.two_levels.group_columns import GroupColumn
from core.explore.two_levels.numbers import TwoLevels
from core.explore.two_levels.plot_slopes import plot_slopes
from core.explore.two_levels.plot_two_levels import plot_two_levels
from core.explore.two_levels.slopes import Slopes, slope_predictors
from core.results import PoolingFits
from pages._shared import cache, doubt, figures, look, texts
from pages._shared.control import coefficient, place
from pages._shared.dataset import Shown
from pages._shared.doubt import Doubt
from pages._shared.drawn import drawn
from pages._shared.model import changes
from pages.understand.two_levels.controls import ALONG, COLUMN, OWN, SLOPES, TERM

#: Pixels of a list of columns.
_WIDTH = 330


def untitled(shown: Shown, title: Any) -> None:
    """Name the screen where no group-level line can be drawn (a message says why)."""
    groups = escape.for_markdown(shown.wording.group.many)
    title.title(texts.load("two_levels")["untitled"].format(groups=groups), anchor=False)


def nothing(shown: Shown, title: Any) -> None:
    """Say why there is no group-level predictor, and offer a table where there is one."""
    text, noun = texts.load("two_levels")["nothing"], shown.wording.group
    names = {"group": escape.for_markdown(noun.one), "groups": escape.for_markdown(noun.many)}
    title.title(text["title"].format(**names), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(text["text"].format(**names))
        st.button(text["example"], key="two_levels_example", on_click=_see_radon)


def _see_radon() -> None:
    st.session_state["data_choice"] = "radon"


def explained(shown: Shown, offered: dict[str, GroupColumn], title: Any) -> None:
    """Show the coefficients against u, without and with it in the model."""
    column, term, slopes, has_own = _choose(shown, offered)
    wording = shown.wording
    found = _found(shown, offered, (column.name, slopes), doubt.choose(shown))
    figure = drawn(
        shown.dataset,
        plot_two_levels,
        found,
        term,
        has_own=has_own,
        wording=wording,
        style=look.style(),
    )
    meta = figure.layout.meta
    title.title(escape.for_markdown(meta["title"]), anchor=False)
    figures.key(meta)
    alt = two_levels_story.two_levels_alt(found, term, wording)
    figures.picture(figure, key="two_levels", alt=alt)
    for sentence in two_levels_story.sentences(found, term, wording):
        st.markdown(escape.for_markdown(sentence))
    _put_into_model(shown, column, slopes)
    figures.numbers(lambda: two_levels_story.line_table(found, term), key="two_levels")
    st.header(texts.load("two_levels")["change"]["heading"], anchor=False)
    figures.show_table(
        two_levels_story.change_table(found, wording), key="two_levels_change", height="content"
    )


def _found(
    shown: Shown, offered: dict[str, GroupColumn], what: tuple[str, tuple[str, ...]], chosen: Doubt
) -> TwoLevels:
    """Return both models; where the other one has no posterior, plug-in, and say why."""

    def make(fits: PoolingFits, name: str, on: tuple[str, ...], _: str) -> TwoLevels:
        return core.two_levels(fits, offered[name], on, posterior=chosen.posterior)

    try:
        found: TwoLevels = cache.derived(shown, "two_levels", make, *what, chosen.key)
    except NotIdentifiedError as error:
        if chosen.posterior is None:
            raise
        st.warning(escape.for_markdown(f"These intervals are plug-in. {error}"))
        return _found(shown, offered, what, Doubt())
    return found


def _choose(
    shown: Shown, offered: dict[str, GroupColumn]
) -> tuple[GroupColumn, str, tuple[str, ...], bool]:
    """Return u, the coefficient, the predictors whose slope u acts on, and what else to draw."""
    text, wording, spec = texts.load("two_levels")["controls"], shown.wording, shown.fits.spec
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = COLUMN.select(
            text["column"],
            lambda n: two_levels_story.column_choice(offered[n], wording),
            list(offered),
            at=place(shown),
            help=text["column_help"],
            width=_WIDTH,
        )
        names = shown.fits.no_pooling.varying_names
        term = coefficient(TERM, shown, text["coefficient"], names)
        acts = bool(spec.varying) and SLOPES.toggle(text["slopes"], help=text["slopes_help"])
        has_own = OWN.toggle(text["own"])
    return offered[name], term, spec.varying if acts else (), has_own


def _put_into_model(shown: Shown, column: GroupColumn, slopes: tuple[str, ...]) -> None:
    text = texts.load("two_levels")["model"]
    is_in = column.name in shown.spec.group_predictors
    if shown.factor and column.source:  # means by the levels of one factor are no column yet
        st.caption(texts.load("factors")["two_levels"]["means"])
        return
    shown_name = escape.for_markdown(column.name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(text["in_model"] if is_in else text["not_in_model"])
        if is_in:
            st.button(
                text["remove"].format(column=shown_name),
                key="two_levels_remove",
                on_click=changes.remove_group_predictor,
                args=(shown.dataset, column.name),
            )
        else:
            st.button(
                text["add"].format(column=shown_name),
                key="two_levels_add",
                on_click=changes.add_group_predictor,
                args=(shown.dataset, column.name, slopes, column.source),
            )


def slopes_of(shown: Shown) -> Slopes | None:
    """Return the within and between slopes of the predictor that is chosen below."""
    if shown.factor:
        return None
    names = slope_predictors(shown.fits)
    if not names:
        return None
    chosen = ALONG.now(place(shown))
    name = chosen if chosen in names else names[0]
    found: Slopes = cache.derived(shown, "slopes", core.slopes, name)
    return found


def alarm(shown: Shown, found: Slopes | None) -> None:
    """Warn where the slope has another sign inside groups than between them."""
    if found is None:
        return
    sentence = slopes_story.slopes_alarm(found, shown.fits.data, shown.wording)
    if sentence:
        st.error(escape.for_markdown(sentence))


def within_and_between(shown: Shown, found: Slopes | None) -> None:
    """Show the slopes inside groups, between them and overall, and how they blend."""
    text, wording = texts.load("two_levels")["slopes"], shown.wording
    names = slope_predictors(shown.fits)
    nouns = {
        "group": escape.for_markdown(wording.group.one),
        "groups": escape.for_markdown(wording.group.many),
    }
    if found is None:
        st.markdown(text["none"].format(**nouns))
        return
    if len(names) > 1:
        ALONG.select(text["predictor"], wording.name, list(names), at=place(shown), width=_WIDTH)
    figure = drawn(
        shown.dataset, plot_slopes, shown.fits, found, wording=wording, style=look.style()
    )
    figures.show(
        figure,
        key="slopes",
        alt=slopes_story.slopes_alt(found, wording),
        table=lambda: slopes_story.slopes_table(found),
    )
    for sentence in slopes_story.blend_sentences(found, wording):
        st.markdown(escape.for_markdown(sentence))
    note = slopes_story.slopes_note(shown.fits, found.predictor, wording)
    if note:
        st.markdown(escape.for_markdown(note))
    st.caption(text["alone"].format(**nouns))
