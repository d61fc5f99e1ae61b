"""Tables made to be hard, with several grouping factors: drawn anew from their seed each time.

``python -m tests.golden.factors.simulated FOLDER`` writes them with lme4's formulas; then

    Rscript tests/golden/factors/simulated.R FOLDER tests/golden/factors/simulated.json

fits each by lme4, the best of three optimizers.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.spec import ModelSpec
from core.types import FloatArray, IntArray

N_TABLES = 130
KINDS = ("crossed", "sparse", "nested", "reused", "disconnected", "three", "mixed", "two_levels")


@dataclass(frozen=True)
class Simulated:
    """One table and the model for it."""

    name: str
    table: pd.DataFrame
    spec: ModelSpec


def simulated(seed: int) -> Simulated:
    """Return the table of a seed: its kind, sizes, variances and structure vary with it."""
    rng = np.random.default_rng([16, seed])
    kind = KINDS[seed % len(KINDS)]
    levels, within = _levels(rng, kind)
    n = len(next(iter(levels.values())))
    x = rng.normal(size=n) if rng.random() < 0.7 else (rng.random(n) < 0.25).astype(float)
    y = 1.0 + 0.5 * x + rng.normal(size=n)
    groups = tuple(levels)
    slopes = {g: ("x",) if rng.random() < (0.5, 0.15, 0.1)[i] else () for i, g in enumerate(groups)}
    table = {"x": x}
    for g in groups:
        code = levels[g] if g not in within else levels[g] * 1000 + levels[within[g]]
        effects = rng.normal(size=(int(code.max()) + 1, 2)) * _sds(rng)
        if rng.random() < 0.3:  # correlated, sometimes perfectly
            effects[:, 1] = effects[:, 0] * rng.choice([-0.5, 0.5]) + 0.1 * effects[:, 1]
        y += effects[code, 0] + (effects[code, 1] * x if slopes[g] else 0.0)
        table[g] = np.char.add(g, levels[g].astype(str))
    predictors, by_group = ("x",), ()
    if rng.random() < 0.3:
        first = groups[0]
        table["u"] = rng.normal(size=int(levels[first].max()) + 1)[levels[first]]
        by_group = ("u",)
    spec = ModelSpec(
        outcome="y",
        predictors=predictors,
        groups=groups,
        within=within,
        varying=slopes,
        group_predictors=by_group,
        correlated=bool(rng.random() < 0.75),
        criterion="REML" if rng.random() < 0.7 else "ML",
    )
    scale = 10.0 ** rng.integers(-3, 4)
    return Simulated(f"{seed:03d}_{kind}", pd.DataFrame({"y": y * scale, **table}), spec)


def _sds(rng: np.random.Generator) -> FloatArray:
    """Return sds of intercepts and slopes: none, small or large against residuals of 1."""
    return rng.choice([0.0, 0.1, 0.5, 1.0, 5.0], size=2, p=[0.25, 0.15, 0.25, 0.25, 0.1])


def _levels(rng: np.random.Generator, kind: str) -> tuple[dict[str, IntArray], dict[str, str]]:
    """Return the level of every row for every factor, and which ids start again in which."""
    a, b = int(rng.integers(4, 25)), int(rng.integers(3, 12))
    n = int(rng.integers(40, 400))
    if kind == "crossed":
        first, second = np.repeat(np.arange(a), b), np.tile(np.arange(b), a)
        times = int(rng.integers(1, 4))
        first, second = np.tile(first, times), np.tile(second, times)
        kept = rng.random(len(first)) < rng.choice([1.0, 0.8])
        return {"a": first[kept], "b": second[kept]}, {}
    if kind == "sparse":
        weights = rng.exponential(size=a) ** 2
        return {
            "a": rng.choice(a, n, p=weights / weights.sum()),
            "b": rng.integers(0, 3 * b, n),
        }, {}
    if kind in ("nested", "reused"):
        parent = np.sort(rng.integers(0, b, 3 * b))
        inner = rng.integers(0, len(parent), n)
        outer = parent[inner]
        if kind == "nested":
            return {"b": outer, "a": inner}, {}
        first = np.searchsorted(parent, np.arange(b))
        return {"b": outer, "a": inner - first[outer]}, {"a": "b"}
    if kind == "disconnected":
        part = rng.integers(0, 3, n)
        return {"a": part * a + rng.integers(0, a, n), "b": part * b + rng.integers(0, b, n)}, {}
    if kind == "three":
        return {g: rng.integers(0, size, n) for g, size in (("a", a), ("b", b), ("c", 4))}, {}
    if kind == "mixed":
        inner = rng.integers(0, 3 * b, n)
        return {"a": inner, "b": inner % b, "c": rng.integers(0, 5, n)}, {}
    return {"a": rng.integers(0, a, n), "b": rng.integers(0, 2, n)}, {}


def _formula(spec: ModelSpec) -> str:
    return spec.lme4_formula()


def main(folder: Path) -> None:
    """Write every table and its formula."""
    said = {}
    for seed in range(N_TABLES):
        case = simulated(seed)
        case.table.to_csv(folder / f"{case.name}.csv", index=False)
        said[case.name] = {"formula": _formula(case.spec), "REML": case.spec.criterion == "REML"}
    (folder / "models.json").write_text(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
