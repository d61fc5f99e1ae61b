"""Two levels: what do group-level predictors explain?"""

import streamlit as st

from core import escape
from core.exceptions import PoolingError
from pages._shared import levels, messages, state, texts

text = texts.load("two_levels")
shown = state.shown()

messages.problems(shown)
columns = levels.columns(shown)
found_slopes = levels.slopes_of(shown)
if shown.fits.multilevel_or_none is None or not columns:
    levels.nothing(shown, columns)
else:
    title, alarm = st.container(), st.container()
    try:
        levels.explained(shown, columns, title)
    except PoolingError as error:
        messages.error(error)
    with alarm:
        levels.alarm(shown, found_slopes)

group = {"groups": escape.for_markdown(shown.wording.group.many)}
st.divider()
st.caption(text["slopes"]["heading"].format(**group))
levels.within_and_between(shown, found_slopes)
