"""``Finding``: one remark of the doctor about a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.formats import shorten
from core.tables.fix import Fix
from core.types import Severity

FindingCode: TypeAlias = Literal[
    "numeric_text", "category_as_number", "missing_tokens", "reused_ids", "crossed",
    "wide_layout", "total_row", "repeated_header", "singletons", "no_spread_in_x",
    "near_duplicate_levels", "id_like", "binary_outcome", "constant_column", "date_predictor",
    "duplicate_names", "varies_within_group", "duplicate_rows", "ordered_words",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Finding:
    """What may be wrong with a table, in one sentence, and what one click does about it.

    Attributes
    ----------
    code : FindingCode
    column : str or None
        The column it is about; None for the table as a whole.
    message : str
        Plain text with names as typed: escape it where it is shown.
    fix : Fix or None
        For ``apply_fix``; None where the remedy is a choice of model.
    severity : {"info", "caution", "problem"}
        ``problem``: the fits would be wrong or impossible.
    choices : tuple of Fix
        Where only the reader can tell: one for each answer, ``fix`` among them.
    """

    code: FindingCode
    column: str | None
    message: str
    fix: Fix | None = None
    severity: Severity = "caution"
    choices: tuple[Fix, ...] = ()

    @property
    def is_question(self) -> bool:
        """Whether the reader has to choose between several fixes."""
        return len(self.choices) > 1


def quoted(items: Sequence[object], most: int = 5) -> str:
    """Return "'a', 'b' and 3 more" for a message."""
    shown = ", ".join(f"'{shorten(str(item))}'" for item in items[:most])
    rest = len(items) - most
    return shown + (f" and {rest:,} more" if rest > 0 else "")
