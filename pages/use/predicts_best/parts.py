"""Parts of the screen about cross-validation: what is held out, and the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

import core
from core import escape
from core.estimators.folds import MOST_FOLDS, HoldOut
from core.explore.prediction.story import NAMES
from core.explore.predicts_best.story import Measure, ValidationStory
from core.results import PoolingFits
from pages._shared import cache, texts
from pages._shared.state import Shown

FOLDS = ("5", "10", "20")
#: As many folds as groups.
LEAVE_ONE_OUT = "one"
_SAVED: Any = "session"


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
        hold_out = _choice("hold_out", ("people", "groups"), nouns)
        folds = _folds(shown, hold_out, nouns)
        measure = _choice("measure", ("rmse", "log_score"), nouns)
        seed = st.number_input(
            text["seed"]["label"],
            min_value=0,
            max_value=999_999,
            value=0,
            step=1,
            key="predicts_best_seed",
            help=text["seed"]["help"],
            persist_state=_SAVED,
            width=130,
        )
    return Asked(hold_out, folds, int(seed), measure)


def _choice(name: str, options: tuple[str, ...], nouns: dict[str, str]) -> Any:
    text = texts.load("predicts_best")[name]
    return st.segmented_control(
        text["label"],
        options,
        format_func=lambda v: escape.for_markdown(text[v].format(**nouns)),
        default=options[0],
        required=True,
        key=f"predicts_best_{name}",
        help=text["help"],
        persist_state=_SAVED,
    )


def _folds(shown: Shown, hold_out: HoldOut, nouns: dict[str, str]) -> int:
    """Return the number of folds; only those that the table can be dealt into are on offer."""
    text, data = texts.load("predicts_best")["folds"], shown.fits.data
    most = data.n_obs if hold_out == "people" else data.n_groups
    options = [f for f in FOLDS if int(f) <= most]
    if hold_out == "groups" and 2 <= data.n_groups <= MOST_FOLDS:
        options.append(LEAVE_ONE_OUT)
    options = options or [str(most)]
    key = "predicts_best_folds"
    if st.session_state.get(key) not in options:
        st.session_state[key] = "10" if "10" in options else options[-1]
    chosen = st.selectbox(
        text["label"],
        options,
        format_func=lambda v: text["one"].format(**nouns) if v == LEAVE_ONE_OUT else v,
        key=key,
        help=text["help"],
        persist_state=_SAVED,
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
            return core.cross_validate(fits.data, hold_out, folds, seed, moments=fits.moments)

    found: core.CrossValidation = cache.derived(
        shown, "cross_validation", make, asked.hold_out, asked.folds, asked.seed
    )
    return found


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
    template: str = texts.load("predicts_best")["method"]
    return template.format(
        individual=wording.individual.one, group=wording.group.one, groups=wording.group.many
    )
