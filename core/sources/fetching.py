"""Rows of a model that stay elsewhere: fetched whole when few, else a stated sample of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from core.exceptions import SourceError
from core.sources.engines.engine import Engine
from core.sources.expressions import Roles, exact
from core.sources.passes import Codes, changed, numbers_of
from core.tables.columns import CategoricalColumn, Column, NumericColumn
from core.tables.rows.keys import hash_key
from core.types import FloatArray, IntArray

#: Up to so many rows, and so many cells, are fetched whole when something needs rows.
MOST_ROWS, MOST_CELLS = 1_000_000, 12_000_000
#: Rows of the sample that stands for a larger table, and of one group in it.
SAMPLE_ROWS, SAMPLE_OF_A_GROUP = 20_000, 2_000
#: Two whole numbers that spread row numbers over the places below a large prime.
_PRIME, _FACTOR, _STEP = 2_147_483_647, 48_271, 69_621


@dataclass(frozen=True, eq=False)
class Fetched:
    """Rows in memory: outcome, group and predictors as ``GroupedData`` has them."""

    y: FloatArray
    group_index: IntArray
    columns: dict[str, Column]
    key: IntArray | None = None


@dataclass(frozen=True, eq=False)
class RowsElsewhere:
    """The usable rows of one model at an engine.

    Attributes
    ----------
    engine : Engine
    rows : Ibis expression
        The usable rows of a narrow table.
    roles : Roles
    group : Codes
    codes : dict of str to Codes
        Levels of the individual-level categories, by our names.
    sizes : IntArray, shape (J,)
    """

    engine: Engine
    rows: Any = field(repr=False)
    roles: Roles = field(repr=False)
    group: Codes = field(repr=False)
    codes: dict[str, Codes] = field(repr=False)
    sizes: IntArray = field(repr=False)
    _held: list[Fetched] = field(default_factory=list, repr=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    @property
    def n_obs(self) -> int:
        """How many rows there are."""
        return int(self.sizes.sum())

    @property
    def are_few(self) -> bool:
        """Whether all rows may be fetched."""
        width = len(self.roles.names)
        return self.n_obs <= MOST_ROWS and self.n_obs * width <= MOST_CELLS

    def fetch(self) -> Fetched:
        """Return all rows, in the order in which the engine has them; fetched once.

        Raises
        ------
        SourceError
            When they are too many, or no longer those that were summed.
        """
        if not self.are_few:
            raise SourceError(
                f"This needs every row, and {self.engine.label} has {self.n_obs:,} of them, which "
                "stay where they are. Everything that needs only sums is there; for this, take a "
                "sample of whole groups (data.sample()).",
                code="rows_elsewhere",
            )
        with self._lock:
            if not self._held:
                found = self.read(self.rows)
                counts = np.bincount(found.group_index, minlength=len(self.sizes))
                if not np.array_equal(counts, self.sizes):
                    raise changed(self.engine.label)
                self._held.append(found)
        return self._held[0]

    def of_groups(self, groups: IntArray) -> Fetched:
        """Return all rows of some groups, by their positions."""
        return self.read(self._some(groups))

    def sample(self, n_rows: int, most_of_a_group: int, seed: int) -> Fetched:
        """Return rows of whole groups drawn at random, about ``n_rows`` of them.

        Of a group larger than ``most_of_a_group`` about that many rows are drawn.
        """
        rng = np.random.default_rng([seed, 18])
        order = rng.permutation(len(self.sizes))
        taken = np.cumsum(np.minimum(self.sizes[order], most_of_a_group))
        chosen = order[: max(int(np.searchsorted(taken, n_rows, side="right")), 1)]
        large = chosen[self.sizes[chosen] > most_of_a_group]
        parts = [self.of_groups(np.setdiff1d(chosen, large))] if len(chosen) > len(large) else []
        for j in large:
            share = most_of_a_group / float(self.sizes[j])
            parts.append(
                self.read(thinned(self._some(np.array([j])), share, int(rng.integers(_PRIME))))
            )
        return _joined(parts)

    def outcome_counts(self, ends: tuple[float, float], n_bins: int) -> tuple[IntArray, FloatArray]:
        """Return how many rows have an outcome in each bin between two ends, and the edges."""
        low, high = ends if ends[0] < ends[1] else (ends[0] - 0.5, ends[0] + 0.5)
        width = (high - low) / n_bins
        place = ((self.rows["n0"] - exact(low)) / exact(width)).floor().cast("int64")
        bins = self.rows.select(bin=place.clip(0, n_bins - 1))
        with self.engine.work():
            found = self.engine.run(bins.group_by("bin").aggregate(n=bins.count()))
        counts = np.zeros(n_bins, dtype=np.intp)
        counts[found["bin"].to_numpy()] = found["n"].to_numpy()
        return counts, np.linspace(low, high, n_bins + 1)

    def _some(self, groups: IntArray) -> Any:
        codes = np.flatnonzero(np.isin(self.group.column.codes, groups))
        return self.rows.filter(self.rows["g"].isin(self.group.values[codes].tolist()))

    def read(self, expression: Any) -> Fetched:
        """Return the rows of an expression with our columns."""
        with self.engine.work():
            found = self.engine.run(expression)
        names = self.roles.names
        index = self.group.of(found["g"])
        columns: dict[str, Column] = {}
        for ours in (*self.roles.numbers[1:], *self.roles.categories):
            name = names[ours]
            if ours in self.codes:
                at = self.codes[ours].of(found[ours])
                columns[name] = CategoricalColumn(name, at, self.codes[ours].levels)
            else:
                columns[name] = NumericColumn(name, numbers_of(found, ours))
        codes = [c.codes for c in columns.values() if isinstance(c, CategoricalColumn)]
        if any(bool((c < 0).any()) for c in (index, *codes)):
            raise changed(self.engine.label)
        key = hash_key(_series(found["k"])) if "k" in found.column_names else None
        return Fetched(numbers_of(found, "n0"), index, columns, key)


def _series(values: pa.ChunkedArray) -> Any:
    return values.to_pandas(date_as_object=False)


def thinned(rows: Any, share: float, seed: int, most: int | None = None) -> Any:
    """Return about a share of the rows, the same ones for the same seed and order.

    Row numbers are spread by whole-number arithmetic that every engine does alike. ``most``
    bounds how many rows are taken: of more, those whose numbers are spread to the lowest places.
    """
    import ibis

    numbered = rows.mutate(place_=ibis.row_number().cast("int64"))
    spread = (numbered["place_"] % _PRIME * _FACTOR + seed % _PRIME) % _PRIME
    for _ in range(2):
        spread = (spread * spread + _STEP) % _PRIME
    drawn = numbered.mutate(spread_=spread)
    drawn = drawn.filter(drawn["spread_"] < int(share * _PRIME))
    if most is not None:
        drawn = drawn.order_by("spread_").limit(most)
    return drawn.order_by("place_").drop("place_", "spread_")


def _joined(parts: list[Fetched]) -> Fetched:
    """Return several fetched parts as one."""
    columns: dict[str, Column] = {}
    for name, column in parts[0].columns.items():
        same = [part.columns[name] for part in parts]
        if isinstance(column, CategoricalColumn):
            codes = [c.codes for c in same if isinstance(c, CategoricalColumn)]
            columns[name] = CategoricalColumn(name, np.concatenate(codes), column.levels)
        else:
            values = [c.values for c in same if isinstance(c, NumericColumn)]
            columns[name] = NumericColumn(name, np.concatenate(values))
    keys = [part.key for part in parts if part.key is not None]
    return Fetched(
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.group_index for part in parts]),
        columns,
        np.concatenate(keys) if len(keys) == len(parts) else None,
    )
