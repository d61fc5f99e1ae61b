"""The passes over a table elsewhere: means first, then products about the means of the groups.

Both are one GROUP BY. The second joins the means that the first has found, so a product is
taken of what a row lies off its own group's mean, and no digits are lost to cancellation; what
rounding leaves of those means is summed too, and taken out afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from core.exceptions import SourceError
from core.sources.expressions import Asked, Roles, all_of, is_level
from core.tables.columns import CategoricalColumn, categorical_column
from core.types import FloatArray, IntArray

#: Sums by group that one question may ask for; engines bound the columns of an answer.
MOST_SUMS = 300
#: Cells of the sums by group and level, or by group and two levels.
MOST_CELLS = 60_000_000


@dataclass(frozen=True, eq=False)
class Codes:
    """The values of one column as an engine returns them, and the code of each.

    Attributes
    ----------
    values : Index
        Unique.
    column : CategoricalColumn
        ``codes`` are those of ``values``; a level that no usable row has is -1.
    """

    values: pd.Index[Any]
    column: CategoricalColumn

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels in the model's order."""
        return self.column.levels

    def of(self, values: pa.ChunkedArray) -> IntArray:
        """Return the code of every value; -1 for a missing one and for one not known."""
        place = self.values.get_indexer(pd.Index(series_of(values)))
        codes = np.append(self.column.codes, -1)
        return np.asarray(codes[place], dtype=np.intp)

    def keep(self, used: Any) -> Codes:
        """Return the same values, where only some (a mask over them) have a code."""
        codes = np.where(used, self.column.codes, -1)
        whole = CategoricalColumn(self.column.name, codes, self.column.levels)
        live = np.bincount(codes[codes >= 0], minlength=len(whole.levels)) > 0
        recode = np.append(np.where(live, np.cumsum(live) - 1, -1), -1)
        levels = tuple(level for level, kept in zip(whole.levels, live, strict=True) if kept)
        return Codes(self.values, CategoricalColumn(whole.name, recode[codes], levels))


def series_of(values: pa.ChunkedArray) -> pd.Series[Any]:
    """Return a column of an answer as pandas holds it in a table in memory."""
    return pd.Series(values.to_pandas(date_as_object=False))


def codes_of(values: pd.Series[Any], name: str) -> Codes:
    """Return the codes of unique values in the order that a table in memory would give them."""
    column = categorical_column(values, name)
    return Codes(pd.Index(values), column)


