"""The tables behind figures: one count of decimals in a column, true minus signs, as numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from pages._shared import figures


def cells(frame: pd.DataFrame, formats: dict[str, object]) -> list[list[str]]:
    """Return every cell as it is shown, column by column."""
    shown, left = figures._written(frame, formats)
    assert isinstance(shown, pd.io.formats.style.Styler) and shown.data is frame
    assert not any("format" in dict(each.get("type_config", {})) for each in left.values())  # type: ignore[attr-defined]
    found = re.findall(r"<td[^>]*>([^<]*)</td>", shown.hide(axis="index").to_html())
    return np.array(found).reshape(frame.shape).T.tolist()


def test_a_column_has_one_count_of_decimals_and_true_minus_signs() -> None:
    frame = pd.DataFrame({"n": [1, 20], "rmse": [0.824, 0.7567], "d": [-0.0430, -1e-9]})
    asked = {"d": {"type_config": {"format": "%.3f"}}, "rmse": {"type_config": {"format": "%.3g"}}}
    minus = "\N{MINUS SIGN}"
    assert cells(frame, asked) == [["1", "20"], ["0.824", "0.757"], [f"{minus}0.043", "0.000"]]


def test_shares_are_written_as_per_cent_and_what_is_missing_as_a_dash() -> None:
    frame = pd.DataFrame({"share": [0.5234, 0.494, np.nan]})
    assert cells(frame, {"share": {"type_config": {"format": "percent"}}}) == [
        ["52.3%", "49.4%", "\N{EN DASH}"]
    ]


def test_long_tables_and_equal_names_are_left_to_the_browser() -> None:
    wide = pd.DataFrame(np.zeros((3, 2)), columns=["a", "a"])
    long = pd.DataFrame({"a": np.zeros(figures._MOST_WRITTEN + 1)})
    for frame in (wide, long):
        assert figures._written(frame, {})[0] is frame
