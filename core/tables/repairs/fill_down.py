"""Writes a group's name into every row of its block where only the first row has it."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
from pandas.api import types as pdt

from core.tables.repairs.repair import Repair
from core.tables.repairs.sheet import Sheet
from core.types import BoolArray

#: Columns from the left that may name blocks, each inside the blocks of the one before.
_MOST_COLUMNS = 4
_LEAST_BLOCKS = 2
#: Share of blocks that have more than one row, and of cells that are blank.
_LONG_BLOCKS, _BLANK_SHARE = 0.6, 0.4
_COMPLETE = 0.9
#: Share of rows at most in which a column with outer blocks changes.
_RUNS = 0.5


def fill_down(sheet: Sheet) -> Sheet:
    """Fill columns that name a block in its first row only, from the left.

    The pattern is plain where the first row has a name, every name begins one block (inside the
    block of the column before), most blocks have several rows, and the columns to the right are
    complete.
    """
    starts: BoolArray | None = None
    for name in sheet.names[:_MOST_COLUMNS]:
        column = sheet.table[name]
        there = ~np.asarray(column.isna())
        if there.all():
            if not _counts(sheet, name) and not _has_runs(sheet, name):
                break
            continue
        if not _names_blocks(sheet, name, there, starts) or not sheet.allows("fill_down", name):
            break
        filled = column.ffill()
        blocks, cells = int(there.sum()), int((~there).sum())
        sentence = (
            f"'{name}' stands only in the first row of each of its {blocks:,} blocks and was "
            f"filled down into the {cells:,} rows below."
        )
        repair = Repair("fill_down", name, sheet.rows(~there), sentence)
        table = sheet.table.copy(deep=False)
        table[name] = filled
        sheet = sheet.done(table, repair)
        starts = there if starts is None else starts | there
    return sheet


def _counts(sheet: Sheet, name: str) -> bool:
    """Whether a column only numbers the rows, or was made from R's row names."""
    column = sheet.table[name]
    if name == "row":
        return True
    return bool(pdt.is_integer_dtype(column.dtype) and (np.diff(column.to_numpy()) == 1).all())


def _has_runs(sheet: Sheet, name: str) -> bool:
    """Whether a column mostly repeats the cell above, as one that names outer blocks does."""
    column = sheet.table[name]
    if len(column) < 2:
        return False
    if name in sheet.text_names:
        texts = sheet.texts(name).combine_chunks()
        changes = pc.not_equal(texts.slice(1), texts.slice(0, len(texts) - 1))
        return float(pc.mean(changes).as_py()) < _RUNS
    if pdt.is_numeric_dtype(column.dtype) and isinstance(column.dtype, np.dtype):
        values = column.to_numpy()
    else:
        values = column.astype(str).to_numpy()
    return bool((values[1:] != values[:-1]).mean() < _RUNS)


def _names_blocks(sheet: Sheet, name: str, there: BoolArray, starts: BoolArray | None) -> bool:
    column = sheet.table[name]
    blocks = int(there.sum())
    if not there[0] or blocks < _LEAST_BLOCKS or (~there).mean() < _BLANK_SHARE:
        return False
    if pdt.is_float_dtype(column.dtype):
        values = column.dropna()
        if (values != values.round()).any():
            return False
    elif not (pdt.is_string_dtype(column.dtype) or pdt.is_datetime64_any_dtype(column.dtype)):
        return False
    begins = np.flatnonzero(there)
    lengths = np.diff([*begins, len(there)])
    if (lengths > 1).mean() < _LONG_BLOCKS:
        return False
    names = column.dropna()
    if starts is None:
        if names.duplicated().any():
            return False
    else:
        outer = np.cumsum(starts)[begins]
        pairs = list(zip(outer.tolist(), names.tolist(), strict=True))
        if len(set(pairs)) < len(pairs) or not there[starts].all():
            return False
    return _is_complete(sheet, name)


def _is_complete(sheet: Sheet, name: str) -> bool:
    """Whether some column to the right is complete, so that the rows are rows of the table."""
    place = sheet.names.index(name)
    return any(sheet.table[other].notna().mean() >= _COMPLETE for other in sheet.names[place + 1 :])
