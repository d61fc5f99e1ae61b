"""Puts several measures at several times below each other: pre_math, post_math, pre_read, ..."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.formats import listed, shorten
from core.tables.fix import Fix
from core.tables.names import unique_names
from core.tables.reshape import WideToLong
from core.tables.sizes import CELL, check_frame, column_bytes


@dataclass(frozen=True)
class SeveralToLong(Fix):
    """Put the columns of several measures below each other, one column for each measure.

    Attributes
    ----------
    parts : tuple of WideToLong
        One for each measure, all with the same times; ``value_name`` is the measure.
    """

    parts: tuple[WideToLong, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is put below others."""
        return tuple(name for part in self.parts for name in part.columns)

    @property
    def label(self) -> str:
        """What the button says."""
        measures = listed([f"'{shorten(part.value_name)}'" for part in self.parts], 3)
        times = len(self.parts[0].times)
        return f"Put {measures} at {times} times below each other, one row for each time"

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with a row for each time, which names it, and a column a measure."""
        first, n_times = self.parts[0], len(self.parts[0].times)
        others = [name for name in table.columns if name not in self.columns]
        width = sum(column_bytes(table[name]) for name in others) + CELL * (1 + len(self.parts))
        n_columns = len(others) + 1 + len(self.parts)
        check_frame(table, len(table) * n_times, width, n_columns, "The long table")
        long = first.apply(table[[*others, *first.columns]])
        for part in self.parts[1:]:
            values = np.column_stack([table[name].to_numpy() for name in part.columns])
            names, _ = unique_names([*map(str, long.columns), part.value_name])
            long[names[-1]] = values.ravel()
        return long
