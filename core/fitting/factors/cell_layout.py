"""The scaled design of a model with several factors, summed from the moments of its cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from core.fitting.inverse import independent_columns
from core.fitting.scaled import scaling_of_used, term_scaling, total_products
from core.moments import GroupMoments, group_scaling
from core.tables.grouped import FactorsData
from core.tables.grouping.cells import Factor
from core.types import BoolArray, FloatArray, IntArray

#: A root of ``Z_l'Z_l`` below this share of the largest level's is rounding.
_NONE_OF_IT = 1e-8


@dataclass(frozen=True, eq=False)
class FactorDesign:
    """What one factor's varying columns Z add up to, scaled and measured in ``unit``.

    Attributes
    ----------
    square : FloatArray, shape (L, k, k)
        ``Z_l'Z_l``.
    with_design : FloatArray, shape (L, k, p + 1)
        ``Z_l'W`` with ``W = [X | y]``.
    to_raw : FloatArray, shape (k, k)
        ``Z = Z_raw @ to_raw``, units included.
    spanned : BoolArray, shape (p + 1,)
        Columns of W that are combinations of Z within every level.
    """

    factor: Factor
    square: FloatArray
    with_design: FloatArray
    to_raw: FloatArray
    spanned: BoolArray

    @property
    def n_levels(self) -> int:
        """Number of levels L."""
        return self.factor.n_levels

    @property
    def k(self) -> int:
        """Number of varying coefficients."""
        return self.factor.k


@dataclass(frozen=True, eq=False)
class CellLayout:
    """Products of the fixed-effects design, the outcome and every factor's varying columns.

    Attributes
    ----------
    WW : FloatArray, shape (p + 1, p + 1)
        ``W'W`` of the scaled terms in use and the outcome.
    designs : tuple of FactorDesign
        In the order of ``spec.groups``.
    to_raw : FloatArray, shape (p, p)
        ``X_scaled = X_raw @ to_raw``.
    cross : dict of (int, int) to sparse arrays (L_f k_f, L_g k_g)
        ``Z_f'Z_g`` for f < g.
    """

    data: FactorsData
    moments: GroupMoments
    WW: FloatArray
    designs: tuple[FactorDesign, ...]
    cross: dict[tuple[int, int], sparse.csr_array]
    to_raw: FloatArray
    y_center: float
    y_scale: float
    used: IntArray
    aliased: IntArray

    @property
    def p(self) -> int:
        """Number of fixed-effects columns in use."""
        return len(self.used)

    @property
    def n_obs(self) -> int:
        """Number of rows."""
        return self.data.n_obs

    def coef_to_raw(self, beta: FloatArray) -> FloatArray:
        """Return scaled coefficients (p,) in raw units over all terms; NaN where aliased."""
        raw = self.y_scale * (self.to_raw @ beta)
        raw[0] += self.y_center
        out = np.full(len(self.data.terms), np.nan)
        out[self.used] = raw
        return out

    def cov_to_raw(self, cov: FloatArray) -> FloatArray:
        """Return a scaled covariance (p, p) in raw units over all terms; NaN where aliased."""
        n_terms = len(self.data.terms)
        out = np.full((n_terms, n_terms), np.nan)
        out[np.ix_(self.used, self.used)] = self.y_scale**2 * (self.to_raw @ cov @ self.to_raw.T)
        return out

    def cross_of(self, f: int, g: int) -> sparse.csr_array:
        """Return ``Z_f'Z_g`` for any two factors, shape (L_f k_f, L_g k_g)."""
        return self.cross[f, g] if f < g else self.cross[g, f].T.tocsr()


def lay_out(data: FactorsData, moments: GroupMoments) -> CellLayout:
    """Return the scaled design products of a model from the moments of its cells."""
    cells = data.cells
    scaling = [group_scaling(moments.n, values) for _, values in cells.group_columns]
    scaled = [
        (values - c) / s for (_, values), (c, s) in zip(cells.group_columns, scaling, strict=True)
    ]
    columns: list[tuple[int, FloatArray | None]] = [
        (t.base, scaled[t.factor] if t.factor >= 0 else None) for t in cells.terms
    ]
    columns.append((moments.outcome, None))
    whole = total_products(moments, columns)
    gram = whole[:-1, :-1]
    used, aliased = independent_columns(gram)
    keep = np.append(used, len(columns) - 1)
    kept = [columns[i] for i in keep]
    raw = [_design_of(data, moments, factor, kept) for factor in data.factors]
    units = [_unit_of(design.square) for design in raw]
    designs = tuple(_in_units(d, u) for d, u in zip(raw, units, strict=True))
    cross = {
        (f, g): _cross_of(moments, (raw[f], raw[g]), (units[f], units[g]), _mixes(data, moments))
        for f in range(len(raw))
        for g in range(f + 1, len(raw))
    }
    return CellLayout(
        data=data,
        moments=moments,
        WW=whole[np.ix_(keep, keep)],
        designs=designs,
        cross=cross,
        to_raw=scaling_of_used(term_scaling(cells.terms, moments, scaling), gram, used, aliased),
        y_center=float(moments.center[-1]),
        y_scale=float(moments.scale[-1]),
        used=used,
        aliased=aliased,
    )


def level_sums(factor: Factor, values: FloatArray) -> FloatArray:
    """Return sums of cell values (C,) by level, shape (L,)."""
    return np.asarray(
        np.bincount(factor.of_cell, values, minlength=factor.n_levels), dtype=np.float64
    )


def _mixes(data: FactorsData, moments: GroupMoments) -> dict[str, FloatArray]:
    return {f.name: varying_mix(data, moments, f) for f in data.factors}


