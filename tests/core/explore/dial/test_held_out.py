"""The cross-validated error along the dial: its ends, dense refits fold by fold, the words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.estimators.holding_out.folds import assign_folds
from core.explore.dial.held_out import dial_validation
from tests.core.brute import likelihood, refit_at
from tests.core.explore.dial.test_numbers import fits_of
from tests.golden.cases import load_case


@pytest.mark.parametrize("name", ["sleepstudy_int", "sleepstudy_slope", "dyestuff"])
def test_the_ends_are_complete_and_no_pooling(name: str) -> None:
    """The same folds, another way: ``cross_validate`` fits all three by itself."""
    fits = fits_of(name)
    along = dial_validation(core.dial_path(fits), folds=5, seed=3)
    assert along is not None
    apart = core.cross_validate(fits.data, folds=5, seed=3).summary.set_index("estimator")
    assert along.c[0] == 0 and np.isinf(along.c[-1])
    assert along.rmse[0] == pytest.approx(apart.loc["complete_pooling", "rmse"], rel=1e-9)
    assert along.rmse[-1] == pytest.approx(apart.loc["no_pooling", "rmse"], rel=1e-7)


@pytest.mark.parametrize("name", ["sleepstudy_slope", "dyestuff"])
def test_in_between_every_fold_is_a_dense_refit(name: str) -> None:
    fits = fits_of(name)
    positions = np.array([0.05, 1.0, 12.0])
    along = dial_validation(core.dial_path(fits), folds=4, seed=1, c=positions)
    assert along is not None
    fold = assign_folds(fits.data, "people", 4, 1)
    case = load_case(name)
    for c, rmse in zip(positions, along.rmse, strict=True):
        Sigma = c * fits.multilevel.vcov_group
        error = np.empty(fits.data.n_obs)
        for i in range(4):
            table = case.table[fold != i].reset_index(drop=True)
            part = core.GroupedData.from_table(table, case.spec("REML"))
            assert part.group_names == fits.data.group_names
            found = refit_at(part, Sigma, _near(part, Sigma), reml=True)
            out = fold == i
            X, Z = fits.data.design()[out], fits.data.varying_design()[out]
            modes = found.ranef[fits.data.group_index[out]]
            error[out] = fits.data.y[out] - X @ found.fixef - (Z * modes).sum(axis=1)
        assert rmse == pytest.approx(float(np.sqrt(np.mean(error**2))), rel=1e-7)


def _near(data: core.GroupedData, Sigma: np.ndarray) -> float:
    """Return a sigma_y around which the score has its root."""
    log = np.linspace(-6.0, 14.0, 81)
    slope = [likelihood(data, Sigma, float(np.exp(v)), reml=True).slope for v in log]
    at = int(np.flatnonzero((np.array(slope[:-1]) < 0) & (np.array(slope[1:]) >= 0))[0])
    return float(np.exp(0.5 * (0.5 * (log[at] + log[at + 1]))))


def test_what_is_as_good_holds_the_best_and_is_told() -> None:
    found = dial_validation(core.dial_path(fits_of("radon_slope")))
    assert found is not None
    assert found.rmse.min() == found.rmse[list(found.c).index(found.best)]
    assert found.same[0] <= found.best <= found.same[1]
    assert found.sentence.startswith("Left-out rows of known groups are predicted best at 0.5")


def test_groups_that_do_not_differ_are_best_pooled() -> None:
    rng = np.random.default_rng(8)
    table = pd.DataFrame({"y": rng.normal(size=400), "g": [f"g{i % 40}" for i in range(400)]})
    fits = core.fit_all(core.GroupedData.from_table(table, core.ModelSpec("y", "g")))
    found = dial_validation(core.dial_path(fits))
    assert found is not None
    assert found.rmse[0] < found.rmse[-1] and found.same[0] == 0.0


def test_a_predictor_that_a_fold_loses_is_no_reason_to_fail() -> None:
    """A column that is 0 but for one row cannot be learnt without it."""
    table = pd.DataFrame(
        {"y": np.arange(12.0) % 5, "g": list("aabbccddeeff"), "x": [1.0] + [0.0] * 11}
    )
    spec = core.ModelSpec("y", "g", predictors=("x",))
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    assert dial_validation(core.dial_path(fits), folds=12) is None
