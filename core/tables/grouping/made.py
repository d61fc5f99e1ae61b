"""Columns that terms make of predictors: what each is the product of, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.interpolate import BSpline

from core.exceptions import DataError
from core.model_terms import Interaction, Log, Power, SingleTerm, Spline, Sqrt, Term, Time, ZScore
from core.spec import ModelSpec
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.types import FloatArray

#: Degree of the pieces of a curve.
_CUBIC = 3


@dataclass(frozen=True)
class Part:
    """One factor of a made column: a predictor's value, or the indicator of a level.

    Attributes
    ----------
    column : str
    level : int
        Of a categorical predictor; -1 for a number.
    term : Log, Sqrt, ZScore, Power, Spline or None
        What is made of the number; None: the number itself.
    piece : int
        Which column of a spline.
    """

    column: str
    level: int = -1
    term: SingleTerm | None = None
    piece: int = 0

    def of(self, values: FloatArray) -> FloatArray:
        """Return what the part makes of the predictor's numbers; NaN where it is not defined."""
        term = self.term
        if term is None:
            return values
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if isinstance(term, Power):
                out: FloatArray = values**term.power
            elif isinstance(term, Log):
                out = np.where(values > 0, np.log(np.where(values > 0, values, 1.0)), np.nan)
            elif isinstance(term, Sqrt):
                out = np.where(values >= 0, np.sqrt(np.maximum(values, 0.0)), np.nan)
            elif isinstance(term, ZScore):
                assert term.mean is not None and term.sd is not None
                out = (values - term.mean) / term.sd
            else:
                out = spline_column(term, self.piece, values)
        return out

    def in_column(self, column: Column) -> FloatArray:
        """Return the part's values over the rows of its predictor's column."""
        if isinstance(column, CategoricalColumn):
            return np.asarray(column.codes == self.level, dtype=np.float64)
        return self.of(column.values)


def spline_column(term: Spline, piece: int, values: FloatArray) -> FloatArray:
    """Return one column of R's ``splines::ns``, straight beyond the outer knots.

    Notes
    -----
    Cubic B-splines without the first, turned by the QR factorisation of what makes their second
    derivative at the outer knots zero, and without the two columns that do not keep to it.

    References
    ----------
    .. [1] Hastie (1992), Generalized additive models, in Statistical Models in S, chapter 7.
    """
    assert term.knots is not None and term.boundary is not None
    curve, slopes, ends = _natural(term.knots, term.boundary)[piece]
    low, high = term.boundary
    inside = np.clip(values, low, high)
    out = curve(inside)
    out = np.where(values < low, ends[0] + slopes[0] * (values - low), out)
    return np.asarray(np.where(values > high, ends[1] + slopes[1] * (values - high), out))


_Piece = tuple[Callable[[FloatArray], FloatArray], tuple[float, float], tuple[float, float]]


@lru_cache(maxsize=64)
def _natural(knots: tuple[float, ...], boundary: tuple[float, float]) -> tuple[_Piece, ...]:
    """Return every column as a curve, with its slopes and values at the outer knots."""
    low, high = boundary
    at = np.concatenate([[low] * (_CUBIC + 1), knots, [high] * (_CUBIC + 1)])
    n_basis = len(knots) + _CUBIC + 1
    whole = BSpline(at, np.eye(n_basis), _CUBIC)
    bend = whole.derivative(2)(np.array(boundary))[:, 1:]
    turn, _ = np.linalg.qr(bend.T, mode="complete")
    out: list[_Piece] = []
    for coef in np.vstack([np.zeros(n_basis - 3), turn[:, 2:]]).T:
        curve = BSpline(at, np.ascontiguousarray(coef), _CUBIC)
        slope = curve.derivative(1)
        ends = (float(curve(low)), float(curve(high)))
        out.append((curve, (float(slope(low)), float(slope(high))), ends))
    return tuple(out)


def resolved(spec: ModelSpec, columns: Mapping[str, Column]) -> ModelSpec:
    """Return a specification whose terms hold the knots, means and zeros of the rows used.

    Raises
    ------
    DataError
        When a term cannot be made of the rows' values.
    """
    if not spec.terms:
        return spec
    return replace(spec, terms=tuple(_resolved(t, columns) for t in spec.terms))


def _resolved(term: Term, columns: Mapping[str, Column]) -> Term:
    if isinstance(term, Interaction):
        parts = [p if isinstance(p, str) else _single(p, columns) for p in term.parts]
        return Interaction(*parts, alone=term.alone)
    return term if isinstance(term, Time) else _single(term, columns)


