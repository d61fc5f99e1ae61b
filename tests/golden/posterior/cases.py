"""The models whose posterior is known independently: table, specification and prior."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.spec import ModelSpec
from tests.golden.cases import DYESTUFF, EXAMPLE_DATA, RADON, SLEEP, read_text_group

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class PosteriorCase:
    """One model and one prior.

    Attributes
    ----------
    table : str
        A data file of the gold cases, or ``simulated:<name>`` (see ``simulated``).
    spec : mapping
        Of ``ModelSpec``.
    prior : mapping
        Of ``core.Prior``; scales always given.
    """

    name: str
    table: str
    spec: Mapping[str, Any]
    prior: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> pd.DataFrame:
        """Return the table."""
        if self.table.startswith("simulated:"):
            return simulated(self.table.removeprefix("simulated:"))
        own = FOLDER.parent / "data" / f"{self.table}.csv"
        path = own if own.exists() else EXAMPLE_DATA / f"{self.table}.csv"
        return read_text_group(path, self.spec["group"])

    @property
    def model(self) -> ModelSpec:
        """The model as ``core`` takes it."""
        return ModelSpec(**self.spec)


SIMULATED = {"outcome": "y", "group": "g", "predictors": ("x",)}
CASES = {
    case.name: case
    for case in (
        PosteriorCase("dyestuff_flat", "dyestuff", DYESTUFF),
        PosteriorCase("dyestuff2_flat", "dyestuff2", DYESTUFF),
        PosteriorCase(
            "dyestuff2_half_t", "dyestuff2", DYESTUFF, {"kind": "half_t", "scale": 2.0, "df": 3.0}
        ),
        PosteriorCase(
            "dyestuff2_half_normal", "dyestuff2", DYESTUFF, {"kind": "half_normal", "scale": 1.0}
        ),
        PosteriorCase("dyestuff2_gamma", "dyestuff2", DYESTUFF, {"kind": "gamma", "scale": 1.5}),
        PosteriorCase("four_groups_flat", "simulated:four_groups", {"outcome": "y", "group": "g"}),
        PosteriorCase(
            "three_groups_half_t",
            "simulated:three_groups",
            {"outcome": "y", "group": "g"},
            {"kind": "half_t", "scale": 1.0, "df": 3.0},
        ),
        PosteriorCase("sleepstudy_int_flat", "sleepstudy", SLEEP),
        PosteriorCase("sleepstudy_slope_flat", "sleepstudy", {**SLEEP, "varying": ("Days",)}),
        PosteriorCase(
            "sleepstudy_slope_half_t",
            "sleepstudy",
            {**SLEEP, "varying": ("Days",)},
            {"kind": "half_t", "scale": (30.0, 5.0), "df": 4.0, "eta": 2.0},
        ),
        PosteriorCase(
            "sleepstudy_uncorrelated_flat",
            "sleepstudy",
            {**SLEEP, "varying": ("Days",), "correlated": False},
        ),
        PosteriorCase(
            "sleepstudy_slope_only_flat",
            "sleepstudy",
            {**SLEEP, "varying": ("Days",), "varying_intercept": False},
        ),
        PosteriorCase(
            "radon_uranium_flat", "radon", {**RADON, "group_predictors": ("log_uranium",)}
        ),
        PosteriorCase("radon_slope_flat", "radon", {**RADON, "varying": ("floor",)}),
        PosteriorCase(
            "six_groups_slope_flat", "simulated:six_groups", {**SIMULATED, "varying": ("x",)}
        ),
        PosteriorCase("years_slope_flat", "simulated:years", {**SIMULATED, "varying": ("x",)}),
    )
}


@cache
def results() -> Mapping[str, Any]:
    """Return what the independent computations gave, by case."""
    return json.loads((FOLDER / "results.json").read_text())


def simulated(name: str) -> pd.DataFrame:
    """Return one of the small simulated tables; numpy's seeded generator makes them."""
    rng = np.random.default_rng(
        {"four_groups": 41, "three_groups": 31, "six_groups": 61, "years": 7}[name]
    )
    if name in ("four_groups", "three_groups"):
        sizes = [3, 5, 4, 6] if name == "four_groups" else [4, 4, 5]
        group = np.repeat(np.arange(len(sizes)), sizes)
        y = 0.8 * rng.normal(size=len(sizes))[group] + rng.normal(size=len(group))
        return _table(y, group)
    if name == "six_groups":
        group = np.repeat(np.arange(6), 5)
        x = rng.normal(size=len(group))
        y = 1.0 + 0.5 * x + 0.2 * rng.normal(size=6)[group] + rng.normal(size=len(group))
        return _table(y, group, x)
    group = np.repeat(np.arange(12), 6)
    x = 2000.0 + np.tile(np.arange(6.0) * 2.0, 12)
    lines = rng.normal(size=(12, 2)) * [2.0, 0.3]
    y = 10.0 + lines[group, 0] + (0.4 + lines[group, 1]) * (x - 2005.0) + rng.normal(size=len(x))
    return _table(y, group, x)


def _table(y: np.ndarray, group: np.ndarray, x: np.ndarray | None = None) -> pd.DataFrame:
    columns = {"y": np.round(y, 3), "g": [f"g{j + 1}" for j in group]}
    return pd.DataFrame(columns if x is None else {**columns, "x": np.round(x, 3)})
