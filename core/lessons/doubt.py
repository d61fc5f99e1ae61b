"""Quantities of the full posterior that lessons and terms can speak of."""

from __future__ import annotations

from core.exceptions import SpecError
from core.lessons.facts import Scene
from core.lessons.measures import Value, number_value, share_value
from core.posterior.quantity import Quantity
from core.posterior.story import widening

_PARTS = {"low": "lower", "median": "median", "high": "upper"}


def _part(found: Quantity, point: str, *index: int) -> float:
    values = getattr(found, _PARTS[point])
    return float(values[index]) if index else float(values)


def posterior_sigma_alpha(scene: Scene, point: str) -> Value:
    """Return the median of sigma_alpha, or one end of its interval."""
    if not scene.facts.fits.spec.varying_intercept:
        raise SpecError("no intercept varies in the model of this step")
    return number_value(_part(scene.facts.posterior.sigma_group, point, 0))


def posterior_icc(scene: Scene, point: str) -> Value:
    """Return the median of the intraclass correlation, or one end of its interval."""
    return share_value(_part(scene.facts.posterior.icc, point))


def posterior_group(scene: Scene, point: str, j: int) -> Value:
    """Return the median of a group's intercept, or one end of its interval."""
    return number_value(_part(scene.facts.posterior.line, point, j, 0))


def posterior_wider(scene: Scene) -> Value:
    """Return by what share the groups' intervals are typically wider than plug-in ones."""
    return share_value(widening(scene.facts.posterior).typical - 1.0)
