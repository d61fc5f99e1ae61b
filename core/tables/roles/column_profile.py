"""What each column of a table is like: kind, distinct values, and codes for counting by level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types as pdt

from core.tables.columns import label_of
from core.tables.read.report import REPORT_KEY
from core.tables.roles.calendar_texts import are_dates
from core.tables.roles.lexicon import Cues, cues_of
from core.tables.roles.word_scales import is_yes_or_no, word_order, yes_of
from core.types import BoolArray, FloatArray, IntArray

Kind: TypeAlias = Literal[
    "number", "category", "identifier", "date", "constant", "free text", "empty"
]

#: Distinct values of decimal numbers beyond this are not counted, only known to be many.
MANY = 100_000
#: Rows that a judgement about relations between columns looks at.
SAMPLE = 200_000
SAMPLE_CELLS = 4_000_000
_PROBE = 500
_UNIQUE_MIN_ROWS = 8
_MANY_BLOCKS = 20
_LEAST_COUNTED = 6
_MOST_STEPS = 9
_MOST_CODES = 12


@dataclass(frozen=True, eq=False)
class ColumnProfile:
    """One column, with what is worked out about it kept.

    Attributes
    ----------
    name : str
    position : int
        0 for the first column.
    series : Series
    cues : Cues
        What the words of the name suggest.
    """

    name: str
    position: int
    series: pd.Series[Any]
    cues: Cues

    @property
    def n_rows(self) -> int:
        """Number of rows of the table."""
        return len(self.series)

    @cached_property
    def missing(self) -> BoolArray:
        """Whether each cell is missing, shape (n,)."""
        return np.asarray(self.series.isna().to_numpy(), dtype=np.bool_)

    @cached_property
    def n_missing(self) -> int:
        """Number of missing cells."""
        return int(self.missing.sum())

    @property
    def n_present(self) -> int:
        """Number of cells that are not missing."""
        return self.n_rows - self.n_missing

    @cached_property
    def is_numeric(self) -> bool:
        """Whether the column holds numbers (truth values are two-level categories here)."""
        dtype = self.series.dtype
        return bool(
            pdt.is_numeric_dtype(dtype)
            and not pdt.is_bool_dtype(dtype)
            and not isinstance(dtype, pd.CategoricalDtype)
            and not pdt.is_complex_dtype(dtype)
        )

    @cached_property
    def is_text(self) -> bool:
        """Whether the column holds text, and no categories."""
        return bool(pdt.is_string_dtype(self.series.dtype)) and self.n_present > 0

    @cached_property
    def is_date(self) -> bool:
        """Whether the column holds dates, as such or as text."""
        if pdt.is_datetime64_any_dtype(self.series.dtype):
            return True
        if self.is_numeric:
            return self.is_calendar_number
        if not self.n_present:
            return False
        probe = self.texts[:_PROBE].to_pylist()
        return are_dates(probe)

    @cached_property
    def is_calendar_number(self) -> bool:
        """Whether whole numbers are days of the calendar, such as 20240131."""
        if not self.is_whole or not len(self.present):
            return False
        days = self.present
        year, month, day = days // 10_000, days // 100 % 100, days % 100
        valid = (year > 1800) & (year < 2200) & (month >= 1) & (month <= 12)
        return bool((valid & (day >= 1) & (day <= 31)).all() and len(np.unique(days[:_PROBE])) > 2)

    @cached_property
    def values(self) -> FloatArray:
        """The numbers, NaN where missing, shape (n,)."""
        return np.asarray(self.series.to_numpy(dtype=np.float64, na_value=np.nan))

    @cached_property
    def present(self) -> FloatArray:
        """The finite numbers alone."""
        finite = np.isfinite(self.values)
        return self.values if finite.all() else self.values[finite]

    @cached_property
    def is_whole(self) -> bool:
        """Whether all numbers are whole."""
        if not self.is_numeric:
            return False
        if pdt.is_integer_dtype(self.series.dtype):
            return True
        head = self.present[:_PROBE]
        return bool(
            (head == np.round(head)).all() and (self.present == np.round(self.present)).all()
        )

    @cached_property
    def _coded(self) -> tuple[IntArray, Any]:
        """Codes in order of appearance (-1 for missing) and the levels they stand for."""
        dtype = self.series.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            codes = self.series.cat.codes.to_numpy().astype(np.intp)
            return codes, list(self.series.cat.categories)
        if isinstance(dtype, pd.StringDtype):
            chunked = pa.chunked_array(pa.array(self.series, from_pandas=True))
            encoded = chunked.combine_chunks().dictionary_encode()
            indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            return indices.astype(np.intp), encoded.dictionary
        try:
            codes, levels = pd.factorize(self.series)
        except TypeError:  # cells that cannot be compared, such as lists
            codes, levels = pd.factorize(self.series.map(str, na_action="ignore"))
        return codes.astype(np.intp, copy=False), list(levels)

    @property
    def codes(self) -> IntArray:
        """Code of each cell into ``levels``, -1 where missing, shape (n,)."""
        return self._coded[0]

    @cached_property
    def levels(self) -> list[Any]:
        """Distinct values in order of appearance (a category's in its own order)."""
        found = self._coded[1]
        return found if isinstance(found, list) else list(found.to_pylist())

    @cached_property
    def texts(self) -> pa.Array:
        """The distinct values as arrow text, for searching many at once."""
        found = self._coded[1]
        if isinstance(found, list):
            return pa.array([label_of(level) for level in found], pa.string())
        return found.cast(pa.string())

    @property
    def n_levels(self) -> int:
        """How many levels the codes refer to, used or not."""
        return len(self._coded[1])

    @cached_property
    def counts(self) -> IntArray:
        """Rows of each level."""
        codes = self.codes
        return np.bincount(codes[codes >= 0] if self.n_missing else codes, minlength=self.n_levels)

    @cached_property
    def n_distinct(self) -> int:
        """Distinct values; for decimal numbers at most ``MANY`` rows are counted."""
        if self.is_numeric and not self.is_whole and self.n_rows > MANY:
            return len(np.unique(self.present[:MANY]))
        return int((self.counts > 0).sum())

    @cached_property
    def is_unique(self) -> bool:
        """Whether every present cell differs from all others."""
        return self.n_present >= _UNIQUE_MIN_ROWS and self.n_distinct == self.n_present

    @cached_property
    def kind(self) -> Kind:
        """What the column holds, judged by its cells and the words of its name."""
        if not self.n_present:
            return "empty"
        if self.n_distinct == 1:
            return "constant"
        if self.is_date:
            return "date"
        return self._kind_of_number() if self.is_numeric else self._kind_of_text()

    def _kind_of_number(self) -> Kind:
        if not self.is_whole or self.cues.time:
            return "number"
        named = self.cues.group or self.cues.id
        if named and self.n_distinct > 2:
            return "identifier"
        return "identifier" if self.is_unique and self.counts_rows else "number"

    def _kind_of_text(self) -> Kind:
        texts = self.texts[:_PROBE].to_pylist()
        words = sum(len(text.split()) for text in texts) / len(texts)
        mostly_unique = (
            self.n_distinct > 0.5 * self.n_present and self.n_present >= _UNIQUE_MIN_ROWS
        )
        if mostly_unique and (words > 5 or sum(map(len, texts)) > 60 * len(texts)):
            return "free text"
        named = (self.cues.group or self.cues.id) and self.n_distinct > 5
        return "identifier" if self.is_unique or named else "category"

    @cached_property
    def counts_rows(self) -> bool:
        """Whether the numbers count the rows: 1, 2, 3, ... up or down."""
        if not self.is_whole or self.n_missing or self.n_rows < _UNIQUE_MIN_ROWS:
            return False
        steps = np.diff(self.values)
        return bool((steps == 1).all() or (steps == -1).all())

    @cached_property
    def counts_within_blocks(self) -> bool:
        """Whether the numbers count the rows of each block anew: 1, 2, 3, 1, 2, 1, 2, 3, 4, ..."""
        if not (self.is_numeric and self.is_whole) or self.n_present < _UNIQUE_MIN_ROWS:
            return False
        steps = np.diff(self.present)
        begins = self.present[1:][steps != 1] == self.present[0]
        return bool(len(begins) > 1 and begins.all() and (steps == 1).mean() > 0.5)

    @cached_property
    def stands_together(self) -> bool:
        """Whether the rows of each level follow each other, as in a file sorted by its groups."""
        codes = self.codes
        runs = int(np.count_nonzero(np.diff(codes))) + 1
        return 4 <= self.n_distinct <= 0.67 * self.n_present and runs <= 1.1 * self.n_distinct

    @cached_property
    def is_balanced(self) -> bool:
        """Whether all levels have about as many rows."""
        sizes = self.counts[self.counts > 0]
        return bool(len(sizes) > 2 and sizes.std() <= 0.2 * sizes.mean())

    @property
    def numbers_blocks(self) -> bool:
        """Whether whole numbers only say which block of rows is meant, as ids do.

        Each occurs about as often as the others, which measurements never do.
        """
        if not (self.is_numeric and self.is_whole and self.n_present >= 2 * self.n_distinct):
            return False
        return self.is_balanced and (self.stands_together or self.n_distinct >= _MANY_BLOCKS)

    @cached_property
    def counts_things(self) -> bool:
        """Whether whole numbers are how many, not which: from 0 up, and the rarer the larger."""
        if not (self.is_numeric and self.is_whole) or self.n_distinct < _LEAST_COUNTED:
            return False
        if float(self.present.min()) != 0.0:
            return False
        sizes = np.unique(self.present, return_counts=True)[1]
        half = len(sizes) // 2
        return bool(sizes[:half].mean() > 2.0 * sizes[-half:].mean())

    @cached_property
    def is_indicator(self) -> bool:
        """Whether the column only says yes or no."""
        if self.n_distinct != 2:
            return False
        used = [self.levels[i] for i in np.flatnonzero(self.counts)]
        return is_yes_or_no([label_of(level) for level in used])

    @cached_property
    def has_answers(self) -> bool:
        """Whether text holds two answers of which one says yes: yes and no, died and survived."""
        if self.is_numeric or self.n_distinct != 2:
            return False
        used = [self.levels[i] for i in np.flatnonzero(self.counts)]
        return yes_of([label_of(level) for level in used]) is not None

    @cached_property
    def has_ordered_words(self) -> bool:
        """Whether text holds words of one scale, such as never to always."""
        if self.is_numeric or not 3 <= self.n_distinct <= _MOST_STEPS:
            return False
        return word_order([self.levels[i] for i in np.flatnonzero(self.counts)]) is not None

    @cached_property
    def outcome_values(self) -> FloatArray:
        """The numbers, or the codes of answers and of words, NaN where missing, shape (n,)."""
        if self.is_numeric:
            return self.values
        return np.where(self.codes >= 0, self.codes.astype(np.float64), np.nan)

    @property
    def is_binary(self) -> bool:
        """Whether there are exactly two different values."""
        return self.n_distinct == 2

    @cached_property
    def may_be_codes(self) -> bool:
        """Whether whole numbers are few and small enough to be codes of groups: 0, 1, 2."""
        if not (self.is_numeric and self.is_whole) or not 2 <= self.n_distinct <= _MOST_CODES:
            return False
        if self.cues.time or self.cues.attribute or self.cues.outcome or self.is_binary:
            return False
        low, high = float(self.present.min()), float(self.present.max())
        return low in (0.0, 1.0) and high - low < self.n_distinct and self.can_group

    @property
    def can_group(self) -> bool:
        """Whether the column can name groups: levels that repeat, and no decimal numbers."""
        if self.kind in ("empty", "constant", "free text", "date"):
            return False
        if self.is_numeric and not self.is_whole:
            return False
        most = 0.95 if self.cues.group else 0.67
        return 2 <= self.n_distinct <= most * self.n_present


def profile_table(table: pd.DataFrame) -> tuple[ColumnProfile, ...]:
    """Return the profile of every column, in order."""
    bare = table.copy(deep=False)
    bare.attrs = {}  # pandas would copy them with every column
    measured = {str(pair[0]) for pair in table.attrs.get(REPORT_KEY, {}).get("units", ())}
    has_directions = {"x", "y", "z"} <= set(map(str, table.columns))
    return tuple(
        ColumnProfile(
            str(name), j, series, _cues(str(name), str(name) in measured, not has_directions)
        )
        for j, (name, series) in enumerate(bare.items())
    )


def _cues(name: str, is_measured: bool, may_be_y: bool) -> Cues:
    """Return what a name suggests; numbers with a unit are how much, and not which.

    Beside x and z, y is one of three directions, and no outcome.
    """
    cues = cues_of(name)
    if name == "y" and not may_be_y:
        cues = replace(cues, outcome=False)
    return replace(cues, group=False, id=False, row_id=False) if is_measured else cues


def sample_size(table: pd.DataFrame) -> int:
    """Return how many rows a judgement looks at: fewer of a table with many columns."""
    return min(SAMPLE, max(SAMPLE_CELLS // max(table.shape[1], 1), 2_000))


def sample_rows(table: pd.DataFrame, blocks: int = 4) -> pd.DataFrame:
    """Return a large table's rows in a few evenly spaced blocks, which keep groups together."""
    n_rows = sample_size(table)
    if len(table) <= n_rows:
        return table
    size = n_rows // blocks
    starts = np.linspace(0, len(table) - size, blocks).astype(int)
    return pd.concat([table.iloc[start : start + size] for start in starts], ignore_index=True)


def by_name(profiles: Sequence[ColumnProfile], name: str | None) -> ColumnProfile | None:
    """Return the profile of a column, or None."""
    return next((profile for profile in profiles if profile.name == name), None)
