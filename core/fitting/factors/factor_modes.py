"""What each level of each factor gets at given covariances: modes, targets, lines, and errors."""

from __future__ import annotations

import numpy as np

from core.factor_fit import FactorFit
from core.fitting.factors.block_algebra import times, turned
from core.fitting.factors.cell_layout import CellLayout
from core.fitting.factors.factor_criterion import At
from core.fitting.factors.factorise import Factorisation
from core.fitting.factors.takeback import Covariances, covariances, take_back
from core.tables.grouped import FactorsData
from core.tables.grouping.cells import Factor
from core.types import FloatArray, IntArray


def factor_fits(
    layout: CellLayout, at: At, D: list[FloatArray], sigma_y: float, fixef: FloatArray
) -> dict[str, FactorFit]:
    """Return every factor's estimates at one point, raw units.

    Parameters
    ----------
    at : At
        The evaluation there, made with derivatives.
    D : list of FloatArray, shape (k, k)
        Relative covariances in the layout's units.
    sigma_y : float
        Residual sd, raw units.
    fixef : FloatArray, shape (p,)
        Average coefficients, raw units; NaN where aliased.
    """
    data, found = layout.data, at.found
    sides = at.sides if at.sides is not None else take_back(found, at.reduced)
    cov = covariances(found)
    contrast = np.append(-at.result.beta[0], 1.0)
    z = [d.to_raw for d in layout.designs]
    ranef = [layout.y_scale * (sides.U[i][:, 0] @ contrast) @ z[i].T for i in range(len(z))]
    cond = [sigma_y**2 * _sandwich(z[i], cov.own[i][:, 0]) for i in range(len(z))]
    answers = [z[i] @ sides.U[i][:, 0, :, : layout.p] for i in range(len(z))]
    positions = {factor.name: i for i, factor in enumerate(data.factors)}
    out = {}
    for i, factor in enumerate(data.factors):
        above = [positions[name] for name in factor.outer]
        target = level_targets(data, factor, fixef) + _from_above(data, factor, ranef, above)
        line_var = _line_variance(layout, (found, cov), i, above, sigma_y)
        line_var += _through_fixef(layout, at, i, above, answers) * sigma_y**2
        mean = np.nan_to_num(fixef)[varying_terms(data, factor)]
        out[factor.name] = FactorFit(
            name=factor.name,
            label=factor.label,
            group_names=factor.level_names,
            group_sizes=factor.sizes,
            varying_names=varying_names(data, factor),
            outer=tuple(factor.outer),
            ranef=ranef[i],
            coef=mean + ranef[i],
            target=target,
            line=target + ranef[i],
            cond_var=cond[i],
            line_var=line_var,
            vcov_group=sigma_y**2 * z[i] @ D[i] @ z[i].T,
            parents=dict(factor.outer),
        )
    return out


def _sandwich(z: FloatArray, blocks: FloatArray) -> FloatArray:
    return np.asarray(z @ blocks @ z.T)


def varying_names(data: FactorsData, factor: Factor) -> tuple[str, ...]:
    """Return the names of a factor's varying coefficients, length k."""
    return tuple("(Intercept)" if b == 0 else data.base[b - 1].name for b in factor.varying)


def varying_terms(data: FactorsData, factor: Factor) -> IntArray:
    """Return the position of each varying coefficient's mean among the terms, shape (k,)."""
    by_base = {t.base: i for i, t in enumerate(data.terms) if t.factor < 0}
    return np.array([by_base[b] for b in factor.varying], dtype=np.intp)


def owned_columns(data: FactorsData, factor: Factor) -> dict[int, FloatArray]:
    """Return the group-level columns of a factor and of those it is nested in, by level (L,)."""
    names = [factor.name, *factor.outer]
    out = {}
    for other in data.factors:
        if other.name in names:
            for position in other.group_columns:
                values = np.zeros(factor.n_levels)
                values[factor.of_cell] = data.cells.group_columns[position][1]
                out[position] = values
    return out


def level_targets(data: FactorsData, factor: Factor, coef: FloatArray) -> FloatArray:
    """Return what fixed coefficients (p,) say of each level's varying ones, shape (L, k).

    The coefficient itself plus the share of the group-level predictors that belong to the
    factor or to one that it is nested in. Aliased (NaN) coefficients count as zero.
    """
    out = np.zeros((factor.n_levels, factor.k))
    owned = owned_columns(data, factor)
    position = {base: i for i, base in enumerate(factor.varying)}
    for value, term in zip(np.nan_to_num(coef), data.terms, strict=True):
        if term.base in position and (term.factor < 0 or term.factor in owned):
            share = owned[term.factor] if term.factor >= 0 else 1.0
            out[:, position[term.base]] += value * share
    return out


def shared_bases(inner: Factor, outer: Factor) -> list[tuple[int, int]]:
    """Return positions (in inner, in outer) of the coefficients that vary by both."""
    return [(inner.varying.index(b), j) for j, b in enumerate(outer.varying) if b in inner.varying]


def _from_above(
    data: FactorsData, factor: Factor, ranef: list[FloatArray], above: list[int]
) -> FloatArray:
    """Return the sum of the deviations of the levels that each level lies in, shape (L, k)."""
    out = np.zeros((factor.n_levels, factor.k))
    for j in above:
        outer = data.factors[j]
        for a, b in shared_bases(factor, outer):
            out[:, a] += ranef[j][factor.outer[outer.name], b]
    return out


