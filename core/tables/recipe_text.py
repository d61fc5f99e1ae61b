"""A simulated table as a short text, ``sim-j30_n8_v1_s7``, and back: what a link can carry.

The text holds the whole recipe: every parameter of the population that is not at its default,
the structure to fit, and the seed. The defaults are part of the format, so they stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

import numpy as np

from core.exceptions import SpecError
from core.spec import ModelSpec
from core.tables.population import GROUP, GROUP_PREDICTOR, OUTCOME, PREDICTOR, Population

#: What is fitted: group means only; one slope for all; a slope for every group.
FitStructure: TypeAlias = Literal["mean", "intercept", "slope"]
FIT_STRUCTURES: tuple[FitStructure, ...] = ("mean", "intercept", "slope")

PREFIX = "sim-"
MOST_SEED = 999_999
#: Longer than any recipe whose numbers were set by hand.
_LONGEST = 240
_PARAMETERS = {
    "j": "n_groups",
    "n": "group_size",
    "v": "size_spread",
    "e": "sigma_y",
    "a": "sigma_alpha",
    "b": "sigma_beta",
    "r": "rho",
    "m": "mu_alpha",
    "k": "mu_beta",
    "g": "gamma_alpha",
    "h": "gamma_beta",
    "x": "x_sd",
    "w": "x_between",
    "o": "outlier",
}
_STRUCTURE, _GROUP_PREDICTOR, _SEED = "f", "u", "s"
_PART = re.compile(r"([a-z])(-?[0-9]{1,7}(?:\.[0-9]{1,17})?)")


@dataclass(frozen=True)
class SimulationRecipe:
    """Everything that makes one simulated table, and the structure to look at it with.

    Parameters
    ----------
    population : Population
    structure : {"mean", "intercept", "slope"}
        What is fitted: varying group means; a varying intercept with one slope; both varying.
    has_group_predictor : bool
        Whether the fit has the group-level predictor u (and, with a varying slope, its
        interaction with x).
    seed : int
        0 to 999,999.

    Raises
    ------
    SpecError
        When the structure or the seed is none of these.
    """

    population: Population = field(default_factory=Population)
    structure: FitStructure = "intercept"
    has_group_predictor: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        if self.structure not in FIT_STRUCTURES:
            known = ", ".join(FIT_STRUCTURES)
            raise SpecError(f"structure = {self.structure!r} is unknown: give one of {known}.")
        if not 0 <= self.seed <= MOST_SEED or int(self.seed) != self.seed:
            raise SpecError(f"seed = {self.seed} is out of range: give 0 to {MOST_SEED:,}.")

    @property
    def spec(self) -> ModelSpec:
        """The structure that is fitted."""
        has_x, has_u = self.structure != "mean", self.has_group_predictor
        is_varying = self.structure == "slope"
        return ModelSpec(
            outcome=OUTCOME,
            group=GROUP,
            predictors=(PREDICTOR,) if has_x else (),
            varying=(PREDICTOR,) if is_varying else (),
            group_predictors=(GROUP_PREDICTOR,) if has_u else (),
            cross_level=((PREDICTOR, GROUP_PREDICTOR),) if has_u and is_varying else (),
        )


def recipe_text(recipe: SimulationRecipe) -> str:
    """Return a recipe as a short text of letters, digits, ``-``, ``_`` and ``.``.

    Raises
    ------
    SpecError
        When a number has more digits than the text can carry.

    Examples
    --------
    >>> recipe_text(SimulationRecipe(Population(n_groups=30, sigma_alpha=0.8), seed=7))
    'sim-j30_n10_a0.8_s7'
    """
    usual, parts = Population(), []
    for letter, name in _PARAMETERS.items():
        value = getattr(recipe.population, name)
        if name in ("n_groups", "group_size") or value != getattr(usual, name):
            parts.append(letter + _number(value))
    if recipe.structure != "intercept":
        parts.append(f"{_STRUCTURE}{FIT_STRUCTURES.index(recipe.structure)}")
    if recipe.has_group_predictor:
        parts.append(f"{_GROUP_PREDICTOR}1")
    parts.append(f"{_SEED}{int(recipe.seed)}")
    text = PREFIX + "_".join(parts)
    if len(text) > _LONGEST or not all(_PART.fullmatch(part) for part in parts):
        raise SpecError("These parameters have too many digits for a link. Round them.")
    return text


def _number(value: float) -> str:
    """Return the shortest decimal that reads back as the same number."""
    return np.format_float_positional(float(value) + 0.0, trim="-")


def read_recipe(text: str) -> SimulationRecipe:
    """Return the recipe that a text stands for.

    Parameters
    ----------
    text : str
        As ``recipe_text`` writes it, the parts in any order; from anybody.

    Raises
    ------
    SpecError
        When the text is no such recipe, or a parameter is out of its range.
    """
    if not isinstance(text, str) or len(text) > _LONGEST or not text.startswith(PREFIX):
        raise SpecError(f"A simulated table is named by a text that begins with '{PREFIX}'.")
    values: dict[str, str] = {}
    for part in text.removeprefix(PREFIX).split("_"):
        found = _PART.fullmatch(part)
        if found is None or found[1] in values or found[1] not in _KNOWN:
            raise SpecError(
                "The name of this simulated table is damaged: it is not made of known "
                "letters, each once and with its number. Make a new link on the screen Simulate."
            )
        values[found[1]] = found[2]
    kinds = {f.name: type(f.default) for f in fields(Population)}
    options: dict[str, Any] = {
        name: _read(values[letter], whole=kinds[name] is int)
        for letter, name in _PARAMETERS.items()
        if letter in values
    }
    structure = int(_read(values.get(_STRUCTURE, "1"), whole=True))
    has_u = int(_read(values.get(_GROUP_PREDICTOR, "0"), whole=True))
    if not 0 <= structure < len(FIT_STRUCTURES) or has_u not in (0, 1):
        raise SpecError("The name of this simulated table asks for a structure that is unknown.")
    return SimulationRecipe(
        population=Population(**options),
        structure=FIT_STRUCTURES[structure],
        has_group_predictor=bool(has_u),
        seed=int(_read(values.get(_SEED, "1"), whole=True)),
    )


_KNOWN = frozenset([*_PARAMETERS, _STRUCTURE, _GROUP_PREDICTOR, _SEED])


def _read(digits: str, *, whole: bool) -> float | int:
    """Return the number; whole where it must be."""
    if whole and "." in digits:
        raise SpecError(f"The name of this simulated table has {digits} where a count must be.")
    return int(digits) if whole else float(digits)
