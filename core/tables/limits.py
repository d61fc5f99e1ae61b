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
    small_bytes : int
        A file up to this size may become a table of ``small_rows`` rows and ``small_table_bytes``.
    small_rows, small_table_bytes : int
        A larger file may become more by its surplus, one row and ``unpacked_ratio`` bytes a byte.
    cells_here : int
        Cells that a text may be spread over outside of the reading process.
    reader_seconds, reader_bytes : int
        Time and memory of the separate process that reads a file; small files are given less,
        see ``reading_seconds`` and ``reading_memory``.
    answer_bytes, archive_parts : int
        What the reading process may say beside the table; entries of a zip archive.
    coefficients, varying_coefficients : int
        Columns of the fixed-effects design, levels, interactions and all; those of them that vary.
    model_bytes : int
        Memory of a model's group-wise products beyond eight times the columns it is made from.
    predicted_cells : int
        Rows x columns of the design for a file of new rows.
    simulated_rows : int
        Rows of one simulated table.
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
    small_bytes: int = MEGABYTE
    small_rows: int = 1_000_000
    small_table_bytes: int = 50 * MEGABYTE
    cells_here: int = 4_000_000
    reader_seconds: int = 60
    reader_bytes: int = 3_000 * MEGABYTE
    answer_bytes: int = 16 * MEGABYTE
    archive_parts: int = 50_000
    coefficients: int = 500
    varying_coefficients: int = 10
    model_bytes: int = 100 * MEGABYTE
    predicted_cells: int = 4_000_000
    simulated_rows: int = 200_000
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

    def check_made(self, rows: int, columns: int, size: int, source: int, name: str) -> None:
        """Raise DataError when a table is far more than what it is made from gives reason for.

        Parameters
        ----------
        rows, columns : int
            Shape of the table that is about to be made.
        size : int
            Its bytes in memory, computed from counts.
        source : int
            Bytes of the file, or of the table, that it is made from.
        name : str
            What it is made from, for the message.
        """
        self.check_shape(rows, columns, name)
        self.check_memory(size, name)
        surplus = max(source - self.small_bytes, 0)
        most = self.small_table_bytes + self.unpacked_ratio * surplus
        if size > most or rows > self.small_rows + surplus:
            raise DataError(
                f"'{name}' has {source / MEGABYTE:,.1f} MB and would become a table of "
                f"{rows:,} rows and {size / MEGABYTE:,.0f} MB; the limits for a file of that size "
                f"are {self.small_rows + surplus:,} rows (small_rows) and "
                f"{most / MEGABYTE:,.0f} MB (small_table_bytes), as files made to exhaust memory "
                "are small and grow. Save the table as CSV, with the columns of the model only.",
                code="too_large",
            )

    def check_model(
        self, coefficients: int, varying: int, shape: tuple[int, int, int], what: str
    ) -> None:
        """Raise DataError when a model has too many columns, before any is made.

        Parameters
        ----------
        coefficients, varying : int
            p and k, the columns of the fixed-effects design and of the varying coefficients.
        shape : (int, int, int)
            Groups J, rows n, and columns of the table that the model reads.
        what : str
            Where most of the columns come from, for the message.
        """
        for limit, number, most in (
            ("coefficients", coefficients, self.coefficients),
            ("varying_coefficients", varying, self.varying_coefficients),
        ):
            if number > most:
                raise DataError(
                    f"The model has {number:,} {limit.replace('_', ' ')}, most of them from "
                    f"{what}; the limit ({limit}) is {most:,}. Leave out predictors of many "
                    "levels, their interactions, or the slopes that vary.",
                    code="too_large",
                )
        groups, rows, columns = shape
        most = self._most_of_model(rows, columns)
        # Numbers of eight bytes: the mean of every column by group, and its products with every
        # varying one (as summed, scaled, and regressed); for each variance and covariance, the
        # products of all columns with each other and of the varying ones; these themselves.
        design = coefficients + 1
        by_group = design * (3 * varying + 2)
        by_group += varying * (varying + 1) // 2 * (design * (design + 1) // 2 + varying**2)
        size = 8 * (groups * by_group + rows * varying)
        if size > most:
            raise DataError(
                f"The model has {coefficients:,} coefficients, {varying:,} of them for each of "
                f"{groups:,} groups, which takes {size / MEGABYTE:,.0f} MB; the limit "
                f"(model_bytes) is {most / MEGABYTE:,.0f} MB for this table. Let fewer slopes "
                f"vary, or leave out {what}.",
                code="too_large",
            )

    def _most_of_model(self, rows: int, columns: int) -> int:
        """Return the bytes that may be made of so many columns of a table."""
        return self.model_bytes + 8 * 8 * rows * columns

    def check_design(self, rows: int, coefficients: int, columns: int) -> None:
        """Raise DataError when rows x coefficients of a design are too many to be written out."""
        size, most = 8 * rows * coefficients, self._most_of_model(rows, columns)
        if size > most:
            raise DataError(
                f"{coefficients:,} coefficients for {rows:,} rows take {size / MEGABYTE:,.0f} MB "
                f"when they are written out; the limit (model_bytes) is {most / MEGABYTE:,.0f} MB "
                "for this table. Leave out predictors of many levels.",
                code="too_large",
            )

    def check_predictions(self, rows: int, columns: int) -> None:
        """Raise DataError when a file of new rows is too long for the design of the model."""
        if rows * columns > self.predicted_cells:
            raise DataError(
                f"The table has {rows:,} rows; for a model of {columns:,} columns at most "
                f"{self.predicted_cells // columns:,} are predicted at once (the limit "
                "predicted_cells). Give it in several parts.",
                code="too_large",
            )

    def reading_memory(self, size: int) -> int:
        """Return the address space of the process that reads a file of so many bytes."""
        return min(self.reader_bytes, 1_200 * MEGABYTE + 40 * size)

    def reading_seconds(self, size: int) -> int:
        """Return the processor time of the process that reads a file of so many bytes."""
        return min(self.reader_seconds, 6 + size // MEGABYTE)

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

    def check_parts(self, parts: int, name: str) -> None:
        """Raise DataError when an archive has more than ``archive_parts`` entries."""
        if parts > self.archive_parts:
            raise DataError(
                f"'{name}' is an archive of {parts:,} parts; the limit (archive_parts) is "
                f"{self.archive_parts:,}. Unpack it yourself and open the table inside.",
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


class NotHere(Exception):
    """A text that would be spread over more cells than this process makes: read it elsewhere."""
