"""Prediction with several factors: a known and a new level of each, the doubt taken apart."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import core
from core import escape
from core.estimators.factors.predictions import Predicting
from core.exceptions import PoolingError
from core.explore.prediction import scenario
from core.explore.prediction.factors import story
from core.explore.prediction.factors.cases import (
    AVERAGE,
    NEW,
    FactorCase,
    FactorQuestion,
    cases_of,
    level_options,
    predict_cases,
)
from core.explore.prediction.factors.numbers import predict_factors
from core.factors_results import FactorsFits
from core.figures.canvas import Heading
from core.figures.interval_panels import plot_interval_panels
from core.figures.stacked_parts import plot_stacked_parts
from core.formats import listed
from pages._shared import cache, figures, look, messages, texts
from pages._shared.control import place
from pages._shared.dataset import Shown
from pages.use.prediction import parts
from pages.use.prediction.controls import LEVEL, LEVELS


def show(shown: Shown, fits: FactorsFits) -> None:
    """Draw the screen."""
    text = texts.load("factors")["prediction"]
    messages.problems(shown)
    title_in = st.container()
    asked = _ask(shown, fits)
    cases = cases_of(fits, asked)
    found = _predicted(shown, cases, asked)
    said = story.title(found, cases, asked, shown.wording)
    title_in.title(escape.for_markdown(said), anchor=False)
    unit = shown.wording.column(shown.spec.outcome).unit
    axis = shown.wording.column(shown.spec.outcome).title
    heading = text["cases"].format(level=f"{asked.level:.0%}")
    panels = story.case_panels(found, cases, axis)
    figure = plot_interval_panels(
        panels,
        Heading(heading),
        hover=f"{asked.level:.0%} interval",
        is_shared=True,
        style=look.style(),
    )
    figures.heading(figure.layout.meta)
    figures.picture(figure, key="prediction_factors", alt=story.alt(found, said))
    for reason in story.reasons(found):
        st.caption(escape.for_markdown(reason))
    _budget(fits, found, cases, unit, shown.wording.individual.many)
    figures.numbers(lambda: found, key="prediction_factors")
    st.caption(text["method"])
    _new_rows(shown, fits)


def _new_rows(shown: Shown, fits: FactorsFits) -> None:
    """Offer predictions for the rows of an uploaded table."""
    text, words = texts.load("factors")["prediction"], texts.load("prediction")["file"]
    spec = shown.spec
    paths = [column for name in spec.groups for column in spec.path_of(name)]
    columns = list(dict.fromkeys([*paths, *spec.predictors, *spec.group_predictors]))
    st.header(words["heading"], anchor=False)
    st.markdown(escape.for_markdown(text["file"].format(columns=listed(columns, 8))))
    file = st.file_uploader(words["upload"], key="prediction_file", help=words["upload_help"])
    if file is None:
        return
    try:
        with st.spinner(words["reading"]):
            table = core.read_table(file, name=file.name)
            made = predict_factors(fits, table, float(LEVEL.now()))
    except PoolingError as error:
        messages.error(error)
        return
    figures.show_table(pd.concat([table, made], axis=1), key="predictions")


def _ask(shown: Shown, fits: FactorsFits) -> FactorQuestion:
    """Draw the controls and return what is asked."""
    text, words, at = texts.load("factors")["prediction"], texts.load("prediction"), place(shown)
    levels, values = {}, {}
    said = {NEW: text["new"], AVERAGE: text["average"]}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for name, options in level_options(fits).items():
            levels[name] = str(
                LEVELS.named(name).select(
                    text["level"].format(factor=escape.for_markdown(name)),
                    lambda v: said.get(v, v),
                    options,
                    at=at,
                    is_labelled=True,
                    width=190,
                )
            )
        for setting in scenario.settings(fits, shown.wording):
            label = escape.for_markdown(shown.wording.column(setting.name).title)
            values[setting.name] = parts.value_of(shown, setting, label)
        individual = parts.who()
        level = LEVEL.segments(
            words["level"], lambda v: f"{v:.0%}", is_labelled=True, help=words["level_help"]
        )
    return FactorQuestion(levels, values, float(level), individual)


def _predicted(shown: Shown, cases: tuple[FactorCase, ...], asked: FactorQuestion) -> pd.DataFrame:
    names: tuple[Predicting, ...] = ("partial_pooling", "no_pooling", "complete_pooling")
    if shown.fits.multilevel_or_none is None:
        names = ("complete_pooling", "no_pooling")
    found: pd.DataFrame = cache.derived(
        shown,
        "factor_predictions",
        lambda fits, *_: predict_cases(fits, cases, asked, names),
        tuple(asked.levels.items()),
        tuple(asked.values.items()),
        asked.level,
        asked.individual,
    )
    return found


def _budget(
    fits: FactorsFits,
    found: pd.DataFrame,
    cases: tuple[FactorCase, ...],
    unit: str,
    individuals: str,
) -> None:
    """Draw the variance of every case taken apart, and say it."""
    text = texts.load("factors")["prediction"]
    words = {key: text[key] for key in ("part", "estimation")}
    words["individual"] = text["individual"].format(individuals=individuals)
    pieces = story.budget_parts(fits, found, cases, words)
    told = story.budget_sentences(pieces, cases)
    st.header(text["budget"], anchor=False)
    for sentence in told:
        st.markdown(escape.for_markdown(sentence))
    figure = plot_stacked_parts(
        [case.title for case in cases],
        pieces,
        title=text["budget"],
        axis=text["axis"].format(unit=f" ({unit} squared)" if unit else ""),
        style=look.style(),
    )
    figures.picture(figure, key="prediction_factor_budget", alt=" ".join(told))
