"""Parts of the screen that holds two models side by side."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import core
from core import escape
from core.estimators.holding_out.folds import HoldOut
from core.exceptions import PoolingError
from core.explore.compare.plot_two_models import plot_two_models
from core.explore.compare.story import ComparisonStory, predicted_sentence, predicted_table
from core.factors_results import FactorsFits
from core.results import PoolingFits
from core.spec import ModelSpec
from pages._shared import cache, figures, look, messages, texts
from pages._shared.dataset import Shown
from pages._shared.drawn import drawn
from pages._shared.model import keeping, kept
from pages._shared.model import sidebar as controls
from pages.use.compare.controls import HOLD_OUT

_FOLDS = 10


def begin(shown: Shown) -> ModelSpec | None:
    """Return model A where it differs from the one on screen; else say what to do first."""
    text, model = texts.load("compare"), kept.kept(shown.dataset.id)
    if model is not None and model != shown.spec:
        return model
    st.title(text["nothing_title"], anchor=False)
    group = escape.for_markdown(shown.wording.group.one)
    st.markdown(text["nothing"] if model is None else text["same"].format(group=group))
    if model is None:
        st.button(
            text["sidebar"]["keep"], key="compare_keep", type="primary", on_click=keeping.keep_shown
        )
    return None


def fits_of(shown: Shown, model: ModelSpec) -> PoolingFits:
    """Return the fits of model A to the table on screen.

    Raises
    ------
    PoolingError
        When they cannot be made (any more).
    """
    return cache.fits(shown.dataset, model)


def compared(shown: Shown, model: ModelSpec) -> core.Comparison:
    """Return both models side by side, kept for table and models.

    Raises
    ------
    PoolingError
        When they cannot be compared.
    """
    found: core.Comparison = cache.derived(
        shown, "comparison", lambda fits, _: core.compare(fits_of(shown, model), fits), repr(model)
    )
    return found


def models(shown: Shown, model: ModelSpec) -> None:
    """Show which two models these are, and the ways to go on with either."""
    text = texts.load("compare")
    for label, spec in ((text["a"], model), (text["b"], shown.spec)):
        formula = escape.for_markdown(f"{spec.lme4_formula()} ({spec.criterion})")
        st.markdown(f"**{label}**: {formula}")
    with st.container(horizontal=True, gap="small"):
        keeping.take_back(shown.dataset, controls.set_model, "compare_back")
        st.button(
            text["sidebar"]["again"],
            key="compare_again",
            help=text["sidebar"]["again_help"],
            on_click=keeping.keep_shown,
        )


def table(frame: pd.DataFrame) -> None:
    """Show a table whole, its words wrapped."""
    st.table(frame.map(escape.for_markdown), hide_index=True, width="stretch")


def predictions(shown: Shown, model: ModelSpec) -> None:
    """Show which of the two predicts held-out rows better, by the same folds."""
    text, wording = texts.load("compare"), shown.wording
    first = fits_of(shown, model)
    if not isinstance(shown.fits, FactorsFits) and not isinstance(first, FactorsFits):
        hold_out: HoldOut = HOLD_OUT.segments(
            text["hold_out"]["label"],
            lambda v: escape.for_markdown(
                text["hold_out"][v].format(
                    individuals=wording.individual.many, groups=wording.group.many
                )
            ),
            is_labelled=True,
            help=text["hold_out"]["help"],
        )
    else:
        hold_out = "people"
    try:
        found = _predicted(shown, model, hold_out)
    except PoolingError as problem:
        messages.error(problem)
        return
    st.markdown(escape.for_markdown(predicted_sentence(found, wording)))
    table(predicted_table(found))
    groups = escape.for_markdown(wording.group.many)
    st.caption(text["method"]["predicts"].format(folds=found.folds, groups=groups))
    if found.note:
        st.info(escape.for_markdown(found.note))


def _predicted(shown: Shown, model: ModelSpec, hold_out: HoldOut) -> core.PredictedDifference:
    def make(fits: PoolingFits, hold_out: HoldOut, _: str) -> core.PredictedDifference:
        first = fits_of(shown, model)
        most = fits.data.n_obs if hold_out == "people" else first.data.n_groups
        with st.spinner(texts.load("compare")["computing"]):
            return core.compare_predictions(first, fits, hold_out, min(_FOLDS, most))

    found: core.PredictedDifference = cache.derived(
        shown, "compared_predictions", make, hold_out, repr(model)
    )
    return found


def picture(shown: Shown, found: core.Comparison, story: ComparisonStory) -> None:
    """Show what both models expect of every group, one against the other."""
    if not story.picture_title:
        return
    outcome = shown.wording.column(shown.spec.outcome)
    axis = texts.load("compare")["unit"].format(
        outcome=outcome.label, unit=f" ({outcome.unit})" if outcome.unit else ""
    )
    figure = drawn(
        shown.dataset,
        plot_two_models,
        found.groups,
        title=story.picture_title,
        axis=axis,
        wording=shown.wording,
        style=look.style(),
    )
    figures.show(figure, key="compare_groups", alt=story.picture_alt, table=lambda: found.groups)
