"""What simulated tables are called, and the ranges in which a reader may change a fit's truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.formats import count, trimmed
from core.tables.examples import Column
from core.tables.population import GROUP, GROUP_PREDICTOR, OUTCOME, PREDICTOR
from core.tables.recipe_text import SimulationRecipe
from core.tables.wording import Wording

#: Names of the columns of every designed table.
SIMULATED_WORDING = Wording(
    columns={
        OUTCOME: Column("outcome y"),
        GROUP: Column("group"),
        PREDICTOR: Column("x"),
        GROUP_PREDICTOR: Column("u"),
    }
)


def simulated_title(recipe: SimulationRecipe) -> str:
    """Return a few words that name a simulated table."""
    groups = count(recipe.population.n_groups, "group")
    return f"Simulated: {groups}, seed {recipe.seed}"


def simulated_story(recipe: SimulationRecipe) -> str:
    """Return the truth behind a simulated table in words."""
    p = recipe.population
    parts = [
        f"residual sd σ_y = {trimmed(p.sigma_y)}",
        f"sd of the intercepts σ_α = {trimmed(p.sigma_alpha)}",
        f"sd of the slopes σ_β = {trimmed(p.sigma_beta)}",
    ]
    if p.sigma_alpha and p.sigma_beta:
        parts.append(f"their correlation ρ = {trimmed(p.rho)}")
    parts += [f"mean intercept {trimmed(p.mu_alpha)}", f"mean slope {trimmed(p.mu_beta)}"]
    if p.gamma_alpha or p.gamma_beta:
        parts.append(
            f"the group-level predictor u adds {trimmed(p.gamma_alpha)} to the intercept and "
            f"{trimmed(p.gamma_beta)} to the slope"
        )
    if p.outlier:
        parts.append(f"one group lies {trimmed(p.outlier)} above its place")
    return f"Drawn by a computer from a truth that is known: {'; '.join(parts)}."


@dataclass(frozen=True)
class Span:
    """A slider: from ``low`` to ``high`` in steps, starting at ``value``."""

    low: float
    high: float
    step: float
    value: float

    @property
    def format(self) -> str:
        """How the slider writes its value, printf style: as many decimals as the step has."""
        return f"%.{max(0, -math.floor(math.log10(self.step)))}f"


def span_of(estimate: float, yardstick: float) -> Span:
    """Return the slider of an sd: from 0 to three times its estimate, in round steps.

    Parameters
    ----------
    estimate : float
        Where the slider starts, to the nearest step.
    yardstick : float
        An sd of the same kind, which sets the range where the estimate is (nearly) zero.
    """
    top = max(3.0 * estimate, 0.5 * yardstick)
    power = 10.0 ** math.floor(math.log10(top)) if top > 0 else 1.0
    step = power / 100
    high = math.ceil(top / (10 * step)) * 10 * step
    digits = max(0, -math.floor(math.log10(step)))
    return Span(
        0.0, round(high, digits), round(step, digits), round(round(estimate / step) * step, digits)
    )


def chosen(value: float, span: Span, estimate: float) -> float:
    """Return what a slider stands for: the estimate itself where it was not moved."""
    return estimate if value == span.value else value
