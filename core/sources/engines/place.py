"""``Place``: where a table is, and how to see whether it is still the one that was opened."""

from __future__ import annotations


class Place:
    """Where a table is: how to see whether it is still there, and still the same.

    The plain one knows nothing; files and databases know more.
    """

    def columns_now(self) -> list[str] | None:
        """Return the names of the columns as they are now; None when that cannot be told."""
        return None

    def check(self, label: str) -> None:
        """Raise SourceError when the table is not the one that was opened."""
