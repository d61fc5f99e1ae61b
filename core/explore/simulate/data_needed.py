"""How much data would it take until a group's estimate is mostly its own?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.exceptions import SpecError
from core.tables.population import World, matrix_root
from core.types import FloatArray, IntArray

_MOST_ROWS = 1e9


@dataclass(frozen=True, eq=False)
class DataNeeded:
    """Rows that one group needs, given the sds of a truth or of a fit.

    The own share of a coefficient is ``1 - pooling factor``: what the group's own rows count
    for in its partial-pooling estimate; with a varying intercept alone
    ``n / (n + sigma_y**2 / sigma_alpha**2)``.

    Attributes
    ----------
    share : float
        The own share asked for, between 0 and 1.
    rows : float
        Rows a group of average make-up needs for it; ``inf`` where the coefficient does not
        vary.
    own_share : FloatArray, shape (J,)
        Own share of every group as it is.
    group_sizes : IntArray, shape (J,)
    curve : DataFrame
        ``rows, own_share`` for a group of average make-up.
    icc : float
        ``sigma_alpha**2 / (sigma_alpha**2 + sigma_y**2)``; NaN without a varying intercept.
    design_effect : float
        ``1 + (n_w - 1) icc`` with ``n_w = sum n_j**2 / sum n_j``: how much larger the variance
        of the plain mean of all rows is than if rows were independent.
    """

    coefficient: str
    share: float
    rows: float
    own_share: FloatArray = field(repr=False)
    group_sizes: IntArray = field(repr=False)
    curve: pd.DataFrame = field(repr=False)
    icc: float
    design_effect: float

    @property
    def n_obs(self) -> int:
        """Rows of all groups together."""
        return int(self.group_sizes.sum())

    @property
    def effective_n(self) -> float:
        """Independent rows that would know the overall mean as well as all rows do."""
        return self.n_obs / self.design_effect

    @property
    def n_enough(self) -> int:
        """Groups whose own share reaches what was asked for."""
        return int((self.own_share >= self.share - 1e-12).sum())

    def to_frame(self, group_names: tuple[str, ...]) -> pd.DataFrame:
        """Return one row per group, smallest first: size, own share, rows wanting."""
        frame = pd.DataFrame(
            {"group": group_names, "n": self.group_sizes, "own share": self.own_share}
        )
        return frame.sort_values(["n", "own share"], kind="stable", ignore_index=True)


def data_needed(world: World, share: float = 0.8, coefficient: str | None = None) -> DataNeeded:
    """Return how many rows a group needs for its estimate to be mostly its own data.

    Parameters
    ----------
    world : World
        A design with its sds: ``world_of`` takes them from a fit, ``make_world`` from a
        population.
    share : float
        The own share wanted, above 0 and below 1.
    coefficient : str, optional
        A varying coefficient; the first by default.

    Raises
    ------
    SpecError
        When the share is not between 0 and 1, or the coefficient does not vary.
    """
    if not 0 < share < 1:
        raise SpecError(f"A share of {share:g} cannot be asked for: give one between 0 and 1.")
    names = world.data.varying_names
    name = coefficient or names[0]
    if name not in names:
        raise SpecError(f"'{name}' does not vary. Choose one of: {', '.join(names)}.")
    c = names.index(name)
    sizes = world.data.group_sizes
    products = _products(world)
    average = products.sum(axis=0) / sizes.sum()
    rows = _rows_for(world, average, c, share)
    top = max(float(sizes.max()), 1.5 * rows if np.isfinite(rows) else 0.0, 10.0)
    grid = np.geomspace(1.0, 1.2 * top, 120)
    has_intercept = world.data.varying[0] == 0
    variance = float(world.vcov_group[0, 0]) if has_intercept else np.nan
    icc = variance / (variance + world.sigma_y**2)
    weighted = float((sizes.astype(np.float64) ** 2).sum() / sizes.sum())
    return DataNeeded(
        coefficient=name,
        share=share,
        rows=rows,
        own_share=_own_share(world, products, c),
        group_sizes=sizes,
        curve=pd.DataFrame(
            {"rows": grid, "own_share": _own_share(world, grid[:, None, None] * average, c)}
        ),
        icc=icc,
        design_effect=1.0 + (weighted - 1.0) * icc,
    )


def _products(world: World) -> FloatArray:
    """Return ``Z_j'Z_j`` of the varying columns, shape (J, k, k)."""
    Z, index, J = world.data.varying_design(), world.data.group_index, world.data.n_groups
    k = Z.shape[1]
    out = np.empty((J, k, k))
    for a in range(k):
        for b in range(a, k):
            out[:, a, b] = out[:, b, a] = np.bincount(index, Z[:, a] * Z[:, b], minlength=J)
    return out


def _own_share(world: World, products: FloatArray, c: int) -> FloatArray:
    """Return 1 - pooling factor of a coefficient given ``Z'Z`` (..., k, k), shape (...)."""
    D, k = world.vcov_group, len(world.vcov_group)
    if D[c, c] == 0:
        return np.zeros(products.shape[:-2])
    root = matrix_root(D)
    inner = np.eye(k) + root.T @ products @ root / world.sigma_y**2
    half = np.linalg.solve(inner, np.broadcast_to(root[c][:, None], (*products.shape[:-1], 1)))
    return np.asarray(1.0 - (root[c] @ half)[..., 0] / D[c, c])


def _rows_for(world: World, average: FloatArray, c: int, share: float) -> float:
    """Return the rows, not rounded, at which a group of average make-up has the share."""
    if world.vcov_group[c, c] == 0:
        return np.inf
    low, high = 0.0, 1.0
    while _own_share(world, high * average, c) < share:
        high *= 2.0
        if high > _MOST_ROWS:
            return np.inf
    for _ in range(100):
        middle = 0.5 * (low + high)
        if _own_share(world, middle * average, c) < share:
            low = middle
        else:
            high = middle
    return high
