"""Numbers with a letter for thousands or millions behind them: '$1.2k', '3,4 Mio. €'."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pandas import DataFrame

from core.formats import shorten
from core.tables.doctor.finding import Finding, quoted
from core.tables.doctor.fixes import text_of
from core.tables.fix import Fix, replace_column
from core.tables.read.numerals import NumberFormat, parse
from core.tables.repairs.cell_reading import NOT_KNOWN
from core.tables.repairs.mark_evidence import weigh
from core.tables.roles.column_profile import ColumnProfile

_TIMES = {
    "k": 1e3, "tsd": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "mln": 1e6,
    "million": 1e6, "millionen": 1e6, "b": 1e9, "bn": 1e9, "mrd": 1e9, "mld": 1e9, "billion": 1e9,
}  # fmt: skip
_MONEY = r"(?:[$€£¥₹]|[A-Z]{3})?"
_CELL = re.compile(
    rf"\s*(?P<before>[-−]?\s*{_MONEY}\s*[-−]?\s*\d[\d.,]*)\s*(?P<times>[A-Za-z]{{1,9}})?\.?\s*"
    rf"(?P<after>{_MONEY})\s*"
)
_PROBE = 2_000


@dataclass(frozen=True)
class ScaledNumbers(Fix):
    """Read '1.2k' as 1200; what is no number becomes missing."""

    column: str
    form: NumberFormat
    sample: str

    @property
    def label(self) -> str:
        """What the button says."""
        value = _value(self.sample, self.form)
        return f"Read '{shorten(self.sample, 20)}' in '{shorten(self.column)}' as {value:.15g}"

    def apply(self, table: DataFrame) -> DataFrame:
        """Return the table with the column as numbers."""
        cells = text_of(table[self.column]).to_pylist()
        known = {cell: _value(cell, self.form) for cell in set(cells) if cell is not None}
        values = np.array([known.get(cell, np.nan) for cell in cells], dtype=np.float64)
        return replace_column(table, self.column, values)


def check_scaled(column: ColumnProfile) -> Finding | None:
    """Find amounts with letters for thousands or millions, in a column of nothing else."""
    levels = [level.strip() for level in column.texts.slice(0, _PROBE).to_pylist()]
    cells = [level for level in levels if level.casefold() not in NOT_KNOWN]
    found = [match for cell in cells if (match := _CELL.fullmatch(cell))]
    if not cells or len(found) < len(cells):
        return None
    times = [(match["times"] or "").casefold() for match in found]
    scaled = [cell for cell, word in zip(cells, times, strict=True) if word in _TIMES]
    is_money = any(re.search(r"[$€£¥₹]", cell) for cell in cells)
    if not scaled or any(word not in _TIMES for word in times if word):
        return None
    if not is_money and len({_TIMES[word] for word in times if word} | {"" in times}) < 2:
        return None
    evidence = weigh(re.sub(r"[^\d.,]", "", match["before"]) for match in found)
    if evidence.contradicts_itself:
        return None
    form = NumberFormat(decimal="," if evidence.commas else ".", currency=True)
    form = replace(form, thousands="." if form.decimal == "," else ",")
    message = (
        f"{quoted(scaled, 2)} in '{shorten(column.name)}' are amounts with a letter for thousands "
        "or millions; as text no model can use them."
    )
    fix = ScaledNumbers(column.name, form, scaled[0])
    return Finding("numeric_text", column.name, message, fix, "problem")


def _value(cell: str, form: NumberFormat) -> float:
    match = _CELL.fullmatch(cell)
    word = (match["times"] or "").casefold() if match else ""
    if match is None or (word and word not in _TIMES):
        return float("nan")
    number = float(parse(pa.array([match["before"]]), form)[0])
    # Through the decimal text, so that 1.2k is 1200 and not 1199.9999999999998.
    return float(f"{number:.15g}e{round(np.log10(_TIMES[word]))}") if word else number
