"""Terms of a model: what is made of its predictors, picked as fields and never typed as a formula.

A term names the columns it is made of; the columns of the design are computed from them
(``core.tables.grouping.made``), so that no text of a reader is ever read as code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from core.exceptions import SpecError

#: Predictors that one interaction may join, powers, and degrees of freedom of a curve.
MOST_PARTS, MOST_POWER, MOST_DF = 6, 9, 20
#: Seconds of the units in which dates may be counted.
SECONDS = {
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
    "days": 86400.0,
    "weeks": 7 * 86400.0,
    "months": 365.25 * 86400.0 / 12,
    "years": 365.25 * 86400.0,
}
_SYNTACTIC = re.compile(r"^(?:[A-Za-z]|\.(?![0-9]))[A-Za-z0-9._]*$")
_R_RESERVED = frozenset(
    [
        *("if", "else", "repeat", "while", "function", "for", "next", "break", "in"),
        *("TRUE", "FALSE", "NULL", "Inf", "NaN", "NA"),
    ]
)


def r_name(column: str) -> str:
    """Return a column name as R writes it: bare when syntactic, else in backticks."""
    if _SYNTACTIC.match(column) and column not in _R_RESERVED:
        return column
    return "`" + column.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _check_column(column: object, what: str) -> None:
    if not isinstance(column, str) or not column:
        raise SpecError(f"{what} is made of one column, given by its name, not {column!r}.")


def _is_number(value: object) -> bool:
    return (
        isinstance(value, float | int)
        and not isinstance(value, bool)
        and math.isfinite(float(value))
    )


@dataclass(frozen=True)
class Log:
    """The natural logarithm of a numeric predictor, in place of its straight line.

    Parameters
    ----------
    column : str
    instead : bool
        Whether it takes the place of the column's own straight line; False: it stands beside it.
    """

    column: str
    instead: bool = True

    def __post_init__(self) -> None:
        _check_column(self.column, "A logarithm")

    @property
    def label(self) -> str:
        """Return what the coefficient is called: ``log(x)``."""
        return f"log({self.column})"

    def r_text(self) -> str:
        """Return the term as R writes it."""
        return f"log({r_name(self.column)})"


@dataclass(frozen=True)
class Sqrt:
    """The square root of a numeric predictor, in place of its straight line (see ``Log``)."""

    column: str
    instead: bool = True

    def __post_init__(self) -> None:
        _check_column(self.column, "A square root")

    @property
    def label(self) -> str:
        """Return what the coefficient is called: ``sqrt(x)``."""
        return f"sqrt({self.column})"

    def r_text(self) -> str:
        """Return the term as R writes it."""
        return f"sqrt({r_name(self.column)})"


@dataclass(frozen=True)
class ZScore:
    """A numeric predictor less its mean, over its sd (of the rows used; n - 1), in its place.

    Parameters
    ----------
    column : str
    mean, sd : float, optional
        What is taken off and divided by; filled in when the model meets its table.
    """

    column: str
    mean: float | None = None
    sd: float | None = None
    instead: bool = True

    def __post_init__(self) -> None:
        _check_column(self.column, "A standardised predictor")
        for value in (self.mean, self.sd):
            if value is not None and not _is_number(value):
                raise SpecError(f"Mean and sd of '{self.column}' must be numbers, not {value!r}.")
        if self.sd is not None and not self.sd > 0:
            raise SpecError(f"The sd of '{self.column}' must be above 0, not {self.sd}.")

    @property
    def label(self) -> str:
        """Return what the coefficient is called: ``standardised(x)``."""
        return f"standardised({self.column})"

    def r_text(self) -> str:
        """Return the term as R writes it."""
        if self.mean is None or self.sd is None:
            return f"scale({r_name(self.column)})"
        return f"scale({r_name(self.column)}, {self.mean!r}, {self.sd!r})"


@dataclass(frozen=True)
class Power:
    """A power of a numeric predictor: its square makes a parabola.

    The lower powers, and the predictor itself, come along (hierarchy).

    Parameters
    ----------
    column : str
    power : int
        2 or more.
    """

    column: str
    power: int = 2

    def __post_init__(self) -> None:
        _check_column(self.column, "A power")
        if isinstance(self.power, bool) or self.power != int(self.power):
            raise SpecError(f"A power of '{self.column}' must be a whole number.")
        object.__setattr__(self, "power", int(self.power))
        if not 2 <= self.power <= MOST_POWER:
            raise SpecError(
                f"A power of '{self.column}' must lie between 2 and {MOST_POWER}, not {self.power}."
            )

    @property
    def label(self) -> str:
        """Return what the coefficient is called: ``x^2``."""
        return f"{self.column}^{self.power}"

    def r_text(self) -> str:
        """Return the term as R writes it."""
        return f"I({r_name(self.column)}^{self.power})"


@dataclass(frozen=True)
class Spline:
    """A natural cubic spline of a numeric predictor: R's ``splines::ns``.

    It holds the straight line, so it takes the place of the predictor's own; where the slope
    varies by group the straight line stays, and the spline gives its last column up to it.

    Parameters
    ----------
    column : str
    df : int
        Columns of the spline; its ``df - 1`` knots then stand at quantiles of the rows used.
    knots : tuple of float
        Inner knots, in place of ``df``.
    boundary : tuple of two floats
        Outer knots, beyond which the curve goes on as a straight line; the least and the
        greatest value of the rows used where not given.
    """

    column: str
    df: int | None = None
    knots: tuple[float, ...] | None = None
    boundary: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _check_column(self.column, "A spline")
        if self.knots is not None:
            object.__setattr__(self, "knots", tuple(sorted(float(k) for k in self.knots)))
            object.__setattr__(self, "df", len(self.knots or ()) + 1)
        if self.boundary is not None:
            low, high = sorted(float(b) for b in self.boundary)
            object.__setattr__(self, "boundary", (low, high))
        self._check()

    def _check(self) -> None:
        df = 4 if self.df is None else self.df
        if isinstance(df, bool) or df != int(df) or not 1 <= df <= MOST_DF:
            raise SpecError(
                f"A spline of '{self.column}' may have 1 to {MOST_DF} degrees of freedom, not {df}."
            )
        object.__setattr__(self, "df", int(df))
        numbers = (*(self.knots or ()), *(self.boundary or ()))
        if not all(math.isfinite(v) for v in numbers):
            raise SpecError(f"The knots of the spline of '{self.column}' must be numbers.")

    @property
    def size(self) -> int:
        """How many columns it has."""
        return int(self.df or 1)

    @property
    def label(self) -> str:
        """Return what its coefficients are called, before their number: ``spline(x)``."""
        return f"spline({self.column})"

    def r_text(self) -> str:
        """Return the term as R writes it, with its knots once these are known."""
        name = r_name(self.column)
        if self.knots is None or self.boundary is None:
            return f"splines::ns({name}, df = {self.size})"
        knots, ends = (", ".join(map(repr, v)) for v in (self.knots, self.boundary))
        inner = f"knots = c({knots}), " if self.knots else ""
        return f"splines::ns({name}, {inner}Boundary.knots = c({ends}))"


@dataclass(frozen=True)
class Time:
    """How a column of dates or numbers is read as time: its unit and its zero.

    It adds no column of its own: the predictor is counted in ``unit`` from ``zero``.

    Parameters
    ----------
    column : str
    unit : str
        Of dates: seconds, minutes, hours, days, weeks, months (a twelfth of a year) or years
        (365.25 days). Of numbers: any word, which is said but changes nothing.
    zero : str or float, optional
        The date (``2000-01-31``) or number from which time counts; the earliest of the rows
        used where not given.
    """

    column: str
    unit: str = "days"
    zero: str | float | None = None

    def __post_init__(self) -> None:
        _check_column(self.column, "Time")
        if not isinstance(self.unit, str) or not self.unit or len(self.unit) > 40:
            raise SpecError(f"The unit of the time '{self.column}' must be a word.")
        if self.zero is not None and not isinstance(self.zero, str) and not _is_number(self.zero):
            raise SpecError(f"The zero of the time '{self.column}' must be a date or a number.")

    @property
    def label(self) -> str:
        """Return the column that is read as time."""
        return self.column

    def r_text(self) -> str:
        """Return the predictor as R computes it from the column."""
        name = r_name(self.column)
        if isinstance(self.zero, str):
            seconds = f'as.numeric(as.POSIXct({name}, tz = "UTC"))'
            zero = f'as.numeric(as.POSIXct("{self.zero}", tz = "UTC"))'
            return f"I(({seconds} - {zero}) / {SECONDS.get(self.unit, 1.0)!r})"
        return f"I({name} - {self.zero!r})" if self.zero else name


@dataclass(frozen=True, init=False, repr=False)
class Interaction:
    """The product of predictors: the effect of one depends on the others.

    Its parts, and all products of fewer of them, come along (hierarchy) unless it is ``alone``.

    Parameters
    ----------
    parts : str, Log, Sqrt, ZScore, Power or Spline
        Columns of predictors, numeric or categorical, or what is made of one. One of them may be
        a group-level predictor: that is a cross-level interaction.
    alone : bool
        Leave out what is not asked for elsewhere.
    """

    parts: tuple[str | SingleTerm, ...]
    alone: bool

    def __init__(self, *parts: str | SingleTerm, alone: bool = False) -> None:
        if len(parts) == 1 and isinstance(parts[0], tuple | list):
            parts = tuple(parts[0])
        odd = [p for p in parts if not isinstance(p, str | Log | Sqrt | ZScore | Power | Spline)]
        if odd:
            raise SpecError(f"An interaction joins predictors; {odd[0]!r} is none.")
        labels = [label_of(p) for p in parts]
        if not 2 <= len(set(labels)) == len(labels) <= MOST_PARTS:
            raise SpecError(
                f"An interaction joins 2 to {MOST_PARTS} different predictors, not "
                f"{' and '.join(map(repr, labels)) or 'none'}."
            )
        columns = [column for part in parts for column in columns_of(part)]
        if len(set(columns)) < len(columns):
            raise SpecError(
                f"An interaction joins different columns, but {' and '.join(labels)} are made of "
                "the same. A power is core.Power."
            )
        object.__setattr__(self, "parts", tuple(parts))
        object.__setattr__(self, "alone", bool(alone))

    def __repr__(self) -> str:
        inside = ", ".join(map(repr, self.parts))
        return f"Interaction({inside}{', alone=True' if self.alone else ''})"

    @property
    def label(self) -> str:
        """Return what the coefficient is called: ``x:z``."""
        return ":".join(map(label_of, self.parts))

    @property
    def key(self) -> frozenset[str]:
        """What it joins, in whatever order."""
        return frozenset(map(label_of, self.parts))

    def r_text(self) -> str:
        """Return the term as R writes it."""
        return ":".join(r_of(p) for p in self.parts)


SingleTerm: TypeAlias = Log | Sqrt | ZScore | Power | Spline
Term: TypeAlias = SingleTerm | Interaction | Time
_TERMS = (Log, Sqrt, ZScore, Power, Spline, Interaction, Time)


def label_of(part: str | Term) -> str:
    """Return what a predictor or a term is called."""
    return part if isinstance(part, str) else part.label


def r_of(part: str | Term) -> str:
    """Return a predictor or a term as R writes it."""
    return r_name(part) if isinstance(part, str) else part.r_text()


def columns_of(part: str | Term) -> tuple[str, ...]:
    """Return the columns that a predictor or a term is made of."""
    if isinstance(part, str):
        return (part,)
    if isinstance(part, Interaction):
        return tuple(dict.fromkeys(c for p in part.parts for c in columns_of(p)))
    return (part.column,)


def check_terms(terms: object) -> tuple[Term, ...]:
    """Return terms as a tuple.

    Raises
    ------
    SpecError
        When something else is among them.
    """
    if isinstance(terms, _TERMS):
        return (terms,)
    found = tuple(terms) if isinstance(terms, Sequence) and not isinstance(terms, str) else None
    if found is None or not all(isinstance(t, _TERMS) for t in found):
        raise SpecError(
            f"Terms are core.Interaction, core.Power, core.Spline, core.Log, core.Sqrt, "
            f"core.ZScore or core.Time, not {terms!r}."
        )
    return found
