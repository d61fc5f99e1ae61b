"""From the eliminated model back to every factor: modes, variances, and derivatives.

``K = D (I + G D)^-1`` of all later factors is what their deviations' covariance, given the
parameters, is in units of sigma_y**2. A factor's own follows from that of the later ones, and
only blocks are asked for that some level has in common (Takahashi, Fagan & Chin 1973).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.fitting.factors.block_algebra import symmetric, times, turned, unpacked
from core.fitting.factors.elimination import Elimination
from core.fitting.factors.factorise import Factorisation, Reduced, Stage, sandwich
from core.types import FloatArray, IntArray

#: Diagonal of Lambda from which on it is inverted; below, products are differences.
_INVERTIBLE = 1e-3
_CHUNK = 4_000_000


@dataclass(eq=False)
class Sides:
    """``U = D Z'V^-1 W`` and ``H = Z'V^-1 W`` of every factor, (L, E, k, m), by position."""

    U: dict[int, FloatArray] = field(default_factory=dict)
    H: dict[int, FloatArray] = field(default_factory=dict)


@dataclass(eq=False)
class Covariances:
    """What the deviations' covariances given the parameters are, over sigma_y**2.

    Attributes
    ----------
    own : dict of int to FloatArray, shape (L, E, k, k)
        Of every factor's levels.
    seen : dict of int to FloatArray, shape (E, k, k)
        ``sum_l Z_l'V^-1 Z_l``.
    tail : FloatArray, shape (E, q, q)
    chain_tail : dict of int to FloatArray, shape (L, E, k, q)
        By chain position: covariance with the tail's deviations.
    between : dict of (int, int) to FloatArray, shape (L, E, k, k_h)
        By chain positions: covariance with the level it lies in.
    """

    own: dict[int, FloatArray] = field(default_factory=dict)
    seen: dict[int, FloatArray] = field(default_factory=dict)
    tail: FloatArray = field(default_factory=lambda: np.empty((0, 0, 0)))
    chain_tail: dict[int, FloatArray] = field(default_factory=dict)
    between: dict[tuple[int, int], FloatArray] = field(default_factory=dict)


def take_back(found: Factorisation, reduced: Reduced) -> Sides:
    """Return ``D Z'V^-1 W`` and ``Z'V^-1 W`` of every factor."""
    problem, out = found.problem, Sides()
    U_tail = _tail_sides(found, reduced, out)
    for j in range(len(found.stages) - 1, -1, -1):
        stage, at = found.stages[j], problem.chain[j]
        left = reduced.chain[j]
        for h in range(j + 1, len(problem.chain)):
            above = out.U[problem.chain[h]][problem.nesting[j, h].parent]
            left = left - times(stage.down[h - j - 1], above)
        if problem.q:
            left = left - _across_times(problem, stage, U_tail)
        out.H[at] = times(stage.ease, left)
        out.U[at] = times(stage.D, out.H[at])
    return out


def _tail_sides(found: Factorisation, reduced: Reduced, out: Sides) -> FloatArray:
    problem = found.problem
    if not problem.q:
        return reduced.tail
    U_tail = np.empty_like(reduced.tail)
    for i, start in zip(problem.tail, problem.offsets, strict=True):
        n, k = problem.layout.designs[i].n_levels, problem.sizes[i]
        solved = _levels(reduced.solved[:, start : start + n * k], n, k)
        out.U[i] = times(found.factors[i], solved)
        U_tail[:, start : start + n * k] = _flat(out.U[i])
    for i, start in zip(problem.tail, problem.offsets, strict=True):
        n, k = problem.layout.designs[i].n_levels, problem.sizes[i]
        inverse = _inverse_factor(found.factors[i])
        if inverse is not None:
            solved = _levels(reduced.solved[:, start : start + n * k], n, k)
            out.H[i] = times(turned(inverse), solved)
        else:
            rows = slice(start, start + n * k)
            out.H[i] = _levels(reduced.tail[:, rows] - found.tail[:, rows] @ U_tail, n, k)
    return U_tail


def _inverse_factor(factor: FloatArray) -> FloatArray | None:
    """Return Lambda^-1; None where that would magnify rounding."""
    diagonal = np.einsum("ekk->ek", factor)
    if not (diagonal.min() > _INVERTIBLE):
        return None
    return np.asarray(np.linalg.inv(factor))


def _levels(array: FloatArray, n: int, k: int) -> FloatArray:
    """Return (E, n k, m) as (n, E, k, m)."""
    return np.moveaxis(array.reshape(len(array), n, k, -1), 0, 1)


def _flat(array: FloatArray) -> FloatArray:
    """Return (n, E, k, m) as (E, n k, m)."""
    return np.moveaxis(array, 0, 1).reshape(array.shape[1], -1, array.shape[3])


def _across_times(problem: Elimination, stage: Stage, right: FloatArray) -> FloatArray:
    """Return a chain factor's products with the tail times (E, q, m): (L, E, k, m)."""
    if stage.across is not None:
        return np.asarray(stage.across @ right)
    n_points, q, m = right.shape
    flat = np.moveaxis(right, 0, 1).reshape(q, n_points * m)
    n, _, k = stage.middle.shape[:3]
    out = np.asarray(problem.across @ flat).reshape(n, k, n_points, m)
    return np.moveaxis(out, 1, 2)


