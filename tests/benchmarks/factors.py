"""Time models with several factors, beside lme4 and mixedlm where they are found.

    python -m tests.benchmarks.factors [--insteval path/to/insteval.csv]

InstEval (73,421 ratings of 1,128 lecturers by 2,972 students, in 14 departments), 1,000,000 rows in
100,000 classes in 10,000 schools, and one-factor tables by the same engine as before. From a
DataFrame to the fits, median of three. The machine's other work is in every figure: read ratios.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

import core


def median_of(run: Callable[[], object], times: int = 3) -> float:
    """Return the median of some runs, seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def nested(rows: int = 1_000_000, schools: int = 10_000, classes: int = 10) -> pd.DataFrame:
    """Return pupils in classes in schools with a known truth."""
    rng = np.random.default_rng(1)
    room = rng.integers(0, schools * classes, rows)
    school = room // classes
    x = rng.normal(size=rows)
    y = 1.0 + 0.5 * x + rng.normal(0, 0.5, schools)[school]
    y += rng.normal(0, 0.3, schools * classes)[room] + rng.normal(size=rows)
    return pd.DataFrame({"y": y, "x": x, "school": school, "room": room})


def fitted(table: pd.DataFrame, spec: core.ModelSpec) -> core.PoolingFits:
    """Return the three fits of a table."""
    return core.fit_all(core.GroupedData.from_table(table, spec))


def lme4(path: Path) -> str:
    """Return seconds and criterion of lme4 on InstEval, or why there is none."""
    if shutil.which("Rscript") is None:
        return "no Rscript"
    code = (
        f'suppressMessages(library(lme4)); d <- read.csv("{path}"); '
        "t <- system.time(m <- lmer(y ~ 1 + (1|s) + (1|d) + (1|dept), d)); "
        'cat(sprintf("%.1f s, REML %.4f", t[["elapsed"]], REMLcrit(m)))'
    )
    made = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, timeout=600)
    return made.stdout or made.stderr[-200:]


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--insteval", type=Path)
    asked = parser.parse_args()
    if asked.insteval is not None:
        table = pd.read_csv(asked.insteval)
        spec = core.ModelSpec(outcome="y", groups=("s", "d", "dept"))
        found = fitted(table, spec)
        print(
            f"InstEval: {median_of(lambda: fitted(table, spec)):.2f} s, REML "
            f"{found.multilevel.criterion_value:.4f}; lme4 {lme4(asked.insteval)}"
        )
    table = nested()
    spec = core.ModelSpec(outcome="y", groups=("school", "room"), predictors=("x",))
    print(f"1,000,000 rows, 100,000 in 10,000: {median_of(lambda: fitted(table, spec)):.2f} s")
    one = core.ModelSpec(outcome="y", group="school", predictors=("x",), varying=("x",))
    print(f"the same, one factor, varying slope: {median_of(lambda: fitted(table, one)):.2f} s")
    with tempfile.TemporaryDirectory():
        exam = core.load_example("exam")
        first = core.EXAMPLES["exam"].spec
        print(f"exam, one factor: {1e3 * median_of(lambda: fitted(exam, first), 9):.1f} ms")


if __name__ == "__main__":
    main()
