"""The spread inside every group, in the funnel that chance allows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import escape, formats
from core.explore.checks.spread import Spread
from core.figures import canvas, theme
from core.tables.wording import Wording

_MOST_LABELS = 6


def plot_spread(
    found: Spread,
    *,
    title: str,
    unit: str = "",
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw the residual sd of every group above its size, with the band of each.

    Parameters
    ----------
    found : Spread
    title, unit : str
        The finding, and the unit of the outcome; plain text.
    """
    wording = wording or Wording()
    table = found.table.sort_values("n", kind="stable")
    shown = table.iloc[
        canvas.drawn(
            np.arange(len(table), dtype=np.intp), np.flatnonzero(table["is_beyond"].to_numpy(bool))
        )
    ]
    heading = canvas.Heading(
        title,
        (
            ("points", f"a {wording.group.one}"),
            ("band", f"95% of {wording.group.many} of this size"),
        ),
        canvas.drawn_note(len(shown), len(table)),
    )
    figure = canvas.new_figure(heading, style, height=430 if style.is_narrow else 440)
    n = shown["n"].to_numpy(float)
    is_log = n.max() > 20 * n.min()
    _draw_funnel(figure, found, style)
    _draw_groups(figure, shown, wording, style, is_log=is_log)
    if is_log:
        ticks = [s * 10**e for e in range(9) for s in (1, 2, 5) if s * 10**e <= 1.5 * n.max()]
        figure.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{t:,}" for t in ticks])
    sd = table["sd"].to_numpy(float)
    figure.update_yaxes(range=[0, 1.08 * max(sd.max(), 1.6 * found.sd)])
    canvas.title_axis(figure, "x", f"{wording.individual.many} in the {wording.group.one}", style)
    suffix = f" ({unit})" if unit else ""
    canvas.title_axis(figure, "y", f"residual sd inside the {wording.group.one}{suffix}", style)
    return figure


def _draw_funnel(figure: go.Figure, found: Spread, style: theme.Style) -> None:
    """Draw the band by size: of the groups of one size, that with the most common df."""
    by_size = found.table.groupby("n")[["lower", "upper"]].median()
    x = by_size.index.to_numpy(float)
    if len(x) == 1:
        x = x * np.array([0.97, 1.03])
        by_size = by_size.iloc[[0, 0]]
    lower, upper = by_size["lower"].to_numpy(float), by_size["upper"].to_numpy(float)
    blue = style.palette.partial_pooling
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([upper, lower[::-1]]),
        mode="lines",
        fill="toself",
        fillcolor=theme.rgba(blue, 0.16),
        line={"width": 0, "color": blue},
        hoverinfo="skip",
        name="band",
    )
    figure.add_scatter(
        x=[x[0], x[-1]],
        y=[found.sd, found.sd],
        mode="lines",
        line=theme.line("partial_pooling", style, width=1.6 * style.scale),
        hoverinfo="skip",
        name="pooled",
    )


def _draw_groups(
    figure: go.Figure, shown: pd.DataFrame, wording: Wording, style: theme.Style, *, is_log: bool
) -> None:
    """Draw the groups, those outside their band larger, and name those beyond all bands."""
    ink, n = style.palette, shown["n"].to_numpy(float)
    outside = shown["is_outside"].to_numpy(bool)
    small = 1.0 if len(shown) <= 300 else 0.6
    texts = [
        f"<b>{escape.for_plotly(row['group'])}</b>, "
        f"{escape.for_plotly(wording.individual.count(int(row['n'])))}<br>"
        f"sd {formats.number(row['sd'])}, band {formats.number(row['lower'])} to "
        f"{formats.number(row['upper'])}"
        for row in shown.to_dict("records")
    ]
    figure.add_scatter(
        x=n,
        y=shown["sd"],
        mode="markers",
        marker={
            "color": np.where(outside, ink.highlight, ink.points).tolist(),
            "size": np.where(outside, 10, 7) * small * style.scale,
            "line": {
                "color": ink.text,
                "width": (np.where(outside, 1.4, 0.0) * style.scale).tolist(),
            },
        },
        hovertext=texts,
        hoverinfo="text",
        name="observed",
    )
    apart = np.abs(np.log(np.maximum(shown["sd"].to_numpy(float), 1e-300)))
    beyond = np.flatnonzero(shown["is_beyond"].to_numpy(bool))
    for i in beyond[np.argsort(-apart[beyond], kind="stable")][:_MOST_LABELS]:
        is_right = n[i] < np.sqrt(n.min() * n.max()) if is_log else n[i] < (n.min() + n.max()) / 2
        figure.add_annotation(
            x=float(np.log10(n[i])) if is_log else float(n[i]),
            y=float(shown["sd"].iloc[i]),
            text=escape.for_plotly(formats.shorten(str(shown["group"].iloc[i]), 18)),
            xanchor="left" if is_right else "right",
            xshift=(9 if is_right else -9) * style.scale,
            **canvas.label(style, ink.text),
        )