def covariances(found: Factorisation, *, own: bool = True) -> Covariances:
    """Return every factor's conditional covariances and ``sum_l Z_l'V^-1 Z_l``.

    Parameters
    ----------
    own : bool
        Whether the first factor's covariances are wanted, level by level.
    """
    problem, out = found.problem, Covariances()
    if problem.q:
        _tail_covariances(found, out)
    for j in range(len(found.stages) - 1, -1, -1):
        stage, at = found.stages[j], problem.chain[j]
        X = _explained(found, j, out)
        if j == 0:
            M = stage.middle
            left = symmetric(M - times(times(M, X), M))
            root = stage.square
            out.seen[at] = times(times(turned(root), left), root).sum(axis=0)
            if own:
                ease = times(stage.D, stage.ease)
                plain = stage.D - times(times(ease, root), stage.D)
                out.own[at] = symmetric(plain + times(times(ease, X), turned(ease)))
        else:
            ease = stage.ease
            seen = times(ease, stage.square) - times(times(ease, X), turned(ease))
            out.seen[at] = symmetric(seen).sum(axis=0)
            E = stage.middle
            out.own[at] = symmetric(E + times(times(E, X), E))
        if j > 0 or own:
            _with_later(found, j, out)
    return out


def _tail_covariances(found: Factorisation, out: Covariances) -> None:
    problem = found.problem
    n_points, q = found.n_points, problem.q
    K = _block_sandwich(found)
    out.tail = K
    for i, start in zip(problem.tail, problem.offsets, strict=True):
        n, k = problem.layout.designs[i].n_levels, problem.sizes[i]
        rows = slice(start, start + n * k)
        out.own[i] = _diagonal_blocks(K[:, rows, rows], n, k)
        inverse = _inverse_factor(found.factors[i])
        if inverse is not None:
            left = _diagonal_blocks(found.inverse[:, rows, rows], n, k)
            middle = n * np.eye(k) - left.sum(axis=0)
            out.seen[i] = turned(inverse) @ middle @ inverse
        else:
            G = found.tail[:, rows]
            GK = (G @ K).reshape(n_points, n, k, q)
            taken = np.einsum("enaq,enbq->eab", GK, G.reshape(n_points, n, k, q))
            out.seen[i] = _diagonal_blocks(G[:, :, rows], n, k).sum(axis=0) - taken


def _block_sandwich(found: Factorisation) -> FloatArray:
    """Return ``Lambda M^-1 Lambda'`` of the tail, shape (E, q, q)."""
    return sandwich(found.problem, found.inverse, [turned(f) for f in found.factors])


def _diagonal_blocks(square: FloatArray, n: int, k: int) -> FloatArray:
    """Return the (k, k) blocks on the diagonal of (E, n k, n k): shape (n, E, k, k)."""
    at = np.arange(n)
    split = square.reshape(len(square), n, k, n, k)
    return np.ascontiguousarray(split[:, at, :, at, :])


