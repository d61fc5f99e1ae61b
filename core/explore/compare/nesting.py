"""Whether one model is a special case of another, told from their columns and not their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from core.results import MultilevelFit
from core.tables.grouped import FactorsData, GroupedData
from core.types import FloatArray

Nesting: TypeAlias = Literal["a_in_b", "b_in_a", "same", "not_nested"]
#: What is left of a column that others span, relative to the column: rounding.
_ROUNDING = 1e-7
#: Numbers of two designs that are looked at; with more the names of the columns decide.
_MOST_NUMBERS = 20_000_000


@dataclass(frozen=True)
class Nested:
    """How two models lie to each other.

    Attributes
    ----------
    relation : {"a_in_b", "b_in_a", "same", "not_nested"}
        ``same``: each is a special case of the other, the same model written differently.
    n_variances : int
        Variances that the larger has and the smaller sets to zero.
    """

    relation: Nesting
    n_variances: int


def nesting_of(first: MultilevelFit, second: MultilevelFit) -> Nested:
    """Return whether one of two models of the same rows is a special case of the other.

    The average parts are compared as the spaces that their columns span, so that a centred
    predictor or another reference level makes no difference. What varies by group must be
    spanned as well; without correlations (lme4's ``||``) the columns themselves count.
    """
    below = _is_within(first, second)
    above = _is_within(second, first)
    gap = _n_varying(second) - _n_varying(first)
    if below and above:
        return Nested("same", 0)
    if below:
        return Nested("a_in_b", gap)
    return Nested("b_in_a", -gap) if above else Nested("not_nested", 0)


def _n_varying(fit: MultilevelFit) -> int:
    return sum(len(each.varying_names) for each in fit.factors.values())


def _is_within(small: MultilevelFit, large: MultilevelFit) -> bool:
    if _weighing(small) != _weighing(large):
        return False
    return _groups_within(small, large) and _average_within(small, large)


def _weighing(fit: MultilevelFit) -> str:
    return fit.spec.weights if fit.spec.has_precision else ""


def _average_within(small: MultilevelFit, large: MultilevelFit) -> bool:
    names, others = small.fixef_names, large.fixef_names
    n = small.n_obs
    if small.data.sample_note or n * (len(names) + len(others)) > _MOST_NUMBERS:
        return set(names) <= set(others)
    return spans(large.data.design(), small.data.design())


def _groups_within(small: MultilevelFit, large: MultilevelFit) -> bool:
    """Return whether what varies by group in one model may vary in the other as well."""
    theirs = {each.label: name for name, each in large.factors.items()}
    for name, each in small.factors.items():
        if each.label not in theirs:
            return False
        other = large.factors[theirs[each.label]]
        if not large.spec.correlated and len(other.varying_names) > 1:
            is_diagonal = not small.spec.correlated or len(each.varying_names) == 1
            if not is_diagonal or not set(each.varying_names) <= set(other.varying_names):
                return False
        elif set(each.varying_names) <= set(other.varying_names):
            continue
        elif small.data.sample_note or not spans(
            _varying_columns(large, theirs[each.label]), _varying_columns(small, name)
        ):
            return False
    return True


def _varying_columns(fit: MultilevelFit, factor: str) -> FloatArray:
    """Return the columns whose coefficients vary by a factor, shape (n, k)."""
    data = fit.data
    cells: GroupedData = data.cells if isinstance(data, FactorsData) else data
    varying = data.factor(factor).varying if isinstance(data, FactorsData) else data.varying
    return np.column_stack([cells.base_values(b) for b in varying])


def spans(columns: FloatArray, others: FloatArray) -> bool:
    """Return whether columns (n, p) span others (n, q), but for rounding.

    Examples
    --------
    >>> x = np.arange(4.0)
    >>> spans(np.column_stack([np.ones(4), x]), (x - 100.0)[:, None])
    True
    """
    left, right = columns, others
    if (np.ptp(columns, axis=0) == 0).any():
        # About their means nothing is lost to a zero that lies far away.
        left, right = columns - columns.mean(axis=0), others - others.mean(axis=0)
        ends = np.maximum(np.abs(others).max(axis=0), 1e-300)
        right = right[:, np.ptp(others, axis=0) > 1e-14 * ends]
    size = np.linalg.norm(left, axis=0)
    left = left[:, size > 0] / size[size > 0]
    if not right.shape[1]:
        return True
    u, s, _ = np.linalg.svd(left, full_matrices=False)
    basis = u[:, s > 1e-10 * s.max(initial=1.0)]
    rest = right - basis @ (basis.T @ right)
    return bool((np.linalg.norm(rest, axis=0) <= _ROUNDING * np.linalg.norm(right, axis=0)).all())
