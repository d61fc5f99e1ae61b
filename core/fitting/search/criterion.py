"""The profiled criterion and its derivative, for many problems and many points at once.

With ``V = I + Z D Z'`` (D is Sigma / sigma_y**2) and nu = n - p (REML) or n (ML),

    criterion(D) = sum_j log|I + S_j D| + [log|X'V^-1 X|] + nu (1 + log(2 pi r2 / nu)),

the bracket for REML only; r2 = y'Py is the profiled residual sum of squares (Bates et
al. 2015, section 3.4, written with D in the place of Lambda Lambda'). Everything is
built from ``W'V^-1 W = rest + sum_j own_j' P_j own_j`` with ``P_j = Z_j'V_j^-1 Z_j``: a
sum of positive semidefinite parts, so a small residual is never the difference of two
large numbers.

The derivative with respect to D (symmetric, not to theta) is

    sum_j P_j - P_j N_j P_j,   N_j = own_j Q own_j',

Q = (X'V^-1 X)^-1 on the X part (REML) plus nu / r2 times the outer product of
(-beta, 1). At an optimum it is positive semidefinite and its product with D vanishes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.fitting.scaled import ScaledModel
from core.fitting.search.covariance import triangle
from core.types import FloatArray, IntArray

#: Elements of one work array; keeps a chunk of points within the processor's cache.
_CHUNK = 200_000


@dataclass(frozen=True, eq=False)
class CriterionProblem:
    """B problems of one shape, as arrays with the groups last.

    Attributes
    ----------
    S : FloatArray, shape (B, K, J)
        Packed upper triangles of ``Z_j'Z_j`` about the group means, K = k (k + 1) / 2.
    shift : FloatArray, shape (B, k - 1, J)
        Those means: ``Z_j = Z_centred T_j`` with ``T_j = [[1, shift'], [0, I]]``, so that
        D seen from there is ``T_j D T_j'``.
    det_S : FloatArray, shape (B, J)
        Determinants (used for k = 2).
    weight : FloatArray, shape (B, J)
        How many groups each entry stands for in the log determinant.
    products : FloatArray, shape (B, q, K * J)
        Packed products of the own regressions, q = (p + 1)(p + 2) / 2.
    rest : FloatArray, shape (B, q)
    n_obs : FloatArray, shape (B,)
    offset : FloatArray, shape (B, p)
        What the outcome is seen from: fixed effects taken out of it beforehand.
    """

    k: int
    p: int
    reml: bool
    S: FloatArray
    shift: FloatArray
    det_S: FloatArray
    weight: FloatArray
    products: FloatArray
    rest: FloatArray
    n_obs: FloatArray
    offset: FloatArray

    @property
    def n_problems(self) -> int:
        """Number of problems B."""
        return len(self.S)

    @property
    def nu(self) -> FloatArray:
        """Degrees of freedom of the profiled variance, shape (B,)."""
        return self.n_obs - self.p if self.reml else self.n_obs

    def sample(self, every: int) -> CriterionProblem:
        """Return the problem of every m-th group alone, as large a share of the rows."""
        k_packed, n_groups = self.S.shape[1], self.S.shape[2]
        chosen = slice(None, None, every)
        share = float(self.weight[..., chosen].sum() / self.weight.sum())
        split = self.products.reshape(*self.products.shape[:2], k_packed, n_groups)
        products = np.ascontiguousarray(split[..., chosen])
        return replace(
            self,
            S=np.ascontiguousarray(self.S[..., chosen]),
            shift=np.ascontiguousarray(self.shift[..., chosen]),
            det_S=np.ascontiguousarray(self.det_S[..., chosen]),
            weight=np.ascontiguousarray(self.weight[..., chosen]),
            products=products.reshape(*self.products.shape[:2], -1),
            rest=self.rest * share,
            n_obs=self.n_obs * share,
        )

    def take(self, which: IntArray) -> CriterionProblem:
        """Return some of the problems."""
        if len(which) == self.n_problems:
            return self
        return replace(
            self,
            S=self.S[which],
            shift=self.shift[which],
            det_S=self.det_S[which],
            weight=self.weight[which],
            products=self.products[which],
            rest=self.rest[which],
            n_obs=self.n_obs[which],
            offset=self.offset[which],
        )


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The criterion at points D: values (B, E), derivatives (B, E, k, k), and the solution."""

    value: FloatArray
    derivative: FloatArray
    beta: FloatArray
    r2: FloatArray
    XVX: FloatArray


def pack(square: FloatArray) -> FloatArray:
    """Return the upper triangle of (..., k, k) arrays row by row: (..., K)."""
    rows, cols = triangle(square.shape[-1])
    return np.asarray(square[..., rows, cols])


def unpack(packed: FloatArray, size: int) -> FloatArray:
    """Return symmetric (..., size, size) arrays from packed upper triangles."""
    out = np.empty((*packed.shape[:-1], size, size))
    rows, cols = triangle(size)
    out[..., rows, cols] = packed
    out[..., cols, rows] = packed
    return out


def own_products(own: FloatArray) -> FloatArray:
    """Return the packed products of own regressions: (m, k, J) -> (q, K * J)."""
    m, k, n_groups = own.shape
    left, right = triangle(m)
    first, second = triangle(k)
    out = np.empty((len(left), len(first), n_groups))
    for c, (a, b) in enumerate(zip(first, second, strict=True)):
        np.multiply(own[left, a], own[right, b], out=out[:, c])
        if a != b:
            out[:, c] += own[left, b] * own[right, a]
    return out.reshape(len(left), -1)


def problem_of(
    model: ScaledModel, unit: FloatArray, *, reml: bool, merge: bool = True
) -> CriterionProblem:
    """Return the one problem of a scaled model, with Z measured in ``unit`` (k,).

    Groups that share ``Z_j'Z_j`` (equal sizes, equal designs) are merged where that
    saves work: their sum of products is all that is needed. Problems that will be stacked
    must keep their groups apart (``merge=False``).
    """
    offset, own, rest = model.about_fit
    S = model.S_centred / (unit[:, None, None] * unit[None, :, None])
    own = own * unit[None, :, None]
    shift = model.shift * (unit[0] / unit[1:, None])
    det_S = model.det_S / np.prod(unit) ** 2
    packed = np.ascontiguousarray(np.moveaxis(pack(np.moveaxis(S, 2, 0)), 0, 1))
    weight = np.ones(S.shape[2])
    merged = _merge_equal(np.concatenate([packed, shift]), own) if merge else None
    if merged is None:
        products = own_products(own)
    else:
        first, weight, products = merged
        packed, det_S, shift = packed[:, first], det_S[first], shift[:, first]
    return CriterionProblem(
        k=model.k,
        p=model.p,
        reml=reml,
        S=packed[None],
        shift=shift[None],
        det_S=det_S[None],
        weight=weight[None],
        products=products[None],
        rest=pack(rest)[None],
        n_obs=np.array([float(model.n_obs)]),
        offset=offset[None],
    )


def _merge_equal(
    packed: FloatArray, own: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray] | None:
    """Sum the products of groups of one and the same design; None where that would not pay."""
    n_groups = packed.shape[1]
    if n_groups < 8:
        return None
    label = np.zeros(n_groups, dtype=np.int64)
    for row in packed:
        label = pd.factorize(label + pd.factorize(row)[0] * np.int64(n_groups))[0]
        if label.max() >= n_groups // 4:
            return None
    first = np.empty(int(label.max()) + 1, dtype=np.intp)
    first[label[::-1]] = np.arange(n_groups)[::-1]
    weight = np.bincount(label).astype(np.float64)
    left, right = triangle(len(own))
    rows, cols = triangle(own.shape[1])
    out = np.empty((len(left), len(rows), len(first)))
    for i, (p, q) in enumerate(zip(left, right, strict=True)):
        for c, (a, b) in enumerate(zip(rows, cols, strict=True)):
            product = own[p, a] * own[q, b]
            if a != b:
                product += own[p, b] * own[q, a]
            out[i, c] = np.bincount(label, product)
    return first, weight, out.reshape(len(left), -1)


def evaluate(problem: CriterionProblem, D: FloatArray, *, derivative: bool = True) -> Evaluation:
    """Evaluate the criterion at points ``D`` of shape (B, E, k, k), in units of ``problem``."""
    n_points = D.shape[1]
    width = max(1, _CHUNK // max(1, problem.S.shape[1] * problem.S.shape[2]))
    if problem.n_problems * n_points <= width or n_points == 1:
        return _evaluate(problem, D, derivative)
    step = max(1, width // problem.n_problems)
    parts = [_evaluate(problem, D[:, i : i + step], derivative) for i in range(0, n_points, step)]
    return Evaluation(
        *(
            np.concatenate([getattr(part, name) for part in parts], axis=1)
            for name in ("value", "derivative", "beta", "r2", "XVX")
        )
    )


def _evaluate(problem: CriterionProblem, D: FloatArray, derivative: bool) -> Evaluation:
    p, m = problem.p, problem.p + 1
    P, logdet = own_precision_packed(problem, D)
    shape = (*D.shape[:2], -1)
    full = problem.rest[:, None] + P.reshape(shape) @ problem.products.swapaxes(1, 2)
    WVW = unpack(full, m)
    XVX, XVy = WVW[..., :p, :p], WVW[..., :p, p]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = _inverses(XVX)
        beta = np.einsum("bepq,beq->bep", inverse, XVy)
        r2 = WVW[..., p, p] - np.einsum("bep,bep->be", beta, XVy)
        nu = problem.nu[:, None]
        value = logdet + nu * (1.0 + np.log(2.0 * np.pi * r2 / nu))
        if problem.reml:
            value = value + np.linalg.slogdet(XVX)[1]
    fixef = beta + problem.offset[:, None]
    if not derivative:
        return Evaluation(value, np.empty((*D.shape[:2], 0, 0)), fixef, r2, XVX)
    contrast = np.concatenate([-beta, np.ones((*beta.shape[:2], 1))], axis=2)
    Q = (nu / r2)[..., None, None] * contrast[..., :, None] * contrast[..., None, :]
    if problem.reml:
        Q[..., :p, :p] += inverse
    N = packed_twice(Q) @ problem.products
    slope = sum_derivative(problem, P, N.reshape(P.shape))
    return Evaluation(value, slope, fixef, r2, XVX)


def _inverses(square: FloatArray) -> FloatArray:
    """Return the inverses of (..., p, p) matrices; NaN for one that has none.

    A point far out may leave ``X'V^-1 X`` without rank. That point is no optimum, and must not
    end the search of all others.
    """
    try:
        return np.asarray(np.linalg.inv(square))
    except np.linalg.LinAlgError:
        flat = square.reshape(-1, *square.shape[-2:])
        out = np.full_like(flat, np.nan)
        for i, one in enumerate(flat):
            if np.isfinite(one).all() and np.linalg.matrix_rank(one, hermitian=True) == len(one):
                out[i] = np.linalg.inv(one)
        return out.reshape(square.shape)


def packed_twice(Q: FloatArray) -> FloatArray:
    """Pack symmetric matrices with the off-diagonal elements counted twice."""
    rows, cols = triangle(Q.shape[-1])
    return np.asarray(Q[..., rows, cols] * np.where(rows == cols, 1.0, 2.0))


def own_precision_packed(problem: CriterionProblem, D: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return packed ``P_j = (I + S_j D)^-1 S_j`` (B, E, K, J) and sum_j log|I + S_j D|."""
    S = problem.S[:, None]
    if problem.k == 1:
        det = 1.0 + S[:, :, 0] * D[..., 0, 0, None]
        P = S / det[:, :, None]
    elif problem.k == 2:
        a, b, c = (D[..., i, j, None] for i, j in ((0, 0), (0, 1), (1, 1)))
        det_D = np.maximum(a * c - b * b, 0.0)
        x = problem.shift[:, None, 0]
        b = b + c * x
        a = a + x * (D[..., 0, 1, None] + b)
        det_S = problem.det_S[:, None]
        det = S[:, :, 0] * a
        det += (2.0 * b) * S[:, :, 1]
        det += S[:, :, 2] * c
        det += det_S * det_D
        det += 1.0
        P = np.empty((*det.shape[:2], 3, det.shape[2]))
        for i, other in enumerate((c, -b, a)):  # S + det(S) adj(D), by Cayley and Hamilton
            np.multiply(det_S, other, out=P[:, :, i])
            P[:, :, i] += S[:, :, i]
            P[:, :, i] /= det
    else:
        return _own_precision_any(problem, D)
    logdet = np.matmul(np.log(det), problem.weight[:, :, None])[..., 0]
    return P, logdet


def _own_precision_any(problem: CriterionProblem, D: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same for any k: one small linear system per group, solved in a batch."""
    S = unpack(np.moveaxis(problem.S, 1, 2), problem.k)[:, None]
    T = to_centred(problem)
    M = np.eye(problem.k) + S @ (T @ D[:, :, None] @ T.swapaxes(-1, -2))
    P = np.linalg.solve(M, np.broadcast_to(S, M.shape))
    P = 0.5 * (P + P.swapaxes(-1, -2))
    logdet = np.matmul(np.linalg.slogdet(M)[1], problem.weight[:, :, None])[..., 0]
    return np.ascontiguousarray(np.moveaxis(pack(P), 3, 2)), logdet


def to_centred(problem: CriterionProblem) -> FloatArray:
    """Return ``T_j``, shape (B, 1, J, k, k)."""
    n_problems, n_slopes, n_groups = problem.shift.shape
    T = np.zeros((n_problems, 1, n_groups, n_slopes + 1, n_slopes + 1))
    T[..., np.arange(n_slopes + 1), np.arange(n_slopes + 1)] = 1.0
    T[:, 0, :, 0, 1:] = np.moveaxis(problem.shift, 1, 2)
    return T


def sum_derivative(problem: CriterionProblem, P: FloatArray, N: FloatArray) -> FloatArray:
    """Return sum_j T_j'(weight P_j - P_j N_j P_j) T_j, (B, E, k, k); N holds a != b doubled."""
    weight = problem.weight[:, None]
    if problem.k == 1:
        P1, N1 = P[:, :, 0], N[:, :, 0]
        return np.asarray(np.sum(P1 * (weight - N1 * P1), axis=-1)[..., None, None])
    if problem.k == 2:
        P11, P12, P22 = P[:, :, 0], P[:, :, 1], P[:, :, 2]
        N11, N12, N22 = N[:, :, 0], 0.5 * N[:, :, 1], N[:, :, 2]
        M11, M12 = P11 * N11 + P12 * N12, P11 * N12 + P12 * N22
        M21, M22 = P12 * N11 + P22 * N12, P12 * N12 + P22 * N22
        G11 = weight * P11 - M11 * P11 - M12 * P12
        G12 = weight * P12 - M11 * P12 - M12 * P22
        G22 = weight * P22 - M21 * P12 - M22 * P22
        x = problem.shift[:, None, 0]
        lifted = G12 + x * G11
        total = (G11, lifted, G22 + x * (G12 + lifted))
        return unpack(np.stack([t.sum(axis=-1) for t in total], axis=-1), 2)
    rows, cols = triangle(problem.k)
    halved = N * np.where(rows == cols, 1.0, 0.5)[:, None]
    Pm = unpack(np.moveaxis(P, 2, 3), problem.k)
    Nm = unpack(np.moveaxis(halved, 2, 3), problem.k)
    G = weight[..., None, None] * Pm - Pm @ Nm @ Pm
    T = to_centred(problem)
    return np.asarray(np.sum(T.swapaxes(-1, -2) @ G @ T, axis=2))
