"""Group coefficients against a group-level predictor, without and with it in the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape, formats
from core.explore.two_levels.numbers import GroupLevelLine, TwoLevels
from core.explore.two_levels.story import column_axis, column_name, level_name, two_levels_title
from core.figures import canvas, theme
from core.posterior.uncertainty import PLUG_IN
from core.tables.wording import Wording
from core.types import FloatArray, IntArray

#: Above this many groups the error bars would paint the panel full.
_MOST_BARS = 600


@dataclass(frozen=True, eq=False)
class _Scene:
    figure: go.Figure
    found: TwoLevels
    lines: tuple[GroupLevelLine, GroupLevelLine]
    shown: IntArray
    at: FloatArray
    limits: tuple[float, float]
    wording: Wording
    style: theme.Style
    has_own: bool

    def cell(self, panel: int) -> dict[str, int]:
        """Return row and column of the panel without (0) or with (1) the predictor."""
        row, col = (panel + 1, 1) if self.style.is_narrow else (1, panel + 1)
        return {"row": row, "col": col}


def plot_two_levels(
    found: TwoLevels,
    term: str,
    *,
    has_own: bool = True,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw one varying coefficient of every group against u, without and with u in the model.

    Parameters
    ----------
    found : TwoLevels
    term : str
        Which varying coefficient.
    has_own : bool
        Whether to draw the no-pooling estimates and the two-stage line.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    lines = tuple(found.line(i, term) for i in (False, True))
    shown = canvas.drawn(np.argsort(found.column.values, kind="stable"), n_marks=2)
    heading = canvas.Heading(
        two_levels_title(found, term, wording),
        _key(len(shown), has_own, found.source),
        canvas.drawn_note(len(shown), found.including.data.n_groups),
    )
    rows, columns = (2, 1) if style.is_narrow else (1, 2)
    panels = make_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes=style.is_narrow,
        shared_yaxes=not style.is_narrow,
        horizontal_spacing=0.03,
        vertical_spacing=0.1,
        subplot_titles=_panel_titles((lines[0], lines[1]), wording),
    )
    height = 700 if style.is_narrow else 470
    crowd = np.concatenate([line.own for line in lines]) if has_own else np.empty(0)
    always = np.concatenate([v for line in lines for v in (line.estimate, line.line)])
    scene = _Scene(
        figure=canvas.new_figure(heading, style, height=height, figure=panels),
        found=found,
        lines=(lines[0], lines[1]),
        shown=shown,
        at=_positions(found, shown),
        limits=canvas.crowd_range(crowd, always),
        wording=wording,
        style=style,
        has_own=has_own,
    )
    for panel in (0, 1):
        _draw_band(scene, panel)
        if has_own:
            _draw_own(scene, panel)
        _draw_groups(scene, panel)
        _draw_lines(scene, panel)
    _lay_out(scene, wording.term_axis(term, found.including.data))
    return scene.figure


def _bar_words(source: str) -> str:
    words = "± 1 standard error" if source == PLUG_IN else "with 68% interval"
    return f"{words} ({source})"


def _key(n_shown: int, has_own: bool, source: str) -> tuple[tuple[str, str], ...]:
    error = f" {_bar_words(source)}" if n_shown <= _MOST_BARS else ""
    key = [("partial_pooling", f"partial pooling{error}")]
    key.append(("partial_pooling_line", f"group-level line with its 95% band ({source})"))
    if has_own:
        key += [("no_pooling", "no pooling"), ("no_pooling_line", "two-stage line")]
    return tuple(key)


def _panel_titles(lines: tuple[GroupLevelLine, GroupLevelLine], wording: Wording) -> list[str]:
    many = escape.for_plotly(formats.shorten(wording.group.many, 24))
    sd = [formats.number(line.sigma) for line in lines]
    return [f"Without it: sd between {many} {sd[0]}", f"With it: {sd[1]}"]


def _positions(found: TwoLevels, shown: IntArray) -> FloatArray:
    """Return where groups stand; those of one category are parted."""
    u = found.column.values[shown]
    if not found.column.levels:
        return u
    out = u.copy()
    for code in np.unique(u):
        same = np.flatnonzero(u == code)
        if len(same) > 1:
            out[same] += min(0.3, 0.02 * len(same)) * canvas.jitter(len(same))
    return out


def _ends(scene: _Scene, line: GroupLevelLine) -> tuple[FloatArray, list[FloatArray]]:
    """Return x and the y's (line, its band, two-stage) to draw; steps for a category."""
    ys = [line.line, line.line_lower, line.line_upper, line.two_stage]
    if not scene.found.column.levels:
        return line.grid, ys
    x = np.column_stack([line.grid - 0.38, line.grid + 0.38, np.full(len(line.grid), np.nan)])
    return x.ravel(), [np.column_stack([y, y, np.full(len(y), np.nan)]).ravel() for y in ys]


def _draw_band(scene: _Scene, panel: int) -> None:
    """Shade the 95% interval of the line."""
    x, (_, low, high, _) = _ends(scene, scene.lines[panel])
    fill = theme.rgba(scene.style.color("partial_pooling"), 0.16)
    gaps = np.flatnonzero(np.isnan(x))
    pieces = np.split(np.arange(len(x)), gaps) if len(gaps) else [np.arange(len(x))]
    for piece in pieces:
        at = piece[np.isfinite(x[piece])]
        if not len(at):
            continue
        outline = np.concatenate([high[at], low[at][::-1]])
        scene.figure.add_scatter(
            x=np.concatenate([x[at], x[at][::-1]]),
            y=outline,
            fill="toself",
            fillcolor=fill,
            mode="none",
            hoverinfo="skip",
            name="95% band of the line",
            **scene.cell(panel),
        )


