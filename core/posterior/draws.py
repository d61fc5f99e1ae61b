"""Draws from the full posterior: independent, seeded, of everything at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.exceptions import SpecError
from core.fitting.complete_pooling import group_targets
from core.posterior.conditional import Conditional, chunks, conditional_of
from core.posterior.group_posterior import GroupPosterior
from core.posterior.theta.nodes import Nodes
from core.posterior.theta.solve import Solved
from core.tables.grouped import GroupedData
from core.types import FloatArray

#: Numbers that all draws together may hold.
MOST_NUMBERS = 40_000_000


@dataclass(frozen=True, eq=False)
class Draws:
    """n independent draws from the posterior, raw units.

    Attributes
    ----------
    sigma_y : FloatArray, shape (n,)
    vcov_group : FloatArray, shape (n, k, k)
    fixef : FloatArray, shape (n, p)
        NaN where a column is a combination of others.
    ranef : FloatArray, shape (n, J, k)
        Deviations of the groups.
    """

    sigma_y: FloatArray
    vcov_group: FloatArray
    fixef: FloatArray
    ranef: FloatArray
    data: GroupedData = field(repr=False)

    @property
    def sigma_group(self) -> FloatArray:
        """Sds between groups, shape (n, k)."""
        return np.asarray(np.sqrt(np.einsum("nkk->nk", self.vcov_group)))

    @property
    def correlation(self) -> FloatArray:
        """Correlations, shape (n, k, k)."""
        sd = np.maximum(self.sigma_group, 1e-300)
        ratio = self.vcov_group / (sd[:, :, None] * sd[:, None, :])
        out: FloatArray = np.asarray(np.clip(ratio, -1.0, 1.0))
        k = out.shape[1]
        out[:, np.arange(k), np.arange(k)] = 1.0
        return out

    @property
    def icc(self) -> FloatArray:
        """Share of the variance between groups where every predictor is 0, shape (n,)."""
        is_there = float(self.data.spec.varying_intercept)
        between = self.vcov_group[:, 0, 0] * is_there
        return np.asarray(between / (between + self.sigma_y**2))

    @cached_property
    def coef(self) -> FloatArray:
        """``fixef + ranef``, without group-level predictors, shape (n, J, k)."""
        own = np.nan_to_num(self.fixef)[:, self.data.varying_terms]
        return np.asarray(own[:, None] + self.ranef)

    @cached_property
    def line(self) -> FloatArray:
        """Each group's own intercept and slopes, group-level predictors counted in."""
        targets = [group_targets(self.data, each) for each in self.fixef]
        return np.asarray(np.array(targets) + self.ranef)


def draw(data: GroupedData, solved: Solved, groups: GroupPosterior, n: int, seed: int) -> Draws:
    """Return n independent draws of everything (see ``Posterior.draws``)."""
    n_groups, k = groups.shape
    if n < 1:
        raise SpecError(f"{n} draws: give a number above 0.")
    if n * n_groups * k > MOST_NUMBERS:
        raise SpecError(
            f"{n:,} draws of {n_groups:,} groups would be {n * n_groups * k:,} numbers; the "
            f"limit is {MOST_NUMBERS:,}. Ask for fewer draws."
        )
    rng = np.random.default_rng([seed, 15])
    given = _drawn_nodes(solved, n, rng)
    model = given.model
    sigma = np.sqrt(given.df * given.sigma2 / rng.chisquare(given.df))
    noise = rng.standard_normal((n, model.p))
    beta = given.beta + sigma[:, None] * np.einsum("npq,nq->np", given.root, noise)
    ranef = np.empty((n, n_groups, k))
    for part in chunks(n, n_groups, k):
        some = given.take(np.arange(n)[part])
        found = some.modes(slice(None))
        loc = found.apart - np.einsum("kpnj,np->knj", found.answer, beta[part])
        loc = np.moveaxis(loc, 0, 2)
        z = rng.standard_normal(loc.shape)
        factor = _cholesky(np.moveaxis(found.spread, (0, 1), (2, 3)))
        own = np.einsum("njkl,njl->njk", factor, z)
        ranef[part] = loc + sigma[part, None, None] * own
    z_raw = model.z_to_raw
    fixef = np.array([model.coef_to_raw(each) for each in beta])
    rel_cov = z_raw @ given.D @ z_raw.T
    return Draws(
        sigma_y=model.y_scale * sigma,
        vcov_group=(model.y_scale * sigma[:, None, None]) ** 2 * rel_cov,
        fixef=fixef,
        ranef=model.y_scale * ranef @ z_raw.T,
        data=data,
    )


def _drawn_nodes(solved: Solved, n: int, rng: np.random.Generator) -> Conditional:
    """Return n nodes drawn by their weights; along one dimension anywhere between them."""
    target, nodes = solved.target, solved.fine
    which = rng.choice(nodes.size, size=n, p=nodes.weight)
    if target.coordinates.size > 1:
        return conditional_of(target.model, nodes, target.unit).take(which)
    v = nodes.points.v[which] + (nodes.cell[which] * (rng.random(n) - 0.5))[:, None]
    points = target(np.abs(v))
    drawn = Nodes(points, np.full(n, 1.0 / n), nodes.cell[which], nodes.axes)
    return conditional_of(target.model, drawn, target.unit)


def _cholesky(square: FloatArray) -> FloatArray:
    """Return lower factors of positive semidefinite (..., k, k) matrices, singular ones too."""
    k = square.shape[-1]
    L = np.zeros_like(square)
    for j in range(k):
        left = square[..., j, j] - np.sum(L[..., j, :j] ** 2, axis=-1)
        L[..., j, j] = np.sqrt(np.maximum(left, 0.0))
        safe = np.where(L[..., j, j] > 0, L[..., j, j], np.inf)
        for i in range(j + 1, k):
            rest = square[..., i, j] - np.sum(L[..., i, :j] * L[..., j, :j], axis=-1)
            L[..., i, j] = rest / safe
    return L
