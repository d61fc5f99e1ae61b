"""Placeholders: a fixed grammar over a fixed vocabulary, parsed without evaluating anything.

``name``, ``name:argument``, ``name:argument:argument``; ``ratio: A / B``, ``difference: A - B``
and ``step:N:A`` combine or borrow others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.lessons.measures import choices
from core.lessons.vocabulary import SELECTORS, VOCABULARY

#: Longer than the longest name of a column or group anybody needs.
MOST_CHARACTERS = 200
_COMBINED = {"ratio": " / ", "difference": " - "}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class ExpressionError(ValueError):
    """A placeholder that is not in the vocabulary, with the reason."""


@dataclass(frozen=True)
class Expression:
    """A placeholder.

    Attributes
    ----------
    name : str
        A name of the vocabulary, or ``ratio``, ``difference``, ``step``.
    arguments : tuple of str
    parts : tuple of Expression
        What ``ratio`` and ``difference`` combine; what ``step`` borrows.
    """

    name: str
    arguments: tuple[str, ...] = ()
    parts: tuple[Expression, ...] = ()

    def walk(self) -> Iterator[Expression]:
        """Yield the expression and everything inside."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def estimator(self) -> str:
        """The estimator this speaks of, or ''."""
        if self.name in VOCABULARY:
            kinds = VOCABULARY[self.name].arguments
            for kind, argument in zip(kinds, self.arguments, strict=False):
                if kind in ("fit", "fit or dial", "estimator", "approach"):
                    return argument
        return next((p.estimator for p in self.parts if p.estimator), "")


def parse_expression(text: str, *, is_inner: bool = False) -> Expression:
    """Return the placeholder that a text stands for.

    Raises
    ------
    ExpressionError
        When it is not in the vocabulary.
    """
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"a placeholder of more than {MOST_CHARACTERS} characters")
    name, _, rest = text.partition(":")
    name = name.strip()
    if name in _COMBINED:
        return _combination(name, rest)
    if name == "step":
        if is_inner:
            raise ExpressionError("'step:' cannot stand inside 'step:'")
        number, _, inner = rest.partition(":")
        if not re.fullmatch(r"[1-9]", number.strip()):
            raise ExpressionError(f"'step:{number}' needs the number of a step, as in step:2:icc")
        return Expression("step", (number.strip(),), (parse_expression(inner, is_inner=True),))
    if name not in VOCABULARY:
        raise ExpressionError(f"there is no placeholder '{name}'{_like(name)}")
    return Expression(name, _arguments(name, rest, ":" in text))


def _combination(name: str, rest: str) -> Expression:
    sign = _COMBINED[name]
    left, found, right = rest.partition(sign)
    if not found or not left.strip() or not right.strip():
        raise ExpressionError(f"'{name}:' needs two placeholders with '{sign}' between them")
    parts = tuple(parse_expression(side) for side in (left, right))
    for part in (p for side in parts for p in side.walk()):
        if part.name in _COMBINED:
            raise ExpressionError(f"'{name}:' cannot hold '{part.name}:'")
        if part.name in VOCABULARY and not VOCABULARY[part.name].is_number:
            raise ExpressionError(f"'{part.name}' is no number, so '{name}:' cannot use it")
    return Expression(name, (), parts)


def _arguments(name: str, rest: str, has_colon: bool) -> tuple[str, ...]:
    """Return the arguments of a name; the last takes what is left, colons and all."""
    wanted = VOCABULARY[name].arguments
    if not wanted:
        if has_colon:
            raise ExpressionError(f"'{name}' takes nothing after it")
        return ()
    given = [a.strip() for a in rest.split(":", len(wanted) - 1)] if has_colon else []
    if len(given) < len(wanted) or not all(given):
        shape = ":".join([name, *(kind.upper().replace(" ", "_") for kind in wanted)])
        raise ExpressionError(f"'{name}' is written {{{shape}}}")
    for kind, value in zip(wanted, given, strict=True):
        _check(name, kind, value)
    return tuple(given)


def _check(name: str, kind: str, value: str) -> None:
    if kind == "group":
        if value.startswith("@") and value not in SELECTORS:
            known = ", ".join(SELECTORS)
            raise ExpressionError(f"'{name}' knows no group '{value}'; there are {known}")
        return
    if kind == "rows" and not re.fullmatch(r"[0-9]{1,6}", value):
        raise ExpressionError(f"'{name}' needs a whole number, not '{value}'")
    allowed = choices(kind)
    if allowed and value not in allowed:
        raise ExpressionError(f"'{name}' takes {', '.join(allowed)}, not '{value}'")


def _like(name: str) -> str:
    """Return a hint at names that begin alike, or ''."""
    if not _NAME.fullmatch(name):
        return ""
    near = [known for known in VOCABULARY if known[:4] == name[:4]]
    return f"; did you mean {', '.join(near[:4])}?" if near else ""
