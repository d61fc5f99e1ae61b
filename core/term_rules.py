"""How the terms of a model go together: what hierarchy adds, what takes the place of what."""

from __future__ import annotations

from typing import Any, Protocol

from core.exceptions import SpecError
from core.hierarchy import with_lower
from core.model_terms import (
    Interaction,
    Log,
    Power,
    Spline,
    Sqrt,
    Term,
    Time,
    ZScore,
    columns_of,
    label_of,
    r_name,
)


class Asked(Protocol):
    """What the rules read of a ``ModelSpec``."""

    @property
    def predictors(self) -> tuple[str, ...]:
        """Individual-level predictors."""

    @property
    def varying(self) -> tuple[str, ...]:
        """What varies by group."""

    @property
    def group_predictors(self) -> tuple[str, ...]:
        """Group-level predictors."""

    @property
    def cross_level(self) -> tuple[tuple[str, str], ...]:
        """Interactions across levels."""

    @property
    def terms(self) -> tuple[Term, ...]:
        """What is made of predictors."""

    @property
    def without(self) -> tuple[str, ...]:
        """Predictors without a coefficient of their own."""


def settled(spec: Asked) -> dict[str, Any]:
    """Return the fields of a specification that its terms settle, hierarchy kept.

    A product with a group-level predictor becomes a cross-level interaction; columns that terms
    are made of become predictors; a part that is only in a product which is asked for alone is
    read without a coefficient of its own (``without``).

    Raises
    ------
    SpecError
        When terms contradict each other or the roles of the columns.
    """
    own, crossed = _split_levels(spec)
    terms = with_lower(own)
    added = [c for t in terms for c in columns_of(t)] + [c for c, _ in crossed if c in _names(spec)]
    added = [c for c in dict.fromkeys(added) if c not in spec.predictors]
    lone = _only_alone(terms)
    without = [c for c in (*spec.without, *(c for c in added if c in lone)) if c in lone]
    return {
        "terms": terms,
        "predictors": (*spec.predictors, *added),
        "cross_level": tuple(dict.fromkeys((*spec.cross_level, *crossed))),
        "without": tuple(dict.fromkeys(without)),
    }


def _names(spec: Asked) -> set[str]:
    return {c for t in spec.terms for c in columns_of(t)} - set(spec.group_predictors)


def _split_levels(spec: Asked) -> tuple[list[Term], list[tuple[str, str]]]:
    """Return the terms of individuals alone, and products with one group-level predictor."""
    own: list[Term] = []
    crossed: list[tuple[str, str]] = []
    for term in spec.terms:
        higher = [c for c in columns_of(term) if c in spec.group_predictors]
        if not higher:
            own.append(term)
            continue
        if not isinstance(term, Interaction):
            raise SpecError(
                f"'{higher[0]}' is a group-level predictor: make '{term.label}' of it as a column "
                "of the table, or let it be an individual-level predictor."
            )
        rest = [p for p in term.parts if p not in higher]
        if len(higher) > 1 or not rest:
            raise SpecError(
                f"'{term.label}' joins {len(higher)} group-level predictors. An interaction may "
                "join individual-level predictors with one of them."
            )
        lower = [label_of(p) for p in rest] if not term.alone or len(rest) == 1 else []
        if len(rest) > 1:
            inner = with_lower([Interaction(*rest, alone=term.alone)])
            own += inner
            joined = [t.label for t in inner if isinstance(t, Interaction)]
            lower += joined if not term.alone else joined[-1:]
        else:
            own += [p for p in rest if not isinstance(p, str)]
        crossed += [(name, higher[0]) for name in lower]
    return own, crossed


def _only_alone(terms: tuple[Term, ...]) -> set[str]:
    """Return columns that occur as such in products asked for alone, and nowhere else."""
    lone = {p for t in terms if isinstance(t, Interaction) and t.alone for p in t.parts}
    other = {
        c for t in terms if not (isinstance(t, Interaction) and t.alone) for c in columns_of(t)
    }
    return {str(p) for p in lone if isinstance(p, str)} - other


def has_own_line(spec: Asked, column: str) -> bool:
    """Return whether a predictor has its plain column (or its levels) in the design."""
    if column in spec.varying:
        return True
    if column in spec.without:
        return False
    made = [t for t in spec.terms if not isinstance(t, Interaction | Time)]
    own = [t for t in made if t.column == column]
    if any(isinstance(t, Spline) or (isinstance(t, ZScore) and t.instead) for t in own):
        return False
    if not any(isinstance(t, Log | Sqrt) and t.instead for t in own):
        return True
    products = [t for t in spec.terms if isinstance(t, Interaction) and not t.alone]
    return any(isinstance(t, Power) for t in own) or any(column in t.parts for t in products)


def plain_predictors(spec: Asked) -> tuple[str, ...]:
    """Return the predictors that have their plain column in the design."""
    return tuple(c for c in spec.predictors if has_own_line(spec, c))


def design_terms(spec: Asked) -> tuple[str | Term, ...]:
    """Return the individual-level part of the design, in its order."""
    return (*plain_predictors(spec), *(t for t in spec.terms if not isinstance(t, Time)))


def may_vary(spec: Asked) -> tuple[str, ...]:
    """Return what may vary by group: predictors and terms, by their labels."""
    return (*spec.predictors, *(t.label for t in spec.terms if not isinstance(t, Time)))


def term_of(spec: Asked, label: str) -> str | Term:
    """Return the term with a label, or the predictor itself."""
    for term in spec.terms:
        if term.label == label and not isinstance(term, Time):
            return term
    return label


def r_term(spec: Asked, label: str) -> str:
    """Return a predictor or a term as R writes it, times as they are counted."""
    times = {t.column: t for t in spec.terms if isinstance(t, Time)}
    return _r(term_of(spec, label), times)


def _r(term: str | Term, times: dict[str, Time]) -> str:
    if isinstance(term, str):
        return times[term].r_text() if term in times else r_name(term)
    if isinstance(term, Interaction):
        return ":".join(_r(p, times) for p in term.parts)
    text = term.r_text()
    held = times.get(term.column)
    if held is None:
        return text
    inner = held.r_text()
    return text.replace(r_name(term.column), inner, 1)
