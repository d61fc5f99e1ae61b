"""Where the variance lies: one stacked bar with a part for each factor."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from core import escape, formats
from core.explore.pooling.factors.numbers import RESIDUAL
from core.figures import canvas, theme


def plot_shares(
    shares: pd.DataFrame, *, title: str, style: theme.Style = theme.DEFAULT
) -> go.Figure:
    """Draw the shares of the variance as one bar.

    Parameters
    ----------
    shares : DataFrame
        From ``variance_shares``.
    title : str
        The finding, plain text.
    style : Style
        Where the figure will be seen.
    """
    height = round(120 + 24 * style.scale)
    figure = canvas.new_figure(canvas.Heading(title), style, height=height)
    n = max(len(shares) - 1, 1)
    room = 0.02 if style.is_narrow else 0.01  # the width of a letter
    for i, row in enumerate(shares.to_dict("records")):
        name = escape.for_plotly(formats.shorten(str(row["level"]), 24))
        said = formats.percent(float(row["share"]))
        text = f"{name} {said}"
        figure.add_bar(
            x=[float(row["share"])],
            y=[0.0],
            orientation="h",
            width=0.8,
            marker=_fill(str(row["level"]), i / n, style),
            text=[text if row["share"] > room * len(text) else ""],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": style.palette.text, "size": style.text.label},
            hovertext=[
                f"<b>{name}</b><br>variance {formats.number(float(row['variance']))}, {said} of "
                f"it all<br>sd {formats.number(float(row['sd']))}"
            ],
            hoverinfo="text",
            name=name,
        )
    figure.update_layout(barmode="stack", showlegend=False)
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[-0.5, 0.5])
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    canvas.title_axis(figure, "x", "share of the variance that the predictors leave", style)
    return figure


def _fill(level: str, along: float, style: theme.Style) -> dict[str, object]:
    """Return the fill of a part: lighter from factor to factor, grey for the residuals."""
    palette = style.palette
    edge = {"line": {"width": 1, "color": palette.background}}
    if level == RESIDUAL:
        return {"color": theme.rgba(palette.points, 0.35), **edge}
    return {"color": theme.rgba(palette.partial_pooling, 0.6 - 0.42 * along), **edge}
