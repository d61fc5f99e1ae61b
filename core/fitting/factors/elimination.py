"""In which order factors are eliminated, and what does not depend on their covariances.

With ``V = I + sum_f Z_f D_f Z_f'`` everything follows from eliminating one factor after the
other. The first is the one with most levels; its blocks ``Z_l'Z_l`` stand apart, so it goes in
closed form, level by level. A factor that it is nested in stands apart as well afterwards and
goes the same way (a chain: class, school, state). What is left, crossed with the chain, goes
by one dense Cholesky factorisation (``tail``).

Products are taken about the first factor: with ``Z_l'Z_l = R_l'R_l`` and ``c = R_l^-T Z_l'.``,

    Z_o'V_1^-1 Z_o = rest + sum_l c_l' (I + R_l D R_l')^-1 c_l,

a sum of positive semidefinite parts, so that nothing is lost where D is large.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from core.exceptions import NotSupportedError
from core.fitting.factors.block_algebra import Nesting, level_pairs, packed, times, turned
from core.fitting.factors.cell_layout import CellLayout
from core.types import BoolArray, FloatArray, IntArray

#: Columns of the tail up to which a dense factorisation is a matter of seconds.
DENSE_COLUMNS = 3_000
#: Elements of a chain factor's products with the tail that may be held.
_MOST_HELD = 20_000_000
#: A share of a level's largest root below this is rounding.
_NO_ROOT = 1e-13


@dataclass(frozen=True, eq=False)
class RightSide:
    """Columns beside the factors' own (fixed effects, outcome), as the elimination meets them.

    Attributes
    ----------
    first : FloatArray, shape (L, 1, k, m)
        ``c`` of the first factor.
    chain : tuple of FloatArray, shape (L_h, 1, k_h, m)
        Products with later chain factors, less what the first factor explains.
    tail : FloatArray, shape (q, m)
    square : FloatArray, shape (m, m)
    """

    first: FloatArray
    chain: tuple[FloatArray, ...]
    tail: FloatArray
    square: FloatArray


@dataclass(frozen=True, eq=False)
class Elimination:
    """A model's products in the order of elimination.

    Attributes
    ----------
    chain, tail : tuple of int
        Positions of the factors among ``layout.designs``.
    nesting : dict of (int, int) to Nesting
        By positions in the chain.
    root, half : FloatArray, shape (L, k, k)
        R of the first factor, and a generalised ``R^-T``.
    down : tuple of FloatArray, shape (L, 1, k, k_h)
        ``c`` of the first factor with the chain's later factors.
    across : sparse array (L k, q)
        ``c`` of the first factor with the tail.
    pairs : sparse array (q * q, L * K) or None
        Maps packed middle matrices to sums over levels of ``c'Mc`` in the tail's upper triangle.
    rest_* : arrays
        What the first factor leaves: squares (L_h, 1, k_h, k_h) and products of later chain
        factors, their products with the tail (L_h, 1, k_h, q), and the tail's own (q, q).
    """

    layout: CellLayout
    chain: tuple[int, ...]
    tail: tuple[int, ...]
    offsets: tuple[int, ...]
    q: int
    nesting: dict[tuple[int, int], Nesting]
    root: FloatArray
    half: FloatArray
    down: tuple[FloatArray, ...]
    across: sparse.csr_array
    pairs: sparse.csc_array | None
    rest_square: tuple[FloatArray, ...]
    rest_between: dict[tuple[int, int], FloatArray]
    rest_across: tuple[FloatArray, ...]
    rest_tail: FloatArray
    right: RightSide

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of coefficients k of every factor, in the order of ``layout.designs``."""
        return tuple(d.k for d in self.layout.designs)


