"""Lines and rows of a model with several factors as contrasts of its joint estimates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from core.exceptions import SpecError
from core.factors_results import FactorsFit, FactorsFits
from core.fitting.factors.factor_multilevel import Solved
from core.fitting.factors.factor_search import covariances_of
from core.fitting.several.henderson import Contrasts, FactorSystem, system_at
from core.tables.grouped import FactorsData
from core.tables.grouping.cells import Factor
from core.types import FloatArray, IntArray


def solved_of(fits: FactorsFits) -> Solved:
    """Return the layout and the optimum that a multilevel fit stands on.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit = fits.multilevel
    assert isinstance(fit, FactorsFit)
    found: Solved = fit.__dict__["solved"]
    return found


def system_of(fits: FactorsFits) -> FactorSystem:
    """Return the system of a fit at its estimates, made once.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit = fits.multilevel
    held: FactorSystem | None = fit.__dict__.get("system")
    if held is None:
        solved = solved_of(fits)
        held = system_at(solved.layout, covariances_of(solved.problem, solved.theta))
        object.__setattr__(fit, "system", held)
    return held


def scaled_variance(fits: FactorsFits) -> float:
    """Return sigma_y**2 in the units in which a system's covariances are."""
    return float((fits.multilevel.sigma_y / solved_of(fits).layout.y_scale) ** 2)


def line_contrasts(data: FactorsData, name: str, term: str) -> Contrasts:
    """Return one varying coefficient of every level of a factor, shape (L, ...).

    As ``FactorFit.line``: the average, the share of group-level predictors, the deviations of the
    levels that it lies in, and its own.

    Raises
    ------
    SpecError
        When the coefficient does not vary by this factor.
    """
    factor = data.factor(name)
    bases = {_name_of(data, base): base for base in factor.varying}
    if term not in bases:
        raise SpecError(
            f"'{term}' does not vary by '{name}' in this model; these do: {', '.join(bases)}."
        )
    base, n = bases[term], factor.n_levels
    fixed = np.zeros((n, len(data.terms)))
    owned = _owned(data, factor)
    for t, each in enumerate(data.terms):
        if each.base == base and (each.factor < 0 or each.factor in owned):
            values = np.ones(n)
            if each.factor >= 0:
                values[factor.of_cell] = data.cells.group_columns[each.factor][1]
            fixed[:, t] = values
    levels = {}
    for other in data.factors:
        if base in other.varying and (other is factor or other.name in factor.outer):
            at = np.arange(n) if other is factor else factor.outer[other.name]
            levels[other.name] = _picks(other, at, base)
    return Contrasts(fixed, levels)


def row_contrasts(
    data: FactorsData, design: FloatArray, bases: FloatArray, known: Mapping[str, IntArray]
) -> Contrasts:
    """Return what rows are expected to be, as contrasts.

    Parameters
    ----------
    design : FloatArray, shape (m, p)
        The terms of every row.
    bases : FloatArray, shape (m, 1 + base columns)
        Its base columns, the constant first.
    known : mapping of str to array, shape (m,)
        The level of every row by factor; -1 for a level that was not fitted, which adds nothing.
    """
    levels = {}
    for factor in data.factors:
        at = np.asarray(known[factor.name], dtype=np.intp)
        rows = np.flatnonzero(at >= 0)
        k = factor.k
        columns = at[rows][:, None] * k + np.arange(k)
        values = bases[rows[:, None], np.array(factor.varying, dtype=np.intp)]
        index = np.repeat(rows, k), columns.ravel()
        levels[factor.name] = sparse.csr_array(
            sparse.coo_array((values.ravel(), index), shape=(len(at), factor.n_levels * k))
        )
    return Contrasts(design, levels)


def _name_of(data: FactorsData, base: int) -> str:
    return "(Intercept)" if base == 0 else data.base[base - 1].name


def _owned(data: FactorsData, factor: Factor) -> set[int]:
    """Return the group-level columns of a factor and of those it lies in."""
    names = {factor.name, *factor.outer}
    return {i for other in data.factors if other.name in names for i in other.group_columns}


def _picks(factor: Factor, at: Any, base: int) -> sparse.csr_array:
    """Return the matrix that takes one coefficient of the levels ``at`` (m,)."""
    column = np.asarray(at) * factor.k + factor.varying.index(base)
    entries = (np.ones(len(column)), (np.arange(len(column)), column))
    return sparse.csr_array(
        sparse.coo_array(entries, shape=(len(column), factor.n_levels * factor.k))
    )
