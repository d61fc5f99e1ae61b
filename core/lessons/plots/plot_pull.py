"""Every group's own estimate, and how far partial pooling pulls it: along size or a predictor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.estimators.estimates import Estimates, estimates
from core.explore.pooling import story as sentences
from core.figures import canvas, hover, theme
from core.formats import upper_first
from core.results import PoolingFits
from core.tables.wording import Wording
from core.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class _Scene:
    figure: go.Figure
    each: Estimates
    at: FloatArray
    pulled: FloatArray
    limits: tuple[float, float]
    shown: IntArray
    texts: list[str]
    wording: Wording
    style: theme.Style


def plot_pull(
    fits: PoolingFits,
    *,
    term: str | None = None,
    along: str = "",
    is_revealed: bool = True,
    pulled: FloatArray | None = None,
    named: Sequence[int] = (),
    guessed: int | None = None,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw no pooling, and the way from there to partial pooling once revealed.

    Parameters
    ----------
    fits : PoolingFits
    term : str or None
        Which varying coefficient; the first by default.
    along : str
        Group-level predictor on the horizontal axis; '' for the size of the groups.
    is_revealed : bool
        Whether partial pooling is drawn.
    pulled : FloatArray, shape (J,), optional
        Where the groups are pulled to; the partial-pooling estimates by default (a position
        of the dial otherwise).
    named : sequence of int
        Groups that get their name.
    guessed : int, optional
        The group that the reader picked.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    each = estimates(fits, term)
    at, ticks = _axis(fits, along, wording)
    picked = [] if guessed is None else [guessed]
    shown = canvas.drawn(np.arange(each.n_groups), [*named, *picked])
    spoken_of = each.no_pooling[[*named, *picked]]
    # While the reader is to find a group in the picture, none may lie outside.
    always = [each.partial_pooling, spoken_of] if is_revealed else [each.no_pooling]
    limits = canvas.crowd_range(each.no_pooling, np.concatenate(always))
    heading = canvas.Heading(
        _title(each, wording, is_revealed),
        _key(is_revealed, along, guessed is not None),
        _note(each, shown, limits, wording),
    )
    scene = _Scene(
        figure=canvas.new_figure(heading, style, height=430 if style.size == "normal" else 540),
        each=each,
        at=at,
        pulled=each.partial_pooling if pulled is None else pulled,
        limits=limits,
        shown=shown,
        texts=hover.group_texts(each, shown, wording) if is_revealed else _plain(each, shown),
        wording=wording,
        style=style,
    )
    _draw_complete(scene, along)
    if is_revealed:
        if along and pulled is None:
            _draw_target(scene)
        _draw_moves(scene)
    _draw_own(scene)
    if is_revealed:
        _draw_pulled(scene)
    _name(scene, named, guessed, is_revealed)
    _lay_out(scene, fits, along, ticks)
    return scene.figure


def _axis(
    fits: PoolingFits, along: str, wording: Wording
) -> tuple[FloatArray, tuple[list[float], list[str]] | None]:
    """Return where each group stands (log10 of its size, or its predictor) and tick labels."""
    data = fits.data
    if not along:
        return np.log10(canvas.spread_sizes(data.group_sizes)), None
    names = data.group_levels.get(along)
    parts = zip(data.group_base, data.group_columns, strict=True)
    own = [(base.level, values) for base, (_, values) in parts if base.source == along]
    if names is None:
        return own[0][1], None
    codes = np.sum([level * values for level, values in own], axis=0)
    at = codes + 0.25 * canvas.jitter(data.n_groups)
    words = [wording.level(along, level) for level in names]
    return np.asarray(at), ([float(i) for i in range(len(words))], words)


def _title(each: Estimates, wording: Wording, is_revealed: bool) -> str:
    if is_revealed:
        return sentences.shrinkage_title(each, wording)
    return f"{wording.group.count(each.n_groups)}, each on its own"


def _key(is_revealed: bool, along: str, has_guess: bool) -> tuple[tuple[str, str], ...]:
    key = [("no_pooling", "no pooling")]
    if is_revealed:
        key.append(("partial_pooling", "partial pooling"))
        if along:
            key.append(("partial_pooling_line", "what groups are pulled towards"))
    key.append(("complete_pooling", "complete pooling"))
    if has_guess:
        key.append(("guess", "your pick"))
    return tuple(key)


def _note(each: Estimates, shown: IntArray, limits: tuple[float, float], wording: Wording) -> str:
    low, high = canvas.outside(each.no_pooling, limits)
    n = int((low | high).sum())
    stand = "stands outside the picture on its own" if n == 1 else "stand outside on their own"
    beyond = f"{wording.group.count(n)} {stand}." if n else ""
    parts = [canvas.drawn_note(len(shown), each.n_groups), beyond]
    missing = sentences.without_own(each, wording)
    parts.append(f"{missing}." if missing else "")
    return " ".join(part for part in parts if part)


def _plain(each: Estimates, shown: IntArray) -> list[str]:
    digits = hover.decimals(each)
    return [
        f"<b>{escape.for_plotly(each.group_names[j])}</b> ({each.group_sizes[j]:,})<br>"
        f"no pooling {formats.fixed(float(each.no_pooling[j]), digits)}"
        for j in shown
    ]


def _draw_complete(scene: _Scene, along: str) -> None:
    order = np.argsort(scene.at, kind="stable")
    whole = scene.each.complete_pooling
    x = scene.at[order][[0, -1]] if np.ptp(whole) == 0 or not along else scene.at[order]
    y = np.full(2, whole[0]) if len(x) == 2 else whole[order]
    scene.figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line=theme.line("complete_pooling", scene.style),
        hoverinfo="skip",
        name="complete pooling",
    )


def _draw_target(scene: _Scene) -> None:
    order = np.argsort(scene.at, kind="stable")
    scene.figure.add_scatter(
        x=scene.at[order],
        y=scene.each.target[order],
        mode="lines",
        line=theme.line("partial_pooling", scene.style, width=1.6 * scene.style.scale),
        hoverinfo="skip",
        name="target",
    )


def _draw_moves(scene: _Scene) -> None:
    own, pulled = scene.each.no_pooling[scene.shown], scene.pulled[scene.shown]
    at = scene.at[scene.shown]
    x, y = canvas.segments(at, at, own, pulled)
    scene.figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": scene.style.palette.axis, "width": 1.2 * scene.style.scale},
        opacity=canvas.fade(len(at), most=1.0, least=0.25),
        hoverinfo="skip",
        name="moves",
    )


def _draw_own(scene: _Scene) -> None:
    scene.figure.add_scatter(
        x=scene.at[scene.shown],
        y=scene.each.no_pooling[scene.shown],
        mode="markers",
        marker=theme.marker("no_pooling", scene.style),
        opacity=canvas.fade(len(scene.shown), least=0.3),
        hovertext=scene.texts,
        hoverinfo="text",
        name="no pooling",
    )


def _draw_pulled(scene: _Scene) -> None:
    own: BoolArray = scene.each.is_estimable[scene.shown]
    for mask, marker in (
        (own, theme.marker("partial_pooling", scene.style)),
        (~own, theme.unsupported_marker(scene.style)),
    ):
        if mask.any():
            scene.figure.add_scatter(
                x=scene.at[scene.shown][mask],
                y=scene.pulled[scene.shown][mask],
                mode="markers",
                marker=marker,
                hovertext=[t for t, is_in in zip(scene.texts, mask, strict=True) if is_in],
                hoverinfo="text",
                name="partial pooling",
            )


def _name(scene: _Scene, named: Sequence[int], guessed: int | None, is_revealed: bool) -> None:
    """Write the names of some groups beside them, the picked one with the mark of a guess."""
    style = scene.style
    seen = [j for j in dict.fromkeys([*named, *([] if guessed is None else [guessed])])]
    for place, j in enumerate(seen):
        y = scene.pulled[j] if is_revealed else scene.each.no_pooling[j]
        y = y if np.isfinite(y) else scene.each.complete_pooling[j]
        is_guess = j == guessed
        color = style.palette.guess if is_guess else style.palette.text
        name = escape.for_plotly(formats.shorten(scene.each.group_names[j], 18))
        if is_guess:
            scene.figure.add_scatter(
                x=[scene.at[j]],
                y=[float(np.clip(y, *scene.limits))],
                mode="markers",
                marker=theme.marker("guess", style, symbol="circle-open", size=20 * style.scale)
                | {"line": {"width": 2.6 * style.scale, "color": color}, "color": color},
                hoverinfo="skip",
                name="guess",
            )
        right = scene.at[j] > np.median(scene.at)
        scene.figure.add_annotation(
            x=float(scene.at[j]),
            y=float(np.clip(y, *scene.limits)),
            text=f"{'your pick: ' if is_guess else ''}{name} ({scene.each.group_sizes[j]:,})",
            **(canvas.label(style, color) | {"showarrow": True, "arrowcolor": color}),
            arrowwidth=1,
            arrowhead=0,
            ax=-46 if right else 46,
            ay=_aside(float(y), scene.limits, place) * style.scale,
        )


def _aside(y: float, limits: tuple[float, float], place: int) -> float:
    """Return how far below a mark its label stands: away from the near edge, else in turns."""
    at = (y - limits[0]) / (limits[1] - limits[0])
    if at > 0.8 or at < 0.2:
        return 34.0 if at > 0.8 else -30.0
    return -30.0 if place % 2 == 0 else 34.0


def _lay_out(
    scene: _Scene,
    fits: PoolingFits,
    along: str,
    ticks: tuple[list[float], list[str]] | None,
) -> None:
    figure, wording, style = scene.figure, scene.wording, scene.style
    low, high = float(scene.at.min()), float(scene.at.max())
    room = 0.07 * (high - low) or 0.5
    figure.update_xaxes(range=[low - room, high + room])
    if ticks is not None:
        figure.update_xaxes(tickvals=ticks[0], ticktext=list(map(escape.for_plotly, ticks[1])))
    if not along:
        wanted = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000) if n]
        inside = [n for n in wanted if low - 0.05 <= np.log10(n) <= high + 0.05]
        if inside:
            figure.update_xaxes(tickvals=np.log10(inside), ticktext=[f"{n:,}" for n in inside])
    name = (
        wording.column(along).title
        if along
        else f"{upper_first(wording.individual.many)} per {wording.group.one}"
    )
    figure.update_yaxes(range=list(scene.limits))
    canvas.title_axis(figure, "x", name, style)
    canvas.title_axis(figure, "y", wording.term_axis(scene.each.term, fits.data), style)
