"""Optima of problems next to one that is solved: training folds of very many groups.

With thousands of groups a fold takes so little away that the criterion keeps its shape: from
the optimum of all rows a few steps with one and the same Hessian lead to the fold's own. What
does not arrive there is left to ``find_optima``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.fitting.scaled import ScaledModel
from core.fitting.search.batch import Optima, find_optima
from core.fitting.search.covariance import rel_cov_of, theta_gradient, theta_of
from core.fitting.search.criterion import CriterionProblem, evaluate
from core.fitting.search.optimize import look
from core.types import BoolArray, FloatArray

#: Elements of ``Z_j'Z_j`` from which on there are groups enough.
_MANY = 6_000
#: A principal variance below this (in ``unit_of``) is near its bound, where steps go astray.
_NEAR_BOUND = 0.02
_MAX_STEPS = 14
#: Steps shorter than this, relative to theta, end the search.
_SHORT = 1e-9


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A solved problem: its optimum theta (K,), its Hessian there (K, K) and its rows."""

    theta: FloatArray
    hessian: FloatArray
    n_obs: float


def are_many(model: ScaledModel) -> bool:
    """Return whether there are groups enough for the folds to resemble the whole."""
    k = model.k
    return bool(k * (k + 1) // 2 * model.S.shape[2] >= _MANY)


def neighbour(problem: CriterionProblem, D: FloatArray, *, correlated: bool) -> Neighbour | None:
    """Return a solved problem with its Hessian; None where steps from it cannot be trusted.

    Parameters
    ----------
    problem : CriterionProblem
        One problem.
    D : FloatArray, shape (k, k)
        Its optimum, in its units.
    """
    if np.linalg.eigvalsh(D)[0] < _NEAR_BOUND:
        return None
    theta = theta_of(D, correlated)
    _, _, hessian = look(problem, theta[None, None], correlated)
    if np.linalg.eigvalsh(hessian[0, 0])[0] <= 0:
        return None
    return Neighbour(theta, hessian[0, 0], float(problem.n_obs[0]))


def find_near(
    problems: Sequence[CriterionProblem], start: Neighbour, *, correlated: bool
) -> Optima:
    """Return the optimum of every problem, searched from a neighbour's."""
    parts = [_find_near(problem, start, correlated) for problem in problems]
    names = ("D", "value", "beta", "r2", "XVX", "converged")
    return Optima(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _find_near(problem: CriterionProblem, start: Neighbour, correlated: bool) -> Optima:
    inverse = np.linalg.inv(start.hessian) * (start.n_obs / float(problem.n_obs[0]))
    theta, best = start.theta.copy(), np.inf
    for _ in range(_MAX_STEPS):
        D = rel_cov_of(theta, problem.k, correlated)[None, None]
        at = evaluate(problem, D)
        value = float(at.value[0, 0])
        if not value <= best + 1e-9 * abs(best):
            break
        best = value
        step = -inverse @ theta_gradient(at.derivative[0], theta[None], correlated)[0]
        if np.abs(step).max() <= _SHORT * np.abs(theta).max():
            if np.linalg.eigvalsh(D[0, 0])[0] < 0.5 * _NEAR_BOUND:
                break
            there: BoolArray = np.ones(1, dtype=bool)
            return Optima(D[0], at.value[0], at.beta[0], at.r2[0], at.XVX[0], there)
        theta = theta + step
    return find_optima(problem, correlated=correlated, n_starts=3)
