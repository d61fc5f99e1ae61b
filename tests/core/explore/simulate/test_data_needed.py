"""How much data: the closed form, refits on repeated rows, and the design effect by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.exceptions import SpecError
from tests.fitted import example_fits


def own_world(name: str, structure: str) -> tuple[core.PoolingFits, core.World]:
    """Return the fits of an example and its own design."""
    fits = example_fits(name, structure)
    return fits, core.world_of(core.load_example(name), fits)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_a_varying_intercept_has_the_closed_form(share: float) -> None:
    fits, world = own_world("radon", "intercept")
    fit = fits.multilevel
    found = core.data_needed(world, share)
    ratio = fit.sigma_y**2 / fit.sigma_group[0] ** 2
    assert found.rows == pytest.approx(share / (1 - share) * ratio)
    n = fits.data.group_sizes
    np.testing.assert_allclose(found.own_share, n / (n + ratio))
    assert found.n_enough == (n >= found.rows).sum()
    assert found.icc == pytest.approx(fit.icc)


@pytest.mark.parametrize("structure", ["intercept", "slope", "uncorrelated"])
def test_own_shares_are_one_minus_the_pooling_factors(structure: str) -> None:
    fits, world = own_world("radon", structure)
    for i, name in enumerate(world.data.varying_names):
        found = core.data_needed(world, 0.8, name)
        wanted = 1 - fits.multilevel.pooling_factor[:, i]
        np.testing.assert_allclose(found.own_share, wanted, atol=1e-9)


def test_repeating_a_groups_rows_reaches_the_share() -> None:
    """The rows of one person again and again, at the same sds: the share that was promised."""
    fits, world = own_world("sleepstudy", "slope")
    table, days = core.load_example("sleepstudy"), world.data.varying_names[1]
    # Everybody was tested on the same ten days, so each is of average make-up.
    found = core.data_needed(world, 0.9, days)
    times = int(np.ceil(found.rows / 10))
    assert times > 1
    first = table[table["Subject"] == table["Subject"].iloc[0]]

    def share(repeats: int) -> float:
        longer = pd.concat([table, *[first] * (repeats - 1)])
        data = core.GroupedData.from_table(longer, fits.spec)
        again = core.World(
            longer, data, world.fixef, world.vcov_group, world.sigma_y, np.zeros((18, 2))
        )
        j = data.group_names.index(str(first["Subject"].iloc[0]))
        return float(core.data_needed(again, 0.9, days).own_share[j])

    assert share(times) >= 0.9 > share(times - 1)


def test_the_design_effect_is_that_of_the_plain_mean() -> None:
    """The variance of the mean of all rows over many draws, against sigma**2 / effective n."""
    population = core.Population(n_groups=12, group_size=6, size_spread=0.8, mu_beta=0.0)
    world = core.make_world(population, 3)
    found = core.data_needed(world)
    means = [core.simulate(world, seed).table["y"].mean() for seed in range(1500)]
    total = population.sigma_y**2 + population.sigma_alpha**2
    wanted = total / found.effective_n
    assert np.var(means) == pytest.approx(wanted, rel=4 * np.sqrt(2 / 1500))
    assert found.design_effect > 1 + (6 - 1) * found.icc, "unequal sizes cost more"


def test_what_does_not_vary_is_never_its_own() -> None:
    world = core.make_world(core.Population(sigma_alpha=0.0, sigma_beta=0.3))
    found = core.data_needed(world, 0.8)
    assert np.isinf(found.rows) and not found.own_share.any() and found.n_enough == 0
    assert found.design_effect == 1
    assert np.isfinite(core.data_needed(world, 0.8, "x").rows)


def test_groups_too_small_for_a_slope_are_no_trouble() -> None:
    population = core.Population(n_groups=10, group_size=1, sigma_beta=0.5, rho=0.5)
    found = core.data_needed(core.make_world(population), 0.8, "x")
    assert ((found.own_share > 0) & (found.own_share < 1)).all()


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_an_impossible_share_is_refused(share: float) -> None:
    world = core.make_world(core.Population())
    with pytest.raises(SpecError, match="share"):
        core.data_needed(world, share)
    with pytest.raises(SpecError, match="'z' does not vary"):
        core.data_needed(world, 0.5, "z")
