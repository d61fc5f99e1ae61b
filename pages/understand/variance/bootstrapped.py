"""Bootstrap intervals beside those of profile and posterior: simulated when they are opened."""

from __future__ import annotations

import streamlit as st

import core
from core.estimators.factors.view import FactorView
from pages._shared import cache, figures, texts
from pages._shared.dataset import Shown

_DRAWS = 500


def offer(shown: Shown) -> None:
    """Offer the intervals of data sets that the model makes."""
    if isinstance(shown.fits, FactorView) or shown.fits.data.in_hand is not shown.fits.data:
        return
    text = texts.load("variance")["bootstrap"]
    part = st.expander(text["heading"], key="variance_bootstrap_open", on_change="rerun")
    if not part.open:
        return
    with part:
        with st.spinner(text["waiting"], show_time=True):
            found: core.Bootstrap = cache.derived(shown, "bootstrap", core.bootstrap, _DRAWS)
        st.caption(text["method"].format(draws=_DRAWS))
        figures.show_table(found.intervals, key="variance_bootstrap", formats=text["columns"])
