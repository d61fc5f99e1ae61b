"""No pooling with several factors: least squares with an indicator for every level of each.

The indicators of several factors are never independent (those of schools are sums of those of
classes; those of two crossed factors have one sum in common), so single coefficients have no
meaning, but a level's line with the other factors at their average has. It is found as the limit
of very weak pooling, each step of which pools what the last one left (a proximal iteration, which
converges to the least-squares fit of smallest norm).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from core.factors_results import FactorOwn, FactorsNoPoolingFit
from core.fitting.factors.elimination import Elimination, right_side
from core.fitting.factors.factor_modes import varying_names
from core.fitting.factors.factorise import Factorisation, factorise, reduce_right
from core.fitting.factors.takeback import take_back
from core.fitting.inverse import independent_columns, sweep
from core.fitting.several.own_errors import own_errors
from core.tables.grouping.cells import Factor
from core.types import BoolArray, FloatArray, IntArray

#: theta at which next to nothing is pooled (1 pools the median level by half), and one further on.
_WEAK, _WEAKER = 1e4, 1e5
_STEPS = 4
#: A column of which all indicators together leave no more than this (squared) is spanned by them.
_SPANNED = 1e-7
#: Below this share of the outcome's spread, what is left is summed from the rows.
_FROM_ROWS = 1e-6
#: Rounding of a residual, in units of the last place of what it is the difference of.
_PLACES = 16.0


@dataclass(frozen=True, eq=False)
class _Solution:
    """Common slopes b of columns ``common`` (scaled), every factor's u (L, k), and what is left."""

    common: IntArray
    slopes: FloatArray
    deviations: list[FloatArray]
    rank: int


@dataclass(frozen=True, eq=False)
class Unpooled:
    """No pooling, and the smallest residual sum of squares that is not rounding (raw units)."""

    fit: FactorsNoPoolingFit
    floor: float


def fit_factors_no_pooling(problem: Elimination) -> Unpooled:
    """Return the least-squares fit with an indicator for every level of every factor."""
    layout = problem.layout
    data = layout.data
    found = _solve(problem)
    rss, floor = _residual(problem, found)
    rank = found.rank + len(found.common)
    df = layout.n_obs - rank
    raw_rss = layout.y_scale**2 * rss
    shift = layout.y_scale * (layout.to_raw[:, found.common] @ found.slopes)
    gamma = np.full(len(data.terms), np.nan)
    gamma[layout.used[found.common]] = shift[found.common]
    raw = [
        layout.y_scale * u @ d.to_raw.T
        for u, d in zip(found.deviations, layout.designs, strict=True)
    ]
    whole = np.zeros(len(data.terms))
    whole[layout.used] = shift
    whole[0] += layout.y_center
    parts = {f.name: _parts(data.factors, f) for f in data.factors}
    total = sum(d.n_levels * d.k for d in layout.designs)
    sigma_y = float(np.sqrt(raw_rss / df)) if df > 0 else np.nan
    fit = FactorsNoPoolingFit(
        data.spec,
        factors={
            f.name: _own(problem, i, (raw, whole), parts[f.name], sigma_y)
            for i, f in enumerate(data.factors)
        },
        common_coef=gamma[1:],
        common_names=data.fixef_names[1:],
        sigma_y=sigma_y,
        df_residual=df,
        rss=raw_rss,
        rank=rank,
        deficiency=total - found.rank,
        deficiency_sentence=_sentence(data.factors, total, total - found.rank, parts),
        n_parts=max(int(p.max()) + 1 for p in parts.values()),
    )
    return Unpooled(fit, layout.y_scale**2 * floor)


def _weak(problem: Elimination, theta: float) -> Factorisation:
    factors = [theta * np.eye(k)[None] for k in problem.sizes]
    return factorise(problem, factors, inverse=False)


