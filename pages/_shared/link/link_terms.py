"""Terms and filters of a model in a link: each as a short list in JSON, columns as a link has them.

Nothing in a link is believed: what cannot be read, or is no term, is refused in words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from core.exceptions import SpecError
from core.keep import Keep
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

_LONGEST, _MOST = 2000, 40
_KINDS: dict[str, type[Any]] = {
    "log": Log,
    "sqrt": Sqrt,
    "standardised": ZScore,
    "power": Power,
    "curve": Spline,
    "time": Time,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_JOIN, _ALONE = "join", "alone"
#: What reading something else than a term or filter ends in.
_NOT_ONE = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(RecursionError, OverflowError),
)


class Names(Protocol):
    """What a link calls the columns and levels of a table."""

    def write(self, name: str) -> str:
        """Return what stands for a column."""

    def read(self, text: str) -> str:
        """Return the column that a text stands for."""

    def write_level(self, column: str, level: str) -> str | None:
        """Return what stands for a level; None where a link cannot say it."""

    def read_level(self, column: str, text: str) -> str:
        """Return the level that a text stands for."""


def write_terms(terms: Sequence[Term], names: Names) -> tuple[str, ...]:
    """Return what stands for terms in a link."""
    return tuple(json.dumps(_written(t, names), separators=(",", ":")) for t in terms)


def _written(term: str | Term, names: Names) -> Any:
    if isinstance(term, str):
        return names.write(term)
    if isinstance(term, Interaction):
        head = _ALONE if term.alone else _JOIN
        return [head, *(_written(part, names) for part in term.parts)]
    out: list[Any] = [_NAMES[type(term)], names.write(term.column)]
    if isinstance(term, Power):
        return [*out, term.power]
    if isinstance(term, Spline):
        return [*out, term.df, term.knots, term.boundary]
    if isinstance(term, Time):
        return [*out, term.unit, term.zero]
    if isinstance(term, ZScore):
        return [*out, term.mean, term.sd, term.instead]
    return [*out, term.instead]


def read_terms(texts: Sequence[str], names: Names) -> tuple[Term, ...]:
    """Return the terms that a link asks for.

    Raises
    ------
    SpecError
        When one is none, or of a column that the table does not have.
    """
    return tuple(_read(texts, lambda found: _term(found, names)))


def _term(found: Any, names: Names) -> Term:
    if found[0] in (_JOIN, _ALONE):
        parts = [p if isinstance(p, str) else _single(p, names) for p in found[1:]]
        parts = [names.read(p) if isinstance(p, str) else p for p in parts]
        return Interaction(*parts, alone=found[0] == _ALONE)
    return _any(found, names)


def _single(found: Any, names: Names) -> SingleTerm:
    term = _any(found, names)
    if isinstance(term, Time):
        raise ValueError(found)
    return term


def _any(found: Any, names: Names) -> SingleTerm | Time:
    kind = _KINDS[found[0]]
    options = [tuple(o) if isinstance(o, list) else o for o in found[2:]]
    if kind is ZScore:
        mean, sd, instead = options
        return ZScore(names.read(found[1]), mean, sd, instead is True)
    if kind in (Log, Sqrt):
        made: SingleTerm = kind(names.read(found[1]), options[0] is True)
        return made
    made = kind(names.read(found[1]), *options)
    return made


def write_rows(rows: Sequence[Keep], names: Names) -> tuple[str, ...]:
    """Return what stands for filters in a link; a filter that a link cannot say is left out."""
    out = []
    for keep in rows:
        levels = [names.write_level(keep.column, level) for level in keep.levels]
        if None not in levels:
            about = [names.write(keep.column), levels or None, keep.between]
            out.append(json.dumps(about, separators=(",", ":")))
    return tuple(out)


def read_rows(texts: Sequence[str], names: Names) -> tuple[Keep, ...]:
    """Return the filters that a link asks for.

    Raises
    ------
    SpecError
        When one is none, or of a column or level that the table does not have.
    """

    def one(found: Any) -> Keep:
        column, levels, between = found
        name = names.read(column)
        kept = tuple(names.read_level(name, str(level)) for level in levels or ())
        return Keep(name, kept, None if between is None else tuple(between))

    return tuple(_read(texts, one))


def _read(texts: Sequence[str], make: Callable[[Any], Any]) -> list[Any]:
    given = [text for text in texts if text]
    if len(given) > _MOST:
        raise SpecError(f"A link may ask for {_MOST} terms or filters, not {len(given)}.")
    out = []
    for text in given:
        try:
            if len(text) > _LONGEST:
                raise ValueError(text)
            out.append(make(json.loads(text)))
        except _NOT_ONE:
            raise SpecError(f"'{text[:60]}' is no term or filter of a model.") from None
    return out
