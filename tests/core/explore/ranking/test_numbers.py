"""Ranks against dense posterior draws, and their intervals against known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from core.exceptions import SpecError
from core.explore.ranking.joint import joint_coefficients
from core.explore.ranking.numbers import places
from core.results import PoolingFits
from tests.core.dense import covariance, design
from tests.fitted import degenerate_fits, example_fits, many_fits

SPECS = {
    "mean": core.ModelSpec(outcome="y", group="g"),
    "slope": core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",)),
    "two levels": core.ModelSpec(
        outcome="y",
        group="g",
        predictors=("x",),
        varying=("x",),
        group_predictors=("u",),
        cross_level=(("x", "u"),),
    ),
}


def _fit(table: pd.DataFrame, spec: core.ModelSpec) -> PoolingFits:
    return core.fit_all(core.GroupedData.from_table(table, spec))


def _dense_joint(table: pd.DataFrame, fits: PoolingFits, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance of all groups' k-th coefficient by one big normal model.

    The coefficients of all groups and the fixed effects (flat prior) given the outcome:
    the mixed-model equations of Henderson, inverted as a whole.
    """
    fit, data = fits.multilevel, fits.data
    X, Z, y = design(table, fits.spec)
    n_groups, n_varying = data.n_groups, Z.shape[1]
    index = pd.Categorical(table[fits.spec.group], categories=data.group_names).codes
    wide = np.zeros((len(y), n_groups * n_varying))
    for i, j in enumerate(index):
        wide[i, j * n_varying : (j + 1) * n_varying] = Z[i]
    W = np.hstack([X, wide])
    precision = W.T @ W / fit.sigma_y**2
    p = X.shape[1]
    precision[p:, p:] += np.kron(np.eye(n_groups), np.linalg.inv(fit.vcov_group))
    cov = np.linalg.inv(precision)
    mean = cov @ W.T @ y / fit.sigma_y**2
    lift = np.zeros((n_groups, len(mean)))
    for t, term in enumerate(data.terms):
        if term.base == data.varying[k]:
            factor = data.group_columns[term.factor][1] if term.factor >= 0 else 1.0
            lift[:, t] = factor
    lift[np.arange(n_groups), p + np.arange(n_groups) * n_varying + k] = 1.0
    return lift @ mean, lift @ cov @ lift.T


@pytest.mark.parametrize("k", [0, 1])
@pytest.mark.parametrize("case", ["slope", "two levels"])
def test_the_joint_distribution_is_that_of_the_mixed_model_equations(
    simulated: pd.DataFrame, case: str, k: int
) -> None:
    fits = _fit(simulated, SPECS[case])
    joint = joint_coefficients(fits, fits.data.varying_names[k])
    mean, cov = _dense_joint(simulated, fits, k)
    assert_allclose(joint.mean, mean, rtol=0, atol=1e-8)
    ours = np.diag(joint.own_sd**2) + joint.shared @ joint.shared.T
    assert_allclose(ours, cov, rtol=0, atol=1e-9)
    i, j = np.array([3, 3, 5]), np.array([8, 3, 20])
    gap = cov[i, i] + cov[j, j] - 2 * cov[i, j]
    assert_allclose(joint.difference_sd(i, j) ** 2, gap, rtol=0, atol=1e-9)


@pytest.mark.parametrize("case", SPECS)
def test_ranks_are_those_of_posterior_draws(simulated: pd.DataFrame, case: str) -> None:
    fits = _fit(simulated, SPECS[case])
    found = core.rank(fits, share=0.1)
    mean, cov = _dense_joint(simulated, fits, 0)
    draws = np.random.default_rng(99).multivariate_normal(mean, cov, size=40_000)
    ranks = (-draws).argsort(axis=1).argsort(axis=1) + 1
    n_groups, seats = len(mean), places(len(mean), 0.1)
    assert_allclose(found["expected_rank"], ranks.mean(axis=0), rtol=0, atol=0.12)
    assert_allclose(found["p_top"], (ranks <= seats).mean(axis=0), rtol=0, atol=0.01)
    below = (ranks > n_groups - seats).mean(axis=0)
    assert_allclose(found["p_bottom"], below, rtol=0, atol=0.01)
    for column, q in (("rank_lower", 0.025), ("rank_upper", 0.975)):
        brute = np.quantile(ranks, q, axis=0, method="inverted_cdf")
        assert np.abs(found[column] - brute).max() <= 1
    assert sorted(found["rank"]) == list(range(1, n_groups + 1))
    assert_allclose(found["p_top"].sum(), seats, rtol=0.02)


def test_the_naive_rank_sorts_the_own_estimates(radon: pd.DataFrame) -> None:
    fits = example_fits("radon", "intercept")
    found = core.rank(fits)
    own = fits.no_pooling.coef[:, 0]
    assert (found["naive_rank"] == pd.Series(-own).rank()).all()
    slopes = core.rank(example_fits("radon"), "floor")
    missing = ~example_fits("radon").no_pooling.estimable[:, 1]
    assert (slopes["naive_rank"].isna() == missing).all() and missing.any()
    small = found["n"].to_numpy()[np.argsort(found["naive_rank"])[:5]]
    assert np.median(small) < found["n"].median()


