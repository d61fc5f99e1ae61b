"""Predictions along a predictor: one panel for each case, the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape, formats
from core.explore.prediction.scenario import Case
from core.explore.prediction.story import Picture
from core.figures import canvas, theme
from core.types import FloatArray

#: More points than this are not drawn.
_MOST_POINTS = 400
#: Sideways places of the estimators where the axis shows categories.
_PLACES: dict[theme.MarkName, float] = {
    "complete_pooling": 0.22,
    "no_pooling": -0.22,
    "partial_pooling": 0.0,
}
_MARKS: tuple[theme.MarkName, ...] = ("complete_pooling", "no_pooling", "partial_pooling")


@dataclass(frozen=True, eq=False)
class _Panel:
    """One case: where it is drawn, and what of it."""

    figure: go.Figure
    cell: dict[str, int]
    picture: Picture
    case: Case
    at: FloatArray
    now: float
    style: theme.Style

    def of(self, mark: theme.MarkName) -> pd.DataFrame:
        """Return one estimator's rows along the axis."""
        table = self.picture.along
        return table[(table["case"] == self.case.name) & (table["estimator"] == mark)]


def plot_prediction(picture: Picture, *, style: theme.Style = theme.DEFAULT) -> go.Figure:
    """Draw point and interval for every case, along one predictor, with the group's rows.

    Parameters
    ----------
    picture : Picture
        From ``core.explore.prediction.story``.
    style : Style
        Where the figure will be seen.
    """
    n = len(picture.cases)
    rows, columns = (n, 1) if style.is_narrow else (1, n)
    panels = make_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.02,
        vertical_spacing=0.24 / n,
        subplot_titles=[_panel_title(picture, case, style) for case in picture.cases],
    )
    height = 90 + 230 * n if style.is_narrow else round(390 * min(style.scale, 1.15))
    heading = canvas.Heading(picture.title, _key(picture), picture.note)
    figure = canvas.new_figure(heading, style, height=height, figure=panels)
    lines = max(str(a.text).count("<br>") + 1 for a in figure.layout.annotations)
    figure.update_layout(margin_t=figure.layout.margin.t + round(1.3 * lines * style.text.label))
    figure.update_annotations(
        font={"size": style.text.label, "color": style.palette.text}, yshift=4
    )
    at, now = _positions(picture)
    for i, case in enumerate(picture.cases):
        cell = {"row": i + 1, "col": 1} if style.is_narrow else {"row": 1, "col": i + 1}
        _draw(_Panel(figure, cell, picture, case, at, now, style))
    _lay_out(figure, picture, at, style)
    return figure


def _key(picture: Picture) -> tuple[tuple[str, str], ...]:
    level = f"{picture.level:.0%} interval"
    names = set(picture.along["estimator"])
    key: list[tuple[str, str]] = []
    if len(picture.y):
        key.append(("points", picture.points_label))
    ending = "_line" if picture.is_continuous else ""
    if "partial_pooling" in names:
        said = f"partial pooling with {level} ({picture.source})"
        key.append((f"partial_pooling{ending}", said))
    key.append((f"no_pooling{ending}", "no pooling"))
    key.append(("complete_pooling", "complete pooling"))
    return tuple(key)


def _positions(picture: Picture) -> tuple[FloatArray, float]:
    """Return where the values of the axis stand, and where the chosen one does."""
    if picture.is_continuous:
        return np.array(picture.grid, dtype=np.float64), float(picture.value or 0.0)
    grid = list(picture.grid)
    now = float(grid.index(picture.value)) if picture.value in grid else 0.0
    return np.arange(len(grid), dtype=np.float64), now


def _panel_title(picture: Picture, case: Case, style: theme.Style) -> str:
    room = 40 if style.is_narrow else round(108 / len(picture.cases) / style.scale)
    lines = formats.wrap(case.title, room, most=2)
    name = "<br>".join(f"<b>{escape.for_plotly(line)}</b>" for line in lines)
    color = style.palette.partial_pooling_text
    text = escape.for_plotly(picture.short[case.name])
    return f'{name}<br><span style="color:{color}">{text}</span>'


