"""The variance of a prediction, taken apart: estimation, group, individual."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.explore.prediction.story import Picture
from core.figures import theme
from core.figures.stacked_parts import StackedPart, plot_stacked_parts

#: Columns of the budget from left to right, and what each is told by.
_PARTS = {"individual": "individual", "group": "level", "fixed_effects": "estimation"}


def plot_budget(
    picture: Picture,
    *,
    title: str,
    names: tuple[str, str, str],
    axis: str,
    style: theme.Style = theme.DEFAULT,
) -> go.Figure:
    """Draw one stacked bar of variance for each case.

    Parameters
    ----------
    picture : Picture
        From ``core.explore.prediction.story``.
    title, axis : str
        The finding, and what the axis shows with its unit; plain text.
    names : tuple of str
        What the parts are called: individual, group, estimation.
    style : Style
        Where the figure will be seen.
    """
    rows = picture.now[picture.now["estimator"] == picture.main].set_index("case")
    rows = rows[list(_PARTS)].loc[[case.name for case in picture.cases]]
    rows = rows.where(np.isfinite(rows.to_numpy(dtype=np.float64)))
    parts = [
        StackedPart(name, rows[part].to_numpy(dtype=np.float64), kind)
        for (part, kind), name in zip(_PARTS.items(), names, strict=True)
    ]
    cases = [case.title for case in picture.cases]
    return plot_stacked_parts(cases, parts, title=title, axis=axis, style=style)
