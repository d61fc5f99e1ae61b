"""What a table may weigh: every limit in one place, each with its reason and a way round."""

from __future__ import annotations

from dataclasses import dataclass

from core.exceptions import DataError

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds that protect the memory and the time of everybody on the same server.

    Attributes
    ----------
    file_bytes : int
        Size of a file as it arrives.
    unpacked_bytes : int
        Size of a compressed file after unpacking.
    unpacked_ratio : int
        Unpacked size relative to packed size, beyond the first ``ratio_free_bytes``.
    json_bytes : int
        Size of a JSON file, whose objects take many times their text in memory.
    rows, columns, cells : int
        Shape of a table; ``cells`` is rows x columns.
    table_bytes : int
        Size of the columns in memory, which long texts make larger than their count tells.
    cell_length, name_length : int
        Characters in one cell (the CSV module's own bound) and in a column name.
    levels : int
        Levels of a categorical predictor; every one costs a coefficient.
    reader_seconds, reader_bytes : int
        Time and memory of the separate process that reads a file.
    session_tables, session_bytes : int
        Tables that one visitor may have open at once, and the memory of their columns.
    """

    file_bytes: int = 200 * MEGABYTE
    unpacked_bytes: int = 500 * MEGABYTE
    unpacked_ratio: int = 200
    ratio_free_bytes: int = 10 * MEGABYTE
    json_bytes: int = 50 * MEGABYTE
    rows: int = 5_000_000
    columns: int = 2_000
    cells: int = 50_000_000
    table_bytes: int = 400 * MEGABYTE
    cell_length: int = 131_072
    name_length: int = 200
    levels: int = 200
    reader_seconds: int = 60
    reader_bytes: int = 3_000 * MEGABYTE
    session_tables: int = 12
    session_bytes: int = 600 * MEGABYTE

    def check_file(self, size: int, name: str) -> None:
        """Raise DataError when a file is larger than ``file_bytes``."""
        if size > self.file_bytes:
            raise DataError(
                f"'{name}' has {size / MEGABYTE:,.0f} MB; the limit (file_bytes) is "
                f"{self.file_bytes / MEGABYTE:,.0f} MB, which keeps the server responsive for "
                "others. Keep only the columns of the model, or save the table as Parquet.",
                code="too_large",
            )

    def check_shape(self, rows: int, columns: int, name: str) -> None:
        """Raise DataError when a table has too many rows, columns or cells."""
        shapes = (("columns", columns), ("rows", rows), ("cells", rows * columns))
        for what, count in shapes:
            limit = getattr(self, what)
            if count > limit:
                raise DataError(
                    f"'{name}' has {count:,} {what}; the limit ({what}) is {limit:,}, which "
                    f"bounds the memory of one table. Keep only the {_REMEDY[what]}.",
                    code="too_large",
                )

    def check_memory(self, size: int, name: str) -> None:
        """Raise DataError when the columns of a table take more than ``table_bytes``."""
        if size > self.table_bytes:
            raise DataError(
                f"'{name}' takes {size / MEGABYTE:,.0f} MB in memory; the limit (table_bytes) is "
                f"{self.table_bytes / MEGABYTE:,.0f} MB. Leave out columns of long texts, and "
                "those that the model does not need.",
                code="too_large",
            )

    def check_session(self, tables: int, size: int, name: str) -> None:
        """Raise DataError when one more table is too much for one visitor."""
        if tables > self.session_tables:
            raise DataError(
                f"'{name}' was not opened: {self.session_tables} tables (the limit session_tables) "
                "are open already. Close one that you no longer need.",
                code="too_large",
            )
        if size > self.session_bytes:
            raise DataError(
                f"'{name}' was not opened: with it your tables take {size / MEGABYTE:,.0f} MB; the "
                f"limit (session_bytes) is {self.session_bytes / MEGABYTE:,.0f} MB, which leaves "
                "room for others. Close a table that you no longer need.",
                code="too_large",
            )

    def long_cell(self, where: str) -> DataError:
        """Return the error for a cell of more than ``cell_length`` characters."""
        return DataError(
            f"{where} has a cell of more than {self.cell_length:,} characters (the limit "
            "cell_length). Leave that column out, or look for a quotation mark that is never "
            "closed.",
            code="too_large",
        )

    def check_unpacked(self, size: int, packed: int, name: str) -> None:
        """Raise DataError when unpacking yields too much, in bytes or relative to the file."""
        if size > self.unpacked_bytes:
            raise DataError(
                f"'{name}' unpacks to more than {self.unpacked_bytes / MEGABYTE:,.0f} MB (the "
                "limit unpacked_bytes). Unpack it yourself and keep only the columns of the model.",
                code="too_large",
            )
        if size > self.ratio_free_bytes and size > self.unpacked_ratio * max(packed, 1):
            raise DataError(
                f"'{name}' unpacks to more than {self.unpacked_ratio} times its size (the limit "
                "unpacked_ratio), as files made to exhaust memory do. Unpack it yourself and open "
                "the table inside.",
                code="too_large",
            )


_REMEDY = {
    "columns": "columns of the model",
    "rows": "rows of the groups you study, or a random sample of the groups",
    "cells": "columns of the model, or a random sample of the groups",
}

LIMITS = Limits()
