"""The terms of a model in the sidebar: what can be made of its predictors, picked from a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import core
from core.exceptions import PoolingError
from core.hierarchy import with_lower
from core.model_terms import SECONDS, SingleTerm, Term, columns_of, label_of
from core.tables.columns import column_of, is_numeric, numeric_column
from core.tables.roles.calendar_texts import are_dates
from core.tables.term_words import term_words
from core.tables.wording import Wording
from pages._shared import cache, state, texts
from pages._shared.dataset import Dataset
from pages._shared.model.fields import MODEL, key_of
from pages._shared.option import Place

#: Predictors of which products of three are on offer, and of two.
_TRIPLES, _PAIRS = 6, 14
_CURVES, _POWERS = (3, 4, 5), (2, 3)
_UNITS = ("days", "weeks", "months", "years", "hours")
#: Columns are called in the sidebar as the table calls them.
_PLAIN = Wording()
_HEAD, _LONG_TIME = 200, 2 * SECONDS["years"]


def choose(data: Dataset) -> None:
    """Draw the list of terms: what is in it, and what else can be picked."""
    predictors = st.session_state[key_of(data, "predictors")]
    if not predictors or data.elsewhere is not None:
        st.session_state[key_of(data, "terms")] = []
        return
    settle(data)
    text, held = texts.load("controls")["model"], st.session_state[key_of(data, "terms")]
    MODEL["terms"].several(
        text["terms"],
        list(dict.fromkeys([*held, *offered(data, predictors, held)])),
        at=Place(data.id),
        is_labelled=True,
        format_func=lambda term: said(data, term),
        help=text["terms_help"],
        placeholder=text["terms_none"],
        on_change=settle,
        args=(data,),
    )


def settle(data: Dataset) -> None:
    """Keep hierarchy, drop terms of columns that are no predictors, and read dates as time."""
    predictors = st.session_state[key_of(data, "predictors")]
    held = of_predictors(st.session_state[key_of(data, "terms")], predictors)
    st.session_state[key_of(data, "terms")] = [*_with_times(data, held, predictors)]
    _follow(data)


def _follow(data: Dataset) -> None:
    """Let what varies follow a predictor whose place a term has taken, and back."""
    key, draft = key_of(data, "slopes"), state.draft(data.id)
    names = may_vary(data)
    made = {t.label: t.column for t in _instead(st.session_state[key_of(data, "terms")])}
    now = {column: label for label, column in made.items()}
    was = {t.label: t.column for t in _instead(draft.get("terms", ()))}
    slopes = []
    for name in st.session_state[key]:
        column = was.get(name, name)
        slopes.append(name if name in names else now.get(column, column))
    st.session_state[key] = [name for name in dict.fromkeys(slopes) if name in names]


def of_predictors(terms: Iterable[Term], predictors: Sequence[str]) -> tuple[Term, ...]:
    """Return the terms whose columns are predictors, with what hierarchy adds; one of each."""
    kept: dict[object, Term] = {}
    for term in terms:
        if set(columns_of(term)) <= set(predictors):
            single = not isinstance(term, core.Interaction)
            kept[(type(term), term.label) if single else term.label] = term
    sizes = {t.column: t for t in kept.values() if isinstance(t, core.Spline)}
    return with_lower([_same_curves(term, sizes) for term in kept.values()])


def _same_curves(term: Term, curves: dict[str, core.Spline]) -> Term:
    """Return a product with the curves that the list holds: one predictor has one curve."""
    if not isinstance(term, core.Interaction):
        return term
    parts = [curves.get(p.column, p) if isinstance(p, core.Spline) else p for p in term.parts]
    return core.Interaction(*parts, alone=term.alone)


def _with_times(data: Dataset, held: tuple[Term, ...], predictors: Sequence[str]) -> Sequence[Term]:
    read = {t.column for t in held if isinstance(t, core.Time)}
    added = [time for c in predictors if c not in read and (time := _time_of(data, c))]
    return with_lower([*added, *held]) if added else held


def _instead(terms: Iterable[Term]) -> list[Any]:
    kinds = core.Log | core.Sqrt | core.ZScore
    return [t for t in terms if isinstance(t, kinds) and t.instead]


def may_vary(data: Dataset) -> list[str]:
    """Return what the sidebar offers to vary by group: predictors, or what took their place."""
    terms = st.session_state[key_of(data, "terms")]
    return names_that_may_vary(st.session_state[key_of(data, "predictors")], terms)


def names_that_may_vary(predictors: Sequence[str], terms: Iterable[Term]) -> list[str]:
    """Return predictors, or what took their place, and powers, by label."""
    instead = {t.column: t.label for t in _instead(terms)}
    powers = [t.label for t in terms if isinstance(t, core.Power)]
    return [*(instead.get(c, c) for c in predictors), *powers]


def said(data: Dataset, value: Any) -> str:
    """Return what an option of the model is called: a column, a pair, or a term."""
    if isinstance(value, str):
        terms = st.session_state.get(key_of(data, "terms")) or ()
        found = next((t for t in terms if t.label == value), None)
        return value if found is None else term_words(found, _PLAIN)
    if isinstance(value, tuple):
        return " × ".join(value)
    words = term_words(value, _PLAIN)
    if isinstance(value, core.Spline):
        return f"{words} ({value.df} df)"
    if isinstance(value, core.Time):
        since = "" if value.zero is None else f" since {value.zero}"
        return f"{words} in {value.unit}{since}"
    return words


def offered(data: Dataset, predictors: Sequence[str], held: Sequence[Term]) -> list[Term]:
    """Return what can be made of the predictors: of one, then products of two, of three."""
    found: list[Term] = []
    for column in predictors:
        found += _of_one(data, column)
    parts = _parts(predictors, held)
    products = list(combinations(parts[:_PAIRS], 2)) + list(combinations(parts[:_TRIPLES], 3))
    for some in products:
        columns = [c for part in some for c in columns_of(part)]
        if len(set(columns)) == len(columns):
            found.append(core.Interaction(*some))
    keys = {t.key for t in held if isinstance(t, core.Interaction)}
    return [t for t in found if not isinstance(t, core.Interaction) or t.key not in keys]


def _parts(predictors: Sequence[str], held: Sequence[Term]) -> list[str | SingleTerm]:
    """Return what products can be made of: predictors, or what took their place, and curves."""
    single: list[SingleTerm] = [t for t in held if not isinstance(t, core.Interaction | core.Time)]
    place = {t.column: t for t in single if isinstance(t, core.Spline) or t in _instead(held)}
    powers = [t for t in single if isinstance(t, core.Power)]
    parts: list[str | SingleTerm] = [place.get(c, c) for c in predictors]
    return sorted([*parts, *powers], key=lambda p: not isinstance(p, str) and p in powers)


def _of_one(data: Dataset, column: str) -> list[Term]:
    kind, least = _kind(data, column)
    categorical = st.session_state[key_of(data, "categorical")]
    if kind == "dates":
        return [core.Time(column, unit) for unit in _UNITS] + _smooth(column)
    if kind != "many" or column in categorical:
        return []
    out = _smooth(column)
    if least > 0:
        out.append(core.Log(column))
    if least >= 0:
        out.append(core.Sqrt(column))
    return [*out, core.ZScore(column)]


def _smooth(column: str) -> list[Term]:
    powers: list[Term] = [core.Power(column, power) for power in _POWERS]
    return powers + [core.Spline(column, df) for df in _CURVES]


def _kind(data: Dataset, column: str) -> tuple[str, float]:
    """Return whether a column holds dates or many numbers, and the least of these."""
    found: tuple[str, float] = cache.of_table(data, "kind_for_terms", _kind_in, column)
    return found


def _kind_in(table: pd.DataFrame, column: str) -> tuple[str, float]:
    try:
        series = column_of(table, column, "predictor")
    except PoolingError:
        return "", 0.0
    if pd.api.types.is_datetime64_any_dtype(series):
        return "dates", 0.0
    if not is_numeric(series):
        head = series.dropna().head(_HEAD)
        is_text = head.map(lambda v: isinstance(v, str)).all()
        return ("dates" if is_text and are_dates(map(str, head)) else ""), 0.0
    values = numeric_column(series, column).values
    values = values[np.isfinite(values)]
    many = len(values) > 0 and len(np.unique(values[:5000])) > 2
    return ("many" if many else "few"), float(values.min()) if len(values) else 0.0


def _time_of(data: Dataset, column: str) -> core.Time | None:
    """Return how a predictor that holds dates is read at first; None for others."""
    if _kind(data, column)[0] != "dates":
        return None
    unit: str = cache.of_table(data, "unit_for_time", _unit_in, column)
    return core.Time(column, unit)


def _unit_in(table: pd.DataFrame, column: str) -> str:
    from core.tables.roles.calendar_texts import parse_dates

    dates = parse_dates(column_of(table, column, "time"))
    span = (dates.max() - dates.min()).total_seconds()
    return "years" if span > _LONG_TIME else "days" if span > 2 * SECONDS["days"] else "hours"


def drop(data: Dataset, label: str) -> None:
    """Take a term, and what is made of it, out of the model; to be called by a button."""
    key = key_of(data, "terms")
    kept = [t for t in st.session_state[key] if label not in _uses(t)]
    st.session_state[key] = state.draft(data.id)["terms"] = kept


def _uses(term: Term) -> set[str]:
    parts = term.parts if isinstance(term, core.Interaction) else ()
    return {term.label, *map(label_of, parts)}
