"""One group, and the line that a reader drew through it: the fits join in when asked."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.explore.pooling.lines import GroupLines
from core.figures import canvas, theme
from core.results import PoolingFits
from core.tables.wording import Wording
from core.types import FloatArray

_FITS: tuple[theme.MarkName, ...] = ("complete_pooling", "no_pooling", "partial_pooling")


def height_range(lines: GroupLines) -> tuple[float, float]:
    """Return the range of the outcome in which lines are drawn."""
    return canvas.crowd_range(lines.y, lines.partial_pooling.ravel(), share=0.98, pad=0.05)


def end_labels(lines: GroupLines, wording: Wording) -> tuple[str, str]:
    """Return what the two ends of the axis are called, as typed: ``Day of the study = 9``."""
    assert lines.predictor is not None
    name = wording.name(lines.predictor)
    if lines.levels:
        words = [wording.level(lines.predictor, v) for v in (lines.levels[0], lines.levels[-1])]
        return words[0], words[1]
    if wording.is_indicator(lines.predictor):
        return wording.level(lines.predictor, 0), wording.level(lines.predictor, 1)
    low, high = (_short(float(v)) for v in (lines.grid[0], lines.grid[-1]))
    return f"{name} = {low}", f"{name} = {high}"


def _short(value: float) -> str:
    return formats.fixed(value, 0) if value == round(value) else formats.number(value)


def plot_guess_line(
    fits: PoolingFits,
    lines: GroupLines,
    j: int,
    *,
    title: str,
    ends: FloatArray,
    is_revealed: bool,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw the rows of one group, the reader's line, and the three fits once revealed.

    Parameters
    ----------
    fits, lines
        ``lines`` are ``group_lines(fits, predictor)``.
    j : int
        Place of the group.
    title : str
        Plain text.
    ends : FloatArray, shape (2,)
        Heights of the reader's line at both ends of the axis, outcome units.
    is_revealed : bool
        Whether the fits are drawn as well.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    own = [("guess_line", "your line")]
    if is_revealed:
        own = [*_fits_key(lines, j), *own]
    heading = canvas.Heading(title, (("points", wording.individual.many), *own))
    figure = canvas.new_figure(heading, style, height=400)
    _draw_points(figure, lines, j, wording, style)
    grid = lines.grid[[0, -1]]
    if is_revealed:
        for fit in _FITS:
            values: FloatArray = getattr(lines, fit)[j][[0, -1]]
            if np.isfinite(values).all():
                _draw_line(figure, grid, values, fit, style)
    _draw_line(figure, grid, ends, "guess", style)
    _lay_out(figure, fits, lines, wording, style)
    return figure


def _fits_key(lines: GroupLines, j: int) -> list[tuple[str, str]]:
    known = [f for f in _FITS if np.isfinite(getattr(lines, f)[j]).all()]
    return [(f"{f}_line", theme.MARKS[f].label) for f in known]


def _draw_points(
    figure: go.Figure, lines: GroupLines, j: int, wording: Wording, style: theme.Style
) -> None:
    x, y = lines.x[lines.rows(j)], lines.y[lines.rows(j)]
    steps = _is_coded(lines, wording)
    offset = 0.05 * canvas.jitter(len(x)) if steps and len(x) > 1 else np.zeros(len(x))
    figure.add_scatter(
        x=x + offset,
        y=y,
        mode="markers",
        marker={"color": style.palette.points, "size": 8 * style.scale},
        opacity=canvas.fade(len(x)),
        hovertemplate="%{y:.3~g}<extra></extra>",
        name="rows",
    )


def _draw_line(
    figure: go.Figure, x: FloatArray, y: FloatArray, mark: theme.MarkName, style: theme.Style
) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers" if mark == "guess" else "lines",
        line=theme.line(mark, style),
        marker=theme.marker(mark, style) if mark == "guess" else None,
        hovertemplate=f"{theme.MARKS[mark].label} %{{y:.3~g}}<extra></extra>",
        name=mark,
    )


def _is_coded(lines: GroupLines, wording: Wording) -> bool:
    assert lines.predictor is not None
    return bool(lines.levels) or wording.is_indicator(lines.predictor)


def _lay_out(
    figure: go.Figure,
    fits: PoolingFits,
    lines: GroupLines,
    wording: Wording,
    style: theme.Style,
) -> None:
    assert lines.predictor is not None
    low, high = float(lines.grid[0]), float(lines.grid[-1])
    room = (0.25 if _is_coded(lines, wording) else 0.06) * ((high - low) or 1.0)
    figure.update_xaxes(range=[low - room, high + room])
    if _is_coded(lines, wording):
        names = lines.levels or ("0", "1")
        words = [escape.for_plotly(wording.level(lines.predictor, n)) for n in names]
        figure.update_xaxes(tickvals=list(range(len(words))), ticktext=words)
    figure.update_yaxes(range=list(height_range(lines)))
    canvas.title_axis(figure, "x", wording.column(lines.predictor).title, style)
    canvas.title_axis(figure, "y", wording.column(fits.spec.outcome).title, style)
