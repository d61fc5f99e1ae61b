"""Average coefficients and the levels of all factors together: their joint uncertainty.

With deviations ``u_f = Lambda_f v_f`` (v of unit variance), estimates and their covariance given
the variances solve Henderson's equations

    [X'X         X'Z Lambda          ] [beta]   [X'y        ]
    [Lambda'Z'X  Lambda'Z'Z Lambda + I] [v   ] = [Lambda'Z'y],

whose inverse times sigma_y**2 is the covariance of (beta, v) about what they estimate. A variance
of zero is a column of zeros and needs no care.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from core.fitting.factors.cell_layout import CellLayout
from core.fitting.search.covariance import theta_of
from core.types import FloatArray

#: Numbers of right sides that are solved for at once.
_BLOCK = 2_000_000


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Linear combinations of average coefficients and deviations, in the reader's own units.

    Attributes
    ----------
    fixed : FloatArray, shape (m, p)
        Weights of the terms of the design (``data.terms``).
    levels : dict of str to sparse array (m, L k)
        Weights of a factor's deviations, level by level.
    """

    fixed: FloatArray
    levels: Mapping[str, sparse.csr_array]


@dataclass(frozen=True, eq=False)
class FactorSystem:
    """Henderson's equations of a model with several factors at one theta, factorised.

    Attributes
    ----------
    layout : CellLayout
    factors : list of FloatArray, shape (k, k)
        Lambda of every factor, scaled.
    """

    layout: CellLayout
    factors: list[FloatArray]

    @cached_property
    def _matrix(self) -> sparse.csc_array:
        layout, p = self.layout, self.layout.p
        blocks: list[list[Any]] = [[sparse.csr_array(layout.WW[:p, :p])]]
        for i, design in enumerate(layout.designs):
            turn = self._turns[i]
            with_x = sparse.csr_array(design.with_design[:, :, :p].reshape(-1, p))
            blocks[0].append((turn.T @ with_x).T)
            row: list[Any] = [turn.T @ with_x]
            for j in range(len(layout.designs)):
                if j == i:
                    own = _diagonal(design.square)
                    row.append(turn.T @ own @ turn + sparse.eye_array(own.shape[0]))
                else:
                    row.append(turn.T @ layout.cross_of(i, j) @ self._turns[j])
            blocks.append(row)
        return sparse.csc_array(sparse.block_array(blocks, format="csc"))

    @cached_property
    def _turns(self) -> list[sparse.csr_array]:
        """Return every factor's Lambda, repeated for its levels."""
        return [
            sparse.csr_array(sparse.kron(sparse.eye_array(d.n_levels), lam))
            for d, lam in zip(self.layout.designs, self.factors, strict=True)
        ]

    @cached_property
    def _solver(self) -> Any:
        options = {"SymmetricMode": True, "DiagPivotThresh": 0.001}
        return splu(self._matrix, permc_spec="MMD_AT_PLUS_A", options=options)

    @cached_property
    def estimate(self) -> FloatArray:
        """The solution (beta, v), scaled."""
        p = self.layout.p
        right = [self.layout.WW[:p, p]]
        for turn, design in zip(self._turns, self.layout.designs, strict=True):
            right.append(turn.T @ design.with_design[:, :, p].ravel())
        return np.asarray(self._solver.solve(np.concatenate(right)))

    def solve(self, right: Any) -> FloatArray:
        """Return the solutions (size, m) for right sides (size, m) in the system's unknowns."""
        return np.asarray(self._solver.solve(np.ascontiguousarray(np.asarray(right))))

    def deviations(self, solution: FloatArray, name: str) -> FloatArray:
        """Return a factor's deviations (m, L, k) from solutions (size, m), over the y scale."""
        layout, start = self.layout, self.layout.p
        for i, factor in enumerate(layout.data.factors):
            design = layout.designs[i]
            stop = start + design.n_levels * design.k
            if factor.name == name:
                scaled = self._turns[i] @ solution[start:stop]
                blocks = scaled.T.reshape(-1, design.n_levels, design.k)
                return np.asarray(blocks @ design.to_raw.T)
            start = stop
        raise KeyError(name)

    def into(self, asked: Contrasts) -> sparse.csr_array:
        """Return contrasts as combinations of the system's own unknowns, shape (m, size)."""
        layout = self.layout
        parts: list[Any] = [
            sparse.csr_array(layout.y_scale * asked.fixed[:, layout.used] @ layout.to_raw)
        ]
        for i, design in enumerate(layout.designs):
            name = layout.data.factors[i].name
            n = design.n_levels * design.k
            given = asked.levels.get(name)
            if given is None:
                parts.append(sparse.csr_array((len(asked.fixed), n)))
                continue
            raw = sparse.csr_array(sparse.kron(sparse.eye_array(design.n_levels), design.to_raw))
            parts.append(layout.y_scale * (given @ raw @ self._turns[i]))
        return sparse.csr_array(sparse.hstack(parts, format="csr"))

    def covariance(self, asked: Contrasts) -> FloatArray:
        """Return the covariance (m, m) of contrasts over sigma_y**2 in scaled units."""
        rows = self.into(asked)
        out = rows @ self._solve(rows)
        return np.asarray(0.5 * (out + out.T))

    def variance(self, asked: Contrasts) -> FloatArray:
        """Return the variance (m,) of every contrast over sigma_y**2 in scaled units."""
        rows = self.into(asked)
        step = max(1, _BLOCK // rows.shape[1])
        out = np.empty(rows.shape[0])
        for start in range(0, rows.shape[0], step):
            some = rows[start : start + step]
            out[start : start + step] = np.asarray(
                some.multiply(self._solve(some).T).sum(axis=1)
            ).ravel()
        return np.maximum(out, 0.0)

    def parts(self, asked: Contrasts) -> dict[str, FloatArray]:
        """Return every factor's part in the variance of contrasts, given the fixed effects (m,).

        Each is the covariance of the factor's deviations with all deviations of the contrast, over
        sigma_y**2, so that the parts add up to the variance that the levels bring in.
        """
        p = self.layout.p
        rows = self.into(asked)[:, p:]
        solved = self._given_fixed.solve(np.ascontiguousarray(rows.toarray().T))
        out, start = {}, 0
        for factor, design in zip(self.layout.data.factors, self.layout.designs, strict=True):
            stop = start + design.n_levels * design.k
            some = rows[:, start:stop].multiply(solved[start:stop].T).sum(axis=1)
            out[factor.name] = np.asarray(some).ravel()
            start = stop
        return out

    @cached_property
    def _given_fixed(self) -> Any:
        p = self.layout.p
        options = {"SymmetricMode": True, "DiagPivotThresh": 0.001}
        return splu(self._matrix[p:, p:].tocsc(), permc_spec="MMD_AT_PLUS_A", options=options)

    def _solve(self, rows: sparse.csr_array) -> FloatArray:
        """Return the inverse times the contrasts, shape (size, m)."""
        return np.asarray(self._solver.solve(np.ascontiguousarray(rows.toarray().T)))


def system_at(layout: CellLayout, D: list[FloatArray]) -> FactorSystem:
    """Return the system at relative covariances D of every factor, scaled."""
    correlated = layout.data.spec.correlated
    factors = [_lambda(one, correlated) for one in D]
    return FactorSystem(layout, factors)


def _lambda(D: FloatArray, correlated: bool) -> FloatArray:
    if not correlated:
        return np.diag(theta_of(D, False))
    values, vectors = np.linalg.eigh(D)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _diagonal(blocks: FloatArray) -> sparse.csr_array:
    """Return blocks (L, k, k) down the diagonal, sparse."""
    n, k = blocks.shape[:2]
    level = np.arange(n)[:, None, None] * k
    rows, cols = np.broadcast_arrays(level + np.arange(k)[:, None], level + np.arange(k))
    entries = (blocks.ravel(), (rows.ravel(), cols.ravel()))
    return sparse.csr_array(sparse.coo_array(entries, shape=(n * k, n * k)))
