"""The three fits of some of the rows of a model with several factors, near those of all."""

from __future__ import annotations

import numpy as np

from core.estimators.factors.system import solved_of
from core.exceptions import PoolingError
from core.factors_results import FactorsFit, FactorsFits
from core.fitting.factors.cell_layout import CellLayout, lay_out
from core.fitting.factors.factor_checks import refusal_of_factors
from core.fitting.factors.factor_criterion import FactorProblem
from core.fitting.factors.factor_multilevel import factors_fit_at, problem_of_factors
from core.fitting.factors.factor_no_pooling import fit_factors_no_pooling
from core.fitting.factors.factor_pooling import fit_factors_complete
from core.fitting.factors.factor_search import (
    LARGE,
    FactorOptimum,
    certify_factors,
    covariances_of,
    find_factor_optimum,
    minimise_factors,
    snapped,
    theta_from,
)
from core.moments import GroupMoments
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.tables.grouped import FactorsData
from core.tables.grouping.cells import Factor
from core.types import FloatArray, IntArray

#: A variance estimated as zero may not be so without some rows: searches set out beside it.
_BESIDE = 0.01


def subset_factors(data: FactorsData, rows: IntArray) -> FactorsData:
    """Return some of the rows as data of their own: levels without rows are gone.

    Levels of categorical predictors stay, so that coefficients keep their names.
    """
    cells = data.cells
    at = cells.group_index[rows]
    kept, index = np.unique(at, return_inverse=True)
    columns: dict[str, Column] = {}
    for name, column in cells.columns.items():
        if isinstance(column, NumericColumn):
            columns[name] = NumericColumn(name, column.values[rows])
        else:
            columns[name] = CategoricalColumn(name, column.codes[rows], column.levels)
    some = cells.update(
        y=cells.y[rows],
        group_index=index.astype(np.intp),
        group_names=tuple(cells.group_names[c] for c in kept),
        columns=columns,
        group_columns=tuple((name, values[kept]) for name, values in cells.group_columns),
        key=None,
    )
    counts = np.bincount(index, minlength=len(kept))
    recoded = {f.name: _recoded(f, f.of_cell[kept]) for f in data.factors}
    return FactorsData(some, tuple(_subset(f, recoded, kept, counts) for f in data.factors))


def _recoded(factor: Factor, of_cell: IntArray) -> tuple[IntArray, IntArray]:
    """Return the levels that are left, and the new place of every level (-1: gone)."""
    left = np.unique(of_cell)
    place = np.full(factor.n_levels, -1)
    place[left] = np.arange(len(left))
    return left, place


def _subset(
    factor: Factor,
    recoded: dict[str, tuple[IntArray, IntArray]],
    kept: IntArray,
    counts: IntArray,
) -> Factor:
    left, place = recoded[factor.name]
    of_cell = place[factor.of_cell[kept]]
    return Factor(
        name=factor.name,
        label=factor.label,
        level_names=tuple(factor.level_names[j] for j in left),
        of_cell=of_cell,
        sizes=np.bincount(of_cell, counts, minlength=len(left)).astype(np.intp),
        varying=factor.varying,
        outer={name: recoded[name][1][parent[left]] for name, parent in factor.outer.items()},
        group_columns=factor.group_columns,
    )


def refit_some(fits: FactorsFits, rows: IntArray) -> FactorsFits:
    """Return the three fits of some rows of a model that has been fitted to all.

    Raises
    ------
    NotIdentifiedError
        When not even complete pooling can be fitted to them.
    """
    data = subset_factors(fits.data, rows)
    return fit_near(fits, data, GroupMoments.from_data(data.cells))


def fit_near(fits: FactorsFits, data: FactorsData, cells: GroupMoments) -> FactorsFits:
    """Return the three fits of other data under the same model, searched for from these.

    Small tables are searched as any other; large ones from the optimum of all rows.
    """
    layout = lay_out(data, cells)
    complete = fit_factors_complete(layout)
    problem = problem_of_factors(layout)
    unpooled = fit_factors_no_pooling(problem.elimination)
    refused = refusal_of_factors(layout, unpooled)
    found: FactorsFit | None = None
    if refused is None and fits.multilevel_or_none is None:
        refused = fits.refusal
    if refused is None:
        try:
            found = factors_fit_at(layout, problem, _optimum(fits, layout, problem))
        except PoolingError as error:
            refused = error
    return FactorsFits(data, cells, (complete, unpooled.fit, found), refused, ())


def _optimum(fits: FactorsFits, layout: CellLayout, problem: FactorProblem) -> FactorOptimum:
    if problem.work <= LARGE // 20:
        return find_factor_optimum(problem)
    solved = solved_of(fits)
    start = theta_from(problem, converted(solved.layout, layout, solved.D))
    start = np.where(np.abs(start) < _BESIDE, _BESIDE, start)
    found = minimise_factors(problem, start[None])
    if not np.isfinite(found.value[0]):
        return find_factor_optimum(problem)
    theta, value = snapped(problem, found.theta[0], float(found.value[0]))
    certificate = certify_factors(problem, theta)
    return FactorOptimum(
        D=covariances_of(problem, theta),
        theta=theta,
        value=value,
        certificate=certificate,
        modes=((theta, value),),
        start=start,
        evaluations=found.evaluations,
        starts=1,
        converged=True,
    )


def converted(old: CellLayout, new: CellLayout, D: list[FloatArray]) -> list[FloatArray]:
    """Return relative covariances in the units of another layout."""
    out = []
    for before, after, one in zip(old.designs, new.designs, D, strict=True):
        turn = np.linalg.inv(after.to_raw) @ before.to_raw
        out.append(turn @ one @ turn.T)
    return out
