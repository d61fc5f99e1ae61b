"""What a table is, and the receipt of one group as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.overview import column_overview, table_headline
from core.explore.receipts import receipt_table
from core.explore.wording import Wording
from core.formats import fixed
from core.plots import theme
from core.plots.plot_table import plot_table
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


def test_columns_have_their_roles() -> None:
    spec = core.EXAMPLES["radon"].spec.update(group_predictors=("log_uranium",))
    frame = column_overview(core.load_example("radon"), spec).set_index("column")
    assert frame["role"].to_dict() == {
        "log_radon": "outcome",
        "county": "group",
        "floor": "predictor, varying slope",
        "log_uranium": "group-level predictor",
    }


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
    assert len(outcome.x) == 919
    expected = pd.Series(data.group_sizes).sort_values(ascending=False)
    np.testing.assert_array_equal(sizes.y, expected)
