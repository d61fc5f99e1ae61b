"""Prediction: what next, for a known group and for a new one?"""

import streamlit as st

from core import escape
from core.explore.prediction import scenario
from core.explore.prediction import story as prediction_story
from core.explore.prediction.plot_budget import plot_budget
from core.explore.prediction.plot_cases import plot_cases
from core.explore.prediction.plot_prediction import plot_prediction
from core.factors_results import FactorsFits
from pages._shared import figures, look, messages, state, texts
from pages._shared.drawn import drawn
from pages.use.prediction import factors
from pages.use.prediction import parts as predicting

text = texts.load("prediction")
shown = state.shown()
wording = shown.wording

if isinstance(shown.fits, FactorsFits):
    factors.show(shown, shown.fits)
    st.stop()
messages.problems(shown)
title_in = st.container()
settings = scenario.settings(shown.fits, wording)
asked = predicting.ask(shown, settings)
picture = predicting.picture(shown, asked, settings)
title_in.title(escape.for_markdown(picture.title), anchor=False)
figure = drawn(shown.dataset, plot_prediction, picture, style=look.style())
figures.key(figure.layout.meta)
figures.picture(figure, key="prediction", alt=prediction_story.alt(picture, wording))
predicting.outside(shown, asked, settings)
figures.numbers(
    lambda: prediction_story.numbers(picture), key="prediction", formats=text["columns"]
)

words = predicting.words(shown, picture)
figures.heading({"title": words["cases"], "key": [], "note": ""})
figures.picture(
    drawn(shown.dataset, plot_cases, picture, title=words["cases"], style=look.style()),
    key="prediction_cases",
    alt=words["cases_alt"],
)
figures.heading({"title": text["budget"]["title"], "key": [], "note": ""})
st.markdown(escape.for_markdown(words["budget"]))
budget = drawn(
    shown.dataset,
    plot_budget,
    picture,
    title=text["budget"]["title"],
    names=(words["individual"], words["group"], words["estimation"]),
    axis=words["axis"],
    style=look.style(),
)
figures.picture(budget, key="prediction_budget", alt=words["budget_alt"])

predicting.new_rows(shown)