def _selector(data: FactorsData, i: int, j: int) -> FloatArray:
    """Return the matrix (k_i, k_j) that takes factor j's coefficients to those of factor i."""
    out = np.zeros((data.factors[i].k, data.factors[j].k))
    for a, b in shared_bases(data.factors[i], data.factors[j]):
        out[a, b] = 1.0
    return out


def _line_variance(
    layout: CellLayout,
    solved: tuple[Factorisation, Covariances],
    i: int,
    above: list[int],
    sigma_y: float,
) -> FloatArray:
    """Return the covariance given the parameters of a level's and its outer levels' deviations."""
    data = layout.data
    found, cov = solved
    z = [d.to_raw for d in layout.designs]
    out = _sandwich(z[i], cov.own[i][:, 0])
    for n, j in enumerate(above):
        parent = data.factors[i].outer[data.factors[j].name]
        take = _selector(data, i, j) @ z[j]
        out = out + take @ cov.own[j][parent, 0] @ take.T
        both = z[i] @ covariance_between(found, cov, i, j) @ take.T
        out = out + both + turned(both)
        for h in above[n + 1 :]:
            other = data.factors[i].outer[data.factors[h].name]
            both = take @ _pair(found, cov, (j, parent), (h, other))
            both = both @ (_selector(data, i, h) @ z[h]).T
            out = out + both + turned(both)
    return np.asarray(sigma_y**2 * out)


def covariance_between(found: Factorisation, cov: Covariances, i: int, j: int) -> FloatArray:
    """Return the covariance of each level's deviations with those of the level it lies in.

    Factor i is nested in factor j; shape (L_i, k_i, k_j), scaled, over sigma_y**2, at the first
    point.
    """
    problem = found.problem
    parent = problem.layout.designs[i].factor.outer[problem.layout.designs[j].factor.name]
    n_i = problem.layout.designs[i].n_levels
    if i != problem.chain[0]:
        return _pair(found, cov, (i, np.arange(n_i)), (j, parent))
    if j in problem.chain:
        return cov.between[0, problem.chain.index(j)][:, 0]
    return _first_with_tail(found, cov, parent, _columns(found, j, parent))


def _pair(
    found: Factorisation, cov: Covariances, left: tuple[int, IntArray], right: tuple[int, IntArray]
) -> FloatArray:
    """Return covariances of levels of two factors, pair by pair, neither being the first.

    Shape (L, k, k_j) for levels (L,) each.
    """
    problem = found.problem
    (i, at_i), (j, at_j) = left, right
    if i in problem.tail and j in problem.tail:
        rows, cols = _columns(found, i, at_i), _columns(found, j, at_j)
        return np.asarray(cov.tail[0][rows[:, :, None], cols[:, None, :]])
    if j in problem.tail:
        own = cov.chain_tail[problem.chain.index(i)][at_i, 0]
        cols = np.repeat(_columns(found, j, at_j)[:, None], own.shape[1], axis=1)
        return np.asarray(np.take_along_axis(own, cols, axis=2))
    if i in problem.tail:
        return turned(_pair(found, cov, right, left))
    first, second = problem.chain.index(i), problem.chain.index(j)
    if first > second:
        return turned(_pair(found, cov, right, left))
    return np.asarray(cov.between[first, second][at_i, 0])


def _columns(found: Factorisation, j: int, levels: IntArray) -> IntArray:
    """Return the tail columns (L, k) of some levels of a tail factor."""
    problem = found.problem
    start, k = problem.offsets[problem.tail.index(j)], problem.sizes[j]
    return np.asarray(start + levels[:, None] * k + np.arange(k))


def _first_with_tail(
    found: Factorisation, cov: Covariances, parent: IntArray, columns: IntArray
) -> FloatArray:
    """Return the first chain factor's covariance with one tail level each, (L, k, k_j)."""
    problem, stage = found.problem, found.stages[0]
    n, k = problem.root.shape[:2]
    entries = problem.across.tocoo()
    level = entries.row // k
    sums = np.zeros((n * k, columns.shape[1]))
    gathered = cov.tail[0][entries.col[:, None], columns[level]] * entries.data[:, None]
    np.add.at(sums, entries.row, gathered)
    total = sums.reshape(n, k, -1)
    for h in range(1, len(problem.chain)):
        above = cov.chain_tail[h][problem.nesting[0, h].parent, 0]
        at = np.repeat(columns[:, None], above.shape[1], axis=1)
        total = total + times(stage.down[h - 1][:, 0], np.take_along_axis(above, at, axis=2))
    back = times(stage.D, stage.ease)[:, 0]
    return -times(back, total)


def _through_fixef(
    layout: CellLayout, at: At, i: int, above: list[int], answers: list[FloatArray]
) -> FloatArray:
    """Return what the fixed effects' uncertainty adds to each level's line, over sigma_y**2."""
    data = layout.data
    factor = data.factors[i]
    through = -answers[i]
    for j in above:
        parent = factor.outer[data.factors[j].name]
        through = through - (_selector(data, i, j) @ answers[j])[parent]
    owned = owned_columns(data, factor)
    column = {int(t): c for c, t in enumerate(layout.used)}
    position = {base: a for a, base in enumerate(factor.varying)}
    for t, term in enumerate(data.terms):
        if term.base in position and t in column and (term.factor < 0 or term.factor in owned):
            share = owned[term.factor] if term.factor >= 0 else np.ones(factor.n_levels)
            through[:, position[term.base]] += np.multiply.outer(share, layout.to_raw[column[t]])
    return np.asarray(through @ at.result.inverse[0] @ turned(through))
