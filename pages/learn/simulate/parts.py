"""The truth of the screen Simulate: designed groups, or the reader's own design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st

import core
from core import escape
from core.explore.simulate.draw_story import NAMES
from core.explore.simulate.simulated import SIMULATED_WORDING, Span, chosen, span_of
from core.spec import ModelSpec
from core.tables.recipe_text import FIT_STRUCTURES, MOST_SEED
from core.tables.wording import Wording
from pages._shared import cache, state, texts
from pages._shared.model import sidebar as controls
from pages._shared.state import Shown

_SAVED = "session"
#: What can be fitted to the reader's own design.
OWN_STRUCTURES = ("same", "own_intercept", "own_plain")
#: Average coefficients of the reader's own design lie within this of 0.
_HUGE = 1e12
Source = Literal["designed", "own"]

__all__ = ["NAMES", "OWN_STRUCTURES", "Setup", "again", "own_truth", "seed", "setup", "source"]


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
    if shown.fits.multilevel_or_none is None:
        st.caption(words["no_own"])
        return "designed"
    table = escape.for_markdown(shown.dataset.title)
    answer = st.segmented_control(
        words["label"],
        ["designed", "own"],
        format_func=words.__getitem__,
        default="designed",
        required=True,
        key="simulate_source",
        label_visibility="collapsed",
        help=words["own_help"].format(table=table),
        persist_state=_SAVED,
    )
    return "own" if answer == "own" else "designed"


def seed() -> int:
    """Return the seed, a control of its own."""
    words = texts.load("simulate")["one"]
    st.session_state.setdefault("simulate_seed", 1)
    value = st.number_input(
        words["seed"],
        min_value=0,
        max_value=MOST_SEED,
        step=1,
        key="simulate_seed",
        help=words["seed_help"],
        persist_state=_SAVED,
        width=150,
    )
    return int(value)


def again() -> None:
    """Take the next seed: what 'Draw again' does."""
    st.session_state["simulate_seed"] = (st.session_state.get("simulate_seed", 1) + 1) % MOST_SEED


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
        structure = st.selectbox(
            text["structures"]["label"],
            FIT_STRUCTURES,
            index=FIT_STRUCTURES.index("intercept"),
            format_func=text["structures"].__getitem__,
            key="simulate_structure",
            help=text["structures"]["help"],
            persist_state=_SAVED,
        )
    with more:
        has_u = st.toggle(
            text["structures"]["use_u"],
            key="simulate_use_u",
            help=text["structures"]["use_u_help"],
            persist_state=_SAVED,
        )
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
    key = f"simulate_{name}"
    if "options" in slider:
        return st.select_slider(
            slider["label"],
            slider["options"],
            value=slider["value"],
            key=key,
            help=slider["help"],
            persist_state=_SAVED,
        )
    is_idle = name == "rho" and not (values["sigma_alpha"] and values["sigma_beta"])
    value = st.slider(
        slider["label"],
        slider["low"],
        slider["high"],
        slider["value"],
        slider["step"],
        key=key,
        help=slider["help"],
        disabled=is_idle,
        persist_state=_SAVED,
    )
    return float(value)


def own_truth(shown: Shown) -> dict[str, tuple[float, float, float]]:
    """Return where the controls of the reader's own design start, and their ranges, by name."""
    world, fit = _world(shown), shown.fits.multilevel
    spans = {"sigma_y": span_of(fit.sigma_y, fit.sigma_y)}
    for i, sd in enumerate(fit.sigma_group):
        yardstick = fit.sigma_y if i == 0 else float(fit.sigma_group.max())
        spans[f"sigma_{i}"] = span_of(float(sd), yardstick)
    found = {name: (span.value, span.low, span.high) for name, span in spans.items()}
    if len(fit.sigma_group) == 2:
        found["rho"] = (round(world.correlation, 2), -1.0, 1.0)
    for i, value in enumerate(world.fixef):
        found[f"fixef_{i}"] = (float(value), -_HUGE, _HUGE)
    return found


def _world(shown: Shown) -> core.World:
    table = shown.dataset.table
    found: core.World = cache.derived(shown, "world", lambda fits: core.world_of(table, fits))
    return found


def _own(shown: Shown, number: int) -> Setup:
    """Draw the controls of the reader's own design: its estimates, to be changed at will."""
    text = texts.load("simulate")
    spec = _own_structure(shown, text["structures"])
    world, tag = _world(shown), state.tag_of(shown.dataset.id, shown.spec)
    fit, wording = shown.fits.multilevel, shown.wording
    sd = [
        _span(text["own"]["sigma_y"], f"simulate_own_sigma_y_{tag}", fit.sigma_y, fit.sigma_y),
        *(
            _span(
                text["own"]["sigma"].format(
                    term=escape.for_markdown(wording.term(name, shown.fits.data))
                ),
                f"simulate_own_sigma_{i}_{tag}",
                float(fit.sigma_group[i]),
                fit.sigma_y if i == 0 else float(fit.sigma_group.max()),
            )
            for i, name in enumerate(fit.varying_names)
        ),
    ]
    rho = _own_rho(world, tag) if len(sd) == 3 else None
    fixef = _own_fixef(world, tag)
    truth = world.update(sigma_y=sd[0] or None, sigma_group=np.array(sd[1:]), rho=rho, fixef=fixef)
    key = repr((shown.dataset.id, shown.spec, spec, sd, rho, fixef.tolist(), number))
    return Setup(truth, spec, number, wording, None, key)


def _own_structure(shown: Shown, words: dict[str, str]) -> ModelSpec:
    """Return the structure to fit: that of the sidebar, or a simpler one."""
    options: dict[str, ModelSpec] = {OWN_STRUCTURES[0]: shown.spec}
    if shown.spec.varying and shown.spec.varying_intercept:
        options["own_intercept"] = shown.spec.update(varying=())
    if shown.spec.group_predictors:
        options["own_plain"] = shown.spec.update(group_predictors=(), cross_level=())
    names, key = list(options), "simulate_own_structure"
    controls.keep_valid(key, names)
    chosen_name = st.selectbox(
        words["label"],
        names,
        format_func=words.__getitem__,
        key=key,
        help=words["help"],
        persist_state=_SAVED,
    )
    return options[chosen_name]


def _span(label: str, key: str, estimate: float, yardstick: float) -> float:
    """Draw the slider of an sd that starts at its estimate."""
    span: Span = span_of(estimate, yardstick)
    controls.keep_within(key, span.low, span.high)
    value = st.slider(
        label,
        span.low,
        span.high,
        span.value,
        span.step,
        key=key,
        help=texts.load("simulate")["own"]["help"],
        format=span.format,
        persist_state=_SAVED,
    )
    return chosen(float(value), span, estimate)


def _own_rho(world: core.World, tag: str) -> float:
    estimate = world.correlation
    value = st.slider(
        texts.load("simulate")["own"]["rho"],
        -1.0,
        1.0,
        round(estimate, 2),
        0.05,
        key=f"simulate_own_rho_{tag}",
        persist_state=_SAVED,
    )
    return estimate if value == round(estimate, 2) else float(value)


def _own_fixef(world: core.World, tag: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    with st.expander(texts.load("simulate")["truth"]["fixef"]):
        values = [
            st.number_input(
                escape.for_markdown(name),
                value=float(value),
                min_value=-_HUGE,
                max_value=_HUGE,
                format="%.4g",
                key=f"simulate_own_fixef_{i}_{tag}",
                persist_state=_SAVED,
            )
            for i, (name, value) in enumerate(zip(world.data.fixef_names, world.fixef, strict=True))
        ]
    return np.array(values, dtype=np.float64)
