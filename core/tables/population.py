"""Data with known truth: a designed population, or new outcomes on somebody's own design."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from core.exceptions import SpecError
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.tables.limits import LIMITS
from core.types import FloatArray, IntArray

#: Rows that one simulated table may hold.
MAX_ROWS = LIMITS.simulated_rows
OUTCOME, GROUP, PREDICTOR, GROUP_PREDICTOR = "y", "group", "x", "u"

#: The structure that generates every designed population; what is absent has coefficient 0.
POPULATION_SPEC = ModelSpec(
    outcome=OUTCOME,
    group=GROUP,
    predictors=(PREDICTOR,),
    varying=(PREDICTOR,),
    group_predictors=(GROUP_PREDICTOR,),
    cross_level=((PREDICTOR, GROUP_PREDICTOR),),
)


@dataclass(frozen=True)
class Population:
    """A population of groups, by the parameters a reader can set.

    ``alpha_j = mu_alpha + gamma_alpha u_j + eta_j1``, ``beta_j = mu_beta + gamma_beta u_j +
    eta_j2``, ``y = alpha_j + beta_j x + error``; u has mean 0 and sd 1 over the groups.

    Parameters
    ----------
    n_groups : int
        J, 3 to 2,000.
    group_size : int
        Mean number of rows per group.
    size_spread : float
        sd of the log group sizes: 0 for equal sizes, 1.0 for sizes as unequal as the
        counties of the radon data.
    sigma_y, sigma_alpha, sigma_beta, rho : float
        Residual sd (positive), sd of the varying intercepts and slopes, their correlation.
    mu_alpha, mu_beta, gamma_alpha, gamma_beta : float
        Average intercept and slope, and what the group-level predictor adds to each.
    x_sd, x_between : float
        sd of the predictor, and the share of its variance that lies between groups.
    outlier : float
        How far one group of middling size lies above its own intercept, outcome units.

    Raises
    ------
    SpecError
        When a parameter is out of its range, naming it and the range.
    """

    n_groups: int = 50
    group_size: int = 10
    size_spread: float = 0.0
    sigma_y: float = 1.0
    sigma_alpha: float = 0.5
    sigma_beta: float = 0.0
    rho: float = 0.0
    mu_alpha: float = 0.0
    mu_beta: float = 0.5
    gamma_alpha: float = 0.0
    gamma_beta: float = 0.0
    x_sd: float = 1.0
    x_between: float = 0.0
    outlier: float = 0.0

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SpecError(f"{name} = {value:g} is out of range: give {low:g} to {high:g}.")
        if self.n_groups * self.group_size > MAX_ROWS:
            raise SpecError(
                f"{self.n_groups:,} groups of {self.group_size:,} rows make more than "
                f"{MAX_ROWS:,} rows (the limit simulated_rows). Take fewer groups or smaller ones."
            )

    def update(self, **changes: Any) -> Population:
        """Return a copy with some parameters changed (checked like a new one)."""
        return replace(self, **changes)

    @property
    def vcov_group(self) -> FloatArray:
        """Covariance of varying intercept and slope, shape (2, 2)."""
        sd = np.array([self.sigma_alpha, self.sigma_beta])
        return np.asarray(np.outer(sd, sd) * np.array([[1.0, self.rho], [self.rho, 1.0]]))


#: Least and largest value of every parameter of a ``Population``.
RANGES: dict[str, tuple[float, float]] = {
    "n_groups": (3, 2000),
    "group_size": (1, 1000),
    "size_spread": (0, 1.5),
    "sigma_y": (1e-3, 1e3),
    "sigma_alpha": (0, 1e3),
    "sigma_beta": (0, 1e3),
    "rho": (-1, 1),
    "mu_alpha": (-1e4, 1e4),
    "mu_beta": (-1e4, 1e4),
    "gamma_alpha": (-1e3, 1e3),
    "gamma_beta": (-1e3, 1e3),
    "x_sd": (1e-3, 1e3),
    "x_between": (0, 0.95),
    "outlier": (-1e4, 1e4),
}


@dataclass(frozen=True, eq=False)
class World:
    """A design (groups, sizes, predictors) and the truth that generates outcomes on it.

    Attributes
    ----------
    table : pandas.DataFrame
        The rows of the design; what stands in the outcome column is never used.
    data : GroupedData
        The same under the generating structure ``data.spec``.
    fixef : FloatArray, shape (p,)
        True average coefficients, in the order of ``data.fixef_names``.
    vcov_group : FloatArray, shape (k, k)
        True covariance of the varying coefficients.
    sigma_y : float
        True residual sd.
    shift : FloatArray, shape (J, k)
        Fixed departures of single groups (an outlier), zero for the others.
    """

    table: pd.DataFrame = field(repr=False)
    data: GroupedData = field(repr=False)
    fixef: FloatArray
    vcov_group: FloatArray
    sigma_y: float
    shift: FloatArray = field(repr=False)

    @property
    def spec(self) -> ModelSpec:
        """The structure that generates."""
        return self.data.spec

    @property
    def sigma_group(self) -> FloatArray:
        """True sd of each varying coefficient, shape (k,)."""
        return np.asarray(np.sqrt(np.diag(self.vcov_group)))

    @property
    def correlation(self) -> float:
        """True correlation of the first two varying coefficients; 0 where one is constant."""
        if len(self.vcov_group) < 2:
            return 0.0
        scale = float(self.sigma_group[0] * self.sigma_group[1])
        return float(np.clip(self.vcov_group[0, 1] / scale, -1.0, 1.0)) if scale > 0 else 0.0

    def target(self) -> FloatArray:
        """Return what the truth says of each group before chance: shape (J, k)."""
        out = self.shift.copy()
        position = {base: i for i, base in enumerate(self.data.varying)}
        for value, term in zip(self.fixef, self.data.terms, strict=True):
            if term.base in position:
                factor = self.data.group_columns[term.factor][1] if term.factor >= 0 else 1.0
                out[:, position[term.base]] += value * factor
        return out

    def update(
        self,
        *,
        sigma_y: float | None = None,
        sigma_group: FloatArray | None = None,
        rho: float | None = None,
        fixef: FloatArray | None = None,
    ) -> World:
        """Return a copy with some of the truth changed; correlations stay unless given.

        ``rho`` is the correlation of the first two varying coefficients.
        """
        vcov = self.vcov_group
        if sigma_group is not None or rho is not None:
            old = self.sigma_group
            safe = np.where(old > 0, old, 1.0)
            correlation = self.vcov_group / np.outer(safe, safe)
            np.fill_diagonal(correlation, 1.0)
            if rho is not None and len(old) > 1:
                correlation[0, 1] = correlation[1, 0] = rho
            sd = old if sigma_group is None else sigma_group
            vcov = correlation * np.outer(sd, sd)
        return replace(
            self,
            sigma_y=self.sigma_y if sigma_y is None else sigma_y,
            vcov_group=vcov,
            fixef=self.fixef if fixef is None else fixef,
        )


@dataclass(frozen=True, eq=False)
class Draw:
    """One simulated table and the truth behind it.

    Attributes
    ----------
    table : pandas.DataFrame
    line : FloatArray, shape (J, k)
        True intercept and slopes of every group, in the order of ``group_names``.
    """

    world: World = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    line: FloatArray
    group_names: tuple[str, ...]
    varying_names: tuple[str, ...]
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group: name, size, and the true coefficients."""
        frame = pd.DataFrame(self.line, columns=list(self.varying_names))
        frame.insert(0, "n", self.world.data.group_sizes)
        frame.insert(0, "group", self.group_names)
        return frame


