"""``Fix``: a change of a table that one click makes, and how it is applied."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd

from core.exceptions import DataError
from core.formats import shorten

#: Where a table keeps which findings a fix has settled, though they stay true.
SETTLED_KEY = "settled_findings"


class Fix:
    """A change of a table that one click makes; the table it is applied to stays as it is.

    Attributes
    ----------
    settles : str
        Code of a finding that stays true of the changed table, and is not told again.
    """

    settles: ClassVar[str] = ""

    @property
    def label(self) -> str:
        """What the button says."""
        raise NotImplementedError

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the changed table."""
        raise NotImplementedError


def apply_fix(table: pd.DataFrame, fix: Fix) -> pd.DataFrame:
    """Return a table with one fix applied.

    Parameters
    ----------
    table : DataFrame
    fix : Fix
        From a finding about this table.

    Raises
    ------
    DataError
        When the table lacks a column that the fix is about, or nothing would be left of it.
    """
    if not all(isinstance(name, str) for name in table.columns):
        table = table.set_axis([str(name) for name in table.columns], axis=1)
    roles = ("column", "outer", "inner", "group")
    needed = [getattr(fix, role) for role in roles if hasattr(fix, role)]
    for column in (*needed, *getattr(fix, "columns", ())):
        if column not in table.columns:
            raise DataError(
                f"The table has no column '{shorten(str(column))}' any more, so '{fix.label}' does "
                "not apply. Check the table again."
            )
    changed = fix.apply(table)
    if not changed.shape[1] or not len(changed):
        raise DataError(f"'{fix.label}' would leave nothing of the table. Open another table.")
    changed.attrs = dict(table.attrs)
    if fix.settles:
        settled = [*table.attrs.get(SETTLED_KEY, ()), [fix.settles, getattr(fix, "column", None)]]
        changed.attrs[SETTLED_KEY] = settled
    return changed


def replace_column(table: pd.DataFrame, column: str, values: Any) -> pd.DataFrame:
    """Return a copy of a table with one column replaced, in its place."""
    changed = table.copy(deep=False)
    changed[column] = values
    return changed
