"""The figures of the section Understand: structure, and data equal to what they are given."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import core
from core.explore.error_intervals import coefficient_errors
from core.explore.group_columns import group_columns
from core.explore.slopes import slopes
from core.explore.two_levels import group_level_line, two_levels
from core.plots import theme
from core.plots.plot_errors import plot_errors
from core.plots.plot_slopes import plot_slopes
from core.plots.plot_two_levels import plot_two_levels
from tests.fitted import example_fits, radon_with_uranium, words

STYLES = [theme.Style("dark", "projector"), theme.Style("light", "normal", True), theme.DEFAULT]


@pytest.mark.parametrize("style", STYLES, ids=["dark", "narrow", "plain"])
@pytest.mark.parametrize("column", ["schavg", "schgend"])
def test_two_levels_draws_the_groups_and_their_line(column: str, style: theme.Style) -> None:
    fits = example_fits("exam")
    found = {c.name: c for c in group_columns(core.load_example("exam"), fits)}[column]
    both = two_levels(fits, found, ("standLRT",))
    figure = plot_two_levels(both, "standLRT", wording=words("exam"), style=style)
    drawn = [t for t in figure.data if t.name == "partial pooling"]
    for trace, is_in in zip(drawn, (False, True), strict=True):
        line = group_level_line(both.side(is_in), found, "standLRT")
        assert_allclose(np.sort(trace.y), np.sort(line.estimate))
    lines = [t for t in figure.data if t.name == "group-level line"]
    assert len(lines) == 2
    if not found.levels:
        line = group_level_line(both.including, found, "standLRT")
        assert_allclose(lines[1].y, line.line)
    without = plot_two_levels(both, "standLRT", has_own=False, style=style)
    assert not [t for t in without.data if "no pooling" in t.name]


def test_slopes_draws_means_and_lines() -> None:
    fits = example_fits("exam")
    found = slopes(fits, "standLRT")
    figure = plot_slopes(fits, found, wording=words("exam"))
    by_name = {t.name: t for t in figure.data}
    for name, slope in (("between", found.between.value), ("plain", found.plain)):  # type: ignore[union-attr]
        x, y = by_name[name].x, by_name[name].y
        assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(slope)
    assert len(by_name["group means"].x) == 65
    x, y = by_name["within"].x, by_name["within"].y
    assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(found.within.value)


@pytest.mark.parametrize("style", STYLES, ids=["dark", "narrow", "plain"])
def test_errors_draws_every_interval(style: theme.Style) -> None:
    fits = radon_with_uranium()
    found = coefficient_errors(fits)
    figure = plot_errors(fits, found, wording=words("radon"), style=style)
    bars = [t for t in figure.data if t.name.startswith("95% interval, multilevel")]
    assert len(bars) == 4
    for bar, each in zip(bars, found, strict=True):
        assert_allclose(bar.x, [each.lower["multilevel"], each.upper["multilevel"]])
