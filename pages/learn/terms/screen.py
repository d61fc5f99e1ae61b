"""Terms: what the words of the field mean, and what they are called elsewhere."""

import pandas as pd
import streamlit as st

from core import escape
from core.lessons.facts import Facts, Scene
from core.lessons.terms import TERMS
from pages._shared import cache, figures, messages, state, texts
from pages.learn.terms import parts as glossary
from pages.learn.terms.controls import FIND, VIEW

text = texts.load("terms_screen")
shown = state.shown()
facts: Facts = cache.derived(shown, "facts", lambda fits: Facts(fits, shown.wording))
scene = Scene(facts)

messages.problems(shown)
st.title(text["title"], anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom"):
    query = FIND.text(text["search"], is_labelled=True, placeholder=text["placeholder"], width=420)[
        :60
    ]
    view = VIEW.segments(text["views"], text)
if view == "words" or query:
    found = TERMS.search(query)
    if query:
        st.caption(text["found"].format(n=len(found), total=len(TERMS)))
    glossary.entries(found, scene, is_open=bool(query) and len(found) <= 3)
if view == "dictionary" or query:
    st.header(text["dictionary"], anchor=False)
    rows = pd.DataFrame(glossary.dictionary(query, scene))
    figures.show_table(rows, key="terms_dictionary", formats=text["columns"])
    st.caption(escape.for_markdown(text["dictionary_note"]))
