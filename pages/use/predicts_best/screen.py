"""Which predicts best: is partial pooling worth it, here?"""

import streamlit as st

from core import escape
from core.exceptions import PoolingError
from core.explore.predicts_best import story as validation_story
from core.explore.predicts_best.plot_validation import plot_coverage, plot_differences
from pages._shared import figures, look, messages, state, texts
from pages._shared.drawn import drawn
from pages._shared.model import in_view
from pages.use.predicts_best import parts as predicting_best

text = texts.load("predicts_best")
shown = state.shown()

messages.problems(shown)
title_in = st.container()
shown = in_view.choose(shown)
wording = shown.wording
asked = predicting_best.ask(shown)
try:
    found = predicting_best.validated(shown, asked)
except PoolingError as error:
    messages.error(error)
    st.stop()
story = predicting_best.story(shown, found, asked)
title_in.title(escape.for_markdown(story.title), anchor=False)
if shown.fits.data.whole_groups_note:
    st.info(escape.for_markdown(shown.fits.data.whole_groups_note))

axis = predicting_best.axis(shown, story, asked.measure)
figure = drawn(shown.dataset, plot_differences, story, axis=axis, style=look.style())
figures.key(figure.layout.meta)
figures.picture(figure, key="predicts_best", alt=validation_story.differences_alt(story, axis))
for sentence in story.sentences:
    st.markdown(escape.for_markdown(sentence))
figures.numbers(lambda: story.differences, key="predicts_best")

figures.heading({"title": text["coverage"]["title"], "key": [], "note": ""})
coverage = drawn(
    shown.dataset,
    plot_coverage,
    story,
    title=text["coverage"]["title"],
    axis=text["coverage"]["axis"],
    style=look.style(),
)
figures.picture(coverage, key="predicts_best_coverage", alt=validation_story.coverage_alt(story))

st.header(text["table"]["heading"], anchor=False)
figures.show_table(story.table, key="predicts_best_scores", formats=predicting_best.formats(shown))
st.caption(escape.for_markdown(predicting_best.method(shown)))
