"""A model with several factors as variance components: matrices built by hand, group by group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.factors_results import FactorsFit
from core.tables.grouped import FactorsData
from core.types import FloatArray, IntArray

#: Rows and levels up to which MixedLM, which works densely with them, answers in a moment.
CARRIES_ROWS, CARRIES_COLUMNS = 3_000, 300


def why_not_carried(fit: FactorsFit) -> str:
    """Return why MixedLM cannot carry a model of several factors, in words; '' where it can."""
    top = top_of(fit)
    for factor in fit.data.factors:
        if factor.k > 1 and fit.spec.correlated and factor.name != top:
            where = "crossed with another factor" if top == "" else f"inside '{top}'"
            return (
                "MixedLM has one covariance matrix, that of its groups; its other variances are "
                f"uncorrelated. Here intercept and slopes vary together by '{factor.name}', which "
                f"is {where}. Let them vary without correlation, or leave the slopes out."
            )
    return ""


def top_of(fit: FactorsFit) -> str:
    """Return the factor that all others are nested in; '' where there is none."""
    for factor in fit.data.factors:
        if all(factor.name in o.outer for o in fit.data.factors if o is not factor):
            return factor.name
    return ""


def carries_factors(fit: FactorsFit) -> bool:
    """Return whether MixedLM can carry a model and its table, and answers in a moment."""
    columns = sum(f.n_levels * f.k for f in fit.data.factors)
    small = fit.n_obs <= CARRIES_ROWS and columns <= CARRIES_COLUMNS
    return small and not why_not_carried(fit)


@dataclass(frozen=True, eq=False)
class Components:
    """Groups, and the indicator matrices of every variance component in them.

    Attributes
    ----------
    groups : IntArray, shape (n,)
    exog_re : FloatArray, shape (n, k), or None
        The varying columns of the factor whose levels are the groups.
    top : str
        That factor; '' where there is none.
    names, columns, matrices
        Of every component: its name, and by group the names of its columns and the columns.
    owners : tuple of (str, int)
        The factor of every component, and the position of its coefficient.
    """

    groups: IntArray
    exog_re: FloatArray | None
    top: str
    names: list[str]
    columns: list[list[list[str]]]
    matrices: list[list[FloatArray]]
    owners: tuple[tuple[str, int], ...]


def components_of(fit: FactorsFit) -> Components:
    """Return groups of the outermost factor, and the components of all others.

    Every coefficient of every other factor is one component; its matrices are indicators of the
    levels times the column, group by group.
    """
    data = fit.data
    cell = data.cells.group_index
    top = top_of(fit)
    groups = np.zeros(data.n_obs, dtype=np.intp)
    exog_re = None
    if top:
        factor = data.factor(top)
        groups = factor.of_cell[cell]
        if fit.spec.correlated or factor.k == 1:
            exog_re = np.column_stack([data.cells.base_values(b) for b in factor.varying])
        else:
            top = ""
            groups = factor.of_cell[cell]
    rows = [np.flatnonzero(groups == g) for g in range(int(groups.max()) + 1)]
    names: list[str] = []
    columns: list[list[list[str]]] = []
    matrices: list[list[FloatArray]] = []
    components: list[tuple[str, int]] = []
    for factor in data.factors:
        if factor.name == top:
            continue
        level = factor.of_cell[cell]
        for a, base in enumerate(factor.varying):
            values = data.cells.base_values(base)
            names.append(f"{len(names)}")
            components.append((factor.name, a))
            made, called = [], []
            for at in rows:
                levels, where = np.unique(level[at], return_inverse=True)
                block = np.zeros((len(at), len(levels)))
                block[np.arange(len(at)), where] = values[at]
                made.append(block)
                called.append([f"{len(names) - 1}|{j}" for j in levels])
            columns.append(called)
            matrices.append(made)
    owners = tuple(components)
    return Components(groups, exog_re, top, names, columns, matrices, owners)


def off_zero(fit: FactorsFit, name: str) -> FloatArray:
    """Return a factor's Sigma / sigma_y**2, lifted off the boundary by a hair where singular."""
    data = fit.data
    rel = fit.factors[name].vcov_group / fit.sigma_y**2
    values = np.linalg.eigvalsh(rel)
    if values[0] > 1e-9 * max(float(values[-1]), 1.0):
        return rel
    columns = [data.cells.base_values(b) for b in data.factor(name).varying]
    spread = np.array([float(np.mean(c**2)) for c in columns])
    return np.asarray(rel + np.diag(1e-8 / np.maximum(spread, 1e-300)))


def modes_gap(fit: FactorsFit, laid: Components, results: Any) -> float:
    """Return the largest difference of a deviation, in units of what it moves the outcome by."""
    data = fit.data
    gap = 0.0
    width = data.factor(laid.top).k if laid.top else 0
    for group, effects in results.random_effects.items():
        values = np.asarray(effects, dtype=np.float64)
        if laid.top:
            own = fit.factors[laid.top].ranef[int(group)]
            reach = _columns_reach(data, laid.top)
            gap = max(gap, float(np.max(np.abs(values[:width] - own) * reach)))
        for label, value in zip(list(effects.index)[width:], values[width:], strict=True):
            number, level = str(label).split("[")[-1].rstrip("]").split("|")
            name, a = laid.owners[int(number)]
            ours = float(fit.factors[name].ranef[int(level), a])
            gap = max(gap, abs(float(value) - ours) * float(_columns_reach(data, name)[a]))
    return gap


def _columns_reach(data: FactorsData, name: str) -> FloatArray:
    columns = [data.cells.base_values(b) for b in data.factor(name).varying]
    return np.array([float(np.sqrt(np.mean(c**2))) for c in columns])
