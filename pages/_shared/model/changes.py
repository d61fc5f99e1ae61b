"""Changes of the model that a screen offers by one click: callbacks of its buttons.

They write what the sidebar's controls hold, so that the sidebar shows the change.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

import core
from core.explore.two_levels.group_columns import GroupColumn
from pages._shared import cache, state
from pages._shared.dataset import Dataset, Shown
from pages._shared.model.sidebar import key_of


def only_intercept(data: Dataset) -> None:
    """Let only the intercept vary: the simpler model beside a variance of zero."""
    st.session_state[key_of(data, "structure")] = "intercept"


def uncorrelate(data: Dataset) -> None:
    """Leave the correlation of the varying coefficients out of the model."""
    st.session_state[key_of(data, "correlated")] = state.draft(data.id)["correlated"] = False


def correlate(data: Dataset) -> None:
    """Let the varying coefficients be correlated."""
    st.session_state[key_of(data, "correlated")] = state.draft(data.id)["correlated"] = True


def add_group_predictor(data: Dataset, column: str, slopes: tuple[str, ...], source: str) -> None:
    """Put a group-level predictor into the model, with its cross-level interactions.

    Where it is the group mean of ``source``, the table gains the column first.
    """
    if source:
        state.mend(data, core.AddGroupMean(source, state.draft(data.id)["group"]))
        data = state.dataset(st.session_state["data_choice"])
    draft = state.draft(data.id)
    higher = [c for c in draft["group_predictors"] if c != column]
    pairs = [p for p in draft["cross_level"] if p[1] != column]
    draft["group_predictors"] = [*higher, column]
    draft["cross_level"] = [*pairs, *((slope, column) for slope in slopes)]
    draft["predictors"] = [c for c in draft["predictors"] if c != column]
    for field in ("group_predictors", "cross_level", "predictors"):
        st.session_state[key_of(data, field)] = draft[field]


def remove_group_predictor(data: Dataset, column: str) -> None:
    """Take a group-level predictor out of the model, with its cross-level interactions."""
    draft = state.draft(data.id)
    draft["group_predictors"] = [c for c in draft["group_predictors"] if c != column]
    draft["cross_level"] = [p for p in draft["cross_level"] if p[1] != column]
    for field in ("group_predictors", "cross_level"):
        st.session_state[key_of(data, field)] = draft[field]


def numeric_predictors(shown: Shown) -> list[str]:
    """Return the numeric individual-level predictors of the model that is shown."""
    base = shown.fits.data.base
    return [item.name for item in base if item.level < 0 and not item.parts]


def vary_only(data: Dataset, column: str) -> None:
    """Let the intercept and the slope of one predictor vary."""
    st.session_state[key_of(data, "structure")] = "slope"
    state.draft(data.id)["slopes"] = st.session_state[key_of(data, "slopes")] = [column]


def _whole_table(shown: Shown) -> pd.DataFrame | None:
    """Return the table that was fitted; None where its rows stay elsewhere."""
    return shown.dataset.table if shown.dataset.elsewhere is None else None


def group_columns(shown: Shown) -> dict[str, GroupColumn]:
    """Return what describes the groups of the table on screen, by name."""
    found: tuple[GroupColumn, ...] = cache.derived(
        shown, "group_columns", lambda fits: core.group_columns(_whole_table(shown), fits)
    )
    return {column.name: column for column in found}
