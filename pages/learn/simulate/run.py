"""Long computations in the open: a batch at a time, drawn as it grows, left by a click.

Whatever the reader does, the next call that touches the page ends the loop, and the batches
made so far stay in the session: 'Go on' continues, other settings begin anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, cast

import streamlit as st

from pages._shared import texts

#: Seconds between two pictures of a run that is under way.
_EVERY = 0.7
#: Seconds after which a run shows its progress and how to stop it.
_PATIENCE = 0.5
#: Seconds in which other sessions have the interpreter to themselves after every batch, as a
#: share of what the batch took.
_BREATH = 0.25


class Run(Protocol):
    """What can be made a step at a time."""

    done: int

    def advance(self) -> bool:
        """Make a step; False when there is nothing left to do."""
        ...


def held(kind: str, key: str, make: Callable[[], Any]) -> Any:
    """Return the run of this session for these settings; a new one where they changed."""
    slot = f"simulate_{kind}_run"
    found = st.session_state.get(slot)
    if found is None or found[0] != key:
        st.session_state[slot] = (key, make())
        st.session_state[f"simulate_{kind}_is_stopped"] = False
    return st.session_state[slot][1]


class Place:
    """A place on the screen whose old contents stay until there is something new to show."""

    def __init__(self, box: Any) -> None:
        self._box, self._slot = box, None

    @property
    def slot(self) -> Any:
        """What holds one thing at a time; made when first asked for."""
        if self._slot is None:
            self._slot = self._box.empty()
        return self._slot


def follow(
    kind: str, run: Run, total: int, *, words: dict[str, str], draw: Callable[[bool], None]
) -> None:
    """Bring a run to its end with progress and a way out, drawing it again and again.

    Parameters
    ----------
    kind : str
        Names the run's controls.
    run, total
        What to do, and how many steps of ``run.done`` there are.
    words : mapping
        ``progress`` and ``stopped``, with ``{done}`` and the total.
    draw : callable
        Draws what there is; told whether it is the last time.
    """
    flag = f"simulate_{kind}_is_stopped"
    row = Place(st.container())
    if run.done < total and st.session_state.get(flag):
        _controls(row, kind, is_stopped=True).caption(_said(words["stopped"], run, total))
        draw(True)
        return
    began, drawn, bar = time.monotonic(), 0.0, None
    while _step(run):
        now = time.monotonic()
        st.session_state.get(flag)  # where the run is left when the reader does something else
        if bar is None and now - began > _PATIENCE and run.done < total:
            bar = _controls(row, kind, is_stopped=False)
        if bar is not None:
            bar.progress(run.done / total, _said(words["progress"], run, total))
        if now - drawn > _EVERY and run.done < total:
            draw(False)
            drawn = time.monotonic()
    if bar is not None:
        row.slot.empty()
    draw(True)


@st.cache_resource(show_spinner=False)
def _turnstile() -> threading.Lock:
    """Return what lets one session compute at a time, so that a class does not starve the rest."""
    return threading.Lock()


def _step(run: Run) -> bool:
    """Make a step when it is this session's turn, then let the others breathe."""
    with _turnstile():
        began = time.monotonic()
        is_made = run.advance()
        time.sleep(_BREATH * (time.monotonic() - began))
    return is_made


def _controls(row: Place, kind: str, *, is_stopped: bool) -> Any:
    """Draw the button that stops or goes on, and return the place of the progress beside it."""
    labels = texts.load("simulate")["many"]
    with row.slot.container(horizontal=True, vertical_alignment="center", gap="small"):
        bar = st.empty()
        st.button(
            labels["resume"] if is_stopped else labels["stop"],
            key=f"simulate_{kind}_stop",
            on_click=_turn,
            args=(f"simulate_{kind}_is_stopped",),
        )
    return bar


def _said(words: str, run: Run, total: int) -> str:
    return words.format(done=f"{run.done:,}", draws=f"{total:,}", cells=f"{total:,}")


def _turn(flag: str) -> None:
    st.session_state[flag] = not cast(bool, st.session_state.get(flag, False))
