"""Measures of the three estimators over many draws, by group size: error, bias, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape, formats
from core.explore.simulate.draw_story import NAMES
from core.explore.simulate.numbers import ESTIMATORS
from core.figures import canvas, theme


@dataclass(frozen=True)
class Panel:
    """One measure: its column, what stands above it, and a value to compare with."""

    column: str
    title: str
    reference: float | None = None


def plot_measures(
    table: pd.DataFrame,
    panels: Sequence[Panel],
    *,
    title: str,
    x_axis: str,
    y_axis: str,
    is_share: bool = False,
    note: str = "",
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw measures against group size side by side, on one scale.

    Parameters
    ----------
    table : DataFrame
        ``estimator``, ``mean_size`` and the panels' columns, one row per estimator and class
        of group size. With a single class the estimators stand side by side instead.
    panels : sequence of Panel
    title, x_axis, y_axis, note : str
        Plain text.
    is_share : bool
        Whether the measures are shares between 0 and 1.
    style : Style
        Where the figure will be seen.
    """
    key = tuple((str(e), NAMES[ESTIMATORS.index(e)]) for e in ESTIMATORS[::-1])
    heading = canvas.Heading(title, key, note)
    count = len(panels)
    rows, columns = (count, 1) if style.is_narrow else (1, count)
    grid = make_subplots(
        rows=rows,
        cols=columns,
        shared_yaxes=not style.is_narrow,
        shared_xaxes=style.is_narrow,
        horizontal_spacing=0.03,
        vertical_spacing=0.09,
    )
    height = 230 * count + 60 if style.is_narrow else 440
    figure = canvas.new_figure(heading, style, height=height, figure=grid)
    is_single = table["mean_size"].nunique() == 1
    for i, panel in enumerate(panels):
        cell = {"row": i + 1, "col": 1} if style.is_narrow else {"row": 1, "col": i + 1}
        for e, name in enumerate(ESTIMATORS):
            part = table[table["estimator"] == name]
            if is_single:
                _single(figure, part, panel, e, is_share=is_share, style=style, cell=cell)
            else:
                _curve(figure, part, panel, e, is_share=is_share, style=style, cell=cell)
        _reference(figure, panel, style, cell)
        _panel_title(figure, i, panel.title, style)
    _axes(figure, table, panels, is_single=is_single, is_share=is_share, style=style)
    for i in range(count):
        cell = {"row": i + 1, "col": 1} if style.is_narrow else {"row": 1, "col": i + 1}
        if i == count - 1 or not style.is_narrow:
            canvas.title_axis(figure, "x", "" if is_single else x_axis, style, **cell)
    canvas.title_axis(figure, "y", y_axis, style, row=1 + (count - 1) // 2 * style.is_narrow, col=1)
    figure.layout.margin.t += 20
    return figure


def _text(value: float, *, is_share: bool) -> str:
    return formats.percent(value) if is_share else formats.number(value, 2)


def _reference(figure: go.Figure, panel: Panel, style: theme.Style, cell: dict[str, int]) -> None:
    if panel.reference is not None:
        line = {"color": style.palette.truth, "width": 2.0 * style.scale}
        figure.add_hline(panel.reference, line=line, layer="below", **cell)


def _curve(
    figure: go.Figure,
    part: pd.DataFrame,
    panel: Panel,
    e: int,
    *,
    is_share: bool,
    style: theme.Style,
    cell: dict[str, int],
) -> None:
    name = ESTIMATORS[e]
    figure.add_scatter(
        x=part["mean_size"],
        y=part[panel.column],
        mode="lines" if name == "complete_pooling" else "lines+markers",
        line=theme.line(name, style),
        marker=theme.marker(name, style),
        hovertext=[
            f"{NAMES[e]}, groups of {size}: {_text(value, is_share=is_share)}"
            for size, value in zip(part["size"], part[panel.column], strict=True)
        ],
        hoverinfo="text",
        name=NAMES[e],
        **cell,
    )


def _single(
    figure: go.Figure,
    part: pd.DataFrame,
    panel: Panel,
    e: int,
    *,
    is_share: bool,
    style: theme.Style,
    cell: dict[str, int],
) -> None:
    """Draw one estimator of a design with equal group sizes: a stem with its number."""
    name, value = ESTIMATORS[e], float(part[panel.column].iloc[0])
    at = float(len(ESTIMATORS) - 1 - e)
    figure.add_scatter(
        x=[at, at], y=[0.0, value], mode="lines", line=theme.line(name, style), name=NAMES[e],
        hoverinfo="skip", **cell,
    )  # fmt: skip
    marker = theme.marker(name, style)
    if name == "complete_pooling":
        marker["line"] = {"width": 2.0 * style.scale, "color": style.palette.complete_pooling}
        marker["size"] = 16 * style.scale
    else:
        marker["size"] = 12 * style.scale
    color = {"no_pooling": style.palette.no_pooling_text, "complete_pooling": style.palette.text}
    figure.add_scatter(
        x=[at],
        y=[value],
        mode="markers+text",
        marker=marker,
        text=[_text(value, is_share=is_share)],
        textposition="top center",
        textfont={
            "size": style.text.axis,
            "color": color.get(name, style.palette.partial_pooling_text),
        },
        cliponaxis=False,
        hoverinfo="skip",
        name=NAMES[e],
        **cell,
    )


def _panel_title(figure: go.Figure, i: int, title: str, style: theme.Style) -> None:
    number = "" if i == 0 else str(i + 1)
    figure.add_annotation(
        x=0.5,
        y=1.0,
        xref=f"x{number} domain",
        yref=f"y{number} domain",
        yanchor="bottom",
        yshift=4,
        text=escape.for_plotly(title),
        showarrow=False,
        font={"size": style.text.axis, "color": style.palette.text},
    )


def _axes(
    figure: go.Figure,
    table: pd.DataFrame,
    panels: Sequence[Panel],
    *,
    is_single: bool,
    is_share: bool,
    style: theme.Style,
) -> None:
    top = float(np.nanmax(table[[p.column for p in panels]].to_numpy(dtype=np.float64)))
    figure.update_yaxes(range=[0, 1.06 if is_share else 1.12 * (top or 1.0)])
    if is_share:
        figure.update_yaxes(tickformat=".0%")
    if is_single:
        short = [name.removesuffix(" pooling") for name in NAMES[::-1]]
        figure.update_xaxes(
            tickvals=[0, 1, 2], ticktext=short, range=[-0.6, 2.6], showgrid=False,
            tickfont={"color": style.palette.text, "size": style.text.tick},
        )  # fmt: skip
        return
    sizes = table["mean_size"]
    low, high = float(sizes.min()), float(sizes.max())
    pad = 0.06 * np.log10(high / low)
    steps = (1.0,) if high / low > 200 else ((1.0, 3.0) if high / low > 12 else (1.0, 2.0, 5.0))
    ticks = [s * 10.0**k for k in range(6) for s in steps]
    ticks = [t for t in ticks if low * 0.9 <= t <= high * 1.1] or [low, high]
    figure.update_xaxes(
        type="log",
        range=[np.log10(low) - pad, np.log10(high) + pad],
        tickvals=ticks,
        ticktext=[formats.trimmed(t, 2) for t in ticks],
    )
