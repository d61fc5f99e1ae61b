"""Residuals formed from the rows, for data that the model fits nearly exactly.

Sums of squares about the fit are differences of large sums as long as they come from moments:
where little is left, little is left of their digits too (noise of 1e-5 of the spread would be
known to 2e-3 only). Where that matters the rows are gone through once more: the outcome less
what the common slopes and the groups' own lines say, squared and summed, keeps all its digits.
The criterion does not mind, since ``y`` and ``y - X b`` differ by fixed effects alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.inverse import group_inverse, independent_columns, sweep
from core.moments import NO_SPREAD, GroupMoments
from core.types import FloatArray, IntArray

#: Where more than this share of the variation inside groups is left, the moments will do: their
#: rounding, some 1e-13 of the whole, is then below 1e-9 of what is left.
ENOUGH_LEFT = 1e-4
#: What moments without rows leave of an exact fit, as a share of the variation inside groups.
MOMENTS_FLOOR = 1e-13
#: Rounding of a residual, in units of the last place of what it is the difference of. Decimals
#: are rounded once when they are read and once in every operation behind a computed outcome.
_PLACES = 16.0

Columns = list[tuple[int, FloatArray | None]]


@dataclass(frozen=True, eq=False)
class Residual:
    """What is left of the outcome inside groups: ``e = y - X b`` projected off ``Z_j``.

    Attributes
    ----------
    offset : FloatArray, shape (p,)
        The common slopes b, scaled.
    cross : FloatArray, shape (p,)
        ``sum_i x_i e_i``; nearly zero.
    square : float
        ``sum_i e_i**2``.
    floor : float
        What rounding alone would leave of it: no more than this is an exact fit.
    """

    offset: FloatArray
    cross: FloatArray
    square: float
    floor: float


def within_slopes(rest: FloatArray, length: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the terms that are estimable inside groups, their slopes and ``(X'MX)^-1``.

    Parameters
    ----------
    rest : FloatArray, shape (p + 1, p + 1)
        ``sum_j W_j'(I - P_Zj) W_j``.
    length : FloatArray, shape (p,)
        Squared lengths of the columns, which say what is rounding.
    """
    p = len(rest) - 1
    gram = rest[:p, :p]
    inside = np.flatnonzero(np.diag(gram) > 1e-11 * length)
    independent, _ = independent_columns(gram[np.ix_(inside, inside)])
    common = inside[independent]
    square = gram[np.ix_(common, common)]
    inverse: FloatArray = np.asarray(np.linalg.inv(square))
    slopes: FloatArray = np.asarray(inverse @ rest[common, p])
    slopes += inverse @ (rest[common, p] - square @ slopes)
    return common, slopes, inverse


def spanned_columns(varying: tuple[int, ...], columns: Columns) -> list[int]:
    """Return the terms that every group's own line reproduces, so that nothing is left of them.

    Only beside a varying intercept: the columns are centred, and a line through zero is not.
    """
    if 0 not in varying:
        return []
    return [i for i, (base, _) in enumerate(columns[:-1]) if base in varying]


def residual_of(
    moments: GroupMoments,
    varying: tuple[tuple[int, ...], FloatArray],
    columns: Columns,
    rest: FloatArray,
    length: FloatArray,
) -> Residual | None:
    """Return what is left of the outcome, from the rows; None where moments tell it well.

    Parameters
    ----------
    varying : (tuple of int, FloatArray)
        The base columns that vary, and ``ScaledModel.mix``.
    columns : list of (base, group-level factor or None)
        The terms in use, then the outcome.
    rest, length : FloatArray, shapes (p + 1, p + 1), (p + 1,)
        As ``within_slopes`` takes them, and the outcome's own length.
    """
    p = len(columns) - 1
    common, slopes, _ = within_slopes(rest, length[:p])
    square = float(rest[p, p] - slopes @ rest[common, p])
    inside = float(moments.within_total[-1, -1])
    offset = np.zeros(p)
    if inside <= NO_SPREAD**2 * length[p]:  # the outcome is the same throughout every group
        return Residual(offset, np.zeros(p), 0.0, max(square, inside, 0.0))
    if square > ENOUGH_LEFT * inside:
        return None
    offset[common] = slopes
    if moments.rows is None:
        return Residual(offset, np.zeros(p), max(square, 0.0), MOMENTS_FLOOR * inside)
    left, reach = _values(moments, columns[p]), _reach(moments, moments.outcome)
    for i in common:
        left -= offset[i] * _values(moments, columns[i])
        reach += abs(offset[i]) * _reach(moments, columns[i][0]) * _largest(columns[i][1])
    left, more = _off_the_lines(moments, *varying, left)
    cross = np.zeros(p)
    for i in set(range(p)) - set(spanned_columns(varying[0], columns)):
        cross[i] = float(np.dot(_values(moments, columns[i]), left))
    floor = len(left) * (_PLACES * np.finfo(float).eps * (reach + more)) ** 2
    return Residual(offset, cross, float(np.dot(left, left)), float(floor))


def _values(moments: GroupMoments, column: tuple[int, FloatArray | None]) -> FloatArray:
    """Return a design column over the rows, scaled, shape (n,)."""
    base, factor = column
    rows = moments.rows
    assert rows is not None
    out = rows.values(base)
    return out if factor is None else out * factor[rows.index]


def _reach(moments: GroupMoments, base: int) -> float:
    """Return how large the numbers of a base column are as typed, in its scaled units."""
    if base == 0:
        return 1.0
    return 3.0 + abs(float(moments.center[base])) / float(moments.scale[base])


def _largest(factor: FloatArray | None) -> float:
    return 1.0 if factor is None else float(np.abs(factor).max())


def _off_the_lines(
    moments: GroupMoments, varying: tuple[int, ...], mix: FloatArray, left: FloatArray
) -> tuple[FloatArray, float]:
    """Return what the groups' own lines leave, and how large the numbers are that they add.

    Each line is taken out twice: what the first pass leaves by rounding goes with the second.
    """
    rows, reach = moments.rows, 0.0
    assert rows is not None
    slopes = [b for b in varying if b > 0]
    columns = [rows.values(b) for b in slopes]
    has_intercept = 0 in varying
    if has_intercept:
        counted = np.where(moments.n > 0, moments.n, 1.0)
        columns = [c - (rows.sums(c) / counted)[rows.index] for c in columns]
        inverse = _slopes_inverse(moments, slopes)
    else:
        columns = [c + mix[0, i] for i, c in enumerate(columns)]
        inverse = group_inverse(moments, varying, mix).inverse
    for _ in range(3):
        if has_intercept:
            left = left - (rows.sums(left) / counted)[rows.index]
        if not columns:
            continue
        own = np.einsum("abj,bj->aj", inverse, np.array([rows.sums(c * left) for c in columns]))
        for b, c, along in zip(slopes, columns, own, strict=True):
            left = left - along[rows.index] * c
            reach += float(np.abs(along).max()) * _reach(moments, b)
    return left, reach


def _slopes_inverse(moments: GroupMoments, slopes: list[int]) -> FloatArray:
    if not slopes:
        return np.zeros((0, 0, moments.n_groups))
    square = np.array([[moments.within(a, b) for b in slopes] for a in slopes])
    return sweep(square, np.array([moments.has_spread(z) for z in slopes]))[0]
