"""``RowsInMemory``: what grouped data say of their rows, so that the rows may be elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from core.types import FloatArray


class RowsInMemory:
    """Questions about the rows of grouped data, answered from the rows in memory.

    Data whose rows stay elsewhere (``core.sources.queried``) answer the same questions by
    asking there, or from a stated sample.
    """

    def base_values(self, base: int) -> FloatArray:
        """Return one base column over the rows, shape (n,)."""
        raise NotImplementedError

    def update(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[type-var]

    @property
    def in_hand(self) -> Self:
        """The rows that can be looked at: all, unless they stay elsewhere."""
        return self

    @property
    def sample_note(self) -> str:
        """What ``in_hand`` is a part of, in words; '' when it is all rows."""
        return ""

    def rows_of(self, group: str) -> Self:
        """Return data that hold all rows of one group, and maybe others."""
        del group
        return self

    def base_mean(self, base: int) -> float:
        """Return the mean of a base column over the rows."""
        return float(self.base_values(base).mean())
