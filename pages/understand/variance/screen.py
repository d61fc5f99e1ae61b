"""Variance: how much do groups differ, and how sure is that?"""

import streamlit as st

from pages._shared import messages, state
from pages.understand.variance import parts as variances

shown = state.shown()

messages.problems(shown)
messages.needs_multilevel(shown)
title = st.container()
view = variances.choose(shown)
variances.draw(view, shown, title)
