"""The variance of a prediction, taken apart: estimation, group, individual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.explore.prediction.story import Picture
from core.figures import canvas, theme
from core.types import BoolArray, FloatArray

_PARTS = ("individual", "group", "fixed_effects")


def plot_budget(
    picture: Picture,
    *,
    title: str,
    names: tuple[str, str, str],
    axis: str,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw one stacked bar of variance for each case.

    Parameters
    ----------
    picture : Picture
        From ``core.explore.prediction.story``.
    title, axis : str
        The finding, and what the axis shows with its unit; plain text.
    names : tuple of str
        What the parts are called: individual, group, estimation.
    style : Style
        Where the figure will be seen.
    """
    height = round(86 + 58 * len(picture.cases) * style.scale)
    figure = canvas.new_figure(canvas.Heading(title), style, height=height)
    rows = picture.now[picture.now["estimator"] == picture.main].set_index("case")
    rows = rows[list(_PARTS)].loc[[case.name for case in picture.cases]]
    rows = rows.where(np.isfinite(rows.to_numpy(dtype=np.float64)))
    width = 20 if style.is_narrow else 34
    labels = [
        "<br>".join(map(escape.for_plotly, formats.wrap(case.title, width, most=2)))
        for case in picture.cases
    ]
    places = np.arange(len(labels), dtype=np.float64)[::-1]
    total = rows.sum(axis=1, skipna=False).to_numpy(dtype=np.float64)
    longest = float(np.nanmax(total, initial=0.0)) or 1.0
    for part, name in zip(_PARTS, names, strict=True):
        values = rows[part].to_numpy(dtype=np.float64)
        share = np.divide(values, total, out=np.full(len(values), np.nan), where=total > 0)
        _draw(figure, _Part(part, name, values, share, values > 0.06 * longest), places, style)
    _lay_out(figure, labels, places, style)
    figure.update_xaxes(range=[0, 1.04 * longest], nticks=7)
    canvas.title_axis(figure, "x", axis, style)
    return figure


@dataclass(frozen=True, eq=False)
class _Part:
    """One part of the variance over the cases; ``has_room`` says where a number fits in."""

    key: str
    name: str
    values: FloatArray
    share: FloatArray
    has_room: BoolArray


def _draw(figure: go.Figure, part: _Part, places: FloatArray, style: theme.Style) -> None:
    shares = [formats.percent(float(s)) for s in part.share]
    name = escape.for_plotly(part.name)
    figure.add_bar(
        x=part.values,
        y=places,
        orientation="h",
        width=0.62,
        marker=_fill(part.key, style),
        text=[s if fits else "" for s, fits in zip(shares, part.has_room, strict=True)],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": style.palette.text, "size": style.text.label},
        hovertext=[
            f"<b>{name}</b><br>variance {formats.number(float(v))}, {s} of it all"
            for s, v in zip(shares, part.values, strict=True)
        ],
        hoverinfo="text",
        name=name,
    )


def _lay_out(figure: go.Figure, labels: list[str], places: FloatArray, style: theme.Style) -> None:
    room = (4.6 if style.is_narrow else 3.2) * style.text.label
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        margin_t=figure.layout.margin.t + round(room),
        legend={
            "orientation": "h",
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
        range=[-0.5, len(labels) - 0.5],
        showgrid=False,
        tickfont={"color": style.palette.text},
    )


def _fill(part: str, style: theme.Style) -> dict[str, object]:
    """Return the fill of a part: told apart by lightness and hatching, not by hue alone."""
    palette = style.palette
    edge = {"line": {"width": 1, "color": palette.background}}
    if part == "individual":
        return {"color": theme.rgba(palette.points, 0.35), **edge}
    if part == "group":
        return {"color": theme.rgba(palette.partial_pooling, 0.55), **edge}
    return {
        "color": theme.rgba(palette.partial_pooling, 0.2),
        "pattern": {"shape": "/", "fgcolor": palette.partial_pooling, "size": 6, "solidity": 0.35},
        **edge,
    }
