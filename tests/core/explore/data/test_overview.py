"""What a table is, and the receipt of one group as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.data.overview import (
    left_out_sentence,
    left_out_table,
    outcome_histogram,
    table_headline,
)
from core.explore.data.plot_table import plot_table
from core.explore.groups.receipts import receipt_table
from core.figures import theme
from core.formats import fixed
from core.tables.wording import Wording
from tests.fitted import example_fits, many_groups, words


def test_headline_counts_rows_groups_and_sizes() -> None:
    text = table_headline(example_fits("radon").data, words("radon"))
    sizes = core.load_example("radon")["county"].value_counts()
    assert text == (
        f"All 919 rows are used: 85 counties with 1 to {sizes.max()} homes, "
        f"half of them with at most {int(sizes.median())}"
    )
    text = table_headline(example_fits("sleepstudy").data, words("sleepstudy"))
    assert text.endswith("18 people with 10 days each")


def test_headline_tells_of_rows_left_out() -> None:
    table = many_groups(20)
    table.loc[:2, "y"] = np.nan
    spec = core.ModelSpec(outcome="y", group="g")
    data = core.GroupedData.from_table(table, spec)
    n = len(table)
    assert table_headline(data, Wording()).startswith(f"{n - 3:,} of {n:,} rows are used")


def test_rows_left_out_are_told_with_reason_and_group() -> None:
    """The example of the issue, counted by hand."""
    table = pd.DataFrame({"school": [str(j) for j in np.repeat(np.arange(1, 21), 10)]})
    table["score"] = np.arange(200) % 7 + np.arange(200) / 50.0
    table["ses"] = (np.arange(200) * 3 % 11).astype(float)
    table.loc[(table["school"] == "4") | (table["school"] == "9"), "ses"] = np.nan
    table.loc[190:199, "ses"] = np.nan
    table.loc[[0, 1, 2, 20, 21, 22, 23], "school"] = None
    spec = core.ModelSpec(outcome="score", group="school", predictors=("ses",))
    data = core.GroupedData.from_table(table, spec)
    assert left_out_sentence(data, Wording()) == (
        "A total of 37 rows left out: 7 have an empty school, 30 lack ses (school 20, 4, 9). "
        "No row is left of school 20, 4, 9."
    )
    assert "(schools 20, 4, 9)" in data.left_out.sentence("school", "schools")
    lost = left_out_table(table, data)
    assert list(lost["row"]) == [i + 1 for i in range(200) if i not in set(_kept(table))]
    assert lost["left out because"].value_counts().to_dict() == {"no ses": 30, "no school": 7}
    assert list(lost.columns[2:]) == ["school", "score", "ses"]


def _kept(table: pd.DataFrame) -> list[int]:
    return list(table.dropna().index)


def test_rows_left_out_in_small_numbers_and_odd_names() -> None:
    table = many_groups(12).rename(columns={"x": "x y"})
    spec = core.ModelSpec(outcome="y", group="g", predictors=("x y",))
    table.loc[0, "x y"] = np.inf
    data = core.GroupedData.from_table(table, spec)
    name = table.loc[0, "g"]
    assert data.left_out.sentence() == f"1 row left out: it lacks 'x y' (group {name})."
    table["x y"] = table["x y"].where(table.groupby("g").cumcount() > 0)
    data = core.GroupedData.from_table(table, spec)
    assert " and 7 more)" in data.left_out.sentence() and "all lack 'x y'" in (
        data.left_out.sentence()
    )


def test_the_histogram_counts_every_row_once() -> None:
    data = example_fits("radon").data
    bins = outcome_histogram(data)
    assert bins["count"].sum() == data.n_obs
    assert (bins["left"].iloc[0], bins["right"].iloc[-1]) == (data.y.min(), data.y.max())
    middle = bins.iloc[len(bins) // 2]
    inside = ((data.y >= middle["left"]) & (data.y < middle["right"])).sum()
    assert middle["count"] == inside


def test_receipt_table_shows_the_numbers_of_the_receipt() -> None:
    fits = example_fits("radon")
    found = core.receipt(fits, "LACQUIPARLE")
    table = receipt_table(found, fits, words("radon")).set_index("estimate")
    assert table.loc["its own", "intercept"] == fixed(float(found.own[0]), 2)
    assert table.loc["partial pooling", "intercept"] == fixed(float(found.pooled[0]), 2)
    kept = (found.pooled[0] - found.target[0]) / (found.own[0] - found.target[0])
    assert table.loc["keeps", "intercept"] == f"{100 * kept:.0f}%"
    single = core.receipt(fits, "MAHNOMEN")
    table = receipt_table(single, fits, words("radon")).set_index("estimate")
    assert table.loc["its own", "slope"] == "–"


@pytest.mark.parametrize("style", [theme.Style(), theme.Style("dark", is_narrow=True)])
def test_the_picture_of_a_table_draws_rows_and_sizes(style: theme.Style) -> None:
    data = example_fits("radon").data
    figure = plot_table(data, wording=words("radon"), style=style)
    outcome, sizes = figure.data
    bins = outcome_histogram(data)
    np.testing.assert_array_equal(outcome.y, bins["count"])
    np.testing.assert_allclose(outcome.x + outcome.width / 2, bins["right"])
    expected = pd.Series(data.group_sizes).sort_values(ascending=False)
    np.testing.assert_array_equal(sizes.y, expected)
