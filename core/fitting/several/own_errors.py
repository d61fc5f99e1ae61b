"""Standard errors of no pooling with several factors: least squares with every indicator."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from core.fitting.factors.cell_layout import CellLayout
from core.fitting.several.henderson import Contrasts, FactorSystem
from core.tables.grouped import FactorsData
from core.tables.grouping.cells import Factor
from core.types import FloatArray, IntArray

#: Levels up to which errors are worked out.
MOST_LEVELS = 5_000
#: theta at which next to nothing is pooled; what it does pool is of the size of its inverse square.
_WEAK = 1e4


def own_errors(layout: CellLayout, name: str, sigma_y: float) -> FloatArray:
    """Return standard errors (L, k) of the lines of ``FactorOwn``, raw units.

    The limit of weak pooling, as the estimates are. NaN where there are no residual degrees of
    freedom, or more than ``MOST_LEVELS`` levels.
    """
    data = layout.data
    factor = data.factor(name)
    out = np.full((factor.n_levels, factor.k), np.nan)
    levels = sum(f.n_levels * f.k for f in data.factors)
    if not np.isfinite(sigma_y) or levels > MOST_LEVELS:
        return out
    weak = FactorSystem(layout, [_WEAK * np.eye(d.k) for d in layout.designs])
    scale = sigma_y / layout.y_scale
    for a in range(factor.k):
        out[:, a] = scale * np.sqrt(weak.variance(own_contrasts(data, factor, a)))
    return out


def own_contrasts(data: FactorsData, factor: Factor, a: int) -> Contrasts:
    """Return the a-th coefficient of every level, other factors being at their average.

    Those that it lies in at its own level there, those that lie in it at their mean over its rows,
    crossed ones at their mean over all rows.
    """
    base = factor.varying[a]
    fixed = np.zeros((factor.n_levels, len(data.terms)))
    levels = {}
    owned: dict[int, FloatArray] = {}
    for other in data.factors:
        if base not in other.varying:
            continue
        share = _shares(factor, other, data.cells.group_sizes)
        column = np.arange(other.n_levels) * other.k + other.varying.index(base)
        pick = sparse.coo_array(
            (np.ones(other.n_levels), (np.arange(other.n_levels), column)),
            shape=(other.n_levels, other.n_levels * other.k),
        )
        levels[other.name] = sparse.csr_array(share @ sparse.csr_array(pick))
        for position in other.group_columns:
            values = np.zeros(other.n_levels)
            values[other.of_cell] = data.cells.group_columns[position][1]
            owned[position] = share @ values
    for t, term in enumerate(data.terms):
        if term.base == base and (term.factor < 0 or term.factor in owned):
            fixed[:, t] = 1.0 if term.factor < 0 else owned[term.factor]
    return Contrasts(fixed, levels)


def _shares(factor: Factor, other: Factor, rows: IntArray) -> sparse.csr_array:
    """Return the weights (L, L_other) with which another factor's levels stand in a line."""
    if other is factor:
        return sparse.csr_array(sparse.eye_array(factor.n_levels))
    if other.name in factor.outer:
        parent = factor.outer[other.name]
        entries = (np.ones(factor.n_levels), (np.arange(factor.n_levels), parent))
        shape = (factor.n_levels, other.n_levels)
        return sparse.csr_array(sparse.coo_array(entries, shape=shape))
    if factor.name in other.outer:
        at, inner = factor.of_cell, other.of_cell
        weight = rows / factor.sizes[at]
        shape = (factor.n_levels, other.n_levels)
        return sparse.csr_array(sparse.coo_array((weight, (at, inner)), shape=shape))
    weights = other.sizes / other.sizes.sum()
    return sparse.csr_array(np.repeat(weights[None], factor.n_levels, axis=0))
