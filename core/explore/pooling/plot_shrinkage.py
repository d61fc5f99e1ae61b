"""Every group's own estimate, pulled to its partially pooled one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.estimators.estimates import Estimates, estimates
from core.estimators.order import Order, ordered
from core.explore.pooling import story as sentences
from core.explore.pooling.overshoot import overshoot
from core.figures import canvas, hover, theme
from core.posterior.posterior import Posterior
from core.results import PoolingFits
from core.tables.wording import Wording
from core.types import FloatArray, IntArray

_ORDER_WORDS: dict[Order, str] = {
    "estimate": "by their own estimate",
    "size": "the largest at the top",
    "spread": "the largest at the top",
    "name": "by name",
    "shift": "the most moved at the top",
}
_MOST_LABELS = 6
#: Rows are named at the axis where a line of text covers at most this many of them.
_NAMED = 1.05


@dataclass(frozen=True, eq=False)
class _Scene:
    """What the parts of the figure need: groups from bottom to top, one per row.

    ``gap`` is how many rows one line of text covers.
    """

    figure: go.Figure
    each: Estimates
    shown: IntArray
    limits: tuple[float, float]
    wording: Wording
    style: theme.Style
    gap: float
    labels: list[_Label]

    @property
    def rows(self) -> FloatArray:
        """Height of every group drawn."""
        return np.arange(len(self.shown), dtype=np.float64)


def plot_shrinkage(
    fits: PoolingFits,
    *,
    term: str | None = None,
    order: Order = "estimate",
    has_intervals: bool = False,
    posterior: Posterior | None = None,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw each group's no-pooling estimate moving to its partial-pooling estimate.

    Parameters
    ----------
    fits : PoolingFits
    term : str or None
        Which varying coefficient; the first by default.
    order : Order
        How the groups are stacked.
    has_intervals : bool
        Whether to draw one standard error to each side of both estimates (68% of a posterior).
    posterior : Posterior or None
        Where the intervals of partial pooling come from; None: plug-in.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    each = estimates(fits, term, posterior)
    groups = ordered(each, order)
    if order in ("name", "shift"):
        groups = groups[::-1]  # the first at the top
    mover = sentences.top_mover(each)
    shown = canvas.drawn(groups, [] if mover is None else [mover])
    heading = canvas.Heading(
        sentences.shrinkage_title(each, wording),
        _key(each, wording, has_intervals),
        canvas.drawn_note(len(shown), each.n_groups, overshoot(each.term, each.way, fits, wording)),
    )
    height = 560 if style.is_narrow else 454
    figure = canvas.new_figure(heading, style, height=height)
    limits = canvas.crowd_range(each.no_pooling, each.partial_pooling)
    gap = 1.35 * style.text.label * len(shown) / max(height - 90, 1)
    movers = _movers(each, shown, limits, gap, style) if gap > _NAMED else []
    limits = _make_room(movers, limits, style)
    scene = _Scene(figure, each, shown, limits, wording, style, gap, movers)
    _draw_complete(scene)
    if has_intervals:
        _draw_intervals(scene)
    _draw_moves(scene)
    _draw_estimates(scene)
    _draw_edges(scene)
    _name_rows(scene)
    canvas.title_axis(figure, "x", wording.term_axis(each.term, fits.data), style)
    stacked = f"{wording.group.count(each.n_groups)}, {_ORDER_WORDS[order]}"
    canvas.title_axis(figure, "y", stacked, style)
    return figure


def _key(each: Estimates, wording: Wording, has_intervals: bool) -> tuple[tuple[str, str], ...]:
    own, pooled = (" ± 1 standard error", f" {each.interval_words}") if has_intervals else ("", "")
    key = [("no_pooling", f"no pooling{own}")]
    if each.has_partial:
        key.append(("partial_pooling", f"partial pooling{pooled}"))
    key.append(("complete_pooling", "complete pooling"))
    missing = sentences.without_own(each, wording)
    if missing and each.has_partial:
        key.append(("unsupported", missing))
    return tuple(key)


def _draw_complete(scene: _Scene) -> None:
    """Draw the complete-pooling line: straight, or a tick per row where it differs."""
    whole, style = scene.each.complete_pooling, scene.style
    if np.ptp(whole) == 0:
        scene.figure.add_vline(float(whole[0]), line=theme.line("complete_pooling", style))
        return
    color = style.palette.complete_pooling
    scene.figure.add_scatter(
        x=whole[scene.shown],
        y=scene.rows,
        mode="markers",
        marker={"symbol": "line-ns", "size": 7, "line": {"width": 1.4, "color": color}},
        name="complete pooling",
        hoverinfo="skip",
    )


def _draw_intervals(scene: _Scene) -> None:
    each = scene.each
    own, error = each.no_pooling, each.no_pooling_se
    pairs: list[tuple[theme.MarkName, str, FloatArray, FloatArray, float]] = [
        ("no_pooling", "± 1 standard error", own - error, own + error, 0.16),
        ("partial_pooling", each.interval_words, each.lower, each.upper, -0.16),
    ]
    for mark, words, lower, upper, up in pairs:
        low, high = lower[scene.shown], upper[scene.shown]
        x, y = canvas.segments(low, high, scene.rows + up, scene.rows + up)
        scene.figure.add_scatter(
            x=x,
            y=y,
            mode="lines",
            line=theme.line(mark, scene.style, dash="solid", width=1.4 * scene.style.scale),
            opacity=max(canvas.fade(len(scene.shown)), 0.35),
            hoverinfo="skip",
            name=f"{theme.MARKS[mark].label} {words}",
        )


def _draw_moves(scene: _Scene) -> None:
    start = np.clip(scene.each.no_pooling[scene.shown], *scene.limits)
    stop = scene.each.partial_pooling[scene.shown]
    x, y = canvas.segments(start, stop, scene.rows, scene.rows)
    scene.figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": scene.style.palette.axis, "width": 1.3 * scene.style.scale},
        opacity=max(canvas.fade(len(scene.shown), most=1.0), 0.3),
        hoverinfo="skip",
        name="shift",
    )


def _draw_estimates(scene: _Scene) -> None:
    each, shown, style = scene.each, scene.shown, scene.style
    texts = np.array(hover.group_texts(each, shown, scene.wording), dtype=object)
    below, above = canvas.outside(each.no_pooling[shown], scene.limits)
    own = each.is_estimable[shown]
    small = 1.0 if len(shown) <= 150 else 0.7
    size = theme.MARKS["no_pooling"].marker_size * small * style.scale
    hollow = theme.marker("no_pooling", style, size=size)
    filled = theme.marker("partial_pooling", style, size=0.9 * size)
    pale = theme.unsupported_marker(style, size=0.9 * size)
    for name, mask, values, marker in (
        ("no pooling", own & ~below & ~above, each.no_pooling, hollow),
        ("partial pooling", own, each.partial_pooling, filled),
        ("partial pooling, no estimate of its own", ~own, each.partial_pooling, pale),
    ):
        scene.figure.add_scatter(
            x=values[shown][mask],
            y=scene.rows[mask],
            mode="markers",
            marker=marker,
            name=name,
            customdata=shown[mask],
            hovertext=texts[mask],
            hoverinfo="text",
        )


def _draw_edges(scene: _Scene) -> None:
    """Mark the estimates outside the range at the edge, the farthest with their values."""
    each, shown, style = scene.each, scene.shown, scene.style
    masks = canvas.outside(each.no_pooling[shown], scene.limits)
    for side, mask in enumerate(masks):
        rows = np.flatnonzero(mask)
        texts = [canvas.edge_text(each, shown[row]) for row in rows]
        if not len(rows):
            continue
        scene.figure.add_scatter(
            x=np.full(len(rows), scene.limits[side]),
            y=rows,
            mode="markers",
            marker={
                "symbol": ("triangle-left", "triangle-right")[side],
                "size": 9 * style.scale,
                "color": style.palette.no_pooling,
            },
            cliponaxis=False,
            name="no pooling, outside the range",
            customdata=shown[rows],
            hovertext=texts,
            hoverinfo="text",
        )
        far = np.argsort(-np.abs(each.shift[shown[rows]]), kind="stable")[:_MOST_LABELS]
        at = canvas.apart(rows[far].astype(float), scene.gap, (0, len(shown) - 1))
        for i, y in zip(far, at, strict=True):
            scene.figure.add_annotation(
                x=scene.limits[side],
                y=y,
                text=texts[i],
                xanchor=("left", "right")[side],
                xshift=(10, -10)[side],
                **canvas.label(style, style.palette.no_pooling_text),
            )


def _name_rows(scene: _Scene) -> None:
    """Name the rows at the axis where the names fit, else those that move most."""
    each, style = scene.each, scene.style
    scene.figure.update_xaxes(range=scene.limits)
    scene.figure.update_yaxes(range=[-1, len(scene.shown)])
    if scene.gap > _NAMED:
        scene.figure.update_yaxes(showticklabels=False, showgrid=False)
        _draw_labels(scene)
        return
    muted = style.palette.muted
    names = [
        f"{escape.for_plotly(formats.shorten(each.group_names[j], 16))} "
        f'<span style="color:{muted}">{each.group_sizes[j]:,}</span>'
        for j in scene.shown
    ]
    scene.figure.update_yaxes(
        tickvals=scene.rows, ticktext=names, tickfont_color=style.palette.text
    )


@dataclass(frozen=True)
class _Label:
    """A group's name beside its own estimate: right of it, or left."""

    row: int
    at: float
    text: str
    is_right: bool


