"""The likelihood of one parameter that is estimated at the end of its range."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import formats
from core.explore.variance.boundary import Boundary, boundary_title
from core.explore.variance.really_zero import BoundaryPosterior, posterior_title
from core.figures import canvas, theme
from core.results import PoolingFits
from core.tables.wording import Wording


def plot_likelihood(
    found: Boundary,
    fits: PoolingFits,
    *,
    posterior: BoundaryPosterior | None = None,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw the relative profile likelihood, its 95% bound and the estimate at the end.

    With a posterior its density is drawn over it, highest at the same height.

    Parameters
    ----------
    found : Boundary
    fits : PoolingFits
    posterior : BoundaryPosterior or None
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    key = [("partial_pooling_line", "likelihood relative to the best value")]
    title, note = boundary_title(found, fits, wording), "compatible with the data"
    if posterior is not None:
        key.append(("complete_pooling", f"density, {posterior.source}"))
        title = posterior_title(posterior, found, fits, wording)
    heading = canvas.Heading(
        title, tuple(key), f"Shaded: {note} ({found.level:.0%}, profile likelihood)."
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
    if posterior is not None:
        _draw_density(figure, posterior, style)
        x = np.union1d(x, posterior.value)
    figure.update_yaxes(range=[0.0, 1.06], tickformat=".0%")
    pad = 0.02 * float(np.ptp(x))
    figure.update_xaxes(range=[float(x[0]) - pad, float(x[-1]) + pad])
    canvas.title_axis(figure, "x", _axis(found, fits, wording), style)
    told = "relative likelihood" if posterior is None else "relative likelihood, density"
    canvas.title_axis(figure, "y", told, style)
    return figure


def _draw_density(figure: go.Figure, made: BoundaryPosterior, style: theme.Style) -> None:
    """Draw the posterior density, its median marked on it."""
    figure.add_scatter(
        x=made.value,
        y=made.density,
        mode="lines",
        line=theme.line("complete_pooling", style),
        hovertemplate="%{x:.3g}: density %{y:.2f} of its highest<extra></extra>",
        name="posterior density",
    )
    height = float(np.interp(made.median, made.value, made.density))
    figure.add_scatter(
        x=[made.median, made.median],
        y=[0.0, height],
        mode="lines",
        line={"color": style.palette.text, "width": 1.2, "dash": "4px,3px"},
        hovertext=f"posterior median {formats.number(made.median)}",
        hoverinfo="text",
        name="posterior median",
    )
    figure.add_annotation(
        x=made.median,
        y=height,
        text=f"median {formats.number(made.median)}",
        xanchor="left",
        xshift=6,
        yshift=8,
        **canvas.label(style, style.palette.text),
    )


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
