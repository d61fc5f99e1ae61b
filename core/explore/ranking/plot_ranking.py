"""Ranks with their intervals, the naive ranking beside them, and who belongs to the ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.explore.ranking.numbers import places
from core.explore.ranking.story import end_words
from core.figures import canvas, theme
from core.figures import rows as rank_rows
from core.posterior.uncertainty import PLUG_IN
from core.tables.wording import Wording


def plot_ranking(
    table: pd.DataFrame,
    *,
    title: str,
    share: float = 0.1,
    level: float = 0.95,
    marked: Sequence[str] = (),
    digits: int = 2,
    source: str = PLUG_IN,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw every group's rank interval and its naive rank, the first at the top.

    Parameters
    ----------
    table : DataFrame
        From ``core.rank``, with this ``share`` and ``level``.
    title : str
        The finding, plain text.
    marked : sequence of str
        Groups to stand out.
    digits : int
        Decimals of the estimates under the pointer.
    source : str
        Where the intervals come from, as ``source_label`` says it.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    rows = rank_rows.rows_of(table, "rank", marked)
    heading = canvas.Heading(
        title,
        (
            (
                "partial_pooling",
                f"expected rank, partial pooling, with {level:.0%} interval ({source})",
            ),
            ("no_pooling", "naive rank of the no-pooling estimate"),
        ),
        canvas.drawn_note(len(rows), len(table)),
    )
    height = 560 if style.is_narrow else 500
    wide = not style.is_narrow
    panels = (
        make_subplots(rows=1, cols=2, column_widths=[0.76, 0.24], horizontal_spacing=0.03)
        if wide
        else make_subplots(rows=1, cols=1)
    )
    figure = canvas.new_figure(heading, style, height=height, figure=panels)
    gap = rank_rows.line_gap(len(rows), height, style)
    _draw_ends(figure, len(table), share, style)
    rank_rows.mark_rows(figure, rows, marked, gap, style)
    texts = rank_rows.hover_texts(rows, digits, source, wording)
    _draw_ranks(figure, rows, texts, style)
    if wide:
        _draw_chances(figure, rows, texts, share, style)
    if not rank_rows.name_rows(figure, rows, gap, style):
        ends = (
            np.fmin(rows["rank_lower"].to_numpy(float), rows["naive_rank"].to_numpy(float)),
            np.fmax(rows["rank_upper"].to_numpy(float), rows["naive_rank"].to_numpy(float)),
        )
        rank_rows.label_rows(figure, rows, ends, style, marked)
    n = len(table)
    edge = 0.5 + 0.015 * n
    ticks = rank_rows.rank_ticks(n)
    figure.update_xaxes(range=[1 - edge, n + edge], tickvals=ticks, row=1, col=1)
    canvas.title_axis(figure, "x", f"rank (1: the highest of {n:,})", style, row=1, col=1)
    stacked = f"{wording.group.count(n)}, by expected rank"
    canvas.title_axis(figure, "y", stacked, style, row=1, col=1)
    return figure


def _draw_ends(figure: go.Figure, n_groups: int, share: float, style: theme.Style) -> None:
    """Shade the top and the bottom places."""
    seats = places(n_groups, share)
    shade = {"fillcolor": style.palette.grid, "opacity": 0.75, "line_width": 0, "layer": "below"}
    for low, high in ((0.5, seats + 0.5), (n_groups - seats + 0.5, n_groups + 0.5)):
        figure.add_vrect(low, high, row=1, col=1, exclude_empty_subplots=False, **shade)
    words = f"{end_words(share)} ({seats:,})"
    for x, side, text in (
        (0.5, "left", f"top {words}"),
        (n_groups + 0.5, "right", f"bottom {words}"),
    ):
        figure.add_annotation(
            x=x,
            y=1,
            xref="x",
            yref="paper",
            text=text,
            xanchor=side,
            yanchor="bottom",
            **canvas.label(style, style.palette.muted),
        )
    figure.update_layout(margin_t=figure.layout.margin.t + 12)


def _draw_ranks(
    figure: go.Figure, rows: pd.DataFrame, texts: list[str], style: theme.Style
) -> None:
    small = 1.0 if len(rows) <= 150 else 0.6
    y = rows["row"].to_numpy()
    lower, upper = rows["rank_lower"].to_numpy(float), rows["rank_upper"].to_numpy(float)
    x, height = canvas.segments(lower, upper, y, y)
    figure.add_scatter(
        x=x,
        y=height,
        mode="lines",
        line=theme.line("partial_pooling", style, width=2.0 * small * style.scale),
        opacity=max(canvas.fade(len(rows)), 0.25),
        hoverinfo="skip",
        name="rank interval",
        row=1,
        col=1,
    )
    marks: tuple[tuple[str, str, theme.MarkName], ...] = (
        ("naive rank", "naive_rank", "no_pooling"),
        ("expected rank", "expected_rank", "partial_pooling"),
    )
    for name, column, mark in marks:
        figure.add_scatter(
            x=rows[column],
            y=y,
            mode="markers",
            marker=theme.marker(
                mark, style, size=theme.MARKS[mark].marker_size * small * style.scale
            ),
            name=name,
            hovertext=texts,
            hoverinfo="text",
            row=1,
            col=1,
        )


def _draw_chances(
    figure: go.Figure, rows: pd.DataFrame, texts: list[str], share: float, style: theme.Style
) -> None:
    """Draw the probabilities of the top (to the right) and of the bottom beside the ranks."""
    y = rows["row"].to_numpy()
    blue, grey = style.palette.partial_pooling, style.palette.points
    for column, color, name in (("p_top", blue, "top"), ("p_bottom", grey, "bottom")):
        value = rows[column].to_numpy(float)
        x, height = canvas.segments(np.zeros(len(y)), value, y, y)
        figure.add_scatter(
            x=x,
            y=height,
            mode="lines",
            line={"color": color, "width": 3.0 * (1.0 if len(rows) <= 150 else 0.4) * style.scale},
            hoverinfo="skip",
            name=f"chance of the {name}",
            row=1,
            col=2,
        )
        figure.add_scatter(
            x=value,
            y=y,
            mode="markers",
            marker={"color": color, "size": 5 * style.scale},
            opacity=0.0,
            hovertext=texts,
            hoverinfo="text",
            name=f"{name}, under the pointer",
            row=1,
            col=2,
        )
    n, words = len(rows), end_words(share)
    # Above the panel, where no bar can reach; that of the bottom where bars are short.
    for where, anchor, text, color in (
        (
            {"y": 1.0, "yref": "y2 domain"},
            "bottom",
            f"P(top {words})",
            style.palette.partial_pooling_text,
        ),
        ({"y": 0.38 * n, "yref": "y2"}, "bottom", f"P(bottom {words})", style.palette.muted),
    ):
        figure.add_annotation(
            x=1.02,
            xref="x2",
            text=text,
            xanchor="right",
            yanchor=anchor,
            **where,
            **canvas.label(style, color),
        )
    figure.update_xaxes(range=[0, 1.03], tickvals=[0, 0.5, 1], tickformat=".0%", row=1, col=2)
    canvas.title_axis(figure, "x", "probability", style, row=1, col=2)
