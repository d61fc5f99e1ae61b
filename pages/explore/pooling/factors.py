"""The start screen of a model with several factors: one in view, and all together."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import core
from core import escape
from core.estimators.estimates import estimates, group_table, varying_names
from core.estimators.factors.beneath_dial import FactorEvidence, factor_evidence
from core.estimators.factors.view import factor_dial, factor_view, wording_of
from core.explore.pooling import equation
from core.explore.pooling import story as sentences
from core.explore.pooling.factors import story
from core.explore.pooling.factors.factors_equation import (
    factors_complete_equation,
    factors_equation,
)
from core.explore.pooling.factors.numbers import parameter_rows, variance_shares
from core.explore.pooling.factors.plot_evidence import (
    evidence_alt,
    evidence_sentences,
    plot_evidence,
)
from core.explore.pooling.factors.plot_incidence import incidence_alt, plot_incidence
from core.explore.pooling.factors.plot_shares import plot_shares
from core.explore.pooling.plot_shrinkage import plot_shrinkage
from core.factors_results import FactorsFits
from core.results import PoolingFits
from core.tables.columns import CategoricalColumn
from core.tables.wording import Wording
from pages._shared import cache, figures, look, messages, terms, texts
from pages._shared.control import place
from pages._shared.dataset import Shown
from pages._shared.model.in_view import FACTOR
from pages.explore.pooling.controls import FACTOR_TERM, FACTOR_VIEW, SCALED, SORT

_NAME = 60


def show(shown: Shown, fits: FactorsFits) -> None:
    """Draw the screen."""
    text = texts.load("factors")
    name = _factor(shown)
    view = _view(shown, name)
    words = wording_of(shown.wording, fits, name)
    messages.problems(shown)
    with st.container(gap="xsmall"):
        with st.container(key="context"):
            st.caption(escape.for_markdown(story.context(fits, shown.wording)))
        terms.title(story.headline(fits, view, words))
        options = st.container(horizontal=True, vertical_alignment="center", gap="small")
        with options:
            FACTOR.segments(
                text["factor"],
                lambda group: escape.for_markdown(fits.data.spec.label_of(group)),
                fits.data.spec.groups,
                at=place(shown),
            )
            chosen = FACTOR_VIEW.segments(text["view"], text["views"])
        drawers = {
            "shrinkage": _shrinkage,
            "table": _table,
            "shares": _shares,
            "relations": _relations,
        }
        drawers[chosen](shown, fits, name, words)
    st.divider()
    _model(shown, fits)


def _factor(shown: Shown) -> str:
    """Return the factor in view, as the control drawn below will have it."""
    held = st.session_state.get(FACTOR.key_for(place(shown)))
    return held if held in shown.spec.groups else shown.spec.groups[0]


def _view(shown: Shown, name: str) -> PoolingFits:
    found: PoolingFits = cache.derived(shown, "factor_view", factor_view, name)
    return found


def _shrinkage(shown: Shown, fits: FactorsFits, name: str, words: Wording) -> None:
    text, view = texts.load("factors"), _view(shown, name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        term = _term(shown, view)
        by = SORT.select(
            texts.load("pooling")["options"]["order"], texts.load("pooling")["orders"], width=170
        )
        scale = "1"
        if view.multilevel_or_none is not None:
            scale = SCALED.slide_among(
                text["scaled"].format(group=escape.for_markdown(fits.data.spec.label_of(name))),
                text["scales"],
                first="1",
                help=text["scaled_help"],
                width=300,
            )
    if scale != "1":
        view = cache.derived(shown, "factor_dial", _at, name, float(scale))
    figure = plot_shrinkage(view, term=term, order=by, wording=words, style=look.style())
    each = estimates(view, term)
    axis = words.term_axis(term, view.data)
    figures.show(
        figure,
        key="factor_shrinkage",
        alt=sentences.alt_text(each, figure.layout.meta["title"], axis, words),
        table=lambda: _rows(view, term),
    )
    if scale != "1":
        st.caption(text["not_estimate"].format(scale=text["scales"][scale]))
    if view.multilevel_or_none is not None:
        _evidence(shown, fits, name, float(scale))
    st.caption(text["averaged"])
    if fits.no_pooling.deficiency_sentence:
        st.caption(escape.for_markdown(fits.no_pooling.deficiency_sentence))


def _evidence(shown: Shown, fits: FactorsFits, name: str, c: float) -> None:
    """Draw likelihood and left-out error along the dial, and say what they allow."""
    found: FactorEvidence = cache.derived(shown, "factor_evidence", factor_evidence, name)
    told = evidence_sentences(found, fits.data.spec.label_of(name))
    figure = plot_evidence(found, c, title=told[0], style=look.style())
    figures.picture(figure, key="factor_evidence", alt=evidence_alt(found, told))
    for sentence in told:
        st.markdown(escape.for_markdown(sentence))
    figures.numbers(found.to_frame, key="factor_evidence")


def _at(fits: FactorsFits, name: str, c: float) -> PoolingFits:
    return factor_view(fits, name, factor_dial(fits, name, c))


def _term(shown: Shown, view: PoolingFits) -> str:
    names = varying_names(view)
    if len(names) == 1:
        return names[0]
    label = texts.load("pooling")["options"]["coefficient"]
    return str(
        FACTOR_TERM.select(
            label, lambda n: view_term(shown, view, n), names, first=names[0], width=220
        )
    )


def view_term(shown: Shown, view: PoolingFits, name: str) -> str:
    """Return what a coefficient is called."""
    return escape.for_markdown(shown.wording.term(name, view.data))


def _rows(view: PoolingFits, term: str) -> pd.DataFrame:
    """Return the table of a factor's levels, without columns that hold nothing."""
    return group_table(view, [term]).dropna(axis="columns", how="all")


