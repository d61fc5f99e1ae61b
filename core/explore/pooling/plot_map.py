"""The map: every group's intercept and slope, pulled into the cloud of the group distribution."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.estimators.estimates import Estimates, estimates, varying_names
from core.explore.pooling import story as sentences
from core.explore.pooling.ellipse import ellipse
from core.figures import canvas, hover, map_labels, theme
from core.figures.map_labels import MapScene
from core.posterior.posterior import Posterior
from core.results import PoolingFits
from core.tables.wording import Wording
from core.types import BoolArray, FloatArray, IntArray

SHARES = (0.9, 0.5)


def plot_map(
    fits: PoolingFits,
    *,
    terms: tuple[str, str] | None = None,
    posterior: Posterior | None = None,
    wording: Wording | None = None,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw two varying coefficients against each other, own estimates moving to pooled ones.

    Parameters
    ----------
    fits : PoolingFits
        Of a model with at least two varying coefficients.
    terms : (str, str) or None
        Horizontal and vertical coefficient; the first two by default.
    posterior : Posterior or None
        Where the intervals of partial pooling come from; None: plug-in.
    wording, style
        What things are called, and where the figure will be seen.
    """
    wording = wording or Wording()
    terms = terms or (varying_names(fits)[0], varying_names(fits)[1])
    x, y = (estimates(fits, term, posterior) for term in terms)
    own = x.is_estimable & y.is_estimable
    distance = _distance(x, y)
    shown = canvas.drawn(np.arange(x.n_groups), np.argsort(-distance)[:50])
    heading = canvas.Heading(
        sentences.map_title(fits, terms, wording),
        _key(x, own, wording),
        canvas.drawn_note(len(shown), x.n_groups),
    )
    height = 520 if style.is_narrow else 476
    scene = MapScene(
        figure=canvas.new_figure(heading, style, height=height),
        x=x,
        y=y,
        shown=shown,
        own=own[shown],
        x_limits=canvas.crowd_range(x.no_pooling[own], x.partial_pooling),
        y_limits=canvas.crowd_range(y.no_pooling[own], y.partial_pooling),
        texts=_texts(x, y, shown, wording),
        style=style,
        height=height,
    )
    _draw_distribution(scene, fits, terms, escape.for_plotly(wording.group.many))
    _draw_complete(scene)
    _draw_moves(scene)
    _draw_points(scene)
    _draw_centre(scene)
    _draw_edges(scene)
    map_labels.label_groups(scene, distance)
    for axis, each in (("x", x), ("y", y)):
        canvas.title_axis(scene.figure, axis, wording.term_axis(each.term, fits.data), style)
    scene.figure.update_xaxes(range=scene.x_limits)
    scene.figure.update_yaxes(range=scene.y_limits)
    return scene.figure


def _key(x: Estimates, own: BoolArray, wording: Wording) -> tuple[tuple[str, str], ...]:
    area = f"area by number of {wording.individual.many}"
    key = [("no_pooling", "own line (no pooling)"), ("complete_pooling", "complete pooling")]
    if x.has_partial:
        key.insert(1, ("partial_pooling", f"partial pooling, {area}"))
        key.append(("centre", f"average {wording.group.one}"))
        if not own.all():
            missing = wording.group.count(int((~own).sum()))
            key.append(("unsupported", f"{missing} without a line of their own"))
    return tuple(key)


def _distance(x: Estimates, y: Estimates) -> FloatArray:
    """Return how far each point moves, in units of the pooled spread; 0 where unknown."""
    total = np.zeros(x.n_groups)
    for each in (x, y):
        spread = float(np.nanstd(each.partial_pooling)) if each.has_partial else 0.0
        if spread > 0:
            total += np.nan_to_num(each.shift / spread) ** 2
    return np.sqrt(total)