def varying_mix(data: FactorsData, moments: GroupMoments, factor: Factor) -> FloatArray:
    """Return B with ``Z = [1, centred slopes] @ B`` for one factor.

    A full covariance (with an intercept) is free to absorb the centring of x; an uncorrelated
    or slope-only one is not, so there x keeps its zero.
    """
    slopes = [b for b in factor.varying if b > 0]
    mix = np.eye(1 + len(slopes))
    if not (data.spec.correlated and 0 in factor.varying):
        for i, base in enumerate(slopes):
            mix[0, i + 1] = moments.center[base] / moments.scale[base]
    return mix if 0 in factor.varying else mix[:, 1:]


def _to_raw(data: FactorsData, moments: GroupMoments, factor: Factor) -> FloatArray:
    """Return the matrix with ``Z_scaled = Z_raw @ to_raw``."""
    out = np.diag([1.0 / moments.scale[b] for b in factor.varying])
    if data.spec.correlated and 0 in factor.varying:
        for i, base in enumerate(factor.varying):
            if base > 0:
                out[0, i] = -moments.center[base] / moments.scale[base]
    return out


def basis_of(factor: Factor) -> list[int]:
    """Return the base columns that a factor's Z is mixed from: the constant, then the slopes."""
    return [0, *(b for b in factor.varying if b > 0)]


def _design_of(
    data: FactorsData,
    moments: GroupMoments,
    factor: Factor,
    columns: list[tuple[int, FloatArray | None]],
) -> FactorDesign:
    mix, basis = varying_mix(data, moments, factor), basis_of(factor)
    with_design = np.empty((factor.n_levels, len(basis), len(columns)))
    for i, z in enumerate(basis):
        for j, (base, values) in enumerate(columns):
            product = moments.cross(z, base)
            with_design[:, i, j] = level_sums(
                factor, product if values is None else product * values
            )
    square = np.empty((factor.n_levels, len(basis), len(basis)))
    for i, a in enumerate(basis):
        for j, b in enumerate(basis[: i + 1]):
            square[:, i, j] = square[:, j, i] = level_sums(factor, moments.cross(a, b))
    return FactorDesign(
        factor=factor,
        square=mix.T @ square @ mix,
        with_design=mix.T @ with_design,
        to_raw=_to_raw(data, moments, factor),
        spanned=np.array([_is_spanned(factor, base, values) for base, values in columns]),
    )


def _is_spanned(factor: Factor, base: int, values: FloatArray | None) -> bool:
    """Return whether a design column is a combination of Z inside every level.

    Only beside a varying intercept, as the columns are centred.
    """
    if base not in factor.varying or 0 not in factor.varying:
        return False
    if values is None:
        return True
    at_level = np.zeros(factor.n_levels)
    at_level[factor.of_cell] = values
    return bool(np.array_equal(at_level[factor.of_cell], values))


def _unit_of(square: FloatArray) -> FloatArray:
    """Return the units (k,) in which theta = 1 pools the median level by half."""
    size = np.sqrt(np.maximum(np.einsum("lkk->kl", square), 0.0))
    limit = _NONE_OF_IT * size.max(axis=1, keepdims=True)
    return np.array(
        [
            np.median(row[row > least]) if (row > least).any() else 1.0
            for row, least in zip(size, limit, strict=True)
        ]
    )


def _in_units(design: FactorDesign, unit: FloatArray) -> FactorDesign:
    return FactorDesign(
        factor=design.factor,
        square=design.square / np.outer(unit, unit),
        with_design=design.with_design / unit[:, None],
        to_raw=design.to_raw / unit,
        spanned=design.spanned,
    )


def _cross_of(
    moments: GroupMoments,
    designs: tuple[FactorDesign, FactorDesign],
    units: tuple[FloatArray, FloatArray],
    mixes: dict[str, FloatArray],
) -> sparse.csr_array:
    """Return ``Z_f'Z_g`` in units as a sparse array (L_f k_f, L_g k_g)."""
    left, right = (d.factor for d in designs)
    key = left.of_cell.astype(np.int64) * right.n_levels + right.of_cell
    pairs, where = _compact(key, left.n_levels * right.n_levels)
    blocks = np.empty((len(pairs), len(basis_of(left)), len(basis_of(right))))
    for i, a in enumerate(basis_of(left)):
        for j, b in enumerate(basis_of(right)):
            product = moments.cross(min(a, b), max(a, b))
            blocks[:, i, j] = (
                product if where is None else np.bincount(where, product, minlength=len(pairs))
            )
    blocks = mixes[left.name].T @ blocks @ mixes[right.name]
    blocks /= units[0][:, None] * units[1]
    k, l = left.k, right.k
    rows = (pairs // right.n_levels)[:, None, None] * k + np.arange(k)[:, None]
    cols = (pairs % right.n_levels)[:, None, None] * l + np.arange(l)
    shape = (left.n_levels * k, right.n_levels * l)
    rows, cols = np.broadcast_arrays(rows, cols)
    out = sparse.coo_array((blocks.ravel(), (rows.ravel(), cols.ravel())), shape=shape)
    return sparse.csr_array(out)


def _compact(key: IntArray, bound: int) -> tuple[IntArray, IntArray | None]:
    """Return the distinct keys, and where each key is among them (None: all are distinct)."""
    if bound <= 4 * len(key) + 1_000_000:
        seen = np.zeros(bound, dtype=bool)
        seen[key] = True
        pairs = np.flatnonzero(seen)
        if len(pairs) == len(key):
            return key, None
        return pairs, (np.cumsum(seen) - 1)[key]
    pairs, where = np.unique(key, return_inverse=True)
    return (key, None) if len(pairs) == len(key) else (pairs, where)
