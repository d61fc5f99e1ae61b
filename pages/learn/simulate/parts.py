"""The truth of the screen Simulate: designed groups, or the reader's own design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st

import core
from core import escape
from core.explore.simulate.simulated import SIMULATED_WORDING, Span, chosen, span_of
from core.factors_results import FactorsFits
from core.spec import ModelSpec
from core.tables.recipe_text import MOST_SEED
from core.tables.wording import Wording
from pages._shared import texts
from pages._shared.control import Control, place
from pages._shared.dataset import Shown
from pages._shared.option import Place
from pages.learn.simulate.controls import (
    FIT,
    HUGE,
    OWN_FIT,
    SEED,
    SLIDERS,
    SOURCE,
    TRUTH,
    WITH_U,
    own_world,
)

Source = Literal["designed", "own"]


@dataclass(frozen=True, eq=False)
class Setup:
    """What the controls ask for.

    Attributes
    ----------
    truth : Population or World
    spec : ModelSpec
        The structure that is fitted.
    recipe : SimulationRecipe or None
        What a link can carry; None for the reader's own design.
    key : str
        Names everything that changes the draws.
    """

    truth: core.Population | core.World
    spec: ModelSpec
    seed: int
    wording: Wording
    recipe: core.SimulationRecipe | None
    key: str

    @property
    def world(self) -> core.World:
        """The design and its truth."""
        if isinstance(self.truth, core.World):
            return self.truth
        return core.make_world(self.truth, self.seed)


def source(shown: Shown) -> Source:
    """Return where the truth comes from."""
    words = texts.load("simulate")["sources"]
    if shown.spec.has_precision:
        weights = escape.for_markdown(shown.spec.weights)
        st.caption(words["no_weights"].format(weights=weights))
        return "designed"
    if isinstance(shown.fits, FactorsFits):
        st.caption(words["no_own_factors"])
        return "designed"
    if shown.fits.multilevel_or_none is None:
        st.caption(words["no_own"])
        return "designed"
    table = escape.for_markdown(shown.dataset.title)
    answer = SOURCE.segments(words["label"], words, help=words["own_help"].format(table=table))
    return "own" if answer == "own" else "designed"


def seed() -> int:
    """Return the seed, a control of its own."""
    words = texts.load("simulate")["one"]
    return int(
        SEED.number(words["seed"], (0, MOST_SEED), step=1, help=words["seed_help"], width=150)
    )


def again() -> None:
    """Take the next seed: what 'Draw again' does."""
    SEED.set((SEED.now() + 1) % MOST_SEED)


def setup(shown: Shown, where: Source, number: int) -> Setup:
    """Draw the controls of the truth and return what they ask for.

    Raises
    ------
    PoolingError
        When the parameters contradict each other.
    """
    return _own(shown, number) if where == "own" else _designed(number)


def _designed(number: int) -> Setup:
    text = texts.load("simulate")
    spec_at, main = st.container(), st.container()
    more = st.expander(text["truth"]["more"])
    values: dict[str, float] = {}
    for name, slider in text["sliders"].items():
        with more if slider.get("is_more") else main:
            values[name] = _slider(name, slider, values)
    with spec_at:
        words = text["structures"]
        structure = FIT.select(words["label"], words, is_labelled=True, help=words["help"])
    with more:
        has_u = WITH_U.toggle(words["use_u"], help=words["use_u_help"])
    population = core.Population(**values)
    recipe = core.SimulationRecipe(population, structure, bool(has_u), number)
    return Setup(
        truth=population,
        spec=recipe.spec,
        seed=number,
        wording=SIMULATED_WORDING,
        recipe=recipe,
        key=core.recipe_text(recipe),
    )


def _slider(name: str, slider: dict[str, Any], values: dict[str, float]) -> float:
    """Draw one slider; the correlation is idle where nothing correlates."""
    control = SLIDERS[name]
    if "options" in slider:
        return control.slide_among(slider["label"], help=slider["help"])
    return control.slider(
        slider["label"],
        (slider["low"], slider["high"]),
        slider["step"],
        help=slider["help"],
        disabled=name == "rho" and not (values["sigma_alpha"] and values["sigma_beta"]),
    )


def _own(shown: Shown, number: int) -> Setup:
    """Draw the controls of the reader's own design: its estimates, to be changed at will."""
    text = texts.load("simulate")
    spec = _own_structure(shown, text["structures"])
    world, at = own_world(shown), place(shown)
    fit, wording = shown.fits.multilevel, shown.wording
    sd = [
        _span(text["own"]["sigma_y"], TRUTH.named("sigma_y"), at, (fit.sigma_y, fit.sigma_y)),
        *(
            _span(
                text["own"]["sigma"].format(
                    term=escape.for_markdown(wording.term(name, shown.fits.data))
                ),
                TRUTH.named(f"sigma_{i}"),
                at,
                (
                    float(fit.sigma_group[i]),
                    fit.sigma_y if i == 0 else float(fit.sigma_group.max()),
                ),
            )
            for i, name in enumerate(fit.varying_names)
        ),
    ]
    rho = _own_rho(world, at) if len(sd) == 3 else None
    fixef = _own_fixef(world, at)
    truth = world.update(sigma_y=sd[0] or None, sigma_group=np.array(sd[1:]), rho=rho, fixef=fixef)
    key = repr((shown.dataset.id, shown.spec, spec, sd, rho, fixef.tolist(), number))
    return Setup(truth, spec, number, wording, None, key)


def _own_structure(shown: Shown, words: dict[str, str]) -> ModelSpec:
    """Return the structure to fit: that of the sidebar, or a simpler one."""
    options: dict[str, ModelSpec] = {"same": shown.spec}
    if shown.spec.varying and shown.spec.varying_intercept:
        options["own_intercept"] = shown.spec.update(varying=())
    if shown.spec.group_predictors:
        options["own_plain"] = shown.spec.update(group_predictors=(), cross_level=())
    name = OWN_FIT.select(
        words["label"], words, list(options), is_labelled=True, help=words["help"]
    )
    return options[name]


def _span(label: str, control: Control, at: Place, about: tuple[float, float]) -> float:
    """Draw the slider of an sd that starts at its estimate; ``about``: that, and a yardstick."""
    estimate, yardstick = about
    span: Span = span_of(estimate, yardstick)
    value = control.slider(
        label,
        (span.low, span.high),
        span.step,
        at=at,
        first=span.value,
        help=texts.load("simulate")["own"]["help"],
        format=span.format,
    )
    return chosen(value, span, estimate)


def _own_rho(world: core.World, at: Place) -> float:
    estimate = world.correlation
    first, label = round(estimate, 2), texts.load("simulate")["own"]["rho"]
    value = TRUTH.named("rho").slider(label, (-1.0, 1.0), 0.05, at=at, first=first)
    return estimate if value == first else value


def _own_fixef(world: core.World, at: Place) -> np.ndarray[Any, np.dtype[np.float64]]:
    with st.expander(texts.load("simulate")["truth"]["fixef"]):
        values = [
            TRUTH.named(f"fixef_{i}").number(
                escape.for_markdown(name), (-HUGE, HUGE), at=at, first=float(value), format="%.4g"
            )
            for i, (name, value) in enumerate(zip(world.data.fixef_names, world.fixef, strict=True))
        ]
    return np.array(values, dtype=np.float64)