def _draw_own(scene: _Scene, panel: int) -> None:
    own = scene.lines[panel].own[scene.shown]
    below, above = canvas.outside(own, scene.limits)
    inside = np.isfinite(own) & ~below & ~above
    scene.figure.add_scatter(
        x=scene.at[inside],
        y=own[inside],
        mode="markers",
        marker=theme.marker("no_pooling", scene.style),
        opacity=max(0.8 * canvas.fade(len(own), most=1.0), 0.3),
        hovertext=np.array(_hover(scene, panel), dtype=object)[inside],
        hoverinfo="text",
        name="no pooling",
        **scene.cell(panel),
    )
    for side, mask in enumerate((below, above)):
        if mask.any():
            scene.figure.add_scatter(
                x=scene.at[mask],
                y=np.full(int(mask.sum()), scene.limits[side]),
                mode="markers",
                marker={
                    "symbol": ("triangle-down", "triangle-up")[side],
                    "size": 9 * scene.style.scale,
                    "color": scene.style.color("no_pooling"),
                },
                cliponaxis=False,
                hovertext=np.array(_hover(scene, panel), dtype=object)[mask],
                hoverinfo="text",
                name="no pooling, outside the range",
                **scene.cell(panel),
            )


def _draw_groups(scene: _Scene, panel: int) -> None:
    line, style = scene.lines[panel], scene.style
    y = line.estimate[scene.shown]
    if len(scene.shown) <= _MOST_BARS:
        bar_x, bar_y = canvas.segments(
            scene.at, scene.at, line.lower[scene.shown], line.upper[scene.shown]
        )
        scene.figure.add_scatter(
            x=bar_x,
            y=bar_y,
            mode="lines",
            line=theme.line("partial_pooling", style, dash="solid", width=1.2 * style.scale),
            opacity=max(0.6 * canvas.fade(len(y)), 0.2),
            hoverinfo="skip",
            name=f"partial pooling {_bar_words(scene.found.source)}",
            **scene.cell(panel),
        )
    scene.figure.add_scatter(
        x=scene.at,
        y=y,
        mode="markers",
        marker=theme.marker("partial_pooling", style),
        opacity=max(canvas.fade(len(y), most=1.0), 0.5),
        customdata=scene.shown,
        hovertext=_hover(scene, panel),
        hoverinfo="text",
        name="partial pooling",
        **scene.cell(panel),
    )


def _draw_lines(scene: _Scene, panel: int) -> None:
    x, (y, _, _, two_stage) = _ends(scene, scene.lines[panel])
    for values, mark, name in (
        (two_stage, "no_pooling", "two-stage line"),
        (y, "partial_pooling", "group-level line"),
    ):
        if (mark == "no_pooling" and not scene.has_own) or np.isnan(values).all():
            continue
        scene.figure.add_scatter(
            x=x,
            y=values,
            mode="lines",
            line=theme.line(mark, scene.style),  # type: ignore[arg-type]
            hoverinfo="skip",
            name=name,
            **scene.cell(panel),
        )


def _hover(scene: _Scene, panel: int) -> list[str]:
    line, data = scene.lines[panel], scene.found.including.data
    out = []
    for j in scene.shown:
        name = escape.for_plotly(data.group_names[j])
        size = escape.for_plotly(scene.wording.individual.count(int(data.group_sizes[j])))
        where = formats.number(float(line.u[j]))
        if scene.found.column.levels:
            level = level_name(scene.found.column, round(float(line.u[j])), scene.wording)
            where = escape.for_plotly(level)
        own = formats.number(float(line.own[j])) if np.isfinite(line.own[j]) else "not estimable"
        span = f"{formats.number(float(line.lower[j]))} to {formats.number(float(line.upper[j]))}"
        pooled = f"{formats.number(float(line.estimate[j]))} (68%: {span}, {scene.found.source})"
        label = escape.for_plotly(column_name(scene.found.column, scene.wording))
        out.append(
            f"<b>{name}</b>, {size}<br>{label}: {where}<br>"
            f"partial pooling {pooled}<br>no pooling {own}"
        )
    return out


def _lay_out(scene: _Scene, axis: str) -> None:
    figure, style, column = scene.figure, scene.style, scene.found.column
    figure.update_annotations(
        font={"size": style.text.label + 1, "color": style.palette.text}, yshift=2
    )
    figure.update_yaxes(range=scene.limits)
    figure.update_layout(margin_t=figure.layout.margin.t + 22)
    if column.levels:
        names = [
            "<br>".join(
                map(
                    escape.for_plotly,
                    formats.wrap(level_name(column, i, scene.wording), 14, most=2),
                )
            )
            for i in range(len(column.levels))
        ]
        ticks = list(range(len(names)))
        figure.update_xaxes(tickvals=ticks, ticktext=names, showgrid=False)
        figure.update_xaxes(range=[-0.55, len(names) - 0.45])
    else:
        low, high = float(column.values.min()), float(column.values.max())
        pad = 0.04 * (high - low)
        figure.update_xaxes(range=[low - pad, high + pad])
        words = None
        if not column.source:
            words = scene.wording.two_values(column.name, column.values)
        if words:
            canvas.label_two_values(figure, column.values, words)
    title = column_axis(column, scene.wording)
    for panel in (0, 1) if not style.is_narrow else (1,):
        canvas.title_axis(figure, "x", title, style, **scene.cell(panel))
    for panel in (0,) if not style.is_narrow else (0, 1):
        canvas.title_axis(figure, "y", axis, style, **scene.cell(panel))
