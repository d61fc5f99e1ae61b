"""Compare: which of two models, and what changes between them?"""

import streamlit as st

from core import escape
from core.exceptions import PoolingError
from core.explore.compare.story import comparison_story
from pages._shared import messages, state, texts
from pages.use.compare import parts

text = texts.load("compare")
shown = state.shown()

messages.problems(shown)
model = parts.begin(shown)
if model is None:
    st.stop()
title_in = st.container()
parts.models(shown, model)
try:
    found = parts.compared(shown, model)
except PoolingError as error:
    title_in.title(text["parts"]["fit"], anchor=False)
    st.error(text["refused"].format(reason=escape.for_markdown(str(error))))
    st.stop()
story = comparison_story(found, shown.wording)
title_in.title(escape.for_markdown(story.title), anchor=False)
for sentence in story.sentences:
    st.markdown(escape.for_markdown(sentence))
left, right = st.columns([1, 1], gap="large")
with left:
    st.header(text["parts"]["fit"], anchor=False)
    parts.table(story.fit)
    st.caption(text["method"]["fit"])
    st.header(text["parts"]["predicts"], anchor=False)
    parts.predictions(shown, model)
with right:
    parts.picture(shown, found, story)
st.header(text["parts"]["coefficients"], anchor=False)
parts.table(story.coefficients)
st.header(text["parts"]["variances"], anchor=False)
parts.table(story.variances)
