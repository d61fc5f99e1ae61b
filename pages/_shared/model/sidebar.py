"""The sidebar: which table, which column plays which role, which structure.

Every control of the model is kept per table in ``state.draft``, because Streamlit forgets a
widget that is not on screen. A column has one role: giving it another takes it out of the old.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError
from core.spec import ModelSpec
from pages._shared import cache, opening, state, texts
from pages._shared.control import Control
from pages._shared.dataset import Dataset
from pages._shared.host import sources
from pages._shared.link import link_columns, link_model
from pages._shared.model import (
    groupings,
    keeping,
    kept,
    roles,
    rows,
    term_list,
    weighting,
)
from pages._shared.model.fields import MODEL, REFERENCE, key_of
from pages._shared.option import Place

PROJECTOR = Control("projector", "display_projector", False, "flag")

_SINGLE, _MULTIPLE = ("outcome", "group"), ("predictors", "group_predictors", "also")


def sidebar() -> None:
    """Draw the sidebar and resolve what it asks for (see ``state.resolve``)."""
    with st.sidebar:
        data = _choose_data()
        spec = _choose_model(data)
        text = texts.load("controls")["display"]
        st.divider()
        PROJECTOR.toggle(text["projector"], help=text["projector_help"])
    state.resolve(data, spec)


def _choose_data() -> Dataset:
    text = texts.load("controls")["data"]
    choice = st.container()
    with choice:
        sources.choose()
    opening.work()
    opening.panel()
    names = state.datasets()
    if st.session_state.get("data_choice") not in names:
        st.session_state["data_choice"] = next(iter(names))
    with choice:
        chosen = st.selectbox(
            text["label"], list(names), format_func=names.__getitem__, key="data_choice"
        )
        data = state.dataset(chosen)
        if data.is_upload:
            st.button(
                text["close"], key="data_close", on_click=state.close, args=(data,), type="tertiary"
            )
    return data


def _restore(data: Dataset) -> dict[str, Any]:
    """Put a table's controls back as they were; guess them the first time."""
    draft = state.draft(data.id)
    if not draft:
        told = _waiting(data)
        if told is not None:
            state.answered(data.id).add(state.EVERYTHING)
        draft.update(_fields(told or first_spec(data)))
    for field in MODEL:
        st.session_state.setdefault(key_of(data, field), draft[field])
    return draft


def first_spec(data: Dataset) -> ModelSpec:
    """Return the model that a table starts with: its own, else a guess.

    Raises
    ------
    SpecError
        When the table has a single column.
    """
    return data.first_spec or cache.of_table(data, "first_model", roles.first_model)


def is_first_model(data: Dataset) -> bool:
    """Whether the model of a table is still the one that it started with."""
    draft = state.draft(data.id)
    try:
        return not draft or draft == _fields(first_spec(data)) | {"reference": draft["reference"]}
    except PoolingError:
        return True


def set_model(data: Dataset, spec: ModelSpec) -> None:
    """Put the model controls of a table as a specification says; before they are drawn."""
    draft = state.draft(data.id)
    draft.clear()
    draft.update(_fields(spec))
    state.answered(data.id).add(state.EVERYTHING)
    for field in MODEL:
        st.session_state[key_of(data, field)] = draft[field]
    REFERENCE.put(st.session_state, Place(data.id), dict(spec.reference))


def _waiting(data: Dataset) -> ModelSpec | None:
    """Return the model of a link that waits for this table, if there is one and it fits.

    A model belongs to a header: on another table its columns, which stand in a link by their
    number, would be others. Where the link does not say which header it was made for (older
    links do not) the model is taken if its outcome holds numbers, and the reader is told.
    """
    asked = st.session_state.get("waiting_model")
    if not data.is_upload or asked is None:
        return None
    st.session_state.pop("waiting_model")
    st.session_state.pop("link_needs", None)
    put_controls = st.session_state.pop("waiting_controls", None)
    columns = link_columns.columns_of(data, is_private=True)
    belongs, text = link_model.belongs(asked, columns), texts.load("link")
    try:
        spec = link_model.read(asked, None, columns)
    except PoolingError:
        belongs = False
    if belongs is None and spec.outcome not in roles.numeric_columns(data.table):
        belongs = False
    if belongs is False:
        state.note(text["other_header"])
        return None
    if belongs is None:
        state.note(text["taken"])
    if put_controls is not None:
        put_controls(data.id, spec)
    kept.take(data.id, asked, columns)
    return spec


