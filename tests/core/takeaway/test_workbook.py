"""The workbook, opened again by two readers that did not write it."""

from __future__ import annotations

import io

import numpy as np
import openpyxl
import pandas as pd
import pytest

import core
from core.exceptions import DataError
from core.tables.wording import Wording
from core.takeaway.all_tables import all_tables
from core.takeaway.workbook import sheet_names, workbook

ODD = pd.DataFrame(
    {
        "=1+1": ["=cmd|' /C calc'!A0", "+1", "@x", None],
        "url": ["http://example.org", "mailto:a@b", "-2", "\x00bad\x1f"],
        "value": [1 / 3, np.nan, np.inf, 1e300],
        "count": [1, 2, 3, 2**40],
        "flag": [True, False, True, False],
        "day": pd.Series(
            pd.to_datetime(["2020-01-02 00:00", None, "1999-12-31 23:59", "2020-02-29 00:00"])
        ),
    }
)


def test_cells_are_what_they_were_and_nothing_runs() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook({"Odd": ODD, "Again": ODD})))
    assert book.sheetnames == ["Odd", "Again"]
    sheet = book["Odd"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [c for c in cells if c.data_type == "f" or c.hyperlink]
    assert sheet["A1"].value == "=1+1" and sheet["A2"].value == "=cmd|' /C calc'!A0"
    assert sheet["A5"].value is None and sheet["B5"].value == "\ufffdbad\ufffd"
    assert sheet["C2"].value == 1 / 3 and sheet["C3"].value is None and sheet["C4"].value is None
    assert sheet["D5"].value == 2**40 and sheet["E3"].value is False
    assert sheet["F4"].value == pd.Timestamp("1999-12-31 23:59").to_pydatetime()


def test_the_apps_own_reader_reads_it() -> None:
    table = core.load_example("radon").head(50)
    found = core.read_table(workbook({"Radon": table}), "radon.xlsx")
    pd.testing.assert_frame_equal(found, table, check_dtype=False)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/b", "A B", "x" * 40, "x" * 40], ["a b", "A B 2", "x" * 31, "x" * 29 + " 2"]),
        (["", "[]", "History"], ["Table", "Table 2", "History 2"]),
    ],
)
def test_sheets_get_names_that_spreadsheets_take(names: list[str], expected: list[str]) -> None:
    assert sheet_names(names) == expected


def test_no_table_and_too_large_a_table_are_refused() -> None:
    with pytest.raises(DataError, match="no table"):
        workbook({})
    with pytest.raises(DataError, match="Save it as CSV"):
        workbook({"wide": pd.DataFrame(np.zeros((1, 16_385)))})


def test_every_table_of_a_report_is_in_the_workbook() -> None:
    example = core.EXAMPLES["radon"]
    data = core.GroupedData.from_table(core.load_example("radon"), example.spec)
    fits = core.fit_all(data)
    tables = all_tables(fits, ("pooling", "variance"), Wording.of_example(example))
    book = openpyxl.load_workbook(io.BytesIO(workbook(tables)))
    contents = [[cell.value for cell in row] for row in book["Contents"].iter_rows(min_row=2)]
    assert [row[0] for row in contents] == book.sheetnames[1:]
    head = [cell.value for cell in book["Pooling"][1]]
    rows = list(book["Pooling"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == fits.multilevel.n_groups
    group, count = head.index("group"), head.index("n")
    assert {row[group]: row[count] for row in rows} == dict(
        zip(fits.data.group_names, fits.multilevel.group_sizes.tolist(), strict=True)
    )