def _single(term: SingleTerm, columns: Mapping[str, Column]) -> SingleTerm:
    column = columns[term.column]
    if isinstance(column, CategoricalColumn):
        raise DataError(
            f"'{term.label}' needs numbers, and '{term.column}' is a category. Choose another "
            "predictor, or turn the column into numbers."
        )
    values = column.values
    if isinstance(term, Log | Sqrt):
        _check_domain(term, values)
    if isinstance(term, ZScore) and (term.mean is None or term.sd is None):
        mean, sd = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
        if not sd > 0:
            raise DataError(f"'{term.column}' has one value, so it cannot be standardised.")
        return replace(term, mean=mean, sd=sd)
    return _with_knots(term, values) if isinstance(term, Spline) else term


def _check_domain(term: Log | Sqrt, values: FloatArray) -> None:
    is_log = isinstance(term, Log)
    lost = int(np.sum(values <= 0 if is_log else values < 0))
    if lost:
        word, what = ("above 0", "logarithm") if is_log else ("0 or more", "square root")
        raise DataError(
            f"'{term.label}' needs numbers {word}, but {lost:,} of {len(values):,} rows have "
            f"{'0 or less' if is_log else 'less than 0'} in '{term.column}', whose {what} does "
            "not exist. Keep the other rows by a filter, or choose another term."
        )


def _with_knots(term: Spline, values: FloatArray) -> Spline:
    """Return a spline with its knots, at R's quantiles where only their number is asked for."""
    low, high = (
        (float(values.min()), float(values.max())) if term.boundary is None else term.boundary
    )
    if not low < high:
        raise DataError(f"'{term.column}' has one value, so no curve can be drawn along it.")
    if term.knots is not None:
        knots = term.knots
    else:
        inside = values[(values >= low) & (values <= high)]
        share = np.linspace(0.0, 1.0, term.size + 1)[1:-1]
        knots = tuple(float(k) for k in np.quantile(inside, share))
    distinct = len(np.unique(values))
    if any(not low < k < high for k in knots) or distinct <= term.size:
        raise DataError(
            f"A spline of '{term.column}' with {term.size} degrees of freedom needs knots between "
            f"{low:g} and {high:g}, but so many rows share a value ({distinct:,} are different) "
            "that knots fall on an end. Choose fewer degrees of freedom, or a power."
        )
    return replace(term, knots=knots, boundary=(low, high))


def parts_of(
    term: str | Term, columns: Mapping[str, Column], *, whole: bool = False
) -> list[tuple[str, tuple[Part, ...]]]:
    """Return the columns that a term makes: the name of each and what it is the product of.

    ``whole``: a category gives every level, the first one too.
    """
    if isinstance(term, str):
        column = columns[term]
        if isinstance(column, NumericColumn):
            return [(term, (Part(term),))]
        first = 0 if whole else 1
        return [
            (f"{term}[{level}]", (Part(term, i),))
            for i, level in enumerate(column.levels)
            if i >= first
        ]
    assert not isinstance(term, Interaction | Time)
    if isinstance(term, Spline):
        return [
            (f"{term.label}[{i + 1}]", (Part(term.column, -1, term, i),)) for i in range(term.size)
        ]
    return [(term.label, (Part(term.column, -1, term),))]


def products_of(
    term: Interaction, columns: Mapping[str, Column], present: frozenset[frozenset[str]]
) -> list[tuple[str, tuple[Part, ...]]]:
    """Return the columns of an interaction, those of its first part changing fastest.

    Parameters
    ----------
    present : frozenset
        What the model holds besides, each as the set of what it joins: a category gives every
        level where the product without it is not there (R's rule of marginality).
    """
    out: list[tuple[str, tuple[Part, ...]]] = [("", ())]
    for part in term.parts:
        name = part if isinstance(part, str) else part.label
        rest = term.key - {name}
        made = parts_of(part, columns, whole=rest not in present)
        out = [
            (f"{left}:{right}" if left else right, (*held, *more))
            for right, more in made
            for left, held in out
        ]
    return out


def values_of(parts: Sequence[Part], columns: Mapping[str, Column]) -> FloatArray:
    """Return a made column over the rows: the product of its parts."""
    out: FloatArray = parts[0].in_column(columns[parts[0].column]).astype(np.float64, copy=True)
    for part in parts[1:]:
        out *= part.in_column(columns[part.column])
    return out
