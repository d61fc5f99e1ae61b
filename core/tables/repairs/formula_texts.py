"""Takes the shell off cells such as ="00123", with which programs keep Excel from guessing."""

from __future__ import annotations

import pyarrow.compute as pc

from core.tables.read.numerals import matches_pattern
from core.tables.repairs.repair import Repair
from core.tables.repairs.sheet import Sheet, as_column, quoted

_SHELL = r'^\s*=\s*"[^"]*"\s*$'


def open_formulas(sheet: Sheet) -> Sheet:
    """Return the sheet with ="text" as text in every column that holds nothing else."""
    heads = sheet.matching(_SHELL, 50)
    names = [name for name, found in heads.items() if len(found) and found.all()]
    names = [name for name in names if matches_pattern(sheet.distinct(name), _SHELL).all()]
    if not names or not sheet.allows("formula_texts"):
        return sheet
    table = sheet.table.copy(deep=False)
    for name in names:
        bare = pc.replace_substring_regex(sheet.texts(name), r'^\s*=\s*"|"\s*$', "")
        table[name] = as_column(bare, sheet.table)
    sample = sheet.distinct(names[0])[0].as_py()
    sentence = (
        f"Cells such as {quoted([sample])} are formulas that only hold a text: "
        f"{quoted(names)} {'holds' if len(names) == 1 else 'hold'} what stands in them."
    )
    return sheet.done(table, Repair("formula_texts", None, (), sentence))
