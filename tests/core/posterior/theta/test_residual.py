"""Integrating sigma_y out, against adaptive quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate

from core.posterior.theta.prior import Prior, StatedPrior
from core.posterior.theta.residual import integrate_residual, residual_density
from core.types import FloatArray

KINDS = ["flat", "half_t", "half_normal", "gamma"]


def stated(kind: str, scale: FloatArray, df: float = 3.0) -> StatedPrior:
    k = len(scale)
    prior = Prior(kind)  # type: ignore[arg-type]
    return StatedPrior(prior, prior.kind, scale, df, 1.0, np.eye(k), False)


def log_prior(kind: str, sd: FloatArray, scale: FloatArray, df: float = 3.0) -> float:
    u = sd / scale
    if kind == "half_t":
        return float(np.sum(-0.5 * (df + 1.0) * np.log1p(u**2 / df)))
    if kind == "half_normal":
        return float(np.sum(-0.5 * u**2))
    return float(np.sum(np.log(u) - u)) if kind == "gamma" else 0.0


def brute(kind: str, r2: float, ratio: FloatArray, df: float, scale: FloatArray) -> FloatArray:
    """Return the integral over log sigma_y, and the means of sigma_y and its square."""

    def height(t: float) -> float:
        value = -df * t - 0.5 * r2 * np.exp(-2.0 * t)
        return value + log_prior(kind, ratio * np.exp(t), scale)

    top = max(height(t) for t in np.linspace(-12.0, 12.0, 4_001))
    parts = [
        integrate.quad(
            lambda t, p=p: np.exp(height(t) - top + p * t),
            -14.0,
            14.0,
            limit=800,
            points=[0.5 * np.log(r2 / df)],
        )[0]
        for p in (0, 1, 2)
    ]
    return np.array([top + np.log(parts[0]), parts[1] / parts[0], parts[2] / parts[0]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("df", "r2"), [(5.0, 3.0), (40.0, 160.0), (4_000.0, 900.0)])
def test_mass_and_moments_are_those_of_quadrature(kind: str, df: float, r2: float) -> None:
    scale = np.array([1.0, 0.4])
    ratios = np.array([[0.01, 0.02], [0.5, 1.0], [4.0, 0.1]])
    found = integrate_residual(np.full(3, r2), np.log(ratios), df, stated(kind, scale))
    exact = np.array([brute(kind, r2, ratio, df, scale) for ratio in ratios])
    # Constants that do not depend on the ratios are left out on purpose.
    assert np.allclose(np.diff(found.log_mass), np.diff(exact[:, 0]), atol=2e-4)
    mean = np.sum(found.share * found.points, axis=1)
    square = np.sum(found.share * found.points**2, axis=1)
    assert np.allclose(mean, exact[:, 1], rtol=8e-3)  # five points stand for it
    assert np.allclose(square, exact[:, 2], rtol=4e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_the_inverse_chi_square_that_stands_for_it_fits(kind: str) -> None:
    scale, ratio, df, r2 = np.array([1.0]), np.array([[0.8]]), 30.0, 90.0
    found = integrate_residual(np.array([r2]), np.log(ratio), df, stated(kind, scale))
    exact = brute(kind, r2, ratio[0], df, scale)
    second = found.variance * found.df / (found.df - 2.0)
    assert np.isclose(second[0], exact[2], rtol=1e-3)


def test_the_density_of_sigma_y_is_the_mixture_of_all_nodes() -> None:
    scale, df = np.array([0.7]), 12.0
    r2, ratio = np.array([10.0, 14.0]), np.array([[0.3], [2.0]])
    prior = stated("half_normal", scale)
    weight = np.array([0.25, 0.75])
    found = integrate_residual(r2, np.log(ratio), df, prior)
    at, density = residual_density(found, weight, df, prior)
    value = np.exp(at)
    total = density.sum()
    exact = [brute("half_normal", r2[i], ratio[i], df, scale) for i in range(2)]
    assert np.isclose(density @ value / total, weight @ [e[1] for e in exact], rtol=1e-3)
    assert np.isclose(density @ value**2 / total, weight @ [e[2] for e in exact], rtol=2e-3)
