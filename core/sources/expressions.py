"""Columns of a table elsewhere as expressions: their kinds, their numbers, what is usable.

The rules are those of ``core.tables.columns``: numbers are float64 and usable when finite, a
category is usable when it is not missing. Names appear once, where Ibis quotes them; from
there on columns go by names of our own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, Literal, TypeAlias

import numpy as np

from core.sources.engines.engine import Engine
from core.spec import ModelSpec

_LARGEST = float(np.finfo(np.float64).max)

Kind: TypeAlias = Literal["number", "truth", "category", "date", "other"]


def kind_of(dtype: Any) -> Kind:
    """Return what a column of an Ibis type holds."""
    if dtype.is_boolean():
        return "truth"
    if dtype.is_numeric():
        return "number"
    if dtype.is_string() or dtype.is_uuid() or dtype.is_null() or _is_enum(dtype):
        return "category"
    if dtype.is_temporal() or dtype.is_interval():
        return "date"
    return "other"


def _is_enum(dtype: Any) -> bool:
    return "enum" in str(getattr(dtype, "raw_type", "")).lower()


def as_number(column: Any) -> Any:
    """Return a column of numbers or truth values as float64."""
    if column.type().is_boolean():
        column = column.cast("int32")
    return column.cast("float64")


def as_level(column: Any) -> Any:
    """Return a column as the values that name levels."""
    return column.cast("string") if kind_of(column.type()) == "category" else column


def exact(value: float) -> Any:
    """Return a number as an expression that every engine reads to the last bit."""
    import ibis

    return ibis.literal(repr(float(value))).cast("float64")


def is_finite(number: Any) -> Any:
    """Return whether a float64 expression holds a finite number; never missing itself.

    Engines put NaN above every number, as they put infinity.
    """
    return (number.abs() <= exact(_LARGEST)).fill_null(False)


def is_level(column: Any) -> Any:
    """Return whether a column names a level."""
    if column.type().is_floating():
        return column.notnull() & ~column.isnan().fill_null(True)
    return column.notnull()


@dataclass(frozen=True, eq=False)
class Roles:
    """The columns of one model under names of our own, in the order of the reasons.

    Attributes
    ----------
    names : mapping of str to str
        Our name (``g``, ``n0``, ``c0`` ...) to the reader's column: the group, the outcome,
        the predictors, the group-level predictors.
    numbers : tuple of str
        Ours of the columns whose products are summed; the outcome is the first.
    categories : tuple of str
        Ours of the individual-level categories.
    group_numbers, group_categories : tuple of str
        Ours of the group-level predictors.
    """

    names: Mapping[str, str]
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    group_numbers: tuple[str, ...] = ()
    group_categories: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All of ours but the group's, in the order of the reasons."""
        return tuple(name for name in self.names if name != "g")

    @property
    def all_numbers(self) -> tuple[str, ...]:
        """Ours of every number, group-level ones last."""
        return self.numbers + self.group_numbers

    @property
    def all_categories(self) -> tuple[str, ...]:
        """Ours of every category, group-level ones last."""
        return self.categories + self.group_categories


def roles_of(spec: ModelSpec, kinds: Mapping[str, Kind]) -> Roles:
    """Return the columns of a model by what is asked of each (all of which must exist)."""

    def is_number(name: str) -> bool:
        return kinds[name] in ("number", "truth") and name not in spec.categorical

    names = {"g": spec.group, "n0": spec.outcome}
    made: dict[str, list[str]] = {"n": ["n0"], "c": [], "u": [], "v": []}
    for role, columns in (("nc", spec.predictors), ("uv", spec.group_predictors)):
        for column in columns:
            letter = role[0] if is_number(column) else role[1]
            ours = f"{letter}{len(made[letter])}"
            made[letter].append(ours)
            names[ours] = column
    numbers, categories, group_numbers, group_categories = (tuple(made[x]) for x in "ncuv")
    return Roles(names, numbers, categories, group_numbers, group_categories)


def narrow(table: Any, roles: Roles, key: str | None = None) -> Any:
    """Return the columns of a model alone, under our names; ``k`` is the row key."""
    made = {}
    for ours, name in roles.names.items():
        is_number = ours in roles.all_numbers
        made[ours] = as_number(table[name]) if is_number else as_level(table[name])
    if key is not None:
        made["k"] = table[key]
    return table.select(**made)


def conditions(table: Any, roles: Roles) -> dict[str, Any]:
    """Return for every column of a narrow table whether it can be used, the group first."""
    return {
        ours: is_finite(table[ours]) if ours in roles.all_numbers else is_level(table[ours])
        for ours in roles.names
    }


def all_of(conditions: Sequence[Any]) -> Any:
    """Return the conjunction of conditions."""
    return reduce(and_, conditions)


@dataclass(frozen=True, eq=False)
class Asked:
    """The columns of one model at an engine.

    Attributes
    ----------
    engine : Engine
    roles : Roles
    table : Ibis expression
        All rows, under our names.
    tests : dict of str to Ibis expression
        What makes each column usable, the group first.
    rows : Ibis expression
        The rows that every fit uses.
    """

    engine: Engine
    roles: Roles
    table: Any
    tests: dict[str, Any]
    rows: Any

    @classmethod
    def of(cls, engine: Engine, table: Any, roles: Roles, key: str | None = None) -> Asked:
        """Return the columns of a model; ``k`` is the row key, where one is named."""
        small = narrow(table, roles, key)
        tests = conditions(small, roles)
        return cls(engine, roles, small, tests, small.filter(*tests.values()))
