"""Where x = 0: the fitted lines stay, their intercepts and the correlation depend on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape, formats
from core.explore.variance.zero import move_zero, predictor_span, zero_table
from core.explore.variance.zero_story import zero_title
from core.figures import canvas, theme
from core.results import MultilevelFit
from core.tables.wording import Wording
from core.types import FloatArray, IntArray

#: Lines of more groups than this would cover each other.
_MOST_LINES = 80


@dataclass(frozen=True, eq=False)
class _Scene:
    figure: go.Figure
    fit: MultilevelFit
    name: str
    at: float
    wording: Wording
    style: theme.Style

    def cell(self, panel: int) -> dict[str, int]:
        """Return row and column of the lines (0), the sd (1) or the correlation (2)."""
        if self.style.is_narrow:
            return {"row": panel + 1, "col": 1}
        return {"row": 1, "col": 1} if panel == 0 else {"row": panel, "col": 2}


def plot_zero(
    fit: MultilevelFit,
    name: str,
    at: float,
    *,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw the groups' lines with the zero of x at a value, and what depends on that value.

    Parameters
    ----------
    fit : MultilevelFit
        With a varying intercept and one numeric varying slope, correlated.
    name : str
        That predictor.
    at : float
        Where zero is put.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    heading = canvas.Heading(
        zero_title(fit, at, wording),
        (
            ("partial_pooling_line", f"line of a {wording.group.one}"),
            ("partial_pooling", "its intercept"),
        ),
        "Vertical line: where zero is put.",
    )
    if style.is_narrow:
        panels = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.07)
    else:
        panels = make_subplots(
            rows=2,
            cols=2,
            specs=[[{"rowspan": 2}, {}], [None, {}]],
            column_widths=[0.56, 0.44],
            horizontal_spacing=0.13,
            vertical_spacing=0.1,
        )
    figure = canvas.new_figure(
        heading, style, height=780 if style.is_narrow else 440, figure=panels
    )
    scene = _Scene(figure, fit, name, at, wording, style)
    _draw_lines(scene)
    _draw_curves(scene)
    _lay_out(scene)
    return figure


def _chosen(fit: MultilevelFit) -> IntArray:
    """Return the groups whose lines are drawn: all, or evenly along their intercepts."""
    order = np.argsort(fit.line[:, 0], kind="stable")
    if len(order) <= _MOST_LINES:
        return order.astype(np.intp)
    at = np.linspace(0, len(order) - 1, _MOST_LINES).astype(np.intp)
    return order[at].astype(np.intp)


def _axis(scene: _Scene) -> tuple[float, float]:
    least, _, most = predictor_span(scene.fit)
    return min(least, 0.0, scene.at), max(most, 0.0, scene.at)


def _draw_lines(scene: _Scene) -> None:
    fit, style, cell = scene.fit, scene.style, scene.cell(0)
    low, high = _axis(scene)
    shown = _chosen(fit)
    a, b = fit.line[shown, 0] + _others(fit), fit.line[shown, 1]
    start, stop = np.full(len(shown), low), np.full(len(shown), high)
    x, y = canvas.segments(start, stop, a + b * low, a + b * high)
    scene.figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line=theme.line("partial_pooling", style, width=1.2 * style.scale),
        opacity=max(canvas.fade(len(shown)), 0.3),
        hoverinfo="skip",
        name="lines of the groups",
        **cell,
    )
    _vertical(scene, (float(np.min(y[np.isfinite(y)])), float(np.max(y[np.isfinite(y)]))), 0)
    names = fit.group_names
    scene.figure.add_scatter(
        x=np.full(len(shown), scene.at),
        y=a + b * scene.at,
        mode="markers",
        marker=theme.marker("partial_pooling", style),
        hovertext=[
            f"<b>{escape.for_plotly(names[j])}</b>: {formats.number(float(v))}"
            for j, v in zip(shown, a + b * scene.at, strict=True)
        ],
        hoverinfo="text",
        name="intercepts",
        **cell,
    )


def _others(fit: MultilevelFit) -> float:
    """Return what the predictors that do not vary add to a line, at their means."""
    data = fit.data
    out = 0.0
    for term, value in zip(data.terms, np.nan_to_num(fit.fixef), strict=True):
        if term.base not in data.varying:
            factor = 1.0 if term.factor < 0 else data.group_columns[term.factor][1].mean()
            out += float(value * data.base_mean(term.base) * factor)
    return out


def _vertical(scene: _Scene, ends: tuple[float, float], panel: int) -> None:
    scene.figure.add_scatter(
        x=[scene.at, scene.at],
        y=list(ends),
        mode="lines",
        line={"color": scene.style.palette.text, "width": 1.6 * scene.style.scale},
        hoverinfo="skip",
        name="zero",
        **scene.cell(panel),
    )


def _draw_curves(scene: _Scene) -> None:
    table = zero_table(scene.fit)
    here = move_zero(scene.fit, np.array([scene.at]))
    pairs = (("sd of intercepts", here.sigma_alpha), ("correlation", here.rho))
    for panel, (column, now) in enumerate(pairs, start=1):
        curve = (table["zero at"].to_numpy(), table[column].to_numpy())
        _draw_curve(scene, panel, curve, float(now[0]))


def _draw_curve(
    scene: _Scene, panel: int, curve: tuple[FloatArray, FloatArray], now: float
) -> None:
    style, cell = scene.style, scene.cell(panel)
    scene.figure.add_scatter(
        x=curve[0],
        y=curve[1],
        mode="lines",
        line=theme.line("partial_pooling", style),
        hovertemplate="%{x:.3g}: %{y:.3g}<extra></extra>",
        name="sd of intercepts" if panel == 1 else "correlation",
        **cell,
    )
    if not np.isfinite(now):
        return
    ends = (0.0, now) if panel == 1 else (-1.0, now)
    _vertical(scene, ends, panel)
    symbol = "σ<sub>α</sub>" if panel == 1 else "ρ"
    text = formats.number(now) if panel == 1 else formats.fixed(now, 2)
    scene.figure.add_scatter(
        x=[scene.at],
        y=[now],
        mode="markers",
        marker=theme.marker("partial_pooling", style, size=11 * style.scale),
        hoverinfo="skip",
        name="here",
        **cell,
    )
    low, high = _axis(scene)
    is_right = scene.at > low + 0.25 * (high - low)
    scene.figure.add_annotation(
        x=scene.at,
        y=now,
        text=f"{symbol} = {text}",
        xanchor="right" if is_right else "left",
        xshift=-9 if is_right else 9,
        yshift=14 if is_right else -14,
        **canvas.label(style, style.palette.partial_pooling_text),
        **cell,
    )


def _lay_out(scene: _Scene) -> None:
    figure, style, wording = scene.figure, scene.style, scene.wording
    low, high = _axis(scene)
    pad = 0.03 * (high - low)
    figure.update_xaxes(range=[low - pad, high + pad])
    outcome = wording.column(scene.fit.spec.outcome)
    top = float(zero_table(scene.fit)["sd of intercepts"].max())
    here = float(move_zero(scene.fit, np.array([scene.at])).sigma_alpha[0])
    figure.update_yaxes(range=[0.0, 1.15 * max(top, here)], **scene.cell(1))
    figure.update_yaxes(range=[-1.05, 1.15], tickvals=[-1, 0, 1], **scene.cell(2))
    title = wording.column(scene.name).title
    if not style.is_narrow:
        canvas.title_axis(figure, "x", title, style, **scene.cell(0))
    canvas.title_axis(figure, "x", f"zero put at: {title}", style, **scene.cell(2))
    canvas.title_axis(figure, "y", outcome.title, style, **scene.cell(0))
    unit = f" ({escape.for_plotly(outcome.unit)})" if outcome.unit else ""
    figure.update_yaxes(title_text=f"σ<sub>α</sub>{unit}", **scene.cell(1))
    figure.update_yaxes(title_text="ρ", **scene.cell(2))
