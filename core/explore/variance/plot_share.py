"""The share of the variance that lies between groups, along the predictor with varying slopes."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.explore.variance.icc_story import ShareCurve, share_title
from core.figures import canvas, theme
from core.tables.wording import Wording


def plot_share(
    found: ShareCurve, *, wording: Wording | None = None, style: theme.Style = theme.DEFAULT
) -> go.Figure:
    """Draw the intraclass correlation along x, with intervals at some values, the mean marked.

    Parameters
    ----------
    found : ShareCurve
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    heading = canvas.Heading(
        share_title(found, wording),
        (("partial_pooling_line", "share between groups (ICC)"),),
        f"Bars: 95% intervals ({found.source}).",
    )
    figure = canvas.new_figure(heading, style, height=430)
    x, y = canvas.segments(found.at, found.at, found.lower, found.upper)
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line=theme.line("partial_pooling", style, width=2.2 * style.scale),
        opacity=0.45,
        hoverinfo="skip",
        name="95% interval",
    )
    figure.add_scatter(
        x=found.grid,
        y=found.share,
        mode="lines",
        line=theme.line("partial_pooling", style),
        hovertemplate="%{x:.3g}: %{y:.1%}<extra></extra>",
        name="ICC",
    )
    figure.add_scatter(
        x=found.at,
        y=found.estimate,
        mode="markers",
        marker=theme.marker("partial_pooling", style, size=10 * style.scale),
        hovertext=[
            f"{formats.trimmed(float(v))}: {formats.percent(float(e))} "
            f"({formats.percent(float(lo))} to {formats.percent(float(up))}, {found.source})"
            for v, e, lo, up in zip(found.at, found.estimate, found.lower, found.upper, strict=True)
        ],
        hoverinfo="text",
        name="ICC with its interval",
    )
    _mark_mean(figure, found, style)
    top = float(np.nanmax([found.share.max(), found.upper.max()]))
    figure.update_yaxes(range=[0.0, min(1.02, 1.08 * top)], tickformat=".0%")
    canvas.title_axis(figure, "x", wording.column(found.predictor).title, style)
    title = f"share of the variance between {wording.group.many}"
    canvas.title_axis(figure, "y", title, style)
    return figure


def _mark_mean(figure: go.Figure, found: ShareCurve, style: theme.Style) -> None:
    """Mark the mean of x by a line from the axis, with its name."""
    share = float(np.interp(found.mean, found.grid, found.share))
    figure.add_scatter(
        x=[found.mean, found.mean],
        y=[0.0, share],
        mode="lines",
        line={"color": style.palette.muted, "width": 1.2, "dash": "4px,3px"},
        hoverinfo="skip",
        name="mean",
    )
    text = escape.for_plotly(f"mean {formats.trimmed(found.mean)}: {formats.percent(share)}")
    figure.add_annotation(
        x=found.mean,
        y=0.0,
        text=text,
        xanchor="left",
        yanchor="bottom",
        xshift=5,
        **canvas.label(style, style.palette.muted),
    )
