"""``repair_table``: every repair in its order, each judged on what the ones before have left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from core.tables.read.report import REPORT_KEY, ReadOptions, ReadReport, read_report
from core.tables.repairs.durations import read_durations
from core.tables.repairs.fill_down import fill_down
from core.tables.repairs.formula_texts import open_formulas
from core.tables.repairs.headers import join_headers, keep_titles, take_units
from core.tables.repairs.missing_codes import mark_missing
from core.tables.repairs.number_cells import read_numbers, whole
from core.tables.repairs.remarks import (
    cut_second_table,
    drop_blank_rows,
    drop_repeated_headers,
    take_remarks,
    tell_remarks,
)
from core.tables.repairs.sheet import Sheet, as_column
from core.tables.repairs.summaries import drop_summaries

#: First what is no row, then what a cell means, then what needs numbers to be seen.
STEPS: tuple[Callable[[Sheet], Sheet], ...] = (
    tell_remarks,
    drop_blank_rows,
    open_formulas,
    join_headers,
    keep_titles,
    take_units,
    take_remarks,
    drop_repeated_headers,
    cut_second_table,
    read_numbers,
    read_durations,
    drop_summaries,
    read_numbers,
    fill_down,
    mark_missing,
)


def repair_table(table: pd.DataFrame, options: ReadOptions | None = None) -> pd.DataFrame:
    """Return a table with all that is wrong with it beyond doubt put right.

    Parameters
    ----------
    table : DataFrame
        As typed: from ``read_table(..., repair=False)``, or any other. It stays as it is.
    options : ReadOptions, optional
        ``as_typed`` names repairs that are not wanted, ``text_columns`` columns to be left alone.

    Returns
    -------
    DataFrame
        ``read_report`` tells in ``repairs`` what was done. The same table where nothing was.
    """
    options = options or ReadOptions()
    if not options.repair or not len(table) or not table.columns.is_unique:
        return table
    report = read_report(table) or ReadReport(name="the table", format="")
    bare = table.copy(deep=False)
    bare.attrs = {}  # pandas would copy them with every column
    bare = bare.set_axis([str(name) for name in table.columns], axis=1)
    first = Sheet(bare.set_axis(np.arange(len(bare)), axis=0), report, options)
    sheet = first
    for step in STEPS:
        sheet = step(sheet)
    if sheet.table is first.table and sheet.report is first.report:
        return table
    mended = sheet.table.reset_index(drop=True)
    if len(mended) < len(table):
        mended = _whole_again(mended)
    found = replace(sheet.report, n_rows=len(mended), n_columns=mended.shape[1])
    mended.attrs = dict(table.attrs) | {REPORT_KEY: found.to_dict()}
    return mended


def _whole_again(table: pd.DataFrame) -> pd.DataFrame:
    """Return columns as whole numbers where rows that are gone had others, such as means."""
    changed = table.copy(deep=False)
    for name in table.columns:
        if table[name].dtype == np.float64:
            changed[name] = as_column(whole(table[name].to_numpy()), table)
    return changed
