"""A table at a glance: how the outcome is spread, and how large the groups are."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape
from core.explore.data.overview import outcome_histogram, table_headline
from core.figures import canvas, theme
from core.formats import number
from core.tables.grouped import GroupedData
from core.tables.wording import Wording


def plot_table(
    data: GroupedData, *, wording: Wording | None = None, style: theme.Style = theme.DEFAULT
) -> go.Figure:
    """Draw the distribution of the outcome and the sizes of the groups, largest first.

    Parameters
    ----------
    data : GroupedData
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    rows, columns = (2, 1) if style.is_narrow else (1, 2)
    panels = make_subplots(rows=rows, cols=columns, horizontal_spacing=0.1, vertical_spacing=0.2)
    heading = canvas.Heading(table_headline(data, wording))
    height = 520 if style.is_narrow else 250
    figure = canvas.new_figure(heading, style, height=height, figure=panels)
    ink = style.palette.points
    bins = outcome_histogram(data)
    figure.add_bar(
        x=(bins["left"] + bins["right"]) / 2,
        y=bins["count"],
        width=bins["right"] - bins["left"],
        marker={"color": theme.rgba(ink, 0.75)},
        hovertext=[_bin(*row) for row in bins.itertuples(index=False)],
        hoverinfo="text",
        name="outcome",
        row=1,
        col=1,
    )
    cell = {"row": rows, "col": columns}
    order = np.argsort(-data.group_sizes, kind="stable")
    shown = canvas.drawn(order)
    names = [
        f"<b>{escape.for_plotly(data.group_names[j])}</b>, "
        f"{escape.for_plotly(wording.individual.count(int(data.group_sizes[j])))}"
        for j in shown
    ]
    figure.add_scatter(
        x=np.arange(1, data.n_groups + 1)[np.isin(order, shown)],
        y=data.group_sizes[shown],
        mode="markers",
        marker={"size": 6 * style.scale, "color": ink},
        hovertext=names,
        hoverinfo="text",
        name="group sizes",
        **cell,
    )
    figure.update_layout(bargap=0.04)
    high = int(data.group_sizes.max())
    if high > 20 * int(data.group_sizes.min()):
        figure.update_yaxes(type="log", tickvals=_ticks(high), **cell)
    else:
        figure.update_yaxes(rangemode="tozero", **cell)
    outcome = wording.column(data.spec.outcome).title
    canvas.title_axis(figure, "x", outcome, style, row=1, col=1)
    canvas.title_axis(figure, "y", wording.individual.many, style, row=1, col=1)
    canvas.title_axis(figure, "x", f"{wording.group.many}, largest first", style, **cell)
    per = f"{wording.individual.many} per {wording.group.one}"
    canvas.title_axis(figure, "y", per, style, **cell)
    return figure


def _bin(left: float, right: float, rows: int) -> str:
    """Return what a bar says when it is pointed at."""
    return f"{number(left)} to {number(right)}: {rows:,}"


def _ticks(high: int) -> list[int]:
    """Return round sizes for a log axis."""
    return [s * 10**e for e in range(9) for s in (1, 3) if s * 10**e <= 1.5 * high]
