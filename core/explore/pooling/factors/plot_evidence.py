"""What the evidence along the dial of one factor says, and its figure."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.estimators.factors.beneath_dial import FactorEvidence
from core.figures import canvas, theme
from core.formats import number


def times_text(c: float) -> str:
    """Return a position in words: ``none``, ``1/4``, ``4 times``."""
    if c == 0:
        return "none"
    if c == 1:
        return "the estimate"
    return f"1/{number(1.0 / c)}" if c < 1 else f"{number(c)} times"


def evidence_sentences(found: FactorEvidence, label: str) -> tuple[str, ...]:
    """Return which positions the likelihood allows, and which predicts rows left out best."""
    low, high = found.compatible
    ends = f"from {times_text(low)} to {times_text(high)}"
    if high == found.c[-1]:
        ends = f"from {times_text(low)} up"
    out = [
        f"The likelihood is compatible with a variance between levels of '{label}' {ends} of the "
        "estimate (95%), the other factors as estimated."
        if low > 0
        else f"The likelihood does not rule out that levels of '{label}' do not differ: it allows "
        f"anything {ends} of the estimate (95%), the other factors as estimated."
    ]
    if np.isfinite(found.best):
        spread = float(np.ptp(found.error[np.isfinite(found.error)]))
        size = float(np.nanmin(found.error))
        where = times_text(found.best)
        if spread <= 0.005 * size:
            out.append(
                f"On rows left out the error hardly depends on it: {number(size)} wherever the "
                "dial stands."
            )
        else:
            out.append(f"Rows left out are predicted with least error, {number(size)}, at {where}.")
    return tuple(out)


def plot_evidence(
    found: FactorEvidence, now: float, *, title: str, style: theme.Style = theme.DEFAULT
) -> go.Figure:
    """Draw log-likelihood and left-out error along the dial, with a mark where it stands.

    Parameters
    ----------
    found : FactorEvidence
    now : float
        Where the dial stands.
    title : str
        The finding, plain text.
    style : Style
        Where the figure will be seen.
    """
    has_error = bool(np.isfinite(found.error).any())
    rows = 2 if has_error else 1
    figure = canvas.new_figure(
        canvas.Heading(title),
        style,
        height=round(150 * rows + 60),
        figure=make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.12),
    )
    x = _places(found.c)
    shown = np.maximum(found.log_likelihood, -12.0)
    _draw(figure, x, shown, "log-likelihood", style, row=1)
    if has_error:
        _draw(figure, x, found.error, "left-out error", style, row=2)
    at = float(_places(np.array([now]))[0])
    for row in range(1, rows + 1):
        figure.add_vline(
            x=at, line={"color": style.palette.axis, "width": 1.5, "dash": "dot"}, row=row, col=1
        )
    ticks = [0.0, 2.0**-8, 2.0**-4, 2.0**-2, 1.0, 4.0, 16.0, 256.0]
    figure.update_xaxes(
        tickvals=_places(np.array(ticks)),
        ticktext=["0", "1/256", "1/16", "1/4", "1", "4", "16", "256"],
        row=rows,
        col=1,
    )
    canvas.title_axis(figure, "x", "variance, times the estimate", style, row=rows, col=1)
    return figure


def _places(c: np.ndarray) -> np.ndarray:
    """Return positions on a log scale, with 0 a little to the left of the first."""
    return np.where(c > 0, np.log2(np.maximum(c, 2.0**-9)), -9.5)


def _draw(
    figure: go.Figure, x: np.ndarray, y: np.ndarray, name: str, style: theme.Style, *, row: int
) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers",
        line=theme.line("partial_pooling", style),
        marker=theme.marker("partial_pooling", style, size=5 * style.scale),
        hovertemplate=f"{name} %{{y:.4g}}<extra></extra>",
        name=name,
        row=row,
        col=1,
    )
    canvas.title_axis(figure, "y", name, style, row=row, col=1)


def evidence_alt(found: FactorEvidence, told: tuple[str, ...]) -> str:
    """Return a description of the figure with its numbers."""
    some = [
        f"{times_text(float(c))}: {number(float(v))}"
        for c, v in zip(found.c[::4], found.log_likelihood[::4], strict=True)
    ]
    return f"{' '.join(told)} Log-likelihood against the estimate: {', '.join(some)}."
