"""Fits that several test files look at, each made once per run."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

import core
from core.results import PoolingFits
from core.spec import ModelSpec
from core.tables.wording import Wording

#: Examples whose model has one grouping column.
ONE_FACTOR = [name for name, each in core.EXAMPLES.items() if len(each.spec.groups) == 1]
HOSTILE = "<img src=x onerror=alert(1)> **b** $x^2$ :smile: `c`"


@cache
def example_fits(name: str, structure: str = "slope") -> PoolingFits:
    """Return the fits of an example: ``intercept``, ``slope``, ``uncorrelated``, ``mean``."""
    spec = core.EXAMPLES[name].spec
    changes: dict[str, dict[str, object]] = {
        "slope": {},
        "intercept": {"varying": ()},
        "uncorrelated": {"correlated": False},
        "mean": {"varying": (), "predictors": ()},
    }
    spec = spec.update(**changes[structure])
    return core.fit_all(core.GroupedData.from_table(core.load_example(name), spec))


@cache
def radon_with_uranium() -> PoolingFits:
    """Return varying intercepts and slopes with a group-level predictor and an interaction."""
    spec = core.EXAMPLES["radon"].spec.update(
        group_predictors=("log_uranium",), cross_level=(("floor", "log_uranium"),)
    )
    return core.fit_all(core.GroupedData.from_table(core.load_example("radon"), spec))


def words(name: str) -> Wording:
    """Return the words of an example."""
    return Wording.of_example(core.EXAMPLES[name])


def many_groups(n_groups: int, seed: int = 5) -> pd.DataFrame:
    """Return a table of many groups of 1 to 40 rows; y, x, kind (a, b, c), g."""
    rng = np.random.default_rng(seed)
    sizes = np.minimum(rng.geometric(0.15, n_groups), 40)
    group = np.repeat(np.arange(n_groups), sizes)
    x = rng.normal(size=len(group))
    y = rng.normal(size=n_groups)[group] + 0.5 * x + rng.normal(size=len(group))
    kind = rng.choice(["a", "b", "c"], len(group))
    return pd.DataFrame({"y": y, "x": x, "kind": kind, "g": [f"g{j:05d}" for j in group]})


@cache
def many_fits(n_groups: int) -> PoolingFits:
    """Return varying intercepts and slopes of ``many_groups``."""
    spec = ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))
    return core.fit_all(core.GroupedData.from_table(many_groups(n_groups), spec))


@cache
def hostile_fits() -> PoolingFits:
    """Return fits whose columns and groups are named to break a renderer."""
    table = many_groups(12).rename(columns={"y": f"y {HOSTILE}", "x": f"x {HOSTILE}"})
    table["g"] = table["g"] + " " + HOSTILE
    spec = ModelSpec(
        outcome=f"y {HOSTILE}", group="g", predictors=(f"x {HOSTILE}",), varying=(f"x {HOSTILE}",)
    )
    return core.fit_all(core.GroupedData.from_table(table, spec))


@cache
def degenerate_fits() -> PoolingFits:
    """Return fits without a multilevel model: the outcome does not vary inside groups."""
    table = pd.DataFrame({"y": [1.0, 1, 2, 2, 3, 3, 5, 5], "g": list("aabbccdd")})
    return core.fit_all(core.GroupedData.from_table(table, ModelSpec(outcome="y", group="g")))


@cache
def categorical_fits() -> PoolingFits:
    """Return varying coefficients of a category with three levels."""
    spec = ModelSpec(outcome="y", group="g", predictors=("kind", "x"), varying=("kind",))
    return core.fit_all(core.GroupedData.from_table(many_groups(60), spec))
