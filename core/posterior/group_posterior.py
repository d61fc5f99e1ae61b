"""The groups' coefficients summed up over the nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from core.posterior.conditional import (
    Conditional,
    Wanted,
    chunks,
    coefficients,
    direct_part,
    lines_at,
)
from core.posterior.mixture import StudentMixture
from core.posterior.quantity import Quantity
from core.tables.grouped import GroupedData
from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class GroupPosterior:
    """The posterior of every group's coefficients (or combinations of them), ready to be asked.

    Attributes
    ----------
    given : Conditional
    wanted : Wanted
    """

    given: Conditional
    wanted: Wanted

    @property
    def shape(self) -> tuple[int, int]:
        """Groups and coefficients (J, k)."""
        return self.wanted.direct.shape[0], self.wanted.direct.shape[1]

    def combined(self, mix: FloatArray) -> GroupPosterior:
        """Return the posterior of combinations ``mix`` (r, k) of the coefficients."""
        return GroupPosterior(self.given, self.wanted.combined(mix))

    def mixture(self, groups: slice) -> StudentMixture:
        """Return the mixture of some groups' coefficients, group by group: (M, groups * k)."""
        loc, scale = coefficients(self.given, self.wanted, groups)
        flat = (len(loc), -1)
        return StudentMixture(
            self.given.weight, self.given.df, loc.reshape(flat), scale.reshape(flat)
        )

    def p_above(self, x: float) -> FloatArray:
        """Return the probability that each coefficient is above x, shape (J, k)."""
        n_groups, k = self.shape
        out = np.empty((n_groups, k))
        for part in chunks(n_groups, self.given.size, k):
            made = self.mixture(part)
            at = np.full(made.loc.shape[1], x)
            out[part] = (1.0 - made.cdf(at)).reshape(-1, k)
        return out

    def one(self, index: tuple[int, ...]) -> OneMixture:
        """Return the distribution of one group's coefficient."""
        j, a = index[0] % self.shape[0], index[1] % self.shape[1]
        made = self.mixture(slice(j, j + 1))
        return OneMixture(made.take(np.arange(self.shape[1]) == a))


@dataclass(frozen=True, eq=False)
class OneMixture:
    """One column of a mixture as a distribution of one number."""

    mixture: StudentMixture

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return the probability of values up to x."""
        return self._spread(np.asarray(x)).cdf(np.ravel(x)).reshape(np.shape(x))

    def pdf(self, x: FloatArray) -> FloatArray:
        """Return the density at x."""
        return self._spread(np.asarray(x)).pdf(np.ravel(x)).reshape(np.shape(x))

    def quantile(self, probability: FloatArray) -> FloatArray:
        """Return quantiles."""
        p = np.asarray(probability, dtype=np.float64)
        return self._spread(p).quantile(p.ravel()).reshape(p.shape)

    def _spread(self, x: FloatArray) -> StudentMixture:
        made = self.mixture
        wide = (len(made.weight), x.size)
        loc, scale = (np.broadcast_to(part, wide) for part in (made.loc, made.scale))
        return StudentMixture(made.weight, made.df, loc, scale)


def group_posterior(data: GroupedData, given: Conditional, *, factors: bool) -> GroupPosterior:
    """Return the posterior of the groups' coefficients; without ``factors`` as lme4's coef."""
    constant = np.zeros(given.model.k)
    if data.spec.varying_intercept:
        constant[0] = given.model.y_center
    direct = direct_part(data, given.model, factors=factors)
    return GroupPosterior(given, Wanted(given.model.z_to_raw, direct, constant))


def summarised(made: GroupPosterior, power: FloatArray, level: float) -> Quantity:
    """Return the quantity (J, k) of the groups' coefficients.

    Parameters
    ----------
    made : GroupPosterior
    power : FloatArray, shape (J, k)
        Tail of each coefficient, where the group's own rows do not determine it: moments that
        do not exist are infinite. Infinite where the rows do.
    level : float
    """
    n_groups, k = made.shape
    out = {name: np.empty((n_groups, k)) for name in ("mean", "median", "sd", "lower", "upper")}
    tail = 0.5 * (1.0 - level)
    for part in chunks(n_groups, made.given.size, k):
        mixture = made.mixture(part)
        found = {
            "mean": mixture.mean,
            "sd": mixture.sd,
            "median": mixture.quantile(0.5),
            "lower": mixture.quantile(tail),
            "upper": mixture.quantile(1.0 - tail),
        }
        for name, values in found.items():
            out[name][part] = values.reshape(-1, k)
    out["sd"] = np.where(power > 3.0, out["sd"], np.inf)
    return Quantity(**out, level=level, each=partial(_one, made), many=made.p_above)


def difference_mixture(made: GroupPosterior, one: int, other: int, a: int) -> StudentMixture:
    """Return the mixture (M, 1) of one group's coefficient a less another's.

    What both share, the doubt about the average coefficients, counts only as far as they answer
    to it differently.
    """
    given = made.given
    first, second = (lines_at(given, made.wanted, slice(j, j + 1)) for j in (one, other))
    apart = first.shared[:, 0, a] - second.shared[:, 0, a]
    unit = first.own[:, 0, a] ** 2 + second.own[:, 0, a] ** 2 + np.sum(apart**2, axis=1)
    scale = given.model.y_scale * np.sqrt(given.sigma2 * unit)
    loc = first.loc[:, 0, a] - second.loc[:, 0, a]
    return StudentMixture(given.weight, given.df, loc[:, None], scale[:, None])


def _one(made: GroupPosterior, index: tuple[int, ...]) -> OneMixture:
    return made.one(index)
