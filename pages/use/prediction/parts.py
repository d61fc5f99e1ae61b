"""Parts of the screen about prediction: what is asked, and a table of new rows."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

import core
from core import escape
from core.estimators.predictors import Predictor
from core.exceptions import PoolingError
from core.explore.prediction import prediction_file, scenario
from core.explore.prediction import story as prediction_story
from core.explore.prediction.numbers import Predicting
from core.explore.prediction.scenario import Question, Setting, Value
from core.explore.prediction.story import NAMES, Picture
from core.formats import listed, number, upper_first
from core.tables.columns import label_of
from pages._shared import cache, doubt, figures, groups, messages, texts
from pages._shared.control import place
from pages._shared.dataset import Shown
from pages.use.prediction.controls import ALONG, BY, LEVEL, VALUE, WHO

_BUDGET = ("individual", "group", "estimation", "axis")


def predictors(shown: Shown) -> dict[Predicting, Predictor]:
    """Return the estimators of the fits, made once for data and model."""
    found: dict[Predicting, Predictor] = cache.derived(
        shown, "prediction_predictors", scenario.predictors_of
    )
    return found


def ask(shown: Shown, settings: tuple[Setting, ...]) -> Question:
    """Draw the controls and return what is asked."""
    text, wording = texts.load("prediction"), shown.wording
    values: dict[str, Value] = {}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        j = groups.choose_group(shown, width=190)
        for setting in settings:
            label = wording.column(setting.name).title
            if setting.is_group_level:
                label = text["known_only"].format(group=wording.group.one, label=label)
            values[setting.name] = value_of(shown, setting, escape.for_markdown(label))
        individual = who()
        level = LEVEL.segments(
            text["level"], lambda v: f"{v:.0%}", is_labelled=True, help=text["level_help"]
        )
        along = _along(shown)
    group = shown.fits.data.group_names[j]
    chosen = doubt.choose(shown).posterior
    return Question(group, values, along, float(level), individual, chosen)


def picture(shown: Shown, asked: Question, settings: tuple[Setting, ...]) -> Picture:
    """Return what is drawn, kept for the same question."""
    chosen = doubt.Doubt(asked.posterior)
    found: Picture = cache.derived(
        shown,
        "prediction_picture",
        lambda fits, *_: prediction_story.picture(
            fits, predictors(shown), asked, settings, shown.wording
        ),
        asked.group,
        tuple(asked.values.items()),
        (asked.along, asked.level, asked.individual, chosen.key),
    )
    return found


def who() -> bool:
    """Return whether an individual is predicted, not a mean."""
    text = texts.load("prediction")
    chosen = WHO.segments(
        text["who"], lambda v: text[f"who_{v}"], is_labelled=True, help=text["who_help"]
    )
    return bool(chosen == "individual")


def _along(shown: Shown) -> str | None:
    """Return the predictor along which the picture is drawn."""
    names = shown.spec.predictors
    first = next(iter((*shown.spec.varying, *names)), None)
    if len(names) < 2:
        return first
    chosen: str = ALONG.select(
        texts.load("prediction")["along"],
        shown.wording.name,
        names,
        at=place(shown),
        first=first,
        is_labelled=True,
        width=200,
    )
    return chosen


def value_of(shown: Shown, setting: Setting, label: str) -> Value:
    """Draw the control of one predictor and return its value."""
    control, at = VALUE.named(setting.name), place(shown)
    kept = control.now(at)
    if setting.choices:
        if kept not in setting.choices:  # a link tells words from numbers by their look alone
            same = (
                c for c in setting.choices if kept is not None and label_of(c) == label_of(kept)
            )
            control.set(next(same, setting.default), at)
        words = dict(zip(setting.choices, setting.labels, strict=True))
        chosen: Value = control.select(
            label, words, setting.choices, at=at, is_labelled=True, width=200
        )
        return chosen
    if not (isinstance(kept, float) and setting.low <= kept <= setting.high):
        control.set(setting.default, at)
    return control.slider(
        label,
        (setting.low, setting.high),
        setting.step,
        at=at,
        first=setting.default,
        format=f"%.{setting.decimals}f",
        width=200,
    )


def new_rows(shown: Shown) -> None:
    """Offer predictions for the rows of an uploaded table."""
    text, wording = texts.load("prediction")["file"], shown.wording
    st.header(text["heading"], anchor=False)
    columns = prediction_file.columns_needed(shown.fits)
    hint = text["hint"].format(
        individual=wording.individual.one, group=wording.group.one, columns=listed(columns, 8)
    )
    st.markdown(escape.for_markdown(hint))
    st.download_button(
        text["template"],
        data=lambda: core.to_csv(prediction_file.template(shown.fits)),
        file_name="new_rows.csv",
        mime="text/csv",
        key="prediction_template",
        on_click="ignore",
    )
    names = list(predictors(shown))
    estimator = BY.select(
        text["estimator"],
        NAMES,
        [n for n in NAMES if n in names],
        first="partial_pooling" if "partial_pooling" in names else names[-1],
        is_labelled=True,
        width=260,
    )
    file = st.file_uploader(text["upload"], key="prediction_file", help=text["upload_help"])
    if file is not None:
        try:
            with st.spinner(text["reading"]):
                made = _predicted(shown, file, estimator)
        except PoolingError as error:
            messages.error(error)
            return
        _show(made)


def _predicted(shown: Shown, file: Any, estimator: Predicting) -> prediction_file.FilePredictions:
    """Return the predictions of an uploaded table, kept within this session."""
    content = file.getvalue()
    level, individual = float(LEVEL.now()), WHO.now() != "mean"
    chosen = doubt.now(shown) if estimator == "partial_pooling" else doubt.Doubt()
    key = (
        "prediction_file",
        hashlib.sha256(content).hexdigest(),
        shown.dataset.id,
        repr(shown.spec),
        (estimator, level, individual, chosen.key),
    )

    def make() -> prediction_file.FilePredictions:
        table = core.read_table(content, name=file.name)
        return prediction_file.predict_file(
            shown.fits,
            predictors(shown)[estimator],
            table,
            shown.wording,
            level=level,
            individual=individual,
            posterior=chosen.posterior,
        )

    found: prediction_file.FilePredictions = cache.private(key, make)
    return found


def _show(made: prediction_file.FilePredictions) -> None:
    for sentence in made.sentences:
        st.markdown(escape.for_markdown(sentence))
    figures.show_table(made.table, key="predictions")


def outside(shown: Shown, asked: Question, settings: tuple[Setting, ...]) -> None:
    """Say where a value lies outside the fitted rows of the group."""
    text = texts.load("prediction")["outside"]
    for setting in settings:
        value = asked.values[setting.name]
        if setting.choices or setting.is_group_level or isinstance(value, str):
            continue
        span = scenario.span_in_group(shown.fits, setting.name, asked.group)
        if span is not None and not span[0] <= value <= span[1]:
            said = text["one" if span[0] == span[1] else "span"].format(
                label=upper_first(shown.wording.name(setting.name)),
                low=number(span[0]),
                high=number(span[1]),
                group=shown.wording.group_name(asked.group),
            )
            st.caption(escape.for_markdown(said))


def words(shown: Shown, picture: Picture) -> dict[str, str]:
    """Return the texts of the lower figures, with the reader's nouns and numbers in them."""
    text, wording = texts.load("prediction"), shown.wording
    told = prediction_story.budget_sentence(picture, wording)
    level = f"{picture.level:.0%}"
    names = {
        "individuals": wording.individual.many,
        "group": wording.group.one,
        "unit": wording.column(shown.spec.outcome).unit,
    }
    if names["unit"]:
        names["unit"] += " "
    budget = {key: text["budget"][key].format(**names) for key in _BUDGET}
    return {
        **budget,
        "cases": text["cases"]["title"].format(level=level),
        "cases_alt": text["cases"]["alt"].format(
            level=level, numbers=prediction_story.alt(picture, wording)
        ),
        "budget": told,
        "budget_alt": text["budget"]["alt"].format(sentence=told),
    }
