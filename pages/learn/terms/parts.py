"""The entries of the glossary and of the dictionary, with the numbers of the model on screen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import escape
from core.formats import upper_first
from core.lessons.facts import Scene
from core.lessons.terms import LANGUAGES, TERMS, Term
from pages._shared import texts


def entries(names: Sequence[str], scene: Scene, *, is_open: bool) -> None:
    """Show terms under each other; each opens on its whole entry."""
    for name in names:
        term = TERMS[name]
        part = st.expander(
            _label(term), expanded=is_open, key=f"terms_{name}_{is_open}", on_change="rerun"
        )
        if part.open:
            with part:
                _entry(term, scene)


def _label(term: Term) -> str:
    name = escape.for_markdown(upper_first(term.name))
    return f"**{name}.** {escape.for_markdown(term.short)}"


def _entry(term: Term, scene: Scene) -> None:
    text = texts.load("terms_screen")
    st.markdown(term.text.markdown(lambda e: ""))
    live = term.live(scene)
    if live:
        st.info(f"**{text['here']}.** {live}")
    if term.also:
        st.caption(f"{text['also']}: {escape.for_markdown(', '.join(term.also))}")
    if term.see:
        others = ", ".join(TERMS[name].name for name in term.see)
        st.caption(f"{text['see']}: {escape.for_markdown(others)}")
    if term.source:
        st.caption(escape.for_markdown(term.source))


def dictionary(query: str, scene: Scene) -> list[dict[str, str]]:
    """Return the lines of the dictionary that hold a word; all where none does."""
    words = query.lower().split()
    rows = [
        {"plain": entry.words["plain"], "value": entry.live(scene)}
        | {language: entry.words[language] for language in LANGUAGES}
        for entry in TERMS.dictionary
    ]
    some = [row for row in rows if all(w in " ".join(row.values()).lower() for w in words)]
    return some or rows
