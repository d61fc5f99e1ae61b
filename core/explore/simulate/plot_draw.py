"""One draw: the truth of every group beside its three estimates, and who is nearest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape, formats
from core.explore.simulate.draw_story import NAMES, DrawComparison, draw_title
from core.explore.simulate.numbers import ESTIMATORS
from core.figures import canvas, theme
from core.tables.wording import Wording
from core.types import FloatArray

#: Rows of the strip below, from top to bottom.
_ORDER = (2, 1, 0)
_TICKS = 12


def plot_draw(
    found: DrawComparison,
    coefficient: str,
    *,
    axis: str,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw truth and estimates by group, smallest group first, and mark the nearest estimate.

    Parameters
    ----------
    found : DrawComparison
    coefficient : str
    axis : str
        What the vertical axis shows, with its unit, plain text.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    frame = found.to_frame(coefficient)
    key = (("truth", "truth"), *((str(e), NAMES[ESTIMATORS.index(e)]) for e in ESTIMATORS[::-1]))
    note = canvas.drawn_note(min(len(frame), canvas.MOST_DRAWN), len(frame))
    heading = canvas.Heading(draw_title(found, coefficient), key, note)
    strip = 92 * style.scale
    height = 500 if style.is_narrow else 470
    share = strip / height
    panels = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[1 - share, share], vertical_spacing=0.03
    )
    figure = canvas.new_figure(heading, style, height=height, figure=panels)
    shown = canvas.drawn(np.arange(len(frame)))
    frame = frame.iloc[shown].reset_index(drop=True)
    at = np.arange(len(frame), dtype=np.float64)
    limits = canvas.crowd_range(
        frame["no_pooling"].to_numpy(),
        np.concatenate([frame["truth"], frame["partial_pooling"], frame["complete_pooling"]]),
    )
    _draw_estimates(figure, frame, at, limits, style)
    _draw_strip(figure, frame, at, style)
    _label_strip(figure, found, coefficient, style)
    _lay_out(figure, frame, limits, wording, style)
    canvas.title_axis(figure, "y", axis, style, row=1, col=1)
    return figure


def _draw_estimates(
    figure: go.Figure,
    frame: pd.DataFrame,
    at: FloatArray,
    limits: tuple[float, float],
    style: theme.Style,
) -> None:
    texts = _hover(frame)
    shown = {
        str(name): np.clip(frame[name].to_numpy(dtype=np.float64), *limits)
        for name in (*ESTIMATORS, "truth")
    }
    x, y = canvas.segments(at, at, shown["truth"], shown["partial_pooling"])
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": style.palette.axis, "width": 1.4 * style.scale},
        opacity=max(canvas.fade(len(at)), 0.3),
        hoverinfo="skip",
        name="error of partial pooling",
        row=1,
        col=1,
    )
    whole = shown["complete_pooling"]
    figure.add_scatter(
        x=at,
        y=whole,
        mode="lines" if np.ptp(whole) == 0 else "markers",
        line=theme.line("complete_pooling", style),
        marker=_tick(style),
        hoverinfo="skip",
        name="complete pooling",
        row=1,
        col=1,
    )
    size = float(np.clip((45 / max(len(at), 1)) ** 0.35, 0.45, 1.0))
    marks: tuple[theme.MarkName, ...] = ("no_pooling", "partial_pooling", "truth")
    for name in marks:
        marker = theme.marker(name, style)
        marker["size"] *= size
        if name == "no_pooling":
            marker["symbol"] = _pointed(frame[name].to_numpy(dtype=np.float64), limits)
        figure.add_scatter(
            x=at,
            y=shown[name],
            cliponaxis=False,
            mode="markers",
            marker=marker,
            hovertext=texts,
            hoverinfo="text",
            name=theme.MARKS[name].label,
            row=1,
            col=1,
        )


def _pointed(values: FloatArray, limits: tuple[float, float]) -> list[str]:
    """Return the symbols of no pooling: triangles at the edge for what lies beyond it."""
    below, above = canvas.outside(values, limits)
    names = np.where(below, "triangle-down", np.where(above, "triangle-up", "circle-open"))
    return [str(name) for name in names]


def _tick(style: theme.Style) -> dict[str, Any]:
    color = style.palette.complete_pooling
    return {"symbol": "line-ew", "size": 9, "line": {"width": 1.8 * style.scale, "color": color}}


def _hover(frame: pd.DataFrame) -> list[str]:
    digits = formats.decimals_for(frame["truth"], 3)
    texts = []
    for row in frame.to_dict("records"):
        lines = [f"<b>{escape.for_plotly(str(row['group']))}</b> (n = {row['n']:,})"]
        lines += [
            f"{name} {formats.fixed(row[column], digits)}"
            for column, name in zip(("truth", *ESTIMATORS), ("truth", *NAMES), strict=True)
        ]
        texts.append("<br>".join([*lines, f"nearest: {row['nearest']}"]))
    return texts


def _draw_strip(figure: go.Figure, frame: pd.DataFrame, at: FloatArray, style: theme.Style) -> None:
    """Mark, below every group, the estimator that is nearest to its truth."""
    size = float(np.clip((60 / max(len(at), 1)) ** 0.5, 0.35, 1.0))
    for height, e in enumerate(reversed(_ORDER)):
        where = at[(frame["nearest"] == NAMES[e]).to_numpy()]
        name = ESTIMATORS[e]
        marker = _tick(style) if name == "complete_pooling" else theme.marker(name, style)
        marker["size"] *= size
        figure.add_scatter(
            x=where,
            y=np.full(len(where), float(height)),
            mode="markers",
            marker=marker,
            hoverinfo="skip",
            name=f"nearest: {NAMES[e]}",
            row=2,
            col=1,
        )


def _label_strip(
    figure: go.Figure, found: DrawComparison, coefficient: str, style: theme.Style
) -> None:
    """Write beside the strip in how many groups each is nearest."""
    wins, total = found.wins(coefficient), int(found.compared(coefficient).sum())
    short = [n.removesuffix(" pooling") for n in NAMES] if style.is_narrow else NAMES
    figure.update_yaxes(
        tickvals=[0, 1, 2],
        ticktext=[f"{short[e]}: {wins[e]}" for e in reversed(_ORDER)],
        tickfont={"size": style.text.tick, "color": style.palette.text},
        range=[-0.6, 2.6],
        gridcolor=style.palette.grid,
        row=2,
        col=1,
    )
    figure.add_annotation(
        x=0.0,
        y=1.0,
        xref="x2 domain",
        yref="y2 domain",
        xanchor="left",
        yanchor="bottom",
        text=f"nearest to the truth, of {total:,}",
        **canvas.label(style, style.palette.muted),
    )


def _lay_out(
    figure: go.Figure,
    frame: pd.DataFrame,
    limits: tuple[float, float],
    wording: Wording,
    style: theme.Style,
) -> None:
    n = len(frame)
    most = 6 if style.is_narrow else _TICKS
    places = np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))
    sizes = frame["n"].to_numpy()
    figure.update_xaxes(range=[-0.8, n - 0.2], showgrid=False)
    figure.update_xaxes(tickvals=places, ticktext=[f"{sizes[i]:,}" for i in places], row=2, col=1)
    figure.update_yaxes(range=limits, row=1, col=1)
    title = f"{wording.group.many}, smallest first: {wording.individual.many} in each"
    canvas.title_axis(figure, "x", title, style, row=2, col=1)