def _explained(found: Factorisation, j: int, out: Covariances) -> FloatArray:
    """Return ``A_l K A_l'`` over all later factors, shape (L, E, k, k)."""
    problem, stage = found.problem, found.stages[j]
    n_chain = len(problem.chain)
    k = stage.middle.shape[-1]
    X = np.zeros_like(stage.middle)
    for h in range(j + 1, n_chain):
        parent = problem.nesting[j, h].parent
        down = stage.down[h - j - 1]
        X += times(times(down, out.own[problem.chain[h]][parent]), turned(down))
        for i in range(h + 1, n_chain):
            both = times(times(down, out.between[h, i][parent]), turned(stage.down[i - j - 1]))
            X += both + turned(both)
        if problem.q:
            both = times(down, turned(_with_tail(problem, stage, out.chain_tail[h], parent)))
            X += both + turned(both)
    if problem.q:
        X += _tail_explained(problem, stage, out.tail, k)
    return X


def _with_tail(
    problem: Elimination, stage: Stage, above: FloatArray, parent: IntArray
) -> FloatArray:
    """Return ``A_l,tail K_tail,h`` for the level h that each l lies in: (L, E, k, k_h)."""
    if stage.across is not None:
        return np.asarray(stage.across @ turned(above[parent]))
    n, n_points, k = stage.middle.shape[:3]
    entries = problem.across.tocoo()
    level = entries.row // k
    out = np.zeros((n * k, n_points, above.shape[2]))
    gathered = above[parent[level], :, :, entries.col] * entries.data[:, None, None]
    np.add.at(out, entries.row, gathered)
    return np.moveaxis(out.reshape(n, k, n_points, -1), 1, 2)


def _tail_explained(problem: Elimination, stage: Stage, K: FloatArray, k: int) -> FloatArray:
    """Return ``A_l K A_l'`` over the tail, shape (L, E, k, k)."""
    if stage.across is not None:
        return np.asarray((stage.across @ K) @ turned(stage.across))
    n, n_points, q = stage.middle.shape[0], len(K), problem.q
    if problem.pairs is None:
        return np.stack([_by_rows(problem, one, n, k) for one in K], axis=1)
    weight = 2.0 * K
    at = np.arange(q)
    weight[:, at, at] *= 0.5
    sums = np.asarray(problem.pairs.T @ weight.reshape(n_points, -1).T)
    out = unpacked(sums, n, k)
    if k > 1:
        out *= 0.5 + 0.5 * np.eye(k)
    return out


def _by_rows(problem: Elimination, K: FloatArray, n: int, k: int) -> FloatArray:
    """The same where pairs are too many to be laid out, a slice of levels at a time."""
    out = np.empty((n, k, k))
    step = max(1, _CHUNK // (problem.q * k))
    for start in range(0, n, step):
        rows = problem.across[start * k : (start + step) * k]
        dense = np.asarray(rows.toarray()).reshape(-1, k, problem.q)
        out[start : start + step] = np.asarray(rows @ K).reshape(dense.shape) @ turned(dense)
    return out


def _with_later(found: Factorisation, j: int, out: Covariances) -> None:
    """Add the covariances of a chain factor's levels with the levels they lie in, and the tail."""
    problem, stage = found.problem, found.stages[j]
    n_chain = len(problem.chain)
    back = stage.middle if j > 0 else times(stage.D, stage.ease)
    for h in range(j + 1, n_chain):
        parent = problem.nesting[j, h].parent
        sums = times(stage.down[h - j - 1], out.own[problem.chain[h]][parent])
        for i in range(j + 1, n_chain):
            if i < h:  # between holds the inner level's own row: turn it
                inner = problem.nesting[j, i].parent
                sums = sums + times(stage.down[i - j - 1], out.between[i, h][inner])
            elif i > h:
                sums = sums + times(stage.down[i - j - 1], turned(out.between[h, i][parent]))
        if problem.q:
            sums = sums + _with_tail(problem, stage, out.chain_tail[h], parent)
        out.between[j, h] = -times(back, sums)
    if problem.q and j > 0:
        tail = np.asarray(stage.across @ out.tail) if stage.across is not None else out.tail
        for h in range(j + 1, n_chain):
            parent = problem.nesting[j, h].parent
            tail = tail + times(stage.down[h - j - 1], out.chain_tail[h][parent])
        out.chain_tail[j] = -times(back, tail)
