"""The link: what is on screen as query parameters of the address, and back.

``restore`` reads the address when a session begins and when the reader goes back or forward,
``confirm`` compares it with the fits, ``publish`` writes it after every change. What an address
holds: the table (an example, what was made of it, or a simulation's recipe), the model where it
differs from the one that the table starts with, and the controls of the open screen
(``know``). Nothing of an uploaded table ever stands in it: such a table is called
``own1``, ``own2``, its columns by number, and a reader elsewhere is told what to upload.

A link that asks for something impossible is refused as a whole: the start screen says why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import core
from core.exceptions import PoolingError, SpecError
from core.spec import ModelSpec
from pages._shared import state, texts
from pages._shared.dataset import Dataset
from pages._shared.link import link_model, own_seed
from pages._shared.link.link_columns import columns_of
from pages._shared.link.link_model import Params
from pages._shared.model import kept
from pages._shared.model import sidebar as controls
from pages._shared.model.fields import MODEL, REFERENCE
from pages._shared.option import Option, Place

_OWN = "own"
_MOST_VALUES, _LONGEST = 200, 4_000
_RECIPES: dict[str, type[core.Recipe]] = {
    "centre": core.CentreGrandMean,
    "within": core.CentreGroupMean,
    "standardise": core.Standardise,
    "log": core.Logarithm,
}
_SINGLE = ("data", "at", "y", "group", "uncorrelated", "criterion", link_model.HEADER, kept.IS_KEPT)
_BEGAN, _OPENED, _PUBLISHED = "link_began", "link_opened", "link_published"
_WANTED, _REFUSED, _FOLLOWED = "link_wanted", "link_refused", "link_followed"


#: The controls of every screen, by its path; those that all screens share under ``SHARED``.
_CONTROLS: dict[str, tuple[Option, ...]] = {}
SHARED = "*"


def know(controls: Mapping[str, Sequence[Option]]) -> None:
    """Take the controls of all screens, by path: the registry hands them over."""
    _CONTROLS.update({path: tuple(found) for path, found in controls.items()})


def controls_of(screen: str) -> tuple[Option, ...]:
    """Return the controls that a link to a screen can hold, by the path of the screen."""
    return (*_CONTROLS.get(SHARED, ()), *_CONTROLS.get(screen, ()))


@lru_cache(maxsize=1)
def held_keys() -> re.Pattern[str]:
    """Return the session's keys that hold what any control is set to, whatever their table."""
    options = {option.key for found in _CONTROLS.values() for option in found}
    options |= {each.key for each in (*MODEL.values(), REFERENCE)}
    keys = (re.sub(r"\\\{\w+\\\}", ".+", re.escape(key)) for key in sorted(options))
    return re.compile("|".join(keys), re.DOTALL)


def _every_name() -> set[str]:
    return {option.name for found in _CONTROLS.values() for option in found}


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
    refused: str | None = st.session_state.pop(_REFUSED, None)
    is_new = not st.session_state.get(_BEGAN, False)
    st.session_state[_BEGAN] = True
    st.session_state.pop(_WANTED, None)
    if opened is None and not is_new and not _is_history():
        return True
    params = _address() if opened is None else opened
    if is_new and not params:
        return True
    st.session_state.pop("link_needs", None)
    st.session_state["link_problem"] = refused
    try:
        _check_form(params, screen)
        params = own_seed.taken(params, screen)
        wanted = _apply(params, screen)
    except PoolingError as error:
        st.session_state["link_problem"] = str(error)
        _apply({}, screen)
        return False
    st.session_state[_WANTED], st.session_state[_FOLLOWED] = wanted, opened is None
    return True


