"""Several factors against lme4: classic models, and simulated tables made to be hard."""

from __future__ import annotations

import json

import numpy as np
import pytest

import core
from tests.golden.factors.models import FOLDER, MODELS, fits_of, load
from tests.golden.factors.simulated import N_TABLES, simulated

CASES = [(name, criterion) for name in MODELS for criterion in ("REML", "ML")]
#: lme4's optimizers stop within this of the optimum; modes and variances follow its root.
CRITERION = 1e-5
SHARE = 1e-4


@pytest.mark.parametrize(("name", "criterion"), CASES)
def test_criterion_fixed_effects_and_variances_are_those_of_lme4(name: str, criterion: str) -> None:
    case, fit = load(name, criterion), fits_of(name, criterion).multilevel
    said = case.said
    assert abs(fit.criterion_value - said["criterion"]) < CRITERION
    se = np.atleast_1d(said["fixef"]["se"])
    assert np.abs((fit.fixef - said["fixef"]["estimate"]) / se).max() < SHARE
    assert fit.fixef_se == pytest.approx(se, rel=SHARE)
    assert fit.sigma_y == pytest.approx(said["sigma"], rel=SHARE)
    for factor in case.spec.groups:
        gold = case.cov_of(factor)
        size = np.sqrt(np.outer(np.diag(gold), np.diag(gold))) + 1e-6 * fit.sigma_y**2
        assert np.abs((fit.factors[factor].vcov_group - gold) / size).max() < SHARE
    assert fit.optimization.converged


@pytest.mark.parametrize(("name", "criterion"), CASES)
def test_modes_and_their_covariances_are_those_of_lme4(name: str, criterion: str) -> None:
    case, fit = load(name, criterion), fits_of(name, criterion).multilevel
    for factor in case.spec.groups:
        said, levels = case.of_factor(factor)
        got = fit.factors[factor]
        assert sorted(got.group_names) == sorted(levels)
        at = [levels.index(level) for level in got.group_names]
        modes, spread = np.array(said["modes"])[at], np.array(said["condvar"])[at]
        reach = np.abs(modes).max(axis=0) + 1e-6 * fit.sigma_y
        assert np.abs((got.ranef - modes) / reach).max() < SHARE
        size = np.einsum("lkk->lk", spread).max(axis=0)
        size = np.sqrt(np.outer(size, size)) + 1e-6 * fit.sigma_y**2
        assert np.abs((got.cond_var - spread) / size).max() < SHARE


@pytest.mark.parametrize(
    "part", [0, *(pytest.param(i, marks=pytest.mark.slow) for i in range(1, 5))]
)
def test_no_simulated_table_ends_above_the_best_of_three_optimizers(part: int) -> None:
    gold = json.loads((FOLDER / "simulated.json").read_text())
    offences = []
    for seed in range(part, N_TABLES, 5):
        case = simulated(seed)
        said = gold[case.name]
        fit = core.fit_all(core.GroupedData.from_table(case.table, case.spec)).multilevel
        gap = fit.criterion_value - said["criterion"]
        if gap > CRITERION or not fit.optimization.converged:
            offences.append(f"{case.name}: {gap:.2e} {fit.status.code}")
        if abs(gap) < CRITERION:
            apart = np.abs((fit.fixef - said["fixef"]) / np.array(said["se"])).max()
            if apart > 1e-3:
                offences.append(f"{case.name}: fixed effects {apart:.1e} standard errors apart")
    assert offences == []
