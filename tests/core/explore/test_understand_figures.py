"""The figures of the section Understand: structure, and data equal to what they are given."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import core
from core.explore.standard_errors.error_intervals import coefficient_errors
from core.explore.standard_errors.plot_errors import plot_errors
from core.explore.two_levels.group_columns import group_columns
from core.explore.two_levels.numbers import group_level_line, two_levels
from core.explore.two_levels.plot_slopes import plot_slopes
from core.explore.two_levels.plot_two_levels import plot_two_levels
from core.explore.two_levels.slopes import slopes
from core.explore.variance.boundary import boundaries
from core.explore.variance.icc_story import share_curve
from core.explore.variance.plot_likelihood import plot_likelihood
from core.explore.variance.plot_share import plot_share
from core.explore.variance.plot_zero import plot_zero
from core.figures import theme
from tests.fitted import example_fits, radon_with_uranium, words
from tests.golden.cases import load_case

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


@pytest.mark.parametrize("style", STYLES, ids=["dark", "narrow", "plain"])
@pytest.mark.parametrize("at", [0.0, 4.5, 9.0])
def test_zero_draws_lines_that_stay(at: float, style: theme.Style) -> None:
    fit = example_fits("sleepstudy").multilevel
    figure = plot_zero(fit, "Days", at, wording=words("sleepstudy"), style=style)
    by_name = {t.name: t for t in figure.data}
    lines = np.asarray(by_name["lines of the groups"].y)
    assert_allclose(np.sort(lines[0::3]), np.sort(fit.line[:, 0]), rtol=1e-12)
    order = np.argsort(fit.line[:, 0], kind="stable")
    assert_allclose(by_name["intercepts"].y, (fit.line[:, 0] + at * fit.line[:, 1])[order])
    assert set(by_name["intercepts"].x) == {at}


def test_share_and_likelihood_draw_their_curves() -> None:
    fits = example_fits("sleepstudy")
    found = share_curve(fits)
    assert found is not None
    figure = plot_share(found, wording=words("sleepstudy"))
    by_name = {t.name: t for t in figure.data}
    assert_allclose(by_name["ICC"].y, found.share)
    assert_allclose(by_name["ICC with its interval"].y, found.estimate)
    case = load_case("dyestuff2")
    zero = core.fit_all(core.GroupedData.from_table(case.table, case.spec()))
    (each,) = boundaries(zero)
    drawn = {t.name: t for t in plot_likelihood(each, zero).data}
    assert_allclose(drawn["relative likelihood"].y, each.likelihood)
    assert drawn["bound"].x[0] == pytest.approx(each.upper)
