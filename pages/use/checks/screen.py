"""Checks: can I believe the model?"""

import streamlit as st

from pages._shared import messages, state
from pages._shared.model import in_view
from pages.use.checks import parts as checking

shown = state.shown()

messages.problems(shown)
messages.needs_multilevel(shown)
title_in = st.container()
shown = in_view.choose(shown)
view = checking.choose()
checking.draw(view, shown, title_in)
