"""Estimates against group size: wild on their own where groups are small, calm when pooled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.estimators.estimates import Estimates, estimates
from core.explore.pooling import story as sentences
from core.explore.pooling.overshoot import overshoot
from core.figures import canvas, hover, theme
from core.posterior.posterior import Posterior
from core.results import PoolingFits
from core.tables.wording import Wording
from core.types import BoolArray, FloatArray, IntArray

#: Above this many groups the error bars would paint the panel full.
_MOST_BARS = 600
_LABELS = 4


@dataclass(frozen=True, eq=False)
class _Scene:
    """What the panels share: the groups drawn, where they stand, and the one y range."""

    figure: go.Figure
    each: Estimates
    shown: IntArray
    at: FloatArray
    limits: tuple[float, float]
    texts: list[str]
    style: theme.Style

    def cell(self, panel: int) -> dict[str, int]:
        """Return row and column of the first (no pooling) or second panel."""
        return {"row": panel, "col": 1} if self.style.is_narrow else {"row": 1, "col": panel}


def plot_group_size(
    fits: PoolingFits,
    *,
    term: str | None = None,
    has_intervals: bool = True,
    posterior: Posterior | None = None,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw no-pooling and partial-pooling estimates +/- 1 standard error against group size.

    Parameters
    ----------
    fits : PoolingFits
    term : str or None
        Which varying coefficient; the first by default.
    has_intervals : bool
        Whether to draw the standard errors (not drawn for very many groups).
    posterior : Posterior or None
        Where the intervals of partial pooling come from; None: plug-in.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    each = estimates(fits, term, posterior)
    shown = canvas.drawn(np.argsort(each.group_sizes, kind="stable"))
    has_bars = has_intervals and len(shown) <= _MOST_BARS
    heading = canvas.Heading(
        sentences.group_size_title(each, wording),
        _key(each, wording, has_bars),
        canvas.drawn_note(len(shown), each.n_groups, overshoot(each.term, each.way, fits, wording)),
    )
    rows, columns = (2, 1) if style.is_narrow else (1, 2)
    panels = make_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes=style.is_narrow,
        shared_yaxes=not style.is_narrow,
        horizontal_spacing=0.03,
        vertical_spacing=0.08,
    )
    height = 640 if style.is_narrow else 470
    figure = canvas.new_figure(heading, style, height=height, figure=panels)
    scene = _Scene(
        figure=figure,
        each=each,
        shown=shown,
        at=canvas.spread_sizes(each.group_sizes[shown]),
        limits=canvas.crowd_range(each.no_pooling, each.partial_pooling),
        texts=hover.group_texts(each, shown, wording),
        style=style,
    )
    _draw_no_pooling(scene, has_bars)
    _draw_partial_pooling(scene, has_bars)
    _draw_complete(scene)
    _lay_out(scene, wording, wording.term_axis(each.term, fits.data))
    return figure


def _key(each: Estimates, wording: Wording, has_bars: bool) -> tuple[tuple[str, str], ...]:
    own, pooled = (" ± 1 standard error", f" {each.interval_words}") if has_bars else ("", "")
    key = [("no_pooling", f"no pooling{own}")]
    if each.has_partial:
        key.append(("partial_pooling", f"partial pooling{pooled}"))
    key.append(("complete_pooling", "complete pooling"))
    missing = sentences.without_own(each, wording)
    if missing and each.has_partial:
        key.append(("unsupported", missing))
    return tuple(key)


def _bars(scene: _Scene, mark: theme.MarkName, ends: tuple[FloatArray, FloatArray]) -> None:
    is_own = mark == "no_pooling"
    words = "± 1 standard error" if is_own else scene.each.interval_words
    x, y = canvas.segments(scene.at, scene.at, *(end[scene.shown] for end in ends))
    scene.figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line=theme.line(mark, scene.style, dash="solid", width=1.2 * scene.style.scale),
        opacity=max(0.6 * canvas.fade(len(scene.shown)), 0.15),
        hoverinfo="skip",
        name=f"{theme.MARKS[mark].label} {words}",
        **scene.cell(1 if is_own else 2),
    )


def _points(
    scene: _Scene,
    panel: int,
    name: str,
    *,
    values: FloatArray,
    mask: BoolArray,
    marker: dict[str, object],
) -> None:
    scene.figure.add_scatter(
        x=scene.at[mask],
        y=values[mask],
        mode="markers",
        marker=marker,
        opacity=max(canvas.fade(len(mask), most=1.0), 0.45),
        customdata=scene.shown[mask],
        hovertext=np.array(scene.texts, dtype=object)[mask],
        hoverinfo="text",
        name=name,
        **scene.cell(panel),
    )


def _draw_no_pooling(scene: _Scene, has_bars: bool) -> None:
    values = scene.each.no_pooling[scene.shown]
    if has_bars:
        own, error = scene.each.no_pooling, scene.each.no_pooling_se
        _bars(scene, "no_pooling", (own - error, own + error))
    below, above = canvas.outside(values, scene.limits)
    inside = np.isfinite(values) & ~below & ~above
    hollow = theme.marker("no_pooling", scene.style)
    _points(scene, 1, "no pooling", values=values, mask=inside, marker=hollow)
    for side, mask in enumerate((below, above)):
        if mask.any():
            _draw_edge(scene, side, np.flatnonzero(mask))


def _draw_edge(scene: _Scene, side: int, found: IntArray) -> None:
    """Mark estimates below or above the range at the edge, the farthest with their values."""
    each, style = scene.each, scene.style
    texts = [canvas.edge_text(each, scene.shown[i]) for i in found]
    scene.figure.add_scatter(
        x=scene.at[found],
        y=np.full(len(found), scene.limits[side]),
        mode="markers",
        marker={
            "symbol": ("triangle-down", "triangle-up")[side],
            "size": 9 * style.scale,
            "color": style.palette.no_pooling,
        },
        cliponaxis=False,
        customdata=scene.shown[found],
        hovertext=texts,
        hoverinfo="text",
        name="no pooling, outside the range",
        **scene.cell(1),
    )
    most = 2 if style.is_narrow else _LABELS
    far = np.argsort(-np.abs(each.shift[scene.shown[found]]), kind="stable")[:most]
    for step, i in enumerate(far[np.argsort(scene.at[found][far], kind="stable")]):
        is_left = scene.at[found[i]] < np.median(scene.at)
        scene.figure.add_annotation(
            x=np.log10(scene.at[found[i]]),
            y=scene.limits[side],
            text=texts[i],
            xanchor="left" if is_left else "right",
            xshift=9 if is_left else -9,
            yshift=(1 if side == 0 else -1) * (6 + step * 1.3 * style.text.label),
            **canvas.label(style, style.palette.no_pooling_text),
            **scene.cell(1),
        )


def _draw_partial_pooling(scene: _Scene, has_bars: bool) -> None:
    each, shown, style = scene.each, scene.shown, scene.style
    values, own = each.partial_pooling[shown], each.is_estimable[shown]
    if has_bars:
        _bars(scene, "partial_pooling", (each.lower, each.upper))
    filled, pale = theme.marker("partial_pooling", style), theme.unsupported_marker(style)
    _points(scene, 2, "partial pooling", values=values, mask=own, marker=filled)
    name = "partial pooling, no estimate of its own"
    _points(scene, 2, name, values=values, mask=~own, marker=pale)


def _draw_complete(scene: _Scene) -> None:
    whole = scene.each.complete_pooling
    for panel in (1, 2):
        if np.ptp(whole) == 0:
            line = theme.line("complete_pooling", scene.style)
            scene.figure.add_hline(float(whole[0]), line=line, **scene.cell(panel))
            continue
        color = scene.style.palette.complete_pooling
        scene.figure.add_scatter(
            x=scene.at,
            y=whole[scene.shown],
            mode="markers",
            marker={"symbol": "line-ew", "size": 8, "line": {"width": 1.4, "color": color}},
            opacity=max(canvas.fade(len(scene.shown)), 0.3),
            hoverinfo="skip",
            name="complete pooling",
            **scene.cell(panel),
        )


def _size_ticks(low: float, high: float) -> list[float]:
    """Return round group sizes for a log axis, not too many."""
    steps = (1, 3) if high / low > 30 else (1, 2, 5)
    ticks = [s * 10.0**e for e in range(8) for s in steps if low <= s * 10.0**e <= high]
    return ticks or [round(low), round(high)]


def _lay_out(scene: _Scene, wording: Wording, axis: str) -> None:
    figure, style = scene.figure, scene.style
    low, high = float(scene.at.min()), float(scene.at.max())
    pad = max(0.06 * np.log10(high / low), 0.08)
    ticks = _size_ticks(low / 10 ** (pad / 2), high * 10 ** (pad / 2))
    figure.update_xaxes(
        type="log",
        range=[np.log10(low) - pad, np.log10(high) + pad],
        tickvals=ticks,
        ticktext=[f"{t:,.0f}" for t in ticks],
    )
    figure.update_yaxes(range=scene.limits)
    size_title = f"{wording.individual.many} per {wording.group.one} (log scale)"
    panels: tuple[tuple[int, theme.MarkName], ...] = ((1, "no_pooling"), (2, "partial_pooling"))
    for panel, mark in panels:
        cell = scene.cell(panel)
        if panel == 2 or not style.is_narrow:
            canvas.title_axis(figure, "x", size_title, style, **cell)
        figure.add_annotation(
            x=0.5,
            y=1.0,
            xref=f"x{'' if panel == 1 else '2'} domain",
            yref=f"y{'' if panel == 1 else '2'} domain",
            yanchor="bottom",
            text=theme.MARKS[mark].label,
            showarrow=False,
            font={"size": style.text.axis, "color": getattr(style.palette, f"{mark}_text")},
        )
    canvas.title_axis(figure, "y", axis, style, row=1, col=1)
    figure.layout.margin.t += 16
