"""The glossary: complete, cross-referenced, found by its words, with live numbers."""

from __future__ import annotations

import re

from core.lessons.facts import Scene
from core.lessons.terms import LANGUAGES, TERMS
from tests.core.lessons.test_quantities import facts

WANTED = {
    *("multilevel", "hierarchical", "fixed_random", "hyperparameter", "complete_pooling"),
    *("no_pooling", "partial_pooling", "shrinkage", "pooling_factor", "reliability"),
    *("conditional_mode", "reml", "icc", "exchangeability", "group_level", "varying_intercept"),
    *("varying_slope", "design_effect", "singular"),
}


def test_the_terms_that_were_asked_for_are_there() -> None:
    assert set(TERMS) >= WANTED
    for term in TERMS.values():
        assert set(term.see) <= set(TERMS)
        assert len(term.short) <= 300


def test_no_spelling_belongs_to_two_terms() -> None:
    every = [s.lower() for term in TERMS.values() for s in (term.name, *term.also)]
    assert len(every) == len(set(every))


def test_live_sentences_have_numbers_where_the_model_has_them() -> None:
    scene = Scene(facts())
    for term in TERMS.values():
        live = term.live(scene)
        assert bool(live) == bool(term.here.pattern), term.id
        assert not term.here.pattern or re.search(r"[0-9]", live)
    assert TERMS["varying_slope"].live(Scene(facts(varying=()))) == ""


def test_definitions_hold_no_number_of_a_model() -> None:
    for term in TERMS.values():
        typed = re.sub("\ue000[0-9]+\ue001", "", term.here.pattern).replace("95% interval", "")
        assert not re.search(r"[0-9]", typed), term.id


def test_mentions_are_found_longest_first_and_once() -> None:
    text = "The pooling factor of partial pooling; a pooling factor (ICC 0.2), typical and topical"
    assert TERMS.mentioned(text) == ("pooling_factor", "partial_pooling", "icc")
    assert TERMS.mentioned("nothing of the kind: unpooled") == ()


def test_search_puts_names_before_texts() -> None:
    assert TERMS.search("blup")[0] == "conditional_mode"
    assert TERMS.search("random effects")[0] == "fixed_random"
    assert set(TERMS.search("")) == set(TERMS)
    assert TERMS.search("qwertz") == ()


def test_the_dictionary_speaks_every_language() -> None:
    for entry in TERMS.dictionary:
        assert set(entry.words) == set(LANGUAGES)
    values = [e.live(Scene(facts())) for e in TERMS.dictionary]
    assert sum(map(bool, values)) >= 6
    said = " ".join(w for e in TERMS.dictionary for w in e.words.values())
    for name in ("ranef", "VarCorr", "coef(", "fixef", "groups=", "re_formula", "scale"):
        assert name in said


def test_values_of_the_dictionary_are_those_of_the_fit() -> None:
    model = facts().fits.multilevel
    found = {e.words["symbol"]: e.live(Scene(facts())) for e in TERMS.dictionary}
    assert found["σ_y"] == f"{model.sigma_y:.3f}"
    assert found["σ_α"] == f"{model.sigma_group[0]:.3f}"
