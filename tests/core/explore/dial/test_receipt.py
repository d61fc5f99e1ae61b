"""The receipt of one group: the sum recombines, whatever the group lacks."""

from __future__ import annotations

import numpy as np
import pytest

import core
from tests.core.explore.dial.test_numbers import fits_of, three_coefficients


@pytest.mark.parametrize("c", [0.0, 0.3, 1.0, 20.0, np.inf])
@pytest.mark.parametrize(
    "name", ["radon_int", "radon_slope", "radon_cross", "syn_singletons", "dyestuff2", "three"]
)
def test_the_sum_recombines_for_every_group(name: str, c: float) -> None:
    fits = three_coefficients() if name == "three" else fits_of(name)
    path = core.dial_path(fits)
    at = core.dial(path, c)
    for j in range(0, fits.data.n_groups, 1 + fits.data.n_groups // 100):
        r = core.receipt(path, j, c, position=at)
        assert np.isfinite(r.own).all() and r.sentence.endswith(".")
        size = 1.0 + np.abs(r.own).max()
        np.testing.assert_allclose(
            r.target + r.weight @ (r.own - r.target), r.pooled, rtol=0, atol=1e-9 * size
        )
        np.testing.assert_array_equal(np.isfinite(r.no_pooling), r.is_own)
        if c == 1.0 and not at.note:
            np.testing.assert_allclose(r.pooled, fits.multilevel.line[j], atol=1e-8 * size)


def test_a_varying_intercept_has_the_weight_of_the_book() -> None:
    """weight = sigma_alpha^2 / (sigma_alpha^2 + se^2), se = sigma_y / sqrt(n) (G&H eq. 12.1)."""
    fits = fits_of("radon_int")
    model = fits.multilevel
    sigma, sigma_y = float(model.sigma_group[0]), model.sigma_y
    for j in (0, 13, 40, 69):
        r = core.receipt(fits, j)
        assert r.own_se[0] == pytest.approx(sigma_y / np.sqrt(r.n))
        weight = sigma**2 / (sigma**2 + sigma_y**2 / r.n)
        assert r.weight[0, 0] == pytest.approx(weight)
        assert r.kept[0] == pytest.approx(weight)
        assert r.n_for_80 == np.ceil(4.0 * sigma_y**2 / sigma**2)
        assert r.more_for_80 == max(r.n_for_80 - r.n, 0.0)
        # As many rows again bring the weight to 80%: n = w / (1 - w) sigma_y^2 / sigma_a^2.
        needed = r.n_for_80
        assert sigma**2 / (sigma**2 + sigma_y**2 / needed) >= 0.8


def test_two_directions_are_pulled_apart() -> None:
    fits = fits_of("sleepstudy_slope")
    r = core.receipt(fits, "308")
    for direction, kept in zip(r.directions.T, r.kept, strict=True):
        np.testing.assert_allclose(r.weight @ direction, kept * direction, rtol=1e-8)
    assert r.kept[0] > r.kept[1] > 0


def test_what_a_group_lacks_is_said() -> None:
    fits = fits_of("radon_slope")
    lacking = int(np.flatnonzero(~fits.no_pooling.line_estimable)[0])
    r = core.receipt(fits, lacking)
    assert np.isnan(r.own_se[1]) and r.own[1] == pytest.approx(r.target[1])
    assert "no slope of floor of its own" in r.sentence


def test_a_single_row_has_a_receipt_where_it_lies() -> None:
    fits = fits_of("syn_singletons")
    alone = int(np.flatnonzero(fits.data.group_sizes == 1)[0])
    r = core.receipt(fits, alone)
    assert not r.is_own.any()
    assert "cannot have a line of its own" in r.sentence
    own, target, pooled = (r.mean_x @ v for v in (r.own, r.target, r.pooled))
    assert own == pytest.approx(fits.no_pooling.mean_y[alone])
    assert pooled == pytest.approx(target + r.kept[0] * (own - target))


def test_hostile_names_are_made_visible_and_unknown_ones_refused() -> None:
    fits = fits_of("radon_int")
    with pytest.raises(core.PoolingError, match="no group"):
        core.receipt(fits, "Atlantis\u202e")
    with pytest.raises(core.PoolingError, match="85 groups"):
        core.receipt(fits, 85)
