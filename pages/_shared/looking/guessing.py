"""What an uploaded table seems to be, and what is still to be asked about it.

Session keys
------------
answered : dict of dataset id to set of str
    Questions that were answered, or passed over, by key (see ``state.answered``).
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

import core
from core.exceptions import PoolingError
from core.tables.doctor.first_questions import FirstLook, Question, first_look
from core.tables.doctor.fixes import DaysSinceFirst
from pages._shared import cache, state
from pages._shared.dataset import Dataset
from pages._shared.model import sidebar


def waiting(data: Dataset) -> tuple[Question, ...]:
    """Return what is still to be asked about a table; nothing once its roles were changed."""
    if not _is_looked_at(data) or data.base:
        return ()
    answered = state.answered(data.id)
    if state.EVERYTHING in answered or (not answered and not sidebar.is_first_model(data)):
        return ()
    return tuple(q for q in look(data).questions if q.key not in answered)


def _is_looked_at(data: Dataset) -> bool:
    return data.is_upload and data.elsewhere is None and len(data.table.columns) > 1


def look(data: Dataset) -> FirstLook:
    """Return the guessed roles of a table and the questions about it."""
    found: FirstLook = cache.of_table(data, "first_look", first_look)
    return found


def runners_up(data: Dataset) -> list[tuple[str, str]]:
    """Return pairs of a role and a column that comes next for it, without those in a role."""
    if not _is_looked_at(data):
        return []
    draft, found = state.draft(data.id), look(data).roles
    held = {draft.get("outcome"), draft.get("group")}
    ranked = {"outcome": (found.outcome, *found.runners_up["outcome"]),
              "group": (found.group, *found.runners_up["group"])}  # fmt: skip
    return [
        (role, column)
        for role, columns in ranked.items()
        for column in columns
        if column is not None and column not in held
    ]


def offers(data: Dataset) -> tuple[core.Fix, ...]:
    """Return what makes the dates of visits a predictor: days since each group's first."""
    if not _is_looked_at(data):
        return ()
    group = str(state.draft(data.id).get("group"))
    found: tuple[core.Fix, ...] = cache.of_table(data, "days", _days, group)
    return found


def _days(table: pd.DataFrame, group: str) -> tuple[core.Fix, ...]:
    if group not in map(str, table.columns):
        return ()
    fixes = [choice for f in core.examine(table, group) for choice in (f.choices or (f.fix,))]
    return tuple(fix for fix in fixes if isinstance(fix, DaysSinceFirst))


def settle(data: Dataset, key: str = state.EVERYTHING) -> None:
    """Take a question, or all of a table, for answered; to be called by a button."""
    state.answered(data.id).add(key)


def mend(data: Dataset, fix: core.Fix) -> None:
    """Apply an answer; the roles are then guessed anew. To be called by a button."""
    try:
        state.mend(data, fix)
    except PoolingError as error:
        st.session_state["upload_error"] = (data.title, str(error))
        return
    state.drafts().pop(str(st.session_state["data_choice"]), None)


def choose(data: Dataset, role: str, column: str) -> None:
    """Give a column the role of outcome or group; to be called by a button."""
    sidebar.assign(data, column, role)
    settle(data, role)
