"""Row keys: numbers that say which row is which, whatever order the rows come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.exceptions import DataError
from core.tables.columns import column_of, is_numeric
from core.types import IntArray

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_GOLDEN = 0x9E3779B97F4A7C15


def key_of(table: pd.DataFrame, name: str) -> IntArray:
    """Return the hash of every row's key, shape (n,).

    Raises
    ------
    DataError
        When the column is not there, or two rows have the same key.
    """
    return hash_key(column_of(table, name, "row key"), name)


def hash_key(values: pd.Series[Any], name: str = "the row key") -> IntArray:
    """Return 63 bits for each key; the same for the same key wherever the table lives.

    Whole numbers are alike whatever type they are stored in, and text is hashed as text.

    Raises
    ------
    DataError
        When a key is missing or occurs twice.
    """
    if values.isna().any():
        raise DataError(f"'{name}' is missing in some rows, so it cannot tell the rows apart.")
    if is_numeric(values):
        whole = values.to_numpy(dtype=np.float64)
        if not (whole == np.round(whole)).all():
            raise DataError(f"'{name}' holds fractions. A row key is a whole number or a text.")
        raw = values.to_numpy(dtype=np.int64).view(np.uint64)
    else:
        raw = pd.util.hash_array(values.astype(str).to_numpy(dtype=object), categorize=False)
    if len(np.unique(raw)) < len(raw):
        raise DataError(f"'{name}' occurs more than once for some value, so it is no row key.")
    return np.asarray((spread(raw) >> np.uint64(1)).astype(np.intp))


def chance_of(key: IntArray, seed: int) -> IntArray:
    """Return 40 bits for each key and a seed, shape (n,): the order in which folds are dealt."""
    shift = np.uint64((seed * _GOLDEN + _GOLDEN) % 2**64)
    return np.asarray((spread(key.view(np.uint64) + shift) >> np.uint64(24)).astype(np.intp))


def spread(values: Any) -> Any:
    """Return whole numbers whose bits all depend on all bits of the others.

    References
    ----------
    .. [1] Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators.
    """
    with np.errstate(over="ignore"):
        mixed = (values ^ (values >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        return mixed ^ (mixed >> np.uint64(31))
