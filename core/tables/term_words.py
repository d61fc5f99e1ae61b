"""What terms, and columns made by them, are called in front of a reader."""

from __future__ import annotations

from dataclasses import replace

from core.model_terms import (
    Interaction,
    Log,
    Power,
    SingleTerm,
    Spline,
    Sqrt,
    Term,
    Time,
    ZScore,
)
from core.tables.columns import CategoricalColumn
from core.tables.examples import Column
from core.tables.grouped import GroupedData
from core.tables.grouping.made import Part
from core.tables.grouping.times import time_unit
from core.tables.wording import Wording

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def worded(wording: Wording, data: GroupedData) -> Wording:
    """Return words that know the terms of a model too: ``Days²``, a date's unit and zero."""
    if not data.spec.terms:
        return wording
    columns = dict(wording.columns)
    for term in data.spec.terms:
        if isinstance(term, Time):
            label = columns[term.column].label if term.column in columns else term.column
            columns[term.column] = Column(label, time_unit(term))
    named = replace(wording, columns=columns)
    for term in data.spec.terms:
        if not isinstance(term, Time):
            columns[term.label] = Column(term_words(term, named))
    for item in data.base:
        if item.parts:
            said = [_part_words(p, data, named, begins=i == 0) for i, p in enumerate(item.parts)]
            columns[item.name] = Column(" × ".join(said))
    return replace(wording, columns=columns)


def term_words(term: str | Term, wording: Wording, *, begins: bool = True) -> str:
    """Return what a term is called: ``Days²``, ``curve of age``, ``x × z``.

    ``begins``: the name stands first, with its capital.
    """
    if isinstance(term, Interaction):
        words = [term_words(p, wording, begins=i == 0) for i, p in enumerate(term.parts)]
        return " × ".join(words)
    column = term if isinstance(term, str) else term.column
    is_first = begins and isinstance(term, str | Time | Power)
    name = wording.name(column) if is_first else wording.in_sentence(column)
    return name if isinstance(term, str | Time) else _single_words(term, name)


def _single_words(term: SingleTerm, name: str) -> str:
    if isinstance(term, Power):
        if " " not in name and not name[-1:].isdigit():
            return f"{name}{str(term.power).translate(_RAISED)}"
        how = {2: "squared", 3: "cubed"}.get(term.power, f"to the power of {term.power}")
        return f"{name} {how}"
    words = {
        Log: "log of {}",
        Sqrt: "square root of {}",
        ZScore: "standardised {}",
        Spline: "curve of {}",
    }
    return words[type(term)].format(name)


def _part_words(part: Part, data: GroupedData, wording: Wording, *, begins: bool) -> str:
    is_first = begins and isinstance(part.term, Power | None)
    name = wording.name(part.column) if is_first else wording.in_sentence(part.column)
    column = data.columns[part.column]
    if isinstance(column, CategoricalColumn):
        return f"{name} {wording.level(part.column, column.levels[part.level])}"
    if part.term is None:
        return name
    said = _single_words(part.term, name)
    return f"{said}, part {part.piece + 1}" if isinstance(part.term, Spline) else said
