"""Pulled to what? The model with and without its group-level predictor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

import core
from core import escape, formats
from core.exceptions import PoolingError
from core.results import PoolingFits
from core.spec import ModelSpec
from pages._shared import cache, texts
from pages._shared.state import Shown

AVERAGE, REGRESSION = "average", "regression"
_KEY, _OF = "pooling_pulled", "pooling_pulled_of"


@dataclass(frozen=True, eq=False)
class Pulled:
    """What the dial shows: the model asked for, or the same without or with the predictor.

    ``options`` is what the component offers, None where there is no choice; ``sentence`` says
    what knowing the predictor does to the spread of the groups.
    """

    shown: Shown
    options: dict[str, Any] | None
    sentence: str = ""


def pulled(shown: Shown) -> Pulled:
    """Return the model that the reader wants to see on the dial."""
    columns = shown.spec.group_predictors or _candidate(shown)
    if not columns:
        return Pulled(shown, None)
    asked = REGRESSION if shown.spec.group_predictors else AVERAGE
    value = _wanted(shown.spec) or asked
    text = texts.load("dial")["pulled"]
    named = formats.listed(shown.wording.column(c).label for c in columns)
    words = {"group": shown.wording.group.one, "column": named}
    options = [
        [value_, escape.visible(text[value_].format(**words))] for value_ in (AVERAGE, REGRESSION)
    ]
    offered = {"value": value, "options": options}
    if value == asked:
        return Pulled(shown, offered)
    try:
        spec = _with(shown.spec, columns if value == REGRESSION else ())
        data = shown.dataset
        fits = cache.fits(data.id, data.table, spec, is_private=data.is_upload)
        other = replace(shown, spec=spec, fits=fits)
        sentence = _sentence(shown.fits, fits, value == REGRESSION, named, shown)
    except PoolingError as error:
        return Pulled(shown, None, str(error))
    return Pulled(other, offered, sentence)


def _with(spec: ModelSpec, columns: tuple[str, ...]) -> ModelSpec:
    cross = tuple(pair for pair in spec.cross_level if pair[1] in columns)
    return replace(spec, group_predictors=columns, cross_level=cross)


def _candidate(shown: Shown) -> tuple[str, ...]:
    """Return a numeric column that is constant in every group and not in the model."""
    roles: core.Roles = cache.of_table(shown.dataset, "roles", core.guess_roles)
    spec = shown.spec
    if roles.group != spec.group:
        return ()
    taken = {spec.outcome, spec.group, *spec.predictors}
    table = shown.dataset.table
    free = [c for c in roles.group_predictors if c not in taken and table[c].dtype.kind in "fi"]
    return tuple(free[:1])


def _wanted(spec: ModelSpec) -> str | None:
    """Return what was chosen for this model; a choice ends with its model."""
    if st.session_state.get(_OF) not in (None, repr(spec)):
        st.session_state[_KEY] = None
    st.session_state[_OF] = repr(spec)
    value = st.session_state.get(_KEY)
    return value if value in (AVERAGE, REGRESSION) else None


def choose(value: Any) -> None:
    """Keep what the reader wants the groups pulled to."""
    st.session_state[_KEY] = value if value in (AVERAGE, REGRESSION) else None


def _sentence(
    asked: PoolingFits, other: PoolingFits, is_with: bool, named: str, shown: Shown
) -> str:
    fits = (other, asked) if is_with else (asked, other)
    if any(fit.multilevel_or_none is None for fit in fits):
        return ""
    sds = [float(np.atleast_1d(fit.multilevel.sigma_group)[0]) for fit in fits]
    text = texts.load("dial")["pulled"]["smaller" if sds[0] < sds[1] else "larger"]
    with_sd, without_sd = (formats.number(sd, 3) for sd in sds)
    groups = shown.wording.group.many
    out: str = text.format(column=named, groups=groups, with_sd=with_sd, without_sd=without_sd)
    return out
