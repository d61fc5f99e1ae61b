"""Both rankings against the size of the groups: who crowds the ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import escape, formats
from core.explore.ranking.numbers import places
from core.figures import canvas, theme
from core.figures import rows as rank_rows
from core.posterior.uncertainty import PLUG_IN
from core.tables.wording import Wording


def plot_rank_size(
    table: pd.DataFrame,
    *,
    title: str,
    share: float = 0.1,
    marked: Sequence[str] = (),
    digits: int = 2,
    source: str = PLUG_IN,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw the naive and the expected rank of every group above its size, rank 1 at the top.

    Parameters
    ----------
    table : DataFrame
        From ``core.rank``.
    title : str
        The finding, plain text.
    marked : sequence of str
        Groups to stand out, by their names.
    digits : int
        Decimals of the estimates under the pointer.
    source : str
        Where the intervals under the pointer come from, as ``source_label`` says it.
    """
    wording = wording or Wording()
    rows = rank_rows.rows_of(table, "rank", marked)
    heading = canvas.Heading(
        title,
        (("no_pooling", "naive rank"), ("partial_pooling", "expected rank, partial pooling")),
        canvas.drawn_note(len(rows), len(table)),
    )
    height = 520 if style.is_narrow else 500
    figure = canvas.new_figure(heading, style, height=height)
    n_groups, seats = len(table), places(len(table), share)
    for low, high in ((0.5, seats + 0.5), (n_groups - seats + 0.5, n_groups + 0.5)):
        figure.add_hrect(
            low, high, fillcolor=style.palette.grid, opacity=0.75, line_width=0, layer="below"
        )
    sizes = rows["n"].to_numpy(float)
    is_log = sizes.max() > 20 * sizes.min()
    spread = canvas.jitter(len(rows))
    x = sizes * (1 + 0.03 * spread) if is_log else sizes + 0.25 * spread * (np.ptp(sizes) > 0)
    _draw_ranks(figure, rows, x, rank_rows.hover_texts(rows, digits, source, wording), style)
    for i in np.flatnonzero(rows["group"].isin(list(marked)).to_numpy()):
        figure.add_annotation(
            x=float(np.log10(x[i])) if is_log else float(x[i]),
            y=float(rows["expected_rank"].iloc[i]),
            text=escape.for_plotly(formats.shorten(str(rows["group"].iloc[i]), 18)),
            xanchor="left",
            xshift=8 * style.scale,
            **canvas.label(style, style.palette.text),
        )
    _lay_axes(figure, sizes, is_log, n_groups)
    canvas.title_axis(figure, "x", f"{wording.individual.many} in the {wording.group.one}", style)
    canvas.title_axis(figure, "y", f"rank (1: the highest of {n_groups:,})", style)
    return figure


def _draw_ranks(
    figure: go.Figure, rows: pd.DataFrame, x: np.ndarray, texts: list[str], style: theme.Style
) -> None:
    """Draw both ranks of every group and the way from one to the other."""
    small = 1.0 if len(rows) <= 150 else 0.6
    naive, expected = rows["naive_rank"].to_numpy(), rows["expected_rank"].to_numpy()
    across, up = canvas.segments(x, x, naive, expected)
    figure.add_scatter(
        x=across,
        y=up,
        mode="lines",
        line={"color": style.palette.axis, "width": 1.2 * small * style.scale},
        opacity=max(canvas.fade(len(rows), most=1.0), 0.15),
        hoverinfo="skip",
        name="shift",
    )
    marks: tuple[tuple[theme.MarkName, np.ndarray], ...] = (
        ("no_pooling", naive),
        ("partial_pooling", expected),
    )
    for mark, value in marks:
        figure.add_scatter(
            x=x,
            y=value,
            mode="markers",
            marker=theme.marker(
                mark, style, size=theme.MARKS[mark].marker_size * small * style.scale
            ),
            name=theme.MARKS[mark].label,
            hovertext=texts,
            hoverinfo="text",
        )


def _lay_axes(figure: go.Figure, sizes: np.ndarray, is_log: bool, n_groups: int) -> None:
    edge = 0.5 + 0.025 * n_groups
    ticks = rank_rows.rank_ticks(n_groups)
    figure.update_yaxes(range=[n_groups + edge, 1 - edge], tickvals=ticks)
    if is_log:
        high = sizes.max()
        ticks = [s * 10**e for e in range(9) for s in (1, 2, 5) if s * 10**e <= 1.5 * high]
        figure.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{t:,}" for t in ticks])