def confirm(screen: str) -> bool:
    """Refuse a link that asks for what the fits do not have, once they are there.

    Returns
    -------
    bool
        False when the link was refused: the start screen should then be shown.
    """
    wanted: dict[str, Any] | None = st.session_state.get(_WANTED)
    if wanted is None or st.session_state.get("link_needs"):
        return True
    shown = state.shown()
    try:
        if shown.error is not None:
            raise shown.error
        if wanted.get("at") not in (None, *shown.group_names):
            raise SpecError(f"There is no {shown.wording.group.one} '{wanted['at'][:60]}'.")
        for option in controls_of(screen):
            if option.name in wanted:
                option.check(wanted[option.name], shown)
    except PoolingError as error:
        st.session_state[_REFUSED] = str(error)
        open_state({})
        return False
    return True


def open_state(params: Mapping[str, str | list[str]]) -> None:
    """Ask that the next run show what a link with these parameters would show."""
    st.session_state[_OPENED] = {
        name: (value,) if isinstance(value, str) else tuple(value) or ("",)
        for name, value in params.items()
    }


def carry_over(screen: str) -> None:
    """Have the next run show on another screen what is shown now, with its own address."""
    open_state({name: list(value) for name, value in params_of(screen).items()})
    st.session_state.pop(_PUBLISHED, None)  # going there empties the address


def publish(screen: str) -> None:
    """Write what is on screen into the address, if it is not there yet.

    The address of a link that has just been followed stays as it is, however it is written:
    another one would stand between the reader and the way back. A seed of the reader's own is
    written all the same, once, so that it outlives the session.
    """
    current, before = params_of(screen), st.session_state.get(_PUBLISHED)
    wanted = st.session_state.pop(_WANTED, None)
    if before not in (None, current) and wanted is None:
        st.session_state["link_problem"] = None
        state.settle_note()
    st.session_state[_PUBLISHED] = current
    is_followed = wanted is not None and st.session_state.get(_FOLLOWED)
    is_settled = is_followed and (_is_history() or not own_seed.is_asked(_address()))
    if current not in (before, _address()) and not is_settled:
        st.query_params.from_dict({k: list(v) for k, v in current.items()})


def params_of(screen: str, *, is_whole: bool = False) -> Params:
    """Return the parameters of a link to a screen as it would be shown now.

    With ``is_whole`` they may hold words of the table: for a file that holds the table too.
    """
    found = state.shown()
    data = found.dataset
    named, start = _named(data, found.spec)
    is_private = named.startswith(_OWN)
    params: Params = {} if named == _first() else {"data": (named,)}
    if not is_private and data.fixes:
        params["do"] = tuple(_write_fix(fix) for fix in data.fixes)
    columns = columns_of(data, is_private=is_private)
    params |= link_model.write(found.spec, start, columns)
    params |= kept.write(data.id, start, columns)
    if is_whole or not is_private:
        at = st.session_state.get(f"group_{data.id}")
        params |= {"at": (at,)} if at in found.group_names else {}
    known = controls_of(screen)
    where = _place(data.id, found.spec, known)
    for option in known:
        if is_whole or not (option.is_private and is_private):
            held = option.held(st.session_state, where, found)
            params |= {option.name: value} if (value := option.write(held)) else {}
    return params


def screens() -> tuple[str, ...]:
    """Return the paths of all screens."""
    return tuple(path for path in _CONTROLS if path != SHARED)


def named_for(data: Dataset) -> str:
    """Return what a link of this session calls a table of the reader's own."""
    numbers = _numbers()
    return f"{_OWN}{numbers.setdefault(data.id, len(numbers) + 1)}"


def public_table(params: Params) -> Dataset | None:
    """Return the table that a link can name, with what was made of it; None for any other."""
    named = params.get("data", (_first(),))[-1]
    return None if named.startswith(_OWN) else _public(named, params)


def put(data: Dataset, params: Params, screen: str) -> None:
    """Put the controls of a screen that is not open as a link to it would.

    Raises
    ------
    PoolingError
        When the parameters ask for what there is not; then nothing is set.
    """
    known = controls_of(screen)
    wanted = {o.name: o.read(params[o.name]) for o in known if o.name in params}
    is_private = params.get("data", ("",))[0].startswith(_OWN)
    start = None if is_private else controls.first_spec(data)
    columns = columns_of(data, is_private=is_private)
    _set_options(known, data.id, link_model.read(params, start, columns), wanted)