def _movers(
    each: Estimates, shown: IntArray, limits: tuple[float, float], gap: float, style: theme.Style
) -> list[_Label]:
    """Return labels for the groups that move most, clear of each other and of the edge's."""
    own, pooled = each.no_pooling[shown], each.partial_pooling[shown]
    below, above = canvas.outside(own, limits)
    is_out = below | above
    clear = np.isfinite(own - pooled) & ~is_out
    for row in np.flatnonzero(is_out):
        clear &= np.abs(np.arange(len(shown)) - row) > gap
    inside = np.flatnonzero(clear)
    far = inside[np.argsort(-np.abs(own - pooled)[inside], kind="stable")]
    if style.is_narrow:  # a name would take half of the width; the title has the first
        return []
    return [
        _Label(
            row=row,
            at=float(own[row]),
            text=f"{formats.shorten(each.group_names[shown[row]], 18)} "
            f"({each.group_sizes[shown[row]]:,})",
            is_right=bool(own[row] >= pooled[row]),
        )
        for row in canvas.far_apart(far, gap, _MOST_LABELS if len(shown) <= 200 else 2)
    ]


def _make_room(
    labels: list[_Label], limits: tuple[float, float], style: theme.Style
) -> tuple[float, float]:
    """Return a range that also holds the labels."""
    low, high = limits
    unit = (high - low) / (850 if style.size == "normal" else 760)
    for label in labels:
        room = unit * (canvas.text_width(label.text, style) + 18 * style.scale)
        if label.is_right:
            high = max(high, label.at + room)
        else:
            low = min(low, label.at - room)
    return low, high


def _draw_labels(scene: _Scene) -> None:
    style = scene.style
    for label in scene.labels:
        scene.figure.add_annotation(
            x=label.at,
            y=label.row,
            text=escape.for_plotly(label.text),
            xanchor="left" if label.is_right else "right",
            xshift=(9 if label.is_right else -9) * style.scale,
            **canvas.label(style, style.palette.muted),
        )
