"""The own share of a group's estimate against its size, and where it is enough."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.explore.simulate.data_needed import DataNeeded
from core.figures import canvas, theme
from core.tables.wording import Wording


def plot_data_needed(
    found: DataNeeded,
    group_names: tuple[str, ...],
    *,
    title: str,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw how much of a group's estimate is its own data, against its rows.

    Parameters
    ----------
    found : DataNeeded
    group_names : tuple of str, length J
    title : str
        The finding, plain text.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    key = (
        ("partial_pooling", wording.group.many),
        ("partial_pooling_line", f"a {wording.group.one} of average make-up"),
    )
    figure = canvas.new_figure(
        canvas.Heading(title, key), style, height=430 if style.is_narrow else 450
    )
    figure.add_scatter(
        x=found.curve["rows"],
        y=found.curve["own_share"],
        mode="lines",
        line=theme.line("partial_pooling", style),
        hoverinfo="skip",
        name="a group of average make-up",
    )
    shown = canvas.drawn(np.argsort(found.group_sizes, kind="stable"))
    figure.add_scatter(
        x=canvas.spread_sizes(found.group_sizes[shown]),
        y=found.own_share[shown],
        mode="markers",
        marker=theme.marker("partial_pooling", style),
        opacity=max(canvas.fade(len(shown), most=1.0), 0.4),
        hovertext=[
            f"{escape.for_plotly(wording.group_name(group_names[j]))} "
            f"({found.group_sizes[j]:,}): {formats.percent(float(found.own_share[j]))} its own"
            for j in shown
        ],
        hoverinfo="text",
        name="groups",
    )
    _draw_aim(figure, found, wording, style)
    _lay_out(figure, found, wording, style)
    return figure


def _draw_aim(figure: go.Figure, found: DataNeeded, wording: Wording, style: theme.Style) -> None:
    """Draw the share asked for, and the rows that reach it."""
    line = {"color": style.palette.muted, "width": 1.6 * style.scale, "dash": "6px,4px"}
    low = 0.8
    if not np.isfinite(found.rows):
        figure.add_hline(found.share, line=line)
        return
    rows = max(found.rows, low)
    figure.add_scatter(
        x=[low, rows, rows],
        y=[found.share, found.share, 0.0],
        mode="lines",
        line=line,
        hoverinfo="skip",
        name="asked for",
    )
    figure.add_annotation(
        x=np.log10(rows),
        y=0.0,
        text=escape.for_plotly(wording.individual.count(int(np.ceil(found.rows)))),
        xanchor="left",
        yanchor="bottom",
        xshift=6,
        yshift=4,
        **canvas.label(style, style.palette.text),
    )


def _lay_out(figure: go.Figure, found: DataNeeded, wording: Wording, style: theme.Style) -> None:
    low, high = 0.8, float(found.curve["rows"].max())
    steps = (1.0,) if high > 3000 else ((1.0, 3.0) if high > 30 else (1.0, 2.0, 5.0))
    ticks = [s * 10.0**k for k in range(9) for s in steps]
    ticks = [t for t in ticks if low <= t <= high]
    figure.update_xaxes(
        type="log",
        range=[np.log10(low), np.log10(high)],
        tickvals=ticks,
        ticktext=[f"{t:,.0f}" for t in ticks],
    )
    figure.update_yaxes(range=[-0.02, 1.02], tickformat=".0%")
    rows = f"{wording.individual.many} in the {wording.group.one} (log scale)"
    canvas.title_axis(figure, "x", rows, style)
    canvas.title_axis(figure, "y", "share of the estimate that is its own data", style)
