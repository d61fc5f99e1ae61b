"""The view of the dial on the start screen: the component, and what follows its release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

import core
from core import escape
from core.estimators.estimates import estimates
from core.explore.dial.beneath import dial_evidence
from core.explore.dial.curve import dial_curve
from core.explore.dial.held_out import MOST_ROWS, dial_validation
from core.explore.dial.labels import dial_labels
from core.explore.dial.path import DialPath, dial_note, dial_path
from core.explore.dial.payload import dial_payload
from core.explore.dial.position_text import dial_strays, dial_table
from core.explore.dial.split import dial_split, split_path
from core.explore.pooling import story as sentences
from core.explore.pooling.lines import group_lines
from core.figures import theme
from core.results import PoolingFits
from pages._shared import cache, figures, look, state, texts
from pages._shared.dataset import Shown
from pages._shared.dial import averaged, component, pulled
from pages._shared.dial.component import NO_POOLING, Position
from pages._shared.dial.controls import POSITION, SLOPE, VIEWS
from pages._shared.dial.table import columns
from pages._shared.option import Place

KEY = "pooling_dial"
_VIEW, _MORE, _START = f"{KEY}_view", f"{KEY}_more", f"{KEY}_start"
#: Rows of the chosen group that are drawn at most.
_MOST_ROWS = 400


def show(shown: Shown, options: Any, on_release: Callable[[], None]) -> None:
    """Draw the dial, or say why there is none.

    Its options go into the container ``options``; ``on_release`` is called when it has come to
    rest: only this part of the page has run then, and nothing else writes the address.
    """
    if shown.fits.multilevel_or_none is None:
        st.info(escape.for_markdown(str(shown.fits.refusal)))
        return
    with options:
        choice = pulled.choose(shown)
    _dial(choice.shown, _first(shown), on_release)
    if choice.sentence:
        st.markdown(escape.for_markdown(choice.sentence))


@st.fragment
def _dial(shown: Shown, first: str, on_release: Callable[[], None]) -> None:
    text = texts.load("dial")
    made = cache.derived(shown, "dial", _make)
    position = _position(shown, made["path"], first)
    data = {
        "id": made["id"],
        "payload": made["payload"],
        "evidence": _evidence(shown, made),
        "labels": dial_labels(made["path"], shown.wording),
        "text": text["component"],
        "look": theme.tokens(look.style().mode, look.style().size),
        "paper": theme.tokens("light"),
        "position": position.to_data(),
        "told": f"{shown.dataset.id} {state.told()}",
        "focus": _focus(shown, position.group or 0),
    }
    component.mount(data, key=_VIEW, on_position=_moved, on_more=_more)
    _follow(shown, made["path"], position)
    averaged.say(shown, made["path"], position.group or 0)
    on_release()


def _follow(shown: Shown, path: DialPath, position: Position) -> None:
    """Write what the dial's position means for the chosen group and for all."""
    note = dial_note(path, shown.wording)
    if note:
        st.caption(escape.for_markdown(note))
    if position.slope is None:
        way = path
        at = cache.derived(shown, "dial_at", lambda _, c: core.dial(path, c), position.c)
    else:
        factors = (position.c, position.slope)
        way = split_path(path, factors) if any(factors) else path
        at = dial_split(path, factors)
    group = position.group or 0
    receipt = core.receipt(way, group, at.c, position=at, wording=shown.wording)
    st.markdown(escape.for_markdown(receipt.sentence))
    note = dial_strays(path, at, shown.wording)
    if note:
        st.caption(escape.for_markdown(note))
    figures.numbers(
        lambda: dial_table(shown.fits, at),
        key=KEY,
        formats=columns(shown),
        on_select=_row_chosen,
    )


def _make(fits: PoolingFits) -> dict[str, Any]:
    """Return everything that does not depend on where the dial stands."""
    path = dial_path(fits)
    curve = dial_curve(path)
    evidence = dial_evidence(path, curve)
    payload = dial_payload(path, curve)
    digest = hashlib.sha256(json.dumps(payload, allow_nan=False).encode()).hexdigest()[:16]
    return {
        "id": digest,
        "path": path,
        "payload": payload,
        "evidence": {
            "c": evidence.c.tolist(),
            "log_likelihood": np.maximum(evidence.log_likelihood, -1e3).round(4).tolist(),
            "at_complete": max(evidence.at_complete, -1e3),
            "interval": _finite(evidence.interval),
            "modes": list(evidence.modes),
            "sentences": [evidence.sentence],
        },
    }


