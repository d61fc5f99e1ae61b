"""Weighted points that stand for the posterior of theta."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.posterior.theta.target import Points
from core.types import BoolArray, FloatArray

#: Nodes with less than this share of the heaviest one's weight are dropped.
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True, eq=False)
class Nodes:
    """Points v with weights that add up to one.

    Attributes
    ----------
    points : Points
        The posterior at each of M nodes.
    weight : FloatArray, shape (M,)
    cell : FloatArray, shape (M,)
        How wide a node's neighbourhood is, along each of ``axes``.
    axes : FloatArray, shape (d, d)
        Directions in v, as columns, in which the nodes are evenly spread.
    """

    points: Points
    weight: FloatArray
    cell: FloatArray
    axes: FloatArray

    @property
    def size(self) -> int:
        """Number of nodes M."""
        return len(self.weight)

    @property
    def effective(self) -> float:
        """Effective sample size, ``1 / sum(weight**2)``: M where all weigh the same."""
        return float(1.0 / np.sum(self.weight**2))

    def kept(self, which: BoolArray) -> Nodes:
        """Return some of the nodes, weighing one together."""
        found, weight = self.points, self.weight[which]
        points = Points(
            found.v[which],
            found.log_density[which],
            found.D[which],
            found.beta[which],
            found.XVX[which],
            found.residual.take(which),
        )
        return Nodes(points, weight / weight.sum(), self.cell[which], self.axes)


def nodes_of(
    points: Points, log_weight: FloatArray, cell: FloatArray, axes: FloatArray
) -> Nodes | None:
    """Return nodes from points and the log of their weights; None where all weigh nothing."""
    top = float(log_weight.max(initial=-np.inf))
    if not np.isfinite(top):
        return None
    weight = np.exp(log_weight - top)
    made = Nodes(points, weight / weight.sum(), cell, axes)
    return made.kept(weight > _NEGLIGIBLE)
