"""Design products of every group apart: what cluster-robust errors and deletions need."""

from __future__ import annotations

import numpy as np

from core.exceptions import PoolingError
from core.fitting.scaled import ScaledModel
from core.moments import GroupMoments, group_scaling
from core.tables.grouped import GroupedData
from core.types import FloatArray

#: Elements of the largest array made here (half a gigabyte).
_MOST_ELEMENTS = 60_000_000


def scaled_factors(data: GroupedData, moments: GroupMoments) -> list[FloatArray]:
    """Return the group-level columns as ``scale_model`` scales them, each of shape (J,)."""
    out = []
    for _, values in data.group_columns:
        center, spread = group_scaling(moments.n, values)
        out.append((values - center) / spread)
    return out


def design_products(data: GroupedData, moments: GroupMoments, model: ScaledModel) -> FloatArray:
    """Return ``W_j'W_j`` of every group in scaled units, shape (p + 1, p + 1, J).

    Raises
    ------
    PoolingError
        When groups and coefficients are so many that the products would not fit.
    """
    size = model.p + 1
    if size**2 * data.n_groups > _MOST_ELEMENTS:
        raise PoolingError(
            f"{data.n_groups:,} groups with {model.p:,} coefficients each are too many to take "
            "apart group by group. Use fewer predictors or a predictor with fewer levels.",
            code="too_large",
        )
    factors = scaled_factors(data, moments)
    terms = [data.terms[i] for i in model.used]
    columns = [(t.base, factors[t.factor] if t.factor >= 0 else None) for t in terms]
    columns.append((moments.outcome, None))
    out = np.empty((size, size, data.n_groups))
    for i, (a, left) in enumerate(columns):
        for j, (b, right) in enumerate(columns[: i + 1]):
            product = moments.cross(a, b)
            for factor in (left, right):
                product = product if factor is None else product * factor
            out[i, j] = out[j, i] = product
    return out
