"""What a link may say about the controls of each screen: one line a control.

A screen's controls stand under its path (the start screen's under ``""``), those that all
screens share under ``SHARED``. A control that takes words from the table is ``is_private``: it
stays out of a link to an uploaded table. ``tests/pages/test_link_complete.py`` draws every
screen and looks for controls that are missing here.
"""

from __future__ import annotations

from functools import cache

import streamlit as st

from core.estimators.estimates import varying_names
from core.explore.checks import numbers as model_checks
from core.explore.prediction import scenario
from core.explore.prediction.numbers import ESTIMATORS
from core.explore.variance import zero
from core.lessons.catalogue import LESSONS
from core.lessons.language.parse import MOST_STEPS
from core.tables.recipe_text import FIT_STRUCTURES, MOST_SEED
from pages._shared import texts
from pages._shared.dial import component, pulled
from pages._shared.link.link_option import Offer, Option
from pages._shared.state import Shown
from pages.explore.pooling import parts as views
from pages.learn.lessons import shelf as lesson_shelf
from pages.learn.lessons import tasks as lesson_tasks
from pages.learn.simulate import parts as arena
from pages.use.prediction.parts import LEVELS
from pages.use.predicts_best.parts import FOLDS, LEAVE_ONE_OUT
from pages.use.ranking import parts as ranks


def _terms(shown: Shown) -> tuple[str, ...]:
    return tuple(varying_names(shown.fits))


def _own_terms(shown: Shown) -> tuple[str, ...]:
    return tuple(shown.fits.no_pooling.varying_names)


def _pairs(shown: Shown) -> tuple[str, ...]:
    return tuple(views.pairs(_terms(shown)))


def _predictors(shown: Shown) -> tuple[str, ...]:
    return shown.spec.predictors


def _dial_views(shown: Shown) -> set[str]:
    k = len(_terms(shown))
    names = ("shrinkage", *(("map",) if k > 1 else ()), "size", "lines")
    each = [(n, n if a == 0 else f"{n}.{a}") for n in names for a in range(k)]
    return {f"{left}-{right}" for v, left in each for w, right in each if v != w}


def _groups(shown: Shown) -> tuple[str, ...]:
    return tuple(shown.fits.data.group_names)


def _checked(shown: Shown) -> tuple[str, ...]:
    return tuple(model_checks.checked_columns(shown.fits))


def _settings(shown: Shown) -> dict[str, Offer]:
    settings = scenario.settings(shown.fits, shown.wording)
    return {s.name: Offer(s.default, s.low, s.high, s.choices) for s in settings}


def _zero(shown: Shown) -> Offer:
    if shown.fits.multilevel_or_none is None or not zero.moving_predictor(shown.fits.multilevel):
        return Offer(None, choices=("",))
    low, high, _, start = zero.zero_choices(shown.fits.multilevel)
    return Offer(start, low, high)


def _own_truth(shown: Shown) -> dict[str, Offer]:
    if shown.fits.multilevel_or_none is None:
        return {}
    return {n: Offer(start, low, high) for n, (start, low, high) in arena.own_truth(shown).items()}


def _steps(_: Shown) -> range:
    lesson = lesson_shelf.available().get(st.session_state.get("lessons_id", ""))
    return range(1, (MOST_STEPS if lesson is None else len(lesson.steps)) + 1)


_INTERCEPT = "(Intercept)"
#: What a reader committed to in a step of a lesson.
GUESS = "guess"


def _term(key: str) -> Option:
    return Option("term", key, None, "text", is_private=True, offers=_terms)


SHARED = (Option("projector", "display_projector", False, "flag"),)

