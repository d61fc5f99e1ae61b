"""Estimates with their intervals, one under the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import escape, formats
from core.figures import canvas, theme


def plot_intervals(
    table: pd.DataFrame, *, title: str, axis: str, style: theme.Style = theme.DEFAULT
) -> go.Figure:
    """Draw estimates and intervals of quantities that share a unit.

    Parameters
    ----------
    table : DataFrame
        ``meaning, estimate, lower, upper``; drawn from top to bottom.
    title : str
        The finding, plain text.
    axis : str
        What the axis shows, with its unit, plain text.
    style : Style
        Where the figure will be seen.
    """
    heading = canvas.Heading(title, (("partial_pooling", "estimate"),), "Line: 95% interval")
    height = 90 + 64 * len(table)
    figure = canvas.new_figure(heading, style, height=height)
    names = [
        "<br>".join(map(escape.for_plotly, formats.wrap(str(m), 22 if style.is_narrow else 34)))
        for m in table["meaning"]
    ]
    places = np.arange(len(table), dtype=np.float64)[::-1]
    estimate, lower, upper = (
        table[name].to_numpy(dtype=np.float64) for name in ("estimate", "lower", "upper")
    )
    x, y = canvas.segments(lower, upper, places, places)
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line=theme.line("partial_pooling", style, dash="solid", width=3.0 * style.scale),
        opacity=0.5,
        hoverinfo="skip",
        name="95% interval",
    )
    figure.add_scatter(
        x=estimate,
        y=places,
        mode="markers",
        marker=theme.marker("partial_pooling", style),
        hovertext=[
            f"{escape.for_plotly(str(meaning))}: {formats.with_interval(e, lo, up)}"
            for meaning, e, lo, up in zip(table["meaning"], estimate, lower, upper, strict=True)
        ],
        hoverinfo="text",
        name="estimate",
    )
    figure.update_yaxes(
        tickvals=places, ticktext=names, range=[-0.6, len(table) - 0.4], showgrid=False
    )
    ends = np.concatenate([estimate, lower, upper, np.zeros(1)])
    ends = ends[np.isfinite(ends)]
    bottom, top = float(ends.min()), float(ends.max())
    figure.update_xaxes(range=[bottom - 0.03 * (top - bottom), top + 0.05 * (top - bottom)])
    canvas.title_axis(figure, "x", axis, style)
    return figure
