"""``QueriedData``: grouped data whose rows stay where they are."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from core.moments import GroupMoments
from core.sources.fetching import SAMPLE_OF_A_GROUP, SAMPLE_ROWS, Fetched, RowsElsewhere
from core.sources.passes import Means
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.tables.grouped import GroupedData
from core.tables.left_out import LeftOut, LeftOutReason
from core.tables.rows.in_memory import WHOLE_GROUPS
from core.types import FloatArray, IntArray


class CountedOut(LeftOut):
    """Rows left out that were counted where they are; their positions are not known."""

    @property
    def n_rows(self) -> int:
        """How many rows are left out."""
        return sum(reason.n_rows for reason in self.reasons)


def counted_out(reasons: tuple[LeftOutReason, ...], lost: tuple[str, ...]) -> LeftOut:
    """Return the account of rows that were left out elsewhere."""
    return CountedOut(np.empty(0, dtype=np.intp), reasons, lost)


class QueriedNumbers(NumericColumn):
    """A numeric column elsewhere: its span is known, its values are fetched when asked for."""

    def __init__(
        self, name: str, span: tuple[float, float, float], rows: RowsElsewhere, by: float = 0.0
    ) -> None:
        self.__dict__.update(name=name, _span=span, _rows=rows, by=by)

    @property
    def values(self) -> FloatArray:
        """The values of all rows, shape (n,)."""
        column = self.__dict__["_rows"].fetch().columns[self.name]
        return np.asarray(column.values + self.by) if self.by else np.asarray(column.values)

    @property
    def by(self) -> float:
        """What is added to the values as they are elsewhere."""
        return float(self.__dict__["by"])

    @property
    def span(self) -> tuple[float, float, float]:
        """Least, mean and greatest value."""
        least, mean, most = self.__dict__["_span"]
        return least + self.by, mean + self.by, most + self.by

    def shifted(self, by: float) -> QueriedNumbers:
        """Return the column with a number added to every value."""
        held = self.__dict__
        return QueriedNumbers(self.name, held["_span"], held["_rows"], self.by + by)


class QueriedCategory(CategoricalColumn):
    """A category elsewhere: its levels are known, its codes are fetched when asked for."""

    def __init__(self, name: str, levels: tuple[str, ...], rows: RowsElsewhere) -> None:
        self.__dict__.update(name=name, levels=levels, _rows=rows)

    @property
    def codes(self) -> IntArray:
        """The codes of all rows, shape (n,)."""
        column = self.__dict__["_rows"].fetch().columns[self.name]
        return np.asarray(column.codes)


class QueriedData(GroupedData):
    """Grouped data that were summed where they are.

    Everything that lives on moments works as with rows in memory. What asks for rows (``y``,
    ``group_index``, the values of a column) makes them be fetched when they are few
    (``core.sources.fetching.MOST_ROWS``), and is refused with a ``SourceError`` otherwise; see
    ``in_hand`` and ``sample``.

    Attributes
    ----------
    moments : GroupMoments
        Made together with the data, of the same rows.
    """

    moments: GroupMoments

    def __init__(
        self,
        layout: GroupedData,
        moments: GroupMoments,
        rows: RowsElsewhere,
        left_out: LeftOut,
        means: Means,
    ) -> None:
        parts = {
            f.name: getattr(layout, f.name) for f in fields(GroupedData) if f.name not in _ROWS
        }
        self.__dict__.update(parts, left_out=left_out, moments=moments, rows_elsewhere=rows)
        self.__dict__["columns"] = _columns(layout, rows, means)
        self.__dict__["_outcome_ends"] = means.ends["n0"]

    @property
    def y(self) -> FloatArray:
        """Outcome of the rows used, shape (n,)."""
        return self._fetched.y

    @property
    def group_index(self) -> IntArray:
        """j[i], shape (n,)."""
        return self._fetched.group_index

    @property
    def key(self) -> IntArray | None:
        """The rows' keys, shape (n,)."""
        return self._fetched.key

    @property
    def n_obs(self) -> int:
        """Number of rows used, n."""
        return self._elsewhere.n_obs

    @property
    def group_sizes(self) -> IntArray:
        """Rows of each group, n_j, shape (J,)."""
        return self._elsewhere.sizes

    @property
    def in_hand(self) -> GroupedData:  # type: ignore[override]
        """The rows that can be looked at: all when they are few, else a sample of groups.

        A sample keeps all groups and levels, most of them without rows, so that it fits
        whatever was computed from all. ``sample_note`` says what it is.
        """
        if self._elsewhere.are_few:
            return self
        if "_sample" not in self.__dict__:
            found = self._elsewhere.sample(SAMPLE_ROWS, SAMPLE_OF_A_GROUP, 0)
            self.__dict__["_sample"] = self._with_rows(found)
        sample: GroupedData = self.__dict__["_sample"]
        return sample

    @property
    def sample_note(self) -> str:
        """What ``in_hand`` is a part of, in words; '' when it is all rows."""
        if self._elsewhere.are_few:
            return ""
        held = self.in_hand
        groups = int((held.group_sizes > 0).sum())
        return (
            f"Rows shown: {held.n_obs:,} of {self.n_obs:,}, from {groups:,} of "
            f"{self.n_groups:,} groups drawn at random. Every estimate is from all rows."
        )

    def base_mean(self, base: int) -> float:
        """Return the mean of a base column over the rows."""
        if base == 0:
            return 1.0
        moments = self.moments
        mean = float(np.dot(moments.n, moments.mean_of(base)) / moments.n.sum())
        return float(moments.center[base] + moments.scale[base] * mean)

    def base_ends(self, base: int) -> tuple[float, float]:
        """Return the least and the greatest value of a base column over the rows."""
        column = self.columns[self.base[base - 1].source] if base else None
        if isinstance(column, NumericColumn):
            return column.span[0], column.span[2]
        return (0.0 if base else 1.0), 1.0

    def base_sd(self, base: int) -> float:
        """Return the standard deviation of a base column over the rows."""
        moments = self.moments
        if base == 0:
            return 0.0
        n = float(moments.n.sum())
        mean = moments.mean_of(base)
        between = np.dot(moments.n, (mean - np.dot(moments.n, mean) / n) ** 2)
        squares = float(moments.within(base, base).sum() + between)
        return float(moments.scale[base] * np.sqrt(max(squares, 0.0) / n))

    def outcome_counts(self, n_bins: int) -> tuple[IntArray, FloatArray]:
        """Return how many rows have an outcome in each bin, counted where they are."""
        return self._elsewhere.outcome_counts(self._ends, n_bins)

    def has_rows_of(self, other: GroupedData) -> bool:
        """Return whether the outcome is the same in the same rows as in other data.

        Of rows elsewhere their number, mean and spread by group are compared.
        """
        if not isinstance(other, QueriedData) or self._elsewhere.are_few:
            return super().has_rows_of(other)
        ours, theirs = self.moments, other.moments
        same = self.group_names == other.group_names and np.array_equal(ours.n, theirs.n)
        a, b = ours.outcome, theirs.outcome
        return (
            same
            and np.allclose(ours.center[a], theirs.center[b], rtol=1e-12, atol=0.0)
            and np.allclose(ours.mean_of(a), theirs.mean_of(b), rtol=1e-9, atol=1e-9)
            and np.allclose(ours.within(a, a), theirs.within(b, b), rtol=1e-9, atol=1e-9)
        )

    def rows_of(self, group: str) -> GroupedData:  # type: ignore[override]
        """Return all rows of one group, with all groups and levels as they are."""
        if self._elsewhere.are_few:
            return self
        at = np.array([self.group_names.index(group)], dtype=np.intp)
        return self._with_rows(self._elsewhere.of_groups(at))

    def sample(self, n_rows: int = 200_000, seed: int = 0) -> GroupedData:
        """Return whole groups drawn at random, as data of their own in memory.

        For what needs every row of what it looks at, such as ``core.cross_validate``.

        Parameters
        ----------
        n_rows : int
            About so many rows; at least one group, and all of them where there are fewer.
        seed : int
        """
        found = self._elsewhere.sample(n_rows, n_rows, seed)
        return _compact(self._with_rows(found))

    def whole_groups(self, n_rows: int = WHOLE_GROUPS) -> GroupedData:  # type: ignore[override]
        """Return data for what needs every row of a group: all, or a sample (``sample``)."""
        if self._elsewhere.are_few:
            return self
        if "_whole" not in self.__dict__:
            self.__dict__["_whole"] = self.sample(n_rows)
        whole: GroupedData = self.__dict__["_whole"]
        return whole

    @property
    def whole_groups_note(self) -> str:
        """What ``whole_groups`` is a part of, in words; '' when it is all rows."""
        held = self.whole_groups()
        if held is self:
            return ""
        return (
            f"Cross-validated here: all {held.n_obs:,} rows of {held.n_groups:,} groups drawn at "
            f"random from {self.n_groups:,}, and models fitted to these alone."
        )

    def update(self, **changes: Any) -> GroupedData:  # type: ignore[override]
        """Return a copy with some fields changed; with rows of its own it is in memory."""
        held = changes.get("columns", {}).values()
        stays = {"columns"} == _ROWS & set(changes) and all(
            isinstance(column, _ELSEWHERE) for column in held
        )
        if _ROWS & set(changes) and not stays:
            whole = {
                f.name: getattr(self, f.name) for f in fields(GroupedData) if f.name not in changes
            }
            return GroupedData(**(whole | changes))
        out = object.__new__(QueriedData)
        out.__dict__.update(self.__dict__)
        out.__dict__.update(changes)
        for held in ("_sample", "_whole"):
            out.__dict__.pop(held, None)
        if "base" in changes:
            kept = [b.name for b in changes["base"]]
            places = [i for i, b in enumerate(self.base, start=1) if b.name in kept]
            out.__dict__["moments"] = _some_of(self.moments, places)
        return out

    @property
    def _elsewhere(self) -> RowsElsewhere:
        rows: RowsElsewhere = self.__dict__["rows_elsewhere"]
        return rows

    @property
    def _fetched(self) -> Fetched:
        return self._elsewhere.fetch()

    @property
    def _ends(self) -> tuple[float, float]:
        """Least and greatest outcome."""
        low, high = self.__dict__["_outcome_ends"]
        return low, high

    def _with_rows(self, found: Fetched) -> GroupedData:
        columns: dict[str, Column] = {}
        for name, own in self.columns.items():
            held = found.columns[name]
            if isinstance(own, QueriedNumbers) and isinstance(held, NumericColumn):
                held = held.shifted(own.by) if own.by else held
            columns[name] = held
        return self.update(y=found.y, group_index=found.group_index, columns=columns, key=found.key)