def order_of(layout: CellLayout) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the chain of factors that go level by level, and the tail.

    Raises
    ------
    NotSupportedError
        When so many levels of crossed factors remain that no factorisation would end.
    """
    designs = layout.designs
    width = [d.n_levels * d.k for d in designs]
    first = max(range(len(designs)), key=lambda i: (width[i], len(designs[i].factor.outer)))
    chain = [first]
    while True:
        outer = designs[chain[-1]].factor.outer
        inside = [i for i, d in enumerate(designs) if d.factor.name in outer]
        if not inside:
            break
        chain.append(max(inside, key=lambda i: (width[i], len(designs[i].factor.outer))))
    full = tuple(chain)
    # The chain's later factors go level by level where that empties the tail or shortens it much.
    for cut in range(1, len(full) + 1):
        tail = tuple(i for i in range(len(designs)) if i not in full[:cut])
        left = sum(width[i] for i in tail)
        held = sum(width[i] for i in full[1:cut]) * left
        whole = set(tail) <= set(full)
        if left == 0 or (left <= DENSE_COLUMNS and not whole and held <= _MOST_HELD):
            return full[:cut], tail
        if left <= 60 and held <= _MOST_HELD:
            return full[:cut], tail
    names = " and ".join(f"'{designs[i].factor.name}' ({designs[i].n_levels:,})" for i in tail)
    raise NotSupportedError(
        f"Beside '{designs[first].factor.name}' ({designs[first].n_levels:,} levels) the model has "
        f"{names}: {left:,} coefficients of factors that are crossed with it, more than the "
        f"{DENSE_COLUMNS:,} that can be solved for here. Leave out one of the factors, or keep "
        "only levels with many rows.",
        code="too_many_levels",
    )


def eliminate(layout: CellLayout) -> Elimination:
    """Return the products of a model in the order of elimination.

    Raises
    ------
    NotSupportedError
        As ``order_of`` does.
    """
    chain, tail = order_of(layout)
    designs = layout.designs
    first = designs[chain[0]]
    root, half = _roots(first.square)
    nesting = {
        (i, j): Nesting.of(_parent(layout, chain[i], chain[j]), designs[chain[j]].n_levels)
        for i in range(len(chain))
        for j in range(i + 1, len(chain))
    }
    offsets, q = _offsets(layout, tail)
    down = tuple(
        times(half, _nested_blocks(layout, chain[0], chain[j], nesting[0, j]))[:, None]
        for j in range(1, len(chain))
    )
    across = _times_blocks(half, _beside(layout, chain[0], tail, q))
    across.sort_indices()
    out = Elimination(
        layout=layout,
        chain=chain,
        tail=tail,
        offsets=offsets,
        q=q,
        nesting=nesting,
        root=root,
        half=half,
        down=down,
        across=across,
        pairs=level_pairs(across, first.n_levels, first.k),
        rest_square=(),
        rest_between={},
        rest_across=(),
        rest_tail=np.zeros((q, q)),
        right=RightSide(np.empty((0, 1, 0, 0)), (), np.empty((0, 0)), np.empty((0, 0))),
    )
    out = _with_rest(out)
    products = [d.with_design for d in designs]
    return replace(out, right=right_side(out, products, layout.WW, first.spanned))


def right_side(
    problem: Elimination,
    products: list[FloatArray],
    square: FloatArray,
    spanned: BoolArray | None = None,
) -> RightSide:
    """Return further columns less what the first factor explains of them.

    Parameters
    ----------
    products : list of FloatArray, shape (L, k, m)
        ``Z_f'W`` by factor.
    square : FloatArray, shape (m, m)
        ``W'W``.
    spanned : BoolArray, shape (m,), optional
        Columns of which the first factor leaves nothing.
    """
    chain, tail = problem.chain, problem.tail
    m = square.shape[1]
    first = times(problem.half, products[chain[0]])[:, None]
    later = []
    for j, down in enumerate(problem.down, start=1):
        left = problem.nesting[0, j].sums(times(turned(down), first))
        later.append(products[chain[j]][:, None] - left)
    flat = first.reshape(-1, m)
    across = np.concatenate([products[i].reshape(-1, m) for i in tail] or [np.empty((0, m))])
    out = RightSide(first, tuple(later), across - problem.across.T @ flat, square - flat.T @ flat)
    gone = _gone(problem)
    for j, array in enumerate(out.chain, start=1):
        if gone[chain[j]]:
            array[:] = 0.0
        if spanned is not None:
            array[..., spanned] = 0.0
    for i, offset in zip(tail, problem.offsets, strict=True):
        if gone[i]:
            out.tail[offset : offset + products[i].shape[0] * products[i].shape[1]] = 0.0
    if spanned is not None:
        out.tail[:, spanned] = 0.0
        out.square[spanned, :] = out.square[:, spanned] = 0.0
    return out


def _gone(problem: Elimination) -> list[bool]:
    """Return of which factors the first leaves nothing: those around it, with no more slopes."""
    designs = problem.layout.designs
    first = designs[problem.chain[0]].factor
    return [
        d.factor.name in first.outer
        and 0 in first.varying
        and set(d.factor.varying) <= set(first.varying)
        for d in designs
    ]


def _with_rest(problem: Elimination) -> Elimination:
    """Fill in what the first factor leaves of the other factors' products."""
    layout, chain, tail = problem.layout, problem.chain, problem.tail
    designs, gone = layout.designs, _gone(problem)
    square, across, between = [], [], {}
    for j, down in enumerate(problem.down, start=1):
        own = problem.nesting[0, j]
        left = designs[chain[j]].square[:, None] - own.sums(times(turned(down), down))
        beside = _beside(layout, chain[j], tail, problem.q).toarray()
        beside = beside.reshape(len(left), 1, designs[chain[j]].k, problem.q)
        sums = _by_parent(down, own, problem.across) if problem.q else np.zeros_like(beside)
        square.append(np.zeros_like(left) if gone[chain[j]] else left)
        across.append(np.zeros_like(beside) if gone[chain[j]] else beside - sums)
        for i in range(j + 1, len(chain)):
            raw = _nested_blocks(layout, chain[j], chain[i], problem.nesting[j, i])[:, None]
            raw = raw - own.sums(times(turned(down), problem.down[i - 1]))
            is_gone = gone[chain[j]] or gone[chain[i]]
            between[j, i] = np.zeros_like(raw) if is_gone else raw
    rest = _tail_square(layout, tail, problem.offsets, problem.q)
    rest -= tail_sums(problem, np.broadcast_to(np.eye(designs[chain[0]].k), problem.root.shape))
    for i, offset in zip(tail, problem.offsets, strict=True):
        if gone[i]:
            width = designs[i].n_levels * designs[i].k
            rest[offset : offset + width] = rest[:, offset : offset + width] = 0.0
    return replace(
        problem,
        rest_square=tuple(square),
        rest_between=between,
        rest_across=tuple(across),
        rest_tail=rest,
    )


