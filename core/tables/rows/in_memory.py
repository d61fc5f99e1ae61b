"""``RowsInMemory``: what grouped data say of their rows, so that the rows may be elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol, Self

import numpy as np

from core.spec import ModelSpec
from core.tables.limits import LIMITS
from core.types import FloatArray, IntArray

#: About so many rows of whole groups stand for data that stay elsewhere.
WHOLE_GROUPS = 200_000


class SummedElsewhere(Protocol):
    """A table that stays where it is and is summed there (``core.open_table``)."""

    def grouped(self, spec: ModelSpec, *, key: str | None = None) -> Any:
        """Return the grouped data of a model."""
        ...


class _Rows(Protocol):
    """What the mixin asks of grouped data."""

    @property
    def y(self) -> FloatArray: ...
    @property
    def weights(self) -> FloatArray | None: ...
    @property
    def n_obs(self) -> int: ...
    @property
    def terms(self) -> tuple[Any, ...]: ...
    def design(self, rows: Any = ..., /) -> FloatArray: ...


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

    def base_ends(self, base: int) -> tuple[float, float]:
        """Return the least and the greatest value of a base column over the rows."""
        values = self.base_values(base)
        return float(values.min()), float(values.max())

    def base_sd(self, base: int) -> float:
        """Return the standard deviation of a base column over the rows."""
        return float(np.std(self.base_values(base)))

    def whole_groups(self, n_rows: int = WHOLE_GROUPS) -> Self:
        """Return data for what needs every row of a group: all, or whole groups in memory."""
        del n_rows
        return self

    @property
    def whole_groups_note(self) -> str:
        """What ``whole_groups`` is a part of, in words; '' when it is all rows."""
        return ""

    def times_design(self: _Rows, coef: FloatArray) -> FloatArray:
        """Return ``design() @ coef``, shape (n,), without all of the design at once."""
        size = max(LIMITS.cells_here // len(self.terms), 1)
        blocks = range(0, self.n_obs, size)
        parts = [self.design(slice(start, start + size)) @ coef for start in blocks]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def outcome_counts(self: _Rows, n_bins: int) -> tuple[IntArray, FloatArray]:
        """Return how many rows have an outcome in each bin, and the edges of the bins."""
        counts, edges = np.histogram(self.y, bins=n_bins)
        return counts.astype(np.intp), edges

    def weight_roots(self: _Rows, rows: Any = slice(None)) -> FloatArray:
        """Return the square roots of the precision weights of some rows; ones without weights."""
        if self.weights is None:
            return np.ones(len(self.y[rows]))
        return np.asarray(np.sqrt(self.weights[rows]))

    def has_rows_of(self: _Rows, other: Any) -> bool:
        """Return whether the outcome is the same in the same rows as in other data."""
        return self.n_obs == other.n_obs and np.array_equal(self.y, other.y)