def shared(params: Params, screen: str) -> Params:
    """Return the link to hand on: without the reader's own answers, so that others think first."""
    own = {option.name for option in controls_of(screen) if option.is_own}
    return {name: value for name, value in params.items() if name not in own}


def _place(table: str, spec: ModelSpec, known: tuple[Option, ...]) -> Place:
    held = [st.session_state.get(o.key) or o.default for o in known if o.is_place]
    return Place(table, state.tag_of(table, spec), "/".join(map(str, held)))


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


def _check_form(params: Params, screen: str) -> None:
    """Refuse what cannot be a link of this app; names that no screen knows are left alone."""
    values = [text for value in params.values() for text in value]
    if len(values) > _MOST_VALUES or sum(map(len, values)) > _LONGEST:
        raise SpecError("It is longer than a link of this app can be.")
    for name in _SINGLE:
        if len(params.get(name, ())) > 1:
            raise SpecError(f"'{name}' is given {len(params[name])} times.")
    here = {option.name for option in controls_of(screen)} | {"seed", *link_model.NAMES}
    for name in params:
        if name in _every_name() and name not in here:
            raise SpecError(f"This screen has no '{name[:60]}'.")


def _apply(params: Params, screen: str) -> dict[str, Any]:
    """Set table, model and controls; nothing is set when any of them is impossible.

    Returns what is to be compared with the fits once they are there.
    """
    known = controls_of(screen)
    wanted = {o.name: o.read(params[o.name]) for o in known if o.name in params}
    named, model = params.get("data", (_first(),))[-1], params
    data = _own(named, params, known, wanted) if named.startswith(_OWN) else None
    if data is None:
        named, model = (_first(), {}) if named.startswith(_OWN) else (named, params)
        data = _public(named, model)
    spec = _set_model(data, model, is_private=named.startswith(_OWN))
    st.session_state["data_choice"] = data.id
    if "at" in model:
        wanted["at"] = model["at"][-1]
        st.session_state[f"group_{data.id}"] = wanted["at"]
    else:
        st.session_state.pop(f"group_{data.id}", None)
    _set_options(known, data.id, spec, wanted)
    state.tell()
    return wanted


def _set_options(
    known: tuple[Option, ...], table: str, spec: ModelSpec, wanted: dict[str, Any]
) -> None:
    """Put every control of a screen as the link says, or back to what it shows at first."""
    for option in sorted(known, key=lambda o: not o.is_place):  # keys of others depend on these
        option.put(st.session_state, _place(table, spec, known), wanted.get(option.name))


def _set_model(data: Dataset, params: Params, *, is_private: bool) -> ModelSpec:
    start = None if is_private else controls.first_spec(data)
    columns = columns_of(data, is_private=is_private)
    spec, other = link_model.read(params, start, columns), kept.read(params, start, columns)
    controls.set_model(data, spec)
    kept.keep(data.id, other)
    return spec


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


def _own(
    named: str, params: Params, known: tuple[Option, ...], wanted: dict[str, Any]
) -> Dataset | None:
    """Return a table of this session by its number; else remember what the link needs."""
    held = state.simulations() | state.uploads()
    for name, number in _numbers().items():
        if named == f"{_OWN}{number}" and name in held:
            columns = columns_of(held[name], is_private=True)
            if link_model.belongs(params, columns) is False:
                raise SpecError(texts.load("link")["other_table"])
            return held[name]
    st.session_state["link_needs"] = texts.load("link")["needs"]
    names = (*link_model.NAMES, link_model.HEADER)
    waiting = {k: params[k] for k in names if k in params} | kept.waiting(params)
    st.session_state["waiting_model"] = waiting
    st.session_state["waiting_controls"] = lambda table, spec: _set_options(
        known, table, spec, wanted
    )
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
