"""The multilevel model refitted without each group in turn, from the moments alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.estimators.fitted_lines import no_pooling
from core.estimators.holding_out.fold_fits import admits_multilevel
from core.estimators.holding_out.folds import needed_pairs
from core.estimators.training import Training
from core.fitting.multilevel import unit_of
from core.fitting.scaled import ScaledModel, scale_model
from core.fitting.search.batch import Optima, find_optima, polish, stack_problems
from core.fitting.search.covariance import theta_of
from core.fitting.search.criterion import CriterionProblem, problem_of
from core.fitting.search.optimize import minimise
from core.moments import GroupMoments
from core.results import MultilevelFit
from core.tables.grouped import GroupedData
from core.types import FloatArray

#: Elements of a stack of problems; keeps memory down.
_ELEMENTS = 4_000_000
#: Elements up to which sums over all groups but one are added up and never subtracted.
_CUMULATED = 4_000_000


@dataclass(frozen=True, eq=False)
class Refits:
    """Estimates without each of some groups; NaN where the rest cannot support the model.

    Attributes
    ----------
    vcov_group : FloatArray, shape (B, k, k)
    sigma_y : FloatArray, shape (B,)
    fixef : FloatArray, shape (B, terms)
        NaN for a term that the rest cannot estimate.
    """

    vcov_group: FloatArray
    sigma_y: FloatArray
    fixef: FloatArray


class _Without:
    """Moments of all groups but one. Sums of positive parts are added, not subtracted."""

    def __init__(self, data: GroupedData, moments: GroupMoments) -> None:
        self.moments = moments
        m = moments.outcome
        self.own = np.empty((data.n_groups, m, m))
        for a in range(1, m + 1):
            for b in range(a, m + 1):
                self.own[:, a - 1, b - 1] = self.own[:, b - 1, a - 1] = moments.within(a, b)
        self.pairs = {pair: moments.within(*pair) for pair in sorted(needed_pairs(data))}
        self.before: FloatArray | None = None
        if self.own.size <= _CUMULATED:
            blank = np.zeros((1, m, m))
            self.before = np.cumsum(np.concatenate([blank, self.own[:-1]]), axis=0)
            after = np.cumsum(np.concatenate([blank, self.own[:0:-1]]), axis=0)
            self.after = after[::-1]

    def group(self, j: int) -> GroupMoments:
        """Return the moments without group j, in the scaling of all."""
        full = self.moments
        n, mean = full.n.copy(), full.mean.copy()
        n[j], mean[:, j] = 0.0, 0.0
        pairs = {}
        for key, values in self.pairs.items():
            pairs[key] = values.copy()
            pairs[key][j] = 0.0
        if self.before is not None:
            total = self.before[j] + self.after[j]
        else:
            total = full.within_total - self.own[j]
        count = None if full.count is None else full.count.copy()
        if count is not None:
            count[j] = 0.0
        return GroupMoments(n, mean, total, full.center, full.scale, pairs, None, count)


def refit_without(fit: MultilevelFit, groups: Sequence[int], *, nearby: bool = False) -> Refits:
    """Return the estimates without each of some groups.

    Parameters
    ----------
    fit : MultilevelFit
        Of all groups.
    groups : sequence of int
        Positions of the groups to leave out, one at a time.
    nearby : bool
        Search from the optimum of all groups instead of everywhere: for many groups, of
        which one cannot move the optimum far.

    Notes
    -----
    Exact: each problem is the sum of the other groups' moments, and its variances are
    searched for as those of ``fit_all``, many problems in lockstep (``core.fitting.search.batch``).
    """
    data, k = fit.data, len(fit.varying_names)
    out = Refits(
        np.full((len(groups), k, k), np.nan),
        np.full(len(groups), np.nan),
        np.full((len(groups), len(fit.fixef_names)), np.nan),
    )
    without = _Without(data, fit.moments)
    unit = unit_of(scale_model(data, fit.moments))
    for rows, models in _chunks(data, without, groups):
        problems = [problem_of(m, unit, reml=fit.criterion == "REML", merge=False) for m in models]
        problem = stack_problems(problems)
        found = _search(problem, fit, nearby)
        for i, row in enumerate(rows):
            model = models[i]
            variance = float(found.r2[i] / problem.nu[i])
            z = model.z_to_raw / unit
            out.sigma_y[row] = model.y_scale * np.sqrt(variance)
            out.vcov_group[row] = out.sigma_y[row] ** 2 * (z @ found.D[i] @ z.T)
            out.fixef[row] = model.coef_to_raw(found.beta[i])
    return out


def _search(problem: CriterionProblem, fit: MultilevelFit, nearby: bool) -> Optima:
    if not nearby:
        return find_optima(problem, correlated=fit.spec.correlated, n_starts=3)
    return find_nearby(problem, fit.optimization.rel_cov_scaled, correlated=fit.spec.correlated)


def find_nearby(problem: CriterionProblem, D: FloatArray, *, correlated: bool) -> Optima:
    """Return the optimum of each problem that a search from one D (problem units) ends at."""
    # A variance of exactly zero is a stationary point: set out from a little above it.
    lifted = D + np.diag(np.where(np.diag(D) <= 1e-6, 1e-4, 0.0))
    start = theta_of(lifted, correlated)
    starts = np.broadcast_to(start, (problem.n_problems, 1, len(start)))
    found = minimise(problem, starts.copy(), correlated=correlated)
    return polish(problem, found, correlated=correlated)


def _chunks(
    data: GroupedData, without: _Without, groups: Sequence[int]
) -> Iterator[tuple[list[int], list[ScaledModel]]]:
    """Yield models of the same terms in use, as many at once as memory likes."""
    waiting: dict[tuple[int, ...], list[tuple[int, ScaledModel]]] = defaultdict(list)
    for row, j in enumerate(groups):
        moments = without.group(j)
        model = scale_model(data, moments)
        training = Training(data, moments, model)
        if model.n_obs <= model.p or not admits_multilevel(training, no_pooling(training)):
            continue
        key = tuple(map(int, model.used))
        waiting[key].append((row, model))
        size = (model.p + 1) * (model.p + 2) // 2 * model.k * (model.k + 1) // 2 * len(model.n)
        if len(waiting[key]) * size >= _ELEMENTS:
            yield _unzip(waiting.pop(key))
    for held in waiting.values():
        yield _unzip(held)


def _unzip(held: list[tuple[int, ScaledModel]]) -> tuple[list[int], list[ScaledModel]]:
    return [row for row, _ in held], [model for _, model in held]
