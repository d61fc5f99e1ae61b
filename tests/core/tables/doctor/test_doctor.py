"""The doctor: every planted fault is found in one sentence, one click mends it, clean data pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import core
from core.tables.doctor.fixes import CodeAsZeroOne, DropColumn
from core.tables.fix import Fix
from core.tables.reshape import DropSmallGroups, WideToLong

RNG = np.random.default_rng(11)


def clean(n_groups: int = 12, size: int = 10) -> pd.DataFrame:
    """Return a table without faults: pupils in schools, a score, an intake test."""
    rng = np.random.default_rng(5)
    school = np.repeat(np.arange(n_groups), size)
    test = rng.normal(size=len(school)).round(2)
    score = (test + rng.normal(size=n_groups)[school] + rng.normal(size=len(school))).round(2)
    return pd.DataFrame(
        {
            "school": np.char.add("school ", (school + 1).astype(str)),
            "score": score,
            "test": test,
            "sex": rng.choice(["girl", "boy"], len(school)),
            "funding": rng.normal(size=n_groups).round(1)[school],
        }
    )


def csv(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as a user would bring it: written as CSV and read by ``core``."""
    return core.read_table(table.to_csv(index=False).encode(), "table.csv", repair=False)


def _repeated_header() -> pd.DataFrame:
    table = clean().astype(str)
    again = pd.DataFrame([list(table)], columns=list(table))
    return pd.concat([table.iloc[:60], again, table.iloc[60:]])


def _total_row() -> pd.DataFrame:
    table = clean()
    last = {"school": "Total", "score": table["score"].sum(), "test": table["test"].sum()}
    return pd.concat([table, pd.DataFrame([last])])


def _spellings() -> pd.DataFrame:
    table = clean()
    table.loc[[3, 5], "school"] = ["School 1", " school 1"]
    return table


def _wide() -> pd.DataFrame:
    base = RNG.normal(50, 10, 40)
    scores = {f"score_{k}": (base + RNG.normal(0, 3, 40)).round(1) for k in (1, 2, 3)}
    return pd.DataFrame({"pupil": [f"p{i}" for i in range(40)]} | scores)


def _no_spread() -> pd.DataFrame:
    table = clean()
    table.loc[table["school"].isin(["school 2", "school 7"]), "test"] = 0.25
    return table


def _slip() -> pd.DataFrame:
    table = clean()
    table.loc[7, "funding"] += 1.0
    return table


def _crossed() -> pd.DataFrame:
    score = RNG.normal(size=120).round(2)
    rater, item = np.repeat(list("ABCDEF"), 20), np.tile(np.arange(1, 21), 6)
    return pd.DataFrame({"rater": rater, "item": item, "score": score})


def _reused_ids() -> pd.DataFrame:
    table = clean().drop(columns="funding")
    table.insert(1, "class", np.tile(np.repeat([1, 2], 5), 12))
    return table


PLANTS: dict[str, Callable[[], pd.DataFrame]] = {
    "numeric_text": lambda: clean().assign(
        income=[f"{v:,}" for v in RNG.integers(1_000, 90_000, 120)]
    ),
    "missing_tokens": lambda: clean().assign(
        sex=["?" if i % 17 == 3 else v for i, v in enumerate(clean()["sex"])]
    ),
    "near_duplicate_levels": _spellings,
    "repeated_header": _repeated_header,
    "total_row": _total_row,
    "wide_layout": _wide,
    "category_as_number": lambda: clean().assign(religion=RNG.integers(1, 6, 120)),
    "id_like": lambda: clean().assign(row=np.arange(1, 121)),
    "constant_column": lambda: clean().assign(country="UK"),
    "date_predictor": lambda: clean().assign(
        tested=pd.date_range("2020-01-01", periods=120).strftime("%d/%m/%Y")
    ),
    "binary_outcome": lambda: (
        clean()
        .drop(columns=["score", "funding"])
        .rename(columns={"test": "ses"})
        .assign(passed=RNG.integers(0, 2, 120))
    ),
    "reused_ids": _reused_ids,
    "crossed": _crossed,
    "singletons": lambda: pd.concat(
        [clean(), clean().head(8).assign(school=[f"small {i}" for i in range(8)])]
    ),
    "no_spread_in_x": _no_spread,
    "varies_within_group": _slip,
}


