"""Results kept between runs: of examples for everybody, of uploads within their session.

Keys are a dataset's id and a frozen specification, never a DataFrame (Streamlit would only
sample it). Every cache is bounded.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd
import streamlit as st

import core
from core.results import PoolingFits
from core.spec import ModelSpec
from pages._shared.dataset import Dataset, Shown
from pages._shared.host import sources

_SHARED, _PRIVATE = 128, 16


@st.cache_resource(max_entries=16, show_spinner=False)
def example_table(name: str) -> pd.DataFrame:
    """Return the table of a shipped example: shared, never to be changed."""
    return core.load_example(name)


@st.cache_resource(max_entries=16, show_spinner=False)
def simulated_table(name: str) -> pd.DataFrame:
    """Return the table that a recipe ``sim-...`` makes: shared, never to be changed.

    Raises
    ------
    PoolingError
        When the text is no recipe.
    """
    recipe = core.read_recipe(name)
    return core.simulate(recipe.population, recipe.seed).table


_MADE = itertools.count()
_COUNT = [0]


@st.cache_resource(max_entries=_SHARED, show_spinner=False)
def _shared(key: str, _make: Callable[[], Any]) -> Any:
    found = _make()
    _COUNT[0] = next(_MADE) + 1
    return found


def made() -> int:
    """Return how many results for all sessions were ever made: when it grows there is more kept."""
    return _COUNT[0]


def of_example(what: str, make: Callable[[], Any], *key: Hashable) -> Any:
    """Return a result about shipped examples only, shared by all sessions."""
    return _shared(repr((what, key)), make)


def private(key: Hashable, make: Callable[[], Any]) -> Any:
    """Return a result of this session's own data; the one used longest ago goes first."""
    held: OrderedDict[Hashable, Any] = st.session_state.setdefault("results", OrderedDict())
    if key not in held:
        held[key] = make()
    held.move_to_end(key)
    while len(held) > _PRIVATE:
        held.popitem(last=False)
    return held[key]


def forget(name: str) -> None:
    """Drop what was kept of a table of this session."""
    held: OrderedDict[Hashable, Any] = st.session_state.get("results", OrderedDict())
    for key in [key for key in held if isinstance(key, tuple) and name in key]:
        del held[key]
    # Figures (pages/_shared/drawn.py) keep what they were drawn from.
    st.session_state.pop("figures", None)


def fits(data: Dataset, spec: ModelSpec) -> PoolingFits:
    """Return the three fits of a model to a dataset.

    Raises
    ------
    PoolingError
        When the model cannot be fitted to the table (not cached).
    """

    def make() -> PoolingFits:
        if data.elsewhere is not None:
            return sources.fits(data, spec)
        return core.fit_all(core.GroupedData.from_table(data.table, spec))

    key = ("fits", data.id, repr(spec))
    found: PoolingFits = private(key, make) if data.is_upload else _shared(repr(key), make)
    return found


def of_table(data: Dataset, what: str, make: Callable[..., Any], *options: Hashable) -> Any:
    """Return ``make(data.table, *options)``, kept for the same table and options."""
    key = (what, data.id, options)

    def compute() -> Any:
        return make(data.table, *options)

    return private(key, compute) if data.is_upload else _shared(repr(key), compute)


def derived(shown: Shown, what: str, make: Callable[..., Any], *options: Hashable) -> Any:
    """Return ``make(shown.fits, *options)``, kept for the same data, model and options.

    Parameters
    ----------
    shown : Shown
    what : str
        Name of the result, unlike that of any other.
    make : callable
        Pure: the same arguments give the same result.
    options : hashable
        Passed on, and part of the key; they must have a faithful ``repr``.
    """
    key = (what, shown.dataset.id, repr(shown.spec), shown.factor, options)

    def compute() -> Any:
        return make(shown.fits, *options)

    return private(key, compute) if shown.dataset.is_upload else _shared(repr(key), compute)
