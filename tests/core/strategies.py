"""Random grouped tables and models for property tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import core
from core.results import MultilevelFit, PoolingFits
from core.spec import ModelSpec

SPREADS = (0.0, 0.05, 0.3, 1.0, 4.0)


@dataclass(frozen=True)
class Sample:
    """A table with columns y, x, u, g and the model to fit to it."""

    table: pd.DataFrame
    spec: ModelSpec

    def fits(self) -> PoolingFits:
        """Return the three fits by the engine of the moments."""
        return core.fit_all(core.GroupedData.from_table(self.table, self.spec), engine="moments")

    def fit(self) -> MultilevelFit:
        """Return the multilevel fit."""
        return self.fits().multilevel


@st.composite
def samples(
    draw: st.DrawFn,
    *,
    slope: bool | None = None,
    correlated: bool | None = None,
    group_predictor: bool | None = None,
) -> Sample:
    """Draw a small table from a multilevel model of known spread, and its specification.

    Two groups at least have rows to spare, so that every model here is identified.
    """
    has_slope = draw(st.booleans()) if slope is None else slope
    has_u = draw(st.booleans()) if group_predictor is None else group_predictor
    sizes = [*draw(st.lists(st.integers(1, 9), min_size=4, max_size=9)), 6, 5]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    group = np.repeat(np.arange(len(sizes)), sizes)
    kind = draw(st.sampled_from(("normal", "whole", "binary")))
    x = {
        "normal": rng.normal(size=group.size),
        "whole": rng.integers(0, 6, size=group.size).astype(float),
        "binary": rng.integers(0, 2, size=group.size).astype(float),
    }[kind]
    x[-11:] = rng.permutation([0.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    u = rng.normal(size=len(sizes))[group]
    alpha = rng.normal(scale=draw(st.sampled_from(SPREADS)), size=len(sizes))
    beta = rng.normal(scale=draw(st.sampled_from(SPREADS)) if has_slope else 0, size=len(sizes))
    y = 1.0 + 0.5 * x + 0.3 * u + alpha[group] + beta[group] * x + rng.normal(size=group.size)
    table = pd.DataFrame({"y": y, "x": x, "u": u, "g": [f"g{j:02d}" for j in group]})
    spec = ModelSpec(
        outcome="y",
        group="g",
        predictors=("x",),
        varying=("x",) if has_slope else (),
        group_predictors=("u",) if has_u else (),
        cross_level=(("x", "u"),) if has_u and has_slope else (),
        correlated=draw(st.booleans()) if correlated is None else correlated,
        criterion=draw(st.sampled_from(("REML", "ML"))),
    )
    return Sample(table, spec)
