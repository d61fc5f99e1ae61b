"""Hierarchy of terms: no power without the lower ones, no product without its parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from core.exceptions import SpecError
from core.model_terms import Interaction, Power, SingleTerm, Term, Time


def with_lower(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return terms with what hierarchy asks for: lower powers, and products of fewer parts.

    The result is ordered: time, what is made of one predictor, then products of two, of three.

    Raises
    ------
    SpecError
        When one term is asked for in two ways.
    """
    found: dict[object, Term] = {}
    for term in terms:
        for each in (*_lower(term), term):
            key = each.key if isinstance(each, Interaction) else (type(each), each.label)
            held = found.get(key)
            if held not in (None, each) and not isinstance(each, Interaction):
                raise SpecError(
                    f"'{each.label}' is among the terms twice, each time otherwise. Keep one."
                )
            asked = isinstance(each, Interaction) and not each.alone
            if held is None or (asked and isinstance(held, Interaction) and held.alone):
                found[key] = each
    return tuple(sorted(found.values(), key=_order))


def _order(term: Term) -> int:
    if isinstance(term, Interaction):
        return len(term.parts)
    return 0 if isinstance(term, Time) else 1


def _lower(term: Term) -> Iterator[Term]:
    if isinstance(term, Power):
        yield from (Power(term.column, p) for p in range(2, term.power))
    if not isinstance(term, Interaction):
        return
    if term.alone:
        return
    for part in term.parts:
        if not isinstance(part, str):
            yield from _lower(part)
            yield part
    choices = [_ladder(part) for part in term.parts]
    for size in range(2, len(term.parts) + 1):
        for some in combinations(choices, size):
            yield from (Interaction(*each) for each in _products(some) if len(each) == size)


def _ladder(part: str | SingleTerm) -> tuple[str | SingleTerm, ...]:
    """Return a part and what is below it: a square has its predictor below."""
    if isinstance(part, Power):
        return (part.column, *(Power(part.column, p) for p in range(2, part.power)), part)
    return (part,)


def _products(
    choices: Sequence[tuple[str | SingleTerm, ...]],
) -> Iterator[tuple[str | SingleTerm, ...]]:
    if not choices:
        yield ()
        return
    for first in choices[0]:
        yield from ((first, *rest) for rest in _products(choices[1:]))
