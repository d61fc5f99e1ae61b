"""Estimates with their intervals, one under the other, in panels that have an axis each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape, formats
from core.figures import canvas, theme

#: Pixels of one estimate, and between two rows of panels.
_ROW, _BETWEEN = 46, 112


@dataclass(frozen=True)
class IntervalRow:
    """One estimate: what it is called, how it is marked, its interval (NaN where there is none).

    ``said`` stands in place of a number that there is not.
    """

    name: str
    mark: theme.MarkName
    estimate: float
    lower: float
    upper: float
    said: str = ""


@dataclass(frozen=True)
class IntervalPanel:
    """Estimates that share an axis: a title, what the axis shows, and the rows."""

    title: str
    axis: str
    rows: tuple[IntervalRow, ...]
    has_zero: bool = False


def plot_interval_panels(
    panels: Sequence[IntervalPanel],
    heading: canvas.Heading,
    *,
    hover: str = "95% interval",
    is_shared: bool = False,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw panels of estimates with intervals; all have the same rows.

    Parameters
    ----------
    panels : sequence of IntervalPanel
    heading : Heading
    hover : str
        What the intervals are, for the text under the pointer.
    is_shared : bool
        Whether all panels have one and the same axis.
    style : Style
        Where the figure will be seen.
    """
    columns = 1 if style.is_narrow else 2 if len(panels) == 4 else min(len(panels), 3)
    rows = -(-len(panels) // columns)
    deep = max(len(panel.rows) for panel in panels)
    height = round((_ROW * deep * style.scale + _BETWEEN) * rows + 24)
    figure = canvas.new_figure(
        heading,
        style,
        height=height,
        figure=make_subplots(
            rows=rows,
            cols=columns,
            shared_yaxes=True,
            horizontal_spacing=0.035,
            vertical_spacing=_BETWEEN / height if rows > 1 else 0.1,
            subplot_titles=[_title(panel, columns) for panel in panels],
        ),
    )
    for title in figure.layout.annotations:
        title.update(font={"size": style.text.label + 2, "color": style.palette.text}, yshift=4)
    figure.update_layout(margin_t=figure.layout.margin.t + 24)
    limits = [_range(panel) for panel in panels]
    if is_shared:
        limits = [(min(low for low, _ in limits), max(high for _, high in limits))] * len(panels)
    for i, panel in enumerate(panels):
        cell = {"row": i // columns + 1, "col": i % columns + 1}
        _draw(figure, panel, cell, limits[i], hover=hover, style=style)
    return figure


def _title(panel: IntervalPanel, columns: int) -> str:
    if not panel.title:
        return ""
    room = 34 if columns == 1 else 96 // columns
    return f"<b>{escape.for_plotly(formats.shorten(panel.title, room))}</b>"


def _draw(
    figure: go.Figure,
    panel: IntervalPanel,
    cell: dict[str, int],
    limits: tuple[float, float],
    *,
    hover: str,
    style: theme.Style,
) -> None:
    low, high = limits
    n = len(panel.rows)
    if panel.has_zero and low < 0 < high:
        figure.add_scatter(
            x=[0.0, 0.0],
            y=[-0.6, n - 0.4],
            mode="lines",
            line={"color": style.palette.axis, "width": 1},
            hoverinfo="skip",
            name="zero",
            **cell,
        )
    for i, row in enumerate(panel.rows):
        _draw_row(figure, row, (n - 1.0 - i, low, high), cell, hover=hover, style=style)
    names = [
        "<br>".join(
            map(escape.for_plotly, formats.wrap(row.name, 18 if style.is_narrow else 28, most=2))
        )
        for row in reversed(panel.rows)
    ]
    figure.update_yaxes(
        tickvals=list(range(n)), ticktext=names, range=[-0.6, n - 0.25], showgrid=False, **cell
    )
    figure.update_xaxes(range=[low, high], nticks=6, **cell)
    canvas.title_axis(figure, "x", panel.axis, style, **cell)


def _range(panel: IntervalPanel) -> tuple[float, float]:
    values = [v for row in panel.rows for v in (row.estimate, row.lower, row.upper)]
    ends = np.array([v for v in values if np.isfinite(v)] or [0.0])
    low, high = float(ends.min()), float(ends.max())
    pad = (high - low) or abs(high) or 1.0
    return low - 0.06 * pad, high + 0.06 * pad


def _draw_row(
    figure: go.Figure,
    row: IntervalRow,
    where: tuple[float, float, float],
    cell: dict[str, int],
    *,
    hover: str,
    style: theme.Style,
) -> None:
    place, low, high = where
    if not np.isfinite(row.estimate):
        figure.add_annotation(
            x=0.5 * (low + high),
            y=place,
            text=escape.for_plotly(formats.shorten(row.said or "not defined", 40)),
            **canvas.label(style, style.palette.muted),
            **cell,
        )
        return
    if np.isfinite(row.lower):
        figure.add_scatter(
            x=[row.lower, row.upper],
            y=[place, place],
            mode="lines",
            line=theme.line(row.mark, style, dash="solid", width=3.0 * style.scale),
            opacity=0.55,
            hoverinfo="skip",
            name=hover,
            **cell,
        )
    marker = theme.marker(row.mark, style, size=9 * style.scale)
    if row.mark == "complete_pooling":
        ink = style.color(row.mark)
        size = 10 * style.scale
        marker = {"symbol": "line-ns", "size": size, "line": {"width": 3, "color": ink}}
    text = formats.number(row.estimate)
    if np.isfinite(row.lower):
        text = formats.with_interval(row.estimate, row.lower, row.upper)
    figure.add_scatter(
        x=[row.estimate],
        y=[place],
        mode="markers",
        marker=marker,
        hovertext=f"<b>{escape.for_plotly(row.name)}</b><br>{text}<br>{escape.for_plotly(hover)}",
        hoverinfo="text",
        name=row.name,
        **cell,
    )
    if row.said:
        figure.add_annotation(
            x=row.estimate,
            y=place,
            yshift=15 * style.scale,
            text=escape.for_plotly(row.said),
            **canvas.label(style, style.palette.muted),
            **cell,
        )
