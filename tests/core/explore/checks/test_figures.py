"""The figures of the checks show the numbers they are given, in every look."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from core.explore.checks import story as check_story
from core.explore.checks.influence import influence
from core.explore.checks.numbers import residual_quantiles, residuals_by_fitted
from core.explore.checks.plot_check import plot_check
from core.explore.checks.plot_influence import plot_influence
from core.explore.checks.plot_spread import plot_spread
from core.explore.checks.reference import reference
from core.explore.checks.spread import spread_by_group
from core.figures import theme
from core.figures.key import key_html
from tests.fitted import HOSTILE, example_fits, hostile_fits, words

STYLES = (
    theme.DEFAULT,
    theme.Style("dark", "projector", is_titled=False),
    theme.Style(is_narrow=True, is_titled=False),
)


def _trace(figure: object, name: str) -> object:
    return next(t for t in figure.data if t.name == name)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("is_worm", [True, False])
def test_a_curve_and_its_band(style: theme.Style, is_worm: bool) -> None:
    found = reference(example_fits("radon"), draws=99)
    curve = residual_quantiles(found) if is_worm else residuals_by_fitted(found)
    figure = plot_check(curve, title="finding", axes=("x", "y"), is_worm=is_worm, style=style)
    zero = curve.band.centre if is_worm else 0.0
    seen = _trace(figure, "observed")
    assert_array_equal(seen.x, curve.x)
    assert_allclose(seen.y, curve.band.observed - zero)
    assert_array_equal(np.asarray(seen.marker.size) > 7 * style.scale, curve.band.outside)
    edge = np.asarray(_trace(figure, "band").y)
    assert_allclose(edge[: len(curve.x)], curve.band.upper - zero)
    assert_allclose(edge[len(curve.x) :][::-1], curve.band.lower - zero)
    assert figure.layout.meta["title"] == "finding"
    assert "the model" in key_html(figure.layout.meta, style)


@pytest.mark.parametrize("style", STYLES)
def test_every_group_in_the_funnel(style: theme.Style) -> None:
    found = spread_by_group(example_fits("radon"))
    figure = plot_spread(found, title="finding", unit="log pCi/L", style=style)
    table = found.table.sort_values("n", kind="stable")
    seen = _trace(figure, "observed")
    assert_array_equal(seen.x, table["n"])
    assert_array_equal(seen.y, table["sd"])
    assert "(log pCi/L)" in figure.layout.yaxis.title.text.replace("<br>", " ")
    named = {a.text for a in figure.layout.annotations}
    assert set(table.loc[table["is_beyond"], "group"]) == named


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["sd_(Intercept)", "standLRT", "sigma_y"])
def test_the_groups_that_matter_most_are_at_the_top(style: theme.Style, name: str) -> None:
    found = influence(example_fits("exam"))
    figure = plot_influence(found, name, title="finding", axis="sd", style=style)
    table = found.table(name).head(20)
    seen = _trace(figure, "without one group")
    assert_array_equal(seen.x, table["without"])
    assert seen.y[0] == 19 and seen.y[-1] == 0
    assert str(table["group"][0]) in figure.layout.yaxis.ticktext[0]
    low, high = figure.layout.xaxis.range
    assert low < min(table["without"]) and max(table["without"]) < high
    story = check_story.influence_story(found, name, example_fits("exam"), words("exam"))
    assert str(table["group"][0]) in story.title


def test_names_from_tables_are_escaped() -> None:
    fits = hostile_fits()
    found = influence(fits)
    figures = (
        plot_influence(found, found.names[0], title=HOSTILE, axis=HOSTILE),
        plot_spread(spread_by_group(fits), title=HOSTILE, unit=HOSTILE),
    )
    for figure in figures:
        texts = [str(t.hovertext) for t in figure.data] + [
            str(figure.layout.xaxis.title.text),
            str(figure.layout.yaxis.title.text),
            str(figure.layout.yaxis.ticktext),
            *(str(a.text) for a in figure.layout.annotations),
        ]
        assert not any("<img" in text for text in texts)
