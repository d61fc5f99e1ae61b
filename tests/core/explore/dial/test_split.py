"""The dial with two hands: dense refits at that Sigma, and the one hand as a special case."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.explore.dial.split import dial_split, split_path
from tests.core.brute import refit_at
from tests.core.explore.dial.test_numbers import close, fits_of, three_coefficients


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("factors", [(0.2, 3.0), (5.0, 0.01), (1.0, 0.0), (0.0, 1.0)])
@pytest.mark.parametrize("name", ["sleepstudy_slope", "sleepstudy_uncorr"])
def test_each_variance_by_itself_equals_a_dense_refit(
    name: str, factors: tuple[float, float], criterion: str
) -> None:
    fits = fits_of(name, criterion)
    at = dial_split(core.dial_path(fits), factors)
    root = np.sqrt(factors)
    Sigma = fits.multilevel.vcov_group * np.outer(root, root)
    np.testing.assert_allclose(at.vcov_group, Sigma, rtol=1e-10, atol=1e-12)
    dense = refit_at(fits.data, Sigma, at.sigma_y, reml=criterion == "REML")
    assert at.sigma_y == pytest.approx(dense.sigma_y, rel=1e-8)
    assert at.criterion_value == pytest.approx(dense.criterion_value, abs=1e-6)
    close(at.fixef, dense.fixef, 1e-8)
    close(at.coef - at.target, dense.ranef, 1e-8)


def test_three_coefficients_have_three_factors() -> None:
    fits = three_coefficients()
    factors = (0.3, 2.0, 0.7)
    at = dial_split(core.dial_path(fits), factors)
    root = np.sqrt(factors)
    Sigma = fits.multilevel.vcov_group * np.outer(root, root)
    dense = refit_at(fits.data, Sigma, at.sigma_y, reml=True)
    close(at.fixef, dense.fixef, 1e-8)
    close(at.coef - at.target, dense.ranef, 1e-8)


@pytest.mark.parametrize("c", [0.0, 0.4, 1.0, 7.0])
def test_equal_factors_are_the_one_hand(c: float) -> None:
    path = core.dial_path(fits_of("radon_cross"))
    one, two = core.dial(path, c), dial_split(path, (c, c))
    close(two.coef, one.coef, 1e-8)
    assert two.sharing == pytest.approx(one.sharing, abs=1e-8)


def test_a_slope_without_variance_is_the_same_for_all() -> None:
    """Only the intercept varies then, and every slope is the average slope."""
    at = dial_split(core.dial_path(fits_of("sleepstudy_slope")), (1.0, 0.0))
    close(at.coef[:, 1], at.target[:, 1], 1e-12)
    assert np.ptp(at.coef[:, 0]) > 10
    np.testing.assert_array_equal(at.pooling_factor[:, 1], 1.0)


@pytest.mark.parametrize("factors", [(1.0,), (-1.0, 1.0), (np.inf, 1.0), (np.nan, 1.0), (0, 0)])
def test_factors_that_are_none_are_refused(factors: tuple[float, ...]) -> None:
    path = core.dial_path(fits_of("sleepstudy_slope"))
    with pytest.raises(ValueError, match="factors"):
        split_path(path, factors)
