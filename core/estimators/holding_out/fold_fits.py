"""The four estimators fitted to every fold's training moments, the multilevel fits in a batch."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from core.estimators.fitted_lines import (
    complete_pooling,
    no_pooling,
    partial_pooling,
    with_second_stage,
)
from core.estimators.holding_out.folds import Fold
from core.estimators.predictors import Predictor
from core.estimators.training import Training
from core.fitting.checks import refusal_of
from core.fitting.multilevel import find_optimum, unit_of
from core.fitting.scaled import ScaledModel
from core.fitting.search.batch import find_optima, stack_problems
from core.fitting.search.criterion import problem_of
from core.fitting.search.neighbours import Neighbour, are_many, find_near, neighbour


@dataclass(frozen=True)
class _Residuals:
    """What the checks of identifiability want to know of no pooling."""

    df_residual: float
    rss: float


def admits_multilevel(training: Training, alone: Predictor) -> bool:
    """Return whether the training rows can support a multilevel model."""
    live = training.moments.n > 0
    if live.sum() < 2:
        return False
    rss = 0.0 if alone.df_residual <= 0 else alone.sigma2 * alone.df_residual
    residuals = _Residuals(alone.df_residual, rss * training.model.y_scale**2)
    return refusal_of(training.data, training.model, residuals) is None


def fold_predictors(folds: list[Fold], whole: ScaledModel) -> list[dict[str, Predictor]]:
    """Return the estimators of every fold, by name; one that cannot be fitted is left out.

    Parameters
    ----------
    whole : ScaledModel
        The model of all rows: it tells where the search looks for the variances.
    """
    out: list[dict[str, Predictor]] = []
    by_terms: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for i, fold in enumerate(folds):
        training = fold.training
        if training.model.n_obs <= training.model.p:
            out.append({})
            continue
        alone = no_pooling(training)
        staged = with_second_stage(alone)
        out.append({"no_pooling": alone, "two_stage": staged})
        out[-1]["complete_pooling"] = complete_pooling(training)
        if admits_multilevel(training, alone):
            by_terms[tuple(map(int, training.model.used))].append(i)
    for members in by_terms.values():
        fitted = _multilevel([folds[i].training for i in members], whole)
        for i, predictor in zip(members, fitted, strict=True):
            out[i]["partial_pooling"] = predictor
    return out


def _multilevel(trainings: list[Training], whole: ScaledModel) -> list[Predictor]:
    """Fit the multilevel model to training sets with the same terms in use."""
    spec = trainings[0].data.spec
    reml, unit = spec.criterion == "REML", unit_of(whole)
    problems = [problem_of(t.model, unit, reml=reml, merge=False) for t in trainings]
    start = _neighbour(trainings[0], whole)
    if start is None:
        found = find_optima(stack_problems(problems), correlated=spec.correlated, n_starts=3)
    else:
        found = find_near(problems, start, correlated=spec.correlated)
    inverse = np.linalg.inv(found.XVX)
    D = found.D / np.outer(unit, unit)
    variance = found.r2 / np.concatenate([problem.nu for problem in problems])
    return [
        partial_pooling(t, D[i], found.beta[i], inverse[i], float(variance[i]))
        for i, t in enumerate(trainings)
    ]


def _neighbour(training: Training, whole: ScaledModel) -> Neighbour | None:
    """Return the solved problem of all rows, where the folds' lie next to it."""
    spec = training.data.spec
    if not are_many(whole) or not np.array_equal(whole.used, training.model.used):
        return None
    reml, unit = spec.criterion == "REML", unit_of(whole)
    optimum = find_optimum(whole, reml=reml, correlated=spec.correlated)
    problem = problem_of(whole, unit, reml=reml, merge=False)
    return neighbour(problem, optimum.D * np.outer(unit, unit), correlated=spec.correlated)