def _draw(panel: _Panel) -> None:
    if panel.case.name == "known":
        _draw_points(panel)
    if panel.picture.is_continuous:
        _draw_band(panel)
        for mark in _MARKS:
            _draw_line(panel, mark)
        _draw_now(panel)
    else:
        for mark in _MARKS:
            _draw_bars(panel, mark)
    if not np.isfinite(panel.of("no_pooling")["point"]).any():
        text = f"no pooling: {panel.picture.undefined[panel.case.name]}"
        panel.figure.add_annotation(
            text=escape.for_plotly(text),
            x=0.5,
            y=0.015,
            xref="x domain",
            yref="y domain",
            yanchor="bottom",
            **canvas.label(panel.style, panel.style.palette.no_pooling_text),
            **panel.cell,
        )


def _draw_points(panel: _Panel) -> None:
    picture, style = panel.picture, panel.style
    x, y = picture.x, picture.y
    if len(y) > _MOST_POINTS:
        some = np.linspace(0, len(y) - 1, _MOST_POINTS).astype(np.intp)
        x, y = x[some], y[some]
    offset = np.zeros(len(y)) if picture.is_continuous else 0.1 * canvas.jitter(len(y))
    panel.figure.add_scatter(
        x=x + offset,
        y=y,
        mode="markers",
        marker={
            "color": style.palette.points,
            "size": 4.5 * style.scale,
            "opacity": float(np.clip(2.2 / np.sqrt(max(len(y), 1)), 0.3, 0.6)),
        },
        hovertext=[formats.number(float(v)) for v in y],
        hoverinfo="text",
        name="rows",
        **panel.cell,
    )


def _hover(panel: _Panel, rows: pd.DataFrame, mark: theme.MarkName) -> list[str]:
    unit, label = escape.for_plotly(panel.picture.unit), theme.MARKS[mark].label
    numbers = rows[["point", "lower", "upper"]].to_numpy(dtype=np.float64)
    texts = [[formats.number(float(v)) for v in row] for row in numbers]
    source = f"<br>{panel.picture.source}" if mark == "partial_pooling" else ""
    return [f"<b>{label}</b><br>{p} ({lo} to {hi}){unit}{source}" for p, lo, hi in texts]


def _draw_band(panel: _Panel) -> None:
    mark = panel.picture.main
    rows = panel.of(mark)
    color = panel.style.color(mark)
    panel.figure.add_scatter(
        x=np.concatenate([panel.at, panel.at[::-1]]),
        y=np.concatenate([rows["lower"], rows["upper"][::-1]]),
        fill="toself",
        fillcolor=theme.rgba(color, 0.16 if panel.case.name == "known" else 0.1),
        line={"width": 1.0, "color": theme.rgba(color, 0.45)},
        mode="lines",
        hoverinfo="skip",
        name="interval",
        **panel.cell,
    )


def _draw_line(panel: _Panel, mark: theme.MarkName) -> None:
    rows = panel.of(mark)
    if not np.isfinite(rows["point"]).any():
        return
    panel.figure.add_scatter(
        x=panel.at,
        y=rows["point"],
        mode="lines",
        line=theme.line(mark, panel.style),
        hovertext=_hover(panel, rows, mark),
        hoverinfo="text",
        name=theme.MARKS[mark].label,
        **panel.cell,
    )


def _draw_now(panel: _Panel) -> None:
    """Draw the interval at the chosen value."""
    mark, table = panel.picture.main, panel.picture.now
    row = table[(table["case"] == panel.case.name) & (table["estimator"] == mark)]
    if not np.isfinite(row["point"]).all():
        return
    color = panel.style.color(mark)
    panel.figure.add_scatter(
        x=[panel.now, panel.now],
        y=[row["lower"].iloc[0], row["upper"].iloc[0]],
        mode="lines",
        line={"color": color, "width": 4.0 * panel.style.scale},
        hoverinfo="skip",
        name="interval now",
        **panel.cell,
    )
    panel.figure.add_scatter(
        x=[panel.now],
        y=row["point"],
        mode="markers",
        marker=theme.marker(mark, panel.style, symbol="circle", size=11 * panel.style.scale),
        hovertext=_hover(panel, row, mark),
        hoverinfo="text",
        name="prediction",
        **panel.cell,
    )


