"""Terms and filters of a model as Python source for statsmodels, for readers to run themselves.

Names from tables stand in it as Python literals only.
"""

from __future__ import annotations

from collections.abc import Callable

from core.keep import Keep
from core.model_terms import (
    SECONDS,
    Interaction,
    Log,
    Power,
    SingleTerm,
    Spline,
    Sqrt,
    Term,
    Time,
    ZScore,
)
from core.spec import ModelSpec


def patsy_term(term: str | Term, column: Callable[[str], str]) -> str:
    """Return a term as patsy reads it; ``column`` writes a column."""
    if isinstance(term, str):
        return column(term)
    if isinstance(term, Interaction):
        return ":".join(patsy_term(part, column) for part in term.parts)
    assert not isinstance(term, Time)
    return _single(term, column(term.column))


def _single(term: SingleTerm, name: str) -> str:
    if isinstance(term, Power):
        return f"I({name}**{term.power})"
    if isinstance(term, Log):
        return f"np.log({name})"
    if isinstance(term, Sqrt):
        return f"np.sqrt({name})"
    if isinstance(term, ZScore):
        if term.mean is None or term.sd is None:
            return f"standardize({name}, ddof=1)"
        return f"I(({name} - {term.mean!r}) / {term.sd!r})"
    if term.knots is None or term.boundary is None:
        return f"cr({name}, df={term.size}, constraints='center')"
    low, high = term.boundary
    return (
        f"cr({name}, knots={list(term.knots)!r}, lower_bound={low!r}, upper_bound={high!r}, "
        "constraints='center')"
    )


def imports(spec: ModelSpec, *, needs_numpy: bool = False) -> str:
    """Return the lines that import what the call needs."""
    single = [
        part
        for term in spec.terms
        for part in (term.parts if isinstance(term, Interaction) else (term,))
    ]
    lines = ["import statsmodels.formula.api as smf"]
    if needs_numpy or any(isinstance(t, Log | Sqrt) for t in single):
        lines.insert(0, "import numpy as np")
    if any(isinstance(t, Time) for t in spec.terms) or _has_dates(spec):
        lines.insert(-1, "import pandas as pd")
    if any(isinstance(t, Spline) for t in single):
        lines.append("\n# cr() draws the curve of R's ns(); its coefficients are others.")
    return "\n".join(lines) + "\n"


def _has_dates(spec: ModelSpec) -> bool:
    return any(isinstance(end, str) for keep in spec.rows for end in keep.between or ())


def prepared(spec: ModelSpec) -> str:
    """Return the lines that keep rows and count dates; '' where there is nothing to do."""
    lines = [f"table = table[{_condition(keep)}]" for keep in spec.rows]
    times = [t for t in spec.terms if isinstance(t, Time) and t.zero not in (None, 0)]
    if times and lines:
        lines.append("table = table.copy()")
    for term in times:
        column = f"table[{term.column!r}]"
        if isinstance(term.zero, str):
            unit = f"pd.Timedelta({SECONDS.get(term.unit, 1.0)!r}, unit='s')"
            lines.append(
                f"{column} = (pd.to_datetime({column}) - pd.Timestamp({term.zero!r})) / {unit}"
            )
        else:
            lines.append(f"{column} = {column} - {term.zero!r}")
    return "\n".join(lines) + "\n\n" if lines else ""


def _condition(keep: Keep) -> str:
    column = f"table[{keep.column!r}]"
    if keep.levels:
        return f"{column}.astype(str).isin({list(keep.levels)!r})"
    tests = []
    for sign, end in zip((">=", "<="), keep.between or (None, None), strict=True):
        if isinstance(end, str):
            tests.append(f"(pd.to_datetime({column}) {sign} pd.Timestamp({end!r}))")
        elif end is not None:
            tests.append(f"({column} {sign} {end!r})")
    return " & ".join(tests) or f"{column}.notna()"