def tail_sums(problem: Elimination, middle: FloatArray) -> FloatArray:
    """Return ``sum_l c_l' M_l c_l`` over the tail for middle matrices (L, k, k), shape (q, q)."""
    q = problem.q
    if problem.pairs is None:
        flat = _times_blocks(middle, problem.across)
        return np.asarray((problem.across.T @ flat).toarray())
    return filled((problem.pairs @ packed(middle[:, None]))[:, 0].reshape(q, q))


def filled(upper: FloatArray) -> FloatArray:
    """Return a symmetric matrix from its upper triangle, zeros below."""
    out = upper + upper.T
    at = np.arange(len(out))
    out[at, at] *= 0.5
    return np.asarray(out)


def _by_parent(down: FloatArray, nesting: Nesting, across: sparse.csr_array) -> FloatArray:
    """Return ``sum_l down_l' c_l`` by coarser level, shape (L_h, 1, k_h, q)."""
    n, _, k, k_h = down.shape
    rows = nesting.parent[:, None, None] * k_h + np.arange(k_h)[None, :, None]
    cols = np.arange(n)[:, None, None] * k + np.arange(k)[None, None, :]
    rows, cols = np.broadcast_arrays(rows, cols)
    n_outer = nesting.indicator.shape[0]
    shape = (n_outer * k_h, n * k)
    values = turned(down[:, 0]).ravel()
    left = sparse.csr_array(sparse.coo_array((values, (rows.ravel(), cols.ravel())), shape=shape))
    return np.asarray((left @ across).toarray()).reshape(n_outer, 1, k_h, across.shape[1])


