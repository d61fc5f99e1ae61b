"""The posterior against dense quadrature on the rows, and that against a slice sampler."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.types import FloatArray
from tests.core.posterior.made import case_posterior
from tests.golden.posterior.cases import CASES, FOLDER, results
from tests.golden.posterior.quadrature import PROBABILITIES

P = np.array(PROBABILITIES)
#: Of an sd: what is promised of quantiles.
PROMISED = 0.01


def apart(found: FloatArray, wanted: FloatArray, sd: float | None = None) -> float:
    """Return the largest difference of quantiles in sds (as the middle half has them)."""
    spread = (wanted[4] - wanted[2]) / 1.349 if sd is None else sd
    return float(np.abs(found - wanted).max() / spread)


def is_moved(name: str) -> bool:
    """Return whether the gold values are of intercepts at the mean of x."""
    return name.startswith("years")


@pytest.mark.parametrize("name", sorted(CASES))
def test_parameters_have_the_quantiles_of_dense_quadrature(name: str) -> None:
    made, gold = case_posterior(name), results()[name]["axes"]
    found = {"sigma_y": made.sigma_y.quantile(P)}
    for a in range(len(made.varying_names)):
        if not (is_moved(name) and a == 0):
            found[f"sd_{a}"] = made.sigma_group.quantile(P, a)
    if "rho" in gold and not is_moved(name):
        found["rho"] = made.correlation.quantile(P, 1, 0)
    worst = {k: apart(v, np.array(gold[k]["quantiles"]), gold[k]["sd"]) for k, v in found.items()}
    assert {k: v for k, v in worst.items() if v > PROMISED} == {}
    if "icc" in results()[name]:
        assert apart(made.icc.quantile(P), np.array(results()[name]["icc"])) < PROMISED


@pytest.mark.parametrize("name", sorted(CASES))
def test_moments_are_those_of_dense_quadrature(name: str) -> None:
    made, gold = case_posterior(name), results()[name]["axes"]
    spread = gold["sigma_y"]["sd"]
    assert abs(made.sigma_y.mean - gold["sigma_y"]["mean"]) < 0.005 * spread
    assert abs(made.sigma_y.sd / spread - 1.0) < 0.01
    power = made.solved.tails.power
    for a in range(len(power)):
        if is_moved(name) and a == 0:
            continue
        sd = gold[f"sd_{a}"]["sd"]
        if power[a] > 5.0:  # with fewer groups the tail beyond any grid carries much of these
            assert abs(made.sigma_group.mean[a] - gold[f"sd_{a}"]["mean"]) < 0.01 * sd
            assert abs(made.sigma_group.sd[a] / sd - 1.0) < 0.03


@pytest.mark.parametrize("name", sorted(CASES))
def test_coefficients_have_the_quantiles_of_dense_quadrature(name: str) -> None:
    made, gold = case_posterior(name), results()[name]
    for i, (wanted, sd) in enumerate(
        zip(gold["fixef"]["quantiles"], gold["fixef"]["sd"], strict=True)
    ):
        assert apart(made.fixef.quantile(P, i), np.array(wanted), sd) < PROMISED
    k = len(made.varying_names)
    rows = zip(gold["line"]["quantiles"], gold["line"]["sd"], strict=True)
    for group in gold["groups"]:
        j = made.group_names.index(group)
        for a in range(k):
            wanted, sd = next(rows)
            assert apart(made.line.quantile(P, j, a), np.array(wanted), sd) < PROMISED


def test_the_two_independent_ways_agree_with_each_other() -> None:
    sampled = json.loads((FOLDER / "mcmc.json").read_text())
    assert len(sampled) >= 3
    for name, entries in sampled.items():
        for parameter, found in entries.items():
            if parameter == "draws":
                continue
            gold = results()[name]["axes"][parameter]
            wanted = [gold["quantiles"][PROBABILITIES.index(p)] for p in (0.05, 0.5, 0.95)]
            gap = np.abs(np.array(found["quantiles"]) - wanted)
            assert (gap < 4.0 * np.array(found["quantiles_se"])).all(), (name, parameter)


def test_the_gold_values_cover_what_they_should() -> None:
    assert len(CASES) >= 10
    assert set(results()) == set(CASES)