def planted(code: str) -> pd.DataFrame:
    """Return a table with one fault, as read from a file."""
    return csv(PLANTS[code]())


@pytest.mark.parametrize("code", PLANTS)
def test_the_planted_fault_is_found_and_nothing_else(code: str) -> None:
    findings = core.examine(planted(code))
    assert [finding.code for finding in findings] == [code]
    message = findings[0].message
    assert message.endswith((".", "?"))
    assert "\n" not in message


@pytest.mark.parametrize("code", PLANTS)
def test_one_click_removes_the_finding(code: str) -> None:
    table = planted(code)
    before = table.copy()
    finding = core.examine(table)[0]
    if finding.fix is None:
        assert code in ("binary_outcome", "no_spread_in_x", "crossed")
        return
    mended = core.apply_fix(table, finding.fix)
    assert finding.fix.label
    pd.testing.assert_frame_equal(table, before)
    left = [found for found in core.examine(mended) if found.code == code]
    assert not left or code == "reused_ids"


def test_duplicate_names_of_a_file_and_of_a_frame() -> None:
    rows = "".join(f"{i % 7},{i * 0.37 % 5:.2f},{i % 11 / 3:.2f}\n" for i in range(70))
    table = core.read_table(("school,score,score\n" + rows).encode(), "t.csv")
    finding = next(f for f in core.examine(table) if f.code == "duplicate_names")
    assert finding.column == "score_2"
    assert list(core.apply_fix(table, finding.fix)) == ["school", "score"]
    frame = clean().iloc[:, [0, 1, 2, 2]]
    finding = core.examine(frame)[0]
    assert finding.code == "duplicate_names"
    assert core.apply_fix(frame, finding.fix).columns.is_unique


@pytest.mark.parametrize("name", ["exam", "radon", "sleepstudy", "dyestuff"])
def test_silent_on_the_classics(name: str, request: pytest.FixtureRequest) -> None:
    table: pd.DataFrame = request.getfixturevalue(name)
    assert core.examine(table) == ()
    assert core.examine(csv(table)) == ()
    group = core.guess_roles(table).group
    assert core.examine(table, group) == ()


def test_silent_on_a_clean_table() -> None:
    assert core.examine(csv(clean())) == ()


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,234", "2,345", "999", "1,000,000"], [1234, 2345, 999, 1_000_000]),
        (["3,5", "2,25", "7", "0,5"], [3.5, 2.25, 7, 0.5]),
        (["12%", "3.5%", "0%", "100%"], [12, 3.5, 0, 100]),
        (["$5.00", "$1,200.50", "$0.10", "$7"], [5, 1200.5, 0.1, 7]),
        (["1.234,5", "2,5", "3", "10.000"], [1234.5, 2.5, 3, 10_000]),
        (["1 234", "2 345,5", "3", "4"], [1234, 2345.5, 3, 4]),
        (["1'234", "12'345.5", "3", "4"], [1234, 12345.5, 3, 4]),
        (["3.5", "2,25", "7.5", "0,5"], [3.5, 2.25, 7.5, 0.5]),
        (["1,23,456", "12,34,567.5", "3", "4"], [123456, 1234567.5, 3, 4]),
        (["١٢", "٣٫٥", "۴", "४२"], [12, 3.5, 4, 42]),
        (["3.5", "-", "2.5", "4.0"], [3.5, None, 2.5, 4]),
        (["3.5", ".", "2.5", "4.0"], [3.5, None, 2.5, 4]),
        (["1", "2", "NA", "4"], [1, 2, None, 4]),
        (["1.5", "2.5", "n/a", "4.5"], [1.5, 2.5, None, 4.5]),
    ],
)
def test_numbers_are_read_as_they_were_meant(cells: list[str], numbers: list[float | None]) -> None:
    table = pd.DataFrame({"g": np.repeat(list("abcde"), 4), "x": cells * 5})
    finding = next(f for f in core.examine(table, "g") if f.code == "numeric_text")
    mended = core.apply_fix(table, finding.fix)["x"].to_numpy()[:4]
    np.testing.assert_array_equal(mended, np.array(numbers, dtype=float))


