"""Partial-pooling estimates in their order, with intervals, and the no-pooling ones beside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.figures import canvas, theme
from core.figures import rows as rank_rows
from core.posterior.uncertainty import PLUG_IN
from core.tables.wording import Wording
from core.types import FloatArray


def plot_caterpillar(
    table: pd.DataFrame,
    *,
    title: str,
    axis: str,
    level: float = 0.95,
    marked: Sequence[str] = (),
    digits: int = 2,
    source: str = PLUG_IN,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw every group's estimate and interval, the highest at the top.

    Parameters
    ----------
    table : DataFrame
        From ``core.rank``.
    title, axis : str
        The finding, and what the axis shows with its unit; plain text.
    marked : sequence of str
        Groups to stand out.
    digits : int
        Decimals under the pointer.
    source : str
        Where the intervals come from, as ``source_label`` says it.
    """
    wording = wording or Wording()
    ranked = table.assign(place=-table["estimate"])
    rows = rank_rows.rows_of(ranked, "place", marked)
    heading = canvas.Heading(
        title,
        (
            ("partial_pooling", f"partial pooling with {level:.0%} interval ({source})"),
            ("no_pooling", "no pooling"),
        ),
        canvas.drawn_note(len(rows), len(table)),
    )
    height = 560 if style.is_narrow else 500
    figure = canvas.new_figure(heading, style, height=height)
    gap = rank_rows.line_gap(len(rows), height, style)
    rank_rows.mark_rows(figure, rows, marked, gap, style)
    low, high, own = (rows[name].to_numpy() for name in ("lower", "upper", "own_estimate"))
    limits = canvas.crowd_range(own, np.concatenate([low, high]))
    texts = rank_rows.hover_texts(rows, digits, source, wording)
    _draw_estimates(figure, rows, (low, high), limits, (texts, style))
    if not rank_rows.name_rows(figure, rows, gap, style):
        ends = (np.fmin(low, own), np.fmax(high, own))
        ends = (np.maximum(ends[0], limits[0]), np.minimum(ends[1], limits[1]))
        rank_rows.label_rows(figure, rows, ends, style, marked, is_falling=False)
    figure.update_xaxes(range=limits)
    canvas.title_axis(figure, "x", axis, style)
    stacked = f"{wording.group.count(len(table))}, by estimate"
    canvas.title_axis(figure, "y", stacked, style)
    return figure


def _draw_estimates(
    figure: go.Figure,
    rows: pd.DataFrame,
    interval: tuple[FloatArray, FloatArray],
    limits: tuple[float, float],
    look: tuple[list[str], theme.Style],
) -> None:
    """Draw intervals, both estimates, and at the edge the own ones outside the range."""
    texts, style = look
    y, small = rows["row"].to_numpy(), 1.0 if len(rows) <= 150 else 0.6
    own = rows["own_estimate"].to_numpy()
    x, at = canvas.segments(*interval, y, y)
    figure.add_scatter(
        x=x,
        y=at,
        mode="lines",
        line=theme.line("partial_pooling", style, width=2.0 * small * style.scale),
        opacity=max(canvas.fade(len(rows)), 0.25),
        hoverinfo="skip",
        name="interval",
    )
    values: tuple[tuple[theme.MarkName, FloatArray], ...] = (
        ("no_pooling", np.where((own >= limits[0]) & (own <= limits[1]), own, np.nan)),
        ("partial_pooling", rows["estimate"].to_numpy()),
    )
    for mark, value in values:
        size = theme.MARKS[mark].marker_size * small * style.scale
        figure.add_scatter(
            x=value,
            y=y,
            mode="markers",
            marker=theme.marker(mark, style, size=size),
            name=theme.MARKS[mark].label,
            hovertext=texts,
            hoverinfo="text",
        )
    for side, mask in enumerate(canvas.outside(own, limits)):
        which = np.flatnonzero(mask)
        if len(which):
            figure.add_scatter(
                x=np.full(len(which), limits[side]),
                y=y[which],
                mode="markers",
                marker={
                    "symbol": ("triangle-left", "triangle-right")[side],
                    "size": 9 * style.scale,
                    "color": style.palette.no_pooling,
                },
                cliponaxis=False,
                name="no pooling, outside the range",
                hovertext=[texts[i] for i in which],
                hoverinfo="text",
            )
