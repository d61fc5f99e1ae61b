"""``ModelSpec``: what the user asked for, as fields and never as a formula string."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from core.exceptions import SpecError
from core.types import Criterion

_SYNTACTIC = re.compile(r"^(?:[A-Za-z]|\.(?![0-9]))[A-Za-z0-9._]*$")
_R_RESERVED = frozenset(
    [
        *("if", "else", "repeat", "while", "function", "for", "next", "break", "in"),
        *("TRUE", "FALSE", "NULL", "Inf", "NaN", "NA"),
    ]
)


def _as_tuple(value: object, name: str) -> tuple[str, ...]:
    """Return column names as a tuple; a lone string is one column, not its letters."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Iterable):
        raise SpecError(f"'{name}' must hold column names, got {value!r}.")
    names = tuple(value)
    if not all(isinstance(item, str) for item in names):
        raise SpecError(f"'{name}' must hold column names, got {names!r}.")
    return names


def r_name(column: str) -> str:
    """Return a column name as R writes it: bare when syntactic, else in backticks."""
    if _SYNTACTIC.match(column) and column not in _R_RESERVED:
        return column
    return "`" + column.replace("\\", "\\\\").replace("`", "\\`") + "`"


@dataclass(frozen=True)
class ModelSpec:
    """A multilevel model with one grouping factor, as the user chose it.

    Parameters
    ----------
    outcome : str
        Column of the outcome ``y`` (numeric).
    group : str
        Column that names the group ``j[i]`` of every row.
    predictors : tuple of str
        Individual-level predictors, numeric or categorical.
    varying : tuple of str
        Predictors whose coefficient varies by group; a subset of ``predictors``.
        ``()`` is a varying intercept alone.
    varying_intercept : bool
        Whether the intercept varies by group.
    group_predictors : tuple of str
        Group-level predictors: constant within every group.
    cross_level : tuple of (str, str)
        Interactions ``(individual-level predictor, group-level predictor)``.
    correlated : bool
        Whether varying coefficients are correlated; ``False`` is lme4's ``||``.
    criterion : {"REML", "ML"}
        What is minimised to estimate the variances.
    categorical : tuple of str
        Numeric columns to be read as categories.
    reference : mapping of str to str
        Reference level by categorical column; the first level where not given.

    Raises
    ------
    SpecError
        When the fields contradict each other (a column in two roles, a varying
        slope or cross-level interaction without its main effect, nothing varying).
    """

    outcome: str
    group: str
    predictors: tuple[str, ...] = ()
    varying: tuple[str, ...] = ()
    varying_intercept: bool = True
    group_predictors: tuple[str, ...] = ()
    cross_level: tuple[tuple[str, str], ...] = ()
    correlated: bool = True
    criterion: Criterion = "REML"
    categorical: tuple[str, ...] = ()
    reference: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name in ("predictors", "varying", "group_predictors", "categorical"):
            object.__setattr__(self, name, _as_tuple(getattr(self, name), name))
        object.__setattr__(self, "cross_level", tuple(tuple(pair) for pair in self.cross_level))
        object.__setattr__(self, "reference", MappingProxyType(dict(self.reference)))
        self._check_options()
        self._check_roles()

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)} | {
            "reference": dict(self.reference)
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "reference", MappingProxyType(dict(self.reference)))

    def _check_options(self) -> None:
        if self.criterion not in ("REML", "ML"):
            raise SpecError(f"criterion must be 'REML' or 'ML', not {self.criterion!r}.")
        if not self.varying_intercept and not self.varying:
            raise SpecError(
                "Nothing varies by group: let the intercept vary, or name a predictor "
                "whose slope varies."
            )
        for pair in self.cross_level:
            if len(pair) != 2:
                raise SpecError(
                    f"A cross-level interaction pairs two columns, got {pair!r}: give "
                    "(individual-level predictor, group-level predictor)."
                )

    def _check_roles(self) -> None:
        roles: dict[str, str] = {}
        named: list[tuple[str, tuple[str, ...]]] = [
            ("outcome", (self.outcome,)),
            ("group", (self.group,)),
            ("predictors", self.predictors),
            ("group_predictors", self.group_predictors),
        ]
        for role, columns in named:
            for column in columns:
                if column in roles:
                    raise SpecError(
                        f"Column '{column}' is used as {roles[column]} and as {role}. "
                        "Give every column one role."
                    )
                roles[column] = role
        if len(set(self.varying)) < len(self.varying):
            raise SpecError(f"A slope can vary only once: {', '.join(self.varying)}.")
        for column in self.varying:
            if column not in self.predictors:
                raise SpecError(
                    f"The slope of '{column}' varies by group but '{column}' is not among the "
                    "individual-level predictors. Add it there."
                )
        for individual, group_level in self.cross_level:
            if individual not in self.predictors or group_level not in self.group_predictors:
                raise SpecError(
                    f"The cross-level interaction '{individual}:{group_level}' needs "
                    f"'{individual}' among the predictors and '{group_level}' among the "
                    "group-level predictors."
                )

    def update(self, **changes: Any) -> ModelSpec:
        """Return a copy with some fields changed (checked like a new spec)."""
        return replace(self, **changes)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the table that the model reads, outcome and group first."""
        return (self.outcome, self.group, *self.predictors, *self.group_predictors)

    def lme4_formula(self) -> str:
        """Return the formula that gives the same model in R's lme4."""
        fixed = [r_name(c) for c in (*self.predictors, *self.group_predictors)]
        fixed += [f"{r_name(a)}:{r_name(b)}" for a, b in self.cross_level]
        varying = ["1" if self.varying_intercept else "0"] + [r_name(c) for c in self.varying]
        if self.varying_intercept and self.varying:
            varying = varying[1:]
        bar = "|" if self.correlated or not self.varying else "||"
        left = f"{r_name(self.outcome)} ~ {' + '.join(fixed) or '1'}"
        return f"{left} + ({' + '.join(varying)} {bar} {r_name(self.group)})"
