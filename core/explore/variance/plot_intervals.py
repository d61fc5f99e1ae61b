"""Estimates with their intervals, one under the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import escape, formats
from core.explore.variance.numbers import PROFILE
from core.figures import canvas, theme
from core.types import FloatArray


def plot_intervals(
    table: pd.DataFrame,
    *,
    title: str,
    axis: str,
    source: str = PROFILE,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw estimates and intervals of quantities that share a unit.

    Parameters
    ----------
    table : DataFrame
        ``meaning, estimate, lower, upper``; drawn from top to bottom. Where there is a
        ``median`` it is marked too.
    title : str
        The finding, plain text.
    axis : str
        What the axis shows, with its unit, plain text.
    source : str
        Where the intervals come from.
    style : Style
        Where the figure will be seen.
    """
    has_median = "median" in table
    key = [("partial_pooling", "posterior median" if has_median else "estimate")]
    if has_median and "estimate" in table:
        key.append(("centre", "estimate"))
    heading = canvas.Heading(title, tuple(key), f"Line: 95% interval ({source})")
    height = 90 + 64 * len(table)
    figure = canvas.new_figure(heading, style, height=height)
    names = [
        "<br>".join(map(escape.for_plotly, formats.wrap(str(m), 22 if style.is_narrow else 34)))
        for m in table["meaning"]
    ]
    places = np.arange(len(table), dtype=np.float64)[::-1]
    middle = "median" if has_median else "estimate"
    estimate, lower, upper = (
        table[name].to_numpy(dtype=np.float64) for name in (middle, "lower", "upper")
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
    others = [estimate, lower, upper, np.zeros(1)]
    if has_median and "estimate" in table:
        others.append(table["estimate"].to_numpy(dtype=np.float64))
        _mark_estimates(figure, others[-1], places, style)
    figure.add_scatter(
        x=estimate,
        y=places,
        mode="markers",
        marker=theme.marker("partial_pooling", style),
        hovertext=[
            f"{escape.for_plotly(str(meaning))}: {formats.with_interval(e, lo, up)}<br>{source}"
            for meaning, e, lo, up in zip(table["meaning"], estimate, lower, upper, strict=True)
        ],
        hoverinfo="text",
        name=middle,
    )
    figure.update_yaxes(
        tickvals=places, ticktext=names, range=[-0.6, len(table) - 0.4], showgrid=False
    )
    ends = np.concatenate(others)
    ends = ends[np.isfinite(ends)]
    bottom, top = float(ends.min()), float(ends.max())
    figure.update_xaxes(range=[bottom - 0.03 * (top - bottom), top + 0.05 * (top - bottom)])
    canvas.title_axis(figure, "x", axis, style)
    return figure


def _mark_estimates(
    figure: go.Figure, estimate: FloatArray, places: FloatArray, style: theme.Style
) -> None:
    """Mark the fit's estimates beside the medians of the posterior."""
    figure.add_scatter(
        x=estimate,
        y=places,
        mode="markers",
        marker={
            "symbol": "cross",
            "size": 11 * style.scale,
            "color": style.palette.partial_pooling,
            "line": {"width": 1.5, "color": style.palette.background},
        },
        hovertext=[f"estimate {formats.number(float(e))}" for e in estimate],
        hoverinfo="text",
        cliponaxis=False,
        name="estimate",
    )
