"""What two models say of every group: its level at the average of all predictors, its slopes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.factor_fit import FactorFit
from core.results import MultilevelFit
from core.tables.grouped import FactorsData, GroupedData
from core.types import FloatArray


def group_levels(a: MultilevelFit, b: MultilevelFit) -> tuple[str, pd.DataFrame]:
    """Return the first factor that two models share, and what both say of its groups.

    Returns
    -------
    str
        The factor's label; '' where there is none.
    DataFrame
        One row per group (see ``Comparison.groups``).
    """
    theirs = {each.label: each for each in b.factors.values()}
    ours = next((each for each in a.factors.values() if each.label in theirs), None)
    columns = ["group", "n", "A", "B", "difference"]
    if ours is None or ours.group_names != theirs[ours.label].group_names:
        return "", pd.DataFrame(columns=columns)
    pair = {"A": (a, ours), "B": (b, theirs[ours.label])}
    found: dict[str, object] = {"group": list(ours.group_names), "n": ours.group_sizes}
    for name, (fit, factor) in pair.items():
        found[name] = level_at_average(fit, factor)
    out = pd.DataFrame(found)
    out["difference"] = out["B"] - out["A"]
    for term in ours.varying_names:
        if term in theirs[ours.label].varying_names:
            _add_term(out, pair, term)
    return ours.label, out


def _add_term(
    out: pd.DataFrame, pair: dict[str, tuple[MultilevelFit, FactorFit]], term: str
) -> None:
    for name, (_, factor) in pair.items():
        at = factor.varying_names.index(term)
        out[f"{name}: {term}"] = factor.line[:, at]
        out[f"{name} pooling: {term}"] = factor.pooling_factor[:, at]


def level_at_average(fit: MultilevelFit, factor: FactorFit) -> FloatArray:
    """Return the outcome expected of every group where all predictors are average, shape (L,).

    In outcome units. A group keeps its own group-level predictors where the intercept varies.
    Unlike the intercept it means the same wherever a predictor has its zero, so it can be compared
    between models with different predictors.
    """
    data = fit.data
    cells: GroupedData = data.cells if isinstance(data, FactorsData) else data
    varying = data.factor(factor.name).varying if isinstance(data, FactorsData) else data.varying
    means = {b: 1.0 if b == 0 else cells.base_mean(b) for b in range(len(cells.base) + 1)}
    share = cells.group_sizes / cells.group_sizes.sum()
    out = factor.line @ np.array([means[b] for b in varying])
    for value, term in zip(np.nan_to_num(fit.fixef), cells.terms, strict=True):
        if term.base not in varying:
            higher = cells.group_columns[term.factor][1] if term.factor >= 0 else None
            out = out + value * means[term.base] * (1.0 if higher is None else share @ higher)
    return np.asarray(out)