def _solve(problem: Elimination) -> _Solution:
    layout = problem.layout
    p, designs = layout.p, layout.designs
    found = _weak(problem, _WEAK)
    # log|V| grows by the rank of all indicators for every unit of log D.
    growth = float(_weak(problem, _WEAKER).logdet[0] - found.logdet[0])
    rank = round(growth / (2.0 * np.log(_WEAKER / _WEAK)))
    common: IntArray | None = None
    slopes = np.zeros(0)
    deviations = [np.zeros((d.n_levels, d.k)) for d in designs]
    spanned = designs[problem.chain[0]].spanned
    for _ in range(_STEPS):
        products, square = _left(problem, common, slopes, deviations)
        reduced = reduce_right(found, right_side(problem, products, square, spanned))
        gram, right = reduced.square[0][:p, :p], reduced.square[0][:p, p]
        if common is None:
            apart = np.flatnonzero(np.diag(gram) > _SPANNED * np.diag(layout.WW)[:p])
            common = apart[independent_columns(gram[np.ix_(apart, apart)])[0]]
            slopes = np.zeros(len(common))
        more = np.linalg.solve(gram[np.ix_(common, common)], right[common])
        sides = take_back(found, reduced)
        for i, u in enumerate(deviations):
            both = sides.U[i][:, 0]
            u += both[:, :, p] - both[:, :, common] @ more
        slopes = slopes + more
    assert common is not None
    return _Solution(common, slopes, deviations, rank)


def _left(
    problem: Elimination,
    common: IntArray | None,
    slopes: FloatArray,
    deviations: list[FloatArray],
) -> tuple[list[FloatArray], FloatArray]:
    """Return every factor's products with X and with what is left of the outcome."""
    layout = problem.layout
    p = layout.p
    products = [d.with_design.copy() for d in layout.designs]
    square = layout.WW.copy()
    if common is None:
        return products, square
    for i, design in enumerate(layout.designs):
        fitted = design.with_design[:, :, common] @ slopes
        fitted += np.einsum("lab,lb->la", design.square, deviations[i])
        for j, u in enumerate(deviations):
            if j != i:
                fitted += (layout.cross_of(i, j) @ u.ravel()).reshape(fitted.shape)
        products[i][:, :, p] -= fitted
        square[:p, p] -= np.einsum("laq,la->q", design.with_design[:, :, :p], deviations[i])
    square[:p, p] -= layout.WW[:p, common] @ slopes
    square[p, :p] = square[:p, p]
    return products, square


def _residual(problem: Elimination, found: _Solution) -> tuple[float, float]:
    """Return the residual sum of squares, scaled, and what rounding alone would leave."""
    layout = problem.layout
    p, n = layout.p, layout.n_obs
    rss = float(layout.WW[p, p] - layout.WW[p, found.common] @ found.slopes)
    for design, u in zip(layout.designs, found.deviations, strict=True):
        rss -= float(np.sum(design.with_design[:, :, p] * u))
    if rss > _FROM_ROWS * n:
        return rss, 0.0
    left, reach = _residual_rows(problem, found)
    floor = n * (_PLACES * np.finfo(float).eps * reach) ** 2
    return float(left @ left), floor


def _residual_rows(problem: Elimination, found: _Solution) -> tuple[FloatArray, float]:
    """Return what is left of the outcome row by row, scaled, and the size of what it is made of."""
    layout = problem.layout
    data = layout.data
    index = data.cells.group_index
    fixed = np.zeros(len(data.terms))
    fixed[layout.used] = layout.to_raw[:, found.common] @ found.slopes
    left = (data.y - layout.y_center) / layout.y_scale - data.design() @ fixed
    reach = 3.0 + abs(layout.y_center) / layout.y_scale
    reach += float(np.sum(np.abs(fixed) * np.abs(data.design()).max(axis=0)))
    for factor, design, u in zip(data.factors, layout.designs, found.deviations, strict=True):
        raw = u @ design.to_raw.T
        level = factor.of_cell[index]
        for a, base in enumerate(factor.varying):
            values = data.cells.base_values(base)
            left -= raw[level, a] * values
            reach += float(np.abs(raw[:, a]).max() * np.abs(values).max())
    # What the iteration left goes with the means of the finest factor.
    finest = data.factors[problem.chain[0]]
    if 0 in finest.varying:
        level = finest.of_cell[index]
        sums = np.bincount(level, left, minlength=finest.n_levels)
        left -= (sums / np.maximum(finest.sizes, 1))[level]
    return left, reach


