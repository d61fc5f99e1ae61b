"""A curve of the data inside the band that the model makes."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.explore.checks.numbers import CheckedCurve
from core.figures import canvas, theme
from core.types import FloatArray


def plot_check(
    curve: CheckedCurve,
    *,
    title: str,
    axes: tuple[str, str],
    is_worm: bool = False,
    note: str = "",
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw a checked curve, its band and the points outside it.

    Parameters
    ----------
    curve : CheckedCurve
    title, note : str
        The finding, and how the band was made; plain text.
    axes : (str, str)
        What the horizontal and the vertical axis show, plain text.
    is_worm : bool
        Draw the observed less the expected, so that a true model lies along zero.
    """
    band = curve.band
    zero = band.centre if is_worm else np.zeros_like(band.centre)
    heading = canvas.Heading(title, (("points", "your data"), ("band", "the model, 95% band")), "")
    figure = canvas.new_figure(heading, style, height=430 if style.is_narrow else 440)
    x = curve.x
    ink = style.palette
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([band.upper - zero, (band.lower - zero)[::-1]]),
        mode="lines" if len(x) > 1 else "markers",
        fill="toself",
        fillcolor=theme.rgba(ink.partial_pooling, 0.16),
        line={"width": 0, "color": ink.partial_pooling},
        hoverinfo="skip",
        name="band",
    )
    figure.add_scatter(
        x=x,
        y=band.centre - zero,
        mode="lines",
        line=theme.line("partial_pooling", style, width=1.6 * style.scale),
        hoverinfo="skip",
        name="expected",
    )
    _draw_observed(figure, curve, band.observed - zero, style)
    canvas.title_axis(figure, "x", axes[0], style)
    canvas.title_axis(figure, "y", axes[1], style)
    return figure


def _draw_observed(
    figure: go.Figure, curve: CheckedCurve, y: FloatArray, style: theme.Style
) -> None:
    band, ink = curve.band, style.palette
    texts = []
    for i in range(len(y)):
        where = formats.number(float(curve.x[i]))
        rows = f", {int(curve.counts[i]):,} rows" if curve.counts[i] else ""
        texts.append(
            f"<b>{escape.for_plotly(where)}</b>{rows}<br>"
            f"{formats.fixed(float(band.observed[i]), 3)}, band "
            f"{formats.fixed(float(band.lower[i]), 3)} to {formats.fixed(float(band.upper[i]), 3)}"
        )
    figure.add_scatter(
        x=curve.x,
        y=y,
        mode="lines+markers",
        line={"color": ink.points, "width": 1.4 * style.scale},
        marker={
            "color": np.where(band.outside, ink.highlight, ink.points).tolist(),
            "size": np.where(band.outside, 11, 6.5) * style.scale,
            "line": {
                "color": ink.text,
                "width": (np.where(band.outside, 1.6, 0.0) * style.scale).tolist(),
            },
        },
        hovertext=texts,
        hoverinfo="text",
        name="observed",
    )
