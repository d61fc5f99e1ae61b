"""Small multiples: each group's rows and its three lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape, formats
from core.estimators.estimates import Estimates, estimates
from core.explore.pooling import story as sentences
from core.explore.pooling.lines import GroupLines, group_lines
from core.figures import canvas, theme
from core.results import PoolingFits
from core.tables.wording import Wording
from core.types import FloatArray, IntArray

#: More points than this are not drawn in one panel.
MOST_POINTS = 400
#: Pixels of a row of panels, on a wide and on a narrow screen.
_ROW = (205, 135)
_ALONE = 300
_LINES: tuple[theme.MarkName, ...] = ("complete_pooling", "no_pooling", "partial_pooling")


@dataclass(frozen=True, eq=False)
class _Scene:
    """What the panels share: the lines, and one x and one y range."""

    figure: go.Figure
    lines: GroupLines
    each: Estimates
    columns: int
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    is_discrete: bool
    wording: Wording
    style: theme.Style

    def cell(self, panel: int) -> dict[str, int]:
        """Return row and column of a panel (0, 1, ...)."""
        return {"row": panel // self.columns + 1, "col": panel % self.columns + 1}


def plot_lines(
    fits: PoolingFits,
    groups: IntArray,
    *,
    predictor: str | None = None,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw the rows and the three fitted lines of some groups, one panel each, same axes.

    Parameters
    ----------
    fits : PoolingFits
    groups : IntArray
        Which groups, in the order of the panels (a dozen reads well).
    predictor : str or None
        The horizontal axis; the first predictor with a varying slope by default.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    lines = group_lines(fits, predictor)
    each = estimates(fits)
    columns = min(2 if style.is_narrow else 6, max(len(groups), 1))
    n_rows = -(-max(len(groups), 1) // columns)
    height = 70 + (_ALONE if len(groups) == 1 else _ROW[style.is_narrow]) * n_rows
    heading = canvas.Heading(
        sentences.lines_title(each, groups, wording), _key(lines, groups, wording), _note(lines)
    )
    panels = make_subplots(
        rows=n_rows,
        cols=columns,
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.06 if style.is_narrow else 0.012,
        vertical_spacing=34 / (_ROW[style.is_narrow] * n_rows),
        subplot_titles=[_panel_title(each, j, style) for j in groups],
    )
    scene = _Scene(
        figure=canvas.new_figure(heading, style, height=height, figure=panels),
        lines=lines,
        each=each,
        columns=columns,
        x_limits=_x_limits(lines),
        y_limits=canvas.crowd_range(lines.y, lines.partial_pooling.ravel(), share=0.98, pad=0.05),
        is_discrete=bool(lines.levels) or _is_coded(lines, wording),
        wording=wording,
        style=style,
    )
    for panel, j in enumerate(groups):
        _draw_panel(scene, panel, int(j))
    _lay_out(scene, fits, len(groups))
    return scene.figure


def _is_coded(lines: GroupLines, wording: Wording) -> bool:
    """Return whether the predictor is an indicator whose values have names."""
    return lines.predictor is not None and wording.is_indicator(lines.predictor)


def _key(lines: GroupLines, groups: IntArray, wording: Wording) -> tuple[tuple[str, str], ...]:
    key = [("points", wording.individual.many), ("no_pooling_line", "no pooling")]
    if np.isfinite(lines.partial_pooling).any():
        key.append(("partial_pooling_line", "partial pooling"))
    key.append(("complete_pooling", "complete pooling"))
    if not lines.has_own_line[groups].all():
        key.append(("no_pooling", f"mean of a {wording.group.one} without a line of its own"))
    return tuple(key)


def _note(lines: GroupLines) -> str:
    sizes = np.diff(lines.starts)
    return f"At most {MOST_POINTS} points a panel." if (sizes > MOST_POINTS).any() else ""


def _panel_title(each: Estimates, j: int, style: theme.Style) -> str:
    size = f"{each.group_sizes[j]:,}"
    room = round((17 if style.size == "normal" else 12) - len(size))
    name = escape.for_plotly(formats.shorten(each.group_names[j], max(room, 6)))
    return f'{name} <span style="color:{style.palette.muted}">{size}</span>'


def _x_limits(lines: GroupLines) -> tuple[float, float]:
    low, high = float(lines.grid.min()), float(lines.grid.max())
    pad = 0.25 * (high - low) / max(len(lines.grid) - 1, 1) if lines.levels else 0.0
    if not lines.levels:
        # A few distinct values are jittered and need room at the ends.
        pad = (0.22 if len(np.unique(lines.x[:2000])) <= 2 else 0.06) * (high - low)
    return low - (pad or 0.5), high + (pad or 0.5)


def _draw_panel(scene: _Scene, panel: int, j: int) -> None:
    cell = scene.cell(panel)
    _draw_points(scene, j, cell)
    grid = scene.lines.grid
    if len(grid) == 1:  # no predictor: the lines are levels across the panel
        grid = np.array(scene.x_limits)
    for mark in _LINES:
        y = np.broadcast_to(getattr(scene.lines, mark)[j], grid.shape)
        if np.isnan(y).all():
            continue
        scene.figure.add_scatter(
            x=grid,
            y=y,
            mode="lines",
            line=theme.line(mark, scene.style),
            name=theme.MARKS[mark].label,
            hoverinfo="skip",
            **cell,
        )
    if not scene.lines.has_own_line[j]:
        marker = theme.marker("no_pooling", scene.style, size=12 * scene.style.scale)
        scene.figure.add_scatter(
            x=[scene.lines.mean_x[j]],
            y=[scene.lines.mean_y[j]],
            mode="markers",
            marker=marker,
            name="mean, no line of its own",
            hovertext=f"{escape.for_plotly(scene.each.group_names[j])}: no line of its own",
            hoverinfo="text",
            **cell,
        )


def _draw_points(scene: _Scene, j: int, cell: dict[str, int]) -> None:
    rows = scene.lines.rows(j)
    x, y = scene.lines.x[rows], scene.lines.y[rows]
    if len(x) > MOST_POINTS:
        at = np.linspace(0, len(x) - 1, MOST_POINTS).astype(np.intp)
        x, y = x[at], y[at]
    placed = x + _offsets(scene, len(x))
    below, above = canvas.outside(y, scene.y_limits)
    style = scene.style
    marker: dict[str, Any] = {
        "color": style.palette.points,
        "size": 4.5 * style.scale,
        "opacity": float(np.clip(2.2 / np.sqrt(max(len(x), 1)), 0.25, 0.6)),
        "symbol": np.where(below, "triangle-down", np.where(above, "triangle-up", "circle")),
    }
    name = escape.for_plotly(scene.each.group_names[j])
    scene.figure.add_scatter(
        x=placed,
        y=np.clip(y, *scene.y_limits),
        mode="markers",
        marker=marker,
        cliponaxis=False,
        name="rows",
        hovertext=[f"<b>{name}</b><br>{_point_text(scene, *p)}" for p in zip(x, y, strict=True)],
        hoverinfo="text",
        **cell,
    )


def _offsets(scene: _Scene, n: int) -> FloatArray:
    """Return sideways offsets that part the points of one category."""
    if scene.is_discrete:
        return 0.13 * canvas.jitter(n)
    return np.zeros(n) if scene.lines.predictor else 0.3 * canvas.jitter(n)


def _point_text(scene: _Scene, x: float, y: float) -> str:
    value = formats.number(float(y))
    if scene.lines.predictor is None:
        return value
    return f"{escape.for_plotly(_value_label(scene, float(x)))}: {value}"


def _value_label(scene: _Scene, x: float) -> str:
    """Return what a value of the predictor is called."""
    predictor = scene.lines.predictor or ""
    if scene.lines.levels:
        return escape.visible(scene.wording.level(predictor, scene.lines.levels[round(x)]))
    if scene.is_discrete:
        return escape.visible(scene.wording.level(predictor, round(x)))
    return formats.number(x)


def _tick_text(name: str) -> str:
    """Return a category's name on two short lines, so that neighbours do not collide."""
    return "<br>".join(escape.for_plotly(part) for part in formats.wrap(name, 9, most=2))