def _texts(x: Estimates, y: Estimates, shown: IntArray, wording: Wording) -> list[str]:
    """Return hover texts: the name once, then both coefficients."""
    lines = [
        (first, second.split("<br>")[1:])
        for first, second in zip(
            hover.group_texts(x, shown, wording), hover.group_texts(y, shown, wording), strict=True
        )
    ]
    return [
        first.replace("<br>", f"<br><i>{_short(x)}</i><br>", 1)
        + f"<br><i>{_short(y)}</i><br>"
        + "<br>".join(second)
        for first, second in lines
    ]


def _short(each: Estimates) -> str:
    return escape.for_plotly(formats.shorten(each.term, 30))


def _size(scene: MapScene, mask: BoolArray, least: float) -> FloatArray:
    """Return marker sizes: area by group size."""
    sizes = scene.x.group_sizes
    # Equal groups get a middling mark; the largest of very unequal ones a large one.
    room = float(np.clip(5.0 + 4.0 * np.log2(sizes.max() / sizes.min()), 5.0, 15.0))
    few = 1.0 if len(scene.shown) <= 300 else 0.65
    share = np.sqrt(sizes[scene.shown][mask] / sizes.max())
    return np.asarray((least + room * share) * few * scene.style.scale)


def _draw_distribution(
    scene: MapScene, fits: PoolingFits, terms: tuple[str, str], many: str
) -> None:
    """Draw the ellipses of half and nine tenths of the groups, and their centre."""
    model = fits.multilevel_or_none
    if model is None:
        return
    names = varying_names(fits)
    at = [names.index(term) for term in terms]
    centre = np.array([float(scene.x.target.mean()), float(scene.y.target.mean())])
    blue = scene.style.palette.partial_pooling
    for share in SHARES:
        x, y = ellipse(centre, model.vcov_group[np.ix_(at, at)], share)
        scene.figure.add_scatter(
            x=x,
            y=y,
            mode="lines",
            line={"width": 1, "color": theme.rgba(blue, 0.25)},
            fill="toself",
            fillcolor=theme.rgba(blue, 0.07),
            hoverinfo="skip",
            name=f"{formats.percent(share)} of groups",
        )
        top = int(np.argmax(y))
        if scene.y_limits[0] < y[top] < scene.y_limits[1]:
            scene.figure.add_annotation(
                x=x[top],
                y=y[top],
                yshift=-8 if share < 0.8 else 8,
                text="half" if share == 0.5 else f"nine tenths of {many}",
                showarrow=False,
                font={
                    "size": scene.style.text.label - 1,
                    "color": scene.style.palette.partial_pooling_text,
                },
            )


def _draw_complete(scene: MapScene) -> None:
    """Draw complete pooling as a crosshair, or as small crosses where it differs by group."""
    x, y = scene.x.complete_pooling, scene.y.complete_pooling
    line = theme.line("complete_pooling", scene.style, width=1.2 * scene.style.scale)
    for add, values in ((scene.figure.add_vline, x), (scene.figure.add_hline, y)):
        if np.ptp(values) == 0:
            add(float(values[0]), line=line, opacity=0.7, layer="below")
    if np.ptp(x) == 0 and np.ptp(y) == 0:
        return
    color = scene.style.palette.complete_pooling
    scene.figure.add_scatter(
        x=x[scene.shown],
        y=y[scene.shown],
        mode="markers",
        marker={"symbol": "cross-thin", "size": 6, "line": {"width": 1, "color": color}},
        opacity=0.5,
        hoverinfo="skip",
        name="complete pooling",
    )


def _edge_points(scene: MapScene) -> tuple[FloatArray, FloatArray]:
    """Return where each move starts: the own point, or where its line crosses the edge.

    The arrow of a point outside the ranges keeps its direction.
    """
    x0, y0 = scene.x.partial_pooling[scene.shown], scene.y.partial_pooling[scene.shown]
    dx = scene.x.no_pooling[scene.shown] - x0
    dy = scene.y.no_pooling[scene.shown] - y0
    reach = np.ones(len(dx))
    with np.errstate(divide="ignore", invalid="ignore"):
        for delta, start, limits in ((dx, x0, scene.x_limits), (dy, y0, scene.y_limits)):
            room = np.where(delta > 0, limits[1] - start, limits[0] - start) / delta
            reach = np.where(np.isfinite(room), np.minimum(reach, room), reach)
    return x0 + reach * dx, y0 + reach * dy


