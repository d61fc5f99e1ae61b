"""What must hold for every table: limits, equivariance, order, and the optimum itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import core
from core.fitting.multilevel import fit_at, optimum_at, solve_at
from core.fitting.scaled import ScaledModel, scale_model
from core.results import MultilevelFit, PoolingFits
from core.types import FloatArray
from tests.core import dense
from tests.core.strategies import Sample, samples

# Two runs of an optimizer on equivalent problems stop this close together in -2 log likelihood,
SAME_CRITERION = 1e-6
# and where the top is flat their parameters differ by more than rounding.
SAME_PARAMETERS = 1e-3


def scaled(fit: MultilevelFit, rel_cov: FloatArray) -> tuple[ScaledModel, FloatArray]:
    """Return the scaled model and a raw ``Sigma / sigma_y**2`` in its units."""
    model = scale_model(fit.data, fit.moments)
    undo = np.linalg.inv(model.z_to_raw)
    return model, undo @ rel_cov @ undo.T


def fit_with(fit: MultilevelFit, rel_cov: FloatArray) -> MultilevelFit:
    """Return the model at a given ``Sigma / sigma_y**2`` in place of the estimate."""
    model, D = scaled(fit, rel_cov)
    return fit_at(fit.data, fit.moments, model, optimum_at(model, D, fit))


def criterion_at(fit: MultilevelFit, rel_cov: FloatArray) -> float:
    """Return the profiled criterion at a given ``Sigma / sigma_y**2``."""
    model, D = scaled(fit, rel_cov)
    return solve_at(model, D, reml=fit.criterion == "REML").criterion_value


def spread_of(fits: PoolingFits) -> FloatArray:
    """Return how far group coefficients spread, by chance or not: se x sqrt(J)."""
    fit = fits.multilevel
    position = [fit.fixef_names.index(name) for name in fit.varying_names]
    return fit.fixef_se[position] * np.sqrt(fit.n_groups)


def assert_same_groups(a: FloatArray, b: FloatArray, spread: FloatArray) -> None:
    assert np.max(np.abs(a - b) / spread) < SAME_PARAMETERS


@given(sample=samples())
def test_criterion_is_the_density_of_the_data(sample: Sample) -> None:
    fit = sample.fit()
    full = dense.criterion(sample.table, sample.spec, fit.sigma_y, fit.vcov_group, fit.fixef)
    assert fit.criterion_value == pytest.approx(full, abs=1e-6)


@given(sample=samples())
def test_estimates_are_those_of_the_full_covariance_matrix(sample: Sample) -> None:
    fit = sample.fit()
    known = (sample.table, sample.spec, fit.sigma_y, fit.vcov_group)
    beta, cov = dense.estimates(*known)
    assert_allclose(fit.fixef, beta, rtol=1e-6, atol=1e-7)
    assert_allclose(fit.fixef_cov, cov, rtol=1e-6, atol=1e-9)
    modes = dense.conditional_modes(*known, beta)
    for j, name in enumerate(fit.group_names):
        assert_allclose(fit.ranef[j], modes[name][0], rtol=1e-6, atol=1e-7)
        assert_allclose(fit.cond_var[j], modes[name][1], rtol=1e-5, atol=1e-9)


@given(sample=samples(), seed=st.integers(0, 2**32 - 1))
def test_no_other_sigma_is_better(sample: Sample, seed: int) -> None:
    """Near the optimum, on its boundary, and anywhere: a global minimum, not a local one."""
    fit = sample.fit()
    assert fit.optimization.converged
    rng = np.random.default_rng(seed)
    k = len(fit.varying_names)
    rel_cov = fit.vcov_group / fit.sigma_y**2
    for size in (1e-4, 1e-2, 0.3, 3.0):
        step = size * rng.normal(size=(k, k))
        factor = np.linalg.cholesky(rel_cov + 1e-12 * np.eye(k)) + step
        anywhere = np.diag(10.0 ** rng.uniform(-4, 2, size=k)) @ rng.normal(size=(k, k))
        for other in (factor @ factor.T, anywhere @ anywhere.T):
            if not sample.spec.correlated:
                other = np.diag(np.diag(other))
            assert criterion_at(fit, other) > fit.criterion_value - SAME_CRITERION


@given(sample=samples())
def test_without_group_variance_all_pool_completely(sample: Sample) -> None:
    fits = sample.fits()
    zero = np.zeros_like(fits.multilevel.vcov_group)
    fit, complete = fit_with(fits.multilevel, zero), fits.complete_pooling
    assert_allclose(fit.fixef, complete.coef, rtol=1e-8, atol=1e-9)
    assert_allclose(fit.line, complete.line, rtol=1e-8, atol=1e-9)
    assert np.all(fit.ranef == 0.0)
    if sample.spec.criterion == "REML":
        assert fit.sigma_y == pytest.approx(complete.sigma_y, rel=1e-9)
        assert_allclose(fit.fixef_se, complete.coef_se, rtol=1e-8)
    else:
        assert fit.log_likelihood == pytest.approx(complete.log_likelihood, rel=1e-9)


@given(sample=samples(group_predictor=False))
def test_with_endless_group_variance_nothing_is_pooled(sample: Sample) -> None:
    fits = sample.fits()
    fit = fit_with(fits.multilevel, 1e9 * np.eye(len(fits.multilevel.varying_names)))
    own = fits.no_pooling.line_estimable
    assert own.sum() >= 2
    spread = spread_of(fits)
    error = np.abs(fit.line[own] - fits.no_pooling.coef[own]) / spread
    assert np.max(error) < 1e-4


@given(
    sample=samples(),
    shift=st.sampled_from((-3.0, 1e3, 1e6)),
    factor=st.sampled_from((1e-4, 0.5, 1e6)),
)
def test_outcome_may_be_shifted_and_scaled(sample: Sample, shift: float, factor: float) -> None:
    fits = sample.fits()
    fit = fits.multilevel
    moved = sample.table.assign(y=factor * sample.table["y"] + factor * shift)
    other = Sample(moved, sample.spec).fit()
    free = fit.n_obs - (len(fit.fixef) if sample.spec.criterion == "REML" else 0)
    expected = fit.criterion_value + 2 * free * np.log(factor)
    assert other.criterion_value == pytest.approx(expected, abs=1e-5)
    assert other.sigma_y == pytest.approx(factor * fit.sigma_y, rel=SAME_PARAMETERS)
    assert other.is_singular == fit.is_singular
    first = np.eye(len(fit.varying_names))[0]
    assert_same_groups(other.line / factor - shift * first, fit.line, spread_of(fits))
    assert_same_groups(other.ranef / factor, fit.ranef, spread_of(fits))


@given(
    sample=samples(correlated=True, group_predictor=False),
    shift=st.sampled_from((-2.0, 1e4, 1e8)),
    factor=st.sampled_from((1e-4, 1.0, 1e6)),
)
def test_predictor_may_be_shifted_and_scaled(sample: Sample, shift: float, factor: float) -> None:
    """A far-off zero of x moves the intercept along each line and changes nothing else."""
    fits = sample.fits()
    fit = fits.multilevel
    moved = sample.table.assign(x=factor * sample.table["x"] + shift)
    other = Sample(moved, sample.spec).fit()
    expected = fit.criterion_value
    if sample.spec.criterion == "REML":
        expected += 2 * np.log(factor)
    # Adding 1e8 to x = 0.1 leaves eight digits of x: the data themselves have changed.
    lost = 1e-8 * shift / factor
    assert other.criterion_value == pytest.approx(expected, abs=1e-5 + 10 * abs(lost))
    assert other.sigma_y == pytest.approx(fit.sigma_y, rel=SAME_PARAMETERS + abs(lost))
    assert other.is_singular == fit.is_singular
    if sample.spec.varying and abs(lost) < 1e-3:
        spread = spread_of(fits)
        assert_same_groups(other.ranef[:, 1] * factor, fit.ranef[:, 1], spread[1])
        x = moved["x"].mean()
        at_x = other.line[:, 0] + other.line[:, 1] * x
        before = fit.line[:, 0] + fit.line[:, 1] * (x - shift) / factor
        assert_same_groups(at_x, before, spread[0])


@given(sample=samples(), seed=st.integers(0, 2**32 - 1))
def test_order_and_names_do_not_matter(sample: Sample, seed: int) -> None:
    fits = sample.fits()
    fit = fits.multilevel
    rng = np.random.default_rng(seed)
    labels = sorted(set(sample.table["g"]))
    renamed = dict(zip(labels, rng.permutation([f"{i} & <b>" for i in labels]), strict=True))
    shuffled = sample.table.sample(frac=1, random_state=seed % 2**32)
    shuffled = shuffled.assign(g=shuffled["g"].map(renamed))[["u", "g", "x", "y"]]
    others = Sample(shuffled, sample.spec).fits()
    other = others.multilevel
    assert other.criterion_value == pytest.approx(fit.criterion_value, abs=SAME_CRITERION)
    rows = [other.group_names.index(renamed[name]) for name in fit.group_names]
    assert_same_groups(other.line[rows], fit.line, spread_of(fits))
    assert_allclose(others.complete_pooling.coef, fits.complete_pooling.coef, rtol=1e-9, atol=1e-9)
    assert_allclose(
        others.no_pooling.coef[rows],
        fits.no_pooling.coef,
        rtol=1e-7,
        atol=1e-9 * spread_of(fits)[0],
    )
    assert np.array_equal(other.group_sizes[rows], fit.group_sizes)


@given(sample=samples())
def test_pooling_factor_lies_between_none_and_complete(sample: Sample) -> None:
    fit = sample.fit()
    assert np.all((fit.pooling_factor >= 0) & (fit.pooling_factor <= 1))
    variance = np.diag(fit.vcov_group)
    own = np.einsum("jkk->jk", fit.cond_var)
    positive = variance > 0
    assert_allclose(
        fit.pooling_factor[:, positive], own[:, positive] / variance[positive], rtol=1e-9
    )
    assert np.all(fit.pooling_factor[:, ~positive] == 1.0)


@given(sample=samples(slope=False))
def test_pooling_factor_falls_with_the_size_of_the_group(sample: Sample) -> None:
    """The closed form of a varying intercept: omega_j = 1 - sigma_a^2 / (sigma_a^2 + s^2/n_j)."""
    fit = sample.fit()
    between = fit.sigma_group[0] ** 2
    within = fit.sigma_y**2 / fit.group_sizes
    assert_allclose(fit.pooling_factor[:, 0], within / (between + within), rtol=1e-9)
    by_size = fit.pooling_factor[np.argsort(fit.group_sizes, kind="stable"), 0]
    assert np.all(np.diff(by_size) <= 1e-12)


@given(
    seed=st.integers(0, 2**32 - 1),
    n_groups=st.integers(3, 8),
    size=st.integers(2, 6),
    between=st.sampled_from((0.0, 0.3, 2.0)),
)
def test_balanced_groups_have_the_closed_form_of_anova(
    seed: int, n_groups: int, size: int, between: float
) -> None:
    """REML of equal groups: sigma_y^2 = MSW and sigma_alpha^2 = (MSB - MSW) / n, or zero."""
    rng = np.random.default_rng(seed)
    y = between * rng.normal(size=(n_groups, 1)) + rng.normal(size=(n_groups, size))
    table = pd.DataFrame({"y": y.ravel(), "g": np.repeat([f"{j}" for j in range(n_groups)], size)})
    spec = core.ModelSpec(outcome="y", group="g")
    fit = core.fit_all(core.GroupedData.from_table(table, spec), engine="moments").multilevel
    inside = y.var(axis=1, ddof=1).mean()
    outside = size * y.mean(axis=1).var(ddof=1)
    if outside > inside:
        # A variance that the criterion cannot tell from zero (1e-8) is reported as zero.
        assert fit.sigma_y**2 == pytest.approx(inside, rel=SAME_PARAMETERS)
        expected = (outside - inside) / size
        assert fit.sigma_group[0] ** 2 == pytest.approx(expected, rel=1e-4, abs=1e-3 * inside)
    else:
        assert fit.sigma_group[0] == 0.0
        assert fit.is_singular
        assert fit.sigma_y == pytest.approx(y.std(ddof=1), rel=1e-9)
    assert fit.fixef[0] == pytest.approx(y.mean(), abs=1e-9)
