"""The columns of a table, and the values of each, as links call them."""

from __future__ import annotations

from core.exceptions import PoolingError
from core.tables.columns import categorical_column, column_of
from pages._shared import cache
from pages._shared.dataset import Dataset
from pages._shared.link.link_model import Columns


def columns_of(data: Dataset, *, is_private: bool) -> Columns:
    """Return what a link calls the columns of a table: by number where its names are private."""
    names = [str(c) for c in data.table.columns]
    return Columns(names, is_private=is_private, levels=lambda name: values_of(data, name))


def values_of(data: Dataset, column: str) -> tuple[str, ...]:
    """Return the different values of a column as text, in their order; () where it is not there."""

    def find(table: object, name: str) -> tuple[str, ...]:
        try:
            return categorical_column(column_of(data.table, name, "filter"), name).levels
        except PoolingError:
            return ()

    found: tuple[str, ...] = cache.of_table(data, "values_of", find, column)
    return found
