"""Sums taken apart: one stacked bar for each case, a part for each source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.figures import canvas, theme
from core.types import FloatArray

#: A part below this share of the longest bar has no room for a number.
_ROOM = 0.07


@dataclass(frozen=True, eq=False)
class StackedPart:
    """One part over the cases.

    Attributes
    ----------
    name : str
    values : FloatArray, shape (cases,)
    kind : {"level", "estimation", "individual"}
        What is told by its fill: a factor's levels, the estimation of averages, single rows.
    """

    name: str
    values: FloatArray
    kind: str


def plot_stacked_parts(
    cases: Sequence[str],
    parts: Sequence[StackedPart],
    *,
    title: str,
    axis: str,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw one stacked bar for each case.

    Parameters
    ----------
    cases : sequence of str
        From top to bottom.
    parts : sequence of StackedPart
        From left to right; values below zero are not drawn.
    title, axis : str
        The finding, and what the axis shows with its unit; plain text.
    style : Style
        Where the figure will be seen.
    """
    height = round(86 + 58 * len(cases) * style.scale)
    figure = canvas.new_figure(canvas.Heading(title), style, height=height)
    places = np.arange(len(cases), dtype=np.float64)[::-1]
    drawn = [np.maximum(part.values, 0.0) for part in parts]
    total = np.sum(drawn, axis=0)
    longest = float(np.nanmax(total, initial=0.0)) or 1.0
    n_levels = max(sum(part.kind == "level" for part in parts), 1)
    seen = 0
    for part, values in zip(parts, drawn, strict=True):
        share = np.divide(values, total, out=np.full(len(values), np.nan), where=total > 0)
        said = [formats.percent(float(s)) for s in share]
        name = escape.for_plotly(part.name)
        figure.add_bar(
            x=values,
            y=places,
            orientation="h",
            width=0.62,
            marker=_fill(part.kind, seen / n_levels, style),
            text=[s if v > _ROOM * longest else "" for s, v in zip(said, values, strict=True)],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": style.palette.text, "size": style.text.label},
            hovertext=[
                f"<b>{name}</b><br>variance {formats.number(float(v))}, {s} of it all"
                for s, v in zip(said, values, strict=True)
            ],
            hoverinfo="text",
            name=name,
        )
        seen += part.kind == "level"
    _lay_out(figure, cases, places, style, len(parts))
    figure.update_xaxes(range=[0, 1.04 * longest], nticks=7)
    canvas.title_axis(figure, "x", axis, style)
    return figure


def _fill(kind: str, along: float, style: theme.Style) -> dict[str, object]:
    """Return the fill: told apart by lightness and hatching, not by hue alone."""
    palette = style.palette
    edge = {"line": {"width": 1, "color": palette.background}}
    if kind == "individual":
        return {"color": theme.rgba(palette.points, 0.35), **edge}
    if kind == "level":
        return {"color": theme.rgba(palette.partial_pooling, 0.6 - 0.42 * along), **edge}
    hatch = {"shape": "/", "fgcolor": palette.partial_pooling, "size": 6, "solidity": 0.35}
    return {"color": theme.rgba(palette.partial_pooling, 0.1), "pattern": hatch, **edge}


def _lay_out(
    figure: go.Figure, cases: Sequence[str], places: FloatArray, style: theme.Style, n: int
) -> None:
    width = 20 if style.is_narrow else 34
    labels = ["<br>".join(map(escape.for_plotly, formats.wrap(c, width, most=2))) for c in cases]
    lines = n if style.is_narrow else -(-n // 3)
    room = 1.7 * style.text.label * lines + 8
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        height=figure.layout.height + round(room),
        margin_t=figure.layout.margin.t + round(room),
        legend={
            "orientation": "v" if style.is_narrow else "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "bottom",
            "traceorder": "normal",
            "font": {"size": style.text.label, "color": style.palette.text},
        },
    )
    figure.update_yaxes(
        tickvals=places,
        ticktext=labels,
        range=[-0.5, len(cases) - 0.5],
        showgrid=False,
        tickfont={"color": style.palette.text},
    )