@pytest.mark.parametrize(
    "cells",
    [
        ["01001", "20301", "30303", "00001"],
        ["1", "2", "3", "4"],
        ["15-19", "20-24", "25-29", "30-34"],
        ["4", "6", "8", "rotary"],
        ["a1", "b2", "c3", "d4"],
    ],
)
def test_labels_and_codes_are_no_numbers(cells: list[str]) -> None:
    table = pd.DataFrame({"g": np.repeat(list("abcde"), 4), "x": cells * 5})
    assert "numeric_text" not in {f.code for f in core.examine(table, "g")}


@pytest.mark.parametrize(
    ("values", "sentinel"),
    [
        ([1, 2, 3, 4, 5, 99] * 5, 99),
        ([20, 35, 41, 50, -99, 60] * 5, -99),
        ([0.5, 1.5, 2.5, 999, 3.5, 1.0] * 5, 999),
        ([1, 2, 3, 4, 5, 6] * 5, None),
        ([-5, -9, -99, 20, 50, 99] * 5, None),
        ([95, 96, 97, 98, 99, 90] * 5, None),
    ],
)
def test_impossible_numbers_mean_missing(values: list[float], sentinel: float | None) -> None:
    table = pd.DataFrame({"g": np.repeat(list("abcdef"), 5), "y": values})
    found = [f for f in core.examine(table, "g") if f.code == "missing_tokens"]
    assert bool(found) == (sentinel is not None)
    if found:
        mended = core.apply_fix(table, found[0].fix)["y"]
        assert int(mended.isna().sum()) == values.count(sentinel)  # type: ignore[arg-type]


def test_spellings_merge_into_the_most_frequent() -> None:
    table = planted("near_duplicate_levels")
    mended = core.apply_fix(table, core.examine(table)[0].fix)
    assert mended["school"].value_counts().loc["school 1"] == 10


def test_wide_becomes_long_and_keeps_its_unit() -> None:
    table = planted("wide_layout")
    fix = core.examine(table)[0].fix
    assert isinstance(fix, WideToLong)
    long = core.apply_fix(table, fix)
    assert list(long) == ["pupil", "time", "score"]
    assert long.head(3).to_dict("list") == {
        "pupil": ["p0"] * 3,
        "time": [1, 2, 3],
        "score": table.iloc[0, 1:].tolist(),
    }
    bare = core.apply_fix(table.drop(columns="pupil"), fix)
    assert list(bare) == ["unit", "time", "score"]


def test_combined_ids_are_new_and_unique() -> None:
    table = planted("reused_ids")
    finding = core.examine(table)[0]
    assert "12 levels of 'school'" in finding.message
    mended = core.apply_fix(table, finding.fix)
    assert mended["school:class"].nunique() == 24
    assert mended["school:class"].iloc[0] == "school 1:1"


def test_dates_become_days() -> None:
    table = planted("date_predictor")
    mended = core.apply_fix(table, core.examine(table)[0].fix)
    assert mended["tested"].tolist() == list(range(len(table)))


def test_total_and_header_rows_go_and_types_come_back() -> None:
    for code in ("repeated_header", "total_row"):
        table = planted(code)
        mended = core.apply_fix(table, core.examine(table)[0].fix)
        assert len(mended) == 120
        assert mended["score"].dtype == "float64"


def test_a_two_level_outcome_can_be_counted() -> None:
    table = clean().drop(columns=["score", "funding", "test"])
    table["passed"] = np.where(np.arange(120) % 3 == 0, "no", "yes")
    finding = next(f for f in core.examine(table) if f.code == "binary_outcome")
    assert isinstance(finding.fix, CodeAsZeroOne)
    assert core.apply_fix(table, finding.fix)["passed"].mean() == pytest.approx(2 / 3)


