"""Text cells of files elsewhere, read as ``core.read_table`` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from core.sources.engines.engine import Engine
from core.tables.read.numerals import PLAIN, matches
from core.tables.read.report import MISSING_TOKENS

#: Cells at the beginning that are looked at before all are.
_PROBE = 1_000
#: A number that is a code: leading zeros, or more digits than a float holds.
_CODE = r"^\s*[+-]?(?:0[0-9]|[0-9]{17,})"
_MARKS = sorted({m for token in MISSING_TOKENS for m in (token, f" {token}", f"{token} ", "  ")})


def without_marks(cell: Any) -> Any:
    """Return a text expression that is missing where the cell says so ('NA', '')."""
    import ibis

    return ibis.ifelse(cell.isin(_MARKS), ibis.null("string"), cell)


def number_in(cell: Any, decimal: str = ".") -> Any:
    """Return the number that a text expression holds; missing where it is none."""
    plain = cell.strip()
    if decimal != ".":
        plain = plain.replace(decimal, ".")
    return plain.try_cast("float64")


def all_numbers(
    engine: Engine, table: Any, columns: Sequence[str], *, decimal: str = "."
) -> set[str]:
    """Return which text columns hold nothing but numbers, codes such as 007 left out.

    All cells of a column are looked at where the first ones leave it open.
    """
    if not columns:
        return set()
    head = engine.run(table.select(*columns).limit(_PROBE))
    likely = [name for name in columns if decimal != "." or _may_be_numbers(head[name])]
    if not likely:
        return set()
    odd = {}
    for i, name in enumerate(likely):
        cell = table[name]
        is_odd = number_in(cell, decimal).isnull() | cell.re_search(_CODE)
        odd[f"odd_{i}"] = (cell.notnull() & is_odd).sum()
        odd[f"there_{i}"] = cell.count()
    found = engine.run(table.aggregate(**odd))
    return {
        name
        for i, name in enumerate(likely)
        if found[f"there_{i}"][0].as_py() and not found[f"odd_{i}"][0].as_py()
    }


def _may_be_numbers(cells: pa.ChunkedArray) -> bool:
    return bool(matches(cells.drop_null(), PLAIN).all())
