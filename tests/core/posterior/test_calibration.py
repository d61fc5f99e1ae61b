"""Simulation-based calibration: drawn from the prior, the truth is anywhere alike.

Talts, Betancourt, Simpson, Vehtari & Gelman (2018). The prior of sigma_y and of the average
coefficients is improper, so: the averages are at 0 (the posterior moves with them), and
log sigma_y is even over a range of which only tables whose residual sd lies well inside are
kept. That choice is made by the data, which leaves the posterior right.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import core
from core.types import FloatArray
from tests.core.posterior.made import fit

SCALE = 1.0


def truths(k: int, seed: int) -> Iterator[tuple[pd.DataFrame, dict[str, float]]]:
    """Yield tables and what they were drawn with, for ever."""
    rng = np.random.default_rng([15, k, seed])
    sizes = np.array([2, 3, 4, 5, 6, 8, 12])
    group = np.repeat(np.arange(len(sizes)), sizes)
    while True:
        sigma = float(np.exp(rng.uniform(np.log(0.2), np.log(4.0))))
        sd = np.abs(SCALE * rng.normal(size=k))
        rho = float(rng.uniform(-1.0, 1.0)) if k == 2 else 0.0
        root = np.linalg.cholesky(np.array([[1.0, rho], [rho, 1.0]])[:k, :k])
        lines = rng.normal(size=(len(sizes), k)) @ (sd[:, None] * root).T
        x = rng.normal(size=len(group))
        error = sigma * rng.normal(size=len(group))
        y = lines[group, 0] + (lines[group, 1] * x if k == 2 else 0.0) + error
        if not 0.35 < _residual_sd(y, x, group, k) < 2.3:
            continue
        table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
        truth = {"sigma_y": sigma, "sd_0": float(sd[0]), "line": float(lines[1, 0])}
        yield table, truth | ({"sd_1": float(sd[1]), "rho": rho} if k == 2 else {})


def _residual_sd(y: FloatArray, x: FloatArray, group: FloatArray, k: int) -> float:
    rss, free = 0.0, 0
    for j in range(int(group.max()) + 1):
        rows = group == j
        Z = np.column_stack([np.ones(rows.sum()), x[rows]])[:, :k]
        rss += float(np.linalg.lstsq(Z, y[rows], rcond=None)[1].sum())
        free += max(int(rows.sum()) - k, 0)
    return float(np.sqrt(rss / free))


def places(k: int, count: int, seed: int) -> dict[str, FloatArray]:
    """Return where each truth lies in its posterior, between 0 and 1."""
    spec = {"predictors": ("x",), "varying": ("x",)} if k == 2 else {}
    prior = core.Prior("half_normal", scale=(SCALE,) * k, at="zero")
    out: dict[str, list[float]] = {}
    for _, (table, truth) in zip(range(count), truths(k, seed), strict=False):
        made = core.posterior(fit(table, **spec), prior)
        where = {
            "sigma_y": made.sigma_y.p_above(truth["sigma_y"]),
            "sd_0": made.sigma_group.p_above(truth["sd_0"], 0),
            "mu": made.fixef.p_above(0.0, 0),
            "line": made.line.p_above(truth["line"], 1, 0),
        }
        share = truth["sd_0"] ** 2 / (truth["sd_0"] ** 2 + truth["sigma_y"] ** 2)
        where["icc"] = made.icc.p_above(share)
        if k == 2:
            where["sd_1"] = made.sigma_group.p_above(truth["sd_1"], 1)
            where["rho"] = made.correlation.p_above(truth["rho"], 1, 0)
            where["slope"] = made.fixef.p_above(0.0, 1)
        for name, value in where.items():
            out.setdefault(name, []).append(value)
    return {name: np.array(values) for name, values in out.items()}


def assert_even(found: dict[str, FloatArray], least: float) -> None:
    """Check that places are even between 0 and 1, and intervals hold what they promise."""
    p = {name: stats.kstest(values, "uniform").pvalue for name, values in found.items()}
    assert {name: value for name, value in p.items() if value < least} == {}
    for level in (0.5, 0.9):
        tail = 0.5 * (1.0 - level)
        for name, values in found.items():
            hits = int(((values > tail) & (values < 1.0 - tail)).sum())
            assert stats.binomtest(hits, len(values), level).pvalue > least, (name, level)


@pytest.mark.parametrize(("k", "count"), [(1, 60), (2, 16)])
def test_the_truth_lies_anywhere_alike(k: int, count: int) -> None:
    assert_even(places(k, count, seed=1), least=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "count"), [(1, 600), (2, 250)])
def test_the_truth_lies_anywhere_alike_in_many_tables(k: int, count: int) -> None:
    assert_even(places(k, count, seed=2), least=1e-3)