def test_the_same_seed_gives_the_same_ranks() -> None:
    fits = example_fits("exam")
    first, again, other = (core.rank(fits, seed=s, draws=600) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert (first["expected_rank"] != other["expected_rank"]).any()


def _null(seed: int, n_groups: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 25, n_groups)
    group = np.repeat(np.arange(n_groups), sizes)
    return pd.DataFrame({"y": rng.normal(size=len(group)), "g": [f"{j:02d}" for j in group]})


def test_on_data_without_differences_nobody_stands_out() -> None:
    """Over 40 null tables not one of 1,200 groups is called sure of a place at an end."""
    for seed in range(40):
        found = core.rank(_fit(_null(seed), SPECS["mean"]), draws=1000)
        assert found["p_top"].max() < 0.95 and found["p_bottom"].max() < 0.95
        flat = found["estimate"].max() == found["estimate"].min()
        if flat:
            assert_allclose(found["p_top"], 0.1, atol=0.04)
            assert (found["rank_upper"] - found["rank_lower"] > 25).all()
            alike = core.pairs_alike(_fit(_null(seed), SPECS["mean"]))
            assert alike.share_alike == 1.0


def _world(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 40, 30)
    truth = rng.normal(size=30)
    group = np.repeat(np.arange(30), sizes)
    y = truth[group] + rng.normal(scale=1.5, size=len(group))
    return pd.DataFrame({"y": y, "g": [f"{j:02d}" for j in group]}), truth


def test_rank_intervals_hold_the_truth_and_chances_mean_what_they_say() -> None:
    """Over 100 tables with known truth: coverage at least nominal, probabilities calibrated."""
    inside, chance, hit = [], [], []
    for seed in range(100):
        table, truth = _world(seed)
        found = core.rank(_fit(table, SPECS["mean"]), draws=1000, level=0.9)
        rank = (-truth).argsort().argsort() + 1
        inside.append((found["rank_lower"] <= rank) & (rank <= found["rank_upper"]))
        chance.append(found["p_top"])
        hit.append(rank <= 3)
    # Ranks are whole numbers, so an interval holds a little more than asked for.
    assert 0.89 <= np.mean(inside) <= 0.95
    p, top = np.concatenate(chance), np.concatenate(hit)
    for low, high in ((0.0, 0.05), (0.05, 0.3), (0.3, 0.7), (0.7, 1.01)):
        band = (p >= low) & (p < high)
        error = np.sqrt(p[band].mean() * (1 - p[band].mean()) / band.sum())
        assert abs(p[band].mean() - top[band].mean()) < 3.5 * error + 0.01


def test_a_difference_is_that_of_two_coefficients(sleepstudy: pd.DataFrame) -> None:
    fits = example_fits("sleepstudy")
    mean, cov = _dense_joint(sleepstudy, fits, 1)
    names = fits.data.group_names
    i, j = names.index("309"), names.index("337")
    found = core.compare_groups(fits, "309", "337", "Days")
    se = np.sqrt(cov[i, i] + cov[j, j] - 2 * cov[i, j])
    assert_allclose([found.difference, found.se], [mean[i] - mean[j], se], rtol=1e-7)
    assert found.is_apart and found.p_higher < 0.001
    back = core.compare_groups(fits, "337", "309", "Days")
    assert_allclose(back.p_higher, 1 - found.p_higher)


def test_pairs_agree_with_comparisons_one_by_one(simulated: pd.DataFrame) -> None:
    fits = _fit(simulated, SPECS["two levels"])
    names = fits.data.group_names
    found = core.pairs_alike(fits, "x")
    apart = [
        sum(not core.compare_groups(fits, a, b, "x").is_apart for b in names if b != a)
        for a in names[:6]
    ]
    assert list(found.alike[:6]) == apart
    assert_allclose(found.share_alike, found.alike.sum() / (40 * 39))


def test_many_groups_are_compared_by_a_sample() -> None:
    fits = many_fits(10_000)
    sample = core.pairs_alike(fits)
    assert sample.is_sample
    joint = joint_coefficients(fits)
    rng = np.random.default_rng(3)
    i, j = rng.integers(0, 10_000, (2, 400_000))
    i, j = i[i != j], j[i != j]
    gap = joint.mean[i] - joint.mean[j]
    alike = np.mean(np.abs(gap) <= 1.959964 * joint.difference_sd(i, j))
    assert abs(sample.share_alike - alike) < 0.02


def test_refusals_are_typed() -> None:
    fits = example_fits("exam")
    for options in ({"share": 0.0}, {"share": 0.6}, {"level": 1.0}, {"term": "nothing"}):
        with pytest.raises(SpecError):
            core.rank(fits, **options)
    name = fits.data.group_names[0]
    for one, other in ((name, name), (name, "nobody")):
        with pytest.raises(SpecError):
            core.compare_groups(fits, one, other)
    with pytest.raises(core.PoolingError):
        core.rank(degenerate_fits())


def test_a_varying_slope_alone_can_be_ranked(simulated: pd.DataFrame) -> None:
    spec = SPECS["slope"].update(varying_intercept=False)
    fits = _fit(simulated, spec)
    assert len(core.rank(fits, None)) == 40
    dense = covariance(simulated, spec, fits.multilevel.sigma_y, fits.multilevel.vcov_group)
    assert dense.shape == (len(simulated),) * 2
