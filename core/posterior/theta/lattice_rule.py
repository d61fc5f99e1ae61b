"""Nodes for several dimensions: lattice points of a fitted proposal, weighted by the posterior."""

from __future__ import annotations

import numpy as np

from core.posterior.theta.lattice import GENERATORS
from core.posterior.theta.nodes import Nodes, nodes_of
from core.posterior.theta.proposal import Proposal, at_mode, proposal_from
from core.posterior.theta.target import Points, Target
from core.types import FloatArray

#: Points of one round of fitting the proposal, and rounds at most.
_PILOT, _ROUNDS = 512, 6
#: A proposal this good (effective share of its points) is not fitted further.
_GOOD = 0.25
#: Modes that are this much less likely than the best one are left out.
_DEPTH = 12.0
#: The proposal's variance over the posterior's, up to three dimensions: wide enough for smooth
#: weights out to the tails. In more it would only thin the nodes out.
_WIDEN = 2.8


def fit_proposal(target: Target, modes: list[FloatArray]) -> Proposal | None:
    """Return a proposal that covers the posterior; None where it has no mass in reach.

    From the modes of the likelihood uphill to those of the posterior, then by rounds of
    weighted points, which also see what lies beyond the modes.
    """
    found = _modes(target, modes)
    if not found:
        return None
    parts = [_weighted(target, proposal, i) for i, proposal in enumerate(found)]
    v, log_weight = (np.concatenate(list(each)) for each in zip(*parts, strict=True))
    best: tuple[float, Proposal] | None = None
    for turn in range(_ROUNDS):
        if not np.isfinite(log_weight).any():
            return None
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        if turn > 1 and best is not None and best[0] > _GOOD:
            break
        proposal = proposal_from(target.coordinates, v, _tamed(weight), _widening(target))
        v, log_weight = _weighted(target, proposal, turn + len(found))
        share = _share(log_weight)
        if best is None or share > best[0]:
            best = share, proposal
    return best[1] if best is not None else None


def _widening(target: Target) -> float:
    return 1.0 + (_WIDEN - 1.0) * min(1.0, 3.0 / target.coordinates.size) ** 2


def _modes(target: Target, modes: list[FloatArray]) -> list[Proposal]:
    """Return proposals at the distinct modes of the posterior that matter."""
    starts = [target.coordinates.point_of(target.of_covariance(D)) for D in modes[:4]]
    starts.append(target.coordinates.point_of(np.eye(target.model.k)))
    tried = [at_mode(target, start) for start in starts]
    height = target(np.array([p.centre for p in tried])).log_density
    out: list[Proposal] = []
    for i in np.argsort(-height):
        if not height[i] > height.max() - _DEPTH:
            continue
        gaps = [np.linalg.solve(p.root, tried[i].centre - p.centre) for p in out]
        if all(float(np.abs(gap).max()) > 1.0 for gap in gaps):
            out.append(tried[i])
    return out[:3]


def _weighted(target: Target, proposal: Proposal, turn: int) -> tuple[FloatArray, FloatArray]:
    """Return pilot points and the log of their importance weights."""
    v = proposal.points(_PILOT, 37 * turn)
    return v, target(v).log_density - proposal.log_density(v)


def _tamed(weight: FloatArray) -> FloatArray:
    """Return weights of which none rules the others: cut at a twentieth."""
    cut = np.minimum(weight, max(0.05, 2.0 / len(weight)))
    return np.asarray(cut / cut.sum())


def _share(log_weight: FloatArray) -> float:
    if not np.isfinite(log_weight).any():
        return 0.0
    weight = np.exp(log_weight - log_weight.max())
    return float(weight.sum() ** 2 / np.sum(weight**2) / len(weight))


def lattice_nodes(target: Target, proposal: Proposal, n: int) -> Nodes | None:
    """Return n nodes of a proposal, less those that weigh nothing."""
    d = target.coordinates.size
    v = proposal.points(n)
    points: Points = target(v)
    spread = proposal.log_density(v)
    # The node's share of the volume, as the edge of a cube in the proposal's own axes.
    size = np.log(np.abs(np.diag(proposal.root))).sum()
    cell = np.exp(-(np.log(n) + spread + size) / d)
    return nodes_of(points, points.log_density - spread, cell, proposal.root)


def nearest_size(wanted: float, least: int, most: int) -> int:
    """Return a number of lattice points of about the wanted size, between two that there are."""
    sizes = [n for n in GENERATORS if least <= n <= most]
    return max((n for n in sizes if n <= wanted), default=sizes[0])
