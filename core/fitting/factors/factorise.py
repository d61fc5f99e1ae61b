"""Eliminating the factors at given covariances: the factorisation, and what it is asked for.

Arrays have levels first and points (one for each set of covariances) second, so that a scan over
many points costs few calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from scipy import sparse
from scipy.linalg import cho_solve, lapack

from core.fitting.factors.block_algebra import (
    inverse_and_logdet,
    packed,
    symmetric,
    times,
    total,
    turned,
)
from core.fitting.factors.elimination import Elimination, RightSide, filled, tail_sums
from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class Stage:
    """One chain factor being eliminated: ``Z'V_o^-1 Z_o' - A'MA`` or ``rest + c'Mc`` (sign 1).

    Attributes
    ----------
    middle : FloatArray, shape (L, E, k, k)
        M: ``(I + R D R')^-1`` for the first factor, ``D (I + S D)^-1`` for later ones.
    ease : FloatArray, shape (L, E, k, k)
        ``R'M`` of the first, ``(I + S D)^-1`` of later ones: what takes a residual back to Z.
    down : tuple of FloatArray, shape (L, E or 1, k, k_h)
        Products with later chain factors.
    across : FloatArray or None
        Products with the tail (L, E, k, q); None for the first, whose are sparse.
    square : FloatArray
        S of later factors, shape (L, E, k, k).
    """

    sign: float
    D: FloatArray
    middle: FloatArray
    ease: FloatArray
    down: tuple[FloatArray, ...]
    across: FloatArray | None
    square: FloatArray


@dataclass(eq=False)
class Factorisation:
    """The eliminated model at E points.

    Attributes
    ----------
    logdet : FloatArray, shape (E,)
        ``log|V|``.
    tail : FloatArray, shape (E, q, q)
        The tail's products with itself, G.
    inverse : FloatArray, shape (E, q, q)
        ``(I + Lambda' G Lambda)^-1``.
    factors : list of FloatArray, shape (E, k, k)
        Lambda of every factor, by position in the layout.
    """

    problem: Elimination
    D: list[FloatArray]
    factors: list[FloatArray]
    stages: list[Stage]
    tail: FloatArray
    logdet: FloatArray
    inverse: FloatArray = field(default_factory=lambda: np.empty((0, 0, 0)))
    lower: FloatArray = field(default_factory=lambda: np.empty((0, 0, 0)))

    @property
    def n_points(self) -> int:
        """Number of points E."""
        return len(self.logdet)


def factorise(
    problem: Elimination, factors: list[FloatArray], *, inverse: bool = True
) -> Factorisation:
    """Eliminate every factor at E points.

    Parameters
    ----------
    factors : list of FloatArray, shape (E, k, k)
        Lambda of every factor with ``D = Lambda Lambda'``.
    inverse : bool
        Whether derivatives or variances will be asked for.
    """
    D = [np.asarray(lam @ turned(lam)) for lam in factors]
    n_points = len(D[0])
    stage, logdet = _first_stage(problem, D[problem.chain[0]])
    stages = [stage]
    squares = [np.repeat(s, n_points, axis=1) for s in problem.rest_square]
    between = {key: np.repeat(b, n_points, axis=1) for key, b in problem.rest_between.items()}
    across = [np.repeat(a, n_points, axis=1) for a in problem.rest_across]
    tail = _tail_after_first(problem, stage.middle)
    _update(problem, 0, stage, (squares, between, across))
    for j in range(1, len(problem.chain)):
        S = squares[j - 1]
        later = tuple(between[j, i] for i in range(j + 1, len(problem.chain)))
        stage, more = _later_stage(D[problem.chain[j]], S, later, across[j - 1])
        logdet = logdet + more
        stages.append(stage)
        _update(problem, j, stage, (squares, between, across))
        if problem.q:
            tail -= total(across[j - 1], times(stage.middle, across[j - 1]))
    out = Factorisation(problem, D, factors, stages, tail, logdet)
    if problem.q:
        _factorise_tail(out, inverse)
    return out


def _first_stage(problem: Elimination, D: FloatArray) -> tuple[Stage, FloatArray]:
    root = problem.root[:, None]
    spread = times(times(root, D), turned(root))
    spread = spread + np.eye(D.shape[-1])
    middle, logs = inverse_and_logdet(spread)
    middle = symmetric(middle)
    stage = Stage(1.0, D, middle, times(turned(root), middle), problem.down, None, root)
    return stage, logs.sum(axis=0)


def _later_stage(
    D: FloatArray, S: FloatArray, down: tuple[FloatArray, ...], across: FloatArray
) -> tuple[Stage, FloatArray]:
    ease, logs = inverse_and_logdet(np.eye(D.shape[-1]) + times(S, D))
    middle = symmetric(times(D, ease))
    return Stage(-1.0, D, middle, ease, down, across, S), logs.sum(axis=0)


#: Products of the chain factors that are still to be eliminated: own, between, with the tail.
_Later: TypeAlias = tuple[list[FloatArray], dict[tuple[int, int], FloatArray], list[FloatArray]]


def _update(
    problem: Elimination,
    j: int,
    stage: Stage,
    later: _Later,
) -> None:
    """Take one eliminated chain factor out of the products of later chain factors."""
    squares, between, across = later
    n_chain = len(problem.chain)
    for h in range(j + 1, n_chain):
        nesting = problem.nesting[j, h]
        pulled = times(stage.middle, stage.down[h - j - 1])
        own = stage.down[h - j - 1]
        squares[h - 1] += stage.sign * nesting.sums(times(turned(own), pulled))
        for i in range(h + 1, n_chain):
            added = times(turned(pulled), stage.down[i - j - 1])
            between[h, i] += stage.sign * nesting.sums(added)
        if problem.q:
            across[h - 1] += stage.sign * _across_sums(problem, j, h, stage, pulled)


def _across_sums(
    problem: Elimination, j: int, h: int, stage: Stage, pulled: FloatArray
) -> FloatArray:
    """Return ``sum_l down_l' M_l across_l`` by level of a later factor, shape (L_h, E, k_h, q)."""
    nesting = problem.nesting[j, h]
    if stage.across is not None:
        return nesting.sums(times(turned(pulled), stage.across))
    n, n_points, k, k_h = pulled.shape
    out = np.empty((nesting.indicator.shape[0], n_points, k_h, problem.q))
    for e in range(n_points):
        for a in range(k_h):
            weights = pulled[:, e, :, a].ravel()
            scaled = problem.across.multiply(weights[:, None]).tocsr()
            by_level = _rows_summed(scaled, n, k)
            out[:, e, a] = np.asarray((nesting.indicator @ by_level).toarray())
    return out


def _rows_summed(array: sparse.csr_array, n: int, k: int) -> sparse.csr_array:
    """Return the sum of each level's k rows of a sparse array (n k, q)."""
    if k == 1:
        return array
    ones = np.ones(n * k)
    fold = sparse.csr_array((ones, (np.repeat(np.arange(n), k), np.arange(n * k))))
    return fold @ array


def _tail_after_first(problem: Elimination, middle: FloatArray) -> FloatArray:
    """Return the tail's products once the first factor is eliminated, shape (E, q, q)."""
    q, n_points = problem.q, middle.shape[1]
    out = np.repeat(problem.rest_tail[None], n_points, axis=0)
    if q == 0:
        return out
    if problem.pairs is None:
        for e in range(n_points):
            out[e] += tail_sums(problem, middle[:, e])
        return out
    upper = np.asarray(problem.pairs @ packed(middle))
    for e in range(n_points):
        out[e] += filled(upper[:, e].reshape(q, q))
    return out


def times_tail(problem: Elimination, array: FloatArray, blocks: list[FloatArray]) -> FloatArray:
    """Return ``array (E, m, q)`` times block-diagonal (k, k) blocks of every tail factor."""
    if all(problem.sizes[i] == 1 for i in problem.tail):
        return np.asarray(array * _scales(problem, blocks)[:, None])
    out = np.empty_like(array)
    for i, start in zip(problem.tail, problem.offsets, strict=True):
        n, k = problem.layout.designs[i].n_levels, problem.sizes[i]
        part = array[..., start : start + n * k]
        split = part.reshape(*part.shape[:-1], n, k)
        out[..., start : start + n * k] = (split @ blocks[i][:, None]).reshape(part.shape)
    return out


def _scales(problem: Elimination, blocks: list[FloatArray]) -> FloatArray:
    """Return one number for each tail column (E, q), where every factor has one coefficient."""
    counts = [problem.layout.designs[i].n_levels for i in problem.tail]
    return np.repeat(np.stack([blocks[i][:, 0, 0] for i in problem.tail], axis=1), counts, axis=1)


def sandwich(problem: Elimination, square: FloatArray, blocks: list[FloatArray]) -> FloatArray:
    """Return ``blocks' square blocks`` for symmetric (E, q, q)."""
    half = times_tail(problem, square, blocks)
    if all(problem.sizes[i] == 1 for i in problem.tail):
        half *= _scales(problem, blocks)[:, :, None]
        return half
    return times_tail(problem, np.ascontiguousarray(turned(half)), blocks)


def _factorise_tail(found: Factorisation, inverse: bool) -> None:
    """Add the Cholesky factor of ``I + Lambda' G Lambda``, its log determinant and inverse."""
    problem = found.problem
    square = sandwich(problem, found.tail, found.factors)
    at = np.arange(problem.q)
    square[:, at, at] += 1.0
    found.lower = _cholesky(square)
    diagonal = np.einsum("eqq->eq", found.lower)
    found.logdet = found.logdet + 2.0 * np.log(diagonal).sum(axis=1)
    if inverse:
        found.inverse = _inverse(found.lower)


def _cholesky(square: FloatArray) -> FloatArray:
    """Return lower Cholesky factors; NaN where rounding has left a matrix indefinite."""
    try:
        return np.asarray(np.linalg.cholesky(square))
    except np.linalg.LinAlgError:
        out = np.full_like(square, np.nan)
        for e, one in enumerate(square):
            try:
                out[e] = np.linalg.cholesky(one)
            except np.linalg.LinAlgError:
                continue
        return out


def _inverse(lower: FloatArray) -> FloatArray:
    """Return the inverses of matrices from their Cholesky factors."""
    out = np.empty_like(lower)
    for e, one in enumerate(lower):
        # A row-major lower factor is, to LAPACK, a column-major upper one.
        made, info = lapack.dpotri(one.T, lower=0)
        out[e] = filled(made) if info == 0 else np.nan
    return out


def solve_tail(found: Factorisation, right: FloatArray) -> FloatArray:
    """Return ``(I + Lambda' G Lambda)^-1 right`` for (E, q, m)."""
    if found.inverse.size:
        return np.asarray(found.inverse @ right)
    out = np.empty_like(right)
    for e, lower in enumerate(found.lower):
        if np.isfinite(lower[-1, -1]):
            out[e] = cho_solve((lower, True), right[e], check_finite=False)
        else:
            out[e] = np.nan
    return out


@dataclass(frozen=True, eq=False)
class Reduced:
    """Columns W seen after the elimination.

    Attributes
    ----------
    chain : list of FloatArray, shape (L, E or 1, k, m)
        ``c`` or A of every chain factor with W, when its turn came.
    tail : FloatArray, shape (E, q, m)
    solved : FloatArray, shape (E, q, m)
        ``(I + Lambda' G Lambda)^-1 Lambda' tail``.
    square : FloatArray, shape (E, m, m)
        ``W'V^-1 W``.
    """

    chain: list[FloatArray]
    tail: FloatArray
    solved: FloatArray
    square: FloatArray


def reduce_right(found: Factorisation, right: RightSide) -> Reduced:
    """Return ``W'V^-1 W`` and what it takes to go back from it to every factor."""
    problem, n_points = found.problem, found.n_points
    later = [np.repeat(a, n_points, axis=1) for a in right.chain]
    tail = np.repeat(right.tail[None], n_points, axis=0)
    square = np.repeat(right.square[None], n_points, axis=0)
    chain = [right.first]
    for j, stage in enumerate(found.stages):
        own = chain[j]
        pulled = times(stage.middle, own)
        square += stage.sign * total(own, pulled)
        for h in range(j + 1, len(problem.chain)):
            sums = problem.nesting[j, h].sums(times(turned(stage.down[h - j - 1]), pulled))
            later[h - 1] += stage.sign * sums
        if problem.q:
            tail += stage.sign * _tail_sums(problem, stage, pulled)
        if j + 1 < len(problem.chain):
            chain.append(later[j])
    solved = np.empty_like(tail)
    if problem.q:
        half = turned(times_tail(problem, np.ascontiguousarray(turned(tail)), found.factors))
        solved = solve_tail(found, half)
        square = square - turned(half) @ solved
    return Reduced(chain, tail, solved, square)


def _tail_sums(problem: Elimination, stage: Stage, pulled: FloatArray) -> FloatArray:
    """Return ``sum_l across_l' M_l own_l``, shape (E, q, m)."""
    if stage.across is not None:
        return total(stage.across, pulled)
    n, n_points, k, m = pulled.shape
    flat = np.moveaxis(pulled, 1, 2).reshape(n * k, n_points * m)
    out = np.asarray(problem.across.T @ flat)
    return np.ascontiguousarray(out.reshape(problem.q, n_points, m).swapaxes(0, 1))
