"""How large a model will be beside its rows, counted before any of it is made."""

from __future__ import annotations

from collections.abc import Sequence

from core.spec import ModelSpec
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.tables.limits import LIMITS


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
    parts = {f"'{name}'": n for name, n in width.items()}
    parts |= {f"'{a}' with '{b}'": width[a] * width[b] for a, b in spec.cross_level}
    varying = spec.varying_intercept + sum(width[name] for name in spec.varying)
    shape = (len(group.levels), min(n_rows, LIMITS.rows), len(spec.columns))
    what = max(parts, key=lambda part: parts[part], default="predictors")
    LIMITS.check_model(1 + sum(parts.values()), varying, shape, what)


def _n_columns(column: Column) -> int:
    return 1 if isinstance(column, NumericColumn) else len(column.levels) - 1
