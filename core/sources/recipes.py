"""New columns of a table elsewhere: the recipes of ``core.tables.transform`` as expressions."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.exceptions import DataError
from core.formats import shorten
from core.sources.engines.engine import Engine
from core.sources.expressions import as_level, as_number, exact, is_finite, is_level, kind_of
from core.tables.fix import Fix
from core.tables.names import unique_names
from core.tables.transform import (
    AddGroupMean,
    CentreGrandMean,
    CentreGroupMean,
    Logarithm,
    Standardise,
)


def applied(engine: Engine, table: Any, fix: Fix) -> Any:
    """Return a table with the new columns of a recipe at its end.

    Raises
    ------
    DataError
        As in memory: for a column without numbers, without spread, or with numbers that have
        no logarithm; and for a fix that needs the rows themselves.
    """
    if isinstance(fix, CentreGroupMean | AddGroupMean):
        return _split(engine, table, fix)
    if not isinstance(fix, CentreGrandMean | Standardise | Logarithm):
        raise DataError(
            f"'{fix.label}' needs the rows themselves, and {engine.label} stays where it is. "
            "Make the change there, and open the table again."
        )
    number = _numbers(table, fix.column)
    _check_any(engine, table, number, fix.column)
    if isinstance(fix, Logarithm):
        made = _logarithm(engine, table, number, fix.column)
    else:
        centred = number - exact(_mean(engine, table, number))
        made = centred
        if isinstance(fix, Standardise):
            made = centred / exact(_sd(engine, table, centred, fix.column))
    return _with(table, {fix.names[0]: made})


def _numbers(table: Any, name: str) -> Any:
    """Return a column's numbers, missing where they are not finite."""
    import ibis

    column = table[name]
    if kind_of(column.type()) not in ("number", "truth"):
        raise DataError(
            f"'{shorten(name)}' does not hold numbers, so it cannot be centred, scaled or logged. "
            "Choose a numeric column, or turn the text into numbers first."
        )
    number = as_number(column)
    return ibis.ifelse(is_finite(number), number, ibis.null("float64"))


def _value(engine: Engine, table: Any, expression: Any) -> float:
    """Return one number that sums up a table; NaN where there is none."""
    found = engine.run(table.aggregate(value=expression))["value"][0].as_py()
    return np.nan if found is None else float(found)


def _check_any(engine: Engine, table: Any, number: Any, name: str) -> None:
    if not _value(engine, table, number.count()):
        raise DataError(f"'{shorten(name)}' holds no numbers. Choose another column.")


def _mean(engine: Engine, table: Any, number: Any) -> float:
    """Return the mean to the last digits, by a second look at what the first leaves."""
    first = _value(engine, table, number.mean())
    return first + _value(engine, table, (number - exact(first)).mean())


def _sd(engine: Engine, table: Any, centred: Any, name: str) -> float:
    """Return the sd with n - 1 of numbers about their mean."""
    square = _value(engine, table, (centred * centred).sum())
    n = _value(engine, table, centred.count())
    sd = float(np.sqrt(square / max(n - 1.0, 1.0)))
    if not sd > 0:
        raise DataError(
            f"'{shorten(name)}' has the same value in every row, so it has no sd to divide by. "
            "Choose another column."
        )
    return sd


def _logarithm(engine: Engine, table: Any, number: Any, name: str) -> Any:
    import ibis

    bad = int(_value(engine, table, (number <= 0.0).ifelse(1, 0).sum()))
    if bad:
        least = _value(engine, table, number.min())
        raise DataError(
            f"'{shorten(name)}' has {bad:,} values of zero or less (the least is {least:g}), which "
            "have no logarithm. Use the column as it is."
        )
    return ibis.ifelse(number > 0.0, number, ibis.null("float64")).ln()


def _with(table: Any, made: dict[str, Any]) -> Any:
    """Return the table with new columns at its end; a name that is taken gets a number."""
    names, _ = unique_names([*table.columns, *made])
    return table.mutate(**dict(zip(names[len(table.columns) :], made.values(), strict=True)))


def _split(engine: Engine, table: Any, fix: CentreGroupMean | AddGroupMean) -> Any:
    """Return the table with group means, and the deviations from them where they are asked for."""
    split = CentreGroupMean(fix.column, fix.group)
    number, group = _numbers(table, fix.column), as_level(table[fix.group])
    _check_any(engine, table, number, fix.column)
    # About the mean of all, so that the means of groups far from zero keep their digits.
    center = exact(_mean(engine, table, number))
    own = table.select(own_group=group, own_value=number - center)
    own = own.filter(is_level(own["own_group"]), own["own_value"].notnull())
    own = own.group_by("own_group").aggregate(own_mean=own["own_value"].mean())
    marked = table.mutate(**{"own number": number - center, "own level": group})
    joined = marked.left_join(own, marked["own level"] == own["own_group"])
    means, within = joined["own_mean"] + center, joined["own number"] - joined["own_mean"]
    _check_spread(engine, joined, within, fix)
    made = {split.group_names[0]: means}
    if isinstance(fix, CentreGroupMean):
        made = {split.names[0]: within} | made
    hidden = {f"own new {i}": column for i, column in enumerate(made.values())}
    names = unique_names([*table.columns, *made])[0][len(table.columns) :]
    chosen = joined.select(*table.columns, **hidden)
    return chosen.rename(dict(zip(names, hidden, strict=True)))


def _check_spread(
    engine: Engine, joined: Any, within: Any, fix: CentreGroupMean | AddGroupMean
) -> None:
    most = _value(engine, joined, within.abs().max())
    sd = _value(engine, joined, joined["own number"].std(how="pop"))
    if not most > 1e-9 * max(sd, 1e-300):
        raise DataError(
            f"'{shorten(fix.column)}' is the same within each group of '{shorten(fix.group)}', so "
            "nothing is left after taking its group means away. Use it as a group-level predictor."
        )
