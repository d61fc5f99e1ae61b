"""``LazyTable``: a table that stays where it is, and answers questions about itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from core.exceptions import DataError, SourceError
from core.moments import GroupMoments
from core.sources.asking.choosing import with_rows
from core.sources.engines.engine import Engine
from core.sources.engines.place import Place
from core.sources.expressions import Kind, as_level, as_number, is_finite, is_level, kind_of
from core.sources.fetching import thinned
from core.sources.grouping import Progress, group_elsewhere
from core.sources.passes import series_of
from core.sources.queried import QueriedData
from core.spec import ModelSpec
from core.tables.columns import label_of
from core.tables.fix import Fix
from core.tables.limits import LIMITS
from core.tables.transform import reference_levels


def _silent(text: str, done: float) -> None:
    """Take no notice of the progress."""


class LazyTable:
    """A table that is not read, but asked (``core.open_table`` makes it).

    Nothing is read beyond what a question needs. ``core.GroupedData.from_query(table, spec)``
    gives what ``core.fit_all`` takes.

    Attributes
    ----------
    label : str
        What the source is called; never an address.
    columns : tuple of str
    kinds : dict of str to str
        ``number``, ``truth``, ``category``, ``date`` or ``other``, by column.
    """

    def __init__(
        self,
        engine: Engine,
        table: Any,
        *,
        names: Mapping[str, str] | None = None,
        place: Place | None = None,
        orders: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._engine, self._place = engine, place or Place()
        theirs = dict(names) if names is not None else {name: name for name in table.columns}
        self._theirs = theirs
        self._table = table.select(**{name: table[their] for name, their in theirs.items()})
        self._orders = {name: tuple(map(str, levels)) for name, levels in (orders or {}).items()}
        schema = self._table.schema()
        self.kinds: dict[str, Kind] = {name: kind_of(schema[name]) for name in schema.names}
        self._n_rows: int | None = None

    def __repr__(self) -> str:
        return f"<LazyTable {self.label}: {len(self.columns)} columns>"

    def __enter__(self) -> LazyTable:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def label(self) -> str:
        """What the source is called."""
        return self._engine.label

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.kinds)

    @property
    def n_rows(self) -> int:
        """Number of rows; counted when first asked for."""
        if self._n_rows is None:
            self._n_rows = int(self._ask(self._table.aggregate(n=self._table.count()))["n"][0])
        return self._n_rows

    def __len__(self) -> int:
        return self.n_rows

    def describe(self) -> pd.DataFrame:
        """Return one row per column, counted where the table is.

        Returns
        -------
        DataFrame
            ``column``, ``kind``, ``missing`` and ``distinct`` (counts; text and numbers alike),
            ``least``, ``greatest`` and ``mean`` (of numbers; NaN for others).
        """
        sums: dict[str, Any] = {"n": self._table.count()}
        for i, (name, kind) in enumerate(self.kinds.items()):
            column = self._table[name]
            if kind in ("number", "truth"):
                value = as_number(column)
                finite = is_finite(value)
                sums |= {f"there_{i}": finite.sum(), f"mean_{i}": value.mean(where=finite)}
                sums |= {f"lo_{i}": value.min(where=finite), f"hi_{i}": value.max(where=finite)}
            else:
                sums[f"there_{i}"] = is_level(column).sum()
            if kind != "other":
                sums[f"distinct_{i}"] = column.nunique()
        found = self._ask(self._table.aggregate(**sums))
        n = int(found["n"].iloc[0])
        self._n_rows = n

        def of(what: str, i: int) -> Any:
            return found[f"{what}_{i}"].iloc[0] if f"{what}_{i}" in found else np.nan

        rows = []
        for i, (name, kind) in enumerate(self.kinds.items()):
            there = of("there", i)
            line: dict[str, Any] = {"column": name, "kind": kind}
            line["missing"] = n - (0 if pd.isna(there) else int(there))
            line["distinct"] = of("distinct", i)
            line |= {"least": of("lo", i), "greatest": of("hi", i), "mean": of("mean", i)}
            rows.append(line)
        return pd.DataFrame(rows)

    def head(self, n: int = 10) -> pd.DataFrame:
        """Return the first rows, as the engine has them."""
        return self._ask(self._table.limit(n))

    def sample(self, n: int = 1_000, seed: int = 0) -> pd.DataFrame:
        """Return ``n`` rows drawn at random, in their order; all of a smaller table.

        The same seed draws the same rows while the table stays as it is.
        """
        if self.n_rows <= n:
            return self._ask(self._table)
        enough = (n + 6.0 * np.sqrt(n) + 20.0) / self.n_rows
        return self._ask(thinned(self._table, min(enough, 1.0), seed, n))

    def keep(
        self,
        column: str,
        *,
        between: tuple[float, float] | None = None,
        among: Sequence[object] | None = None,
    ) -> LazyTable:
        """Return the table with only some of its rows.

        Parameters
        ----------
        column : str
        between : (float, float), optional
            Least and greatest number to keep, both included.
        among : sequence, optional
            Values to keep.

        Raises
        ------
        DataError
            When the column is not there, or not of a kind that can be compared like that.
        """
        self._check(column)
        values = self._table[column]
        tests = []
        if between is not None:
            if self.kinds[column] not in ("number", "truth"):
                raise DataError(f"'{column}' holds no numbers, so it lies between no two of them.")
            number = as_number(values)
            tests += [number >= float(between[0]), number <= float(between[1])]
        if among is not None:
            tests.append(as_level(values).isin(list(among)))
        return self._changed(self._table.filter(*tests)) if tests else self

    def apply(self, fix: Fix) -> LazyTable:
        """Return the table with a column made from others, as ``core.apply_fix`` does in memory.

        Parameters
        ----------
        fix : Fix
            ``Logarithm``, ``CentreGrandMean``, ``CentreGroupMean``, ``AddGroupMean`` or
            ``Standardise``.

        Raises
        ------
        DataError
            As in memory; and for a fix that needs the rows themselves.
        """
        from core.sources.recipes import applied

        for role in ("column", "group"):
            if hasattr(fix, role):
                self._check(getattr(fix, role))
        with self._checked():
            return self._changed(applied(self._engine, self._table, fix))

    def levels(self, column: str) -> tuple[str, ...]:
        """Return the levels of a category in their order, the default reference first.

        Empty where there are more than a predictor may have (``LIMITS.levels``).
        """
        self._check(column)
        values = as_level(self._table[column])
        found = self._ask(
            self._table.select(level=values)
            .filter(is_level(values))
            .distinct()
            .limit(LIMITS.levels + 1)
        )["level"]
        if len(found) > LIMITS.levels:
            return ()
        if column in self._orders:
            there = {label_of(value) for value in found}
            return tuple(level for level in self._orders[column] if level in there)
        return reference_levels(pd.DataFrame({column: found}), column)

    def order(self, **levels: Sequence[str]) -> LazyTable:
        """Return the table with the order of some categories' levels, the reference first."""
        for name in levels:
            self._check(name)
        changed = self._changed(self._table)
        changed._orders |= {name: tuple(map(str, order)) for name, order in levels.items()}
        return changed

    def grouped(
        self, spec: ModelSpec, *, key: str | None = None, progress: Progress | None = None
    ) -> QueriedData:
        """Return the grouped data of a model, summed where the table is.

        Parameters
        ----------
        spec : ModelSpec
        key : str, optional
            Column that tells the rows apart, for folds that do not depend on their order.
        progress : callable, optional
            Told what is being done and how much of it all is done (0 to 1).

        Raises
        ------
        DataError
            As ``core.GroupedData.from_table``; ``SourceError`` for what happens elsewhere.
        """
        if spec.terms:
            raise DataError(
                f"'{spec.terms[0].label}' is made of rows, and these stay where they are. Make it "
                "as a column of the table there, or bring the table into memory."
            )
        if spec.rows:
            for each in spec.rows:
                self._check(each.column)
            chosen = self._changed(with_rows(self._table, spec.rows, self.kinds))
            found = chosen.grouped(spec.update(rows=()), key=key, progress=progress)
            lost = replace(found.left_out, n_filtered=self.n_rows - chosen.n_rows)
            return cast("QueriedData", found.update(spec=spec, left_out=lost))
        with self._checked():
            return group_elsewhere(
                self._engine,
                self._table,
                spec,
                kinds=self.kinds,
                orders=self._orders,
                key=key,
                progress=progress or _silent,
            )

    def moments(self, spec: ModelSpec) -> GroupMoments:
        """Return the moments of a model (``core.GroupMoments.from_query``)."""
        return self.grouped(spec).moments

    def cancel(self) -> None:
        """End the question that is being answered, at the engine itself; from any thread."""
        self._engine.cancel()

    def close(self) -> None:
        """Let go of the connection, and of what was written for it."""
        self._engine.close()
        self._engine.remove_folders()

    def owns(self, folder: Path) -> None:
        """Have a folder removed with the table: when it is closed, or nobody holds it any more."""
        self._engine.owns(folder)

    @contextmanager
    def _checked(self) -> Iterator[None]:
        """See to it that the table was the same throughout a question."""
        self._place.check(self.label)
        try:
            yield
        except SourceError as error:
            self._place.check(self.label)
            if error.code in ("refused", "table_gone"):
                self._name_what_is_gone()
            raise
        self._place.check(self.label)

    def _name_what_is_gone(self) -> None:
        """Raise SourceError naming the columns that were there and are there no more."""
        there = self._place.columns_now()
        if there is None:
            return
        gone = [name for name, their in self._theirs.items() if their not in there]
        if gone:
            named = ", ".join(f"'{name}'" for name in gone[:5])
            raise SourceError(
                f"{self.label} no longer has the {'column' if len(gone) == 1 else 'columns'} "
                f"{named}. Open the source again and choose other columns.",
                code="column_gone",
            )

    def _ask(self, expression: Any) -> pd.DataFrame:
        with self._checked(), self._engine.work():
            found = self._engine.run(expression)
        return pd.DataFrame({name: series_of(found[name]) for name in found.column_names})

    def _check(self, column: str) -> None:
        if column not in self.kinds:
            known = ", ".join(f"'{name}'" for name in self.columns[:12])
            raise DataError(f"The table has no column '{column}'. It has: {known}.")

    def _changed(self, table: Any) -> LazyTable:
        changed = LazyTable(self._engine, table, place=self._place, orders=self._orders)
        changed._theirs = self._theirs
        return changed