def _own(
    problem: Elimination,
    i: int,
    found: tuple[list[FloatArray], FloatArray],
    parts: IntArray,
    sigma_y: float,
) -> FactorOwn:
    """Return every level's own line, crossed factors being at their average over rows.

    ``found`` holds every factor's deviations (L, k) and the common coefficients (p,), raw.
    """
    raw, whole = found
    data = problem.layout.data
    factor, design = data.factors[i], problem.layout.designs[i]
    by_base = {t.base: whole[n] for n, t in enumerate(data.terms) if t.factor < 0}
    coef = raw[i] + np.array([by_base[b] for b in factor.varying])
    for j, other in enumerate(data.factors):
        for b, base in enumerate(other.varying):
            if j != i and base in factor.varying:
                coef[:, factor.varying.index(base)] += _share(factor, other, raw[j][:, b])
    aliased = ~determined(design.square)
    rows = np.bincount(parts, factor.sizes)
    estimable = ~aliased & (parts == int(np.argmax(rows)))
    return FactorOwn(
        name=factor.name,
        group_names=factor.level_names,
        group_sizes=factor.sizes,
        varying_names=varying_names(data, factor),
        coef=np.where(aliased[:, None], np.nan, coef),
        estimable=np.repeat(estimable[:, None], factor.k, axis=1),
        errors=lambda: own_errors(problem.layout, factor.name, sigma_y),
    )


def _share(factor: Factor, other: Factor, values: FloatArray) -> FloatArray | float:
    """Return another factor's share in the lines of a factor's levels.

    That of the level it lies in; of the levels that lie in it, their mean over rows; of a crossed
    factor, the mean over all rows.
    """
    if other.name in factor.outer:
        return values[factor.outer[other.name]]
    weighted = other.sizes * values
    if factor.name in other.outer:
        parent = other.outer[factor.name]
        return np.bincount(parent, weighted, minlength=factor.n_levels) / factor.sizes
    return float(weighted.sum() / other.sizes.sum())


def _parts(factors: tuple[Factor, ...], factor: Factor) -> IntArray:
    """Return the part of the table that each level is in: levels are joined by crossed factors."""
    crossed = [
        other
        for other in factors
        if other is not factor and other.name not in factor.outer and factor.name not in other.outer
    ]
    if not crossed:
        return np.zeros(factor.n_levels, dtype=np.intp)
    start, rows, cols = factor.n_levels, [], []
    for other in crossed:
        rows.append(factor.of_cell)
        cols.append(start + other.of_cell)
        start += other.n_levels
    row, col = np.concatenate(rows), np.concatenate(cols)
    graph = sparse.coo_array((np.ones(len(row)), (row, col)), shape=(start, start))
    label = connected_components(graph, directed=False)[1][: factor.n_levels]
    return np.unique(label, return_inverse=True)[1].astype(np.intp)


def _sentence(
    factors: tuple[Factor, ...], total: int, deficiency: int, parts: dict[str, IntArray]
) -> str:
    """Say which indicators are combinations of others, and what that means for the estimates."""
    if deficiency <= 0:
        return ""
    reasons = [
        f"the indicators of '{outer}' are sums of those of '{factor.name}'"
        for factor in factors
        for outer in factor.outer
    ]
    crossed = [
        (a.name, b.name)
        for i, a in enumerate(factors)
        for b in factors[i + 1 :]
        if b.name not in a.outer and a.name not in b.outer
    ]
    reasons += [f"those of '{a}' add up to the same column as those of '{b}'" for a, b in crossed]
    said = (
        f"{deficiency:,} of {total:,} indicator columns are combinations of others: "
        f"{'; '.join(reasons)}. A level's line is therefore given with crossed factors at their "
        "average."
    )
    n_parts = max(int(p.max()) + 1 for p in parts.values())
    if n_parts > 1:
        said += (
            f" The table falls into {n_parts:,} parts that share no level of any factor, so that "
            "levels in different parts cannot be compared without pooling."
        )
    return said


def determined(square: FloatArray) -> BoolArray:
    """Return which levels' rows determine all their coefficients, from ``Z_l'Z_l`` (L, k, k)."""
    turned = np.moveaxis(square, 0, 2)
    live = np.einsum("kkl->kl", turned) > 1e-12 * float(np.einsum("kkl->kl", turned).max())
    return np.asarray(~sweep(turned, live)[1].any(axis=0))
