"""Downloads: the same table comes back, and no cell is a formula."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

import core
from core.tables.export import neutralise

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", " =1+1", "＝1+1",
    "|calc", "%0A=1", '"=1', "'=1", "\n@x", "-2+3+cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\")",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_neutralised_in_cells_names_and_levels(text: str) -> None:
    table = pd.DataFrame({text: [text, "b"], "c": pd.Categorical([text, "b"])})
    rows = list(csv.reader(io.StringIO(core.to_csv(table).decode("utf-8-sig"), newline="")))
    assert rows[0][0] == rows[1][0] == rows[1][1] == "'" + text.replace("\r", "\n")


@pytest.mark.parametrize("text", ["-5", "+7", "-", "1e-5", "school 1", "a=b", "", "-1.5e-3"])
def test_harmless_texts_stay(text: str) -> None:
    assert neutralise(text) == text


def test_round_trip(exam: pd.DataFrame) -> None:
    back = core.read_table(core.to_csv(exam), "t.csv")
    pd.testing.assert_frame_equal(back, exam.astype({"school": int, "student": int}))


def test_numbers_missing_cells_and_dates() -> None:
    table = pd.DataFrame(
        {
            "x": [0.1 + 0.2, np.nan, -1e-300],
            "d": pd.to_datetime(["2020-01-01", None, "2020-01-03"]),
            "s": ["é", None, 'a,b\n"c"'],
        }
    )
    back = core.read_table(core.to_csv(table), "t.csv", repair=False)
    assert back["x"].tolist()[0] == 0.1 + 0.2
    assert back["x"].tolist()[2] == -1e-300
    assert back["s"].tolist()[2] == 'a,b\n"c"'
    assert back["d"].isna().tolist() == [False, True, False]


def test_duplicate_and_foreign_column_names() -> None:
    table = pd.DataFrame([[1, "=x"]], columns=[0, 0])
    assert core.to_csv(table).decode("utf-8-sig") == "0,0\n1,'=x\n"
