"""A seed of every reader's own: what ``seed=own`` in a link stands for.

A teacher hands on one link and everybody in class gets a draw of their own. The seed that was
drawn then stands in the reader's address, so that a reload shows the same draw.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

import streamlit as st

import core
from core.tables.recipe_text import MOST_SEED, PREFIX
from pages._shared.link.link_model import Params

NAME, ASKED = "seed", "own"
_SCREEN, _HELD = "simulate", "link_own_seed"


def is_asked(params: Params) -> bool:
    """Return whether a link asks for a seed of the reader's own."""
    return params.get(NAME) == (ASKED,)


def taken(params: Params, screen: str) -> Params:
    """Return the parameters of a link with the reader's own seed, where it asks for one.

    Raises
    ------
    SpecError
        When the link names a simulated table that is damaged.
    """
    if not is_asked(params):
        return params
    number = st.session_state.setdefault(_HELD, 1 + secrets.randbelow(MOST_SEED))
    found = {name: value for name, value in params.items() if name != NAME}
    table = params.get("data", ("",))[-1]
    if table.startswith(PREFIX):
        recipe = replace(core.read_recipe(table), seed=number)
        found["data"] = (core.recipe_text(recipe),)
    return found | ({NAME: (str(number),)} if screen == _SCREEN else {})


def can_differ(params: Params, screen: str) -> bool:
    """Return whether what is on screen depends on a seed that others could draw anew."""
    return screen == _SCREEN or params.get("data", ("",))[-1].startswith(PREFIX)


def asked_for(params: Params) -> Params:
    """Return a link that gives everybody a seed of their own."""
    return params | {NAME: (ASKED,)}
