"""``look_at``: enough rows of a table elsewhere to guess its roles and to show what it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.sources.lazy_table import LazyTable

#: Rows that are looked at, and drawn first to see which columns repeat their values.
ROWS = 10_000
#: Most values of the column whose rows are taken whole.
_MOST_VALUES = 400


@dataclass(frozen=True, eq=False)
class Look:
    """Some rows of a table, and which they are.

    Attributes
    ----------
    rows : DataFrame
    n_rows : int
        Rows of the whole table.
    note : str
        Which rows these are, in words; '' when they are all.
    """

    rows: pd.DataFrame
    n_rows: int
    note: str


def look_at(table: LazyTable, n: int = ROWS, seed: int = 0) -> Look:
    """Return about ``n`` rows of a table: all of a small one.

    Of a larger one, rows drawn at random would hold each of many groups once and hide that
    there are groups. So all rows are taken of some values of the column that looks like the
    finest grouping: its values repeat, by what the drawn rows say, and it has the most of them.

    Parameters
    ----------
    table : LazyTable
    n : int
    seed : int

    Raises
    ------
    SourceError
        When the table cannot be asked.
    """
    drawn = table.sample(n, seed)
    if table.n_rows <= n:
        return Look(drawn, table.n_rows, "")
    found = _finest(table, drawn)
    if found is not None:
        name, levels = found
        rng = np.random.default_rng([seed, 77])
        many = max(int(n * levels / table.n_rows), 30)
        values = drawn[name].dropna().drop_duplicates()
        taken = values.iloc[rng.permutation(len(values))[: min(many, _MOST_VALUES)]]
        rows = table.keep(name, among=taken.tolist()).head(2 * n)
        if len(rows) < 2 * n:
            note = (
                f"Seen here: all {len(rows):,} rows with {len(taken):,} of the values of '{name}', "
                f"drawn at random from the {table.n_rows:,} rows of the table."
            )
            return Look(rows, table.n_rows, note)
    note = f"Seen here: {len(drawn):,} of {table.n_rows:,} rows, drawn at random."
    return Look(drawn, table.n_rows, note)


def _finest(table: LazyTable, drawn: pd.DataFrame) -> tuple[str, float] | None:
    """Return the column with most values among those whose values repeat, and about how many.

    By the number of pairs alike: m rows drawn of D equally frequent values have m(m - 1) / 2D.
    """
    best: tuple[str, float] | None = None
    m = len(drawn)
    for name, kind in table.kinds.items():
        column = drawn[name].dropna()
        if kind not in ("category", "number") or not len(column) or _has_fractions(column):
            continue
        counts = column.value_counts().to_numpy(dtype=np.float64)
        alike = float(np.sum(counts * (counts - 1.0)) / 2.0)
        if alike < 20.0 or len(counts) < 3:
            continue
        levels = m * (m - 1.0) / 2.0 / alike
        if levels < table.n_rows / 2.0 and (best is None or levels > best[1]):
            best = name, levels
    # Where the drawn rows hold several rows of every value, they show the groups as they are.
    return best if best is not None and best[1] > m / 20.0 else None


def _has_fractions(column: pd.Series) -> bool:
    if not pd.api.types.is_float_dtype(column):
        return False
    values = column.to_numpy(dtype=np.float64)
    return bool((values != np.round(values)).any())
