"""Parts of the screen about standard errors."""

from __future__ import annotations

import streamlit as st

from core import escape
from core.explore.standard_errors.error_intervals import CoefficientErrors
from pages._shared import texts
from pages._shared.control import place
from pages._shared.dataset import Shown
from pages._shared.model import changes
from pages.understand.standard_errors.controls import TERMS

#: Coefficients that are drawn at first, and at most.
_FIRST, _MOST = 3, 6


def choose(shown: Shown, found: tuple[CoefficientErrors, ...]) -> tuple[CoefficientErrors, ...]:
    """Return the coefficients to draw; a choice where there are more than a few."""
    if len(found) <= _FIRST:
        return found
    names = [each.term for each in found]
    at = place(shown)
    kept = [name for name in TERMS.now(at) or () if name in names]
    if not kept:
        by_ratio = sorted(found, key=lambda each: -(each.ratio if each.ratio == each.ratio else 0))
        first = {each.term for each in by_ratio[:_FIRST]}
        kept = [name for name in names if name in first]
    TERMS.set(kept, at)
    label = texts.load("standard_errors")["choose"]
    picked = TERMS.several(label, names, at=at, max_selections=_MOST)
    wanted = set(picked or kept)
    return tuple(each for each in found if each.term in wanted)


def offer_group_level(shown: Shown) -> None:
    """Offer to add a group-level predictor, where the model has none and the table one."""
    offered = {} if shown.spec.group_predictors else changes.group_columns(shown)
    if not offered:
        return
    text = texts.load("standard_errors")
    column = next(iter(offered.values()))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(text["no_group_level"])
        st.button(
            text["add"].format(column=escape.for_markdown(column.name)),
            key="standard_errors_add",
            on_click=changes.add_group_predictor,
            args=(shown.dataset, column.name, (), column.source),
        )