def _draw_moves(scene: MapScene) -> None:
    if not scene.x.has_partial:
        return
    start_x, start_y = _edge_points(scene)
    stop_x = scene.x.partial_pooling[scene.shown]
    stop_y = scene.y.partial_pooling[scene.shown]
    x, y = canvas.segments(start_x, stop_x, start_y, stop_y)
    scene.figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": scene.style.palette.axis, "width": 1.2 * scene.style.scale},
        opacity=max(canvas.fade(len(scene.shown), most=1.0), 0.3),
        hoverinfo="skip",
        name="shift",
    )


def _draw_points(scene: MapScene) -> None:
    style = scene.style
    hollow = theme.marker("no_pooling", style)
    filled = theme.marker("partial_pooling", style)
    # Plotly makes markers of different sizes translucent unless told otherwise.
    hollow["opacity"], filled["opacity"] = 1.0, 0.9
    pale = theme.unsupported_marker(style, opacity=1.0)
    layers = (
        ("no pooling", scene.inside, "no_pooling", hollow, 5.0),
        ("partial pooling, no line of its own", ~scene.own, "partial_pooling", pale, 3.5),
        ("partial pooling", scene.own, "partial_pooling", filled, 3.5),
    )
    for name, mask, which, marker, least in layers:
        scene.figure.add_scatter(
            x=getattr(scene.x, which)[scene.shown][mask],
            y=getattr(scene.y, which)[scene.shown][mask],
            mode="markers",
            marker={**marker, "size": _size(scene, mask, least)},
            customdata=scene.shown[mask],
            hovertext=np.array(scene.texts, dtype=object)[mask],
            hoverinfo="text",
            name=name,
        )


def _draw_centre(scene: MapScene) -> None:
    """Mark what the groups are pulled towards, where it is one point for all."""
    x, y = scene.x.target, scene.y.target
    if not scene.x.has_partial or np.ptp(x) > 0 or np.ptp(y) > 0:
        return
    style = scene.style
    scene.figure.add_scatter(
        x=x[:1],
        y=y[:1],
        mode="markers",
        marker={
            "symbol": "cross",
            "size": 13 * style.scale,
            "color": style.palette.partial_pooling,
            "line": {"width": 1.5, "color": style.palette.background},
        },
        hovertext=f"average: {formats.number(float(x[0]))}, {formats.number(float(y[0]))}",
        hoverinfo="text",
        name="average coefficients",
    )


def _draw_edges(scene: MapScene) -> None:
    """Mark the own points outside the ranges at the edge; the farthest get name and values."""
    found = np.flatnonzero(scene.own & ~scene.inside)
    if not len(found) or not scene.x.has_partial:
        return
    style = scene.style
    x, y = _edge_points(scene)
    scene.figure.add_scatter(
        x=x[found],
        y=y[found],
        mode="markers",
        marker={
            "symbol": "arrow",
            "size": 10 * style.scale,
            "color": style.palette.no_pooling,
            "angle": _angles(scene, found),
        },
        cliponaxis=False,
        customdata=scene.shown[found],
        hovertext=[map_labels.point_text(scene, int(i)) for i in found],
        hoverinfo="text",
        name="no pooling, outside the range",
    )
    map_labels.label_edges(scene, found, x, y)


def _angles(scene: MapScene, found: IntArray) -> FloatArray:
    """Return the screen angle of each move, clockwise from up, for a figure of usual shape."""
    wide = 340 if scene.style.is_narrow else 880
    dx = (scene.x.shift / np.ptp(scene.x_limits) * wide)[scene.shown[found]]
    dy = (scene.y.shift / np.ptp(scene.y_limits) * (scene.height - 70))[scene.shown[found]]
    return np.asarray(np.degrees(np.arctan2(dx, dy)))
