"""``Sheet``: a table under repair, what its file tells about it, and what was done so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api import types as pdt

from core.formats import shorten
from core.tables.read.numerals import SPACES, matches_pattern
from core.tables.read.report import ReadOptions, ReadReport
from core.tables.repairs.repair import MOST_ROWS, Repair, RepairCode
from core.types import BoolArray, IntArray

#: What begins or ends like a number: at most a sign, a currency, a mark or a short unit around.
LIKE_NUMBER = (
    rf"^[\s{SPACES}~≈(+\-−]*(?:[A-Za-z]{{0,3}}[$€£¥₹]?\.?)[\s{SPACES}+\-−]*"
    rf"\d[\d.,'’{SPACES}]*(?:[eE][+\-]?\d+)?[\s{SPACES})]*"
    rf"(?:[^\d\s]{{1,12}} ?){{0,3}}[²³23]?[\s{SPACES}]*$"
)

_PROBE, _LIKE_SHARE = 200, 0.3


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table under repair; every step returns a new one.

    Attributes
    ----------
    table : DataFrame
        As it stands; its index keeps the places of the rows as typed, from 0.
    report : ReadReport
    options : ReadOptions
    """

    table: pd.DataFrame
    report: ReadReport
    options: ReadOptions
    _known: dict[str, _Known] = field(default_factory=dict)

    def allows(self, code: RepairCode, column: str | None = None) -> bool:
        """Whether the reader wants a repair."""
        return self.options.allows(code, column)

    @cached_property
    def names(self) -> list[str]:
        """Names of the columns."""
        return list(self.table.columns)

    @cached_property
    def text_names(self) -> list[str]:
        """Names of the columns of text that is not to be left as it is."""
        kept = self.options.text_columns
        return [n for n in self.names if is_text(self.table[n]) and n not in kept]

    @cached_property
    def number_names(self) -> list[str]:
        """Names of the columns of text of which many of the first cells look like numbers."""
        found = self.matching(LIKE_NUMBER, _PROBE)
        return [name for name, like in found.items() if len(like) and like.mean() >= _LIKE_SHARE]

    def matching(self, pattern: str, most: int) -> dict[str, BoolArray]:
        """Return by column of text which of its first different cells match a pattern (RE2).

        All columns at once, since the pattern takes longer to understand than to look for.
        """
        heads = [self.distinct(name).slice(0, most) for name in self.text_names]
        if not heads:
            return {}
        found = matches_pattern(pa.concat_arrays(heads), pattern)
        ends = np.cumsum([len(head) for head in heads])
        return dict(zip(self.text_names, np.split(found, ends[:-1]), strict=True))

    def texts(self, name: str) -> pa.ChunkedArray:
        """Return a column of text in arrow's form."""
        return self._column(name).texts

    def distinct(self, name: str) -> pa.Array:
        """Return the different cells of a column of text."""
        return self._column(name).distinct

    def _column(self, name: str) -> _Known:
        """Return what is known of a column of text, which a column that stays as it is keeps."""
        series = self.table[name]
        known = self._known.get(name)
        if known is None or known.series.array is not series.array:
            known = self._known[name] = _Known(series)
        return known

    def typed_name(self, name: str) -> str:
        """Return what stood in the header, '' where the reader had to name the column."""
        became = {new: typed for typed, new in self.report.renamed}
        has_header = self.report.header_row != 0 or self.report.format not in ("csv", "tsv")
        is_made = not has_header and name.startswith("column_")
        return "" if is_made else became.get(name, name).strip()

    def rows(self, places: IntArray | BoolArray) -> tuple[int, ...]:
        """Return rows, by place or by mask, as they are counted in the table as typed."""
        return tuple(int(row) + 1 for row in self.table.index[places][:MOST_ROWS])

    def kept(self, mask: BoolArray) -> pd.DataFrame:
        """Return the table with only some rows."""
        return self.table[mask]

    def done(self, table: pd.DataFrame, *repairs: Repair, **known: Any) -> Sheet:
        """Return the sheet with a changed table, what was done and what the report then knows."""
        report = replace(self.report, repairs=(*self.report.repairs, *repairs), **known)
        return Sheet(table, report, self.options, self._known)


@dataclass(frozen=True, eq=False)
class _Known:
    """A column of text and what is worked out about it."""

    series: pd.Series[Any]

    @cached_property
    def texts(self) -> pa.ChunkedArray:
        return arrow_texts(self.series)

    @cached_property
    def distinct(self) -> pa.Array:
        found = pc.unique(self.texts).drop_null()
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def is_text(column: pd.Series[Any]) -> bool:
    """Whether a column holds text, and no categories."""
    return isinstance(column.dtype, pd.StringDtype) or bool(pdt.is_string_dtype(column.dtype))


def arrow_texts(column: pd.Series[Any]) -> pa.ChunkedArray:
    """Return a column of text in arrow's form; missing cells stay missing."""
    texts = pa.array(column, from_pandas=True)
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    return pa.chunked_array(chunks, texts.type).cast(pa.string())


def as_column(values: Any, table: pd.DataFrame) -> pd.Series[Any]:
    """Return arrow texts or numbers as a column of a table."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return pd.Series(values.to_pandas().array, index=table.index)
    return pd.Series(values, index=table.index)


def like_numbers(texts: pa.Array | pa.ChunkedArray) -> BoolArray:
    """Return which texts look like numbers, shape (n,); missing ones do not."""
    return matches_pattern(texts, LIKE_NUMBER)


def present(texts: pa.ChunkedArray) -> BoolArray:
    """Return which cells are there, shape (n,)."""
    filled = pc.fill_null(pc.match_substring_regex(texts, r"\S"), False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)


def quoted(texts: Sequence[str], most: int = 3) -> str:
    """Return "'a', 'b' and 2 more" for a sentence."""
    distinct = list(dict.fromkeys(text.strip() for text in texts))
    shown = ", ".join(f"'{shorten(text, 40)}'" for text in distinct[:most])
    rest = len(distinct) - most
    return shown + (f" and {rest:,} more" if rest > 0 else "")


def rows_named(rows: Sequence[int], total: int | None = None) -> str:
    """Return 'row 4' or 'rows 4, 17, 90, …', naming at most four."""
    total = len(rows) if total is None else total
    shown = ", ".join(f"{row:,}" for row in rows[:4])
    return ("row " if total == 1 else "rows ") + shown + (", …" if total > 4 else "")