@dataclass(frozen=True, eq=False)
class Means:
    """The first pass: what is known of every group, in the order of ``group``.

    Attributes
    ----------
    group : Codes
    n : FloatArray, shape (J,)
    mean : dict of str to FloatArray of shape (J,)
        By our name of each number.
    low, high, variance : dict of str to FloatArray of shape (J,)
        Of the group-level numbers alone: whether they vary inside groups.
    ends : dict of str to (float, float)
        Least and greatest value of each number over all groups.
    """

    group: Codes
    n: FloatArray
    mean: dict[str, FloatArray] = field(repr=False)
    low: dict[str, FloatArray] = field(repr=False)
    high: dict[str, FloatArray] = field(repr=False)
    variance: dict[str, FloatArray] = field(repr=False)
    ends: dict[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Products:
    """The second pass: sums about the means of the first, by group.

    Attributes
    ----------
    off : dict of str to FloatArray of shape (J,)
        Sum of what rows lie off the mean that was taken off: rounding, and no more.
    cross : dict of (str, str) to FloatArray of shape (J,)
    count, off_level : dict to FloatArray of shape (J, L)
        Rows by level of a category; sums of a number's deviations by level.
    joint : dict of (str, str) to FloatArray of shape (J, L, M)
        Rows by the levels of two categories.
    """

    off: dict[str, FloatArray]
    cross: dict[tuple[str, str], FloatArray]
    count: dict[str, FloatArray]
    off_level: dict[tuple[str, str], FloatArray]
    joint: dict[tuple[str, str], FloatArray]


def means_expression(asked: Asked) -> Any:
    """Return the first pass over the usable rows as an expression, one row per group."""
    rows, roles = asked.rows, asked.roles
    sums = {"n": rows.count()}
    sums |= {f"m_{name}": rows[name].mean() for name in roles.all_numbers}
    for name in roles.group_numbers:
        sums |= {f"lo_{name}": rows[name].min(), f"hi_{name}": rows[name].max()}
        sums |= {f"v_{name}": rows[name].var(how="pop")}
    return rows.group_by("g").aggregate(**sums)


def ends_of(asked: Asked) -> dict[str, tuple[float, float]]:
    """Return least and greatest value of each number over the usable rows.

    By itself, because a Parquet file knows them without being read.
    """
    rows = asked.rows
    sums: dict[str, Any] = {}
    for name in asked.roles.all_numbers:
        sums |= {f"lo_{name}": rows[name].min(), f"hi_{name}": rows[name].max()}
    found = asked.engine.run(rows.aggregate(**sums))
    if found[0][0].as_py() is None:  # no row is left
        raise changed(asked.engine.label)
    return {
        name: (float(found[f"lo_{name}"][0].as_py()), float(found[f"hi_{name}"][0].as_py()))
        for name in asked.roles.all_numbers
    }


def read_means(
    found: pa.Table, group: Codes, roles: Roles, ends: dict[str, tuple[float, float]]
) -> Means:
    """Return the answer to the first pass, sorted as the group's levels are."""
    order = np.argsort(group.of(found["g"]), kind="stable")

    def column(name: str) -> FloatArray:
        return numbers_of(found, name)[order]

    return Means(
        group=group,
        n=column("n"),
        mean={name: column(f"m_{name}") for name in roles.all_numbers},
        low={name: column(f"lo_{name}") for name in roles.group_numbers},
        high={name: column(f"hi_{name}") for name in roles.group_numbers},
        variance={name: column(f"v_{name}") for name in roles.group_numbers},
        ends=ends,
    )


def numbers_of(found: pa.Table, name: str) -> FloatArray:
    """Return a column of an answer as float64."""
    return np.asarray(found[name].cast(pa.float64()).to_numpy())


def levels_expression(asked: Asked, name: str) -> Any:
    """Return how many usable rows each level of a category has, of all that occur."""
    marked = asked.table.select(level=name, used=all_of(list(asked.tests.values())))
    marked = marked.filter(is_level(marked["level"]))
    return marked.group_by("level").aggregate(used=marked["used"].sum())


def sum_products(asked: Asked, means: Any, known: Means, codes: Mapping[str, Codes]) -> Products:
    """Make the second pass.

    Parameters
    ----------
    asked : Asked
    means : Ibis expression
        The first pass.
    known : Means
        What it answered.
    codes : mapping of str to Codes
        Levels of the individual-level categories.

    Raises
    ------
    SourceError
        When a group or level appears, or rows come or go, that the first pass did not see.
    """
    roles, n_groups = asked.roles, len(known.n)
    for name in roles.categories:
        _check_cells(n_groups * len(codes[name].levels), roles.names[name])
    out = Products({}, {}, {}, {}, {})
    sums = _Sums(asked, known, codes)
    rows = _centred(asked.rows, means, roles)
    pairs = _pairs(roles.numbers)
    for first in range(0, len(pairs), MOST_SUMS):
        some = pairs[first:][:MOST_SUMS]
        products = {f"p_{a}_{b}": (rows[a] * rows[b]).sum() for a, b in some}
        found = sums.ask(rows, roles.categories[:1] if first == 0 else (), products)
        if first == 0:
            _take_levels(out, found, roles)
        out.cross.update({(a, b): found.total(f"p_{a}_{b}") for a, b in some})
    for name in roles.categories[1:]:
        _take_levels(out, sums.ask(rows, (name,), {}), roles)
    for a, b in combinations(roles.categories, 2):
        size = n_groups * len(codes[a].levels) * len(codes[b].levels)
        _check_cells(size, f"{roles.names[a]} and {roles.names[b]}")
        out.joint[a, b] = sums.ask(asked.rows, (a, b), None).cells("n")
    return out


def _pairs(numbers: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(a, b) for i, a in enumerate(numbers) for b in numbers[i:]]


def _centred(rows: Any, means: Any, roles: Roles) -> Any:
    """Return the rows with each number less its group's mean."""
    own = means.select(h=means["g"], **{f"m_{name}": means[f"m_{name}"] for name in roles.numbers})
    joined = rows.inner_join(own, rows["g"] == own["h"])
    return joined.select(
        "g",
        *roles.categories,
        **{name: joined[name] - joined[f"m_{name}"] for name in roles.numbers},
    )


@dataclass(frozen=True, eq=False)
class _Sums:
    """Asks for sums by group and up to two categories."""

    asked: Asked
    known: Means
    codes: Mapping[str, Codes]

    def ask(self, rows: Any, by: tuple[str, ...], products: Mapping[str, Any] | None) -> _Answer:
        """Return counts, and the sums of all deviations beside some products; None: counts."""
        sums = {"n": rows.count()}
        if products is not None:
            sums |= {f"s_{name}": rows[name].sum() for name in self.asked.roles.numbers}
            sums |= products
        engine = self.asked.engine
        found = engine.run(rows.group_by("g", *by).aggregate(**sums))
        places, shape = [self.known.group.of(found["g"])], [len(self.known.n)]
        for name in by:
            places.append(self.codes[name].of(found[name]))
            shape.append(len(self.codes[name].levels))
        if any(bool((place < 0).any()) for place in places):
            raise changed(engine.label)
        answer = _Answer(found, by, tuple(shape), places[0], np.ravel_multi_index(places, shape))
        if not np.array_equal(answer.total("n"), self.known.n):
            raise changed(engine.label)
        return answer


@dataclass(frozen=True, eq=False)
class _Answer:
    """Sums by group and categories, of the rows that the first pass saw.

    Attributes
    ----------
    shape : tuple of int
        Groups, and levels of each category.
    group, place : IntArray
        Where each sum belongs: in the groups, and in ``shape`` as one number.
    """

    found: pa.Table
    by: tuple[str, ...]
    shape: tuple[int, ...]
    group: IntArray
    place: IntArray

    def total(self, name: str) -> FloatArray:
        """Return a sum by group alone, shape (J,)."""
        values = numbers_of(self.found, name)
        return np.bincount(self.group, values, minlength=self.shape[0]).astype(np.float64)

    def cells(self, name: str) -> FloatArray:
        """Return a sum by group and levels; zero where there is no row."""
        values = numbers_of(self.found, name)
        out = np.bincount(self.place, values, minlength=int(np.prod(self.shape)))
        return out.reshape(self.shape).astype(np.float64)


def _take_levels(out: Products, found: _Answer, roles: Roles) -> None:
    """Take what a pass by one category, or by none, says of counts and deviations."""
    for name in roles.numbers:
        out.off.setdefault(name, found.total(f"s_{name}"))
    for category in found.by:
        out.count[category] = found.cells("n")
        for name in roles.numbers:
            out.off_level[name, category] = found.cells(f"s_{name}")


def changed(label: str) -> SourceError:
    """Return the error for a table that is not what it was a moment ago."""
    return SourceError(
        f"{label} changed while it was read: the second pass over the rows met other rows than "
        "the first. Nothing that was shown before is lost. Try again when nobody writes to it.",
        code="changed",
    )


def _check_cells(cells: int, what: str) -> None:
    if cells > MOST_CELLS:
        raise SourceError(
            f"The groups times the levels of {what} are {cells:,} sums, more than the "
            f"{MOST_CELLS:,} that fit in memory. Choose predictors with fewer levels.",
            code="too_large",
        )


def check_still(label: str, known: Means, products: Products, roles: Roles) -> None:
    """Raise SourceError when rows lie about other means than those of the first pass.

    What the second pass sums off a mean is rounding. More than that means that the values
    changed in between, though their number did not.
    """
    for name in roles.numbers:
        off = np.abs(products.off[name])
        spread = np.sqrt(known.n * np.maximum(products.cross[name, name], 0.0))
        size = known.n * np.abs(known.mean[name]) + spread
        if bool((off > 1e-14 * np.sqrt(known.n) * size + 1e-9 * spread).any()):
            raise changed(label)
