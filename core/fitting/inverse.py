"""Inverting ``Z_j'Z_j`` group by group, and knowing what each group's rows determine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.moments import NO_SPREAD, GroupMoments
from core.types import BoolArray, FloatArray, IntArray

#: Inside a group, a column of unit length of which no more than this (squared) is left
#: when earlier columns are taken out is a combination of them.
OWN_ALIAS_TOLERANCE = 1e-10


#: A column whose squared length falls below this share of it when earlier columns are
#: taken out is a combination of them.
ALIAS_TOLERANCE = 1e-11


def varying_products(
    moments: GroupMoments, varying: tuple[int, ...], mix: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return ``Z_j'Z_j`` (k, k, J) and its determinant (J,) for k <= 2, else zeros."""
    basis = [0, *(b for b in varying if b > 0)]
    within = np.array([[moments.within(a, b) for b in basis] for a in basis])
    # About the group means, lest a predictor that is 0 throughout a group leaves rounding.
    mean = mix.T @ np.array([moments.mean_of(b) for b in basis])
    S = np.einsum("ai,abj,bl->ilj", mix, within, mix) + moments.n * mean[:, None] * mean
    if len(varying) == 1:
        return S, S[0, 0]
    if len(varying) == 2 and len(basis) == 2:
        slope = basis[1]
        spread = np.where(moments.has_spread(slope), moments.within(slope, slope), 0.0)
        return S, moments.n * spread
    det = S[0, 0] * S[1, 1] - S[0, 1] ** 2
    return S, np.where(det > 1e-12 * S[0, 0] * S[1, 1], det, 0.0)


@dataclass(frozen=True, eq=False)
class GroupInverse:
    """A generalised inverse of ``Z_j'Z_j`` and what each group's rows determine.

    Attributes
    ----------
    inverse : FloatArray, shape (k, k, J)
    aliased : BoolArray, shape (k, J)
        Columns that are combinations of earlier ones inside the group (as ``lm`` drops them).
    estimable : BoolArray, shape (k, J)
        Coefficients that the group's rows determine without dropping anything.
    """

    inverse: FloatArray
    aliased: BoolArray
    estimable: BoolArray


def sweep(square: FloatArray, live: BoolArray) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Invert (k, k, J) matrices column by column, leaving out columns without a pivot.

    Returns the generalised inverse, the columns left out (k, J), and the combination
    (k, k, J) of kept columns that each left-out column equals.
    """
    k = len(square)
    length = np.sqrt(np.where(live, np.einsum("aaj->aj", square), 1.0))
    A = np.where(live[:, None] & live[None, :], square / (length[:, None] * length), 0.0)
    combination = np.zeros_like(A)
    aliased = ~live
    for i in range(k):
        pivot = A[i, i].copy()
        poor = aliased[i] | (pivot <= OWN_ALIAS_TOLERANCE)
        combination[i] = np.where(poor & live[i], A[i] * length[i] / length, 0.0)
        combination[i, i:] = 0.0
        aliased[i] = poor
        safe = np.where(poor, 1.0, pivot)
        column = np.where(poor, 0.0, A[:, i] / safe)
        A -= column[:, None] * A[i]
        A[:, i] = A[i, :] = column
        A[i, i] = np.where(poor, 0.0, -1.0 / safe)
        A[i, :, poor] = 0.0
        A[:, i, poor] = 0.0
    return -A / (length[:, None] * length), aliased, combination


def group_inverse(moments: GroupMoments, varying: tuple[int, ...], mix: FloatArray) -> GroupInverse:
    """Invert ``Z_j'Z_j``, by way of products about the group means where an intercept varies."""
    slopes = [b for b in varying if b > 0]
    k = len(varying)
    if 0 not in varying:
        S, _ = varying_products(moments, varying, mix)
        rounding = NO_SPREAD * (1.0 + np.abs(mix).sum(axis=0))
        live = np.einsum("aaj->aj", S) > moments.n * rounding[:, None] ** 2
        inverse, aliased, combination = sweep(S, live)
        return GroupInverse(inverse, aliased, _determined(aliased, combination))
    out = np.zeros((k, k, moments.n_groups))
    aliased = np.zeros((k, moments.n_groups), dtype=bool)
    combination = np.zeros_like(out)
    if slopes:
        square = np.array([[moments.within(a, b) for b in slopes] for a in slopes])
        spread = np.array([moments.has_spread(z) for z in slopes])
        out[1:, 1:], aliased[1:], combination[1:, 1:] = sweep(square, spread)
        mean = np.array([moments.mean_of(z) for z in slopes])
        out[0, 1:] = out[1:, 0] = -np.einsum("abj,bj->aj", out[1:, 1:], mean)
        out[0, 0] = -np.einsum("aj,aj->j", out[0, 1:], mean)
        raw = np.array([moments.center[z] / moments.scale[z] for z in slopes])[:, None] + mean
        constant = raw - np.einsum("abj,bj->aj", combination[1:, 1:], raw)
        off = np.abs(constant) > 1e-9 * (1.0 + np.abs(raw))
        combination[1:, 0] = np.where(aliased[1:] & off, constant, 0.0)
    live = moments.n > 0
    aliased[0] = ~live
    out[0, 0] += np.divide(1.0, moments.n, out=np.zeros_like(moments.n), where=live)
    undo = np.linalg.inv(mix)
    inverse = np.einsum("ai,ilj,bl->abj", undo, out, undo)
    return GroupInverse(inverse, aliased, _determined(aliased, combination))


def _determined(aliased: BoolArray, combination: FloatArray) -> BoolArray:
    """Return which coefficients no left-out column is confounded with, shape (k, J)."""
    confounded = (np.abs(combination) > 1e-9).any(axis=0)
    return np.asarray(~aliased & ~confounded)


def independent_columns(gram: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the positions of independent columns, in order, and of the others."""
    length = np.diag(gram).copy()
    left = gram.copy()
    used, aliased = [], []
    for i in range(len(gram)):
        if left[i, i] <= ALIAS_TOLERANCE * length[i] or length[i] <= 0:
            aliased.append(i)
            continue
        used.append(i)
        left -= np.outer(left[:, i], left[i]) / left[i, i]
    return np.array(used, dtype=np.intp), np.array(aliased, dtype=np.intp)
