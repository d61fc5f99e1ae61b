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
            said = " × ".join(_part_words(part, data, named) for part in item.parts)
            columns[item.name] = Column(said)
    return replace(wording, columns=columns)


def term_words(term: str | Term, wording: Wording) -> str:
    """Return what a term is called: ``Days²``, ``curve of age``, ``x × z``."""
    if isinstance(term, str):
        return wording.name(term)
    if isinstance(term, Interaction):
        return " × ".join(term_words(part, wording) for part in term.parts)
    name = wording.name(term.column)
    return name if isinstance(term, Time) else _single_words(term, name)


def _single_words(term: SingleTerm, name: str) -> str:
    if isinstance(term, Power):
        return f"{name}{str(term.power).translate(_RAISED)}"
    words = {
        Log: "log of {}",
        Sqrt: "square root of {}",
        ZScore: "standardised {}",
        Spline: "curve of {}",
    }
    return words[type(term)].format(name)


def _part_words(part: Part, data: GroupedData, wording: Wording) -> str:
    name = wording.name(part.column)
    column = data.columns[part.column]
    if isinstance(column, CategoricalColumn):
        return f"{name} {wording.level(part.column, column.levels[part.level])}"
    if part.term is None:
        return name
    said = _single_words(part.term, name)
    return f"{said}, part {part.piece + 1}" if isinstance(part.term, Spline) else said
