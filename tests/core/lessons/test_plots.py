"""The figures of the lessons: what is hidden stays hidden, data equal what they are given."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.estimators.estimates import estimates
from core.explore.pooling.lines import group_lines
from core.figures import theme
from core.lessons.plots.plot_guess_line import end_labels, height_range, plot_guess_line
from core.lessons.plots.plot_numbers import NumberRow, plot_numbers
from core.lessons.plots.plot_pull import plot_pull
from tests.fitted import HOSTILE, example_fits, radon_with_uranium, words

STYLES = [
    theme.Style("light", "normal", False, False),
    theme.Style("dark", "projector", True, False),
]


def traces(figure: object, name: str) -> list[object]:
    return [t for t in figure.data if t.name == name]  # type: ignore[attr-defined]


def test_pull_shows_both_estimates_once_revealed() -> None:
    fits = example_fits("radon", "intercept")
    each = estimates(fits)
    hidden, open_ = (plot_pull(fits, is_revealed=r, wording=words("radon")) for r in (False, True))
    assert traces(hidden, "partial pooling") == [] == traces(hidden, "moves")
    assert "partial" not in json.dumps(hidden.layout.meta)
    assert "partial" not in json.dumps([list(t.hovertext or ()) for t in hidden.data])
    np.testing.assert_array_equal(traces(open_, "no pooling")[0].y, each.no_pooling)
    np.testing.assert_array_equal(traces(open_, "partial pooling")[0].y, each.partial_pooling)


def test_pull_follows_the_dial() -> None:
    fits = example_fits("radon", "intercept")
    moved = np.linspace(0, 1, 85)
    figure = plot_pull(fits, pulled=moved)
    np.testing.assert_array_equal(traces(figure, "partial pooling")[0].y, moved)


def test_pull_along_a_group_level_predictor_shows_the_target() -> None:
    fits = radon_with_uranium()
    figure = plot_pull(fits, along="log_uranium", wording=words("radon"))
    at = traces(figure, "no pooling")[0].x
    uranium = dict(fits.data.group_columns)["log_uranium"]
    np.testing.assert_array_equal(at, uranium)
    target = traces(figure, "target")[0]
    np.testing.assert_allclose(np.sort(target.y), np.sort(estimates(fits).target))
    assert figure.layout.xaxis.title.text == "Log uranium in the county's soil (log ppm)"


def test_pull_marks_the_pick_and_keeps_what_is_named_inside() -> None:
    fits = example_fits("radon", "intercept")
    names = fits.data.group_names
    far, pick = names.index("LACQUIPARLE"), names.index("AITKIN")
    figure = plot_pull(fits, named=[far], guessed=pick)
    assert "your pick" in " ".join(a.text for a in figure.layout.annotations)
    low, high = figure.layout.yaxis.range
    assert low <= estimates(fits).no_pooling[far] <= high
    assert len(traces(figure, "guess")) == 1


def test_numbers_are_drawn_where_they_are_with_the_guess() -> None:
    rows = [NumberRow("own", 2.95, "2.95", "no_pooling"), NumberRow(HOSTILE, 1.4, "1.40")]
    figure = plot_numbers(rows, title="t", axis="log pCi/L", guess=2.0, guess_text="2.00")
    points = [t for t in figure.data if t.mode == "markers"]
    assert [t.x[0] for t in points] == [2.95, 1.4]
    assert {t.x[0] for t in traces(figure, "guess")} == {2.0}
    assert "<img" not in "".join(figure.layout.yaxis.ticktext)
    assert figure.layout.xaxis.title.text == "log pCi/L"


def test_an_axis_holds_the_whole_slider() -> None:
    figure = plot_numbers([], title="t", axis="a", guess=0.5, limits=(0.0, 3.0))
    low, high = figure.layout.xaxis.range
    assert low <= 0.0 and high >= 3.0


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["radon", "exam", "sleepstudy"])
def test_the_readers_line_stands_beside_the_fits(name: str, style: theme.Style) -> None:
    fits = example_fits(name)
    lines = group_lines(fits)
    ends = np.array(height_range(lines))
    hidden, open_ = (
        plot_guess_line(
            fits, lines, 0, title="t", ends=ends, is_revealed=r, wording=words(name), style=style
        )
        for r in (False, True)
    )
    assert [t.name for t in hidden.data] == ["rows", "guess"]
    assert {"complete_pooling", "partial_pooling"} <= {t.name for t in open_.data}
    np.testing.assert_array_equal(traces(open_, "guess")[0].y, ends)
    np.testing.assert_array_equal(
        traces(open_, "partial_pooling")[0].y, lines.partial_pooling[0][[0, -1]]
    )
    assert "(" in open_.layout.yaxis.title.text


def test_the_ends_of_a_line_have_names() -> None:
    assert end_labels(group_lines(example_fits("radon")), words("radon")) == (
        "basement",
        "first floor",
    )
    assert end_labels(group_lines(example_fits("sleepstudy")), words("sleepstudy")) == (
        "Day of the study = 0",
        "Day of the study = 9",
    )