def make_world(population: Population, seed: int = 0) -> World:
    """Return a design and its truth for a population; sizes, x and u come from the seed.

    Parameters
    ----------
    population : Population
    seed : int
        The same seed gives the same design, whatever the variances.
    """
    rng = np.random.default_rng([seed, 1])
    J = population.n_groups
    score = ndtri((np.arange(J) + 0.5) / J)
    sizes = rng.permutation(_sizes(population, score))
    u = rng.permutation(score / np.sqrt(np.mean(score**2)))
    index = np.repeat(np.arange(J), sizes)
    between, within = rng.normal(size=J), rng.normal(size=len(index))
    share = population.x_between
    x = population.x_sd * (np.sqrt(share) * between[index] + np.sqrt(1 - share) * within)
    width = len(str(J))
    names = np.array([f"{j:0{width}d}" for j in range(1, J + 1)])
    table = pd.DataFrame({GROUP: names[index], PREDICTOR: x, GROUP_PREDICTOR: u[index], OUTCOME: x})
    shift = np.zeros((J, 2))
    shift[np.argsort(sizes, kind="stable")[J // 2], 0] = population.outlier
    truth = {
        "(Intercept)": population.mu_alpha,
        PREDICTOR: population.mu_beta,
        GROUP_PREDICTOR: population.gamma_alpha,
        f"{PREDICTOR}:{GROUP_PREDICTOR}": population.gamma_beta,
    }
    data = GroupedData.from_table(table, POPULATION_SPEC)
    return World(
        table=table,
        data=data,
        fixef=np.array([truth[name] for name in data.fixef_names]),
        vcov_group=population.vcov_group,
        sigma_y=population.sigma_y,
        shift=shift,
    )


def _sizes(population: Population, score: FloatArray) -> IntArray:
    """Return group sizes whose logs are normal quantiles, with the mean asked for."""
    raw = np.exp(population.size_spread * score)
    sizes = np.rint(raw / raw.mean() * population.group_size)
    return np.asarray(np.maximum(1, sizes), dtype=np.intp)


def matrix_root(covariance: FloatArray) -> FloatArray:
    """Return R (..., k, k) with ``R R' = covariance``, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :])


def simulate(source: Population | World, seed: int = 0) -> Draw:
    """Return one table drawn from a population or a world, and the truth behind it.

    Parameters
    ----------
    source : Population or World
        A population is given its design by the same seed.
    seed : int
        Same source and seed, same table.

    Examples
    --------
    >>> draw = simulate(Population(n_groups=4, group_size=3), seed=1)
    >>> draw.table.shape, draw.line.shape
    ((12, 4), (4, 2))
    """
    world = make_world(source, seed) if isinstance(source, Population) else source
    rng = np.random.default_rng([seed, 2])
    data = world.data
    ranef = rng.normal(size=(data.n_groups, len(data.varying))) @ matrix_root(world.vcov_group).T
    outcome = data.times_design(world.fixef)
    deviation = (ranef + world.shift)[data.group_index]
    outcome += np.einsum("ik,ik->i", data.varying_design(), deviation)
    outcome += rng.normal(scale=world.sigma_y, size=data.n_obs)
    return Draw(
        world=world,
        table=world.table.assign(**{data.spec.outcome: outcome}),
        line=world.target() + ranef,
        group_names=data.group_names,
        varying_names=data.varying_names,
        seed=seed,
    )
