"""Fits and posteriors that several tests of the posterior look at, each made once."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

import core
from core.posterior.posterior import Posterior
from core.results import PoolingFits
from tests.golden.posterior.cases import CASES


@cache
def case_fits(name: str) -> PoolingFits:
    """Return the fits of a gold case."""
    case = CASES[name]
    return core.fit_all(core.GroupedData.from_table(case.load(), case.model))


@cache
def case_posterior(name: str) -> Posterior:
    """Return the posterior of a gold case under its prior."""
    prior = {k: tuple(v) if isinstance(v, list) else v for k, v in CASES[name].prior.items()}
    return core.posterior(case_fits(name), core.Prior(**prior))


def fit(table: pd.DataFrame, **spec: object) -> PoolingFits:
    """Return the three fits of a table with outcome y and group g."""
    model = core.ModelSpec(outcome="y", group="g", **spec)  # type: ignore[arg-type]
    return core.fit_all(core.GroupedData.from_table(table, model))


def groups_table(n_groups: int, size: int, sd: float, seed: int) -> pd.DataFrame:
    """Return equal groups with varying intercepts (sd given), sigma_y = 1 and a predictor x."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), size)
    x = rng.normal(size=len(group))
    y = sd * rng.normal(size=n_groups)[group] + 0.5 * x + rng.normal(size=len(group))
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{j:02d}" for j in group]})
