"""Standard errors: which standard error is right?"""

import streamlit as st

from core import escape
from core.exceptions import PoolingError
from core.explore.standard_errors import story as error_story
from core.explore.standard_errors.error_intervals import coefficient_errors, errors_table
from core.explore.standard_errors.plot_errors import plot_errors
from core.factors_results import FactorsFits
from pages._shared import cache, figures, look, messages, state, terms, texts
from pages._shared.drawn import drawn
from pages.understand.standard_errors import factors
from pages.understand.standard_errors import parts as errors

text = texts.load("standard_errors")
shown = state.shown()
fits, wording = shown.fits, shown.wording

if isinstance(fits, FactorsFits):
    factors.show(shown, fits)
    st.stop()
messages.problems(shown)
try:
    found = cache.derived(shown, "coefficient_errors", coefficient_errors)
except PoolingError as error:
    messages.error(error)
    st.stop()
terms.title(error_story.errors_title(found, fits, wording))
chosen = errors.choose(shown, found)
figure = drawn(shown.dataset, plot_errors, fits, chosen, wording=wording, style=look.style())
figures.picture(figure, key="standard_errors", alt=error_story.errors_alt(chosen, fits, wording))
errors.offer_group_level(shown)
for sentence in error_story.errors_sentences(chosen, fits, wording):
    st.markdown(escape.for_markdown(sentence))
figures.numbers(lambda: errors_table(found), key="standard_errors")
st.caption(text["method"].format(group=escape.for_markdown(wording.group.one)))
