"""Mixtures of Student's t against brute force, and the quick distribution function."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, special, stats

from core.posterior.mixture import StudentMixture, t_cdf, t_pdf


def some_mixture(df: float, n_nodes: int = 40, n: int = 7, seed: int = 3) -> StudentMixture:
    rng = np.random.default_rng(seed)
    weight = rng.dirichlet(np.ones(n_nodes))
    loc = rng.normal(size=(n_nodes, n)) * np.linspace(0.0, 3.0, n)
    return StudentMixture(weight, np.full(n_nodes, df), loc, np.exp(rng.normal(size=(n_nodes, n))))


@pytest.mark.parametrize("df", [1.5, 3.0, 4.0, 5.5, 12.0, 150.0, 3e4, 1e7])
def test_the_quick_distribution_function_is_students(df: float) -> None:
    z = np.linspace(-40.0, 40.0, 4_001)
    assert np.abs(t_cdf(z, np.array([df])) - special.stdtr(df, z)).max() < 2e-5
    middle = np.linspace(-6.0, 6.0, 301)
    assert np.allclose(t_pdf(middle, np.array([df])), stats.t.pdf(middle, df), rtol=1e-6)


@pytest.mark.parametrize("df", [2.5, 8.0, 400.0, 5e4])
@pytest.mark.parametrize("probability", [0.001, 0.025, 0.5, 0.9])
def test_quantiles_are_those_of_a_root_search(df: float, probability: float) -> None:
    made = some_mixture(df)
    found = made.quantile(probability)
    for g in range(made.loc.shape[1]):

        def gap(x: float, g: int = g) -> float:
            z = (x - made.loc[:, g]) / made.scale[:, g]
            return float(made.weight @ stats.t.cdf(z, df)) - probability

        root = optimize.brentq(gap, -1e4, 1e4, xtol=1e-11)
        spread = float(made.quantile(0.75)[g] - made.quantile(0.25)[g])
        assert abs(found[g] - root) < 2e-3 * spread


def test_two_far_apart_modes_are_no_trouble() -> None:
    loc = np.array([[0.0, -50.0], [1000.0, 50.0]])
    made = StudentMixture(np.array([0.5, 0.5]), np.full(2, 9.0), loc, np.full((2, 2), 0.01))
    assert np.allclose(made.quantile(0.25), [0.0, -50.0], atol=1e-3)
    assert np.allclose(made.quantile(0.75), [1000.0, 50.0], atol=1e-3)
    low, high = made.quantile(0.4999), made.quantile(0.5001)
    assert (low < loc.mean(axis=0)).all() and (high > loc.mean(axis=0)).all()


def test_moments_and_the_density_belong_to_the_distribution() -> None:
    made = some_mixture(7.0)
    x = np.linspace(-300.0, 300.0, 60_001)[:, None]
    for g in range(3):
        z = (x - made.loc[:, g]) / made.scale[:, g]
        density = (stats.t.pdf(z, 7.0) / made.scale[:, g]) @ made.weight
        mean = np.trapezoid(x[:, 0] * density, x[:, 0])
        variance = np.trapezoid((x[:, 0] - mean) ** 2 * density, x[:, 0])
        assert np.isclose(made.mean[g], mean, atol=1e-3)
        assert np.isclose(made.variance[g], variance, rtol=1e-2)
        at = np.full(made.loc.shape[1], 0.3)
        assert np.isclose(made.pdf(at)[g], np.interp(0.3, x[:, 0], density), rtol=1e-4)


def test_moments_that_do_not_exist_are_not_made_up() -> None:
    assert np.isinf(some_mixture(1.9).variance).all()
    assert np.isnan(some_mixture(0.9).mean).all()
