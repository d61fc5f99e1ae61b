"""What the evidence along the dial of one factor says, and its figure."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.estimators.factors.beneath_dial import FactorEvidence
from core.figures import canvas, theme
from core.formats import number

#: Of the log-likelihood no more than this is drawn: what lies lower is ruled out.
_DEEPEST = -12.0


def times_text(c: float) -> str:
    """Return a position in words: ``no variance``, ``1/4 of the estimate``."""
    if c == 0:
        return "no variance"
    if c == 1:
        return "the estimate"
    return f"1/{round(1.0 / c)} of the estimate" if c < 1 else f"{c:.0f} times the estimate"


def evidence_sentences(found: FactorEvidence, label: str) -> tuple[str, ...]:
    """Return which positions the likelihood allows, and which predicts rows left out best."""
    low, high = found.compatible
    span = f"{number(low, 2)} to {number(high, 2)} times the estimate"
    if not np.isfinite(high):
        span = f"{number(low, 2)} times the estimate and more"
    others = "the other factors as estimated"
    said = (
        f"The likelihood allows a variance between levels of '{label}' of {span} (95%), {others}."
    )
    if low == 0 and not np.isfinite(high):
        said = f"The likelihood rules out no variance between levels of '{label}', {others}."
    elif low == 0:
        said = (
            f"The likelihood does not rule out that levels of '{label}' do not differ: it allows a "
            f"variance of up to {number(high, 2)} times the estimate (95%), {others}."
        )
    out = [said]
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
            near = found.c[found.error <= 1.01 * size]
            out.append(
                f"Over five folds the error on rows left out is least, {number(size)}, at {where}; "
                f"within 1% of it from {times_text(float(near.min()))} to "
                f"{times_text(float(near.max()))}."
            )
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
    _draw(figure, x, found.log_likelihood, "log-likelihood", style, row=1)
    least = max(float(found.log_likelihood.min()), _DEEPEST)
    top = float(found.log_likelihood.max())
    figure.update_yaxes(range=[least - 0.05 * (top - least), top + 0.05 * (top - least)], row=1)
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
