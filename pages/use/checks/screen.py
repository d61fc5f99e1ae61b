"""Checks: can I believe the model?"""

import streamlit as st

from pages._shared import messages, state
from pages.use.checks import parts as checking

shown = state.shown()

messages.problems(shown)
messages.needs_multilevel(shown)
title_in = st.container()
view = checking.choose()
checking.draw(view, shown, title_in)
