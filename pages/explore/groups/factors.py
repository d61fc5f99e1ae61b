"""Groups of a model with several factors: the receipt of a level, step by step, and all of them."""

from __future__ import annotations

import streamlit as st

from core import escape
from core.estimators.estimates import group_table
from core.estimators.factors.level_receipt import ReceiptStep, factor_receipt
from core.explore.groups import factor_receipts as story
from core.factors_results import FactorsFits
from core.figures.canvas import Heading
from core.figures.interval_panels import plot_interval_panels
from pages._shared import cache, figures, groups, look, messages, terms, texts
from pages._shared.dataset import Shown
from pages._shared.model import in_view


def show(shown: Shown, fits: FactorsFits) -> None:
    """Draw the screen."""
    text, words = texts.load("groups"), texts.load("factors")["groups"]
    messages.problems(shown)
    messages.needs_multilevel(shown)
    title_in = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        seen = in_view.choose(shown)
        j = groups.choose_group(seen)
    level = seen.fits.data.group_names[j]
    steps: tuple[ReceiptStep, ...] = cache.derived(
        shown, "factor_receipt", factor_receipt, seen.factor, level
    )
    told = story.sentences(steps, shown.wording)
    with title_in:
        terms.title(told[0])
    for sentence in told[1:]:
        st.markdown(escape.for_markdown(sentence))
    axis = seen.wording.term_axis(steps[0].varying_names[0], seen.fits.data)
    figure = plot_interval_panels(
        story.panels(steps, axis),
        Heading(told[0], (), words["note"]),
        hover=words["hover"],
        is_shared=True,
        style=look.style(),
    )
    figures.key(figure.layout.meta)
    figures.picture(figure, key="groups_receipt", alt=story.alt(told))
    st.header(text["receipt"], anchor=False)
    figures.show_table(story.table(steps), key="groups_receipt")
    st.caption(words["method"])
    st.header(text["all"], anchor=False)
    st.caption(text["hint"].format(group=escape.for_markdown(seen.wording.group.one)))
    del fits
    figures.show_table(
        group_table(seen.fits),
        key="groups_all",
        formats=groups.formats(seen),
        on_select=groups.follow_row(seen),
    )
