"""Evenly spread points in the unit cube: rank-one lattices of Korobov's form.

Point i of n has coordinates ``i (1, a, a**2, ...) / n + 1 / (2 n)`` modulo 1. The numbers a
below make the lattice's dual as sparse as can be, so that a smooth integrand without an edge is
summed almost without error: each minimises ``sum exp(-c |h|**2)`` over the dual's vectors h
(``tests/core/posterior/test_lattice.py`` computes it).

References
----------
Sloan & Joe (1994), Lattice Methods for Multiple Integration, chapter 4.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from core.types import FloatArray

#: For each number of points, the generator for 2, 3, ... 10 dimensions.
GENERATORS: dict[int, tuple[int, ...]] = {
    256: (71, 7, 71, 21, 77, 5, 101, 69, 69),
    512: (67, 101, 5, 149, 43, 203, 221, 45, 11),
    1024: (495, 35, 405, 125, 21, 131, 507, 27, 291),
    2048: (47, 407, 685, 387, 317, 163, 659, 485, 291),
    4096: (1697, 391, 791, 1639, 69, 2045, 1763, 1125, 1363),
    8192: (1307, 4029, 2645, 1883, 3475, 3035, 2325, 2915, 2597),
}
MOST_DIMENSIONS = 10


@cache
def lattice(n: int, dimensions: int, turn: int = 0) -> FloatArray:
    """Return n points of the open unit cube, shape (n, dimensions).

    Parameters
    ----------
    n : int
        One of ``GENERATORS``.
    turn : int
        The whole lattice is moved by so many n-ths along every axis.
    """
    z = [1]
    for _ in range(dimensions - 1):
        z.append(z[-1] * GENERATORS[n][dimensions - 2] % n)
    steps = np.multiply.outer(np.arange(n), np.array(z)) + turn + 0.5
    out = np.asarray((steps % n) / n)
    out.setflags(write=False)
    return out
