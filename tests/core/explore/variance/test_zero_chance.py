"""How often a variance is estimated as zero, against the exact chance of balanced designs."""

from __future__ import annotations

import pytest
from scipy.stats import f as f_distribution

import core
from core.exceptions import PoolingError, SpecError
from core.spec import ModelSpec
from tests.fitted import degenerate_fits, example_fits


def balanced(n_groups: int, size: int) -> core.PoolingFits:
    """Return the fits of a balanced table of group means."""
    population = core.Population(n_groups=n_groups, group_size=size, mu_beta=0.0)
    table = core.simulate(population, 1).table
    return core.fit_all(core.GroupedData.from_table(table, ModelSpec("y", "group")))


@pytest.mark.parametrize(
    ("n_groups", "size", "icc"), [(12, 8, 0.05), (5, 4, 0.0), (30, 10, 0.1), (8, 3, 0.2)]
)
def test_balanced_designs_have_their_exact_chance(n_groups: int, size: int, icc: float) -> None:
    """REML gives zero exactly where the F ratio is below 1, and that ratio is a scaled F."""
    scale = 1 + size * icc / (1 - icc)
    exact = f_distribution.cdf(1 / scale, n_groups - 1, n_groups * (size - 1))
    found = core.zero_chance(balanced(n_groups, size), icc, draws=3000, seed=2)
    assert found.share == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 3000) ** 0.5 + 1e-3)


def test_the_same_seed_gives_the_same_share() -> None:
    fits = balanced(12, 8)
    one, two = (core.zero_chance(fits, 0.05, draws=100, seed=1) for _ in range(2))
    assert one == two
    assert len({core.zero_chance(fits, 0.05, draws=100, seed=s).share for s in range(5)}) > 1


def test_the_sentence_has_the_numbers() -> None:
    fits = balanced(12, 8)
    found = core.zero_chance(fits, 0.05, draws=200)
    assert f"{found.share:.0%} of 200 simulated tables" in found.sentence()
    assert "12 groups, 8 rows each" in found.sentence() and "were 5%" in found.sentence()


def test_any_model_of_the_examples_will_do() -> None:
    for structure in ("slope", "mean"):
        found = core.zero_chance(example_fits("sleepstudy", structure), 0.5, draws=50)
        assert found.share < 0.1


def test_what_cannot_be_asked_is_said() -> None:
    fits = balanced(5, 4)
    for options in ({"icc": 1.0}, {"icc": -0.1}, {"draws": 1}, {"draws": 10**6}):
        with pytest.raises(SpecError):
            core.zero_chance(fits, **options)  # type: ignore[arg-type]
    with pytest.raises(PoolingError):
        core.zero_chance(degenerate_fits())
    only_slope = ModelSpec("y", "group", ("x",), ("x",), varying_intercept=False)
    table = core.simulate(core.Population(sigma_beta=0.5), 1).table
    with pytest.raises(SpecError, match="does not vary"):
        core.zero_chance(core.fit_all(core.GroupedData.from_table(table, only_slope)))
