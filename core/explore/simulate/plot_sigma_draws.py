"""How a group sd is estimated over many draws: its distribution, and how often it is zero."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from core import formats
from core.figures import canvas, theme


def plot_sigma_draws(
    table: pd.DataFrame,
    truth: float,
    *,
    symbol: str,
    title: str,
    unit: str = "",
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw the estimates of a group sd as bars, those that are exactly zero as a bar apart.

    Parameters
    ----------
    table : DataFrame
        ``low, high, share``; the first row holds the estimates that are exactly zero.
    truth : float
        The true sd.
    symbol, title, unit : str
        Plain text.
    style : Style
        Where the figure will be seen.
    """
    key = (("partial_pooling", "estimates, one per draw"), ("truth", "truth"))
    figure = canvas.new_figure(
        canvas.Heading(title, key), style, height=430 if style.is_narrow else 440
    )
    rest = table.iloc[1:]
    width = float(rest["high"].iloc[0] - rest["low"].iloc[0])
    top = float(table["share"].max()) or 1.0
    _draw_positive(figure, rest, width, style)
    _draw_zero(figure, float(table["share"].iloc[0]), width, style)
    _draw_truth(figure, truth, 1.1 * top, style)
    end = float(rest["high"].max())
    ticks = _ticks(end)
    figure.update_layout(bargap=0)
    figure.update_yaxes(range=[0, 1.22 * top], tickformat=".0%")
    figure.update_xaxes(
        range=[-4.2 * width, end + 1.5 * width],
        tickvals=ticks,
        ticktext=[formats.trimmed(t) for t in ticks],
    )
    canvas.title_axis(figure, "x", f"estimate of {symbol}{f' ({unit})' if unit else ''}", style)
    canvas.title_axis(figure, "y", "share of draws", style)
    return figure


def _draw_positive(figure: go.Figure, rest: pd.DataFrame, width: float, style: theme.Style) -> None:
    figure.add_bar(
        x=0.5 * (rest["low"] + rest["high"]),
        y=rest["share"],
        width=width * 0.94,
        marker={"color": theme.rgba(style.color("partial_pooling"), 0.55), "line": {"width": 0}},
        hovertext=[
            f"{formats.number(low, 2)} to {formats.number(high, 2)}: {formats.percent(share)}"
            for low, high, share in rest.itertuples(index=False)
        ],
        hoverinfo="text",
        name="estimates above zero",
    )


def _draw_zero(figure: go.Figure, share: float, width: float, style: theme.Style) -> None:
    """Draw the bar of estimates that are exactly zero, apart from the others and named."""
    at, text = -2.2 * width, f"exactly 0: {formats.percent(share)}"
    figure.add_bar(
        x=[at],
        y=[share],
        width=[1.8 * width],
        marker={"color": style.color("partial_pooling"), "line": {"width": 0}},
        hovertext=[text],
        hoverinfo="text",
        name="exactly zero",
    )
    figure.add_annotation(
        x=at,
        y=share,
        yanchor="bottom",
        yshift=3,
        text=text,
        xanchor="left",
        xshift=-14 * style.scale,
        **canvas.label(style, style.palette.partial_pooling_text),
    )


def _draw_truth(figure: go.Figure, truth: float, top: float, style: theme.Style) -> None:
    figure.add_scatter(
        x=[truth, truth],
        y=[0, top],
        mode="lines",
        line=theme.line("truth", style),
        hoverinfo="skip",
        name="truth",
    )
    figure.add_scatter(
        x=[truth],
        y=[top],
        mode="markers+text",
        marker=theme.marker("truth", style),
        text=[f"truth {formats.trimmed(truth)}"],
        textposition="middle right",
        textfont={"color": style.palette.truth, "size": style.text.label},
        hoverinfo="skip",
        cliponaxis=False,
        name="truth",
    )


def _ticks(top: float) -> list[float]:
    """Return about five round numbers from 0 to the top."""
    rough = top / 5
    power = 10.0 ** int(f"{rough:e}".split("e")[1])
    step = next(m for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999) * power
    return [round(i * step, 12) for i in range(int(top / step + 1e-9) + 1)]
