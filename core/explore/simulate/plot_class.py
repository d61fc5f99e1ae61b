"""The estimates of a class, a dot a student, over what theory lets expect."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import formats
from core.explore.simulate.class_results import ClassResults, class_table, class_title
from core.explore.simulate.numbers import SimulationStudy
from core.figures import canvas, theme


def plot_class(
    found: ClassResults, study: SimulationStudy, *, style: theme.Style = theme.DEFAULT
) -> go.Figure:
    """Draw the distribution over the class with the theory behind it.

    Parameters
    ----------
    found : ClassResults
    study : SimulationStudy
        Many draws of the same design.
    style : Style
        Where the figure will be seen.
    """
    key = [("points_line", f"{study.draws:,} draws of the same design")]
    key += [("partial_pooling", "a draw of the class")]
    key += [("no_pooling", "its interval misses the truth")] if found.missed else []
    key += [("truth", "truth")]
    heading = canvas.Heading(class_title(found, study), tuple(key))
    figure = canvas.new_figure(heading, style, height=430 if style.is_narrow else 440)
    table, n = class_table(found, study), len(found.members)
    low, high = table["low"].to_numpy(), table["high"].to_numpy()
    width = float(high[1] - low[1])
    at = np.append(-1.4 * width, 0.5 * (low[1:] + high[1:]))
    top = max(float(table["theory"].max()), float(table["draws"].max()) / n)
    names = [
        "exactly 0",
        *(f"{_short(a)} to {_short(b)}" for a, b in zip(low[1:], high[1:], strict=True)),
    ]
    figure.add_bar(
        x=at,
        y=table["theory"],
        width=width * 0.94,
        marker={"color": theme.rgba(style.palette.points, 0.35), "line": {"width": 0}},
        hovertext=[
            f"{name}: {formats.percent(share)} of many draws, {drawn} of the class"
            for name, share, drawn in zip(names, table["theory"], table["draws"], strict=True)
        ],
        hoverinfo="text",
        name="theory",
    )
    _dots(figure, found, (at, width, high), style)
    figure.add_scatter(
        x=[found.truth, found.truth],
        y=[0, 1.1 * top],
        mode="lines",
        line=theme.line("truth", style),
        hoverinfo="skip",
        name="truth",
    )
    figure.update_yaxes(range=[0, 1.2 * top], tickformat=".0%")
    ticks = [float(t) for t in np.linspace(0.0, float(high[-1]), 5)]
    figure.update_xaxes(
        range=[-2.6 * width, float(high[-1]) + width],
        tickvals=[at[0], *ticks[1:]],
        ticktext=["exactly 0", *map(_short, ticks[1:])],
    )
    canvas.title_axis(figure, "x", "estimate of σ_α", style)
    canvas.title_axis(figure, "y", "share", style)
    return figure


def _short(value: float) -> str:
    return formats.number(value, 2)


def _dots(
    figure: go.Figure,
    found: ClassResults,
    places: tuple[np.ndarray, float, np.ndarray],
    style: theme.Style,
) -> None:
    """Stack the students of each bin, those whose interval misses the truth as rings."""
    at, _, high = places
    missed, n = set(found.missed), len(found.members)
    stacks: dict[int, int] = {}
    looks: tuple[tuple[bool, theme.MarkName], ...]
    looks = ((False, "partial_pooling"), (True, "no_pooling"))
    for is_missed, name in looks:
        x, y, said = [], [], []
        for member in found.members:
            if (member in missed) is not is_missed:
                continue
            b = (
                0
                if member.sigma == 0
                else min(int(np.searchsorted(high[1:], member.sigma)) + 1, len(at) - 1)
            )
            stacks[b] = stacks.get(b, 0) + 1
            x.append(at[b])
            y.append((stacks[b] - 0.5) / n)
            ends = f"{_short(member.lower)} to {_short(member.upper)}"
            said.append(f"seed {member.seed}: {_short(member.sigma)}, interval {ends}")
        figure.add_scatter(
            x=x,
            y=y,
            mode="markers",
            marker=theme.marker(name, style),
            hovertext=said,
            hoverinfo="text",
            name="missed" if is_missed else "class",
        )
