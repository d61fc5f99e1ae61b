"""The lattices are as good as their numbers claim."""

from __future__ import annotations

import numpy as np
import pytest

from core.posterior.theta.lattice import GENERATORS, MOST_DIMENSIONS, lattice


def dual_sum(n: int, dimensions: int, a: int) -> float:
    """Return ``sum exp(-c |h|**2)`` over the dual lattice without 0, by its own points."""
    c = 8.0 / (1.1 * n ** (1.0 / dimensions)) ** 2
    h = np.arange(1, int(np.ceil(np.sqrt(30.0 / c))) + 1)
    angle = 2.0 * np.pi * h[:, None] * np.arange(n) / n
    theta = 1.0 + 2.0 * np.sum(np.exp(-c * h**2)[:, None] * np.cos(angle), axis=0)
    z, value = 1, np.ones(n)
    for _ in range(dimensions):
        value = value * theta[np.arange(n) * z % n]
        z = z * a % n
    return float(value.mean() - 1.0)


@pytest.mark.parametrize("dimensions", [2, 3, 6])
def test_no_other_generator_is_better(dimensions: int) -> None:
    mine = dual_sum(256, dimensions, GENERATORS[256][dimensions - 2])
    assert mine <= min(dual_sum(256, dimensions, a) for a in range(3, 128, 2)) + 1e-12


@pytest.mark.parametrize("n", sorted(GENERATORS))
@pytest.mark.parametrize(("dimensions", "reach"), [(2, 105), (3, 24), (4, 12)])
def test_the_dual_has_no_short_vector(n: int, dimensions: int, reach: int) -> None:
    """Hexagonal and root lattices, the best there are, reach about 1.1 n**(1/d)."""
    a = GENERATORS[n][dimensions - 2]
    z = np.array([pow(a, i, n) for i in range(dimensions)])
    axis = np.arange(-reach, reach + 1)
    h = np.array(np.meshgrid(*[axis] * dimensions, indexing="ij")).reshape(dimensions, -1)
    length = np.sqrt(np.sum(h[:, (z @ h) % n == 0] ** 2, axis=0))
    assert length[length > 0].min() > 0.85 * n ** (1.0 / dimensions)


@pytest.mark.parametrize("dimensions", range(2, MOST_DIMENSIONS + 1))
def test_a_smooth_integral_comes_out(dimensions: int) -> None:
    x = lattice(4096, dimensions)
    assert x.shape == (4096, dimensions) and (x > 0).all() and (x < 1).all()
    value = np.prod(1.0 + 0.4 * np.cos(2.0 * np.pi * x), axis=1)
    assert abs(value.mean() - 1.0) < 1e-3


def test_the_lattice_can_be_turned_and_is_kept() -> None:
    one, other = lattice(512, 3), lattice(512, 3, 37)
    assert np.allclose(np.sort(one[:, 0]), np.sort(other[:, 0]))
    assert not np.allclose(one, other)
    assert lattice(512, 3) is one and not one.flags.writeable
    assert all(len(row) == MOST_DIMENSIONS - 1 for row in GENERATORS.values())