#: Columns whose rows are not here.
_ELSEWHERE = (QueriedNumbers, QueriedCategory)
#: The fields of ``GroupedData`` that hold rows.
_ROWS = {"y", "group_index", "columns", "key"}


def _some_of(moments: GroupMoments, places: list[int]) -> GroupMoments:
    """Return the moments of some base columns and the outcome."""
    kept = [*places, moments.outcome]
    pairs = {
        (i, j): moments.within(a, b)
        for i, a in enumerate(kept, start=1)
        for j, b in enumerate(kept, start=1)
        if i <= j
    }
    at, own = np.array(kept) - 1, np.array([0, *kept])
    total = moments.within_total[np.ix_(at, at)]
    return GroupMoments(
        moments.n, moments.mean[at], total, moments.center[own], moments.scale[own], pairs
    )


def _columns(layout: GroupedData, rows: RowsElsewhere, means: Means) -> dict[str, Column]:
    ours = {name: alias for alias, name in rows.roles.names.items()}
    out: dict[str, Column] = {}
    for name, column in layout.columns.items():
        if isinstance(column, CategoricalColumn):
            out[name] = QueriedCategory(name, column.levels, rows)
            continue
        at = ours[name]
        mean = float(np.dot(means.n, means.mean[at]) / means.n.sum())
        span = (means.ends[at][0], mean, means.ends[at][1])
        out[name] = QueriedNumbers(name, span, rows)
    return out


def _compact(data: GroupedData) -> GroupedData:
    """Return data with the groups alone that have rows."""
    live = np.flatnonzero(data.group_sizes > 0)
    recode = np.full(data.n_groups, -1, dtype=np.intp)
    recode[live] = np.arange(len(live))
    return data.update(
        group_index=recode[data.group_index],
        group_names=tuple(data.group_names[j] for j in live),
        group_columns=tuple((name, values[live]) for name, values in data.group_columns),
        left_out=LeftOut(np.empty(0, dtype=np.intp)),
    )
