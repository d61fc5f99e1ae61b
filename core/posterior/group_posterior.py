"""The groups' coefficients summed up over the nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from core.posterior.conditional import Conditional, chunks, coefficients, direct_part
from core.posterior.mixture import StudentMixture
from core.posterior.quantity import Quantity
from core.tables.grouped import GroupedData
from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class GroupPosterior:
    """The posterior of every group's coefficients, ready to be asked.

    Attributes
    ----------
    given : Conditional
    direct : FloatArray, shape (J, k, p)
    constant : FloatArray, shape (k,)
    """

    given: Conditional
    direct: FloatArray
    constant: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """Groups and coefficients (J, k)."""
        return self.direct.shape[0], self.direct.shape[1]

    def mixture(self, groups: slice) -> StudentMixture:
        """Return the mixture of some groups' coefficients, group by group: (M, groups * k)."""
        loc, scale = coefficients(self.given, self.direct, self.constant, groups)
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
        found = [float(self.mixture.quantile(float(each))[0]) for each in p.ravel()]
        return np.array(found).reshape(p.shape)

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
    return GroupPosterior(given, direct_part(data, given.model, factors=factors), constant)


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


def _one(made: GroupPosterior, index: tuple[int, ...]) -> OneMixture:
    return made.one(index)
