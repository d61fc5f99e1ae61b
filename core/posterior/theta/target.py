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
from core.posterior.theta.coordinates import Coordinates, sandwich
from core.posterior.theta.prior import StatedPrior
from core.posterior.theta.residual import Residual, integrate_residual
from core.types import BoolArray, FloatArray

#: Beyond this many units (1 pools the median group by half) an sd is as good as infinite.
_FARTHEST = 1e6
#: Beyond this ``atanh`` a correlation cannot be told from +-1.
_STEEPEST = 15.0
#: Elements of the groups' moments times points that fit the processor's inner cache.
_PIECE = 50_000


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
        Of the covariance where the prior stands, each coefficient in the unit in which sd 1
        pools its median group by half.
    prior : StatedPrior
    prior_unit : FloatArray, shape (k,)
        Those units: the sd over sigma_y, raw over ``y_scale``, is the coordinate's over this.
    into : FloatArray, shape (k, k)
        ``D = into @ (covariance of the coordinates) @ into.T``.
    """

    model: ScaledModel
    problem: CriterionProblem
    unit: FloatArray
    coordinates: Coordinates
    prior: StatedPrior
    prior_unit: FloatArray
    into: FloatArray

    @property
    def df(self) -> float:
        """Degrees of freedom of sigma_y given D under a flat prior: n - p - k."""
        return float(self.model.n_obs - self.model.p - self.model.k)

    def crossing_at(self, crossover: FloatArray) -> Target:
        """Return the same target with its coordinates turning logarithmic at other sds."""
        space = Coordinates(self.coordinates.k, self.coordinates.correlated, crossover)
        return replace(self, coordinates=space)

    def covariance(self, v: FloatArray) -> FloatArray:
        """Return D at points v, shape (E, k, k)."""
        return sandwich(self.into, self.coordinates.covariance(v))

    def of_covariance(self, D: FloatArray) -> FloatArray:
        """Return what the coordinates are of, for one D (k, k)."""
        back = np.linalg.inv(self.into)
        return np.asarray(back @ D @ back.T)

    def log_ratio(self, v: FloatArray) -> FloatArray:
        """Return the log of the sds that the prior is on, over sigma_y in scaled units (E, k)."""
        log_unit = np.log(self.model.y_scale) - np.log(self.prior_unit)
        return np.asarray(self.coordinates.log_sd(v) + log_unit)

    def __call__(self, v: FloatArray) -> Points:
        """Return the posterior at points v of shape (E, d)."""
        reach = self._within_reach(v)
        safe = v if reach.all() else np.where(reach[:, None], v, self._somewhere())
        D = self.covariance(safe)
        found, fine = _evaluate(self.problem, D)
        r2 = found.r2[0]
        fine &= reach & np.isfinite(found.value[0]) & (r2 > 0)
        r2 = np.where(fine, r2, 1.0)
        residual = integrate_residual(r2, self.log_ratio(safe), self.df, self.prior)
        value = -0.5 * self._log_determinants(found, r2) + residual.log_mass
        value += self.coordinates.log_measure(safe, self.prior.eta)
        value = np.where(fine & np.isfinite(value), value, -np.inf)
        return Points(v, value, D, found.beta[0], found.XVX[0], residual)

    def _within_reach(self, v: FloatArray) -> BoolArray:
        k = self.coordinates.k
        farthest = np.arcsinh(_FARTHEST / self.coordinates.crossover)
        out = (np.abs(v[:, :k]) <= farthest).all(axis=1)
        return np.asarray(out & (np.abs(v[:, k:]) <= _STEEPEST).all(axis=1))

    def _somewhere(self) -> FloatArray:
        return self.coordinates.point_of(np.eye(self.coordinates.k))

    def _log_determinants(self, found: Evaluation, r2: FloatArray) -> FloatArray:
        """Return ``sum_j log|I + S_j D| + log|X'V^-1 X|``: the criterion less its residual part."""
        nu = float(self.problem.nu[0])
        return np.asarray(found.value[0] - nu * (1.0 + np.log(2.0 * np.pi * r2 / nu)))


def target_of(model: ScaledModel, prior: StatedPrior, *, correlated: bool) -> Target:
    """Return the posterior density of a model.

    Raises
    ------
    NotIdentifiedError
        When there are too few rows, or too few groups for a flat prior.
    """
    require_rows(model)
    unit = unit_of(model)
    place = prior.shift @ model.z_to_raw
    prior_unit = _units_at(model, place)
    into = unit[:, None] * np.linalg.inv(place) / prior_unit
    start = Coordinates(model.k, correlated, np.full(model.k, 0.5))
    problem = problem_of(model, unit, reml=True)
    return Target(model, problem, unit, start, prior, prior_unit, into)


def _units_at(model: ScaledModel, place: FloatArray) -> FloatArray:
    """Return the units (k,) in which sd 1 pools the median group by half, where the prior is."""
    back = np.linalg.inv(place)
    own = np.einsum("ba,bcj,ca->aj", back, model.S, back)
    live = [row[row > 1e-12 * row.max(initial=0.0)] for row in own]
    return np.array([np.sqrt(np.median(row)) if len(row) else 1.0 for row in live])


def require_rows(model: ScaledModel) -> None:
    """Refuse a model that leaves no rows to tell sigma_y from the sds of the groups."""
    spare = model.n_obs - model.p - model.k
    if spare < 1:
        raise NotIdentifiedError(
            f"There are {model.n_obs:,} rows for {model.p} average coefficients and {model.k} "
            "standard deviations between groups: nothing is left to tell the residual standard "
            "deviation from them. Use a smaller model, or add rows."
        )


def _evaluate(problem: CriterionProblem, D: FloatArray) -> tuple[Evaluation, BoolArray]:
    """Evaluate the criterion at D (E, k, k); points where a matrix is singular are told."""
    step = max(16, _PIECE // (problem.S.shape[1] * problem.S.shape[2]))
    if len(D) > step:
        return _joined([_evaluate(problem, D[i : i + step]) for i in range(0, len(D), step)])
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
    return _joined([_evaluate(problem, D[:half]), _evaluate(problem, D[half:])])


def _joined(parts: list[tuple[Evaluation, BoolArray]]) -> tuple[Evaluation, BoolArray]:
    names = ("value", "derivative", "beta", "r2", "XVX")
    every = (np.concatenate([getattr(p[0], n) for p in parts], axis=1) for n in names)
    return Evaluation(*every), np.concatenate([p[1] for p in parts])
