"""How grouping columns lie to each other: nested, nested by reused ids, crossed, partly crossed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from core.exceptions import SpecError
from core.formats import count, number, shorten
from core.tables.columns import CategoricalColumn, categorical_column, column_of
from core.tables.grouping.cells import inside
from core.tables.roles.lexicon import CONDITIONS, STIMULI, tokens_of
from core.types import FloatArray, IntArray

RelationCode: TypeAlias = Literal["nested", "nested_by_reused_ids", "crossed", "partly_crossed"]

#: Labels that only count: 1, 2, 3; a, b, c; class 1, class 2; I, II, III.
_COUNTING = re.compile(r"\D{0,20}\d+(?:\.0+)?|[A-Za-z]|[IVX]+")
#: Share of all combinations from which on those that are missing count as missing data.
_COMPLETE = 0.9
#: Share of outer levels in which counting labels begin anew without a gap.
_ANEW = 0.8
#: Rows of a combination, on average, below which a label only counts the rows.
_SEVERAL = 1.5
_NAME = 60
#: Outer levels that must lack their last labels, where nearly all combinations occur.
_SHORT = 2
#: Labels whose common name is looked for.
_LOOKED_AT = 1_000


@dataclass(frozen=True, eq=False)
class Relation:
    """How two grouping columns lie to each other.

    Attributes
    ----------
    inner, outer : str
        The two columns: levels of ``inner`` lie in (or are met by) levels of ``outer``; of
        crossed columns ``inner`` is the one with more levels.
    code : {"nested", "nested_by_reused_ids", "crossed", "partly_crossed"}
    n_inner, n_outer, n_pairs : int
        Levels of each, and combinations that occur.
    inner_names, outer_names : tuple of str
        The levels, in the order of ``rows``.
    rows : FloatArray, shape (n_inner, n_outer) or (0, 0)
        Rows of every combination; not held of more than a million combinations.
    sentence : str
        The relation in words, names as typed.
    """

    inner: str
    outer: str
    code: RelationCode
    n_inner: int
    n_outer: int
    n_pairs: int
    inner_names: tuple[str, ...]
    outer_names: tuple[str, ...]
    rows: FloatArray
    sentence: str


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two columns over the rows that have both, the inner one first."""

    inner: CategoricalColumn
    outer: CategoricalColumn
    keys: IntArray
    sizes: IntArray

    @property
    def at_inner(self) -> IntArray:
        """Level of the inner column in every combination."""
        return self.keys // len(self.outer.levels)

    @property
    def at_outer(self) -> IntArray:
        """Level of the outer column in every combination."""
        return self.keys % len(self.outer.levels)


def relations(
    table: pd.DataFrame, groups: Sequence[str], within: dict[str, str] | None = None
) -> tuple[Relation, ...]:
    """Return how each pair of grouping columns lies to each other, found from the rows alone.

    Parameters
    ----------
    table : DataFrame
    groups : sequence of str
        Two columns or more.
    within : dict of str to str, optional
        ``{"class": "school"}``: labels of classes start again in every school, which is then
        taken as settled.

    Raises
    ------
    DataError
        When a column is missing.
    SpecError
        When fewer than two are given.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"school": ["A", "A", "B", "B"], "class": ["p", "q", "r", "s"]})
    >>> relations(table, ("school", "class"))[0].code
    'nested'
    """
    if len(groups) < 2:
        raise SpecError("A relation has two sides: name two grouping columns or more.")
    columns = [categorical_column(column_of(table, name, "group"), name) for name in groups]
    settled = within or {}
    return tuple(
        _relation(columns[i], columns[j], settled)
        for i in range(len(columns))
        for j in range(i + 1, len(columns))
    )


def _relation(a: CategoricalColumn, b: CategoricalColumn, settled: dict[str, str]) -> Relation:
    """Return the relation of two columns, ``a`` being the one named first."""
    a, b = _both(a, b)
    for inner, outer in ((b, a), (a, b)):
        if settled.get(inner.name) == outer.name:
            return _made(_pair_of(inner, outer), "nested_by_reused_ids")
    few, many = sorted((a, b), key=lambda column: len(column.levels))
    if inside(many.codes, len(many.levels), few.codes) is not None:
        return _made(_pair_of(many, few), "nested")
    for inner, outer in ((b, a), (a, b)):
        pair = _pair_of(inner, outer)
        if _begins_anew(pair):
            return _made(pair, "nested_by_reused_ids")
    pair = _pair_of(many, few)
    return _made(pair, "crossed" if _is_complete(pair) else "partly_crossed")


def _both(
    a: CategoricalColumn, b: CategoricalColumn
) -> tuple[CategoricalColumn, CategoricalColumn]:
    """Return two columns over the rows that have both, with the levels that occur there."""
    kept = a.usable() & b.usable()
    return a.keep(kept), b.keep(kept)


def _pair_of(inner: CategoricalColumn, outer: CategoricalColumn) -> _Pair:
    keys, sizes = np.unique(
        inner.codes.astype(np.int64) * len(outer.levels) + outer.codes, return_counts=True
    )
    return _Pair(inner, outer, keys.astype(np.intp), sizes.astype(np.intp))


