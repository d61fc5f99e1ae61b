"""The words of the field: definitions, where a text mentions them, and a dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.exceptions import SpecError
from core.factors_results import FactorsFits
from core.lessons.expression import Expression
from core.lessons.facts import Scene
from core.lessons.fields import Reader, read_toml
from core.lessons.quantities import evaluate
from core.lessons.template import Template

FILE = Path(__file__).resolve().parents[2] / "assets" / "text" / "terms.toml"
_KEYS = ("id", "name", "also", "short", "text", "here", "source", "see")
LANGUAGES = ("plain", "symbol", "lme4", "statsmodels", "bambi")


@dataclass(frozen=True, eq=False)
class Term:
    """A word and what it means.

    Attributes
    ----------
    id, name : str
    also : tuple of str
        Other spellings to look for.
    short : str
        The definition in a sentence or two, plain text: the tooltip.
    text, here : Template
        The entry, and a sentence with the numbers of the model on screen (may be empty).
    source : str
    see : tuple of str
        Ids of related terms.
    """

    id: str
    name: str
    also: tuple[str, ...]
    short: str
    text: Template
    here: Template
    source: str
    see: tuple[str, ...]

    def live(self, scene: Scene, render: str = "markdown") -> str:
        """Return the sentence about the model on screen; '' where it has no such numbers.

        Sentences speak of one grouping factor; of several they would say too little.
        """
        if isinstance(scene.facts.fits, FactorsFits):
            return ""
        try:
            found = {id(e): evaluate(e, scene).text for e in self.here.expressions}
        except SpecError:
            return ""
        fill = lambda e: found[id(e)]  # noqa: E731
        return self.here.markdown(fill) if render == "markdown" else self.here.plain(fill)


@dataclass(frozen=True, eq=False)
class Entry:
    """One line of the dictionary: the same thing in several languages."""

    words: Mapping[str, str]
    value: Expression | None

    def live(self, scene: Scene) -> str:
        """Return its value in the fit on screen; '' where there is none."""
        if self.value is None or isinstance(scene.facts.fits, FactorsFits):
            return ""
        try:
            return evaluate(self.value, scene).text
        except SpecError:
            return ""


class Terms(Mapping[str, Term]):
    """All terms by id, in the order of the file; read when first used."""

    @cached_property
    def _read(self) -> tuple[dict[str, Term], tuple[Entry, ...]]:
        tables = read_toml(FILE.read_bytes(), FILE.name)
        whole = Reader(tables, FILE.name, None)
        whole.known(("terms", "dictionary"))
        terms = [
            _term(Reader(entry, FILE.name, None, f"term {i}"))
            for i, entry in enumerate(whole.get("terms", list), start=1)
        ]
        entries = [
            _entry(Reader(entry, FILE.name, None, f"dictionary {i}"))
            for i, entry in enumerate(whole.get("dictionary", list), start=1)
        ]
        return {term.id: term for term in terms}, tuple(entries)

    @property
    def dictionary(self) -> tuple[Entry, ...]:
        """The lines of the dictionary."""
        return self._read[1]

    def __getitem__(self, name: str) -> Term:
        return self._read[0][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read[0])

    def __len__(self) -> int:
        return len(self._read[0])

    @cached_property
    def _spellings(self) -> tuple[re.Pattern[str], dict[str, str]]:
        known = {s.lower(): t.id for t in self.values() for s in (t.name, *t.also)}
        longest_first = sorted(known, key=len, reverse=True)
        found = "|".join(map(re.escape, longest_first))
        return re.compile(rf"(?<!\w)(?:{found})(?!\w)", re.IGNORECASE), known

    def mentioned(self, text: str) -> tuple[str, ...]:
        """Return the ids of the terms that a text mentions, in its order, each once."""
        pattern, known = self._spellings
        found = (known[match.group().lower()] for match in pattern.finditer(text))
        return tuple(dict.fromkeys(found))

    def search(self, query: str) -> tuple[str, ...]:
        """Return the terms that fit a query: those of that name first, then those that say it."""
        words = query.lower().split()
        named = [t.id for t in self.values() if _holds(" ".join([t.name, *t.also]).lower(), words)]
        said = [
            t.id
            for t in self.values()
            if t.id not in named and _holds(f"{t.short} {t.text.pattern}".lower(), words)
        ]
        return (*named, *said)


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def _term(reader: Reader) -> Term:
    reader.known(_KEYS)
    return Term(
        id=reader.text("id", "name"),
        name=reader.text("name", "name"),
        also=reader.names("also", ()),
        short=reader.text("short", "summary"),
        text=reader.template("text", "text"),
        here=reader.template("here", "text", ""),
        source=reader.text("source", "source", ""),
        see=reader.names("see", ()),
    )


def _entry(reader: Reader) -> Entry:
    reader.known((*LANGUAGES, "value"))
    words = {language: reader.text(language, "name") for language in LANGUAGES}
    return Entry(words, reader.expression("value") if "value" in reader.table else None)


TERMS = Terms()
