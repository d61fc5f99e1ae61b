"""Model A: the one that was kept to be compared with whatever is on screen.

It is held by table, beside the controls of the model, goes along when the table is mended, and
stands in the link: every name of a model's parameter with ``a_`` before it.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.exceptions import PoolingError, SpecError
from core.spec import ModelSpec
from pages._shared.link import link_model
from pages._shared.link.link_model import Columns, Params

_HELD, _BEFORE = "kept_models", "a_"
#: Says that there is a model A, which may be the one that the table starts with.
IS_KEPT = "a"


def _held() -> dict[str, ModelSpec]:
    found: dict[str, ModelSpec] = st.session_state.setdefault(_HELD, {})
    return found


def kept(table: str) -> ModelSpec | None:
    """Return model A of a table, by its id; None where none was kept."""
    return _held().get(table)


def keep(table: str, spec: ModelSpec | None) -> None:
    """Keep a model of a table as A, in place of any before; None forgets it."""
    if spec is None:
        _held().pop(table, None)
    else:
        _held()[table] = spec


def write(table: str, start: ModelSpec | None, columns: Columns) -> Params:
    """Return the parameters that say model A; nothing where there is none or its columns are gone.

    Parameters
    ----------
    start, columns
        As ``link_model.write`` takes them.
    """
    spec = kept(table)
    if spec is None or not set(spec.columns) <= set(columns.names):
        return {}
    said = link_model.write(spec, start, columns)
    said.pop(link_model.HEADER, None)
    return {IS_KEPT: ("1",)} | {f"{_BEFORE}{name}": value for name, value in said.items()}


def read(
    params: Mapping[str, tuple[str, ...]], start: ModelSpec | None, columns: Columns
) -> ModelSpec | None:
    """Return model A of a link; None where it has none.

    Raises
    ------
    SpecError
        When it cannot be made of the table's columns.
    """
    if IS_KEPT not in params:
        return None
    if params[IS_KEPT] != ("1",):
        raise SpecError(f"'{IS_KEPT}' cannot be '{params[IS_KEPT][-1][:60]}'.")
    return link_model.read(said(params), start, columns)


def said(params: Mapping[str, tuple[str, ...]]) -> Params:
    """Return what a link says of model A, by the names of a model's parameters."""
    return {
        name: params[f"{_BEFORE}{name}"]
        for name in link_model.NAMES
        if f"{_BEFORE}{name}" in params
    }


def waiting(params: Mapping[str, tuple[str, ...]]) -> Params:
    """Return the parameters of a link that say model A, by their own names."""
    about = {f"{_BEFORE}{name}": value for name, value in said(params).items()}
    return about | ({IS_KEPT: params[IS_KEPT]} if IS_KEPT in params else {})


def take(table: str, params: Params, columns: Columns) -> None:
    """Keep the model A of a link that waited for a private table; leave it where it does not fit.

    The model of the link itself fits: that was looked at before.
    """
    try:
        keep(table, read(params, None, columns))
    except PoolingError:
        keep(table, None)
