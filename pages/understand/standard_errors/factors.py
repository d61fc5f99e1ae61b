"""Standard errors of a model with several factors: clustered by each, by all, and multilevel."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import escape
from core.explore.standard_errors.factors import story
from core.explore.standard_errors.factors.numbers import factor_standard_errors
from core.factors_results import FactorsFits
from core.figures.interval_panels import plot_interval_panels
from pages._shared import cache, figures, look, messages, terms, texts
from pages._shared.control import place
from pages._shared.dataset import Shown
from pages.understand.standard_errors.controls import TERMS

#: Coefficients that are drawn at first, and at most.
_FIRST, _MOST = 3, 6


def show(shown: Shown, fits: FactorsFits) -> None:
    """Draw the screen."""
    messages.problems(shown)
    errors: pd.DataFrame = cache.derived(shown, "factor_errors", factor_standard_errors)
    table = story.intervals(fits, errors)
    said = story.title(fits, errors, shown.wording)
    terms.title(said)
    chosen = _choose(shown, table)
    figure = plot_interval_panels(
        story.panels(fits, table, chosen, shown.wording), story.heading(said), style=look.style()
    )
    figures.key(figure.layout.meta)
    some = table[table["term"].isin(chosen)]
    figures.picture(figure, key="standard_errors", alt=story.alt(some, said))
    for sentence in story.sentences(fits, errors, shown.wording):
        st.markdown(escape.for_markdown(sentence))
    figures.numbers(lambda: table, key="standard_errors")
    st.caption(texts.load("standard_errors")["method_factors"])


def _choose(shown: Shown, table: pd.DataFrame) -> tuple[str, ...]:
    """Return the coefficients to draw; a choice where there are more than a few."""
    names = list(dict.fromkeys(table["term"]))
    if len(names) <= _FIRST:
        return tuple(names)
    at = place(shown)
    kept = [name for name in TERMS.now(at) or () if name in names] or names[:_FIRST]
    TERMS.set(kept, at)
    label = texts.load("standard_errors")["choose"]
    picked = TERMS.several(label, names, at=at, max_selections=_MOST)
    return tuple(picked or kept)
