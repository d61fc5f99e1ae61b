"""The link: what is on screen as query parameters of the address, and back.

``restore`` reads the address when a session begins and when the reader goes back or forward;
``publish`` writes it after every change. What an address holds: the table (an example, what
was made of it, or a simulation's recipe), the model where it differs from the one that the
table starts with, and the controls of the open screen (``link_options``). Nothing of an
uploaded table ever stands in it: such a table is called ``own1``, ``own2``, its columns by
number, and a reader elsewhere is told what to upload.

A link that asks for something impossible is refused as a whole: the start screen says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import core
from core.exceptions import PoolingError, SpecError
from core.spec import ModelSpec
from pages._shared import controls, link_model, state, texts
from pages._shared.link_model import Columns, Params
from pages._shared.link_options import Option, options_of
from pages._shared.state import Dataset

_OWN = "own"
_MOST_VALUES, _LONGEST = 200, 4_000
_RECIPES: dict[str, type[core.Recipe]] = {
    "centre": core.CentreGrandMean,
    "within": core.CentreGroupMean,
    "standardise": core.Standardise,
    "log": core.Logarithm,
}
_BEGAN, _OPENED, _PUBLISHED = "link_began", "link_opened", "link_published"


def restore(screen: str) -> bool:
    """Put the session as a link asks for, where one is being followed.

    Parameters
    ----------
    screen : str
        Path of the screen that is open.

    Returns
    -------
    bool
        False when the link was refused: the start screen should then be shown.
    """
    opened: Params | None = st.session_state.pop(_OPENED, None)
    is_new = not st.session_state.get(_BEGAN, False)
    st.session_state[_BEGAN] = True
    if opened is None and not is_new and not _is_history():
        return True
    params = _address() if opened is None else opened
    if is_new and not params:
        return True
    st.session_state.pop("link_problem", None)
    st.session_state.pop("link_needs", None)
    try:
        _check_size(params)
        _apply(params, screen)
    except PoolingError as error:
        st.session_state["link_problem"] = str(error)
        _apply({}, screen)
        return False
    return True


def open_state(params: Mapping[str, str | list[str]]) -> None:
    """Ask that the next run show what a link with these parameters would show."""
    st.session_state[_OPENED] = {
        name: (value,) if isinstance(value, str) else tuple(value) or ("",)
        for name, value in params.items()
    }


def publish(screen: str) -> None:
    """Write what is on screen into the address, if it is not there yet."""
    current = params_of(screen)
    if st.session_state.get(_PUBLISHED) not in (None, current):
        st.session_state.pop("link_problem", None)
    st.session_state[_PUBLISHED] = current
    if current != _address():
        st.query_params.from_dict({k: list(v) for k, v in current.items()})


def params_of(screen: str) -> Params:
    """Return the parameters of a link to a screen as it would be shown now."""
    found = state.shown()
    data = found.dataset
    named, start = _named(data, found.spec)
    is_private = named.startswith(_OWN)
    params: Params = {} if named == _first() else {"data": (named,)}
    if not is_private and data.fixes:
        params["do"] = tuple(_write_fix(fix) for fix in data.fixes)
    columns = Columns([str(c) for c in data.table.columns], is_private=is_private)
    params |= link_model.write(found.spec, start, columns)
    if not is_private:
        at = st.session_state.get(f"group_{data.id}")
        params |= {"at": (at,)} if at in found.fits.data.group_names else {}
    for option in options_of(screen):
        value = option.write(st.session_state.get(option.key_for(data.id)))
        if value and not (option.is_private and is_private):
            params[option.name] = value
    return params


def encoded(params: Params) -> str:
    """Return parameters as the query of an address."""
    return urlencode(params, doseq=True)


def is_elsewhere(params: Params) -> bool:
    """Return whether a link needs a table that it does not hold."""
    return params.get("data", ("",))[0].startswith(_OWN)


def _first() -> str:
    return next(iter(core.EXAMPLES))


def _address() -> Params:
    return {name: tuple(st.query_params.get_all(name)) for name in st.query_params}


def _is_history() -> bool:
    """Return whether this run was caused by going back or forward."""
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))


def _check_size(params: Params) -> None:
    values = [text for value in params.values() for text in value]
    if len(values) > _MOST_VALUES or sum(map(len, values)) > _LONGEST:
        raise SpecError("It is longer than a link of this app can be.")


def _apply(params: Params, screen: str) -> None:
    """Set table, model and controls; nothing is set when any of them is impossible."""
    known = options_of(screen)
    wanted = {o.name: o.read(params[o.name]) for o in known if o.name in params}
    named = params.get("data", (_first(),))[-1]
    if named.startswith(_OWN):
        data = _own(named, params)
        if data is None:
            named, params = _first(), {}
    if not named.startswith(_OWN):
        data = _public(named, params)
    assert data is not None
    _set_model(data, params, is_private=named.startswith(_OWN))
    st.session_state["data_choice"] = data.id
    if "at" in params:
        st.session_state[f"group_{data.id}"] = params["at"][-1]
    else:
        st.session_state.pop(f"group_{data.id}", None)
    for option in known:
        _set_option(option, data.id, wanted)


def _set_option(option: Option, table: str, wanted: dict[str, object]) -> None:
    """Put a control as the link says, or back to what it shows at first."""
    key = option.key_for(table)
    if option.name in wanted or (key in st.session_state and option.default is not None):
        st.session_state[key] = wanted.get(option.name, option.default)
    else:
        st.session_state.pop(key, None)


def _set_model(data: Dataset, params: Params, *, is_private: bool) -> None:
    start = None if is_private else controls.first_spec(data)
    columns = Columns([str(c) for c in data.table.columns], is_private=is_private)
    spec = link_model.read(params, start, columns)
    controls.set_model(data, spec)


def _public(named: str, params: Params) -> Dataset:
    """Return a table that a link can name, with what was made of it.

    Raises
    ------
    SpecError
        When there is no such table.
    """
    data = state.public(named)
    if data is None:
        raise SpecError(f"There is no example called '{named[:60]}'.")
    for text in filter(None, params.get("do", ())):
        before, data = data, state.changed(data, _read_fix(text, data, params))
        state.uploads().pop(before.id, None)
    return data


def _own(named: str, params: Params) -> Dataset | None:
    """Return a table of this session by its number; else remember what the link needs."""
    held = state.simulations() | state.uploads()
    for name, number in _numbers().items():
        if named == f"{_OWN}{number}" and name in held:
            return held[name]
    st.session_state["link_needs"] = texts.load("link")["needs"]
    st.session_state["waiting_model"] = {k: params[k] for k in link_model.NAMES if k in params}
    return None


def _numbers() -> dict[str, int]:
    """Return the numbers by which this session's own tables go in links."""
    numbers: dict[str, int] = st.session_state.setdefault("link_numbers", {})
    return numbers


def _named(data: Dataset, spec: ModelSpec) -> tuple[str, ModelSpec | None]:
    """Return what a link calls a table, and the model from which its parameters count."""
    base = state.public(data.base or data.id)
    if base is not None and all(_is_public(fix, spec.group) for fix in data.fixes):
        return base.id, controls.first_spec(data)
    numbers = _numbers()
    number = numbers.setdefault(data.id, len(numbers) + 1)
    return f"{_OWN}{number}", None


def _is_public(fix: core.Fix, group: str) -> bool:
    return type(fix) in _RECIPES.values() and getattr(fix, "group", group) == group


def _write_fix(fix: core.Fix) -> str:
    kind = next(name for name, cls in _RECIPES.items() if type(fix) is cls)
    return f"{kind}:{getattr(fix, 'column', '')}"


def _read_fix(text: str, data: Dataset, params: Params) -> core.Recipe:
    kind, _, column = text.partition(":")
    if kind not in _RECIPES or column not in map(str, data.table.columns):
        raise SpecError(f"'{text[:60]}' is no change of a predictor of this table.")
    if kind != "within":
        return _RECIPES[kind](column)
    start = data.first_spec
    group = params["group"][-1] if "group" in params or start is None else start.group
    return core.CentreGroupMean(column, group)