def _fields(spec: ModelSpec) -> dict[str, Any]:
    """Return the controls that stand for a specification."""
    return {
        "outcome": spec.outcome,
        "group": spec.group,
        "also": list(spec.groups[1:]),
        "restart": list(spec.within.items()),
        "slope_by": [g for g in spec.groups if spec.varying_of(g)] or [spec.group],
        "predictors": list(spec.predictors),
        "group_predictors": list(spec.group_predictors),
        "structure": "slope" if spec.varying else "intercept",
        "slopes": list(spec.varying or spec.predictors[:1]),
        "correlated": spec.correlated,
        "cross_level": list(spec.cross_level),
        "categorical": list(spec.categorical),
        "criterion": spec.criterion,
        "weights": spec.weights,
        "weigh": spec.weight_kind,
        "terms": list(spec.terms),
        "rows": list(spec.rows),
        "without": list(spec.without),
        "reference": dict(spec.reference),
    }


def _choose_model(data: Dataset) -> ModelSpec | PoolingError:
    columns = [str(c) for c in data.table.columns]
    try:
        draft = _restore(data)
    except PoolingError as error:
        return error
    text = texts.load("controls")["model"]
    st.subheader(text["heading"], anchor=False)
    beside = st.container(gap="xsmall")
    possible = cache.of_table(data, "outcome_columns", roles.outcome_columns)
    _select(data, "outcome", possible)
    _multiselect(data, "predictors", _free(data, columns, "predictors"))
    term_list.choose(data)
    _select(data, "group", columns)
    _multiselect(data, "also", _free(data, columns, "also"))
    groupings.choose_relations(data, text)
    _choose_structure(data, text)
    with st.expander(text["more"]):
        _choose_more(data, columns, text)
    rows.choose(data)
    MODEL["criterion"].radio(  # a segmented control in a closed sidebar comes back empty
        text["criterion"], at=Place(data.id), help=text["criterion_help"], horizontal=True
    )
    for field in MODEL:
        value = st.session_state[key_of(data, field)]
        draft[field] = draft[field] if value is None else value
    spec = _spec(draft)
    with beside:
        keeping.offer(data, spec, set_model)
    return spec


def _choose_structure(data: Dataset, text: dict[str, str]) -> None:
    words = {"intercept": text["structure_intercept"], "slope": text["structure_slope"]}
    MODEL["structure"].radio(
        text["structure"], words, at=Place(data.id), help=text["structure_help"]
    )
    predictors = st.session_state[key_of(data, "predictors")]
    has_slopes = st.session_state[key_of(data, "structure")] == "slope"
    if has_slopes and not predictors:
        st.caption(text["needs_predictor"])
    elif has_slopes and len(term_list.may_vary(data)) > 1:
        _multiselect(data, "slopes", term_list.may_vary(data))
    groups = groupings.groups_of(data)
    if has_slopes and predictors and len(groups) > 1:
        _multiselect(data, "slope_by", groups)


def _choose_more(data: Dataset, columns: list[str], text: dict[str, str]) -> None:
    _multiselect(data, "group_predictors", _free(data, columns, "group_predictors"))
    higher = st.session_state[key_of(data, "group_predictors")]
    predictors = st.session_state[key_of(data, "predictors")]
    if higher and predictors:
        pairs = [(a, b) for a in predictors for b in higher]
        _multiselect(data, "cross_level", pairs)
    if st.session_state[key_of(data, "structure")] == "slope":
        MODEL["correlated"].toggle(
            text["correlated"], at=Place(data.id), help=text["correlated_help"]
        )
    _choose_references(data, text)
    codes = [c for c in (*predictors, *higher) if c in roles.numeric_columns(data.table)]
    if codes:
        _multiselect(data, "categorical", codes)
    taken = {st.session_state[key_of(data, single)] for single in _SINGLE}
    weighting.choose(data, text, taken)


def _choose_references(data: Dataset, text: dict[str, str]) -> None:
    """Offer the reference level of every categorical predictor."""
    draft, numbers = state.draft(data.id), roles.numeric_columns(data.table)
    used = [c for f in _MULTIPLE for c in st.session_state[key_of(data, f)]]
    codes = st.session_state[key_of(data, "categorical")]
    kept: dict[str, str] = draft.setdefault("reference", {})
    for column in used:
        if column in numbers and column not in codes:
            continue
        levels = cache.of_table(data, "levels", lambda table, name: _levels(data, name), column)
        if not 2 <= len(levels) <= core.LIMITS.levels:
            continue
        reference = REFERENCE.named(column)
        chosen = reference.select(
            text["reference"].format(column=escape.for_markdown(column)),
            None,
            levels,
            at=Place(data.id),
            first=kept.get(column, levels[0]),
            is_labelled=True,
            help=text["reference_help"],
        )
        if chosen == levels[0]:
            kept.pop(column, None)
        else:
            kept[column] = chosen


