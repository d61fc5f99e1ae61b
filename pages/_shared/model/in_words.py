"""The model in words and symbols, with the estimated numbers, and how to fit it elsewhere."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import escape
from core.explore.pooling import equation, parameters
from core.explore.pooling.definitions import definitions
from core.explore.pooling.story import agreement_sentence
from core.tables.columns import CategoricalColumn
from pages._shared import cache, texts
from pages._shared.dataset import Shown


def show(shown: Shown) -> Any:
    """Show words, parameters, equations and code of the model that is on screen.

    What draws symbols and colours code is fetched by the browser when it is first needed: the
    first picture must not wait for it, so equations and code are sent when they are opened.

    Returns the place for what another engine says of it (``confirm``).
    """
    text = texts.load("pooling")["model"]
    fits = shown.fits
    if fits.multilevel_or_none is not None:
        words = parameters.model_in_words(fits, shown.wording)
        st.markdown(escape.for_markdown(words))
        frame = parameters.parameter_table(fits, shown.wording)
        # A table that wraps its words: of a meaning nothing may be cut off.
        cells = frame.map(lambda cell: escape.for_markdown(cell) if cell else "")
        st.table(cells, hide_index=True, width="stretch")
        st.caption(escape.for_markdown(fits.status.sentence))
    part = st.expander(text["symbols"], key="model_symbols", on_change="rerun")
    if part.open:
        with part:
            _equations(shown, text)
            _code(shown, text)
    place = st.empty()
    if fits.multilevel_or_none is not None:
        place.caption(text["asking"])
    return place


def _equations(shown: Shown, text: dict[str, str]) -> None:
    fits = shown.fits
    left, right = st.columns([1, 1], gap="large")
    with left:
        if fits.multilevel_or_none is not None:
            st.markdown(f"**{text['multilevel']}**")
            st.latex(equation.multilevel_equation(fits))
            for definition in definitions(shown.dataset.fixes, fits):
                st.latex(definition)
    with right:
        st.markdown(f"**{text['complete_pooling']}**")
        st.latex(equation.complete_pooling_equation(fits))


def confirm(shown: Shown, place: Any) -> None:
    """Ask MixedLM about the fit, last of all: everything else is on screen by then."""
    fit = shown.fits.multilevel_or_none
    if fit is None:
        return
    found = cache.derived(shown, "agreement", lambda fits: fits.multilevel.confirm())
    place.caption(escape.for_markdown(agreement_sentence(fit, found)))


def _code(shown: Shown, text: dict[str, str]) -> None:
    columns = shown.fits.data.columns
    coded = frozenset(n for n, c in columns.items() if isinstance(c, CategoricalColumn))
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown(f"**{text['r']}**")
        st.code(equation.lmer_call(shown.spec), language="r", wrap_lines=True)
    with right:
        st.markdown(f"**{text['python']}**")
        st.code(equation.mixedlm_call(shown.spec, coded), language="python", wrap_lines=True)
