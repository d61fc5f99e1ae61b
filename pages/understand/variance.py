"""Variance: how much do groups differ, and how sure is that?"""

import streamlit as st

from core import escape
from core.explore.variance_story import variance_story
from core.plots.plot_intervals import plot_intervals
from pages._shared import cache, figures, look, messages, state, texts

text = texts.load("variance")
shown = state.shown()
wording = shown.wording

messages.problems(shown)
messages.needs_multilevel(shown)
story = cache.derived(shown, "variance", lambda fits: variance_story(fits, wording))
st.title(escape.for_markdown(story.title), anchor=False)

spread = story.parameters[story.parameters["parameter"].str.match(r"^(sd_|sigma_y$)")]
figure = plot_intervals(spread, title=text["figure"], axis=text["axis"], style=look.style())
alt = text["alt"].format(
    numbers="; ".join(
        f"{row.meaning} {row.estimate:.3g} ({row.lower:.3g} to {row.upper:.3g})"
        for row in spread.itertuples()
    )
)
figures.show(figure, key="variance", alt=alt, table=lambda: story.parameters)
for sentence in story.sentences:
    st.markdown(escape.for_markdown(sentence))
st.caption(text["method"])
