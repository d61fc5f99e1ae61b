"""The estimators' predictions under each other: one panel for each case, one axis for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import escape, formats
from core.explore.prediction.story import NAMES, Picture
from core.figures import canvas, theme

#: A range of all estimators that is so many times as long as the calm ones' is not drawn.
_TOLERATED = 2.0


def plot_cases(picture: Picture, *, title: str, style: theme.Style = theme.DEFAULT) -> go.Figure:
    """Draw point and interval of every estimator for every case at the chosen values.

    Parameters
    ----------
    picture : Picture
        From ``core.explore.prediction.story``.
    title : str
        The finding, plain text.
    style : Style
        Where the figure will be seen.
    """
    names = [n for n in NAMES if (picture.now["estimator"] == n).any()]
    n = len(picture.cases)
    rows, columns = (n, 1) if style.is_narrow else (1, n)
    titles = [
        f"<b>{escape.for_plotly(formats.shorten(case.title, 40 if style.is_narrow else 30))}</b>"
        for case in picture.cases
    ]
    panels = make_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        vertical_spacing=0.08,
        subplot_titles=titles,
    )
    each = (34 + 40 * len(names)) * style.scale
    height = round(60 + each * (n if style.is_narrow else 1))
    figure = canvas.new_figure(canvas.Heading(title), style, height=height, figure=panels)
    figure.update_layout(margin_t=figure.layout.margin.t + round(1.6 * style.text.label))
    figure.update_annotations(font={"size": style.text.label, "color": style.palette.text})
    limits = _limits(picture.now)
    for i in range(n):
        cell = {"row": i + 1, "col": 1} if style.is_narrow else {"row": 1, "col": i + 1}
        for j, name in enumerate(names):
            row = picture.row(picture.cases[i].name, name)
            place = _Place(figure, cell, len(names) - 1 - j, limits, style)
            _draw(place, name, row, picture.source)
    figure.update_yaxes(
        tickvals=np.arange(len(names))[::-1],
        ticktext=[NAMES[name] for name in names],
        range=[-0.55, len(names) - 0.25],
        showgrid=False,
        tickfont={"color": style.palette.text},
    )
    figure.update_xaxes(range=limits, nticks=6)
    for i in range(n):
        if style.is_narrow and i < n - 1:
            continue
        cell = {"row": i + 1, "col": 1} if style.is_narrow else {"row": 1, "col": i + 1}
        text = formats.shorten(picture.y_title, 60 if style.is_narrow else 110 // n)
        figure.update_xaxes(title_text=escape.for_plotly(text), **cell)
    return figure


def _look(name: str) -> tuple[theme.MarkName, str]:
    """Return the mark of an estimator and its symbol; two-stage is no pooling's, as a square."""
    if name == "two_stage":
        return "no_pooling", "square-open"
    if name == "partial_pooling":
        return "partial_pooling", "circle"
    return (
        ("no_pooling", "circle-open") if name == "no_pooling" else ("complete_pooling", "line-ns")
    )


def _limits(now: pd.DataFrame) -> tuple[float, float]:
    """Return a range that a group's own wild estimate cannot blow up."""
    columns = ["point", "lower", "upper"]
    calm = now.loc[now["estimator"].isin(["partial_pooling", "complete_pooling"]), columns]
    inside = calm.to_numpy(dtype=np.float64).ravel()
    everything = now[columns].to_numpy(dtype=np.float64).ravel()
    inside, everything = inside[np.isfinite(inside)], everything[np.isfinite(everything)]
    if not len(inside) or np.ptp(everything) <= _TOLERATED * np.ptp(inside):
        inside = everything
    return canvas.crowd_range(inside, inside, share=1.0, pad=0.08)


@dataclass(frozen=True, eq=False)
class _Place:
    """Where one estimator of one case is drawn."""

    figure: go.Figure
    cell: dict[str, int]
    height: int
    limits: tuple[float, float]
    style: theme.Style

    def note(self, text: str, color: str, x: float, hover: str) -> None:
        """Write instead of a mark; x runs from 0 to 1 across the panel.

        At an end of the panel above the interval, which runs on there.
        """
        self.figure.add_annotation(
            text=text,
            x=x,
            y=self.height,
            xref="x domain",
            xanchor="left" if x == 0 else "right" if x == 1 else "center",
            yshift=0 if 0 < x < 1 else 10 * self.style.scale,
            hovertext=escape.for_plotly(hover),
            **canvas.label(self.style, color),
            **self.cell,
        )


def _draw(place: _Place, name: str, row: dict[str, Any], source: str) -> None:
    """Draw point and interval, or write why there is none."""
    style = place.style
    mark, symbol = _look(name)
    text_color = {
        "partial_pooling": style.palette.partial_pooling_text,
        "no_pooling": style.palette.no_pooling_text,
        "complete_pooling": style.palette.text,
    }[mark]
    if not np.isfinite(row["point"]):
        place.note("not defined", text_color, 0.5, str(row["reason"]))
        return
    digits = formats.decimals_for([row["lower"], row["upper"]], digits=3, most=4)
    point, low, high = (formats.fixed(row[c], digits) for c in ("point", "lower", "upper"))
    whole = f"{NAMES[name]} {point} ({low} to {high})"
    if name == "partial_pooling":
        whole += f", {source}"
    ends = np.clip([row["lower"], row["upper"]], *place.limits)
    place.figure.add_scatter(
        x=ends,
        y=[place.height] * 2,
        mode="lines",
        line=theme.line(mark, style, width=2.6 * style.scale),
        hoverinfo="skip",
        name=f"{NAMES[name]} interval",
        **place.cell,
    )
    if not place.limits[0] <= row["point"] <= place.limits[1]:
        is_low = row["point"] < place.limits[0]
        text = f"\N{BLACK LEFT-POINTING TRIANGLE} {point}"
        if not is_low:
            text = f"{point} \N{BLACK RIGHT-POINTING TRIANGLE}"
        place.note(text, text_color, 0.0 if is_low else 1.0, whole)
        return
    marker = theme.marker(mark, style, symbol=symbol, size=10 * style.scale)
    if symbol == "line-ns":
        marker["line"] = {"width": 3 * style.scale, "color": style.color(mark)}
    place.figure.add_scatter(
        x=[row["point"]],
        y=[place.height],
        mode="markers+text",
        marker=marker,
        text=[point],
        textposition="top center",
        textfont={"color": text_color, "size": style.text.label},
        cliponaxis=False,
        hovertext=whole,
        hoverinfo="text",
        name=NAMES[name],
        **place.cell,
    )
