"""Cross-validated differences between estimators by group size, and coverage of intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import escape, formats
from core.explore.prediction.story import NAMES
from core.explore.predicts_best.story import ValidationStory
from core.figures import canvas, theme

#: Places of the estimators inside a row of the figure.
_ORDER: tuple[str, ...] = (
    "no_pooling",
    "two_stage",
    "complete_pooling",
    "partial_pooling",
)
_GAP = 0.22


def _look(name: str) -> tuple[theme.MarkName, str]:
    """Return the mark of an estimator and its symbol; two-stage is no pooling's, as a square."""
    looks: dict[str, tuple[theme.MarkName, str]] = {
        "two_stage": ("no_pooling", "square-open"),
        "partial_pooling": ("partial_pooling", "circle"),
        "no_pooling": ("no_pooling", "circle-open"),
    }
    return looks.get(name, ("complete_pooling", "line-ns"))


def _text_color(mark: theme.MarkName, style: theme.Style) -> str:
    colors = {
        "no_pooling": style.palette.no_pooling_text,
        "partial_pooling": style.palette.partial_pooling_text,
    }
    return colors.get(mark, style.palette.text)


def _marker(name: str, style: theme.Style) -> dict[str, Any]:
    mark, symbol = _look(name)
    marker = theme.marker(mark, style, symbol=symbol, size=10 * style.scale)
    if symbol == "line-ns":
        marker["line"] = {"width": 3 * style.scale, "color": style.color(mark)}
    return marker


def plot_differences(
    story: ValidationStory, *, axis: str, style: theme.Style = theme.DEFAULT
) -> go.Figure:
    """Draw how much worse the other estimators are than the reference, by group size.

    Parameters
    ----------
    story : ValidationStory
    axis : str
        What the axis shows, with its unit, plain text.
    style : Style
        Where the figure will be seen.
    """
    table = story.differences
    bands = list(dict.fromkeys(table["band"]))
    names = [n for n in _ORDER if n in set(table["estimator"])]
    each = 26 * style.scale * max(len(names), 2) + 12
    key: list[tuple[str, str]] = [
        (f"{story.reference}_line", f"{NAMES[story.reference]}, the zero")
    ]
    heading = canvas.Heading(story.title, tuple(key), "Lines: 95% interval of the difference.")
    figure = canvas.new_figure(heading, style, height=round(96 + each * len(bands)))
    places = {name: _GAP * ((len(names) - 1) / 2 - i) for i, name in enumerate(names)}
    for i, band in enumerate(bands):
        for name in names:
            row = table[(table["band"] == band) & (table["estimator"] == name)].iloc[0]
            _draw(figure, row, len(bands) - 1 - i + places[name], style, is_named=i == 0)
    mark: theme.MarkName = (
        "partial_pooling" if story.reference == "partial_pooling" else "complete_pooling"
    )
    figure.add_vline(x=0, line=theme.line(mark, style), layer="below")
    _lay_out(figure, table, bands, style)
    canvas.title_axis(figure, "x", axis, style)
    return figure


def _draw(
    figure: go.Figure, row: pd.Series[Any], place: float, style: theme.Style, *, is_named: bool
) -> None:
    """Draw one difference with its interval, or write that there is none."""
    name: str = row["estimator"]
    mark, _ = _look(name)
    label = {**canvas.label(style, _text_color(mark, style)), "xanchor": "left"}
    if not np.isfinite(row["worse"]):
        figure.add_annotation(
            text=f"{NAMES[name]}: not defined", x=0.02, xref="paper", y=place, **label
        )
        return
    low, high = row["lower"], row["upper"]
    if np.isfinite(low):
        figure.add_scatter(
            x=[low, high],
            y=[place, place],
            mode="lines",
            line=theme.line(mark, style, width=2.4 * style.scale),
            hoverinfo="skip",
            name=f"{NAMES[name]} interval",
        )
    figure.add_scatter(
        x=[row["worse"]],
        y=[place],
        mode="markers",
        marker=_marker(name, style),
        hovertext=f"<b>{NAMES[name]}</b>, {escape.for_plotly(row['band'])}<br>"
        f"{formats.number(float(row['worse']))} ({formats.number(float(low))} to "
        f"{formats.number(float(high))})",
        hoverinfo="text",
        name=NAMES[name],
    )
    if is_named:
        at = high if np.isfinite(high) else row["worse"]
        figure.add_annotation(text=NAMES[name], x=max(at, 0.0), y=place, xshift=9, **label)


