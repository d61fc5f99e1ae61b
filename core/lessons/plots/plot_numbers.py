"""A few numbers on one axis, each in the mark of its estimator, with a guess beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.figures import canvas, theme

_ROW = 50
#: Pixels that the axis has at least, beside the names of the rows.
_PLOT, _PLOT_NARROW = 300, 170


@dataclass(frozen=True)
class NumberRow:
    """One number: what it is called, its value and how that is written, and its mark."""

    label: str
    value: float
    text: str
    mark: str = "points"


def plot_numbers(
    rows: Sequence[NumberRow],
    *,
    title: str,
    axis: str,
    guess: float | None = None,
    guess_text: str = "",
    limits: tuple[float, float] | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw numbers under each other on one axis.

    Parameters
    ----------
    rows : sequence of NumberRow
        From top to bottom.
    title : str
        The finding, plain text.
    axis : str
        What the axis measures, with its unit.
    guess : float, optional
        Where the reader's guess stands.
    guess_text : str
        How the guess is written.
    limits : (float, float), optional
        Ends of the axis (those of the slider); around the numbers, and from zero, by default.
    style : Style
        Where the figure will be seen.
    """
    key = [("guess", "your guess")] if guess is not None else []
    figure = canvas.new_figure(
        canvas.Heading(title, tuple(key)),
        style,
        height=round(_ROW * style.scale * max(len(rows), 1)) + 92,
    )
    places = np.arange(len(rows), dtype=np.float64)[::-1]
    low, high = _limits(rows, guess, limits, style)
    for row, place in zip(rows, places, strict=True):
        _draw(figure, row, float(place), low, style)
    if guess is not None:
        _draw_guess(figure, guess, guess_text, len(rows), style)
    width = 16 if style.is_narrow else 30
    names = ["<br>".join(map(escape.for_plotly, formats.wrap(r.label, width))) for r in rows]
    figure.update_yaxes(
        tickvals=places, ticktext=names, range=[-0.6, max(len(rows), 1) - 0.2], showgrid=False
    )
    figure.update_yaxes(tickfont_color=style.palette.text)
    figure.update_xaxes(range=[low, high])
    # The axis shares its width with the names of the rows, so its title wraps early.
    lines = formats.wrap(axis, 26 if style.is_narrow or style.size == "projector" else 36)
    figure.update_xaxes(title_text="<br>".join(map(escape.for_plotly, lines)))
    return figure


def _limits(
    rows: Sequence[NumberRow],
    guess: float | None,
    limits: tuple[float, float] | None,
    style: theme.Style,
) -> tuple[float, float]:
    values = [row.value for row in rows] + ([] if guess is None else [guess])
    values += list(limits) if limits is not None else [0.0]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) or 1.0
    low, high = low - 0.04 * room, high + 0.04 * room
    # Room at the right for what is written there, which must not be cut off.
    width = _PLOT_NARROW if style.is_narrow else _PLOT
    for row in rows:
        share = min((canvas.text_width(row.text, style) + 24 * style.scale) / width, 0.6)
        high = max(high, (row.value - share * low) / (1.0 - share))
    return low, high


def _draw(figure: go.Figure, row: NumberRow, place: float, low: float, style: theme.Style) -> None:
    name = row.mark if row.mark in theme.MARKS else "points"
    color = style.palette.points if name == "points" else style.color(name)
    figure.add_scatter(
        x=[low, row.value],
        y=[place, place],
        mode="lines",
        line={"color": theme.rgba(color, 0.35), "width": 2 * style.scale},
        hoverinfo="skip",
        name="",
    )
    marker = {"color": color, "symbol": "circle", "size": 11 * style.scale}
    if name == "no_pooling":
        marker["symbol"] = "circle-open"
        marker["line"] = {"width": 2.4 * style.scale, "color": color}
    if name == "complete_pooling":
        marker["symbol"] = "line-ns"
        marker["size"] = 16 * style.scale
        marker["line"] = {"width": 3 * style.scale, "color": color}
    figure.add_scatter(
        x=[row.value],
        y=[place],
        mode="markers",
        marker=marker,
        hovertext=[f"{escape.for_plotly(row.label)}: {escape.for_plotly(row.text)}"],
        hoverinfo="text",
        cliponaxis=False,
        name=row.mark,
    )
    figure.add_annotation(
        x=row.value,
        y=place,
        text=escape.for_plotly(row.text),
        **canvas.label(style, style.palette.text),
        xanchor="left",
        xshift=12 * style.scale,
        font_size=style.text.axis,
    )


def _draw_guess(
    figure: go.Figure, guess: float, text: str, n_rows: int, style: theme.Style
) -> None:
    top = max(n_rows, 1) - 0.5
    figure.add_scatter(
        x=[guess, guess],
        y=[-0.6, top],
        mode="lines",
        line=theme.line("guess", style),
        hoverinfo="skip",
        name="guess",
    )
    figure.add_scatter(
        x=[guess],
        y=[top],
        mode="markers+text",
        marker=theme.marker("guess", style),
        text=[f"  {escape.for_plotly(text)}"],
        textposition="middle right",
        textfont={"size": style.text.axis, "color": style.palette.guess},
        hoverinfo="skip",
        cliponaxis=False,
        name="guess",
    )