def _lay_out(scene: _Scene, fits: PoolingFits, n_panels: int) -> None:
    figure, style, lines = scene.figure, scene.style, scene.lines
    figure.update_xaxes(range=scene.x_limits, showgrid=not scene.is_discrete)
    figure.update_yaxes(range=scene.y_limits, nticks=5)
    figure.update_annotations(font={"size": style.text.label, "color": style.palette.text})
    if scene.is_discrete and lines.predictor is not None:
        ticks = lines.grid
        names = [_tick_text(_value_label(scene, float(t))) for t in ticks]
        figure.update_xaxes(tickvals=ticks, ticktext=names, tickangle=0)
        figure.update_xaxes(tickfont_size=style.text.label - 1)
    elif lines.predictor is None:
        figure.update_xaxes(showticklabels=False, showgrid=False)
    else:
        figure.update_xaxes(nticks=4)
    _title_outer_axes(scene, fits, n_panels)


def _title_outer_axes(scene: _Scene, fits: PoolingFits, n_panels: int) -> None:
    """Label the outer axes only: one title each, tick labels under the last panel of a column."""
    figure, wording, style = scene.figure, scene.wording, scene.style
    figure.update_xaxes(showticklabels=False)
    for column in range(min(scene.columns, n_panels)):
        last = (n_panels - 1 - column) // scene.columns * scene.columns + column
        if scene.lines.predictor is None:
            continue
        # Neighbouring category names would collide in narrow panels: every other column.
        is_tight = len(scene.lines.grid) > 2 or style.size == "projector"
        if scene.is_discrete and is_tight and not style.is_narrow and column % 2:
            continue
        figure.update_xaxes(showticklabels=True, **scene.cell(last))
    outcome = escape.for_plotly(wording.column(fits.spec.outcome).title)
    common: dict[str, Any] = {"showarrow": False, "xref": "paper", "yref": "paper"}
    font = {"size": style.text.axis, "color": style.palette.text}
    left = _room_for_ticks(scene.y_limits, style) + style.text.axis
    figure.add_annotation(
        text=outcome, x=0, xshift=-left, xanchor="center", y=0.5, textangle=-90, font=font, **common
    )
    margin = round(left + 0.8 * style.text.axis)
    figure.update_layout(margin_l=margin, margin_t=figure.layout.margin.t + 12)
    if scene.lines.predictor is not None:
        is_wrapped = any("<br>" in str(t) for t in figure.layout.xaxis.ticktext or ())
        below = (2.7 if is_wrapped else 1.5) * style.text.tick
        x_title = escape.for_plotly(wording.column(scene.lines.predictor).title)
        figure.add_annotation(
            text=x_title, x=0.5, y=0, yshift=-below, yanchor="top", font=font, **common
        )
        figure.update_layout(margin_b=round(below + 1.6 * style.text.axis))


def _room_for_ticks(limits: tuple[float, float], style: theme.Style) -> float:
    """Return the width in pixels that the longest of about five tick labels takes."""
    decimals = formats.decimals_for(np.linspace(*limits, 5), digits=1)
    longest = max(len(formats.fixed(end, max(decimals, 0))) for end in limits)
    return 0.62 * style.text.tick * min(longest, 9)
