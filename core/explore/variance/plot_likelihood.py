"""The likelihood of one parameter that is estimated at the end of its range."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import formats
from core.explore.variance.boundary import Boundary, boundary_title
from core.figures import canvas, theme
from core.results import PoolingFits
from core.tables.wording import Wording


def plot_likelihood(
    found: Boundary,
    fits: PoolingFits,
    *,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw the relative profile likelihood, its 95% bound and the estimate at the end.

    Parameters
    ----------
    found : Boundary
    fits : PoolingFits
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    heading = canvas.Heading(
        boundary_title(found, fits, wording),
        (("partial_pooling_line", "likelihood relative to the best value"),),
        f"Shaded: compatible with the data ({found.level:.0%}).",
    )
    figure = canvas.new_figure(heading, style, height=340)
    x, y = found.curve.value, found.likelihood
    inside = (x >= found.lower) & (x <= found.upper)
    if inside.any():
        figure.add_scatter(
            x=np.concatenate([[x[inside][0]], x[inside], [x[inside][-1]]]),
            y=np.concatenate([[0.0], y[inside], [0.0]]),
            fill="toself",
            fillcolor=theme.rgba(style.color("partial_pooling"), 0.16),
            mode="none",
            hoverinfo="skip",
            name="compatible with the data",
        )
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line=theme.line("partial_pooling", style),
        hovertemplate="%{x:.3g}: %{y:.2f}<extra></extra>",
        name="relative likelihood",
    )
    at = float(np.interp(found.estimate, x, y))
    figure.add_scatter(
        x=[found.estimate],
        y=[at],
        mode="markers",
        marker=theme.marker("partial_pooling", style, size=12 * style.scale),
        cliponaxis=False,
        hovertext=f"estimate {formats.number(found.estimate)}",
        hoverinfo="text",
        name="estimate",
    )
    _write_bound(figure, found, style)
    figure.update_yaxes(range=[0.0, 1.06], tickformat=".0%")
    pad = 0.02 * float(np.ptp(x))
    figure.update_xaxes(range=[float(x[0]) - pad, float(x[-1]) + pad])
    canvas.title_axis(figure, "x", _axis(found, fits, wording), style)
    canvas.title_axis(figure, "y", "relative likelihood", style)
    return figure


def _axis(found: Boundary, fits: PoolingFits, wording: Wording) -> str:
    if found.is_correlation:
        return "correlation of intercepts and slopes"
    unit = wording.column(fits.spec.outcome).unit
    what = f"standard deviation between {wording.group.many}: {wording.term(found.term, fits.data)}"
    return f"{what} ({unit})" if unit else what


def _write_bound(figure: go.Figure, found: Boundary, style: theme.Style) -> None:
    """Mark the inner end of the interval: the bound that the data set."""
    is_low_end = found.estimate <= 0.5 * (found.lower + found.upper)
    bound = found.upper if is_low_end else found.lower
    limit = (0.0 if not found.is_correlation else -1.0, 1.0 if found.is_correlation else np.inf)
    if not np.isfinite(bound) or bound in limit:
        return
    figure.add_scatter(
        x=[bound, bound],
        y=[0.0, found.cut],
        mode="lines",
        line={"color": style.palette.text, "width": 1.6 * style.scale},
        hoverinfo="skip",
        name="bound",
    )
    word = "up to" if is_low_end else "from"
    figure.add_annotation(
        x=bound,
        y=found.cut,
        text=f"{word} {formats.number(bound)}",
        yshift=13,
        xanchor="left" if is_low_end else "right",
        **canvas.label(style, style.palette.text),
    )
