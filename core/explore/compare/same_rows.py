"""Whether two models may be compared at all: the same rows of the same outcome."""

from __future__ import annotations

import numpy as np

from core.exceptions import SpecError
from core.formats import listed
from core.results import MultilevelFit
from core.tables.grouped import GroupedData
from core.types import IntArray

_MEND = "Have both models use the same rows: leave out the rows that either lacks."


def check_same_rows(first: MultilevelFit, second: MultilevelFit) -> None:
    """Refuse to compare models of different rows or outcomes.

    Raises
    ------
    SpecError
        With how many rows each uses and which column the difference comes from, or with the
        names of the outcomes.
    """
    a, b = first.data, second.data
    if first.n_obs != second.n_obs:
        raise SpecError(
            f"The models use different rows ({first.n_obs:,} and {second.n_obs:,}), so their "
            f"likelihoods cannot be compared.{_because(a, 'A')}{_because(b, 'B')} {_MEND}"
        )
    if not a.has_rows_of(b):
        raise SpecError(_other_values(first, second))
    if _table_rows(a) == _table_rows(b) and not np.array_equal(_lost(a), _lost(b)):
        raise SpecError(
            f"The models use equally many rows ({first.n_obs:,}) but not the same ones, so their "
            f"likelihoods cannot be compared.{_because(a, 'A')}{_because(b, 'B')} {_MEND}"
        )


def _other_values(first: MultilevelFit, second: MultilevelFit) -> str:
    """Return that the outcomes differ: by name where they do, else value by value."""
    one, other = first.spec.outcome, second.spec.outcome
    if one != other:
        return (
            f"The models explain different outcomes, '{one}' and '{other}': likelihoods of "
            "different numbers cannot be compared, nor can errors in different units. Explain the "
            "same outcome in both."
        )
    return (
        f"The models use different rows or other values of '{one}', so their likelihoods cannot "
        f"be compared. {_MEND}"
    )


def _table_rows(data: GroupedData) -> int:
    return data.n_obs + len(_lost(data))


def _lost(data: GroupedData) -> IntArray:
    """Return the rows of the table that are not used, for lack of a value or by the filter."""
    return np.union1d(data.left_out.rows, data.left_out.filtered)


def _because(data: GroupedData, model: str) -> str:
    """Return `` B: 5 rows left out: all lack ses.``, or ''."""
    said = data.left_out.sentence()
    kept = listed((keep.sentence for keep in data.spec.rows), 6)
    only = f" {model}: only rows with {kept}." if kept else ""
    return only + (f" {model}: {said[0].lower()}{said[1:]}" if said else "")
