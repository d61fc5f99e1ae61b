"""The tables of the comparison, and their way to a folder that any language can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.types import FloatArray, IntArray

SEED = 2007


@dataclass(frozen=True, eq=False)
class Case:
    """One table and model; ``outcomes`` (R, n) asks for that many refits.

    Numbers are float64 columns, labels integer codes that every engine turns into text.
    """

    name: str
    title: str
    predictors: tuple[str, ...]
    varying: tuple[str, ...]
    numbers: Mapping[str, FloatArray]
    labels: Mapping[str, IntArray]
    outcomes: FloatArray | None = None

    def save(self, folder: Path) -> None:
        """Write one raw file a column (8-byte numbers) and the model as JSON."""
        folder.mkdir()
        for name, values in self.numbers.items():
            values.astype("<f8").tofile(folder / f"{name}.number")
        for name, codes in self.labels.items():
            codes.astype("<f8").tofile(folder / f"{name}.label")
        if self.outcomes is not None:
            self.outcomes.astype("<f8").tofile(folder / "outcomes")
        model: dict[str, Any] = {"predictors": self.predictors, "varying": self.varying}
        (folder / "model.json").write_text(json.dumps(model), encoding="utf-8")


def _lines(
    name: str,
    title: str,
    group: IntArray,
    *,
    sd: tuple[float, float, float],
    n_outcomes: int = 0,
) -> Case:
    """Return ``y ~ x + (x | g)`` data with sd of intercepts, slopes and residuals."""
    rng = np.random.default_rng(SEED)
    n_groups = int(group.max()) + 1
    x = rng.normal(size=group.size)
    alpha, beta = (rng.normal(scale=s, size=n_groups) for s in sd[:2])
    systematic = 1.0 + alpha[group] + (0.5 + beta[group]) * x
    y = systematic + rng.normal(scale=sd[2], size=group.size)
    outcomes = None
    if n_outcomes:
        outcomes = systematic + rng.normal(scale=sd[2], size=(n_outcomes, group.size))
    return Case(name, title, ("x",), ("x",), {"y": y, "x": x}, {"g": group}, outcomes)


def classroom() -> Case:
    """Return 4,000 students in 65 schools."""
    group = np.sort(np.random.default_rng(1).integers(0, 65, size=4_000))
    return _lines("classroom", "4,000 rows x 65 groups, slope", group, sd=(0.3, 0.12, 0.75))


def million() -> Case:
    """Return a million rows in ten thousand groups, rows in no order."""
    group = np.random.default_rng(2).integers(0, 10_000, size=1_000_000)
    group[:10_000] = np.arange(10_000)
    return _lines("million", "1,000,000 rows x 10,000 groups, slope", group, sd=(0.5, 0.2, 1.0))


def flat() -> Case:
    """Return very many small groups, a varying intercept and two categorical predictors."""
    rng = np.random.default_rng(3)
    n, n_groups = 500_000, 125_066
    group = np.concatenate([np.arange(n_groups), rng.integers(0, n_groups, size=n - n_groups)])
    a, b = rng.integers(0, 4, size=n), rng.integers(0, 3, size=n)
    y = 2.0 + 0.3 * a - 0.2 * b + rng.normal(scale=0.8, size=n_groups)[group] + rng.normal(size=n)
    title = "500,000 rows x 125,066 groups, intercept, two categorical predictors"
    return Case("flat", title, ("a", "b"), (), {"y": y}, {"g": group, "a": a, "b": b})


def singular() -> Case:
    """Return two thousand groups of ten whose slopes do not differ: a variance of zero."""
    group = np.repeat(np.arange(2_000), 10)
    return _lines("singular", "20,000 rows x 2,000 groups, slope variance 0", group, sd=(0.5, 0, 1))


def refits() -> Case:
    """Return 85 groups of 1 to 116 rows and a thousand outcomes to fit to them."""
    sizes = np.round(np.geomspace(1, 60, 85)).astype(int)
    group = np.repeat(np.arange(85), sizes)
    title = f"1,000 refits of {group.size:,} rows x 85 groups, slope"
    return _lines("refits", title, group, sd=(0.3, 0.3, 0.75), n_outcomes=1_000)


CASES = {make.__name__: make for make in (classroom, million, flat, singular, refits)}
