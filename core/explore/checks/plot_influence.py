"""A parameter without each of the groups that matter most for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import escape, formats
from core.explore.checks.influence import Influence
from core.figures import canvas, theme
from core.tables.wording import Wording
from core.types import FloatArray

#: Groups drawn.
_MOST = 20


def plot_influence(
    found: Influence,
    name: str,
    *,
    title: str,
    axis: str,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw what a parameter becomes without one group, the most influential at the top.

    Parameters
    ----------
    found : Influence
    name : str
        One of its parameters.
    title, axis : str
        The finding, and what the axis shows with its unit; plain text.
    """
    wording = wording or Wording()
    table = found.table(name)
    known = table[table["change"].notna()].head(_MOST)
    rest = len(table) - len(known)
    note = "" if rest <= 0 else f"{len(known)} of {len(table):,} {wording.group.many} shown."
    heading = canvas.Heading(
        title,
        (("partial_pooling", f"without one {wording.group.one}"), ("band", "all, ± 1 se")),
        note,
    )
    height = max(170 + 20 * len(known), 240)
    figure = canvas.new_figure(heading, style, height=min(height, 490))
    full, se = float(found.estimate[name]), float(found.se[name])
    rows = np.arange(len(known), dtype=np.float64)[::-1]
    blue = style.palette.partial_pooling
    without = known["without"].to_numpy(float)
    ends = [full, *without]
    if np.isfinite(se):
        low = max(full - se, 0.0) if name.startswith("sd_") else full - se
        ends += [low, full + se]
        figure.add_vrect(low, full + se, fillcolor=blue, opacity=0.13, line_width=0, layer="below")
    figure.add_vline(full, line={"color": blue, "width": 1.6 * style.scale})
    x, y = canvas.segments(np.full(len(known), full), without, rows, rows)
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": style.palette.axis, "width": 1.6 * style.scale},
        hoverinfo="skip",
        name="change",
    )
    figure.add_scatter(
        x=without,
        y=rows,
        mode="markers",
        marker=theme.marker("partial_pooling", style),
        hovertext=[
            f"<b>{escape.for_plotly(row['group'])}</b>, "
            f"{escape.for_plotly(wording.individual.count(int(row['n'])))}<br>without it "
            f"{formats.number(row['without'])} instead of {formats.number(full)}"
            f"{'' if row['is_exact'] else ' (first order)'}"
            for row in known.to_dict("records")
        ],
        hoverinfo="text",
        name="without one group",
    )
    room = 0.06 * (max(ends) - min(ends)) or 0.5
    figure.update_xaxes(range=[min(ends) - room, max(ends) + room])
    _name_rows(figure, known, rows, style)
    canvas.title_axis(figure, "x", axis, style)
    return figure


def _name_rows(
    figure: go.Figure, known: pd.DataFrame, rows: FloatArray, style: theme.Style
) -> None:
    muted = style.palette.muted
    names = [
        f"{escape.for_plotly(formats.shorten(str(g), 12 if style.is_narrow else 20))} "
        f'<span style="color:{muted}">{n:,}</span>'
        for g, n in zip(known["group"], known["n"], strict=True)
    ]
    figure.update_yaxes(
        tickvals=rows,
        ticktext=names,
        range=[-0.8, len(known) - 0.2],
        showgrid=False,
        tickfont_color=style.palette.text,
    )
