"""The line of the column names and the sheet of a workbook, found and said."""

from __future__ import annotations

from pathlib import Path

import pytest
import statsmodels

import core

TEXT = b"x;y;g\n" + b"".join(b"%d;%d;a\n" % (i, i * i) for i in range(40))


def test_a_line_below_the_first_is_taken() -> None:
    table = core.read_table(TEXT, "t.csv", core.ReadOptions(header_row=3))
    assert list(table.columns) == ["1", "1_2", "a"] and len(table) == 38


@pytest.mark.parametrize("row", [42, 43, 300, 5_000])
def test_a_line_beyond_the_file_is_refused_and_not_ignored(row: int) -> None:
    with pytest.raises(core.DataError, match=f"line {row:,} cannot hold them"):
        core.read_table(TEXT, "t.csv", core.ReadOptions(header_row=row))


def test_an_old_workbook_that_others_made() -> None:
    pytest.importorskip("python_calamine")
    folder = Path(statsmodels.__file__).parent / "datasets" / "macrodata" / "src"
    books = [path for path in folder.rglob("*.xls") if path.is_file()]
    if not books:
        pytest.skip("this statsmodels comes without macrodata.xls")
    table = core.read_table(books[0])
    report = core.read_report(table)
    assert (report.format, report.sheet, report.sheets[0]) == ("xls", "Monthly", "README")
    assert table["DATE"].dtype.kind == "M" and table["POP"].dtype == "float64"
    quarterly = core.read_table(books[0], options=core.ReadOptions(sheet="Quarterly"))
    assert len(table) > 2.5 * len(quarterly)
