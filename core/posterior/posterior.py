"""``posterior``: everything a multilevel model says, its own variances' doubt included."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from core.exceptions import SpecError
from core.posterior.conditional import Conditional, conditional_of, fixef_mixture
from core.posterior.drawn_ranks import rank_quantity
from core.posterior.draws import Draws, draw
from core.posterior.group_posterior import (
    GroupPosterior,
    OneMixture,
    difference_mixture,
    group_posterior,
    summarised,
)
from core.posterior.marginal import Tabulated, inverse_chi
from core.posterior.mixture import StudentMixture
from core.posterior.quantity import Quantity, fixed_quantity, quantity_of, stacked
from core.posterior.theta.prior import Prior, StatedPrior
from core.posterior.theta.residual import residual_density
from core.posterior.theta.solve import Solved, solve
from core.posterior.variances import ThetaSample, correlation_of, theta_sample
from core.results import PoolingFits
from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class Posterior:
    """The full posterior of a multilevel model, each number computed when first asked for.

    The average coefficients have a flat prior, sigma_y has 1 / sigma_y, the sds between groups
    the one named. Given theta (the covariance of the groups over sigma_y**2) everything is
    known in closed form; over theta it is summed at nodes fitted to the posterior itself.

    Attributes
    ----------
    fits : PoolingFits
    prior : Prior
        As asked for (``str(prior)`` is its name).
    stated : StatedPrior
        The same with its scales and place settled.
    level : float
        Of every interval.
    """

    fits: PoolingFits = field(repr=False)
    prior: Prior
    stated: StatedPrior = field(repr=False)
    level: float
    solved: Solved = field(repr=False)

    @property
    def effective_nodes(self) -> float:
        """Effective number of nodes over theta, ``1 / sum(weight**2)``.

        In several dimensions the measure of the error (below 60 the posterior is refused);
        with one varying coefficient the nodes are placed by quadrature and a few dozen do.
        """
        return self.solved.fine.effective

    @property
    def varying_names(self) -> tuple[str, ...]:
        """Names of the varying coefficients, length k."""
        return self.fits.data.varying_names

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the groups, length J."""
        return self.fits.data.group_names

    @property
    def fixef_names(self) -> tuple[str, ...]:
        """Names of the average coefficients."""
        return self.fits.data.fixef_names

    @cached_property
    def theta(self) -> ThetaSample:
        """Relative covariances at the nodes, raw units."""
        return theta_sample(self.solved.target, self.solved.fine)

    @cached_property
    def given(self) -> Conditional:
        """The posterior given each of the nodes that carry the groups."""
        target = self.solved.target
        return conditional_of(target.model, self.solved.coarse, target.unit)

    @cached_property
    def sigma_y(self) -> Quantity:
        """Residual sd, outcome units."""
        if self.stated.is_flat:
            made = inverse_chi(self.theta.weight, self.theta.df, self.theta.variance)
            return quantity_of(made, (made.mean, made.sd), self.level)
        target, nodes = self.solved.target, self.solved.coarse
        at, density = residual_density(nodes.points.residual, nodes.weight, target.df, self.stated)
        table = Tabulated(at + np.log(target.model.y_scale), density)
        return quantity_of(table, table.moments, self.level)

    @cached_property
    def sigma_group(self) -> Quantity:
        """Sds between groups of each varying coefficient, shape (k,)."""
        k = len(self.varying_names)
        power = self.solved.tails.power
        parts = [
            quantity_of(self.theta.sd(z), self.theta.sd_moments(z, float(power[a])), self.level)
            for a, z in enumerate(np.eye(k))
        ]
        return stacked(parts, (k,), self.level)

    @cached_property
    def correlation(self) -> Quantity:
        """Correlations of the varying coefficients, shape (k, k); fixed where the model fixes."""
        k = len(self.varying_names)
        parts = {(a, a): fixed_quantity(1.0, self.level) for a in range(k)}
        for a in range(k):
            for b in range(a):
                parts[a, b] = parts[b, a] = self._correlation(a, b)
        ordered = [parts[a, b] for a in range(k) for b in range(k)]
        return stacked(ordered, (k, k), self.level)

    def _correlation(self, a: int, b: int) -> Quantity:
        if not self.solved.target.coordinates.has_pairs:
            return fixed_quantity(0.0, self.level)
        moments = _moments(self.theta.weight, correlation_of(self.theta.rel_cov, a, b))
        return quantity_of(self.theta.correlation(a, b), moments, self.level)

    @cached_property
    def icc(self) -> Quantity:
        """Share of the variance between groups where every predictor is 0 (``fit.icc``)."""
        if not self.fits.spec.varying_intercept:
            return fixed_quantity(0.0, self.level)
        return self.icc_at(np.eye(len(self.varying_names))[0])

    def icc_at(self, z: FloatArray) -> Quantity:
        """Return the share of the variance between groups at values z (k,) of the columns.

        z is 1 for the intercept and the value of x for a slope.
        """
        z = self._row(z)
        ratio = self.theta.ratio(z) ** 2
        moments = _moments(self.theta.weight, ratio / (1.0 + ratio))
        return quantity_of(self.theta.share_of(z), moments, self.level)

    @cached_property
    def fixef(self) -> Quantity:
        """Average coefficients, shape (p,); NaN where a column is a combination of others."""
        mixture = self._fixef_mixture
        model = self.given.model
        tail = 0.5 * (1.0 - self.level)
        found = {
            "mean": mixture.mean,
            "sd": mixture.sd,
            "median": mixture.quantile(0.5),
            "lower": mixture.quantile(tail),
            "upper": mixture.quantile(1.0 - tail),
        }
        out: dict[str, Any] = {}
        for name, values in found.items():
            out[name] = np.full(model.n_terms, np.nan)
            out[name][model.used] = values
        return Quantity(**out, level=self.level, each=self._fixef_distribution)

    def _fixef_distribution(self, index: tuple[int, ...]) -> OneMixture | None:
        where = np.flatnonzero(self.given.model.used == index[0] % self.given.model.n_terms)
        if not len(where):
            return None
        return OneMixture(self._fixef_mixture.take(np.arange(self.given.model.p) == where[0]))

    @cached_property
    def _fixef_mixture(self) -> StudentMixture:
        return fixef_mixture(self.given, np.eye(self.given.model.n_terms)[self.given.model.used])

    def fixef_at(self, contrast: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return both ends of the interval of sums of the average coefficients, (G,) each.

        ``contrast`` (G, p) multiplies them; those that are not estimable count as zero.
        """
        made, tail = fixef_mixture(self.given, contrast), 0.5 * (1.0 - self.level)
        return made.quantile(tail), made.quantile(1.0 - tail)

    @cached_property
    def groups(self) -> GroupPosterior:
        """The groups' own intercepts and slopes, as ``line`` sums them up."""
        return group_posterior(self.fits.data, self.given, factors=True)

    @cached_property
    def line(self) -> Quantity:
        """Each group's own intercept and slopes, alpha_j and beta_j, shape (J, k).

        Group-level predictors counted in: as ``fits.multilevel.line``.
        """
        return summarised(self.groups, self._own_power(), self.level)

    @cached_property
    def coef(self) -> Quantity:
        """Each group's coefficients, shape (J, k), as ``fits.multilevel.coef``.

        ``line`` without the part of group-level predictors: the same where there are none.
        """
        if not any(term.factor >= 0 for term in self.fits.data.terms):
            return self.line
        made = group_posterior(self.fits.data, self.given, factors=False)
        return summarised(made, self._own_power(), self.level)

    def _own_power(self) -> FloatArray:
        """Return the tail of each group's coefficients: that of the sd where rows are silent."""
        estimable = self.fits.no_pooling.estimable
        return np.where(estimable, np.inf, self.solved.tails.power)

    def line_interval(self, a: int, level: float) -> tuple[FloatArray, FloatArray]:
        """Return both ends of the interval of every group's coefficient a, shape (J,) each."""
        if level == self.level:
            return self.line.lower[:, a], self.line.upper[:, a]
        found = self._lines_at_level(level)
        return found.lower[:, a], found.upper[:, a]

    def _lines_at_level(self, level: float) -> Quantity:
        held: dict[float, Quantity] = self.__dict__.setdefault("_levels", {})
        if level not in held:
            held[level] = summarised(self.groups, self._own_power(), level)
        return held[level]

    def line_at(self, z: FloatArray) -> Quantity:
        """Return each group's line at values z (k,) of the varying columns, shape (J,).

        z is 1 for the intercept and the value of x for a slope: ``alpha_j + beta_j x``. Other
        predictors are at 0, group-level ones at the group's own.
        """
        made = self.groups.combined(self._row(z)[None])
        power = np.where(self.fits.no_pooling.line_estimable, np.inf, self._least_power)
        both = summarised(made, power[:, None], self.level)
        return Quantity(
            mean=both.mean[:, 0],
            median=both.median[:, 0],
            sd=both.sd[:, 0],
            lower=both.lower[:, 0],
            upper=both.upper[:, 0],
            level=self.level,
            each=lambda index: made.one((index[0], 0)),
            many=lambda x: made.p_above(x)[:, 0],
        )

    def _row(self, z: FloatArray) -> FloatArray:
        """Return values of the varying columns as an array (k,), or say what is wanted."""
        out = np.asarray(z, dtype=np.float64)
        if out.shape != (len(self.varying_names),):
            raise SpecError(
                f"Give one value for each of {', '.join(self.varying_names)}: 1 for the "
                "intercept, the predictor's value for a slope."
            )
        return out

    @property
    def _least_power(self) -> float:
        return float(self.solved.tails.power.min())

    def difference(self, one: str, other: str, term: str | None = None) -> Quantity:
        """Return by how much one group's coefficient is above another's, in its units.

        Raises
        ------
        SpecError
            When a group or the coefficient is unknown, or both groups are the same.
        """
        names, terms = self.group_names, self.varying_names
        for name in (one, other):
            if name not in names:
                raise SpecError(f"There is no group '{name}' in '{self.fits.spec.group}'.")
        if one == other:
            raise SpecError(f"Choose two different groups to compare, not '{one}' twice.")
        if term is not None and term not in terms:
            raise SpecError(
                f"'{term}' does not vary by group in this model; these do: {', '.join(terms)}."
            )
        a = terms.index(term) if term is not None else 0
        made = difference_mixture(self.groups, names.index(one), names.index(other), a)
        return quantity_of(OneMixture(made), (float(made.mean[0]), float(made.sd[0])), self.level)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a parameter: ``parameter, mean, median, sd, lower, upper``.

        Names as in ``core.profile``: ``sd_x``, ``cor_x.(Intercept)``, ``sigma_y``, ``icc`` (where
        an intercept varies) and the average coefficients by their own.
        """
        names = self.varying_names
        rows = [(f"sd_{name}", self.sigma_group, (a,)) for a, name in enumerate(names)]
        parts = [_row_of(name, quantity, index) for name, quantity, index in rows]
        if self.solved.target.coordinates.has_pairs:
            pairs = [(b, a) for b in range(len(names)) for a in range(b)]
            parts += [
                _row_of(f"cor_{names[b]}.{names[a]}", self.correlation, (b, a)) for b, a in pairs
            ]
        parts.append(_row_of("sigma_y", self.sigma_y, ()))
        if self.fits.spec.varying_intercept:
            parts.append(_row_of("icc", self.icc, ()))
        parts += [_row_of(name, self.fixef, (i,)) for i, name in enumerate(self.fixef_names)]
        return pd.DataFrame(parts)

    def group_frame(self) -> pd.DataFrame:
        """Return one row a group and coefficient, with the plug-in estimate beside it.

        ``group, n, term, mean, median, sd, lower, upper, estimate, estimate_se``.
        """
        fit, found = self.fits.multilevel, self.line
        parts = []
        for a, term in enumerate(self.varying_names):
            part: dict[str, Any] = {"group": self.group_names, "n": fit.group_sizes}
            part["term"] = [term] * len(self.group_names)
            for name in ("mean", "median", "sd", "lower", "upper"):
                part[name] = getattr(found, name)[:, a]
            part |= {"estimate": fit.line[:, a], "estimate_se": fit.line_se[:, a]}
            parts.append(pd.DataFrame(part))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def ranks(self) -> Quantity:
        """Ranks of the groups on each varying coefficient (1: the highest), shape (J, k).

        From draws with a fixed seed: ``core.rank(fits, uncertainty="posterior")`` tells more.
        """
        return rank_quantity(self.groups, self.level)

    def draws(self, n: int = 1000, seed: int = 0) -> Draws:
        """Return n independent draws of everything; the same seed, the same draws.

        Raises
        ------
        SpecError
            When n is below 1 or the draws would not fit into memory.
        """
        return draw(self.fits.data, self.solved, self.groups, n, seed)


def _row_of(name: str, found: Quantity, index: tuple[int, ...]) -> dict[str, Any]:
    values = ("mean", "median", "sd", "lower", "upper")
    return {"parameter": name} | {v: float(np.asarray(getattr(found, v))[index]) for v in values}


def _moments(weight: FloatArray, value: FloatArray) -> tuple[float, float]:
    mean = float(weight @ value)
    return mean, float(np.sqrt(weight @ (value - mean) ** 2))


def posterior(fits: PoolingFits, prior: str | Prior = "flat", level: float = 0.95) -> Posterior:
    """Return the full posterior of a multilevel model, without sampling.

    Parameters
    ----------
    fits : PoolingFits
    prior : {"flat", "half_t", "half_normal", "gamma"} or Prior
        Of the standard deviations between groups: flat by default, which takes at least four
        groups (for a mean alone); the others have a scale in the outcome's unit.
    level : float
        Of the intervals, which leave the same probability out on both sides.

    Returns
    -------
    Posterior
        ``sigma_y, sigma_group, correlation, icc, fixef, coef, line, ranks``, each with
        ``mean, median, sd, lower, upper`` and its density; ``draws(n, seed)``.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    NotIdentifiedError
        When the prior asks for more groups, or the nodes are too uneven to be trusted.
    SpecError
        When there is no such prior, or the level is no share.

    Notes
    -----
    Likelihood and prior are the same for REML and ML fits: the average coefficients are
    integrated out as REML does.

    References
    ----------
    .. [1] Gelman & Hill (2007), chapter 18.  Gelman et al. (2013), Bayesian Data Analysis,
       chapters 5 and 15.
    .. [2] Rue, Martino & Chopin (2009), Approximate Bayesian inference by integrated nested
       Laplace approximations, JRSS B 71, 319-392, for integrating over few parameters.
    """
    if not 0.0 < level < 1.0:
        raise SpecError(f"The level of an interval must lie between 0 and 1, not {level!r}.")
    solved = solve(fits, prior)
    return Posterior(fits, solved.prior.prior, solved.prior, level, solved)
