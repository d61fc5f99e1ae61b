"""Everything given theta: the same as the fit itself, and as dense algebra on the rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest

import core
from core.fitting.multilevel import solve_at, unit_of
from core.fitting.scaled import scale_model
from core.posterior.conditional import Conditional, coefficients
from core.posterior.group_posterior import group_posterior
from core.results import PoolingFits
from tests.core.posterior.made import case_fits, fit, groups_table
from tests.fitted import categorical_fits, example_fits, radon_with_uranium

FITS: dict[str, Callable[[], PoolingFits]] = {
    "intercept": partial(example_fits, "radon", "intercept"),
    "slope": partial(example_fits, "sleepstudy", "slope"),
    "uncorrelated": partial(example_fits, "sleepstudy", "uncorrelated"),
    "slope_only": partial(case_fits, "sleepstudy_slope_only_flat"),
    "group_level": radon_with_uranium,
    "three": categorical_fits,
    "years": partial(case_fits, "years_slope_flat"),
}


def at_the_estimate(fits: PoolingFits) -> Conditional:
    """Return the conditional posterior with one node: the estimate."""
    model, fit_ = scale_model(fits.data, fits.moments), fits.multilevel
    unit = unit_of(model)
    D = fit_.optimization.rel_cov_scaled / np.outer(unit, unit)
    found = solve_at(model, D, reml=True)
    root = np.linalg.cholesky(found.inverse)
    one = np.ones(1)
    return Conditional(
        model, D[None], found.beta[None], root[None], one, one * 1e9, one * found.variance
    )


@pytest.mark.parametrize("name", sorted(FITS))
def test_at_the_estimate_it_is_the_fit(name: str) -> None:
    fits = FITS[name]()
    made = group_posterior(fits.data, at_the_estimate(fits), factors=True)
    loc, scale = coefficients(made.given, made.wanted, slice(None))
    size = fits.multilevel.line_se
    assert (np.abs(loc[0] - fits.multilevel.line) < 1e-6 * (1.0 + size)).all()
    assert np.allclose(scale[0], size, rtol=1e-5)
    without = group_posterior(fits.data, made.given, factors=False)
    plain, _ = coefficients(made.given, without.wanted, slice(None))
    assert (np.abs(plain[0] - fits.multilevel.coef) < 1e-6 * (1.0 + size)).all()


@pytest.mark.parametrize("name", ["slope", "group_level", "three"])
def test_lines_at_a_point_are_those_combinations(name: str) -> None:
    fits = FITS[name]()
    z = np.linspace(1.0, -0.7, len(fits.data.varying_names))
    made = group_posterior(fits.data, at_the_estimate(fits), factors=True).combined(z[None])
    loc, scale = coefficients(made.given, made.wanted, slice(3, 9))
    fit_ = fits.multilevel
    assert np.allclose(loc[0, :, 0], fit_.line[3:9] @ z)
    variance = np.einsum("a,jab,b->j", z, fit_.line_var, z)
    assert np.allclose(scale[0, :, 0] ** 2, variance[3:9], rtol=1e-5)


def dense(table: pd.DataFrame, D: float, j: int) -> tuple[float, float]:
    """Return a group's mean and its variance over sigma_y**2 by full matrices of the rows."""
    group, _ = pd.factorize(table["g"], sort=True)
    X = np.column_stack([np.ones(len(table)), table["x"]])
    Z = (group[:, None] == np.arange(group.max() + 1)).astype(float)
    V = np.eye(len(table)) + D * Z @ Z.T
    W = np.linalg.inv(V)
    Q = np.linalg.inv(X.T @ W @ X)
    beta = Q @ X.T @ W @ table["y"].to_numpy()
    mode = D * Z.T @ W @ (table["y"].to_numpy() - X @ beta)
    through = np.array([1.0, 0.0]) - D * Z[:, j] @ W @ X
    own = D - D**2 * Z[:, j] @ W @ Z[:, j]
    return float(beta[0] + mode[j]), float(own + through @ Q @ through)


@pytest.mark.parametrize("D", [0.0, 0.05, 3.0, 1e4])
def test_at_any_theta_it_is_dense_algebra(D: float) -> None:
    table = groups_table(7, 4, 0.6, seed=5)
    fits = fit(table, predictors=("x",))
    model = scale_model(fits.data, fits.moments)
    found = solve_at(model, np.array([[D]]), reml=True)
    given = Conditional(
        model,
        np.array([[[D]]]),
        found.beta[None],
        np.linalg.cholesky(found.inverse)[None],
        np.ones(1),
        np.ones(1) * 9.0,
        np.ones(1) * found.variance,
    )
    made = group_posterior(fits.data, given, factors=True)
    loc, scale = coefficients(given, made.wanted, slice(None))
    for j in range(7):
        mean, unit = dense(table, D, j)
        assert np.isclose(loc[0, j, 0], mean, atol=1e-8)
        assert np.isclose(scale[0, j, 0] ** 2, unit * found.sigma_y**2, rtol=1e-7)


def test_groups_are_the_same_in_chunks() -> None:
    fits = example_fits("exam", "slope")
    made = core.posterior(fits).groups
    loc, scale = coefficients(made.given, made.wanted, slice(None))
    part = coefficients(made.given, made.wanted, slice(20, 31))
    assert np.allclose(loc[:, 20:31], part[0]) and np.allclose(scale[:, 20:31], part[1])
