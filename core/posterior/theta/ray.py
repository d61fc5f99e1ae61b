"""The posterior along a ray: all sds of the groups in fixed proportions, one number to know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.multilevel import unit_of
from core.fitting.scaled import ScaledModel
from core.fitting.search.criterion import problem_of
from core.posterior.theta.coordinates import Coordinates
from core.posterior.theta.line_rule import first_look, line_nodes, panels, refined
from core.posterior.theta.nodes import Nodes
from core.posterior.theta.prior import StatedPrior
from core.posterior.theta.target import Target, require_rows
from core.types import FloatArray

_PANELS, _GROUP_PANELS = 24, 10


@dataclass(frozen=True, eq=False)
class RayTarget(Target):
    """The posterior of s where ``D = s**2 shape``; the prior of all sds, seen along the ray.

    Attributes
    ----------
    shape : FloatArray, shape (k, k)
        In the problem's units.
    log_sd : FloatArray, shape (k,)
        Log of the sds at s = 1 where the prior stands, over sigma_y in scaled units.
    """

    shape: FloatArray
    log_sd: FloatArray

    @property
    def df(self) -> float:
        """Degrees of freedom of sigma_y given D under a flat prior: n - p - 1."""
        return float(self.model.n_obs - self.model.p - 1)

    def covariance(self, v: FloatArray) -> FloatArray:
        """Return D at points v (E, 1)."""
        return np.asarray(self.coordinates.covariance(v) * self.shape)

    def of_covariance(self, D: FloatArray) -> FloatArray:
        """Return ``s**2`` as a matrix (1, 1), for a D on the ray."""
        return np.array([[float(np.trace(D) / np.trace(self.shape))]])

    def log_ratio(self, v: FloatArray) -> FloatArray:
        """Return the log of the sds that the prior is on, over sigma_y in scaled units."""
        return np.asarray(self.coordinates.log_sd(v) + self.log_sd)


def ray_nodes(
    model: ScaledModel, prior: StatedPrior, shape: FloatArray
) -> tuple[RayTarget, Nodes, Nodes] | None:
    """Return the target along ``s**2 shape`` with many and with fewer nodes.

    None where the posterior has no mass in reach.

    Parameters
    ----------
    model : ScaledModel
    prior : StatedPrior
    shape : FloatArray, shape (k, k)
        Relative covariance at s = 1, the model's scaled units.
    """
    require_rows(model)
    unit = unit_of(model)
    place = prior.shift @ model.z_to_raw
    sd = np.sqrt(np.maximum(np.diag(place @ shape @ place.T), 1e-300))
    target = RayTarget(
        model=model,
        problem=problem_of(model, unit, reml=True),
        unit=unit,
        coordinates=Coordinates(1, False, np.array([0.5])),
        prior=prior,
        prior_unit=np.ones(1),
        into=np.eye(1),
        shape=shape * np.outer(unit, unit),
        log_sd=np.log(sd) + np.log(model.y_scale),
    )
    v, height = first_look(target, [target.shape])
    if not np.isfinite(height).any():
        return None
    ends = panels(v, height, _PANELS)
    many, few = line_nodes(target, ends), line_nodes(target, panels(v, height, _GROUP_PANELS))
    if many is None or few is None:
        return None
    return target, refined(target, many, ends), few
