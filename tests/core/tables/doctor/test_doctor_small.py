"""The doctor on tables of two dozen rows, which is what people try first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import core

RNG = np.random.default_rng(4)


def base(n_groups: int = 4, size: int = 4) -> pd.DataFrame:
    """Return a small clean table: school, x, score."""
    group = np.repeat(np.arange(1, n_groups + 1), size)
    x = RNG.normal(10, 2, len(group)).round(1)
    score = (x * 2 + group * 3 + RNG.normal(size=len(group))).round(1)
    return pd.DataFrame({"school": group, "x": x, "score": score})


def cells(table: pd.DataFrame, column: str, values: dict[int, object]) -> pd.DataFrame:
    """Return a table with some cells of a column replaced."""
    table[column] = table[column].astype(object)
    for row, value in values.items():
        table.loc[row, column] = value
    return table


def waves(stem: str, first: int = 1) -> pd.DataFrame:
    """Return six units measured three times in three columns."""
    start = RNG.normal(50, 10, 6)
    later = {f"{stem}{first + k}": (start + k + RNG.normal(size=6)).round(1) for k in range(3)}
    return pd.DataFrame({"unit": list("ABCDEF")} | later)


SMALL: list[tuple[str, Callable[[], pd.DataFrame]]] = [
    ("numeric_text", lambda: base().assign(income=[f"{1000 + 37 * i:,}" for i in range(16)])),
    ("numeric_text", lambda: base().assign(share=[f"{i * 3}%" for i in range(16)])),
    ("numeric_text", lambda: cells(base(), "score", {3: "-"})),
    ("missing_tokens", lambda: cells(base(), "score", {2: -99, 7: -99})),
    ("missing_tokens", lambda: cells(base(), "score", {2: 999, 7: 999})),
    ("missing_tokens", lambda: base().assign(sex=["m", "f", "?", "m"] * 4)),
    ("category_as_number", lambda: base().assign(region=[1, 2, 3, 2] * 4)),
    ("reused_ids", lambda: base(4, 6).assign(class_=[1, 1, 1, 2, 2, 2] * 4)
     .rename(columns={"class_": "class"})),
    ("reused_ids", lambda: base(4, 6).assign(cask=list("aabbcc") * 4)),
    ("crossed", lambda: pd.DataFrame({
        "subject": np.repeat(np.arange(1, 7), 5), "item": list("abcde") * 6,
        "rt": RNG.normal(500, 50, 30).round(1)})),
    ("wide_layout", lambda: waves("t")),
    ("wide_layout", lambda: waves("", 1990)),
    ("total_row", lambda: pd.concat([base().astype({"school": str}), pd.DataFrame(
        {"school": ["Total"], "x": [160.0], "score": [500.0]})])),
    ("repeated_header", lambda: pd.concat([base().astype(str).head(8), pd.DataFrame(
        {"school": ["school"], "x": ["x"], "score": ["score"]}), base().astype(str).tail(8)])),
    ("singletons", lambda: pd.concat([base(3), pd.DataFrame(
        {"school": [10, 11, 12], "x": [1.0, 2.0, 3.0], "score": [3.0, 4.0, 5.0]})])),
    ("no_spread_in_x", lambda: cells(base(4, 5), "x", {i: 9.5 for i in range(5, 10)})),
    ("near_duplicate_levels", lambda: base().assign(
        town=["North", "north", "North ", "North"] * 2 + ["South"] * 8)),
    ("id_like", lambda: base().assign(student_id=[f"st{i}" for i in range(16)])),
    ("binary_outcome", lambda: base().assign(score=[0, 1, 1, 0] * 4)),
    ("binary_outcome", lambda: base().drop(columns="score").assign(passed=["yes", "no"] * 8)),
    ("constant_column", lambda: base().assign(country="NL")),
    ("constant_column", lambda: base().assign(score=[1] * 15 + [2])),
    ("date_predictor", lambda: base().assign(day=pd.date_range("2020-01-01", periods=16))),
    ("date_predictor", lambda: base().assign(day=[f"{i + 1} March 2020" for i in range(16)])),
    ("varies_within_group", lambda: cells(
        base(6).assign(funds=np.repeat([0.1, 0.7, 1.3, 2.2, 3.1, 0.4], 4)), "funds", {5: 9.9})),
    ("varies_within_group", lambda: cells(
        base(6).assign(sector=np.repeat(["public", "private"] * 3, 4)), "sector", {5: "public"})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "make"), SMALL)
def test_found_in_a_small_table(code: str, make: Callable[[], pd.DataFrame]) -> None:
    table = core.read_table(make().to_csv(index=False).encode(), "t.csv", repair=False)
    assert code in {finding.code for finding in core.examine(table)}


@pytest.mark.parametrize("shape", [(4, 4), (3, 3), (10, 10), (30, 2)])
def test_silent_on_small_clean_tables(shape: tuple[int, int]) -> None:
    assert core.examine(base(*shape)) == ()


#: Columns of real tables that look like a fault and are none.
CLEAN: list[tuple[str, dict[str, object]]] = [
    ("a country called DK", {"code": ["DK", "SE", "NO", "FI"] * 8}),
    ("an answer", {"Results": ["Obeyed", "Refused"] * 16}),
    ("a word for no rule", {"minimum": (["none"] * 5 + ["1", "2", "3"]) * 4}),
    ("a river called Somme", {"place": [*"abcdefghijklmnopqrstuvwxyzab", "Somme", *"cde"]}),
    (
        "a team called MIN",
        {"franchise_name": ["MIN", "ALL", "SD", "ATL"] * 8, "runs": [0, 1, 2, 3] * 8},
    ),
    ("hours in classes", {"Sleep": ["4 or less hours", "5 hours", "6 hours", "7 hours"] * 8}),
    ("distances in a race", {"dash": ["100m", "200m", "400m", "Mile"] * 8}),
    ("cells of the blood", {f"CD{k}": [10 + v * k % 29 for v in range(32)] for k in (3, 8, 34)}),
    ("numbers of children", {"child5": [0, 1, 0, 2] * 8, "child13": [0, 0, 1, 3, 2, 0, 1, 0] * 4}),
    ("a rating", {"job_level": [1, 2, 3, 4] * 8}),
    ("answers on a scale", {k: list(range(1, 9)) * 4 for k in ("calm", "warm", "kind", "happy")}),
]


@pytest.mark.parametrize(("what", "columns"), CLEAN)
def test_silent_on_what_only_looks_like_a_fault(what: str, columns: dict[str, object]) -> None:
    rows = core.read_table(base(8, 4).assign(**columns).to_csv(index=False).encode(), "t.csv")
    assert core.examine(rows, "school", outcome="score") == (), what
