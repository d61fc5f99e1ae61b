"""The posterior density of the relative covariance D, everything else integrated out.

With a flat prior on the average coefficients and 1 / sigma_y on sigma_y,

    p(D | y) ~ p(D) |X'V^-1 X|^-1/2 prod_j |I + S_j D|^-1/2 r2^-(n - p - k)/2

for k sds with a flat prior: each ``sd = ratio * sigma_y`` brings one factor sigma_y, which takes
one degree of freedom (Gelman et al. 2013, Bayesian Data Analysis, sections 5.4 and 15.3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.exceptions import NotIdentifiedError
from core.fitting.multilevel import unit_of
from core.fitting.scaled import ScaledModel
from core.fitting.search.criterion import CriterionProblem, Evaluation, evaluate, problem_of
from core.posterior.theta.coordinates import Coordinates
from core.posterior.theta.prior import StatedPrior
from core.posterior.theta.residual import Residual, integrate_residual
from core.types import BoolArray, FloatArray

#: Beyond this many units (1 pools the median group by half) an sd is as good as infinite.
_FARTHEST = 1e6
#: Beyond this ``atanh`` a correlation cannot be told from +-1.
_STEEPEST = 15.0


@dataclass(frozen=True, eq=False)
class Points:
    """The posterior at E points v.

    Attributes
    ----------
    v : FloatArray, shape (E, d)
    log_density : FloatArray, shape (E,)
        Per volume of v, up to a constant; -inf where D is out of reach.
    D : FloatArray, shape (E, k, k)
        In the problem's units.
    beta : FloatArray, shape (E, p)
        Average coefficients given D, scaled.
    XVX : FloatArray, shape (E, p, p)
    residual : Residual
        sigma_y given D, in scaled units of the outcome.
    """

    v: FloatArray
    log_density: FloatArray
    D: FloatArray
    beta: FloatArray
    XVX: FloatArray
    residual: Residual


@dataclass(frozen=True, eq=False)
class Target:
    """The posterior density of one model under one prior.

    Attributes
    ----------
    model : ScaledModel
    problem : CriterionProblem
    unit : FloatArray, shape (k,)
        ``D in scaled units = D / outer(unit, unit)``.
    coordinates : Coordinates
    prior : StatedPrior
    into_prior : FloatArray, shape (k, k)
        ``into_prior @ D @ into_prior.T`` is Sigma / sigma_y**2 where the prior stands, raw.
    """

    model: ScaledModel
    problem: CriterionProblem
    unit: FloatArray
    coordinates: Coordinates
    prior: StatedPrior
    into_prior: FloatArray

    @property
    def df(self) -> float:
        """Degrees of freedom of sigma_y given D under a flat prior: n - p - k."""
        return float(self.model.n_obs - self.model.p - self.model.k)

    def crossing_at(self, crossover: FloatArray) -> Target:
        """Return the same target with its coordinates turning logarithmic at other sds."""
        space = Coordinates(self.model.k, self.coordinates.correlated, crossover)
        return replace(self, coordinates=space)

    def __call__(self, v: FloatArray) -> Points:
        """Return the posterior at points v of shape (E, d)."""
        reach = self._within_reach(v)
        safe = v if reach.all() else np.where(reach[:, None], v, self._somewhere())
        D = self.coordinates.covariance(safe)
        found, fine = _evaluate(self.problem, D)
        r2 = found.r2[0]
        fine &= reach & np.isfinite(found.value[0]) & (r2 > 0)
        r2 = np.where(fine, r2, 1.0)
        log_ratio = self.log_ratio(D)
        residual = integrate_residual(r2, log_ratio, self.df, self.prior)
        value = -0.5 * self._log_determinants(found, r2) + residual.log_mass
        value += self._log_prior(safe, log_ratio)
        value = np.where(fine & np.isfinite(value), value, -np.inf)
        return Points(v, value, D, found.beta[0], found.XVX[0], residual)

    def _within_reach(self, v: FloatArray) -> BoolArray:
        farthest = np.arcsinh(_FARTHEST / self.coordinates.crossover)
        out = (np.abs(v[:, : self.model.k]) <= farthest).all(axis=1)
        return np.asarray(out & (np.abs(v[:, self.model.k :]) <= _STEEPEST).all(axis=1))

    def _somewhere(self) -> FloatArray:
        return self.coordinates.point_of(np.eye(self.model.k))

    def log_ratio(self, D: FloatArray) -> FloatArray:
        """Return the log of the sds that the prior is on, over sigma_y in scaled units (E, k)."""
        raw = np.einsum("ai,eij,aj->ea", self.into_prior, D, self.into_prior, optimize=True)
        return np.asarray(0.5 * np.log(np.maximum(raw, 1e-300)) + np.log(self.model.y_scale))

    def _log_determinants(self, found: Evaluation, r2: FloatArray) -> FloatArray:
        """Return ``sum_j log|I + S_j D| + log|X'V^-1 X|``: the criterion less its residual part."""
        nu = float(self.problem.nu[0])
        return np.asarray(found.value[0] - nu * (1.0 + np.log(2.0 * np.pi * r2 / nu)))

    def _log_prior(self, v: FloatArray, log_ratio: FloatArray) -> FloatArray:
        """Return what measures and correlations bring to the density per volume of v."""
        space, k = self.coordinates, self.model.k
        out = space.log_measure(v)
        if not space.has_pairs:
            return out
        # From the volume of D to that of sds and correlations where the prior stands.
        out = np.asarray(out - k * log_ratio.sum(axis=1))
        if self.prior.eta == 1.0:
            return out
        log_det = 2.0 * space.log_sd(v).sum(axis=1) + space.log_rest(v).sum(axis=1)
        return np.asarray(out + (self.prior.eta - 1.0) * (log_det - 2.0 * log_ratio.sum(axis=1)))


