"""The map of winners: which estimator errs least in which design, and by how much."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import formats
from core.explore.simulate.draw_story import NAMES
from core.explore.simulate.numbers import ESTIMATORS
from core.explore.simulate.story import EVEN, map_title
from core.explore.simulate.win_map import WinMap
from core.figures import canvas, theme

_GLYPHS = ("– –", "○", "●")
_ALPHA = 0.3
_EVEN_ALPHA = 0.1


def plot_win_map(
    found: WinMap,
    *,
    row_axis: str,
    column_axis: str,
    here: tuple[float, float] | None = None,
    note: str = "",
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw who errs least in every cell, and how much less than the next best.

    Parameters
    ----------
    found : WinMap
        Cells that are not made yet, or cannot be, are left blank.
    row_axis, column_axis : str
        What the axes show, plain text.
    here : (float, float), optional
        Row and column value of the reader's own design, ringed where the map has it.
    note : str
        Plain text.
    style : Style
        Where the figure will be seen.
    """
    key = tuple((str(e), f"{NAMES[ESTIMATORS.index(e)]} errs least") for e in ESTIMATORS[::-1])
    height = 520 if style.is_narrow else 470
    figure = canvas.new_figure(canvas.Heading(map_title(found), key, note), style, height=height)
    best, margin = found.best, found.margin
    R, C = best.shape
    is_even = margin < EVEN
    level = np.where(best >= 0, 2 * best + np.where(is_even, 0, 1), np.nan)
    figure.add_heatmap(
        z=level,
        x=np.arange(C),
        y=np.arange(R),
        zmin=-0.5,
        zmax=5.5,
        colorscale=_scale(style),
        showscale=False,
        xgap=2,
        ygap=2,
        text=_texts(found, style),
        texttemplate="%{text}",
        textfont={"size": style.text.label - 1 * style.is_narrow, "color": style.palette.text},
        hovertext=_hover(found, row_axis, column_axis),
        hoverinfo="text",
        name="least error",
    )
    if here is not None:
        _ring(figure, found, here, style)
    figure.update_xaxes(
        tickvals=np.arange(C),
        ticktext=[formats.trimmed(v) for v in found.column_values],
        showgrid=False,
        range=[-0.5, C - 0.5],
    )
    figure.update_yaxes(
        tickvals=np.arange(R),
        ticktext=[formats.trimmed(v) for v in found.row_values],
        showgrid=False,
        range=[-0.5, R - 0.5],
    )
    canvas.title_axis(figure, "x", column_axis, style)
    canvas.title_axis(figure, "y", row_axis, style)
    return figure


def _scale(style: theme.Style) -> list[list[object]]:
    """Return six steps of colour: each estimator even with the next best, and clearly ahead."""
    colors = [
        theme.rgba(style.color(name), alpha)
        for name in ESTIMATORS
        for alpha in (_EVEN_ALPHA, _ALPHA)
    ]
    scale: list[list[object]] = []
    for i, color in enumerate(colors):
        scale += [[i / 6, color], [(i + 1) / 6, color]]
    return scale


def _texts(found: WinMap, style: theme.Style) -> list[list[str]]:
    """Return the glyph of the winner and how much less it errs than the next best."""
    out = []
    for best, margin in zip(found.best, found.margin, strict=True):
        row = []
        for e, lead in zip(best, margin, strict=True):
            if e < 0:
                row.append("")
                continue
            share = "≈" if lead < EVEN else formats.percent(lead / (1 + lead))
            row.append(f"{_GLYPHS[e]}<br>{share}" if style.is_narrow else f"{_GLYPHS[e]} {share}")
        out.append(row)
    return out


def _hover(found: WinMap, row_axis: str, column_axis: str) -> list[list[str]]:
    out = []
    for i, high in enumerate(found.row_values):
        row = []
        for j, wide in enumerate(found.column_values):
            lines = [
                f"{row_axis} {formats.trimmed(high)}",
                f"{column_axis} {formats.trimmed(wide)}",
            ]
            if found.best[i, j] < 0:
                lines.append("not made, or cannot be fitted")
            else:
                errors = zip(NAMES, found.rmse[i, j], strict=True)
                lines += [f"{name}: error {formats.number(e, 3)}" for name, e in errors]
                zero = formats.percent(float(found.zero_share[i, j]))
                lines.append(f"σ_α estimated as zero in {zero}")
            row.append("<br>".join(lines))
        out.append(row)
    return out


def _ring(figure: go.Figure, found: WinMap, here: tuple[float, float], style: theme.Style) -> None:
    """Frame the cell nearest to the reader's design."""
    i = int(np.argmin(np.abs(np.log1p(found.row_values) - np.log1p(here[0]))))
    j = int(np.argmin(np.abs(np.log1p(found.column_values) - np.log1p(here[1]))))
    figure.add_shape(
        type="rect",
        x0=j - 0.48,
        x1=j + 0.48,
        y0=i - 0.47,
        y1=i + 0.47,
        line={"color": style.palette.truth, "width": 3 * style.scale},
    )