def _finite(values: Any) -> list[float | str]:
    """Return positions as JSON knows them."""
    return [float(v) if np.isfinite(v) else "none" for v in values]


def _evidence(shown: Shown, made: dict[str, Any]) -> dict[str, Any]:
    """Return the likelihood; posterior and cross-validated error once the picture stands."""
    found = made["evidence"]
    if st.session_state.get(_MORE) != made["id"]:
        return {**found, "wants": True, "cv": None}
    found = {**found, "posterior": averaged.density(averaged.of(shown, made["path"]))}
    if shown.fits.data.n_obs > MOST_ROWS:
        return {**found, "wants": False, "cv": None}
    cv = cache.derived(shown, "dial_validation", _validated)
    if cv is None:
        return {**found, "wants": False, "cv": None}
    told = {
        "c": _finite(cv.c),
        "error": cv.rmse.tolist(),
        "best": _finite([cv.best])[0],
        "same": _finite(cv.same),
    }
    return {**found, "wants": False, "cv": told, "sentences": [*found["sentences"], cv.sentence]}


def _validated(fits: PoolingFits) -> Any:
    return dial_validation(dial_path(fits))


def _first(shown: Shown) -> str:
    """Return the group to look at before one is chosen: the one that moves most."""
    names = shown.fits.no_pooling.group_names
    return names[sentences.top_mover(estimates(shown.fits)) or 0]


def _position(shown: Shown, path: DialPath, first: str) -> Position:
    """Return where the dial stands, and the group that is looked at on every screen."""
    at = Place(shown.dataset.id)
    group = shown.fits.no_pooling.group_names.index(state.selected_group(shown, first))
    held = component.multiple(POSITION.now(at))
    slope = component.multiple(SLOPE.now(at)) if path.model.k == 2 else None
    if held is None and slope is None:
        held, slope = _start(path)
    elif (held, slope) == _start(path):
        _keep(None, None, at)
    c = 1.0 if held is None else held
    slope = None if slope is None else min(slope, NO_POOLING)
    st.session_state[_START] = _start(path)
    return Position(c, slope, group, VIEWS.now(at))


def _start(path: DialPath) -> tuple[float, float | None]:
    """Return where the dial stands before it is turned: at the estimate, if that is anywhere."""
    c, slope = (*(path.estimate or (1.0,)), None)[:2]
    return (1.0 if c is None else c), slope


def _keep(c: float | None, slope: float | None, at: Place) -> None:
    POSITION.set(c, at)
    SLOPE.set(slope, at)


def _moved() -> None:
    """Keep where the dial came to rest; at the estimate nothing is to be kept."""
    told = _told("position")
    if told is None:
        return
    shown = state.shown()
    names = shown.fits.no_pooling.group_names
    sent = Position.from_data(told, len(names))
    at = Place(shown.dataset.id)
    if (sent.c, sent.slope) == st.session_state.get(_START):
        _keep(None, None, at)
    else:
        _keep(float(min(sent.c, NO_POOLING)), sent.slope, at)
    VIEWS.set(sent.views, at)
    if sent.group is not None:
        state.select_group(shown, names[sent.group])


def _more() -> None:
    """Compute the rest for the model on the dial: its picture stands."""
    st.session_state[_MORE] = _told("more")


def _told(name: str) -> Any:
    """Return what the dial says; None from a dial whose screen was left in the same moment."""
    held = st.session_state.get(_VIEW)
    return None if held is None else held.get(name)


def _row_chosen() -> None:
    """Look at the group whose row was clicked."""
    rows = st.session_state[f"{KEY}_table"].selection.rows
    if rows:
        shown = state.shown()
        state.select_group(shown, shown.fits.data.group_names[rows[0]])
        state.tell()


def _focus(shown: Shown, group: int) -> dict[str, Any]:
    """Return the rows of the chosen group, for the view of lines."""
    lines = cache.derived(shown, "lines", group_lines)
    rows = lines.rows(group)
    step = max(1, (rows.stop - rows.start) // _MOST_ROWS)
    return {
        "group": group,
        "x": lines.x[rows][::step].tolist(),
        "y": lines.y[rows][::step].tolist(),
    }
