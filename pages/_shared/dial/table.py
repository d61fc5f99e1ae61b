"""How the table of a dial position is called and rounded."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.estimators.estimates import estimates, varying_names
from core.figures.hover import decimals
from core.formats import upper_first
from pages._shared import texts
from pages._shared.dataset import Shown


def columns(shown: Shown) -> dict[str, Any]:
    """Return the ``column_config`` for ``dial_table``."""
    wording, words = shown.wording, texts.load("dial")["columns"]
    count = st.column_config.NumberColumn
    out: dict[str, Any] = {
        "group": upper_first(wording.group.one),
        "n": count(upper_first(wording.individual.many), format="localized"),
    }
    terms = varying_names(shown.fits)
    for term in terms:
        digits = decimals(estimates(shown.fits, term))
        named = "" if len(terms) == 1 else f" ({wording.term(term, shown.fits.data)})"
        for what, label in words.items():
            form = "percent" if what == "pooling factor" else f"%.{digits}f"
            out[f"{what}: {term}"] = count(label + named, format=form)
    return out
