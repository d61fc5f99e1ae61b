"""A class's draws put together: every student's line, computed again from its seed.

A line holds the recipe of a draw, which is all that is needed: what else stands in it is for
the eye. Nothing that is pasted is believed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.stats import binom

from core.estimators.profile import profile_interval
from core.exceptions import DataError, PoolingError
from core.explore.simulate.numbers import SimulationStudy
from core.fitting.fit import fit_all
from core.formats import count, number, percent, trimmed
from core.results import PoolingFits
from core.tables.grouped import GroupedData
from core.tables.population import simulate
from core.tables.recipe_text import PREFIX, SimulationRecipe, read_recipe, recipe_text
from core.tables.wording import INTERCEPT

#: A line costs a fit and a profile; a class is not a village.
MOST_LINES, MOST_ROWS = 300, 300_000
_LONGEST = 200_000
_NAME = re.compile(re.escape(PREFIX) + r"[a-z0-9_.\-]{1,236}")
_LEVEL = 0.95
_BINS = 20


@dataclass(frozen=True)
class Member:
    """One student's draw: ``sigma`` is the estimated sd between groups, with its interval."""

    seed: int
    sigma: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class ClassResults:
    """The draws of a class from one design.

    Attributes
    ----------
    recipe : SimulationRecipe
        The design, with the seed of the first student.
    members : tuple of Member
        By seed, each seed once.
    level : float
        Of the intervals.
    left_out : tuple of str
        Lines that were not used, each with its reason.
    """

    recipe: SimulationRecipe
    members: tuple[Member, ...]
    level: float = _LEVEL
    left_out: tuple[str, ...] = field(default=())

    @property
    def truth(self) -> float:
        """The true sd between groups."""
        return float(self.recipe.population.sigma_alpha)

    @property
    def zeros(self) -> int:
        """How many estimates are exactly zero."""
        return sum(m.sigma == 0 for m in self.members)

    @property
    def missed(self) -> tuple[Member, ...]:
        """Those whose interval does not hold the truth."""
        return tuple(m for m in self.members if not m.lower <= self.truth <= m.upper)

    def to_frame(self) -> pd.DataFrame:
        """Return a row a student: ``seed, sigma_alpha, lower, upper, holds_truth``."""
        frame = pd.DataFrame(
            [(m.seed, m.sigma, m.lower, m.upper) for m in self.members],
            columns=["seed", "sigma_alpha", "lower", "upper"],
        )
        frame["holds_truth"] = (frame["lower"] <= self.truth) & (self.truth <= frame["upper"])
        return frame


def hand_in(recipe: SimulationRecipe, fits: PoolingFits) -> str:
    """Return the line that a student hands in: the recipe, then what came out of it."""
    sigma = float(fits.multilevel.sigma_group[0])
    return f"{recipe_text(recipe)} sigma_alpha={number(sigma, 3)}"


def read_class(text: str) -> ClassResults:
    """Return the draws that the lines of a class stand for, each computed again.

    Parameters
    ----------
    text : str
        A line a student, from anybody: names and other columns may stand around what was copied.

    Raises
    ------
    DataError
        When there is no such line, or there are too many.
    """
    if len(text) > _LONGEST:
        raise DataError(f"That is longer than {MOST_LINES} lines can be.", code="too_large")
    recipes, left_out = _recipes(text)
    if not recipes:
        raise DataError(
            f"No line holds a draw: each should have what begins with '{PREFIX}', copied from "
            "under 'One draw'."
        )
    designs = Counter(replace(recipe, seed=0) for recipe in recipes)
    design, _ = designs.most_common(1)[0]
    ours = {r.seed: r for r in recipes if replace(r, seed=0) == design}
    others = len(recipes) - sum(replace(r, seed=0) == design for r in recipes)
    twice = len(recipes) - others - len(ours)
    left_out += [f"{count(others, 'line')} of another design"] if others else []
    left_out += [f"{count(twice, 'line')} with a seed that was there before"] if twice else []
    rows = design.population.n_groups * design.population.group_size * len(ours)
    if len(ours) > MOST_LINES or rows > MOST_ROWS:
        raise DataError(
            f"These are {len(ours)} draws with about {rows:,.0f} rows; the limits are {MOST_LINES} "
            f"and {MOST_ROWS:,}. Put in fewer lines, or take a smaller design.",
            code="too_large",
        )
    members = []
    for seed in sorted(ours):
        try:
            members.append(_member(ours[seed]))
        except PoolingError as error:
            left_out.append(f"seed {seed}: {error}")
    if not members:
        raise DataError(f"None of these draws can be fitted ({left_out[-1]}).")
    return ClassResults(ours[members[0].seed], tuple(members), left_out=tuple(left_out))