def test_a_nearly_constant_outcome_is_told() -> None:
    table = clean().assign(score=[0.0] * 118 + [1.5, 2.5])
    finding = core.examine(table, outcome="score")[0]
    assert (finding.code, finding.column) == ("constant_column", "score")


def test_small_groups_can_be_left_out() -> None:
    table = planted("singletons")
    fix = core.examine(table)[0].fix
    assert isinstance(fix, DropSmallGroups)
    assert len(core.apply_fix(table, fix)) == 120


def test_unknown_columns_are_refused() -> None:
    with pytest.raises(core.DataError, match="no column"):
        core.examine(clean(), "nonsense")
    with pytest.raises(core.DataError, match="any more"):
        core.apply_fix(clean(), DropColumn("nonsense"))
    with pytest.raises(core.DataError, match="no column"):
        core.describe_columns(clean(), "nonsense")


def test_description_of_columns(exam: pd.DataFrame) -> None:
    described = core.describe_columns(exam, "school").set_index("column")
    assert described.loc["school", "level"] == "the group"
    assert described.loc["schavg", "level"] == "same within each group"
    assert described.loc["standLRT", "level"] == "varies inside groups"
    assert described.loc["sex", "kind"] == "category"
    assert described.loc["normexam", "kind"] == "number"
    assert described.loc["schgend", "distinct"] == 3
    assert "girls (1,377)" in described.loc["schgend", "spread"]
    kinds = core.describe_columns(planted("date_predictor")).set_index("column")["kind"]
    assert kinds["tested"] == "date"
    assert core.describe_columns(planted("id_like")).loc[0, "kind"] == "identifier"


ODD: list[Callable[[], pd.DataFrame]] = [
    pd.DataFrame,
    lambda: pd.DataFrame({"a": []}),
    lambda: pd.DataFrame({"a": [None, None]}),
    lambda: pd.DataFrame({"a": [[1], {"b": 2}, None] * 5, "b": range(15)}),
    lambda: pd.DataFrame({"a": [1, "x", None, 2.5, True] * 5}),
    lambda: pd.DataFrame({"a": pd.array([True, None, False] * 5, dtype="boolean")}),
    lambda: pd.DataFrame({"a": pd.array([1, None, 3] * 5, dtype="Int64"), "b": range(15)}),
    lambda: pd.DataFrame({"a": pd.period_range("2020", periods=15, freq="M"), "b": range(15)}),
    lambda: pd.DataFrame({"a": pd.date_range("2020", periods=15, tz="UTC"), "b": range(15)}),
    lambda: pd.DataFrame({"a": pd.to_timedelta(range(15), unit="D"), "b": range(15)}),
    lambda: pd.DataFrame({"a": np.arange(15) * 1j, "b": range(15)}),
    lambda: pd.DataFrame({"a": [np.inf, -np.inf, np.nan] * 5, "b": list("abc") * 5}),
    lambda: pd.DataFrame({"a": pd.Categorical(list("abc") * 5, categories=list("abcd"))}),
    lambda: pd.DataFrame({0: range(15), 1: list("abc") * 5}),
    lambda: pd.DataFrame([["a", 1.5]] * 15, columns=["x", "x"]),
    lambda: pd.DataFrame({"": list("abc") * 5, " ": range(15)}),
    lambda: pd.DataFrame({"=1+1": ["<b>", "$x$", "=cmd()"] * 5, "y": range(15)}),
    lambda: pd.DataFrame({"a": ["\x00", "‮", "﻿"] * 5, "y": np.arange(15) / 7}),
    lambda: clean().set_index("school"),
    lambda: clean().set_index(["school", "sex"], append=True),
]


@pytest.mark.parametrize("make", ODD)
def test_odd_tables_raise_nothing_untyped(make: Callable[[], pd.DataFrame]) -> None:
    table = make()
    for finding in core.examine(table):
        if finding.fix is not None:
            assert isinstance(finding.fix, Fix)
            mended = core.apply_fix(table, finding.fix)
            table = mended if finding.code == "duplicate_names" else table
    core.guess_roles(table)
    core.describe_columns(table)
