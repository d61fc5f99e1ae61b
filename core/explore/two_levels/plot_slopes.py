"""Group means, the slope inside groups through each, and the slope between them."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import escape
from core.explore.two_levels.slopes import Slopes
from core.explore.two_levels.slopes_story import slopes_title
from core.figures import canvas, theme
from core.formats import number
from core.results import PoolingFits
from core.tables.columns import NumericColumn
from core.tables.wording import Wording
from core.types import FloatArray, IntArray

#: Short lines for more groups than this would hide everything.
_MOST_LINES = 120


def plot_slopes(
    fits: PoolingFits,
    found: Slopes,
    *,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw within, between and plain slope of one predictor over the groups' means.

    Parameters
    ----------
    fits : PoolingFits
    found : Slopes
        Of one predictor of those fits.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    shown = canvas.drawn(np.argsort(found.mean_x, kind="stable"))
    key = [
        ("points", f"mean of a {wording.group.one}"),
        ("no_pooling_line", f"within {number(found.within.value)}"),
        ("complete_pooling", f"plain (complete pooling) {number(found.plain)}"),
    ]
    if found.between is not None:
        key.insert(2, ("points_line", f"between {number(found.between.value)}"))
    heading = canvas.Heading(
        slopes_title(found, wording),
        tuple(key),
        canvas.drawn_note(len(shown), len(found.mean_x)),
    )
    figure = canvas.new_figure(heading, style, height=410)
    ends = _ends_inside(fits, found)
    _draw_within(figure, found, shown, ends, style)
    _draw_means(figure, found, shown, _hover(fits, found, shown, wording), style)
    x = np.array([ends[0].min(), ends[1].max()])
    centre_x = float(np.average(found.mean_x, weights=found.sizes))
    centre_y = float(np.average(found.mean_y, weights=found.sizes))
    plain = centre_y + found.plain * (x - centre_x)
    _draw_line(figure, x, plain, "plain", style)
    if found.between is not None:
        means = np.array([found.mean_x.min(), found.mean_x.max()])
        y = centre_y + found.between.value * (means - centre_x)
        _draw_line(figure, means, y, "between", style)
    canvas.title_axis(figure, "x", wording.column(found.predictor).title, style)
    canvas.title_axis(figure, "y", wording.column(fits.spec.outcome).title, style)
    figure.update_xaxes(range=[x[0] - 0.03 * np.ptp(x), x[1] + 0.01 * np.ptp(x)])
    column = fits.data.in_hand.columns[found.predictor]
    if isinstance(column, NumericColumn):
        words = wording.two_values(found.predictor, column.values)
        if words:
            canvas.label_two_values(figure, column.values, words)
            figure.update_xaxes(range=[x[0] - 0.15 * np.ptp(x), x[1] + 0.15 * np.ptp(x)])
    return figure


def _ends_inside(fits: PoolingFits, found: Slopes) -> FloatArray:
    """Return where the within line of each group begins and ends, shape (2, J).

    One sd of the group's x to both sides of its mean, inside the range of the data.
    """
    moments, column = fits.moments, fits.data.columns[found.predictor]
    assert isinstance(column, NumericColumn)
    base = next(b for b, item in enumerate(fits.data.base, 1) if item.name == found.predictor)
    sd = moments.scale[base] * np.sqrt(np.maximum(moments.within(base, base), 0.0) / moments.n)
    least, _, most = column.span
    ends = [np.maximum(found.mean_x - sd, least), np.minimum(found.mean_x + sd, most)]
    return np.array(ends)


def _draw_within(
    figure: go.Figure, found: Slopes, shown: IntArray, ends: FloatArray, style: theme.Style
) -> None:
    """Draw the within slope through the mean of each group, between its ends."""
    few = shown if len(shown) <= _MOST_LINES else shown[:: len(shown) // _MOST_LINES + 1]
    x, y = found.mean_x[few], found.mean_y[few]
    low, high = ends[0][few], ends[1][few]
    slope = found.within.value
    line_x, line_y = canvas.segments(low, high, y + slope * (low - x), y + slope * (high - x))
    figure.add_scatter(
        x=line_x,
        y=line_y,
        mode="lines",
        line=theme.line("no_pooling", style),
        opacity=max(canvas.fade(len(few), most=0.8), 0.25),
        hoverinfo="skip",
        name="within",
    )


def _hover(fits: PoolingFits, found: Slopes, shown: IntArray, wording: Wording) -> list[str]:
    names = fits.data.group_names
    return [
        f"<b>{escape.for_plotly(names[j])}</b>, "
        f"{escape.for_plotly(wording.individual.count(int(found.sizes[j])))}<br>"
        f"means: {number(float(found.mean_x[j]))}, {number(float(found.mean_y[j]))}"
        for j in shown
    ]


def _draw_means(
    figure: go.Figure, found: Slopes, shown: IntArray, texts: list[str], style: theme.Style
) -> None:
    size = np.sqrt(found.sizes[shown])
    figure.add_scatter(
        x=found.mean_x[shown],
        y=found.mean_y[shown],
        mode="markers",
        marker={
            "color": style.palette.points,
            "size": (4 + 8 * size / size.max()) * style.scale,
            "line": {"width": 0.8, "color": style.palette.background},
        },
        opacity=max(canvas.fade(len(shown), most=1.0), 0.4),
        hovertext=texts,
        hoverinfo="text",
        name="group means",
    )


def _draw_line(
    figure: go.Figure, x: FloatArray, y: FloatArray, name: str, style: theme.Style
) -> None:
    line = theme.line("complete_pooling", style)
    if name == "between":
        line = {"color": style.palette.points, "width": 4.0 * style.scale, "dash": "solid"}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name=name)
