"""The models that the dial is measured on: examples, odd simulated tables, a folder of CSVs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import core
from core.exceptions import PoolingError
from core.types import IntArray
from tests.fitted import ONE_FACTOR

Maker = Callable[[], core.PoolingFits]


def _fit(table: pd.DataFrame, spec: core.ModelSpec) -> core.PoolingFits:
    return core.fit_all(core.GroupedData.from_table(table, spec))


def lines(
    sizes: IntArray,
    *,
    sd: tuple[float, float, float] = (1.0, 0.4, 0.8),
    units: tuple[float, float] = (1.0, 1.0),
    seed: int = 5,
) -> pd.DataFrame:
    """Return rows of y, x, z, kind, u and g: groups of given sizes with lines of their own.

    ``sd`` are those of intercepts, slopes and residuals; ``units`` multiply y and x.
    """
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    n = len(group)
    u = rng.normal(size=len(sizes))
    alpha = 2.0 + 0.5 * u + sd[0] * rng.normal(size=len(sizes))
    beta = -0.5 + 0.2 * u + sd[1] * rng.normal(size=len(sizes))
    x, z = rng.normal(size=(2, n))
    kind = rng.integers(0, 3, size=n)
    y = alpha[group] + beta[group] * x + 0.3 * z + 0.4 * kind + sd[2] * rng.normal(size=n)
    names = np.array([f"g{j:05d}" for j in range(len(sizes))], dtype=object)
    return pd.DataFrame(
        {
            "y": units[0] * y,
            "x": units[1] * x,
            "z": z,
            "kind": np.array(["ash", "birch", "cedar"], dtype=object)[kind],
            "u": u[group],
            "g": names[group],
        }
    )


def sizes_of(n_groups: int, low: int, high: int, seed: int = 3) -> IntArray:
    """Return so many group sizes of at least `low` and less than `high`."""
    return np.random.default_rng(seed).integers(low, high, size=n_groups)


_SLOPE = core.ModelSpec("y", "g", predictors=("x",), varying=("x",))
_LEVEL = core.ModelSpec("y", "g", predictors=("x",))


def many(n_groups: int) -> core.PoolingFits:
    """Return so many groups of two to nineteen rows, each with a line of its own."""
    return _fit(lines(sizes_of(n_groups, 2, 20)), _SLOPE)


def _weird() -> core.PoolingFits:
    table = lines(sizes_of(8, 3, 12))
    names = ["<b>a</b>", "$x^2$", "a\nb", "  ", "{share}", "ÄÖ 漢字 🙂", "=1+1", "x" * 300]
    code = table["g"].str[1:].astype(int)
    table["g"] = np.array(names, dtype=object)[code]
    renamed = table.rename(columns={"y": "y {c}", "x": "x:$\\beta$ *b*"})
    spec = core.ModelSpec("y {c}", "g", predictors=("x:$\\beta$ *b*",), varying=("x:$\\beta$ *b*",))
    return _fit(renamed, spec)


def _years() -> core.PoolingFits:
    table = lines(sizes_of(25, 2, 9))
    return _fit(table.assign(x=1990.0 + 4.0 * table["x"]), _SLOPE)


#: Tables that are easy to get wrong.
ODD: dict[str, Maker] = {
    "two groups": lambda: _fit(lines(np.array([6, 9])), _SLOPE),
    "two groups, one row": lambda: _fit(lines(np.array([1, 9])), _LEVEL),
    "singletons": lambda: _fit(lines(sizes_of(40, 1, 4)), _SLOPE),
    "singletons but one": lambda: _fit(lines(np.array([1] * 19 + [12])), _LEVEL),
    "variance zero": lambda: _fit(lines(sizes_of(20, 3, 8), sd=(1e-3, 0.0, 1.0)), _SLOPE),
    "variance huge": lambda: _fit(lines(sizes_of(20, 3, 8), sd=(50.0, 20.0, 0.01)), _SLOPE),
    "one large": lambda: _fit(lines(np.array([500, 2, 2, 1, 3, 4, 2, 2])), _SLOPE),
    "uncorrelated": lambda: _fit(lines(sizes_of(30, 2, 12)), _SLOPE.update(correlated=False)),
    "ML": lambda: _fit(lines(sizes_of(30, 2, 12)), _SLOPE.update(criterion="ML")),
    "group predictor": lambda: _fit(
        lines(sizes_of(30, 2, 12)), _SLOPE.update(group_predictors=("u",))
    ),
    "cross level": lambda: _fit(
        lines(sizes_of(30, 1, 12)),
        _SLOPE.update(group_predictors=("u",), cross_level=(("x", "u"),)),
    ),
    "common category": lambda: _fit(
        lines(sizes_of(30, 1, 12)), core.ModelSpec("y", "g", ("x", "z", "kind"), ("x",))
    ),
    "varying category": lambda: _fit(
        lines(sizes_of(30, 1, 14)), core.ModelSpec("y", "g", ("x", "kind"), ("kind",))
    ),
    "three coefficients": lambda: _fit(
        lines(sizes_of(40, 1, 16)),
        core.ModelSpec("y", "g", ("x", "z"), ("x", "z"), group_predictors=("u",)),
    ),
    "slope alone": lambda: _fit(
        lines(sizes_of(30, 1, 12)),
        core.ModelSpec("y", "g", ("x",), ("x",), varying_intercept=False),
    ),
    "y in 1e9": lambda: _fit(lines(sizes_of(30, 1, 12), units=(1e9, 1.0)), _SLOPE),
    "y in 1e-9": lambda: _fit(lines(sizes_of(30, 1, 12), units=(1e-9, 1.0)), _SLOPE),
    "x in 1e9": lambda: _fit(lines(sizes_of(30, 1, 12), units=(1.0, 1e9)), _SLOPE),
    "x in 1e-9": lambda: _fit(lines(sizes_of(30, 1, 12), units=(1.0, 1e-9)), _SLOPE),
    "x in years": _years,
    "odd names": _weird,
    "100 groups": lambda: many(100),
    "1,000 groups": lambda: many(1_000),
    "10,000 groups": lambda: many(10_000),
}


def examples() -> Iterator[tuple[str, Maker]]:
    """Yield every example as it is shown, with a varying intercept only, and with ML."""
    for name, example in ((n, core.EXAMPLES[n]) for n in ONE_FACTOR):
        specs = {"": example.spec, ", ML": example.spec.update(criterion="ML")}
        level = example.spec.update(varying=(), cross_level=(), varying_intercept=True)
        if level != example.spec:
            specs |= {", intercept": level, ", intercept, ML": level.update(criterion="ML")}
        for what, spec in specs.items():
            yield f"{name}{what}", lambda n=name, s=spec: _fit(core.load_example(n), s)


def folder(path: Path) -> Iterator[tuple[str, Maker]]:
    """Yield each CSV of a folder with the roles that are guessed for it, level and slope."""
    for file in sorted(path.glob("*.csv")):
        table = core.read_table(file.open("rb"), name=file.name)
        roles = core.guess_roles(table)
        if roles.outcome is None or roles.group is None:
            continue
        slope = roles.predictors[:1]
        for varying in ((), slope) if slope else ((),):
            spec = core.ModelSpec(roles.outcome, roles.group, slope, varying)
            name = f"{file.stem}{', slope' if varying else ''}"
            yield name, lambda t=table, s=spec: _fit(t, s)


def models(csv_folder: Path | None) -> Iterator[tuple[str, core.PoolingFits]]:
    """Yield every model that can be fitted, with its name."""
    makers = [*examples(), *ODD.items(), *(folder(csv_folder) if csv_folder else ())]
    for name, make in makers:
        try:
            fits = make()
        except PoolingError:
            continue
        if fits.multilevel_or_none is not None:
            yield name, fits