def _recipes(text: str) -> tuple[list[SimulationRecipe], list[str]]:
    """Return the recipes of the lines, and what is said of lines that have none."""
    found, strange = [], 0
    for line in filter(str.strip, text.splitlines()):
        name = _NAME.search(line)
        try:
            if name is None:
                raise DataError("no recipe")
            found.append(read_recipe(name[0].rstrip(".-_")))
        except PoolingError:
            strange += 1
    return found, [f"{count(strange, 'line')} without a draw"] if strange else []


def _member(recipe: SimulationRecipe) -> Member:
    draw = simulate(recipe.population, recipe.seed)
    fit = fit_all(GroupedData.from_table(draw.table, recipe.spec)).multilevel
    lower, upper = profile_interval(fit, f"sd_{INTERCEPT}", _LEVEL)
    return Member(recipe.seed, float(fit.sigma_group[0]), lower, upper)


def class_title(found: ClassResults, study: SimulationStudy) -> str:
    """Return how often the class found zero and missed the truth, beside what theory expects."""
    n = len(found.members)
    expected = _expected(float(study.zero_share[0]), n)
    missed = _expected(1 - found.level, n)
    return (
        f"{found.zeros} of {count(n, 'draw')} estimate σ_α as zero (to be expected: {expected}); "
        f"in {len(found.missed)} the {percent(found.level)} interval misses the truth, "
        f"{trimmed(found.truth)} (to be expected: {missed})"
    )


def _expected(chance: float, n: int) -> str:
    """Return how many of n to expect: the middle 95% of what chance can make."""
    low, high = (int(v) for v in binom.interval(0.95, n, chance)) if chance else (0, 0)
    return str(low) if low == high else f"{low} to {high}"


def class_table(found: ClassResults, study: SimulationStudy) -> pd.DataFrame:
    """Return estimates counted in bins: ``low, high, theory, draws``.

    ``theory`` is the share of the study's draws, ``draws`` counts those of the class; the first
    row is the estimates that are exactly zero.
    """
    sigma = np.array([m.sigma for m in found.members])
    many = np.sqrt(study.vcov_group[:, 0, 0])
    top = float(max(sigma.max(), np.quantile(many, 0.999), found.truth)) or 1.0
    edges = np.linspace(0.0, top, _BINS + 1)
    theory, _ = np.histogram(np.minimum(many[many > 0], top), bins=edges)
    here, _ = np.histogram(sigma[sigma > 0], bins=edges)
    return pd.DataFrame(
        {
            "low": np.append(0.0, edges[:-1]),
            "high": np.append(0.0, edges[1:]),
            "theory": np.append((many == 0).sum(), theory) / len(many),
            "draws": np.append(found.zeros, here),
        }
    )


def class_alt(found: ClassResults, title: str) -> str:
    """Return a description of the figure with its numbers."""
    sigma = np.array([m.sigma for m in found.members])
    middle = number(float(np.median(sigma)), 2)
    ends = f"{number(float(sigma.min()), 2)} to {number(float(sigma.max()), 2)}"
    return f"{title}. Estimates of the class: {ends}, median {middle}."
