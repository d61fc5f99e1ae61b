"""The names in the map: of the points outside its ranges, of movers and of large groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.estimators.estimates import Estimates
from core.figures import canvas, theme
from core.types import BoolArray, FloatArray, IntArray

_MOVERS, _LARGEST, _PER_SIDE = 3, 2, 4
#: Among more groups than this the middle is too crowded for names.
_CROWDED = 300


@dataclass(frozen=True, eq=False)
class MapScene:
    """What the parts of the figure need: the groups drawn and the two ranges."""

    figure: go.Figure
    x: Estimates
    y: Estimates
    shown: IntArray
    own: BoolArray
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    texts: list[str]
    style: theme.Style
    height: int

    @property
    def inside(self) -> BoolArray:
        """Which groups' own points lie inside both ranges."""
        x, y = self.x.no_pooling[self.shown], self.y.no_pooling[self.shown]
        x_in = (x >= self.x_limits[0]) & (x <= self.x_limits[1])
        return np.asarray(self.own & x_in & (y >= self.y_limits[0]) & (y <= self.y_limits[1]))


def point_text(scene: MapScene, i: int) -> str:
    """Return a point outside the ranges in words: ``Redwood (5): 1.6, 1.5``."""
    j = scene.shown[i]
    name = escape.for_plotly(formats.shorten(scene.x.group_names[j], 18))
    values = [formats.number(float(e.no_pooling[j]), 2) for e in (scene.x, scene.y)]
    return f"{name} ({scene.x.group_sizes[j]:,}): {values[0]}, {values[1]}"


def label_edges(scene: MapScene, found: IntArray, x: FloatArray, y: FloatArray) -> None:
    """Write the labels of the farthest points along the four edges, apart from each other."""
    style, tiny = scene.style, 1e-9
    most = 1 if style.is_narrow else _PER_SIDE
    line = 1.35 * style.text.label / (scene.height - 70) * np.ptp(scene.y_limits)
    for at_right in (False, True):
        edge = scene.x_limits[int(at_right)]
        near = found[np.abs(x[found] - edge) <= tiny * np.ptp(scene.x_limits)]
        placed = canvas.apart(y[near][:most], line, scene.y_limits)
        for i, at in zip(near[:most], placed, strict=True):
            _edge_label(scene, int(i), (edge, float(at)), at_right, 0)
    for at_top in (False, True):
        edge = scene.y_limits[int(at_top)]
        near = found[np.abs(y[found] - edge) <= tiny * np.ptp(scene.y_limits)]
        for i, row in _side_by_side(scene, near, x, most):
            is_right = x[i] > np.mean(scene.x_limits)
            shift = (1 - 2 * at_top) * (7 + 1.3 * style.text.label * row)
            _edge_label(scene, i, (float(x[i]), edge), is_right, shift)


def _side_by_side(
    scene: MapScene, near: IntArray, x: FloatArray, most: int
) -> list[tuple[int, int]]:
    """Return which points of the upper or lower edge get a label, and in which of two rows.

    The farthest come first; a label that would run into another is left to the pointer.
    """
    wide = 300 if scene.style.is_narrow else 860
    middle = float(np.mean(scene.x_limits))
    rows: tuple[list[tuple[float, float]], ...] = ([], [])
    chosen: list[tuple[int, int]] = []
    far = np.hypot(scene.x.shift, scene.y.shift)[scene.shown[near]]
    for i in near[np.argsort(-far, kind="stable")]:
        length = canvas.text_width(point_text(scene, int(i)), scene.style) + 22
        start = (x[i] - scene.x_limits[0]) / np.ptp(scene.x_limits) * wide
        span = (start - length, start) if x[i] > middle else (start, start + length)
        for row, taken in enumerate(rows):
            if all(span[1] < a or span[0] > b for a, b in taken):
                taken.append(span)
                chosen.append((int(i), row))
                break
        if len(chosen) == most:
            break
    return chosen


def _edge_label(
    scene: MapScene, i: int, at: tuple[float, float], is_right: bool, yshift: float
) -> None:
    scene.figure.add_annotation(
        x=at[0],
        y=at[1],
        text=point_text(scene, int(i)),
        xanchor="right" if is_right else "left",
        xshift=-9 if is_right else 9,
        yshift=yshift,
        **canvas.label(scene.style, scene.style.palette.no_pooling_text),
    )


def label_groups(scene: MapScene, distance: FloatArray) -> None:
    """Name the groups inside that move most, and the largest ones."""
    inside = np.flatnonzero(scene.inside)
    if not len(inside):
        return
    far = inside[np.argsort(-distance[scene.shown[inside]], kind="stable")]
    large = inside[np.argsort(-scene.x.group_sizes[scene.shown[inside]], kind="stable")]
    movers = 1 if scene.style.is_narrow else _MOVERS
    largest = 0 if len(scene.shown) > _CROWDED else min(_LARGEST, movers)
    named = dict.fromkeys([*far[:movers], *large[:largest]])
    middle, low = np.mean(scene.x_limits), scene.y_limits[0] + 0.08 * np.ptp(scene.y_limits)
    for i in named:
        j = scene.shown[i]
        is_left = scene.x.no_pooling[j] < middle
        name = escape.for_plotly(formats.shorten(scene.x.group_names[j], 16))
        scene.figure.add_annotation(
            x=scene.x.no_pooling[j],
            y=scene.y.no_pooling[j],
            text=f"{name} ({scene.x.group_sizes[j]:,})",
            xanchor="left" if is_left else "right",
            xshift=12 if is_left else -12,
            yshift=-10 if scene.y.no_pooling[j] > low else 10,
            **canvas.label(scene.style, scene.style.palette.muted),
        )