def _levels(data: Dataset, column: str) -> tuple[str, ...]:
    if data.elsewhere is not None:
        return sources.levels(data, column)
    try:
        return core.reference_levels(data.table, column)
    except PoolingError:
        return ()


def _select(data: Dataset, field: str, options: list[str]) -> None:
    text, held = texts.load("controls")["model"], st.session_state[key_of(data, field)]
    MODEL[field].select(
        text[field],
        None,
        options if held in options else [held, *options],
        at=Place(data.id),
        is_labelled=True,
        help=text[f"{field}_help"],
        on_change=_release,
        args=(data, field),
    )


def _multiselect(data: Dataset, field: str, options: list[Any]) -> None:
    text = texts.load("controls")["model"]
    MODEL[field].several(
        text[field],
        options,
        at=Place(data.id),
        is_labelled=True,
        format_func=lambda v: term_list.said(data, v),
        help=text.get(f"{field}_help"),
        on_change=_release,
        args=(data, field),
    )


def _free(data: Dataset, columns: list[str], field: str) -> list[str]:
    """Return the columns that a list of predictors may hold: not outcome and group."""
    taken = {st.session_state[key_of(data, single)] for single in _SINGLE}
    return [c for c in columns if c not in taken]


def _release(data: Dataset, field: str) -> None:
    """Take a column out of its old role when it is given a new one; a swap where it must be."""
    value = st.session_state[key_of(data, field)]
    taken = set(value) if isinstance(value, list) else {value}
    for other in _MULTIPLE:
        if other != field and field in (*_SINGLE, *_MULTIPLE):
            key = key_of(data, other)
            st.session_state[key] = [v for v in st.session_state[key] if v not in taken]
    for other in _SINGLE:
        if field in _SINGLE and other != field and st.session_state[key_of(data, other)] in taken:
            st.session_state[key_of(data, other)] = state.draft(data.id)[field]
    if field in ("group", "also"):
        groupings.settle(data)
    if field == "predictors":
        term_list.settle(data)


def group_of(data: Dataset) -> str | None:
    """Return the group that the sidebar asks for; None where a table has no model."""
    found: str | None = state.draft(data.id).get("group")
    return found


def role_of(data: Dataset, column: str) -> str:
    """Return the role that the sidebar gives a column: a field of the model, or 'unused'."""
    draft = state.draft(data.id)
    for field in (*_SINGLE, *_MULTIPLE):
        held = draft.get(field, ())
        if column == held or (isinstance(held, list) and column in held):
            return field
    return "unused"


def assign(data: Dataset, column: str, role: str) -> bool:
    """Give a column a role, as the sidebar would; to be called by a widget.

    Returns whether that was possible: outcome and group leave their role only when another
    column takes it.
    """
    held = role_of(data, column)
    if held in _SINGLE and role not in _SINGLE:
        return False
    if role in _SINGLE:
        st.session_state[key_of(data, role)] = column
        _release(data, role)
        return True
    for field in _MULTIPLE:
        key = key_of(data, field)
        rest = [c for c in st.session_state[key] if c != column]
        st.session_state[key] = [*rest, column] if field == role else rest
    groupings.settle(data)
    return True


def _spec(draft: dict[str, Any]) -> ModelSpec | PoolingError:
    """Return the specification that the controls stand for, or why they contradict each other."""
    predictors = tuple(draft["predictors"])
    made = term_list.of_predictors(draft["terms"], predictors)
    offered = term_list.names_that_may_vary(predictors, made)
    slopes = tuple(c for c in draft["slopes"] if c in offered) or offered[:1]
    used = {*predictors, *draft["group_predictors"]}
    pairs = [p for p in draft["cross_level"] if p[0] in predictors and p[1] in used]
    try:
        return ModelSpec(
            outcome=draft["outcome"],
            **groupings.factors_of(draft, slopes if draft["structure"] == "slope" else ()),
            predictors=predictors,
            group_predictors=tuple(draft["group_predictors"]),
            cross_level=tuple(pairs),
            correlated=draft["correlated"],
            criterion=draft["criterion"],
            categorical=tuple(c for c in draft["categorical"] if c in used),
            reference={c: v for c, v in draft.get("reference", {}).items() if c in used},
            weights=draft["weights"],
            weight_kind=draft["weigh"] if draft["weights"] else "precision",
            terms=made,
            without=tuple(c for c in draft.get("without", ()) if c in predictors),
            rows=tuple(draft["rows"]),
        )
    except PoolingError as error:
        return error


def vary_slope(data: Dataset) -> None:
    """Let the slope vary: what the button beside the map does."""
    st.session_state[key_of(data, "structure")] = "slope"
