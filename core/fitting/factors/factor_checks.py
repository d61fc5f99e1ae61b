"""Checks of identifiability before a model of several factors is fitted."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from core.evidence import Diagnostic
from core.exceptions import DegenerateDataError, NotIdentifiedError, PoolingError
from core.fitting.checks import aliased_note
from core.fitting.factors.cell_layout import CellLayout
from core.fitting.factors.factor_no_pooling import Unpooled, determined
from core.fitting.search.information import variance_directions
from core.types import FloatArray

#: A share of the differences between levels below this is rounding.
_NOTHING_LEFT = 1e-9
_DEPENDENT = 1e-12


def refusal_of_factors(layout: CellLayout, unpooled: Unpooled) -> PoolingError | None:
    """Return why no multilevel model can be fitted, or None."""
    for error in (
        _one_level(layout),
        _same_factor(layout),
        _degenerate(layout, unpooled),
        _not_identified(layout),
        _saturated(layout),
    ):
        if error is not None:
            return error
    return None


def _one_level(layout: CellLayout) -> PoolingError | None:
    for factor in layout.data.factors:
        if factor.n_levels < 2:
            return NotIdentifiedError(
                f"All rows belong to one level of '{factor.name}' ('{factor.level_names[0]}'), so "
                "differences between its levels cannot be estimated. Leave it out of the groups."
            )
    return None


def _same_factor(layout: CellLayout) -> PoolingError | None:
    factors = layout.data.factors
    for factor in factors:
        for name in factor.outer:
            other = layout.data.factor(name)
            if other.n_levels == factor.n_levels and other.varying == factor.varying:
                return NotIdentifiedError(
                    f"'{factor.name}' and '{name}' divide the rows in the same way (every level "
                    "of one is one level of the other), so their variances cannot be told apart. "
                    "Leave one of them out."
                )
    return None


def _degenerate(layout: CellLayout, unpooled: Unpooled) -> PoolingError | None:
    fit, spec = unpooled.fit, layout.data.spec
    if fit.df_residual <= 0 or fit.rss > unpooled.floor:
        return None
    listed = " and ".join(f"'{name}'" for name in spec.groups)
    return DegenerateDataError(
        f"The levels of {listed} fit the outcome '{spec.outcome}' exactly, so there is no residual "
        "variation to compare them with and the likelihood has no maximum. Choose another outcome "
        "or other groups, or drop the predictor that determines the outcome."
    )


def _not_identified(layout: CellLayout) -> PoolingError | None:
    """Compare the patterns that every variance puts into the covariance of the rows.

    If they are linearly dependent (their Gram matrix of traces is singular), no data can tell
    the variances apart: one row per level is the usual case.
    """
    gram, owner = variance_patterns(layout)
    size = np.sqrt(np.diag(gram))
    if (size == 0).any():
        return None
    values, vectors = np.linalg.eigh(gram / np.outer(size, size))
    if values[0] > _DEPENDENT:
        return None
    weight = np.abs(vectors[:, 0])
    names = list(dict.fromkeys(owner[i] for i in np.flatnonzero(weight > 1e-3 * weight.max())))
    parts = [f"between levels of '{name}'" if name else "inside them" for name in names]
    why = ""
    for factor in layout.data.factors:
        if factor.name in names and int(factor.sizes.max()) == 1:
            why = f": every level of '{factor.name}' has one row"
    return NotIdentifiedError(
        f"The variation {' and '.join(parts)} cannot be told apart{why} "
        f"({layout.n_obs:,} rows). Leave out a group, choose one with several rows per level, or "
        "let fewer slopes vary."
    )


def variance_patterns(layout: CellLayout) -> tuple[FloatArray, list[str]]:
    """Return ``tr(V_a V_b)`` of the identity and every variance, and whose each is ('' first)."""
    designs, correlated = layout.designs, layout.data.spec.correlated
    items = [
        (f, direction)
        for f, d in enumerate(designs)
        for direction in variance_directions(d.k, correlated)
    ]
    out = np.empty((len(items) + 1, len(items) + 1))
    out[0, 0] = layout.n_obs
    for i, (f, left) in enumerate(items, start=1):
        S = designs[f].square
        out[0, i] = out[i, 0] = np.einsum("lab,ab->", S, left)
        for j, (g, right) in enumerate(items[:i], start=1):
            if f == g:
                value = np.einsum("lab,bc,lcd,da->", S, left, S, right, optimize=True)
            else:
                cross = layout.cross_of(f, g)
                moved = _blocks(left, designs[f].n_levels) @ cross
                moved = moved @ _blocks(right, designs[g].n_levels)
                value = cross.multiply(moved).sum()
            out[i, j] = out[j, i] = value
    return out, ["", *(designs[f].factor.name for f, _ in items)]


def _blocks(block: FloatArray, n: int) -> sparse.csr_array:
    return sparse.csr_array(sparse.kron(sparse.eye_array(n), block))


def _saturated(layout: CellLayout) -> PoolingError | None:
    """Look for a varying coefficient that the fixed effects fit level by level."""
    p = layout.p
    Q = np.linalg.inv(layout.WW[:p, :p])
    for design in layout.designs:
        if p < design.n_levels:  # the columns cannot span so many levels
            continue
        h = design.with_design[:, :, :p]
        whole = np.einsum("laa->a", design.square)
        left = whole - np.einsum("lap,pq,laq->a", h, Q, h, optimize=True)
        if (left <= _NOTHING_LEFT * whole).any():
            return NotIdentifiedError(
                f"The predictors fit each of the {design.n_levels} levels of "
                f"'{design.factor.name}' by itself, so nothing is left to estimate how they "
                "differ beyond them. Take group-level predictors out of the model, or this group."
            )
    return None


def notes_before_factors(layout: CellLayout) -> tuple[Diagnostic, ...]:
    """Return remarks that do not stop a fit but change what it is worth."""
    data = layout.data
    notes = []
    if len(layout.aliased):
        notes.append(aliased_note(tuple(data.fixef_names[i] for i in layout.aliased)))
    for design in layout.designs:
        factor = design.factor
        if factor.n_levels < 3:
            notes.append(
                Diagnostic(
                    "few_groups",
                    "caution",
                    f"{factor.n_levels} levels of '{factor.name}' say next to nothing about how "
                    "its levels differ: read their sd as a guess.",
                    columns=(factor.name,),
                )
            )
        if factor.k > 1 and not determined(design.square).any():
            notes.append(
                Diagnostic(
                    "not_identified",
                    "problem",
                    f"No level of '{factor.name}' shows slopes of its own: what varies by it has "
                    "no spread inside any of its levels, so a varying slope rests on assumption "
                    "alone.",
                    columns=(factor.name,),
                )
            )
    return tuple(notes)