def _begins_anew(pair: _Pair) -> bool:
    """Whether labels of the inner column only count, and count from the start in every outer level.

    A label that names a thing (an item, a judge, a sample) is the same thing each time, and one
    that occurs once in each level counts its rows.
    """
    inner, outer = pair.inner, pair.outer
    if len(outer.levels) < 2 or len(inner.levels) < 2 or pair.sizes.mean() < _SEVERAL:
        return False
    if _names_things(inner) or len(inner.levels) > len(pair.keys) / 2 or not _counts(inner):
        return False
    place = np.empty(len(inner.levels), dtype=np.intp)
    place[sorted(range(len(inner.levels)), key=lambda i: in_order(inner.levels[i]))] = np.arange(
        len(inner.levels)
    )
    n_labels = np.bincount(pair.at_outer, minlength=len(outer.levels))
    last = np.full(len(outer.levels), -1, dtype=np.intp)
    np.maximum.at(last, pair.at_outer, place[pair.at_inner])
    is_anew = last + 1 == n_labels
    if not _is_complete(pair):
        return bool(np.mean(is_anew) >= _ANEW)
    # Combinations that are missing by chance are not the last ones of their level each time.
    short = n_labels < len(inner.levels)
    return bool(is_anew.all() and (_may_begin_anew(pair) or short.sum() >= _SHORT))


def _names_things(column: CategoricalColumn) -> bool:
    """Whether a column, by its name or by that of its labels ('word 3'), names things met again."""
    if set(tokens_of(column.name)) & (STIMULI | CONDITIONS):
        return True
    called = {label.rstrip("0123456789.-_ ") for label in column.levels[:_LOOKED_AT]}
    return len(called) == 1 and bool(set(tokens_of(called.pop())) & STIMULI)


def _counts(column: CategoricalColumn) -> bool:
    return all(_COUNTING.fullmatch(label) for label in column.levels)


def _is_complete(pair: _Pair) -> bool:
    """Whether (nearly) all combinations occur."""
    return len(pair.keys) >= _COMPLETE * len(pair.inner.levels) * len(pair.outer.levels)


def _may_begin_anew(pair: _Pair) -> bool:
    """Whether labels may be used anew though all combinations occur, which looks like crossing.

    Few labels that count inside many that count as well (casks a, b, c of batches 1 to 10).
    """
    return _counts(pair.outer) and 2 * len(pair.inner.levels) <= len(pair.outer.levels)


def in_order(label: str) -> tuple[float, str]:
    """Return what sorts labels by their number, else as text."""
    digits = re.search(r"\d+", label[:_NAME])
    return (float(digits.group()) if digits else 0.0, label)


def _made(pair: _Pair, code: RelationCode) -> Relation:
    n_inner, n_outer = len(pair.inner.levels), len(pair.outer.levels)
    rows = np.zeros((0, 0))
    if n_inner * n_outer <= 1_000_000:
        rows = np.zeros((n_inner, n_outer))
        rows[pair.at_inner, pair.at_outer] = pair.sizes
    return Relation(
        inner=pair.inner.name,
        outer=pair.outer.name,
        code=code,
        n_inner=n_inner,
        n_outer=n_outer,
        n_pairs=len(pair.keys),
        inner_names=pair.inner.levels,
        outer_names=pair.outer.levels,
        rows=rows,
        sentence=_sentence(pair, code),
    )


def _sentence(pair: _Pair, code: RelationCode) -> str:
    inner, outer = (f"'{shorten(c.name, _NAME)}'" for c in (pair.inner, pair.outer))
    n_inner, n_outer, n_pairs = len(pair.inner.levels), len(pair.outer.levels), len(pair.keys)
    if code == "nested" and n_inner == n_outer:
        return (
            f"{inner} and {outer} name the same {count(n_inner, 'group')}: a model cannot tell "
            "their differences apart. Keep one of them."
        )
    each = np.bincount(pair.at_outer, minlength=n_outer)
    low, high = int(each.min()), int(each.max())
    span = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    if code == "nested":
        return (
            f"Nested: every level of {inner} lies in one level of {outer}, {span} in each "
            f"({n_inner:,} in {n_outer:,})."
        )
    if code == "nested_by_reused_ids":
        return (
            f"Nested, with ids that start again: {inner} has {count(n_inner, 'label')}, used anew "
            f"in every level of {outer}. Read within {outer} they are {n_pairs:,} different groups."
        )
    if code == "crossed":
        missing = n_inner * n_outer - n_pairs
        every = "every" if missing == 0 else "nearly every"
        lack = "" if missing == 0 else f", {missing:,} of them without a row"
        return (
            f"Crossed: {every} level of {inner} meets every level of {outer} "
            f"({n_inner:,} × {n_outer:,} combinations{lack})."
        )
    return (
        f"Partly crossed: a level of {inner} meets {number(n_pairs / n_inner, 3)} of the "
        f"{n_outer:,} levels of {outer} on average, and a level of {outer} "
        f"{number(n_pairs / n_outer, 3)} of the {n_inner:,} of {inner}."
    )
