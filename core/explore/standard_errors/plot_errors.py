"""The intervals of every coefficient under five ways to judge its error, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape, formats
from core.explore.standard_errors.error_intervals import APPROACHES, Approach, CoefficientErrors
from core.explore.standard_errors.story import (
    approach_name,
    errors_title,
    missing_reason,
    term_label,
)
from core.figures import canvas, theme
from core.results import PoolingFits
from core.tables.wording import INTERCEPT, Wording

#: Pixels of one row of panels, without what stands around them.
_ROW = 280
_MARKS: dict[Approach, theme.MarkName] = {
    "complete_pooling": "complete_pooling",
    "cr1": "complete_pooling",
    "cr2": "complete_pooling",
    "no_pooling": "no_pooling",
    "multilevel": "partial_pooling",
}


@dataclass(frozen=True, eq=False)
class _Scene:
    figure: go.Figure
    fits: PoolingFits
    columns: int
    wording: Wording
    style: theme.Style

    def cell(self, panel: int) -> dict[str, int]:
        """Return row and column of a panel (0, 1, ...)."""
        return {"row": panel // self.columns + 1, "col": panel % self.columns + 1}


def plot_errors(
    fits: PoolingFits,
    found: tuple[CoefficientErrors, ...],
    *,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw estimates with 95% intervals under each approach, one panel per coefficient.

    Parameters
    ----------
    fits : PoolingFits
    found : tuple of CoefficientErrors
        The coefficients to draw (up to six read well).
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    columns = 1 if style.is_narrow else min(len(found), 3)
    rows = -(-len(found) // columns)
    heading = canvas.Heading(errors_title(found, fits, wording), (), "")
    height = round((_ROW * style.scale + 62) * rows + 20)
    width = 34 if columns == 1 else 96 // columns
    panels = make_subplots(
        rows=rows,
        cols=columns,
        shared_yaxes=True,
        horizontal_spacing=0.035,
        vertical_spacing=62 / height if rows > 1 else 0.1,
        subplot_titles=[_panel_title(each, fits, wording, width) for each in found],
    )
    figure = canvas.new_figure(heading, style, height=height, figure=panels)
    scene = _Scene(figure, fits, columns, wording, style)
    for panel, each in enumerate(found):
        _draw_panel(scene, panel, each)
    _lay_out(scene, found)
    return figure


def _panel_title(each: CoefficientErrors, fits: PoolingFits, wording: Wording, width: int) -> str:
    name = term_label(each.term, fits, wording).removeprefix("the ")
    name = name[:1].upper() + name[1:]
    return f"<b>{escape.for_plotly(formats.shorten(name, max(width, 14)))}</b>"


def _draw_panel(scene: _Scene, panel: int, each: CoefficientErrors) -> None:
    style, cell = scene.style, scene.cell(panel)
    low, high = _range(each)
    if low < 0 < high:
        scene.figure.add_scatter(
            x=[0.0, 0.0],
            y=[-0.6, len(APPROACHES) - 0.4],
            mode="lines",
            line={"color": style.palette.axis, "width": 1},
            hoverinfo="skip",
            name="zero",
            **cell,
        )
    for place, approach in enumerate(reversed(APPROACHES)):
        _draw_one(scene, each, approach, float(place), cell)
        _write(scene, each, approach, (float(place), low, high), cell)
    scene.figure.update_xaxes(range=[low, high], nticks=4, **cell)


def _range(each: CoefficientErrors) -> tuple[float, float]:
    ends = np.array([*each.lower.values(), *each.upper.values()])
    ends = ends[np.isfinite(ends)]
    if not len(ends):
        known = [v for v in each.estimate.values() if np.isfinite(v)] or [0.0]
        return known[0] - 1.0, known[0] + 1.0
    low, high = float(ends.min()), float(ends.max())
    pad = (high - low) or abs(high) or 1.0
    return low - 0.06 * pad, high + 0.06 * pad


def _draw_one(
    scene: _Scene, each: CoefficientErrors, approach: Approach, place: float, cell: dict[str, int]
) -> None:
    if not np.isfinite(each.se[approach]):
        return
    style, mark = scene.style, _MARKS[approach]
    changes: dict[str, Any] = {"width": 3.0 * style.scale}
    if approach in ("cr1", "cr2"):
        changes["dash"] = "solid"
    scene.figure.add_scatter(
        x=[each.lower[approach], each.upper[approach]],
        y=[place, place],
        mode="lines",
        line=theme.line(mark, style, **changes),
        opacity=0.75,
        hoverinfo="skip",
        name=f"95% interval, {approach_name(approach, scene.wording)}",
        **cell,
    )
    ink = style.color(mark)
    marker = (
        {"symbol": "line-ns", "size": 10 * style.scale, "line": {"width": 3, "color": ink}}
        if mark == "complete_pooling"
        else theme.marker(mark, style, size=9 * style.scale)
    )
    name = escape.for_plotly(approach_name(approach, scene.wording))
    values = [each.estimate[approach], each.se[approach], each.lower[approach]]
    shown = [formats.number(v) for v in (*values, each.upper[approach])]
    scene.figure.add_scatter(
        x=[each.estimate[approach]],
        y=[place],
        mode="markers",
        marker=marker,
        hovertext=f"<b>{name}</b><br>estimate {shown[0]}, standard error {shown[1]}<br>"
        f"95% interval {shown[2]} to {shown[3]}, {formats.number(each.df[approach], 3)} df",
        hoverinfo="text",
        name=approach_name(approach, scene.wording),
        **cell,
    )


def _write(
    scene: _Scene,
    each: CoefficientErrors,
    approach: Approach,
    where: tuple[float, float, float],
    cell: dict[str, int],
) -> None:
    """Write the standard error over the interval, or why there is none in its place."""
    place, low, high = where
    style = scene.style
    missing = missing_reason(each, approach, scene.wording)
    text = missing or f"se {formats.number(each.se[approach])}"
    ink = style.palette.muted if missing else _ink(approach, style)
    scene.figure.add_annotation(
        x=0.5 * (low + high) if missing else each.estimate[approach],
        y=place,
        yshift=0 if missing else 15 * style.scale,
        text="<br>".join(map(escape.for_plotly, formats.wrap(text, 22, most=2))),
        **canvas.label(style, ink),
        **cell,
    )


def _ink(approach: Approach, style: theme.Style) -> str:
    if approach == "no_pooling":
        return style.palette.no_pooling_text
    if approach == "multilevel":
        return style.palette.partial_pooling_text
    return style.palette.complete_pooling


def _axis(each: CoefficientErrors, unit: str) -> str:
    """Return what the axis of a coefficient shows: an intercept is not per unit of anything."""
    if not unit:
        return "coefficient"
    return f"coefficient ({unit})" if each.term == INTERCEPT else f"coefficient ({unit} per unit)"


def _lay_out(scene: _Scene, found: tuple[CoefficientErrors, ...]) -> None:
    figure, style, n_panels = scene.figure, scene.style, len(found)
    for title in figure.layout.annotations[:n_panels]:
        title.update(font={"size": style.text.label + 2, "color": style.palette.text}, yshift=4)
    names = [
        "<br>".join(
            map(escape.for_plotly, formats.wrap(approach_name(a, scene.wording), 17, most=2))
        )
        for a in reversed(APPROACHES)
    ]
    places = list(range(len(APPROACHES)))
    figure.update_yaxes(
        tickvals=places, ticktext=names, range=[-0.6, len(places) - 0.25], showgrid=False
    )
    figure.update_layout(margin_t=figure.layout.margin.t + 24)
    unit = scene.wording.column(scene.fits.spec.outcome).unit
    rows = -(-n_panels // scene.columns)
    for column in range(min(scene.columns, n_panels)):
        last = min((rows - 1) * scene.columns + column, n_panels - 1)
        if scene.columns > 1 and (rows - 1) * scene.columns + column >= n_panels:
            last = (rows - 2) * scene.columns + column
        canvas.title_axis(figure, "x", _axis(found[last], unit), style, **scene.cell(last))
