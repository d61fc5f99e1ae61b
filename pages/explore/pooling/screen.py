"""Start: what do the three fits say about my groups?"""

import streamlit as st

from core import escape
from core.explore.pooling import story as sentences
from core.explore.pooling.two_valued import two_valued_sentence
from core.factors_results import FactorsFits
from pages._shared import messages, state, terms, texts
from pages._shared.looking import what_was_read
from pages._shared.model import in_words as model
from pages.explore.pooling import factors, welcome
from pages.explore.pooling import parts as views

text = texts.load("pooling")
shown = state.shown()

if isinstance(shown.fits, FactorsFits):
    factors.show(shown, shown.fits)
    st.stop()
messages.problems(shown)
what_was_read.show(shown.dataset, "pooling")
with st.container(gap="xsmall"):
    with st.container(key="context"):
        st.caption(escape.for_markdown(sentences.context(shown.fits, shown.wording)))
    terms.title(sentences.headline(shown.fits, shown.wording))
    if limits := two_valued_sentence(shown.fits, shown.wording):
        st.caption(escape.for_markdown(limits))
    welcomed = st.container()
    options = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with options:
        view = views.choose()
    if view == "dial":
        with welcomed:
            welcome.show(shown)
    views.draw(view, shown, options)

st.divider()
st.header(text["model"]["heading"], anchor=False)
confirmed = model.show(shown)

if shown.dataset.story:
    st.header(text["about"]["heading"], anchor=False)
    st.markdown(escape.for_markdown(shown.dataset.story))
    st.caption(escape.for_markdown(shown.dataset.source))
model.confirm(shown, confirmed)
