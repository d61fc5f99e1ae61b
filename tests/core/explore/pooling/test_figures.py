"""The figures of the three fits: what is drawn equals the table, names stay names."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.estimators.estimates import estimates
from core.estimators.order import ordered, page
from core.explore.pooling.plot_group_size import plot_group_size
from core.explore.pooling.plot_lines import plot_lines
from core.explore.pooling.plot_map import plot_map
from core.explore.pooling.plot_shrinkage import plot_shrinkage
from core.figures import canvas, theme
from core.figures.key import key_html
from core.tables.wording import Wording
from tests.fitted import (
    HOSTILE,
    categorical_fits,
    degenerate_fits,
    example_fits,
    hostile_fits,
    many_fits,
    radon_with_uranium,
    words,
)

STYLES = [
    theme.Style("light"),
    theme.Style("dark", is_titled=False),
    theme.Style("light", "projector"),
    theme.Style("dark", is_narrow=True, is_titled=False),
]


def traces(figure: go.Figure, name: str) -> list[Any]:
    """Return the traces of a name."""
    return [t for t in figure.data if t.name == name]


def all_figures(fits, wording: Wording | None = None, style: theme.Style = theme.DEFAULT):
    """Return every figure that a fit allows."""
    each = estimates(fits)
    groups = page(ordered(each, "spread"), 1, is_spread=True)
    figures = [
        plot_lines(fits, groups, wording=wording, style=style),
        plot_shrinkage(fits, has_intervals=True, wording=wording, style=style),
        plot_group_size(fits, wording=wording, style=style),
    ]
    if len(fits.no_pooling.varying_names) > 1:
        figures.append(plot_map(fits, wording=wording, style=style))
    return figures


@pytest.mark.parametrize("style", STYLES, ids=str)
@pytest.mark.parametrize(
    "fits",
    [
        example_fits("radon"),
        example_fits("radon", "mean"),
        example_fits("exam", "intercept"),
        example_fits("sleepstudy", "uncorrelated"),
        radon_with_uranium(),
        categorical_fits(),
        degenerate_fits(),
        hostile_fits(),
    ],
    ids=["radon", "mean", "intercept", "sleep", "uranium", "category", "degenerate", "hostile"],
)
def test_every_figure_can_be_drawn(fits, style: theme.Style) -> None:
    for figure in all_figures(fits, words("radon"), style):
        assert len(json.loads(figure.to_json())["data"]) >= 2
        assert figure.layout.meta["title"] and figure.layout.meta["key"]
        assert (figure.layout.title.text is not None) == style.is_titled
        assert "ppe-key" in key_html(figure.layout.meta, style)


def test_shrinkage_draws_the_estimates() -> None:
    fits = example_fits("radon")
    each = estimates(fits, "floor")
    figure = plot_shrinkage(fits, term="floor")
    (own,) = traces(figure, "no pooling")
    np.testing.assert_array_equal(own.x, each.no_pooling[own.customdata])
    (edge,) = traces(figure, "no pooling, outside the range") or [None]
    drawn = set(own.customdata) | (set(edge.customdata) if edge else set())
    assert drawn == set(np.flatnonzero(each.is_estimable))
    (pooled,) = traces(figure, "partial pooling")
    np.testing.assert_array_equal(pooled.x, each.partial_pooling[pooled.customdata])
    (pale,) = traces(figure, "partial pooling, no estimate of its own")
    assert set(pale.customdata) == set(np.flatnonzero(~each.is_estimable))
    assert any("25 counties" in text for _, text in plot_key(fits, words("radon")))


def plot_key(fits, wording: Wording):
    """Return the key of the shrinkage figure of the slope."""
    return plot_shrinkage(fits, term="floor", wording=wording).layout.meta["key"]


def test_what_lies_outside_stands_at_the_edge_with_its_value() -> None:
    fits = example_fits("exam")
    each = estimates(fits)
    j = each.group_names.index("48")
    figure = plot_shrinkage(fits)
    (edge,) = traces(figure, "no pooling, outside the range")
    assert list(edge.customdata) == [j]
    low, high = figure.layout.xaxis.range
    assert low <= edge.x[0] <= high and each.no_pooling[j] < low
    assert any(a.text == "48 (2): −3.3" for a in figure.layout.annotations)
    # Nobody else is flattened: the pooled estimates fill most of the width.
    assert np.ptp(each.partial_pooling) > 0.5 * (high - low)


def test_group_size_panels_share_one_range() -> None:
    fits = example_fits("radon")
    each = estimates(fits)
    figure = plot_group_size(fits, wording=words("radon"))
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range
    (own,) = traces(figure, "no pooling")
    np.testing.assert_array_equal(own.y, each.no_pooling[own.customdata])
    np.testing.assert_allclose(own.x, each.group_sizes[own.customdata], rtol=0.3)
    (bars,) = traces(figure, "no pooling ± 1 standard error")
    heights = np.asarray(bars.y).reshape(-1, 3)
    order = np.argsort(each.group_sizes, kind="stable")
    expected = 2 * each.no_pooling_se[order]
    np.testing.assert_allclose(heights[:, 1] - heights[:, 0], expected)
    assert figure.layout.xaxis.title.text == "homes per county (log<br>scale)"


def test_equal_sizes_spread_but_stay_apart() -> None:
    sizes = np.repeat([1, 2, 3, 50], [40, 30, 5, 1])
    at = canvas.spread_sizes(sizes)
    assert len(np.unique(at)) == len(at)
    assert (np.round(at) == sizes).all()


def test_map_draws_points_moves_and_centre() -> None:
    fits = example_fits("radon")
    x, y = estimates(fits), estimates(fits, "floor")
    figure = plot_map(fits)
    (pooled,) = traces(figure, "partial pooling")
    np.testing.assert_array_equal(pooled.x, x.partial_pooling[pooled.customdata])
    np.testing.assert_array_equal(pooled.y, y.partial_pooling[pooled.customdata])
    (centre,) = traces(figure, "average coefficients")
    np.testing.assert_allclose([centre.x[0], centre.y[0]], fits.multilevel.fixef)
    (pale,) = traces(figure, "partial pooling, no line of its own")
    assert len(pale.x) == 25
    sizes = np.asarray(pooled.marker.size)
    largest = int(np.argmax(x.group_sizes[pooled.customdata]))
    assert sizes[largest] == sizes.max()
    assert len(traces(figure, "50% of groups")) == len(traces(figure, "90% of groups")) == 1


def test_lines_draw_rows_and_lines_of_their_group() -> None:
    fits = example_fits("radon")
    table = fits.data
    each = estimates(fits, "floor")
    groups = np.array([5, 36])  # BIGSTONE has no slope of its own
    figure = plot_lines(fits, groups, wording=words("radon"))
    rows = traces(figure, "rows")
    assert [len(t.x) for t in rows] == [each.group_sizes[j] for j in groups]
    limits = figure.layout.yaxis.range
    for trace, j in zip(rows, groups, strict=True):
        inside = np.clip(table.y[table.group_index == j], *limits)
        np.testing.assert_allclose(np.sort(trace.y), np.sort(inside))
    assert len(traces(figure, "no pooling")) == int(each.is_estimable[groups].sum()) == 1
    (mean,) = traces(figure, "mean, no line of its own")
    assert mean.y[0] == pytest.approx(float(table.y[table.group_index == 5].mean()))
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert set(figure.layout.xaxis.ticktext) == {"basement", "first<br>floor"}


def test_narrow_figures_stack() -> None:
    fits = example_fits("radon")
    groups = np.arange(12)
    wide, narrow = (
        plot_lines(fits, groups, style=theme.Style(is_narrow=n, is_titled=False))
        for n in (False, True)
    )
    assert narrow.layout.height > wide.layout.height
    domains = {tuple(narrow.layout[f"xaxis{i or ''}"].domain) for i in ("", *range(2, 13))}
    assert len(domains) == 2


@pytest.mark.parametrize("n_groups", [1_000, 10_000])
def test_many_groups_stay_drawable(n_groups: int) -> None:
    fits = many_fits(n_groups)
    each = estimates(fits)
    for figure in all_figures(fits)[1:]:
        marks = sum(
            len(t.x) for t in figure.data if t.mode == "markers" and t.customdata is not None
        )
        assert marks <= 2 * (canvas.MOST_DRAWN + 60)
        says_so = "drawn" in figure.layout.meta["note"]
        assert says_so == (n_groups > canvas.MOST_DRAWN)
        assert len(figure.to_json()) < 3_000_000
    figure = plot_shrinkage(fits)
    shown = {int(j) for t in figure.data if t.customdata is not None for j in t.customdata}
    assert int(np.nanargmax(np.abs(each.shift))) in shown


@pytest.mark.parametrize("style", STYLES[:2], ids=str)
def test_names_are_escaped_wherever_they_are_drawn(style: theme.Style) -> None:
    for figure in all_figures(hostile_fits(), style=style):
        text = figure.to_json()
        drawn = [a.text for a in figure.layout.annotations]
        drawn += [h for t in figure.data for h in np.atleast_1d(t.hovertext).tolist() if h]
        drawn += [figure.layout.xaxis.title.text, figure.layout.yaxis.title.text]
        assert not any("<img" in (d or "") for d in drawn)
        assert any("&lt;img" in (d or "") for d in drawn) or "&lt;" in text
        assert "<img" not in key_html(figure.layout.meta, style)


def test_hostile_group_is_named_as_typed_in_the_title() -> None:
    figure = plot_shrinkage(hostile_fits())
    assert HOSTILE in figure.layout.meta["title"]
    assert "<img" not in figure.layout.title.text


def test_crowd_range_holds_the_crowd_and_all_that_is_asked() -> None:
    rng = np.random.default_rng(3)
    crowd = np.concatenate([rng.normal(size=500), [40.0, np.nan]])
    always = np.array([-4.0, 1.0])
    low, high = canvas.crowd_range(crowd, always)
    assert low < -4 and 2 < high < 10
    assert canvas.crowd_range(np.array([1.0, 1.0]), np.array([1.0])) == (0.5, 1.5)
    assert canvas.crowd_range(np.array([np.nan]), np.array([])) == (0.0, 1.0)


def test_labels_keep_apart_and_inside() -> None:
    at = canvas.apart(np.array([5.0, 5.1, 5.2, 9.9]), 1.0, (0.0, 10.0))
    assert (np.diff(np.sort(at)) >= 1 - 1e-9).all()
    assert at.min() >= 0 and at.max() <= 10


def test_a_category_and_a_second_predictor_have_their_own_axis() -> None:
    fits = categorical_fits()
    figure = plot_lines(fits, np.arange(4), predictor="kind")
    assert list(figure.layout.xaxis.ticktext) == ["a", "b", "c"]
    figure = plot_lines(fits, np.arange(4), predictor="x")
    assert figure.layout.xaxis.ticktext is None
