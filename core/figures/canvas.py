"""What every figure shares: an empty figure in the house style, ranges, marks at the edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.estimators.estimates import Estimates
from core.figures import theme
from core.types import BoolArray, FloatArray, IntArray

#: More marks than this are not drawn: nobody could tell them apart, and browsers slow down.
MOST_DRAWN = 2_000
#: A range that is at most this many times as long as the crowd's takes everybody in.
_TOLERATED = 1.25
_PHI = 0.6180339887498949


@dataclass(frozen=True)
class Heading:
    """What stands above a figure.

    Attributes
    ----------
    title : str
        The finding, as plain text.
    key : tuple of (mark, str)
        The marks used and what each means, as plain text; a mark is a name of
        ``theme.MARKS`` (with ``_line`` where it is drawn as a line), ``points`` (or
        ``points_line``), ``unsupported`` or ``band``.
    note : str
        What else a reader must know, as plain text.
    """

    title: str
    key: tuple[tuple[str, str], ...] = ()
    note: str = ""


def new_figure(
    heading: Heading, style: theme.Style, *, height: int, left: int = 8, figure: Any = None
) -> go.Figure:
    """Return an empty figure; the heading is drawn in it, and kept in ``layout.meta``.

    A page that sets ``style.is_titled = False`` shows the heading itself, as text that
    wraps on a small screen.
    """
    figure = go.Figure() if figure is None else figure
    figure.update_layout(
        template=theme.template(style),
        height=height,
        margin={"l": left, "r": 12, "t": 14, "b": 8},
        meta={"title": heading.title, "key": [list(k) for k in heading.key], "note": heading.note},
        dragmode="zoom",
    )
    if style.is_titled:
        lines = formats.wrap(
            heading.title, 30 if style.is_narrow else 84 if style.size == "normal" else 56
        )
        top = round(1.3 * len(lines) * style.text.title + 2.6 * style.text.subtitle + 12)
        figure.update_layout(
            height=height + top,
            margin_t=top,
            title={
                "text": f"<b>{'<br>'.join(map(escape.for_plotly, lines))}</b>",
                "subtitle": {"text": _key_text(heading, style)},
                # Plotly anchors the last line of the title.
                "y": 1 - (8 + 1.3 * (len(lines) - 1) * style.text.title) / (height + top),
                "yanchor": "top",
            },
        )
    return figure


def title_axis(figure: go.Figure, axis: str, text: str, style: theme.Style, **cell: int) -> None:
    """Set an axis title, on two lines where it would not fit on one."""
    room = figure.layout.height - 120 if axis == "y" else (300 if style.is_narrow else 800)
    if axis == "x" and cell and not style.is_narrow:
        low, high = next(figure.select_xaxes(**cell)).domain or (0.0, 1.0)
        # Of two equal panels little is left where the figure stands beside a text.
        room = round(0.8 * (high - low) * room) if high - low > 0.6 else room // 4
    if axis == "y" and cell:
        domain = next(figure.select_yaxes(**cell)).domain or (0.0, 1.0)
        room = min(room, (domain[1] - domain[0]) * figure.layout.height)
    width = round(room / (0.55 * style.text.axis))
    # Two lines of about the same length, not a full one and a leftover.
    half = max(len(text) // 2 + 8, width // 2)
    lines = formats.wrap(text, width if len(text) <= width else min(half, width), most=2)
    title = "<br>".join(map(escape.for_plotly, lines))
    update = figure.update_yaxes if axis == "y" else figure.update_xaxes
    update(title_text=title, **cell)


def text_width(text: str, style: theme.Style) -> float:
    """Return about how many pixels a direct label is wide."""
    return style.text.label * sum(0.72 if c.isupper() else 0.58 for c in text)


_GLYPHS = {
    "complete_pooling": "– –",
    "no_pooling": "○",
    "no_pooling_line": "·····",
    "partial_pooling": "●",
    "partial_pooling_line": "━━",
    "truth": "◆",
    "guess": "▼",
    "guess_line": "╌╌",
    "complete_pooling_line": "– –",
    "centre": "✚",
    "points": "•",
    "points_line": "━━",
    "unsupported": "●",
    "band": "▬",
}


def _key_text(heading: Heading, style: theme.Style) -> str:
    parts = [
        f'<span style="color:{mark_color(mark, style)}">{_GLYPHS[mark]}</span> '
        f"{escape.for_plotly(text)}"
        for mark, text in heading.key
    ]
    return "   ".join(parts + ([escape.for_plotly(heading.note)] if heading.note else []))


def mark_color(mark: str, style: theme.Style) -> str:
    """Return the colour of a mark of a key."""
    if mark == "centre":
        return style.palette.partial_pooling
    if mark in ("unsupported", "band"):
        return theme.rgba(style.palette.partial_pooling, 0.45)
    return str(getattr(style.palette, mark.removesuffix("_line")))


def crowd_range(
    crowd: FloatArray, always: FloatArray, *, share: float = 0.96, pad: float = 0.07
) -> tuple[float, float]:
    """Return an axis range for the bulk of some values.

    Parameters
    ----------
    crowd : FloatArray
        Values of which the middle ``share`` must be inside; NaN is left out.
    always : FloatArray
        Values that must all be inside (the partial-pooling estimates).
    """
    crowd, always = crowd[np.isfinite(crowd)], always[np.isfinite(always)]
    everything = np.concatenate([crowd, always])
    if not len(everything):
        return 0.0, 1.0
    tail = (1 - share) / 2
    bulk = np.quantile(crowd, [tail, 1 - tail]) if len(crowd) else np.empty(0)
    inside = np.concatenate([bulk, always])
    low, high = float(inside.min()), float(inside.max())
    if np.ptp(everything) <= _TOLERATED * (high - low):
        low, high = float(everything.min()), float(everything.max())
    margin = pad * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin


def outside(values: FloatArray, limits: tuple[float, float]) -> tuple[BoolArray, BoolArray]:
    """Return which values lie below and which above a range (NaN neither)."""
    with np.errstate(invalid="ignore"):
        return np.asarray(values < limits[0]), np.asarray(values > limits[1])


def segments(*ends: FloatArray) -> tuple[FloatArray, ...]:
    """Return coordinates for one trace of separate segments, pair after pair.

    ``segments(x0, x1, y0, y1)`` gives ``x`` and ``y`` with a gap after each segment.
    """
    out = []
    for start, stop in zip(ends[::2], ends[1::2], strict=True):
        joined = np.full((len(start), 3), np.nan)
        joined[:, 0], joined[:, 1] = start, stop
        out.append(joined.ravel())
    return tuple(out)


def jitter(n: int) -> FloatArray:
    """Return n offsets in (-1, 1), evenly spread and the same on every call."""
    return np.asarray(2 * ((np.arange(1, n + 1) * _PHI) % 1) - 1, dtype=np.float64)


def drawn(order: IntArray, keep: Sequence[int] | IntArray = (), *, n_marks: int = 1) -> IntArray:
    """Return the groups to draw, evenly along an order: ``MOST_DRAWN`` marks of each kind at most.

    ``keep`` are drawn in any case (what a label points to); ``n_marks`` is how many times over
    a figure draws every group, as in two panels.
    """
    most = MOST_DRAWN // n_marks
    if len(order) <= most:
        return order
    at = np.unique(np.linspace(0, len(order) - 1, most).astype(np.intp))
    chosen = np.zeros(int(order.max()) + 1, dtype=bool)
    chosen[order[at]] = True
    chosen[np.asarray(keep, dtype=np.intp)] = True
    return order[chosen[order]]


def drawn_note(n_drawn: int, n_groups: int, more: str = "") -> str:
    """Return what to say when not all groups are drawn, and what else is to be known; or ''."""
    drawn = "" if n_drawn >= n_groups else f"{n_drawn:,} of {n_groups:,} drawn, evenly chosen."
    return f"{drawn} {more}".strip()


def label_two_values(figure: go.Figure, values: FloatArray, words: Sequence[str]) -> None:
    """Give a horizontal axis of a predictor with two values these two as its only ticks."""
    ends = [float(np.min(values)), float(np.max(values))]
    texts = ["<br>".join(map(escape.for_plotly, formats.wrap(w, 16, most=2))) for w in words]
    # Plotly hides labels that reach over the edge, and without any it cannot place the title.
    figure.update_xaxes(tickvals=ends, ticktext=texts, ticklabeloverflow="allow")


def fade(n: int, *, most: float = 0.9, least: float = 0.12) -> float:
    """Return the opacity at which n overlapping marks still show their density."""
    return float(np.clip(most * (60 / max(n, 1)) ** 0.45, least, most))


def apart(positions: FloatArray, gap: float, limits: tuple[float, float]) -> FloatArray:
    """Return positions moved as little as needed to be ``gap`` apart, inside limits.

    The order is kept. What cannot fit is crowded at the upper limit.
    """
    order = np.argsort(positions, kind="stable")
    placed = np.clip(positions[order].astype(float), *limits)
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    overflow = placed[-1] - limits[1] if len(placed) else 0.0
    if overflow > 0:
        placed[-1] = limits[1]
        for i in range(len(placed) - 2, -1, -1):
            placed[i] = max(min(placed[i], placed[i + 1] - gap), limits[0])
    out = np.empty(len(placed))
    out[order] = placed
    return out


def far_apart(candidates: IntArray, gap: float, most: int) -> list[int]:
    """Return the first candidates that keep a distance from each other, at most so many."""
    chosen: list[int] = []
    for candidate in candidates:
        if len(chosen) == most:
            break
        if all(abs(int(candidate) - other) > gap for other in chosen):
            chosen.append(int(candidate))
    return chosen


def label(style: theme.Style, color: str) -> dict[str, Any]:
    """Return the settings of a direct label: no arrow, legible on top of marks."""
    return {
        "showarrow": False,
        "bgcolor": theme.rgba(style.palette.background, 0.75),
        "borderpad": 0,
        "font": {"color": color, "size": style.text.label},
    }


def edge_text(each: Estimates, j: int) -> str:
    """Return what stands at the edge for an estimate outside the range: ``Cook (2): 1.5``."""
    name = escape.for_plotly(formats.shorten(each.group_names[j], 18))
    value = formats.number(float(each.no_pooling[j]), 2)
    return f"{name} ({each.group_sizes[j]:,}): {value}"


def spread_sizes(sizes: IntArray) -> FloatArray:
    """Return group sizes with equal ones spread out a little, so that marks do not hide.

    Offsets stay inside the gap to the neighbouring whole numbers, on the log scale.
    """
    out = np.log10(sizes.astype(np.float64))
    for size in np.unique(sizes):
        same = np.flatnonzero(sizes == size)
        room = 0.3 * np.log10((size + 1) / size)
        # The more marks share a size the wider they may spread.
        width = min(room, 0.004 * len(same)) if len(same) > 1 else 0.0
        out[same] += width * jitter(len(same))
    return np.asarray(10**out)
