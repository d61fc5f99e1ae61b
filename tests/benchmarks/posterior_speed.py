"""How long the full posterior takes beside the fits themselves: ``python -m`` this module.

Medians over some runs, wall clock and processor time of this process, one BLAS thread. The
posterior is asked for everything a screen shows: sigma_y, sds, correlations, the share of the
variance, average coefficients, and every group's intervals.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable

import numpy as np

import core
from core.results import PoolingFits
from tests.fitted import many_groups

RUNS = 7


def everything(fits: PoolingFits) -> None:
    """Ask the posterior for everything."""
    made = core.posterior(fits)
    for name in ("sigma_y", "sigma_group", "correlation", "icc", "fixef", "line"):
        getattr(made, name)


def medians(job: Callable[[], object]) -> tuple[float, float]:
    """Return median wall clock and processor time in milliseconds."""
    job()
    times = []
    for _ in range(RUNS):
        wall, own = time.perf_counter(), time.process_time()
        job()
        times.append((time.perf_counter() - wall, time.process_time() - own))
    wall, own = 1e3 * np.median(np.array(times), axis=0)
    return float(wall), float(own)


def cases() -> dict[str, core.GroupedData]:
    """Return the tables of the comparison."""
    exam, radon = core.EXAMPLES["exam"].spec, core.EXAMPLES["radon"].spec
    many = core.ModelSpec(outcome="y", group="g", predictors=("x",))
    made = {
        "exam, 4,059 x 65, slope": (core.load_example("exam"), exam),
        "exam, 4,059 x 65, intercept": (core.load_example("exam"), exam.update(varying=())),
        "radon, 919 x 85, slope": (core.load_example("radon"), radon),
        "10,000 groups, intercept": (many_groups(10_000), many),
        "1,000 groups, slope": (many_groups(1_000), many.update(varying=("x",))),
    }
    return {name: core.GroupedData.from_table(*each) for name, each in made.items()}


def main() -> None:
    """Print the table."""
    print("| table | three fits (ms) | posterior (ms) | posterior, processor (ms) | ratio |")
    print("| --- | --: | --: | --: | --: |")
    for name, data in cases().items():
        fits = core.fit_all(data)
        fit, _ = medians(lambda data=data: core.fit_all(data))  # type: ignore[misc]
        wall, own = medians(lambda fits=fits: everything(fits))  # type: ignore[misc]
        print(f"| {name} | {fit:.0f} | {wall:.0f} | {own:.0f} | {wall / fit:.1f} |", flush=True)


if __name__ == "__main__":
    main()
