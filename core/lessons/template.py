"""Texts with placeholders, and the little Markdown that a lesson may use.

Paragraphs, ``- `` lists, ``**bold**`` and ``*emphasis*``; everything else appears as typed, and
values are escaped when they are put in. Braces are written twice to stand for themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core import escape
from core.lessons.expression import Expression, ExpressionError, parse_expression

#: Characters for private use: they mark where a value goes, so no text may bring them along.
_OPEN, _CLOSE = "\ue000", "\ue001"
_HOLE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_STRESS = re.compile(r"(\*\*(?=\S)[^*]+(?<=\S)\*\*|\*(?=\S)[^*]+(?<=\S)\*)")
_BRACES = re.compile(r"\{\{|\}\}|\{|\}")
_FORBIDDEN = frozenset(["Cc", "Cs", "Co", "Cn"])
MOST_PLACEHOLDERS = 40

Fill = Callable[[Expression], str]


@dataclass(frozen=True)
class Template:
    """A text with holes.

    Attributes
    ----------
    pattern : str
        The text, holes marked by private characters.
    expressions : tuple of Expression
        What goes into the holes.
    """

    pattern: str
    expressions: tuple[Expression, ...] = ()

    def walk(self) -> Iterator[Expression]:
        """Yield every placeholder and what is inside it."""
        for expression in self.expressions:
            yield from expression.walk()

    def plain(self, fill: Fill) -> str:
        """Return the text on one line, as typed, with its values: escape it for the renderer."""
        text = " ".join(_STRESS.sub(lambda m: m.group().strip("*"), self.pattern).split())
        return self._filled(text, fill)

    def markdown(self, fill: Fill) -> str:
        """Return the text as safe Markdown, with its values."""
        blocks = [block for block in re.split(r"\n\s*\n", self.pattern) if block.strip()]
        text = "\n\n".join(_block(block) for block in blocks)
        return self._filled(text, lambda e: escape.for_markdown(fill(e)))

    def _filled(self, text: str, fill: Fill) -> str:
        return _HOLE.sub(lambda match: fill(self.expressions[int(match.group(1))]), text)


def parse_template(text: str) -> Template:
    """Return a text with its placeholders found and checked.

    Raises
    ------
    ExpressionError
        When a brace is alone, or a placeholder is not in the vocabulary.
    """
    for character in text:
        if unicodedata.category(character) in _FORBIDDEN and character not in "\n\r\t":
            raise ExpressionError(f"the character {character!r} cannot be shown")
    out: list[str] = []
    expressions: list[Expression] = []
    at, start = 0, -1
    for match in _BRACES.finditer(text):
        brace, here = match.group(), match.start()
        if here < at:
            continue
        if brace in ("{{", "}}") and start < 0:
            out.append(text[at:here] + brace[0])
        elif brace == "{" and start < 0:
            out.append(text[at:here])
            start = match.end()
        elif brace[0] == "}" and start >= 0:
            out.append(f"{_OPEN}{len(expressions)}{_CLOSE}")
            expressions.append(parse_expression(text[start:here]))
            start, at = -1, here + 1
            continue
        else:
            raise ExpressionError(f"a brace without its partner at '{text[here : here + 20]}'")
        at = match.end()
    if start >= 0:
        raise ExpressionError(f"a brace without its partner at '{text[start - 1 : start + 19]}'")
    if len(expressions) > MOST_PLACEHOLDERS:
        raise ExpressionError(f"more than {MOST_PLACEHOLDERS} placeholders in one text")
    return Template("".join([*out, text[at:]]), tuple(expressions))


def _block(block: str) -> str:
    """Return a paragraph, or a list where every line begins with a dash."""
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    if not lines[0].startswith("- "):
        return _inline(" ".join(lines))
    items: list[str] = []
    for line in lines:
        if line.startswith("- "):
            items.append(line[2:])
        else:
            items[-1] += f" {line}"
    return "\n".join(f"- {_inline(item)}" for item in items)


def _inline(text: str) -> str:
    """Escape a line but for its stresses."""
    out = []
    for piece in _STRESS.split(text):
        stars = 2 if piece.startswith("**") else 1
        if _STRESS.fullmatch(piece):
            mark = "*" * stars
            out.append(f"{mark}{escape.for_markdown(piece[stars:-stars])}{mark}")
        elif piece.strip():
            out.append(_spaced(piece))
        else:
            out.append(piece)
    return "".join(out)


def _spaced(piece: str) -> str:
    """Escape a piece of a line and keep the spaces at its ends, which stand between words."""
    before = " " if piece[0].isspace() else ""
    after = " " if piece[-1].isspace() else ""
    return f"{before}{escape.for_markdown(piece)}{after}"