def _draw_bars(panel: _Panel, mark: theme.MarkName) -> None:
    """Draw points and intervals beside each other where the axis shows categories."""
    rows, style = panel.of(mark), panel.style
    if not np.isfinite(rows["point"]).any():
        return
    x = panel.at + _PLACES[mark]
    is_main = mark == panel.picture.main
    line = theme.line(mark, style, width=(4.0 if is_main else 1.6) * style.scale)
    if is_main:
        line["dash"] = "solid"
    for is_now in (True, False):
        some = (panel.at == panel.now) == is_now
        low, high = rows["lower"].to_numpy()[some], rows["upper"].to_numpy()[some]
        bar_x, bar_y = canvas.segments(x[some], x[some], low, high)
        panel.figure.add_scatter(
            x=bar_x,
            y=bar_y,
            mode="lines",
            line=line,
            opacity=1.0 if is_now else 0.4,
            hoverinfo="skip",
            name=f"{theme.MARKS[mark].label} interval",
            **panel.cell,
        )
    size = 11 if is_main else 9
    marker: dict[str, Any] = theme.marker(mark, style, size=size * style.scale)
    if theme.MARKS[mark].symbol is None:
        marker["line"] = {"width": 2.4 * style.scale, "color": style.color(mark)}
    panel.figure.add_scatter(
        x=x,
        y=rows["point"],
        mode="markers",
        marker={**marker, "opacity": np.where(panel.at == panel.now, 1.0, 0.5)},
        hovertext=_hover(panel, rows, mark),
        hoverinfo="text",
        name=theme.MARKS[mark].label,
        **panel.cell,
    )


def _lay_out(figure: go.Figure, picture: Picture, at: FloatArray, style: theme.Style) -> None:
    some = picture.along
    if picture.is_continuous:  # a line of its own may run far away
        some = some[some["estimator"] == picture.main]
    else:
        some = some[some["estimator"] != "two_stage"]
    shown = pd.concat([some, picture.now[picture.now["estimator"] == picture.main]])
    always = shown[["point", "lower", "upper"]].to_numpy(dtype=np.float64).ravel()
    limits = canvas.crowd_range(picture.y, always, share=0.98, pad=0.06)
    figure.update_yaxes(range=limits, nticks=7)
    if picture.is_continuous:
        low, high = (
            float(min(at.min(), picture.value or 0)),
            float(max(at.max(), picture.value or 0)),
        )
        pad = 0.04 * (high - low) or 0.5
        figure.update_xaxes(range=[low - pad, high + pad], nticks=6)
    else:
        ticks = [
            "<br>".join(map(escape.for_plotly, formats.wrap(t, 12, most=2))) for t in picture.ticks
        ]
        figure.update_xaxes(
            range=[-0.55, len(at) - 0.45], tickvals=at, ticktext=ticks, tickangle=0, showgrid=False
        )
    where: Sequence[dict[str, int]] = [
        {"row": i + 1, "col": 1} if style.is_narrow else {"row": 1, "col": i + 1}
        for i in range(len(picture.cases))
    ]
    if picture.x_title:
        last = where[-1:] if style.is_narrow else where
        for cell in last:
            text = formats.shorten(picture.x_title, 60 if style.is_narrow else 110 // len(where))
            figure.update_xaxes(title_text=escape.for_plotly(text), **cell)
    for cell in where if style.is_narrow else where[:1]:
        text = formats.shorten(picture.y_title, 30 if style.is_narrow else 44)
        figure.update_yaxes(title_text=escape.for_plotly(text), **cell)
