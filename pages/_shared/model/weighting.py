"""The column of weights, and which kind of weights they are."""

from __future__ import annotations

import streamlit as st

from core import escape
from pages._shared.dataset import Dataset
from pages._shared.model import roles
from pages._shared.model.fields import MODEL, key_of
from pages._shared.option import Place


def choose(data: Dataset, text: dict[str, str], taken: set[str]) -> None:
    """Offer a column of weights and its kind; ``taken`` are outcome and group."""
    held = st.session_state[key_of(data, "weights")]
    numbers = [c for c in roles.numeric_columns(data.table) if c not in taken]
    offered = ["", *numbers] if held in ("", *numbers) else ["", held, *numbers]
    chosen = MODEL["weights"].select(
        text["weights"],
        {c: escape.for_markdown(c) if c else text["no_weights"] for c in offered},
        offered,
        at=Place(data.id),
        is_labelled=True,
        help=text["weights_help"],
    )
    if chosen:
        kinds = {kind: text[f"weigh_{kind}"] for kind in MODEL["weigh"].choices}
        MODEL["weigh"].select(
            text["weigh"], kinds, at=Place(data.id), is_labelled=True, help=text["weigh_help"]
        )
