"""Variance: how much do groups differ, and how sure is that?"""

import streamlit as st

from core.factors_results import FactorsFits
from pages._shared import messages, state
from pages.understand.variance import factors
from pages.understand.variance import parts as variances

shown = state.shown()

if isinstance(shown.fits, FactorsFits):
    factors.show(shown, shown.fits)
    st.stop()
messages.problems(shown)
messages.needs_multilevel(shown)
title = st.container()
view = variances.choose(shown)
variances.draw(view, shown, title)
