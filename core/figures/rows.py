"""What the figures with one row per group share: names at the rows, marked groups, the ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import escape, formats
from core.figures import canvas, theme
from core.tables.wording import Wording
from core.types import FloatArray, IntArray

#: Rows are named at the axis where a line of text covers at most this many of them.
_NAMED = 1.05


def rows_of(table: pd.DataFrame, by: str, marked: Sequence[str]) -> pd.DataFrame:
    """Return the rows to draw from the first (at the top) down, with their heights ``row``."""
    order = table.sort_values(by, kind="stable")
    keep = np.flatnonzero(order["group"].isin(list(marked)).to_numpy())
    shown = canvas.drawn(np.arange(len(order), dtype=np.intp), keep, n_marks=2)
    out = order.iloc[shown].copy()
    out["row"] = np.arange(len(out), dtype=np.float64)[::-1]
    return out


def line_gap(n_rows: int, height: float, style: theme.Style) -> float:
    """Return how many rows one line of text covers."""
    return 1.35 * style.text.label * n_rows / max(height - 90, 1)


def name_rows(figure: go.Figure, rows: pd.DataFrame, gap: float, style: theme.Style) -> bool:
    """Name the rows at the axis where the names fit; return whether they do."""
    figure.update_yaxes(range=[-1, len(rows)], showgrid=False)
    if gap > _NAMED:
        figure.update_yaxes(showticklabels=False)
        return False
    muted = style.palette.muted
    names = [
        f"{escape.for_plotly(formats.shorten(name, 10 if style.is_narrow else 16))} "
        f'<span style="color:{muted}">{n:,}</span>'
        for name, n in zip(rows["group"], rows["n"], strict=True)
    ]
    figure.layout.yaxis.update(
        tickvals=rows["row"], ticktext=names, tickfont_color=style.palette.text
    )
    if "yaxis2" in figure.layout:
        figure.layout.yaxis2.showticklabels = False
    return True


def mark_rows(
    figure: go.Figure, rows: pd.DataFrame, marked: Sequence[str], gap: float, style: theme.Style
) -> None:
    """Lay a band behind the rows of the groups that the reader marked."""
    half = max(0.5, 0.32 * gap)
    for row in rows.loc[rows["group"].isin(list(marked)), "row"]:
        figure.add_hrect(
            row - half,
            row + half,
            fillcolor=style.palette.highlight,
            opacity=0.55,
            line_width=0,
            layer="below",
        )


def label_rows(
    figure: go.Figure,
    rows: pd.DataFrame,
    ends: tuple[FloatArray, FloatArray],
    style: theme.Style,
    marked: Sequence[str],
    *,
    is_falling: bool = True,
) -> None:
    """Write names beside some rows, on the side where the rows nearer to the end leave room.

    Parameters
    ----------
    ends : (FloatArray, FloatArray)
        Left and right end of what is drawn in each row.
    marked : sequence of str
        Groups to name in any case; then those nearest to the top and the bottom.
    is_falling : bool
        Whether the rows run from the top left to the bottom right.
    """
    if style.is_narrow:  # a name would take half of the width; the pointer and the table tell
        return
    gap = line_gap(len(rows), figure.layout.height, style)
    for i in canvas.far_apart(_inward(rows, marked), gap, 8):
        is_right = (i < len(rows) / 2) == is_falling
        text = f"{formats.shorten(str(rows['group'].iloc[i]), 18)} ({rows['n'].iloc[i]:,})"
        figure.add_annotation(
            x=ends[1][i] if is_right else ends[0][i],
            y=rows["row"].iloc[i],
            text=escape.for_plotly(text),
            xanchor="left" if is_right else "right",
            xshift=(8 if is_right else -8) * style.scale,
            **canvas.label(style, style.palette.muted),
        )


def hover_texts(rows: pd.DataFrame, digits: int, source: str, wording: Wording) -> list[str]:
    """Return what the pointer shows of each group; ``source`` is where its intervals are from."""
    return [_hover_text(row, digits, source, wording) for row in rows.to_dict("records")]


def _hover_text(row: dict[Any, Any], digits: int, source: str, wording: Wording) -> str:
    size = escape.for_plotly(wording.individual.count(int(row["n"])))
    naive = f"{int(row['naive_rank']):,}" if np.isfinite(row["naive_rank"]) else "none"
    return (
        f"<b>{escape.for_plotly(row['group'])}</b>, {size}<br>"
        f"rank {row['rank']:,} ({row['rank_lower']:,} to {row['rank_upper']:,}), naive {naive}<br>"
        f"top {formats.percent(row['p_top'])}, bottom {formats.percent(row['p_bottom'])}<br>"
        f"partial pooling {formats.fixed(row['estimate'], digits)} "
        f"({formats.fixed(row['lower'], digits)} to {formats.fixed(row['upper'], digits)}), "
        f"no pooling {formats.fixed(row['own_estimate'], digits)}<br>"
        f"intervals: {source}"
    )


def _inward(rows: pd.DataFrame, marked: Sequence[str]) -> IntArray:
    """Return positions of rows to name: the marked first, then from both ends inwards."""
    n = len(rows)
    pairs = [dict.fromkeys((i, n - 1 - i)) for i in range(min((n + 1) // 2, 1 + n // 8))]
    own = np.flatnonzero(rows["group"].isin(list(marked)).to_numpy())
    return np.array([*own, *(i for pair in pairs for i in pair)], dtype=np.intp)


def rank_ticks(n_groups: int) -> list[int]:
    """Return ticks for ranks: 1, round numbers, and no 0.

    Examples
    --------
    >>> rank_ticks(85)
    [1, 20, 40, 60, 80]
    """
    size = 10 ** int(np.floor(np.log10(max(n_groups / 2, 1))))
    step = next(s for s in (1, 2, 5, 10) if s * size * 5 >= n_groups) * size
    return [1, *range(step + (step == 1), n_groups + 1, step)]
