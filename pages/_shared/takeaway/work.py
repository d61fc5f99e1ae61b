"""Save work and open it again: the table, the model, and the controls of every screen."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core import escape
from core.exceptions import PoolingError
from core.takeaway.work import Work
from pages._shared import opening, state, texts
from pages._shared.dataset import Dataset
from pages._shared.link import address as link
from pages._shared.link.link_model import Params

NOTE = "takeaway_note"


def current(screen: str) -> Work:
    """Return what is open, as a project file holds it."""
    data = state.shown().dataset
    parameters = {path: link.params_of(path, is_whole=True) for path in link.screens()}
    is_own = link.is_elsewhere(parameters[screen])
    return Work(
        data.table,
        title=data.title,
        source=data.source,
        base="" if is_own else data.base or data.id,
        changes=data.changes,
        screen=screen,
        parameters=parameters,
        note=str(st.session_state.get(NOTE) or ""),
        lesson=st.session_state.get("lessons_own_file", b""),
    )


def resume(screen: str) -> str | None:
    """Go on with work that has just been opened.

    Returns
    -------
    str or None
        The path of the screen it was saved on; None where nothing was opened.
    """
    found = opening.opened_work()
    if found is None:
        return None
    work, name = found
    data, text = _table(work, state.dataset(name)), texts.load("takeaway")
    if work.base and data.id == name:
        # Columns go by name there, and by number in a table of one's own.
        work, lost = replace(work, parameters={}), [text["work_other_table"]]
    else:
        lost = _put(work, data)
    if work.note:
        st.session_state[NOTE] = work.note
    if work.lesson:
        st.session_state["lessons_waiting"] = work.lesson
    path = work.screen if work.screen in link.screens() else screen
    if work.parameters:
        link.open_state(_params(work, path, data))
    if lost:
        state.note(text["work_lost"].format(lost=escape.for_markdown("; ".join(lost)[:600])))
    return path


def _put(work: Work, data: Dataset) -> list[str]:
    """Put the controls of every screen; return what could not be, in words."""
    known = link.screens()
    lost = [f"'{path}'" for path in work.parameters if path not in known]
    for path in (p for p in known if p in work.parameters):
        try:
            link.put(data, _params(work, path, data), path)
        except PoolingError as error:
            lost.append(f"'{path or 'pooling'}': {error}")
    return lost


def _table(work: Work, data: Dataset) -> Dataset:
    """Return the table to go on with: the public one that it is, else the reader's own."""
    if not work.base:
        return data
    try:
        public = link.public_table(_first_of(work))
    except PoolingError:
        public = None
    if public is None or not public.table.equals(data.table):
        return data
    state.uploads().pop(data.id, None)
    return public


def _first_of(work: Work) -> Params:
    return dict(next(iter(work.parameters.values()), {}))


def _params(work: Work, path: str, data: Dataset) -> Params:
    params = dict(work.parameters.get(path) or _first_of(work))
    if not work.base:
        params["data"] = (link.named_for(data),)
    return params
