"""The value of a placeholder in a scene."""

from __future__ import annotations

import math

import numpy as np

from core.estimators.estimates import Estimates
from core.exceptions import PoolingError, SpecError
from core.formats import number
from core.lessons.expression import Expression
from core.lessons.facts import Facts, Scene
from core.lessons.measures import Value
from core.lessons.vocabulary import VOCABULARY
from core.types import FloatArray


def evaluate(expression: Expression, scene: Scene) -> Value:
    """Return what a placeholder stands for.

    Raises
    ------
    SpecError
        When the model of the scene has no such quantity, or the data no such group.
    """
    if expression.name == "step":
        return evaluate(expression.parts[0], _elsewhere(expression, scene))
    if expression.parts:
        left, right = (evaluate(part, scene).number for part in expression.parts)
        return _combined(expression.name, left, right)
    quantity = VOCABULARY[expression.name]
    arguments: list[object] = [
        place(argument, scene) if kind == "group" else argument
        for kind, argument in zip(quantity.arguments, expression.arguments, strict=True)
    ]
    try:
        value = quantity.compute(scene, *arguments)
    except PoolingError as error:
        raise SpecError(f"'{spelled(expression)}': {error}") from error
    if quantity.is_number and not math.isfinite(value.number):
        raise SpecError(f"'{spelled(expression)}' has no value in this model")
    return value


def _elsewhere(expression: Expression, scene: Scene) -> Scene:
    if scene.others is None:
        raise SpecError("there are no other steps to speak of")
    return Scene(scene.others(int(expression.arguments[0])), scene.groups, scene.chosen)


def _combined(name: str, left: float, right: float) -> Value:
    if name == "ratio":
        if right == 0:
            raise SpecError("a ratio to zero has no value")
        return Value(left / right, number(left / right, 2))
    return Value(left - right, number(left - right))


def spelled(expression: Expression) -> str:
    """Return a placeholder as it is written."""
    if expression.name in ("ratio", "difference"):
        sign = {"ratio": " / ", "difference": " - "}[expression.name]
        return f"{expression.name}:{sign.join(map(spelled, expression.parts))}"
    inner = [spelled(part) for part in expression.parts]
    return ":".join([expression.name, *expression.arguments, *inner])


def place(name: str, scene: Scene) -> int:
    """Return the place of a group: named, or chosen by the data (``@most_moved``).

    Raises
    ------
    SpecError
        When there is no such group.
    """
    names = scene.facts.fits.data.group_names
    if name in ("@group", "@guess"):
        found = scene.chosen if name == "@guess" else next(iter(scene.groups), "")
        if not found:
            raise SpecError(f"'{name}' needs a group: name some in 'groups', or ask for one")
        return place(found, scene) if found.startswith("@") else _named(found, names)
    if name.startswith("@"):
        return _selected(name, scene.facts)
    return _named(name, names)


def _named(name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise SpecError(f"the data have no group '{name}'")
    return names.index(name)


def _selected(name: str, facts: Facts) -> int:
    if name in ("@smallest", "@largest"):
        sizes = facts.fits.data.group_sizes
        return int(sizes.argmin() if name == "@smallest" else sizes.argmax())
    slopes = ("@steepest", "@flattest", "@most_moved_slope")
    each: Estimates = facts.slope if name in slopes else facts.level
    values: FloatArray = np.abs(each.shift) if "moved" in name else each.no_pooling
    if not np.isfinite(values).any():
        raise SpecError(f"no group can be '{name}' in this model")
    return int(np.nanargmin(values) if name in ("@lowest", "@flattest") else np.nanargmax(values))
