"""Is the optimum ever missed? Hard tables beside the best of three lme4 optimizers.

``python -m tests.benchmarks.optima FOLDER [--seed 1] [--tables 75]`` writes tables that are hard to
fit (few groups, singletons, one giant group, sparse dummies, sds near zero, correlations near one,
scales from 1e-3 to 1e3), has R fit each of them in up to four structures by REML and ML, and prints
how many criteria are worse or better, and every fit called fine without a certificate.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import core
from core.exceptions import PoolingError

HERE = Path(__file__).resolve().parent
STRUCTURES = {
    "intercept": ((), True),
    "slope": (("x",), True),
    "uncorrelated": (("x",), False),
    "two slopes": (("x", "z"), True),
}


def table(rng: np.random.Generator) -> pd.DataFrame:
    """Return one hard table with columns y, x, z, g."""
    n_groups = int(rng.choice([3, 4, 6, 10, 25, 40]))
    sizes = rng.integers(1, int(rng.choice([3, 6, 20])) + 1, size=n_groups)
    if rng.random() < 0.3:
        sizes[0] = 60
    sizes[:2] = np.maximum(sizes[:2], 4)
    group = np.repeat(np.arange(n_groups), sizes)
    n = len(group)
    kind = rng.choice(["normal", "sparse", "constant", "shifted", "time"])
    x = rng.normal(size=n)
    if kind == "sparse":
        x = (rng.random(n) < 0.08).astype(float)
        x[:2] = 0.0, 1.0
    elif kind == "constant":
        x = rng.normal(size=n_groups)[group] + 0.05 * rng.normal(size=n)
    elif kind == "shifted":
        x = x + 50.0
    elif kind == "time":
        x = np.concatenate([np.arange(s, dtype=float) for s in sizes])
    z = rng.choice([rng.normal(size=n), (rng.random(n) < 0.3).astype(float)])
    rho = rng.choice([-0.99, -0.5, 0.0, 0.7, 0.999])
    sd = rng.choice([0.0, 0.1, 0.5, 1.0, 4.0], size=3)
    joint = max(rho, 0.0)  # of three, the second and third go along where that is possible
    cov = np.outer(sd, sd) * (np.full((3, 3), joint) + (1 - joint) * np.eye(3))
    cov[0, 1] = cov[1, 0] = rho * sd[0] * sd[1]
    values, vectors = np.linalg.eigh(cov)
    own = rng.normal(size=(n_groups, 3)) @ (vectors * np.sqrt(np.maximum(values, 0))).T
    y = own[group, 0] + own[group, 1] * x + own[group, 2] * z + 0.5 * x + rng.normal(size=n)
    scale = 10.0 ** rng.integers(-3, 4, size=3)
    return pd.DataFrame(
        {"y": y * scale[0], "x": x * scale[1], "z": z * scale[2], "g": [f"g{j}" for j in group]}
    )


def models(folder: Path, seed: int, n_tables: int) -> list[dict[str, Any]]:
    """Write the tables and return the models to fit."""
    rng = np.random.default_rng(seed)
    out = []
    for i in range(n_tables):
        file = f"t{i:03d}.csv"
        table(rng).to_csv(folder / file, index=False, float_format="%.17g")
        for name, (varying, correlated) in STRUCTURES.items():
            bar = "|" if correlated else "||"
            formula = f"y ~ x + z + ({' + '.join(['1', *varying])} {bar} g)"
            model = {"file": file, "formula": formula, "varying": varying}
            model["correlated"] = correlated
            criteria = (True, False) if i % 2 else (bool(i % 4),)
            out += [model | {"name": f"{file} {name} {r}", "reml": r} for r in criteria]
    (folder / "models.json").write_text(json.dumps(out))
    return out


def ours(folder: Path, model: dict[str, Any]) -> tuple[float, str, bool]:
    """Return the criterion, the status and whether it is certified."""
    frame = pd.read_csv(folder / model["file"], dtype={"g": str})
    spec = core.ModelSpec(
        outcome="y",
        group="g",
        predictors=("x", "z"),
        varying=tuple(model["varying"]),
        correlated=model["correlated"],
        criterion="REML" if model["reml"] else "ML",
    )
    try:
        fits = core.fit_all(core.GroupedData.from_table(frame, spec))
    except PoolingError as error:
        return np.nan, error.code, True
    if fits.multilevel_or_none is None:
        return np.nan, fits.status.code, True
    fit = fits.multilevel
    return fit.criterion_value, fits.status.code, fit.optimization.converged


def main() -> None:
    """Make, fit, compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=int, default=75)
    parser.add_argument("--reuse", action="store_true", help="what R said of the folder before")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.reuse:
        wanted = json.loads((asked.folder / "models.json").read_text())
    else:
        wanted = models(asked.folder, asked.seed, asked.tables)
        subprocess.run(["Rscript", str(HERE / "optima.R"), str(asked.folder)], check=True)
    best = {m["name"]: m["best"] for m in json.loads((asked.folder / "lme4.json").read_text())}
    worse, better, refused, untrue = [], 0, 0, []
    for model in wanted:
        value, status, certified = ours(asked.folder, model)
        theirs = best[model["name"]]
        if not np.isfinite(value) or not isinstance(theirs, float | int):
            refused += not np.isfinite(value)
            continue
        if value > theirs + 1e-4:
            worse.append((model["name"], value - theirs, status))
        better += value < theirs - 1e-4
        if not certified and status != "not_certified":
            untrue.append((model["name"], status))
    print(f"{len(wanted)} fits: {len(worse)} worse, {better} better, {refused} refused in words")
    print(f"called otherwise than not certified, without a certificate: {untrue}")
    for name, gap, status in worse:
        print(f"  {name}: {gap:.2e} above lme4's best, status {status}")


if __name__ == "__main__":
    main()
