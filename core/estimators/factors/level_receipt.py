"""How the estimate of one level of a factor comes about, step by step up its nesting.

Given the average coefficients, the levels it lies in and crossed factors (all at their estimates),
the rows of a level say how far it deviates: generalised least squares with the factors inside it
as part of the noise. Shrunken, that *is* the deviation of the model; so the steps recombine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from core.estimators.factors.view import check_factor
from core.exceptions import PoolingError
from core.factors_results import FactorsFits
from core.tables.grouping.cells import Factor
from core.types import FloatArray, IntArray

#: Rows of one level that are looked at.
MOST_ROWS = 200_000


@dataclass(frozen=True, eq=False)
class ReceiptStep:
    """One level on the way: its own, what it is pulled to, what it keeps, where it ends.

    Attributes
    ----------
    factor, label, level : str
    n : int
        Rows of the level.
    n_inside : dict of str to int
        Levels of other factors that lie in it.
    varying_names : tuple of str, length k
    own, own_se : FloatArray, shape (k,)
        The level's own coefficients, all else at its estimate; NaN where its rows do not
        determine them.
    target, pooled, deviation : FloatArray, shape (k,)
        What it is pulled to, its line, and ``pooled - target``.
    weight : FloatArray, shape (k, k)
        ``deviation = weight @ (own - target)``.
    """

    factor: str
    label: str
    level: str
    n: int
    n_inside: dict[str, int]
    varying_names: tuple[str, ...]
    own: FloatArray
    own_se: FloatArray
    target: FloatArray
    pooled: FloatArray
    deviation: FloatArray
    weight: FloatArray


def factor_receipt(fits: FactorsFits, factor: str, level: str) -> tuple[ReceiptStep, ...]:
    """Return how the line of one level comes about: its own step, then those it lies in.

    Parameters
    ----------
    fits : FactorsFits
    factor : str
        The factor's column.
    level : str
        Name of the level, as ``FactorFit.group_names`` has it.

    Returns
    -------
    tuple of ReceiptStep
        The level itself first, then the levels that it lies in, finest first.

    Raises
    ------
    SpecError
        When the model has no such factor.
    PoolingError
        When the factor has no such level, or there is no multilevel fit.
    """
    check_factor(fits, factor)
    fit = fits.multilevel
    of = fits.data.factor(factor)
    if level not in of.position:
        raise PoolingError(f"There is no level '{level}' of '{factor}'.")
    j = of.position[level]
    steps = [_step(fits, of, j)]
    for name in sorted(of.outer, key=lambda n: -len(fit.factors[n].group_names)):
        outer = fits.data.factor(name)
        steps.append(_step(fits, outer, int(of.outer[name][j])))
    return tuple(steps)


def _step(fits: FactorsFits, factor: Factor, j: int) -> ReceiptStep:
    fit, data = fits.multilevel, fits.data
    of = fit.factors[factor.name]
    inside = [f for f in data.factors if factor.name in f.outer]
    counts = {f.name: int(np.sum(f.outer[factor.name] == j)) for f in inside}
    own_dev, weight, se = _own(fits, factor, j, inside)
    return ReceiptStep(
        factor=factor.name,
        label=factor.label,
        level=factor.level_names[j],
        n=int(factor.sizes[j]),
        n_inside=counts,
        varying_names=of.varying_names,
        own=of.target[j] + own_dev,
        own_se=se,
        target=of.target[j],
        pooled=of.line[j],
        deviation=of.ranef[j],
        weight=weight,
    )


def _own(
    fits: FactorsFits, factor: Factor, j: int, inside: list[Factor]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the level's own deviation, what it keeps of it, and its standard error."""
    fit, data = fits.multilevel, fits.data
    cell = data.cells.group_index
    rows = np.flatnonzero(factor.of_cell[cell] == j)[:MOST_ROWS]
    left = data.y[rows] - data.design(rows) @ np.nan_to_num(fit.fixef)
    skipped = {factor.name, *(f.name for f in inside)}
    for other in data.factors:
        if other.name not in skipped:
            at = other.of_cell[cell[rows]]
            z = _columns(fits, other, rows)
            left -= np.einsum("nk,nk->n", z, fit.factors[other.name].ranef[at])
    Z = _columns(fits, factor, rows)
    solved = _without_noise_of(fits, inside, rows, np.column_stack([Z, left]))
    k = Z.shape[1]
    A, b = Z.T @ solved[:, :k], Z.T @ solved[:, k]
    A = 0.5 * (A + A.T)
    D = fit.factors[factor.name].vcov_group / fit.sigma_y**2
    weight: FloatArray = np.asarray(np.linalg.solve(np.eye(k) + D @ A, D @ A))
    values = np.linalg.eigvalsh(A)
    if values[0] <= 1e-10 * max(values[-1], 1e-300):
        nothing: FloatArray = np.full(k, np.nan)
        return nothing, weight, nothing
    inverse = np.linalg.inv(A)
    return inverse @ b, weight, fit.sigma_y * np.sqrt(np.diag(inverse))


def _columns(fits: FactorsFits, factor: Factor, rows: IntArray) -> FloatArray:
    cells = fits.data.cells
    return np.column_stack([cells.base_values(b, rows) for b in factor.varying])


def _without_noise_of(
    fits: FactorsFits, inside: list[Factor], rows: IntArray, right: FloatArray
) -> FloatArray:
    """Return ``V^-1 right`` with V the identity and the factors inside, over sigma_y**2."""
    if not inside:
        return right
    fit, data = fits.multilevel, fits.data
    cell = data.cells.group_index[rows]
    parts = []
    for factor in inside:
        D = fit.factors[factor.name].vcov_group / fit.sigma_y**2
        values, vectors = np.linalg.eigh(D)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        z = _columns(fits, factor, rows) @ root
        levels, at = np.unique(factor.of_cell[cell], return_inverse=True)
        k = z.shape[1]
        columns = at[:, None] * k + np.arange(k)
        index = (np.repeat(np.arange(len(rows)), k), columns.ravel())
        shape = (len(rows), len(levels) * k)
        parts.append(sparse.csr_array(sparse.coo_array((z.ravel(), index), shape=shape)))
    W = sparse.csr_array(sparse.hstack(parts, format="csr"))
    middle = sparse.csc_array(W.T @ W + sparse.eye_array(W.shape[1]))
    return np.asarray(right - W @ splu(middle).solve(np.ascontiguousarray(W.T @ right)))
