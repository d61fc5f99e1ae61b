"""What two models expect of every group, one against the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import escape, formats
from core.figures import canvas, theme
from core.tables.wording import Wording

#: Groups that are named in the picture.
_NAMED = 3


def plot_two_models(
    groups: pd.DataFrame,
    *,
    title: str,
    axis: str,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw the level of every group in model B above that in model A, with the line of no change.

    Parameters
    ----------
    groups : DataFrame
        ``Comparison.groups``.
    title, axis : str
        The finding, and what a level is with its unit; plain text.
    """
    wording = wording or Wording()
    size = groups["difference"].abs().to_numpy(dtype=np.float64)
    order = np.argsort(-size, kind="stable")
    shown = groups.iloc[np.sort(canvas.drawn(order, order[:_NAMED]))]
    key = (
        ("partial_pooling", f"a {wording.group.one}, partially pooled by both"),
        ("complete_pooling_line", "the same in A and B"),
    )
    heading = canvas.Heading(title, key, canvas.drawn_note(len(shown), len(groups)))
    figure = canvas.new_figure(heading, style, height=440 if style.is_narrow else 480)
    a, b = (shown[m].to_numpy(dtype=np.float64) for m in "AB")
    low, high = canvas.crowd_range(np.concatenate([a, b]), np.concatenate([a, b]))
    ends = np.array([low, high])
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        hoverinfo="skip",
        name="the same in A and B",
        line=theme.line("complete_pooling", style),
    )
    small = 1.0 if len(shown) <= 150 else 0.6
    figure.add_scatter(
        x=a,
        y=b,
        mode="markers",
        marker=theme.marker(
            "partial_pooling",
            style,
            size=theme.MARKS["partial_pooling"].marker_size * small * style.scale,
        ),
        opacity=canvas.fade(len(shown)),
        name="groups",
        hovertext=_hover(shown, wording),
        hoverinfo="text",
    )
    _name_movers(figure, groups.iloc[order[:_NAMED]], size.max(initial=0.0), (low, high), style)
    for side in ("xaxis", "yaxis"):
        figure.update_layout({side: {"range": [low, high]}})
    # The figure stands beside a table: a title of one line would be cut.
    lines = {m: formats.wrap(f"{m}: {axis}", 42, most=3) for m in "AB"}
    titles = {m: "<br>".join(map(escape.for_plotly, each)) for m, each in lines.items()}
    figure.update_xaxes(title_text=titles["A"])
    figure.update_yaxes(title_text=titles["B"])
    return figure


def _hover(shown: pd.DataFrame, wording: Wording) -> list[str]:
    decimals = formats.decimals_for(shown["B"], digits=3, most=4)
    return [
        f"<b>{escape.for_plotly(str(line['group']))}</b> "
        f"({wording.individual.count(int(line['n']))})<br>"
        f"A {formats.fixed(line['A'], decimals)}, B {formats.fixed(line['B'], decimals)}"
        for line in shown.to_dict("records")
    ]


def _name_movers(
    figure: go.Figure,
    movers: pd.DataFrame,
    most: float,
    limits: tuple[float, float],
    style: theme.Style,
) -> None:
    """Name the groups that change most, where a change can be seen."""
    span = limits[1] - limits[0]
    if most <= 0.005 * span:
        return
    middle = sum(limits) / 2
    for line in movers.to_dict("records"):
        is_left = line["A"] < middle
        figure.add_annotation(
            x=line["A"],
            y=line["B"],
            text=escape.for_plotly(formats.shorten(str(line["group"]), 18)),
            xanchor="left" if is_left else "right",
            xshift=(8 if is_left else -8) * style.scale,
            **canvas.label(style, style.palette.text),
        )
