"""Parts of the screen about cross-validation: what is held out, and the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

import core
from core import escape
from core.estimators.factors.view import FactorView
from core.estimators.holding_out.folds import MOST_FOLDS, HoldOut
from core.explore.prediction.story import NAMES
from core.explore.predicts_best.factors.numbers import ROWS, validate_factors
from core.explore.predicts_best.numbers import validate_fits
from core.explore.predicts_best.story import Measure, ValidationStory, validation_story
from core.results import PoolingFits
from core.tables.recipe_text import MOST_SEED
from pages._shared import cache, texts
from pages._shared.control import Control
from pages._shared.dataset import Shown
from pages.use.predicts_best.controls import DEAL, FOLDS, HOLD_OUT, LEAVE_ONE_OUT, MEASURE


@dataclass(frozen=True)
class Asked:
    """What is held out, in how many folds, dealt how, and what is measured."""

    hold_out: HoldOut
    folds: int
    seed: int
    measure: Measure


def ask(shown: Shown) -> Asked:
    """Draw the controls and return what is asked."""
    text, wording = texts.load("predicts_best"), shown.wording
    nouns = {
        "individuals": wording.individual.many,
        "group": wording.group.one,
        "groups": wording.group.many,
    }
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        hold_out = _choice(HOLD_OUT, nouns)
        folds = _folds(shown, hold_out, nouns)
        measure = _choice(MEASURE, nouns)
        seed = DEAL.number(
            text["seed"]["label"], (0, MOST_SEED), step=1, help=text["seed"]["help"], width=130
        )
    return Asked(hold_out, folds, int(seed), measure)


def _choice(control: Control, nouns: dict[str, str]) -> Any:
    text = texts.load("predicts_best")[control.name]
    return control.segments(
        text["label"],
        lambda v: escape.for_markdown(text[v].format(**nouns)),
        is_labelled=True,
        help=text["help"],
    )


def _folds(shown: Shown, hold_out: HoldOut, nouns: dict[str, str]) -> int:
    """Return the number of folds; only those that the table can be dealt into are on offer."""
    text, data = texts.load("predicts_best")["folds"], shown.fits.data
    most = data.n_obs if hold_out == "people" else data.n_groups
    options = [f for f in FOLDS.choices if f != LEAVE_ONE_OUT and int(f) <= most]
    if hold_out == "groups" and 2 <= data.n_groups <= MOST_FOLDS:
        options.append(LEAVE_ONE_OUT)
    options = options or [str(most)]
    chosen = FOLDS.select(
        text["label"],
        lambda v: text["one"].format(**nouns) if v == LEAVE_ONE_OUT else v,
        options,
        first="10" if "10" in options else options[-1],
        is_labelled=True,
        help=text["help"],
        width=170,
    )
    return data.n_groups if chosen == LEAVE_ONE_OUT else int(chosen)


def validated(shown: Shown, asked: Asked) -> core.CrossValidation:
    """Return the cross-validation, kept for data, model and folds.

    Raises
    ------
    PoolingError
        When the rows cannot be dealt into so many folds.
    """

    def make(fits: PoolingFits, hold_out: HoldOut, folds: int, seed: int) -> core.CrossValidation:
        with st.spinner(texts.load("predicts_best")["computing"]):
            if isinstance(fits, FactorView):
                what = ROWS if hold_out == "people" else fits.factor
                return validate_factors(fits.whole, what, folds, seed, by=fits.factor)
            return validate_fits(fits, hold_out, folds, seed)

    found: core.CrossValidation = cache.derived(
        shown, "cross_validation", make, asked.hold_out, asked.folds, asked.seed
    )
    return found


def story(shown: Shown, found: core.CrossValidation, asked: Asked) -> ValidationStory:
    """Return what the scores say, kept for the same question."""
    told: ValidationStory = cache.derived(
        shown,
        "validation_story",
        lambda _, measure, *__: validation_story(found, shown.wording, measure),
        *(asked.measure, asked.hold_out, asked.folds, asked.seed),
    )
    return told


def axis(shown: Shown, story: ValidationStory, measure: Measure) -> str:
    """Return what the axis of the differences shows."""
    unit = shown.wording.column(shown.spec.outcome).unit
    name = NAMES[story.reference]
    template: str = texts.load("predicts_best")["axis"][measure]
    return template.format(reference=name, unit=f" ({unit})" if unit else "")


def formats(shown: Shown) -> dict[str, Any]:
    """Return how the columns of the scores are called and rounded."""
    words = texts.load("predicts_best")["columns"]
    number = st.column_config.NumberColumn
    out: dict[str, Any] = {"estimator": words["estimator"]}
    for name in ("predicted", "not defined"):
        out[name] = number(words[name], format="localized")
    out["RMSE"] = number("RMSE", format="%.4g")
    for name in ("RMSE difference", "RMSE difference se"):
        out[name] = number(words[name], format="%.2g")
    for name in ("log score", "log score difference", "log score difference se"):
        out[name] = number(words[name], format="%.3f")
    for name in ("50% intervals hold", "90% intervals hold"):
        out[name] = number(words[name], format="percent")
    return out


def method(shown: Shown) -> str:
    """Return how it was done, in the reader's nouns."""
    wording = shown.wording
    template: str = texts.load("predicts_best")["method_factors" if shown.factor else "method"]
    return template.format(
        individual=wording.individual.one, group=wording.group.one, groups=wording.group.many
    )