def _lay_out(figure: go.Figure, table: pd.DataFrame, bands: list[str], style: theme.Style) -> None:
    counts = table.drop_duplicates("band").set_index("band")["n_groups"]
    muted = style.palette.muted
    texts = []
    for band in bands:
        lines = formats.wrap(band, 15 if style.is_narrow else 24, most=2)
        name = "<br>".join(map(escape.for_plotly, lines))
        texts.append(f'{name} <span style="color:{muted}">({counts[band]:,})</span>')
    figure.update_yaxes(
        tickvals=np.arange(len(bands))[::-1],
        ticktext=texts,
        range=[-0.5, len(bands) - 0.5],
        showgrid=False,
        tickfont={"color": style.palette.text},
    )
    for i in range(1, len(bands)):
        figure.add_hline(y=i - 0.5, line={"color": style.palette.grid, "width": 1})
    points = table["worse"].to_numpy(dtype=np.float64)
    ends = table[["lower", "upper"]].to_numpy(dtype=np.float64)
    named = ends[(table["band"] == bands[0]).to_numpy()].ravel()
    always = np.concatenate([points, named, [0.0]])
    low, high = canvas.crowd_range(ends.ravel(), always, share=0.9, pad=0.06)
    # Room for the names on the right of the first row.
    high += (0.5 if style.is_narrow else 0.26) * (high - low)
    figure.update_xaxes(range=[low, high], nticks=7)
    _mark_cut(figure, (low, high), style)


def _mark_cut(figure: go.Figure, limits: tuple[float, float], style: theme.Style) -> None:
    """Put an arrowhead where an interval runs out of the picture."""
    for trace in figure.data:
        if trace.mode != "lines":
            continue
        for end, symbol in ((0, "triangle-left"), (1, "triangle-right")):
            at = trace.x[end]
            if (at < limits[0], at > limits[1])[end]:
                figure.add_scatter(
                    x=[limits[end]],
                    y=[trace.y[end]],
                    mode="markers",
                    marker={
                        "symbol": symbol,
                        "size": 9 * style.scale,
                        "color": trace.line.color,
                    },
                    cliponaxis=False,
                    hoverinfo="skip",
                    name=f"{trace.name}, outside the range",
                )


def plot_coverage(
    story: ValidationStory, *, title: str, axis: str, style: theme.Style = theme.DEFAULT
) -> go.Figure:
    """Draw what share of the outcomes the prediction intervals held, beside their level.

    Parameters
    ----------
    story : ValidationStory
    title, axis : str
        The finding, and what the axis shows; plain text.
    style : Style
        Where the figure will be seen.
    """
    table = story.coverage
    names = [n for n in NAMES if n in set(table["estimator"])]
    height = round(96 + 46 * len(names) * style.scale)
    figure = canvas.new_figure(canvas.Heading(title), style, height=height)
    for level in table["level"].unique():
        figure.add_vline(x=level, line={"color": style.palette.muted, "width": 1.5, "dash": "dot"})
        figure.add_annotation(
            text=f"promised {level:.0%}",
            x=level,
            y=len(names) - 0.3,
            **canvas.label(style, style.palette.muted),
        )
    for i, name in enumerate(names):
        _draw_coverage(figure, table[table["estimator"] == name], len(names) - 1 - i, style)
    figure.update_yaxes(
        tickvals=np.arange(len(names))[::-1],
        ticktext=[NAMES[name] for name in names],
        range=[-0.5, len(names) - 0.05],
        showgrid=False,
        tickfont={"color": style.palette.text},
    )
    ends = table[["coverage", "lower", "upper"]].to_numpy(dtype=np.float64).ravel()
    low = min(float(np.nanmin(ends, initial=0.45)), 0.45) - 0.03
    figure.update_xaxes(range=[low, 1.005], tickformat=".0%", nticks=7)
    canvas.title_axis(figure, "x", axis, style)
    return figure


def _draw_coverage(figure: go.Figure, rows: pd.DataFrame, place: int, style: theme.Style) -> None:
    name: str = rows["estimator"].iloc[0]
    mark, _ = _look(name)
    some = rows[np.isfinite(rows["coverage"])]
    if some.empty:
        figure.add_annotation(
            text="not defined",
            x=0.5,
            xref="paper",
            y=place,
            **canvas.label(style, _text_color(mark, style)),
        )
        return
    lower, upper = some["lower"].to_numpy(), some["upper"].to_numpy()
    at = np.full(len(some), float(place))
    x, y = canvas.segments(lower, upper, at, at)
    line = theme.line(mark, style, dash="solid", width=2.4 * style.scale)
    figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name="95% interval")
    figure.add_scatter(
        x=some["coverage"],
        y=at,
        mode="markers",
        marker=_marker(name, style),
        hovertext=[
            f"<b>{NAMES[name]}</b><br>{100 * c:.1f}% of the outcomes in their {v:.0%} intervals"
            for c, v in zip(some["coverage"], some["level"], strict=True)
        ],
        hoverinfo="text",
        name=NAMES[name],
    )
    for share in some["coverage"]:
        figure.add_annotation(
            text=formats.percent(float(share)),
            x=share,
            y=place,
            yshift=16 * style.scale,
            **canvas.label(style, _text_color(mark, style)),
        )