SCREENS: dict[str, tuple[Option, ...]] = {
    "": (
        Option(
            "view",
            "pooling_view",
            "dial",
            choices=("dial", "lines", "shrinkage", "group_size", "map", "table"),
        ),
        Option("dial", "pooling_dial_{table}", 1.0, "number", low=0.0, high=component.NO_POOLING),
        Option(
            "dial2",
            "pooling_dial_slope_{table}",
            None,
            "number",
            low=0.0,
            high=component.NO_POOLING,
        ),
        Option("views", "pooling_dial_views_{table}", None, "text", offers=_dial_views),
        Option(
            "pulled",
            "pooling_pulled_{model}",
            choices=pulled.CHOICES,
            offers=lambda shown: Offer(pulled.first(shown.spec), choices=pulled.CHOICES),
        ),
        Option("term", "pooling_term", _INTERCEPT, "text", is_private=True, offers=_terms),
        Option(
            "order",
            "pooling_lines_order",
            "spread",
            choices=("spread", "size", "shift", "estimate", "name"),
        ),
        Option(
            "sort",
            "pooling_shrinkage_order",
            "estimate",
            choices=("estimate", "size", "shift", "name"),
        ),
        Option("find", "pooling_search", "", "text", is_private=True),
        Option("along", "pooling_along", None, "text", is_private=True, offers=_predictors),
        Option("pair", "pooling_pair", None, "text", is_private=True, offers=_pairs),
        Option("se", "pooling_shrinkage_intervals", False, "flag"),
        Option("se_size", "pooling_group_size_intervals", True, "flag"),
        Option("page", "pooling_page", 1, "whole", low=1, high=10_000),
    ),
    "data": (
        Option("find", "data_find_{table}", "", "text", is_private=True),
        Option("page", "data_page_{table}", 1, "whole", low=1, high=10_000),
    ),
    "two_levels": (
        Option("column", "two_levels_column_{table}", None, "text", is_private=True),
        Option("term", "two_levels_term", _INTERCEPT, "text", is_private=True, offers=_own_terms),
        Option("slopes", "two_levels_slopes", True, "flag"),
        Option("own", "two_levels_own", True, "flag"),
        Option(
            "along",
            "two_levels_predictor_{table}",
            None,
            "text",
            is_private=True,
            offers=_predictors,
        ),
    ),
    "variance": (
        Option(
            "view",
            "variance_view",
            "components",
            choices=("components", "share", "zero", "boundary"),
        ),
        Option("zero", "variance_zero_{table}", None, "number", offers=_zero),
    ),
    "standard_errors": (
        Option("terms", "standard_errors_terms_{table}", None, "many", is_private=True),
    ),
    "prediction": (
        Option("who", "prediction_who", "individual", choices=("individual", "mean")),
        Option("level", "prediction_level", 0.9, choices=LEVELS),
        Option(
            "along",
            "prediction_along_{table}",
            None,
            "text",
            is_private=True,
            offers=_predictors,
        ),
        Option(
            "value",
            "prediction_value_{table}_{name}",
            None,
            "named",
            is_private=True,
            offers=_settings,
        ),
        Option("by", "prediction_estimator", "partial_pooling", choices=ESTIMATORS),
    ),
    "predicts_best": (
        Option("hold_out", "predicts_best_hold_out", "people", choices=("people", "groups")),
        Option("measure", "predicts_best_measure", "rmse", choices=("rmse", "log_score")),
        Option("folds", "predicts_best_folds", "10", choices=(*FOLDS, LEAVE_ONE_OUT)),
        Option("deal", "predicts_best_seed", 0, "whole", low=0, high=MOST_SEED),
    ),
    "ranking": (
        Option("view", "ranking_view", "ranks", choices=("ranks", "estimates", "size")),
        _term("ranking_term"),
        Option("share", "ranking_share", 0.1, choices=ranks.SHARES),
        Option("mark", "ranking_groups_{table}", None, "many", is_private=True, offers=_groups),
    ),
    "checks": (
        Option(
            "view",
            "checks_view",
            "residuals",
            choices=("residuals", "fitted", "along", "effects", "spread", "influence"),
        ),
        Option("along", "checks_along", None, "text", is_private=True, offers=_checked),
        _term("checks_term"),
        Option("of", "checks_parameter", None, "text", is_private=True),
    ),
    "lessons": (
        Option("lesson", "lessons_id", "", choices=("", *LESSONS, lesson_shelf.OWN)),
        Option("step", "lessons_step", 1, "whole", low=1, high=MOST_STEPS, offers=_steps),
        Option(GUESS, "lessons_said_{step}", None, "text"),
        Option("pick", "lessons_choice_{step}", None, "text"),
        Option("turn", "lessons_dial_{step}", 1.0, choices=lesson_tasks.POSITIONS),
    ),
    "terms": (
        Option("find", "terms_search", "", "text"),
        Option("view", "terms_view", "words", choices=("words", "dictionary")),
    ),
}


_SIMULATE = "simulate"
SCREENS[_SIMULATE] = (
    Option("view", "simulate_view", "one", choices=("one", "many", "map", "amount")),
    Option("source", "simulate_source", "designed", choices=("designed", "own")),
    Option("seed", "simulate_seed", 1, "whole", low=0, high=MOST_SEED),
    Option("fit", "simulate_structure", "intercept", choices=FIT_STRUCTURES),
    Option("own_fit", "simulate_own_structure", "same", choices=arena.OWN_STRUCTURES),
    Option("with_u", "simulate_use_u", False, "flag"),
    Option("term", "simulate_term", None, "text", is_private=True),
    Option("measure", "simulate_measure", "error", choices=("error", "coverage", "sigma")),
    Option("draws", "simulate_draws", 1000, choices=(200, 1000, 5000)),
    Option("same", "simulate_same_groups", False, "flag"),
    Option(
        "map", "simulate_map", "ratio_size", choices=("ratio_size", "groups_size", "ratio_groups")
    ),
    Option("share", "simulate_share", 0.8, choices=(0.5, 0.6, 0.7, 0.8, 0.9, 0.95)),
    Option("truth", "simulate_own_{name}_{model}", None, "named", offers=_own_truth),
)


def _sliders() -> tuple[Option, ...]:
    """Return the sliders of the screen Simulate, with their ranges."""
    found = []
    for name, slider in texts.load("simulate")["sliders"].items():
        key, value = f"simulate_{name}", slider["value"]
        if "options" in slider:
            found.append(Option(name, key, value, choices=tuple(slider["options"])))
        else:
            low, high = slider["low"], slider["high"]
            found.append(Option(name, key, value, "number", low=low, high=high))
    return tuple(found)


def options_of(screen: str) -> tuple[Option, ...]:
    """Return what a link may say on a screen, by the path of the screen."""
    more = _sliders() if screen == _SIMULATE else ()
    return (*SHARED, *SCREENS.get(screen, ()), *more)


@cache
def every_name() -> frozenset[str]:
    """Return what options are called on any screen."""
    return frozenset(o.name for screen in SCREENS for o in options_of(screen))
