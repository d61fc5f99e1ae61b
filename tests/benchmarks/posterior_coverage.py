"""How often intervals hold the truth, and how wide they are: posterior beside plug-in.

``python -m tests.benchmarks.posterior_coverage [data sets a design] [designs ...]`` prints one
Markdown table a kind of design: nominal 90% intervals of the groups' means, sigma_alpha, the
intraclass correlation, sigma_y, the average and a new group, over simulated tables of a varying
intercept with sigma_y = 1. Coverage in percent; widths beside it (of groups, mu and the new group
their mean, of sigma_alpha its median). Plug-in intervals and new groups: of every fourth table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

import core
from core.exceptions import PoolingError
from core.results import PoolingFits

LEVEL = 0.9
Z = 1.6448536269514722


@dataclass(frozen=True)
class Design:
    """J groups of given sizes and an intraclass correlation."""

    name: str
    sizes: tuple[int, ...]
    icc: float

    def draw(self, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, float]:
        """Return a table, the groups' true means and the mean of a group not in it."""
        sd = float(np.sqrt(self.icc / (1.0 - self.icc)))
        group = np.repeat(np.arange(len(self.sizes)), self.sizes)
        mean = sd * rng.standard_normal(len(self.sizes))
        y = mean[group] + rng.standard_normal(len(group))
        table = pd.DataFrame({"y": y, "g": [f"g{j:02d}" for j in group]})
        return table, mean, sd * float(rng.standard_normal())


SIZES = {
    "J=5, n=5": (5,) * 5,
    "J=5, n=2 to 12": (2, 3, 4, 6, 12),
    "J=6, n=5": (5,) * 6,
    "J=6, n=2 to 15": (2, 2, 4, 5, 8, 15),
    "J=10, n=10": (10,) * 10,
    "J=10, n=2 to 40": (2, 3, 4, 5, 6, 8, 10, 15, 25, 40),
    "J=30, n=8": (8,) * 30,
    "J=30, n=2 to 40": tuple(int(n) for n in np.geomspace(2, 40, 30).round()),
}
ICCS = (0.02, 0.05, 0.1, 0.3, 0.5)


def designs(names: list[str]) -> Iterator[Design]:
    """Yield the designs whose name begins as one of ``names`` (all without any)."""
    for name, sizes in SIZES.items():
        if not names or any(name.startswith(each) for each in names):
            yield from (Design(name, sizes, icc) for icc in ICCS)


def plug_in(fits: PoolingFits) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return what the estimate alone promises: (lower, upper) by name."""
    fit = fits.multilevel
    half = Z * fit.line_se[:, 0]
    rows = pd.DataFrame({"g": [*fits.data.group_names, "somebody else"]})
    by_t = core.predict(fits, rows, level=LEVEL, individual=False)
    low, high = by_t["lower"].to_numpy(), by_t["upper"].to_numpy()
    out = {
        "line, z": (fit.line[:, 0] - half, fit.line[:, 0] + half),
        "line, t": (low[:-1], high[:-1]),
        "new group, t": (low[-1:], high[-1:]),
    }
    found = core.profile(fit, LEVEL).interval("sd_(Intercept)")
    return out | {"sigma_alpha, profile": (np.array([found[0]]), np.array([found[1]]))}


def posterior(fits: PoolingFits, *, with_new: bool) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the same from the posterior under a flat prior."""
    made = core.posterior(fits, level=LEVEL)
    ends = {
        "line": (made.line.lower[:, 0], made.line.upper[:, 0]),
        "sigma_alpha": (made.sigma_group.lower, made.sigma_group.upper),
        "icc": (np.array([made.icc.lower]), np.array([made.icc.upper])),
        "sigma_y": (np.array([made.sigma_y.lower]), np.array([made.sigma_y.upper])),
        "mu": (made.fixef.lower, made.fixef.upper),
    }
    if with_new:
        rows = pd.DataFrame({"g": ["somebody else"]})
        new = core.predict(fits, rows, level=LEVEL, individual=False, uncertainty=made)
        ends["new group"] = new["lower"].to_numpy(), new["upper"].to_numpy()
    return {f"{name}, posterior": value for name, value in ends.items()}


def study(design: Design, count: int, seed: int = 1) -> dict[str, tuple[float, float]]:
    """Return coverage and width of every interval over simulated tables."""
    hits: dict[str, list[float]] = {}
    width: dict[str, list[float]] = {}
    for i in range(count):
        rng = np.random.default_rng([seed, i, len(design.sizes), round(1000 * design.icc)])
        table, mean, other = design.draw(rng)
        spec = core.ModelSpec(outcome="y", group="g")
        fits = core.fit_all(core.GroupedData.from_table(table, spec))
        sd = np.sqrt(design.icc / (1.0 - design.icc))
        truth = {"line": mean, "new group": other, "sigma_alpha": sd, "icc": design.icc}
        truth |= {"sigma_y": 1.0, "mu": 0.0}
        try:
            costly = i < count // 4
            found = posterior(fits, with_new=costly) | (plug_in(fits) if costly else {})
        except PoolingError as error:
            print(f"refused: {error}")
            continue
        for name, (low, high) in found.items():
            true = truth[name.split(",")[0]]
            hits.setdefault(name, []).append(float(np.mean((low <= true) & (true <= high))))
            width.setdefault(name, []).append(float(np.mean(high - low)))
    middle = {"sigma_alpha, posterior": np.median, "sigma_alpha, profile": np.median}
    return {
        name: (float(np.mean(each)), float(middle.get(name, np.mean)(width[name])))
        for name, each in hits.items()
    }


def main(arguments: list[str]) -> None:
    """Print the tables."""
    count = int(arguments[0]) if arguments else 200
    for design in designs(arguments[1:]):
        found = study(design, count)
        cells = "; ".join(f"{n} {100 * c:.1f} ({w:.2f})" for n, (c, w) in found.items())
        print(f"| {design.name} | {design.icc:g} | {cells} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
