"""``Repair``: one thing that was put right while a table was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

RepairCode: TypeAlias = Literal[
    "title_lines", "header_rows", "units_row", "note_lines", "blank_rows", "repeated_header",
    "second_table", "summary_rows", "fill_down", "number_marks", "units", "marked_cells",
    "durations", "missing_codes", "missing_labels", "unclosed_quote", "formula_texts",
]  # fmt: skip

#: Rows that a repair names one by one; the sentence has the whole count.
MOST_ROWS = 1_000


@dataclass(frozen=True)
class Repair:
    """What was put right, where, and in one sentence.

    Attributes
    ----------
    code : RepairCode
        The kind of repair.
    column : str or None
        The column it is about; None for the table as a whole.
    rows : tuple of int
        Rows it is about, counted from 1 in the table as typed, at most the first
        ``MOST_ROWS``; empty where it is about a column as a whole. Of titles above the table:
        lines of the file.
    sentence : str
        What was done, plain text with names as typed: escape it where it is shown.
    """

    code: RepairCode
    column: str | None
    rows: tuple[int, ...]
    sentence: str

    @property
    def key(self) -> str:
        """What names this repair among all of a table, for taking it back."""
        return self.code if self.column is None else f"{self.code}:{self.column}"
