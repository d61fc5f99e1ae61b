"""Distributions of single parameters: kernels, tables and the inverse chi."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.posterior.marginal import (
    Scale,
    Tabulated,
    correlation_scale,
    inverse_chi,
    kernels,
    mean_factor,
    sd_scale,
    share_scale,
    square_factor,
)

P = np.array([0.01, 0.1, 0.5, 0.9, 0.99])


def test_kernels_give_back_a_distribution_known_at_even_steps() -> None:
    steps = np.linspace(0.0, 30.0, 601)[1:] - 0.025
    weight = stats.gamma.pdf(steps, 3.0)
    made = kernels(sd_scale(1e9), steps, np.full(600, 0.05 / 1e9), weight)
    assert np.allclose(made.quantile(P), stats.gamma.ppf(P, 3.0), rtol=2e-3)
    x = np.linspace(0.5, 12.0, 40)
    assert np.allclose(made.cdf(x), stats.gamma.cdf(x, 3.0), atol=3e-4)
    assert np.allclose(made.pdf(x), stats.gamma.pdf(x, 3.0), atol=2e-3)


def test_a_folded_density_does_not_vanish_at_zero() -> None:
    steps = (np.arange(400) + 0.5) / 100.0
    made = kernels(sd_scale(0.5), steps, 0.01 / np.hypot(steps, 0.5), stats.halfnorm.pdf(steps))
    x = np.array([0.0, 1e-6, 0.2, 1.0, 2.0])
    assert np.allclose(made.pdf(x), stats.halfnorm.pdf(x), rtol=0.01)
    assert made.cdf(np.array(0.0)) == 0.0
    assert np.allclose(made.quantile(P), stats.halfnorm.ppf(P), rtol=2e-3)


@pytest.mark.parametrize(
    ("scale", "x"),
    [
        (sd_scale(0.3), np.array([1e-3, 0.2, 5.0, 90.0])),
        (share_scale(0.3), np.array([1e-4, 0.1, 0.5, 0.97])),
        (correlation_scale(), np.array([-0.99, -0.2, 0.0, 0.7])),
    ],
)
def test_scales_go_there_and_back_and_know_their_slope(scale: Scale, x: np.ndarray) -> None:
    assert np.allclose(scale.back(scale.into(x)), x, rtol=1e-9)
    h = 1e-5 * np.where(np.abs(x) < 1, np.minimum(np.abs(x) + 1e-4, 1.0 - np.abs(x)), np.abs(x))
    slope = (scale.into(x + h) - scale.into(x - h)) / (2.0 * h)
    assert np.allclose(scale.slope(x)[np.abs(x) > 0], slope[np.abs(x) > 0], rtol=1e-4)


def test_the_inverse_chi_is_that_of_scipy() -> None:
    made = inverse_chi(np.ones(1), np.array([7.0]), np.array([4.0]))
    wanted = np.sqrt(7.0 * 4.0 / stats.chi2.ppf(1.0 - P, 7.0))
    assert np.allclose(made.quantile(P), wanted, rtol=1e-5)
    x = np.linspace(0.5, 8.0, 50)
    assert np.allclose(made.cdf(x), stats.chi2.sf(28.0 / x**2, 7.0))
    slope = (made.cdf(x + 1e-5) - made.cdf(x - 1e-5)) / 2e-5
    assert np.allclose(made.pdf(x), slope, rtol=1e-4, atol=1e-8)
    assert np.isclose(made.mean, 2.0 * stats.chi.expect(lambda s: np.sqrt(7.0) / s, (7.0,)))
    assert np.isclose(made.sd**2 + made.mean**2, 4.0 * 7.0 / 5.0)


def test_moments_without_enough_degrees_of_freedom_are_infinite() -> None:
    assert np.isinf(mean_factor(np.array([1.0])))[0]
    assert np.isinf(square_factor(np.array([2.0])))[0]


def test_a_table_of_a_log_normal() -> None:
    at = np.linspace(-6.0, 6.0, 801)
    made = Tabulated(at + np.log(3.0), stats.norm.pdf(at))
    assert np.allclose(made.quantile(P), stats.lognorm.ppf(P, 1.0, scale=3.0), rtol=1e-3)
    x = np.array([0.5, 3.0, 9.0])
    assert np.allclose(made.pdf(x), stats.lognorm.pdf(x, 1.0, scale=3.0), rtol=1e-3)
    assert np.isclose(made.moments[0], 3.0 * np.exp(0.5), rtol=1e-3)
