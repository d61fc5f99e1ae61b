"""Two levels: what do group-level predictors explain?"""

import streamlit as st

from core import escape
from core.exceptions import PoolingError
from pages._shared import messages, state, texts
from pages._shared.model import changes, in_view
from pages.understand.two_levels import parts as levels

text = texts.load("two_levels")
shown = state.shown()

messages.problems(shown)
title, alarm = st.container(), st.container()
shown = in_view.choose(shown)
columns = changes.group_columns(shown)
found_slopes = levels.slopes_of(shown)
if shown.fits.multilevel_or_none is None:
    levels.untitled(shown, title)
elif not columns:
    levels.nothing(shown, title)
else:
    try:
        levels.explained(shown, columns, title)
    except PoolingError as error:
        levels.untitled(shown, title)
        messages.error(error)
with alarm:
    levels.alarm(shown, found_slopes)

if shown.factor:
    st.caption(texts.load("factors")["two_levels"]["slopes"])
    st.stop()
st.divider()
groups = escape.for_markdown(shown.wording.group.many)
st.caption(text["slopes"]["heading"].format(groups=groups))
levels.within_and_between(shown, found_slopes)
