"""Designed populations and single draws: what was asked for is what comes out."""

from __future__ import annotations

import numpy as np
import pytest

from core.exceptions import SpecError
from core.tables.population import RANGES, Population, World, make_world, simulate


def test_a_seed_is_a_table() -> None:
    population = Population(n_groups=7, group_size=4, size_spread=0.8, sigma_beta=0.2)
    first, again, other = (simulate(population, seed).table for seed in (3, 3, 4))
    assert first.equals(again)
    assert not first.equals(other)


def test_the_design_does_not_depend_on_the_truth() -> None:
    small = make_world(Population(sigma_alpha=0.1), 5).table
    large = make_world(Population(sigma_alpha=2.0, gamma_alpha=1.0), 5).table
    assert small.equals(large)


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_group_sizes_are_as_unequal_as_asked(spread: float) -> None:
    sizes = make_world(Population(n_groups=200, group_size=30, size_spread=spread)).data.group_sizes
    assert sizes.mean() == pytest.approx(30, rel=0.02)
    assert np.log(sizes).std() == pytest.approx(spread, abs=0.05)


def test_predictors_have_the_spread_asked_for() -> None:
    world = make_world(Population(n_groups=400, group_size=50, x_sd=3.0, x_between=0.4), 1)
    x, index = world.table["x"].to_numpy(), world.data.group_index
    means = np.bincount(index, x) / world.data.group_sizes
    assert x.std() == pytest.approx(3.0, rel=0.05)
    assert means.var() / x.var() == pytest.approx(0.4, abs=0.06)
    u = world.data.group_columns[0][1]
    assert u.mean() == pytest.approx(0, abs=1e-12)
    assert u.std() == pytest.approx(1, abs=1e-12)


def test_outcomes_have_the_parameters_asked_for() -> None:
    population = Population(
        n_groups=2000,
        group_size=50,
        sigma_y=2.0,
        sigma_alpha=1.0,
        sigma_beta=0.5,
        rho=-0.6,
        mu_alpha=10.0,
        mu_beta=-3.0,
        gamma_alpha=0.8,
        gamma_beta=0.3,
    )
    draw = simulate(population, 2)
    u = draw.world.data.group_columns[0][1]
    line = draw.line - np.array([10.0, -3.0]) - np.outer(u, [0.8, 0.3])
    assert np.cov(line.T)[0, 0] == pytest.approx(1.0, rel=0.1)
    assert np.cov(line.T)[1, 1] == pytest.approx(0.25, rel=0.1)
    assert np.corrcoef(line.T)[0, 1] == pytest.approx(-0.6, abs=0.05)
    index = draw.world.data.group_index
    table = draw.table
    residual = table["y"] - draw.line[index, 0] - draw.line[index, 1] * table["x"]
    assert residual.std() == pytest.approx(2.0, rel=0.02)
    assert residual.mean() == pytest.approx(0.0, abs=0.03)


def test_the_outlier_is_one_group_of_middling_size() -> None:
    world = make_world(Population(size_spread=1.0, outlier=7.0, sigma_alpha=0.0))
    odd = np.flatnonzero(world.target()[:, 0] > 3)
    assert len(odd) == 1
    sizes = world.data.group_sizes
    assert np.quantile(sizes, 0.4) <= sizes[odd[0]] <= np.quantile(sizes, 0.6)


def test_a_world_keeps_its_correlations_when_its_variances_change() -> None:
    world = make_world(Population(sigma_alpha=1.0, sigma_beta=0.5, rho=0.4))
    other: World = world.update(sigma_group=np.array([3.0, 0.1]), sigma_y=9.0)
    sd = np.sqrt(np.diag(other.vcov_group))
    assert sd == pytest.approx([3.0, 0.1])
    assert other.vcov_group[0, 1] / sd.prod() == pytest.approx(0.4)
    assert (other.sigma_y, world.sigma_y) == (9.0, 1.0)
    assert world.update(sigma_group=np.zeros(2)).vcov_group.any() == np.False_


@pytest.mark.parametrize("name", sorted(RANGES))
def test_what_is_out_of_range_is_named(name: str) -> None:
    low, high = RANGES[name]
    for value in (low - 1, high + 1):
        with pytest.raises(SpecError, match=name):
            Population(**{name: value})


def test_not_a_number_is_refused() -> None:
    with pytest.raises(SpecError, match="sigma_alpha"):
        Population(sigma_alpha=float("nan"))


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(SpecError, match="more than"):
        Population(n_groups=2000, group_size=1000)
