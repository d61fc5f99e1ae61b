"""The profiled criterion of several factors, its derivative, and its average information.

The same criterion as with one factor (``core.fitting.search.criterion``): with
``V = I + sum_f Z_f D_f Z_f'``,

    criterion = log|V| + [log|X'V^-1 X|] + nu (1 + log(2 pi r2 / nu)).

Its derivative with respect to ``D_f`` is ``sum_l Z_l'V^-1 Z_l - H_l Q H_l'`` over the factor's
levels, with ``H = Z'V^-1 W`` and Q as there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.fitting.factors.elimination import Elimination, RightSide, right_side
from core.fitting.factors.factorise import Factorisation, Reduced, factorise, reduce_right
from core.fitting.factors.takeback import Sides, covariances, take_back
from core.fitting.search.covariance import factor_of, theta_positions
from core.fitting.search.information import variance_directions
from core.types import FloatArray, IntArray

#: Numbers in the largest work array.
_CHUNK = 3_000_000


@dataclass(frozen=True, eq=False)
class FactorProblem:
    """A model with several factors, ready to be evaluated at any theta.

    theta holds every factor's relative Cholesky factor, one after the other, in the units of
    the layout (at 1 the median level is half pooled).
    """

    elimination: Elimination
    reml: bool
    correlated: bool
    latest: dict[bytes, At] = field(default_factory=dict, repr=False)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of coefficients of every factor."""
        return self.elimination.sizes

    @property
    def splits(self) -> IntArray:
        """Where in theta every factor begins but the first."""
        counts = [len(theta_positions(k, self.correlated)[0]) for k in self.sizes]
        return np.cumsum(counts)[:-1]

    @property
    def n_theta(self) -> int:
        """Length K of theta."""
        return sum(len(theta_positions(k, self.correlated)[0]) for k in self.sizes)

    @property
    def p(self) -> int:
        """Number of fixed effects."""
        return self.elimination.layout.p

    @property
    def n_obs(self) -> int:
        """Number of rows."""
        return self.elimination.layout.n_obs

    @property
    def nu(self) -> int:
        """Degrees of freedom of the profiled variance."""
        return self.n_obs - self.p if self.reml else self.n_obs

    @property
    def work(self) -> int:
        """Numbers that one evaluation goes through, roughly."""
        designs = self.elimination.layout.designs
        levels = sum(d.n_levels * d.k * (d.k + self.p + 1) for d in designs)
        return levels + int(self.elimination.across.nnz) + 3 * self.elimination.q**2

    def split(self, theta: FloatArray) -> list[FloatArray]:
        """Return Lambda (E, k, k) of every factor from theta (E, K)."""
        parts = np.split(theta, self.splits, axis=-1)
        return [factor_of(t, k, self.correlated) for t, k in zip(parts, self.sizes, strict=True)]


@dataclass(frozen=True, eq=False)
class FactorEvaluation:
    """The criterion at points theta (E, K).

    Attributes
    ----------
    value : FloatArray, shape (E,)
    derivative : list of FloatArray, shape (E, k, k)
        With respect to every factor's D.
    beta, r2, XVX, inverse : FloatArray, shapes (E, p), (E,), (E, p, p), (E, p, p)
    """

    value: FloatArray
    derivative: list[FloatArray]
    beta: FloatArray
    r2: FloatArray
    XVX: FloatArray
    inverse: FloatArray


@dataclass(frozen=True, eq=False)
class At:
    """One evaluation with what it was made from."""

    result: FactorEvaluation
    found: Factorisation
    reduced: Reduced
    sides: Sides | None