def _roots(square: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return R with ``R'R = square`` and a generalised ``R^-T``, both (L, k, k)."""
    if square.shape[-1] == 1:
        root = np.sqrt(np.maximum(square, 0.0))
        return root, np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    values, vectors = np.linalg.eigh(square)
    size = np.sqrt(np.where(values > _NO_ROOT * values[:, -1:], values, 0.0))
    across = turned(vectors)
    inverse = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    return size[..., None] * across, inverse[..., None] * across


def _parent(layout: CellLayout, inner: int, outer: int) -> IntArray:
    return layout.designs[inner].factor.outer[layout.designs[outer].factor.name]


def _nested_blocks(layout: CellLayout, inner: int, outer: int, nesting: Nesting) -> FloatArray:
    """Return ``Z_l'Z_m`` of each level l with the one level m it lies in, shape (L, k, k_m)."""
    cross = layout.cross_of(inner, outer)
    k, k_m = layout.designs[inner].k, layout.designs[outer].k
    entries = cross.tocoo()
    out = np.zeros((layout.designs[inner].n_levels, k, k_m))
    out[entries.row // k, entries.row % k, entries.col % k_m] = entries.data
    return out


def _offsets(layout: CellLayout, tail: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    widths = [layout.designs[i].n_levels * layout.designs[i].k for i in tail]
    ends = np.cumsum([0, *widths])
    return tuple(int(e) for e in ends[:-1]), int(ends[-1])


def _beside(layout: CellLayout, f: int, tail: tuple[int, ...], q: int) -> sparse.csr_array:
    """Return a factor's products with the tail, shape (L k, q)."""
    if not tail:
        return sparse.csr_array((layout.designs[f].n_levels * layout.designs[f].k, 0))
    return sparse.csr_array(sparse.hstack([layout.cross_of(f, g) for g in tail]))


def _tail_square(
    layout: CellLayout, tail: tuple[int, ...], offsets: tuple[int, ...], q: int
) -> FloatArray:
    """Return the tail's products with itself, shape (q, q)."""
    out = np.zeros((q, q))
    for a, (i, start) in enumerate(zip(tail, offsets, strict=True)):
        design = layout.designs[i]
        at = start + np.arange(design.n_levels * design.k).reshape(design.n_levels, design.k)
        out[at[:, :, None], at[:, None, :]] = design.square
        for j, other in zip(tail[a + 1 :], offsets[a + 1 :], strict=True):
            cross = layout.cross_of(i, j).tocoo()
            out[start + cross.row, other + cross.col] = cross.data
            out[other + cross.col, start + cross.row] = cross.data
    return out


def _times_blocks(blocks: FloatArray, right: sparse.csr_array) -> sparse.csr_array:
    """Return blocks (L, k, k) times the rows of a sparse array (L k, q)."""
    n, k = blocks.shape[:2]
    if k == 1:
        scaled = right.copy()
        scaled.data = right.data * np.repeat(blocks.ravel(), np.diff(right.indptr))
        return scaled
    left = sparse.bsr_array(
        (np.ascontiguousarray(blocks), np.arange(n), np.arange(n + 1)), shape=(n * k, n * k)
    )
    return sparse.csr_array(left @ right)
