"""How large a model will be beside its rows, counted before any of it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from core.model_terms import Interaction, Spline, Term, Time
from core.spec import ModelSpec
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.tables.limits import LIMITS
from core.term_rules import plain_predictors


def check_size(
    spec: ModelSpec, group: CategoricalColumn, predictors: Sequence[Column], n_rows: int
) -> None:
    """Count the columns of the design, and refuse too many before any is made.

    Parameters
    ----------
    spec : ModelSpec
    group : CategoricalColumn
    predictors : sequence of Column
        Individual-level and group-level predictors; their levels are counted, not their rows.
    n_rows : int
        Rows used. Rows beyond ``LIMITS.rows``, which are not in memory, give no more room.

    Raises
    ------
    DataError
        When the design would be too wide, or its sums by group too large.
    """
    width = {c.name: _n_columns(c) for c in predictors}
    own = (*plain_predictors(spec), *spec.group_predictors)
    parts = {f"'{name}'": width[name] for name in own}
    for term in spec.terms:
        if not isinstance(term, Time):
            width[term.label] = parts[f"'{term.label}'"] = _width(term, width)
    parts |= {f"'{a}' with '{b}'": width[a] * width[b] for a, b in spec.cross_level}
    varying = spec.varying_intercept + sum(width[name] for name in spec.varying)
    shape = (len(group.levels), min(n_rows, LIMITS.rows), len(spec.columns))
    what = max(parts, key=lambda part: parts[part], default="predictors")
    LIMITS.check_model(1 + sum(parts.values()), varying, shape, what)


def _width(term: str | Term, width: Mapping[str, int]) -> int:
    """Return how many columns a term makes, at most."""
    if isinstance(term, str):
        return width[term]
    if isinstance(term, Interaction):
        more = 1 if term.alone else 0  # a category may give its first level too
        return prod(_width(part, width) + more for part in term.parts)
    return term.size if isinstance(term, Spline) else 1


def _n_columns(column: Column) -> int:
    return 1 if isinstance(column, NumericColumn) else len(column.levels) - 1
