"""Which levels of two grouping columns meet, and in how many rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from core import escape, formats
from core.figures import canvas, theme
from core.tables.grouping.relations import Relation, in_order
from core.types import FloatArray, IntArray

#: More rows or columns than this are drawn together, several levels in one.
_MOST = 120
_NAMED = 30


def plot_incidence(
    relation: Relation, *, title: str, style: theme.Style = theme.DEFAULT
) -> go.Figure:
    """Draw a square for every combination of two columns' levels, darker where it has more rows.

    Parameters
    ----------
    relation : Relation
        From ``core.relations``.
    title : str
        The finding, plain text.
    style : Style
        Where the figure will be seen.
    """
    along = np.array(sorted(range(relation.n_outer), key=_by(relation.outer_names)), dtype=np.intp)
    order = _order(relation, relation.rows[:, along])
    rows = relation.rows[np.ix_(order, along)]
    down, across = _blocks(len(rows)), _blocks(rows.shape[1])
    note = _note(rows.shape, (int(down.max()) + 1, int(across.max()) + 1))
    height = 420 if style.is_narrow else 340
    figure = canvas.new_figure(canvas.Heading(title, (), note), style, height=height)
    counts = _summed(rows, down, across)
    palette = style.palette
    inner = [relation.inner_names[i] for i in order]
    named = _names(inner, down), _names([relation.outer_names[i] for i in along], across)
    figure.add_heatmap(
        z=np.where(counts > 0, counts, np.nan),
        x=np.arange(counts.shape[1]),
        y=np.arange(counts.shape[0]),
        colorscale=[
            [0.0, theme.rgba(palette.partial_pooling, 0.3)],
            [1.0, palette.partial_pooling],
        ],
        zmin=0,
        xgap=1 if counts.shape[1] <= 60 else 0,
        ygap=1 if counts.shape[0] <= 60 else 0,
        showscale=False,
        hoverongaps=False,
        hovertext=[
            [
                f"{a}, {b}: {formats.count(int(n), 'row')}"
                for b, n in zip(named[1], line, strict=True)
            ]
            for a, line in zip(named[0], counts, strict=True)
        ],
        hoverinfo="text",
        name="rows",
    )
    figure.update_xaxes(range=[-0.5, counts.shape[1] - 0.5], showgrid=False, zeroline=False)
    figure.update_yaxes(range=[counts.shape[0] - 0.5, -0.5], showgrid=False, zeroline=False)
    for update, names in ((figure.update_yaxes, named[0]), (figure.update_xaxes, named[1])):
        if len(names) <= (12 if style.is_narrow else _NAMED):
            update(tickvals=np.arange(len(names)), ticktext=names)
        else:
            update(showticklabels=False)
    canvas.title_axis(figure, "x", f"'{relation.outer}', {relation.n_outer:,} levels", style)
    canvas.title_axis(figure, "y", f"'{relation.inner}', {relation.n_inner:,} levels", style)
    return figure


def incidence_alt(relation: Relation) -> str:
    """Return the figure in words."""
    met = relation.rows[relation.rows > 0]
    return (
        f"{relation.sentence} {relation.n_pairs:,} of "
        f"{relation.n_inner * relation.n_outer:,} combinations have rows, "
        f"{int(met.min()):,} to {int(met.max()):,} each."
    )


def _by(names: tuple[str, ...]) -> Callable[[int], tuple[float, str]]:
    """Return the key that sorts levels by their number, else as text."""
    return lambda i: in_order(names[i])


def _order(relation: Relation, rows: FloatArray) -> IntArray:
    """Return inner levels by the outer level they begin with, so that nesting makes steps."""
    named = np.array(sorted(range(relation.n_inner), key=_by(relation.inner_names)), dtype=np.intp)
    if relation.code in ("crossed", "nested_by_reused_ids"):
        return named
    first = (rows[named] > 0).argmax(axis=1)
    return np.asarray(named[np.argsort(first, kind="stable")], dtype=np.intp)


def _blocks(n: int) -> IntArray:
    """Return which drawn row each of n levels goes into."""
    return (
        np.arange(n, dtype=np.intp) if n <= _MOST else (np.arange(n) * _MOST // n).astype(np.intp)
    )


def _summed(rows: FloatArray, down: IntArray, across: IntArray) -> FloatArray:
    out = np.zeros((int(down.max()) + 1, int(across.max()) + 1))
    np.add.at(out, (down[:, None], across[None, :]), rows)
    return out


def _names(names: list[str], blocks: IntArray) -> list[str]:
    out = []
    for block in range(int(blocks.max()) + 1):
        at = np.flatnonzero(blocks == block)
        first = escape.for_plotly(formats.shorten(names[at[0]], 14))
        more = f" to {escape.for_plotly(formats.shorten(names[at[-1]], 14))}"
        out.append(first + (more if len(at) > 1 else ""))
    return out


def _note(shape: tuple[int, ...], drawn: tuple[int, int]) -> str:
    if shape == drawn:
        return "darker: more rows"
    return "darker: more rows; several levels are drawn as one"
