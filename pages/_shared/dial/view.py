"""The view of the dial on the start screen: finding, component, and what follows its release."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import streamlit as st

import core
from core import escape
from core.explore import sentences
from core.explore.dial_curve import dial_curve
from core.explore.dial_evidence import dial_evidence
from core.explore.dial_labels import dial_labels
from core.explore.dial_path import DialPath, dial_path
from core.explore.dial_payload import dial_payload
from core.explore.dial_report import dial_table
from core.explore.estimates import estimates
from core.explore.lines import group_lines
from core.plots import theme
from core.results import PoolingFits
from pages._shared import cache, figures, look, state, texts
from pages._shared.dial import component
from pages._shared.dial.component import Position
from pages._shared.state import Shown

_KEY = "pooling_dial"
#: Rows of the chosen group that are drawn at most.
_MOST_ROWS = 400


def show(shown: Shown) -> None:
    """Draw the dial, or say why there is none."""
    if shown.fits.multilevel_or_none is None:
        st.info(escape.for_markdown(str(shown.fits.refusal)))
        return
    _dial(shown)


@st.fragment
def _dial(shown: Shown) -> None:
    text = texts.load("dial")
    made = cache.derived(shown, "dial", _make)
    path: DialPath = made["path"]
    position = _position(shown)
    at = core.dial(path, position.c)
    data = {
        "id": made["id"],
        "payload": made["payload"],
        "evidence": made["evidence"],
        "labels": dial_labels(path, shown.wording),
        "text": text["component"],
        "look": theme.tokens(look.style().mode, look.style().size),
        "position": position.to_data(),
        "told": shown.dataset.id,
        "focus": _focus(shown, position.group),
    }
    component.mount(data, key=_KEY, on_change=_moved)
    st.markdown(escape.for_markdown(made["evidence"]["sentence"]))
    if path.note:
        st.caption(escape.for_markdown(path.note))
    receipt = core.receipt(path, position.group, at.c, position=at, wording=shown.wording)
    st.markdown(escape.for_markdown(receipt.sentence))
    figures.numbers(lambda: dial_table(shown.fits, at), key=_KEY)


def _make(fits: PoolingFits) -> dict[str, Any]:
    """Return everything that does not depend on where the dial stands."""
    path = dial_path(fits)
    curve = dial_curve(path)
    evidence = dial_evidence(path, curve)
    payload = dial_payload(path, curve)
    digest = hashlib.sha256(json.dumps(payload, allow_nan=False).encode()).hexdigest()[:16]
    low, high = evidence.interval
    return {
        "id": digest,
        "path": path,
        "payload": payload,
        "evidence": {
            "c": evidence.c.tolist(),
            "log_likelihood": np.maximum(evidence.log_likelihood, -1e3).round(4).tolist(),
            "at_complete": max(evidence.at_complete, -1e3),
            "interval": [low, high],
            "modes": list(evidence.modes),
            "sentence": evidence.sentence,
        },
    }


def _position(shown: Shown) -> Position:
    """Return where the dial stands, and the group that is looked at on every screen."""
    names = shown.fits.no_pooling.group_names
    mover = sentences.top_mover(estimates(shown.fits)) or 0
    group = names.index(state.selected_group(shown, names[mover]))
    return Position(st.session_state.get(f"{_KEY}_{shown.dataset.id}", 1.0), group)


def _moved() -> None:
    """Keep where the dial came to rest."""
    shown = state.shown()
    names = shown.fits.no_pooling.group_names
    sent = Position.from_data(st.session_state[_KEY].get("position"), len(names))
    st.session_state[f"{_KEY}_{shown.dataset.id}"] = sent.c
    if sent.group is not None:
        state.select_group(shown, names[sent.group])


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
