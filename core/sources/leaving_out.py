"""The rows that no fit uses, counted by reason and group where the table lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.exceptions import DataError
from core.sources.expressions import Asked, Roles
from core.sources.passes import Codes, series_of
from core.sources.queried import counted_out
from core.tables.left_out import LeftOut, LeftOutReason
from core.types import IntArray


@dataclass(frozen=True, eq=False)
class Lost:
    """Counts of rows left out, one per reason and group; ``groups`` may be missing.

    Attributes
    ----------
    why : IntArray
        Position of the first column, in the order of the reasons, that has no value.
    """

    groups: pd.Series[Any]
    why: IntArray
    count: IntArray


def lost_rows(asked: Asked, n_used: int) -> Lost:
    """Return how many rows of each group are left out, and why.

    Parameters
    ----------
    asked : Asked
    n_used : int
        Rows that every fit uses: where that is all of them, nothing more is asked.

    Raises
    ------
    DataError
        When the table has no rows.
    """
    import ibis

    engine, table, tests = asked.engine, asked.table, asked.tests
    n_rows = int(engine.run(table.aggregate(n=table.count()))["n"][0].as_py())
    if n_rows == 0:
        raise DataError("The table has no rows. Upload a table with at least a few rows.")
    none = np.empty(0, dtype=np.intp)
    if n_rows == n_used:
        return Lost(pd.Series([], dtype=object), none, none)
    why = ibis.cases(*((~test, i) for i, test in enumerate(tests.values())), else_=-1)
    marked = table.select(g=ibis.ifelse(tests["g"], table["g"], ibis.null()), why=why)
    marked = marked.filter(marked["why"] >= 0)
    found = engine.run(marked.group_by("g", "why").aggregate(n=marked.count()))
    return Lost(
        series_of(found["g"]),
        found["why"].to_numpy().astype(np.intp),
        found["n"].to_numpy().astype(np.intp),
    )


def reasons_of(lost: Lost, group: Codes, roles: Roles) -> LeftOut:
    """Return the account of the rows left out, as a table in memory gives it.

    Parameters
    ----------
    lost : Lost
    group : Codes
        Of every group, also of those without a row that is used.
    roles : Roles
    """
    codes = np.append(group.column.codes, -1)[group.values.get_indexer(pd.Index(lost.groups))]
    names = list(roles.names.values())
    reasons = []
    for why in np.unique(lost.why):
        at = lost.why == why
        known = np.unique(codes[at])
        where = tuple(group.levels[c] for c in known if c >= 0)
        reasons.append(LeftOutReason(names[why], why == 0, int(lost.count[at].sum()), where))
    return counted_out(tuple(reasons), ())


def with_lost_groups(left_out: LeftOut, before: Codes, after: Codes) -> LeftOut:
    """Return the account together with the groups of which no row is left."""
    kept = set(after.levels)
    return counted_out(left_out.reasons, tuple(name for name in before.levels if name not in kept))


def all_left_out(asked: Asked) -> DataError:
    """Return the error for a table of which no row can be used."""
    counts = {name: asked.table.count(where=test) for name, test in asked.tests.items()}
    found = asked.engine.run(asked.table.aggregate(total=asked.table.count(), **counts))
    total = int(found["total"][0].as_py())
    usable = {name: int(found[name][0].as_py()) for name in asked.tests}
    worst = min(usable, key=lambda name: usable[name])
    return DataError(
        f"No row has a value in every column of the model; '{asked.roles.names[worst]}' alone "
        f"lacks {total - usable[worst]:,} of {total:,}. Leave it out or choose another column."
    )