def _table(shown: Shown, fits: FactorsFits, name: str, words: Wording) -> None:
    del fits
    view = _view(shown, name)
    term = _term(shown, view)
    st.header(escape.for_markdown(sentences.table_title(view, words)), anchor=False)
    figures.show_table(_rows(view, term), key="factor_levels")


def _shares(shown: Shown, fits: FactorsFits, name: str, words: Wording) -> None:
    del name, words
    if fits.multilevel_or_none is None:
        return
    frame: pd.DataFrame = cache.derived(shown, "variance_shares", variance_shares)
    said = story.shares_sentence(fits)
    figure = plot_shares(frame, title=said, style=look.style())
    figures.show(figure, key="factor_shares", alt=said, table=lambda: frame)


def _relations(shown: Shown, fits: FactorsFits, name: str, words: Wording) -> None:
    del name, words
    spec = fits.data.spec
    found: tuple[core.Relation, ...] = cache.of_table(
        shown.dataset, "relations", _related, spec.groups, tuple(spec.within.items())
    )
    for i, relation in enumerate(found):
        st.markdown(escape.for_markdown(relation.sentence))
        if relation.rows.size:
            figure = plot_incidence(
                relation, title=story.incidence_title(relation), style=look.style()
            )
            figures.heading(figure.layout.meta)
            figures.picture(figure, key=f"incidence_{i}", alt=incidence_alt(relation))


def _related(
    table: pd.DataFrame, groups: tuple[str, ...], within: tuple[tuple[str, str], ...]
) -> tuple[core.Relation, ...]:
    return core.relations(table, groups, dict(within))


def _model(shown: Shown, fits: FactorsFits) -> None:
    text: dict[str, Any] = texts.load("pooling")["model"]
    st.header(text["heading"], anchor=False)
    columns = fits.data.columns
    coded = frozenset(n for n, c in columns.items() if isinstance(c, CategoricalColumn))
    left, right = st.columns([1, 1], gap="large")
    with left:
        if fits.multilevel_or_none is not None:
            st.markdown(f"**{text['multilevel']}**")
            st.latex(factors_equation(fits))
        st.markdown(f"**{text['complete_pooling']}**")
        st.latex(factors_complete_equation(fits))
    with right:
        if fits.multilevel_or_none is not None:
            st.markdown(f"**{text['parameters']}**")
            figures.show_table(parameter_rows(fits), key="factor_parameters")
            st.caption(escape.for_markdown(fits.multilevel.status.sentence))
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown(f"**{text['r']}**")
        st.code(equation.lmer_call(shown.spec), language="r", wrap_lines=True)
    with right:
        st.markdown(f"**{text['python']}**")
        call = equation.mixedlm_call(shown.spec, coded)
        st.code(call, language="python", wrap_lines=True)
    if shown.dataset.story:
        st.header(texts.load("pooling")["about"]["heading"], anchor=False)
        st.markdown(escape.for_markdown(shown.dataset.story))
        st.caption(escape.for_markdown(shown.dataset.source))
