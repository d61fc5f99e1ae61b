"""Variances of a model with several factors: where the variance is, and how sure that is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import escape
from core.estimators.factors.intervals import variance_intervals
from core.explore.variance.factors import story
from core.factors_results import FactorsFits
from core.figures.canvas import Heading
from core.figures.interval_panels import plot_interval_panels
from core.figures.stacked_parts import plot_stacked_parts
from pages._shared import cache, figures, look, messages, terms, texts
from pages._shared.dataset import Shown


def show(shown: Shown, fits: FactorsFits) -> None:
    """Draw the screen."""
    text = texts.load("factors")["variance"]
    messages.problems(shown)
    messages.needs_multilevel(shown)
    with st.spinner(text["working"]):
        table: pd.DataFrame = cache.derived(shown, "variance_intervals", variance_intervals)
    said = story.title(fits, table)
    terms.title(said)
    has_shares = bool((table["quantity"] == "share").any())
    if has_shares:
        bar = plot_stacked_parts(
            [text["bar"]],
            story.parts(fits, table),
            title=said,
            axis=text["axis"],
            style=look.style(),
        )
        figures.picture(bar, key="variance_parts", alt=story.alt(_some(table, "share"), said))
        panel = story.share_panel(fits, table)
        figure = plot_interval_panels([panel], Heading(said), style=look.style())
        figures.picture(figure, key="variance_shares", alt=story.alt(_some(table, "share"), said))
    for sentence in story.sentences(fits, table, shown.wording):
        st.markdown(escape.for_markdown(sentence))
    st.header(text["sds"], anchor=False)
    panels = story.sd_panels(fits, table, shown.wording)
    figure = plot_interval_panels(panels, Heading(text["sds"]), style=look.style())
    figures.picture(figure, key="variance_sds", alt=story.alt(_some(table, "sd"), text["sds"]))
    figures.numbers(lambda: table, key="variance_intervals")
    st.caption(story.method(table))
    st.caption(text["others"])


def _some(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    return table[table["quantity"] == quantity]