def evaluate_factors(
    problem: FactorProblem, theta: FloatArray, *, derivative: bool = True
) -> FactorEvaluation:
    """Evaluate the criterion at points theta (E, K), some at a time."""
    step = max(1, _CHUNK // max(problem.work, 1))
    parts = [
        evaluate_at(problem, theta[i : i + step], derivative=derivative).result
        for i in range(0, len(theta), step)
    ]
    if len(parts) == 1:
        return parts[0]
    names = ("value", "beta", "r2", "XVX", "inverse")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    slopes = [np.concatenate(d) for d in zip(*(part.derivative for part in parts), strict=True)]
    return FactorEvaluation(derivative=slopes, **joined)


def evaluate_at(problem: FactorProblem, theta: FloatArray, *, derivative: bool = True) -> At:
    """Evaluate the criterion at points theta (E, K) at once, and keep the factorisation.

    The latest point that was evaluated alone with its derivative is remembered: a search, the
    certificate and the fit ask for one and the same.
    """
    key = theta.tobytes() if len(theta) == 1 else b""
    if key in problem.latest:
        return problem.latest[key]
    out = _evaluate_at(problem, theta, derivative)
    if derivative and key:
        problem.latest.clear()
        problem.latest[key] = out
    return out


def _evaluate_at(problem: FactorProblem, theta: FloatArray, derivative: bool) -> At:
    found = factorise(problem.elimination, problem.split(theta), inverse=derivative)
    reduced = reduce_right(found, problem.elimination.right)
    p, nu = problem.p, problem.nu
    WVW = 0.5 * (reduced.square + reduced.square.swapaxes(1, 2))
    XVX, XVy = WVW[:, :p, :p], WVW[:, :p, p]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = _inverses(XVX)
        beta = np.einsum("epq,eq->ep", inverse, XVy)
        r2 = WVW[:, p, p] - np.einsum("ep,ep->e", beta, XVy)
        value = found.logdet + nu * (1.0 + np.log(2.0 * np.pi * r2 / nu))
        if problem.reml:
            value = value + np.linalg.slogdet(XVX)[1]
    if not derivative:
        return At(FactorEvaluation(value, [], beta, r2, XVX, inverse), found, reduced, None)
    sides = take_back(found, reduced)
    seen = covariances(found, own=False).seen
    contrast = np.concatenate([-beta, np.ones((len(beta), 1))], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        Q = (nu / r2)[:, None, None] * contrast[:, :, None] * contrast[:, None, :]
    if problem.reml:
        Q[:, :p, :p] += inverse
    slopes = [
        seen[i] - np.einsum("leam,emn,lebn->eab", sides.H[i], Q, sides.H[i], optimize=True)
        for i in range(len(problem.sizes))
    ]
    return At(FactorEvaluation(value, slopes, beta, r2, XVX, inverse), found, reduced, sides)


def _inverses(square: FloatArray) -> FloatArray:
    """Return the inverses of (E, p, p) matrices; NaN for one that has none."""
    try:
        return np.asarray(np.linalg.inv(square))
    except np.linalg.LinAlgError:
        out = np.full_like(square, np.nan)
        for e, one in enumerate(square):
            if np.isfinite(one).all() and np.linalg.matrix_rank(one, hermitian=True) == len(one):
                out[e] = np.linalg.inv(one)
        return out


def gradient_of(problem: FactorProblem, at: FactorEvaluation, theta: FloatArray) -> FloatArray:
    """Return the gradient in theta (E, K)."""
    parts = []
    for slope, lam, k in zip(at.derivative, problem.split(theta), problem.sizes, strict=True):
        rows, cols = theta_positions(k, problem.correlated)
        parts.append((2.0 * slope @ lam)[:, rows, cols])
    return np.concatenate(parts, axis=1)


def average_information(problem: FactorProblem, at: At, theta: FloatArray) -> FloatArray:
    """Return an approximate Hessian in theta (K, K) at one point, without second traces.

    The mean of observed and expected information (Gilmour, Thompson & Cullis 1995), in which
    the traces cancel: with ``a_i = V_i P y``, ``nu a_i'P a_j / r2 - nu q_i q_j / r2^2``.
    """
    assert at.sides is not None
    p, nu = problem.p, problem.nu
    result = at.result
    contrast = np.append(-result.beta[0], 1.0)
    h = [at.sides.H[i][:, 0] @ contrast for i in range(len(problem.sizes))]  # (L, k) each
    moved, owner = [], []
    for i, k in enumerate(problem.sizes):
        for direction in variance_directions(k, problem.correlated):
            moved.append(h[i] @ direction)
            owner.append(i)
    r2 = float(result.r2[0])
    q = np.array([float(np.sum(v * h[i])) for v, i in zip(moved, owner, strict=True)])
    seen = reduce_right(at.found, _with_moved(problem.elimination, moved, owner))
    m = p + 1
    aVa = seen.square[0][m:, m:]
    aVX = seen.square[0][m:, :p]
    aPa = aVa - aVX @ result.inverse[0] @ aVX.T
    information = nu * (0.5 * (aPa + aPa.T) / r2 - np.outer(q, q) / r2**2)
    return _in_theta(problem, information, result, theta)


def _with_moved(elimination: Elimination, moved: list[FloatArray], owner: list[int]) -> RightSide:
    """Return W and further columns ``a = Z_f v``, (L_f, k_f) each, as right sides."""
    layout = elimination.layout
    designs, m, count = layout.designs, layout.p + 1, len(moved)
    products = []
    for g, design in enumerate(designs):
        out = np.empty((design.n_levels, design.k, m + count))
        out[:, :, :m] = design.with_design
        for c, (v, f) in enumerate(zip(moved, owner, strict=True), start=m):
            if g == f:
                out[:, :, c] = np.einsum("lab,lb->la", design.square, v)
            else:
                out[:, :, c] = (layout.cross_of(g, f) @ v.ravel()).reshape(-1, design.k)
        products.append(out)
    square = np.empty((m + count, m + count))
    square[:m, :m] = layout.WW
    for c, (v, f) in enumerate(zip(moved, owner, strict=True), start=m):
        square[c] = np.einsum("la,lac->c", v, products[f])
        square[:m, c] = square[c, :m]
    spanned = np.append(designs[elimination.chain[0]].spanned, np.zeros(count, dtype=bool))
    return right_side(elimination, products, square, spanned)


def _in_theta(
    problem: FactorProblem, information: FloatArray, at: FactorEvaluation, theta: FloatArray
) -> FloatArray:
    """Return a Hessian with respect to the elements of D as one with respect to theta (K,)."""
    n_theta = problem.n_theta
    jacobian = np.zeros((len(information), n_theta))
    curved = np.zeros((n_theta, n_theta))
    row = column = 0
    for slope, lam, k in zip(at.derivative, problem.split(theta[None]), problem.sizes, strict=True):
        directions = variance_directions(k, problem.correlated)
        rows, cols = theta_positions(k, problem.correlated)
        upper = [np.argwhere(np.triu(d))[0] for d in directions]
        for t, (r, c) in enumerate(zip(rows, cols, strict=True)):
            change = np.zeros((k, k))
            change[r] += lam[0][:, c]
            change[:, r] += lam[0][:, c]
            jacobian[row : row + len(upper), column + t] = [change[i, j] for i, j in upper]
            for u, (other, same) in enumerate(zip(rows, cols, strict=True)):
                if same == c:
                    curved[column + t, column + u] = 2.0 * slope[0][r, other]
        row, column = row + len(upper), column + len(rows)
    return np.asarray(jacobian.T @ information @ jacobian + curved)