def target_of(model: ScaledModel, prior: StatedPrior, *, correlated: bool) -> Target:
    """Return the posterior density of a model.

    Raises
    ------
    NotIdentifiedError
        When there are too few rows, or too few groups for a flat prior.
    """
    unit = unit_of(model)
    start = Coordinates(model.k, correlated, np.full(model.k, 0.5))
    into = prior.shift @ model.z_to_raw / unit
    _require_rows(model)
    return Target(model, problem_of(model, unit, reml=True), unit, start, prior, into)


def _require_rows(model: ScaledModel) -> None:
    spare = model.n_obs - model.p - model.k
    if spare < 1:
        raise NotIdentifiedError(
            f"There are {model.n_obs:,} rows for {model.p} average coefficients and {model.k} "
            "standard deviations between groups: nothing is left to tell the residual standard "
            "deviation from them. Use a smaller model, or add rows."
        )


def _evaluate(problem: CriterionProblem, D: FloatArray) -> tuple[Evaluation, BoolArray]:
    """Evaluate the criterion at D (E, k, k); points where a matrix is singular are told."""
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = evaluate(problem, D[None], derivative=False)
        return found, np.ones(len(D), dtype=bool)
    except np.linalg.LinAlgError:
        if len(D) == 1:
            p = problem.p
            blank = np.full((1, 1), np.nan)
            return (
                Evaluation(
                    blank, np.empty((1, 1, 0, 0)), np.zeros((1, 1, p)), blank, np.eye(p)[None, None]
                ),
                np.zeros(1, dtype=bool),
            )
    half = len(D) // 2
    (one, fine), (two, also) = _evaluate(problem, D[:half]), _evaluate(problem, D[half:])
    names = ("value", "derivative", "beta", "r2", "XVX")
    both = (np.concatenate([getattr(one, n), getattr(two, n)], axis=1) for n in names)
    return Evaluation(*both), np.concatenate([fine, also])
