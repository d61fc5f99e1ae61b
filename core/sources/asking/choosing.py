"""The rows that a model keeps (``core.Keep``), chosen where the table is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.exceptions import DataError
from core.keep import End, Keep
from core.sources.expressions import Kind, as_level, as_number, exact, is_finite, is_level


def with_rows(table: Any, rows: Sequence[Keep], kinds: Mapping[str, Kind]) -> Any:
    """Return an Ibis table with the rows that all filters keep.

    Raises
    ------
    DataError
        When a range is asked of a column that holds no numbers.
    """
    for keep in rows:
        table = table.filter(*_tests(table[keep.column], keep, kinds[keep.column]))
    return table


def _tests(values: Any, keep: Keep, kind: Kind) -> list[Any]:
    is_number = kind in ("number", "truth")
    if keep.levels and is_number:
        return [as_number(values).isin([v for v in map(_number, keep.levels) if v is not None])]
    if keep.levels:
        return [as_level(values).isin(list(keep.levels))]
    if not is_number:
        if keep.between not in (None, (None, None)):
            raise DataError(
                f"'{keep.column}' holds no numbers, so it lies between no two of them. Choose "
                "among its values instead."
            )
        return [is_level(as_level(values))]
    number = as_number(values)
    low, high = (_end(end, keep) for end in keep.between or (None, None))
    tests = [is_finite(number)]
    tests += [] if low is None else [number >= exact(low)]
    return tests + ([] if high is None else [number <= exact(high)])


def _number(text: str) -> float | None:
    try:
        return float({"True": "1", "False": "0"}.get(text, text))
    except ValueError:
        return None


def _end(end: End, keep: Keep) -> float | None:
    found = None if end is None else _number(str(end))
    if end is not None and found is None:
        raise DataError(f"'{keep.column}' holds numbers, so '{end}' is no end of a range.")
    return found
