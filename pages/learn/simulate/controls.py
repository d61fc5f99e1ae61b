"""The controls of the screen Simulate, and the ranges that they take from the fits."""

from __future__ import annotations

import core
from core.explore.simulate.simulated import span_of
from core.factors_results import FactorsFits
from core.tables.recipe_text import FIT_STRUCTURES, MOST_SEED
from pages._shared import cache, texts
from pages._shared.control import Control
from pages._shared.dataset import Shown
from pages._shared.option import Offer

#: Average coefficients of the reader's own design lie within this of 0.
HUGE = 1e12


def own_world(shown: Shown) -> core.World:
    """Return the design and the truth that the fits on screen stand for."""
    table = shown.dataset.table
    found: core.World = cache.derived(shown, "world", lambda fits: core.world_of(table, fits))
    return found


def own_truth(shown: Shown) -> dict[str, Offer]:
    """Return where the controls of the reader's own design start, and their ranges, by name."""
    is_other = isinstance(shown.fits, FactorsFits) or shown.spec.has_precision
    if shown.fits.multilevel_or_none is None or is_other:
        return {}
    world, fit = own_world(shown), shown.fits.multilevel
    spans = {"sigma_y": span_of(fit.sigma_y, fit.sigma_y)}
    for i, sd in enumerate(fit.sigma_group):
        yardstick = fit.sigma_y if i == 0 else float(fit.sigma_group.max())
        spans[f"sigma_{i}"] = span_of(float(sd), yardstick)
    found = {name: Offer(span.value, span.low, span.high) for name, span in spans.items()}
    if len(fit.sigma_group) == 2:
        found["rho"] = Offer(round(world.correlation, 2), -1.0, 1.0)
    for i, value in enumerate(world.fixef):
        found[f"fixef_{i}"] = Offer(float(value), -HUGE, HUGE)
    return found


VIEW = Control("view", "simulate_view", "one", choices=("one", "many", "map", "amount", "class"))
SOURCE = Control("source", "simulate_source", "designed", choices=("designed", "own"))
SEED = Control("seed", "simulate_seed", 1, "whole", low=0, high=MOST_SEED)
FIT = Control("fit", "simulate_structure", "intercept", choices=FIT_STRUCTURES)
OWN_FIT = Control(
    "own_fit", "simulate_own_structure", "same", choices=("same", "own_intercept", "own_plain")
)
WITH_U = Control("with_u", "simulate_use_u", False, "flag")
TERM = Control("term", "simulate_term", None, "text", is_private=True)
MEASURE = Control("measure", "simulate_measure", "error", choices=("error", "coverage", "sigma"))
DRAWS = Control("draws", "simulate_draws", 1000, choices=(200, 1000, 5000))
SAME = Control("same", "simulate_same_groups", False, "flag")
MAP = Control(
    "map", "simulate_map", "ratio_size", choices=("ratio_size", "groups_size", "ratio_groups")
)
SHARE = Control("share", "simulate_share", 0.8, choices=(0.5, 0.6, 0.7, 0.8, 0.9, 0.95))
TRUTH = Control("truth", "simulate_own_{name}_{model}", None, "named", offers=own_truth)


def _slider(name: str, slider: dict[str, object]) -> Control:
    """Return the control of one number of the truth, as its text file describes it."""
    key, value = f"simulate_{name}", slider["value"]
    if "options" in slider:
        options = slider["options"]
        assert isinstance(options, list)
        return Control(name, key, value, choices=tuple(options))
    low, high = slider["low"], slider["high"]
    assert isinstance(low, int | float) and isinstance(high, int | float)
    return Control(name, key, value, "number", low=low, high=high)


#: The numbers of the designed truth, by name.
SLIDERS = {
    name: _slider(name, slider) for name, slider in texts.load("simulate")["sliders"].items()
}
CONTROLS = (
    VIEW,
    SOURCE,
    SEED,
    FIT,
    OWN_FIT,
    WITH_U,
    TERM,
    MEASURE,
    DRAWS,
    SAME,
    MAP,
    SHARE,
    TRUTH,
    *SLIDERS.values(),
)
