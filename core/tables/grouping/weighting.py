"""Weights of rows: precision weights as numbers, frequency weights as rows that are repeated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.exceptions import DataError, NotSupportedError
from core.spec import ModelSpec
from core.tables.columns import NumericColumn, column_of, is_numeric, numeric_column
from core.tables.limits import LIMITS
from core.types import BoolArray, IntArray

_KINDS = (
    "Precision weights are positive numbers that the variance of a row is divided by; frequency "
    "weights count equal rows."
)


def weights_of(table: pd.DataFrame, spec: ModelSpec) -> NumericColumn | None:
    """Return the column of weights; None where the model has none.

    Raises
    ------
    DataError
        When it does not hold numbers, holds negative ones, or fractions that are to be counts.
    """
    name = spec.weights
    if not name:
        return None
    series = column_of(table, name, "weights")
    if not is_numeric(series):
        raise DataError(f"The weights '{name}' do not hold numbers. {_KINDS}")
    found = numeric_column(series, name)
    known = found.values[found.usable()]
    if (known < 0).any():
        where = np.flatnonzero(found.values < 0)
        raise DataError(
            f"The weights '{name}' hold {len(where):,} negative "
            f"{'number' if len(where) == 1 else 'numbers'} (the first in row {where[0] + 1:,}: "
            f"{found.values[where[0]]:g}). {_KINDS} Mend the column or choose another."
        )
    if spec.weight_kind == "frequency" and (known != np.rint(known)).any():
        odd = known[known != np.rint(known)][0]
        raise DataError(
            f"The frequency weights '{name}' are not whole numbers ({odd:g} is among them), so no "
            f"row can be repeated that often. {_KINDS}"
        )
    return found


def as_rows(
    spec: ModelSpec, kept: BoolArray | None, weights: NumericColumn | None
) -> tuple[BoolArray | IntArray | None, NumericColumn | None]:
    """Return the rows to use, repeated by their frequency, and the precision weights of these.

    Parameters
    ----------
    kept : BoolArray, shape (n,), or None
        Which rows are used; None for all.

    Returns
    -------
    BoolArray, IntArray or None
        As ``kept``, or positions with repeats.
    NumericColumn or None
        None where no row weighs more than another.

    Raises
    ------
    DataError
        When the rows repeated would be more than a table may have.
    """
    if weights is None:
        return kept, None
    used = weights if kept is None else weights.keep(kept)
    if spec.weight_kind == "precision":
        used.check_size()
        return kept, used
    total = float(used.values.sum())
    if total > LIMITS.rows:
        raise DataError(
            f"With the frequency weights '{weights.name}' the table stands for {total:,.0f} rows; "
            f"the limit (rows) is {LIMITS.rows:,}. Are they precision or survey weights?",
            code="too_large",
        )
    where = np.arange(len(weights.values)) if kept is None else np.flatnonzero(kept)
    return np.repeat(where, used.values.astype(np.intp)).astype(np.intp), None


def check_one_factor(spec: ModelSpec) -> None:
    """Refuse precision weights of models with several grouping factors.

    Raises
    ------
    NotSupportedError
        With what can be done instead.
    """
    if spec.has_precision:
        raise NotSupportedError(
            f"Precision weights ('{spec.weights}') are not there yet for models with several "
            "grouping factors. Keep one grouping, leave the weights out, or use lme4's weights=."
        )


def check_in_memory(spec: ModelSpec) -> None:
    """Refuse weights of tables whose rows stay elsewhere.

    Raises
    ------
    NotSupportedError
        With what can be done instead.
    """
    if spec.weights:
        raise NotSupportedError(
            f"Weights ('{spec.weights}') are not there yet for a table that stays where it is: "
            "its rows are summed there without them. Upload the columns of the model instead."
        )


def refuse_precision(spec: ModelSpec, what: str) -> None:
    """Refuse what does not know of precision weights, rather than leave them out in silence.

    Raises
    ------
    NotSupportedError
        With what was asked, and what can be done.
    """
    if spec.has_precision:
        raise NotSupportedError(
            f"{what} does not take precision weights yet: it would treat all rows as equally "
            f"precise, whatever '{spec.weights}' says. Leave the weights out to see it without."
        )
