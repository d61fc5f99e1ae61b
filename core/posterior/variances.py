"""What the nodes say of sds, correlations and the intraclass correlation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.posterior.marginal import (
    Kernels,
    correlation_scale,
    kernels,
    mean_factor,
    sd_scale,
    share_scale,
    square_factor,
)
from core.posterior.theta.coordinates import sandwich
from core.posterior.theta.nodes import Nodes
from core.posterior.theta.ray import RayTarget
from core.posterior.theta.target import Target
from core.types import FloatArray

_NUDGE = 1e-4
#: Kernels are so much wider than a node's neighbourhood: their bias is of fourth order, so this
#: costs nothing and evens out what the nodes' pattern leaves.
_SMEAR = 1.5


@dataclass(frozen=True, eq=False)
class ThetaSample:
    """Relative covariances in raw units at nodes, and how they change about each.

    Attributes
    ----------
    weight : FloatArray, shape (E,)
    cell : FloatArray, shape (E,)
    rel_cov : FloatArray, shape (E, k, k)
        Sigma / sigma_y**2, of raw coefficients.
    nearby : FloatArray, shape (d, E, k, k)
        The same a small step further along each axis.
    df, variance : FloatArray, shape (E,)
        sigma_y given the node, an inverse chi-square; outcome units squared.
    sigma_y, share, step : FloatArray, shape (E, m)
        Values of sigma_y that stand for it, outcome units, their weights and how far they are
        apart (log).
    is_exact : bool
        Whether that inverse chi-square is more than an approximation.
    """

    weight: FloatArray
    cell: FloatArray
    rel_cov: FloatArray
    nearby: FloatArray
    df: FloatArray
    variance: FloatArray
    sigma_y: FloatArray
    share: FloatArray
    step: FloatArray
    is_exact: bool

    def width(self, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Return the sd of a function of ``rel_cov`` over each node's neighbourhood, (E,)."""
        here = function(self.rel_cov)
        square = np.zeros(len(here))
        for other in self.nearby:
            square += (function(other) - here) ** 2
        return np.asarray(_SMEAR * np.sqrt(square / 12.0) / _NUDGE * self.cell)

    def ratio(self, z: FloatArray) -> FloatArray:
        """Return the sd of ``z'(coefficients)`` over sigma_y at every node, (E,)."""
        return _ratio(self.rel_cov, z)

    def sd(self, z: FloatArray) -> Kernels:
        """Return the distribution of the sd of a combination of coefficients, outcome units."""
        ratio = self.ratio(z)
        width = self.width(lambda S: _ratio(S, z))
        value = ratio[:, None] * self.sigma_y
        weight = self.weight[:, None] * self.share
        scale = sd_scale(max(0.5 * float(np.sum(weight * value)), 1e-300))
        apart = np.hypot(width[:, None] * self.sigma_y, value * self.step / np.sqrt(12.0))
        return kernels(scale, value.ravel(), (scale.slope(value) * apart).ravel(), weight.ravel())

    def sd_moments(self, z: FloatArray, power: float) -> tuple[float, float]:
        """Return mean and sd of that sd; infinite where the tail leaves them none."""
        first, second = self._sigma_moments()
        ratio = self.ratio(z)
        mean = float(self.weight @ (ratio * first)) if power > 2.0 else np.inf
        square = float(self.weight @ (ratio**2 * second)) if power > 3.0 else np.inf
        if not np.isfinite(mean + square):
            return mean, np.inf
        return mean, float(np.sqrt(max(square - mean**2, 0.0)))

    def _sigma_moments(self) -> tuple[FloatArray, FloatArray]:
        """Return the means of sigma_y and its square at every node, (E,) each."""
        if self.is_exact:
            first = np.sqrt(self.variance) * mean_factor(self.df)
            return first, self.variance * square_factor(self.df)
        first = np.einsum("em,em->e", self.share, self.sigma_y)
        return first, np.einsum("em,em->e", self.share, self.sigma_y**2)

    def share_of(self, z: FloatArray) -> Kernels:
        """Return the distribution of the share of the variance that lies between groups."""
        ratio = self.ratio(z)
        s = max(0.5 * float(self.weight @ ratio), 1e-12)
        width = sd_scale(s).slope(ratio) * self.width(lambda S: _ratio(S, z))
        return kernels(share_scale(s), ratio**2 / (1.0 + ratio**2), width, self.weight)

    def correlation(self, a: int, b: int) -> Kernels:
        """Return the distribution of one correlation."""
        scale = correlation_scale()
        width = self.width(lambda S: scale.into(correlation_of(S, a, b)))
        return kernels(
            scale, correlation_of(self.rel_cov, a, b), np.minimum(width, 1.0), self.weight
        )


def _ratio(rel_cov: FloatArray, z: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(np.einsum("a,eab,b->e", z, rel_cov, z), 0.0)))


def correlation_of(rel_cov: FloatArray, a: int, b: int) -> FloatArray:
    """Return the correlation of two coefficients at every node, (E,); 0 beside a zero sd."""
    sd = np.sqrt(np.maximum(rel_cov[:, a, a] * rel_cov[:, b, b], 0.0))
    out = np.divide(rel_cov[:, a, b], sd, out=np.zeros_like(sd), where=sd > 0)
    return np.asarray(np.clip(out, -1.0, 1.0))


def theta_sample(target: Target, nodes: Nodes) -> ThetaSample:
    """Return the sample of a target's nodes."""
    model, points = target.model, nodes.points
    into = model.z_to_raw / target.unit

    def raw(D: FloatArray) -> FloatArray:
        return sandwich(into, D)

    k = model.k
    nearby = []
    for axis in nodes.axes.T:
        v = points.v + _NUDGE * axis
        v[:, :k] = np.maximum(v[:, :k], 1e-9)
        nearby.append(raw(target.covariance(v)))
    return ThetaSample(
        weight=nodes.weight,
        cell=nodes.cell,
        rel_cov=raw(points.D),
        nearby=np.array(nearby),
        df=points.residual.df,
        variance=points.residual.variance * model.y_scale**2,
        sigma_y=points.residual.points * model.y_scale,
        share=points.residual.share,
        step=points.residual.step,
        is_exact=target.prior.is_flat,
    )


def ray_sample(target: RayTarget, nodes: Nodes, reference: float) -> ThetaSample:
    """Return the sample of a ray: its one "sd" is the root of Sigma over Sigma at s = 1.

    Parameters
    ----------
    target : RayTarget
    nodes : Nodes
    reference : float
        sigma_y**2 that Sigma at s = 1 goes with, scaled units.
    """
    points = nodes.points
    v = np.maximum(points.v + _NUDGE * nodes.axes[0], 1e-9)
    return ThetaSample(
        weight=nodes.weight,
        cell=nodes.cell,
        rel_cov=target.coordinates.covariance(points.v),
        nearby=target.coordinates.covariance(v)[None],
        df=points.residual.df,
        variance=points.residual.variance / reference,
        sigma_y=points.residual.points / np.sqrt(reference),
        share=points.residual.share,
        step=points.residual.step,
        is_exact=target.prior.is_flat,
    )
