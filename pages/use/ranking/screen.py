"""Ranking: which groups really stand out?"""

import streamlit as st

from core import escape
from core.explore.ranking.numbers import n_draws
from pages._shared import messages, state, texts
from pages._shared.model import in_view
from pages.use.ranking import parts as ranks

text = texts.load("ranking")
shown = state.shown()

messages.problems(shown)
messages.needs_multilevel(shown)
title_in = st.container()
shown = in_view.choose(shown)
asked, marked = ranks.controls(shown)
ranks.say_of(shown, asked, marked)
ranks.show_figure(shown, asked, marked, title_in)
st.caption(
    text["method"].format(
        draws=n_draws(shown.fits.data.n_groups),
        given=text["given"]["posterior" if asked.doubt.posterior else "plug-in"],
        groups=escape.for_markdown(shown.wording.group.many),
    )
)
