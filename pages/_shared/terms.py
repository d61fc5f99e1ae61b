"""Tooltips: the definition of a term where a screen mentions it first."""

from __future__ import annotations

import streamlit as st

from core import escape
from core.lessons.terms import TERMS

_TOLD = "terms_told"
_MOST = 3


def begin() -> None:
    """Forget what was explained in the last run; once per run, before the screen."""
    st.session_state[_TOLD] = set()


def tip(name: str) -> str:
    """Return the definition of one term, as Markdown for ``help=``."""
    term = TERMS[name]
    return f"**{escape.for_markdown(term.name)}**: {escape.for_markdown(term.short)}"


def first_mention(*texts: str) -> str | None:
    """Return the definitions of terms that this screen mentions for the first time.

    Parameters
    ----------
    texts : str
        What the reader sees, as typed: a heading, the labels of a key.

    Returns
    -------
    str or None
        Markdown for ``help=``, at most three definitions; None where nothing new is mentioned.
    """
    told: set[str] = st.session_state.setdefault(_TOLD, set())
    new = [name for name in TERMS.mentioned(" ".join(texts)) if name not in told][:_MOST]
    told.update(new)
    return "\n\n".join(tip(name) for name in new) or None


def title(text: str) -> None:
    """Show the title of a screen, with the terms that it mentions explained."""
    st.title(escape.for_markdown(text), anchor=False, help=first_mention(text))
