"""How two columns lie to each other: what is constant inside groups, which pairs occur."""

from __future__ import annotations

import numpy as np

from core.tables.roles.column_profile import ColumnProfile
from core.types import BoolArray, FloatArray, IntArray

_HEAD = 4_000


def constant_groups(column: ColumnProfile, group: ColumnProfile) -> tuple[BoolArray, IntArray]:
    """Return for each group whether a column has one value in it, and its rows, shape (J,).

    Rows where either is missing do not count; groups with fewer than two rows count as constant.
    """
    n_groups = group.n_levels
    usable = (group.codes >= 0) & ~column.missing
    codes, values = group.codes, _comparable(column)
    if not usable.all():
        codes, values = codes[usable], values[usable]
    sizes = np.bincount(codes, minlength=n_groups)
    first = np.zeros(n_groups, dtype=values.dtype)
    first[codes[::-1]] = values[::-1]
    varied = np.bincount(codes, weights=values != first[codes], minlength=n_groups) > 0
    return ~varied, sizes


def _comparable(column: ColumnProfile) -> FloatArray | IntArray:
    return column.values if column.is_numeric else column.codes


def is_group_level(column: ColumnProfile, group: ColumnProfile) -> bool:
    """Whether a column never varies inside groups, of which some have several rows."""
    if len(group.codes) > 2 * _HEAD and _varies_early(column, group):
        return False
    constant, sizes = constant_groups(column, group)
    return bool(constant.all() and (sizes > 1).any())


def _varies_early(column: ColumnProfile, group: ColumnProfile) -> bool:
    """Whether a column varies inside a group within the first rows already."""
    usable = (group.codes[:_HEAD] >= 0) & ~column.missing[:_HEAD]
    codes, values = group.codes[:_HEAD][usable], _comparable(column)[:_HEAD][usable]
    order = np.argsort(codes, kind="stable")
    codes, values = codes[order], values[order]
    return bool(((np.diff(codes) == 0) & (np.diff(values) != 0)).any())


def pair_codes(first: ColumnProfile, second: ColumnProfile) -> IntArray:
    """Return the pairs of levels that occur, as ``code1 * levels2 + code2``, each row once."""
    both = (first.codes >= 0) & (second.codes >= 0)
    return first.codes[both] * second.n_levels + second.codes[both]
