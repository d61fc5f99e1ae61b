"""What the dial's views are called, and the lines they can draw, as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from core import escape, formats
from core.explore.dial.path import DialPath
from core.explore.pooling.lines import axis_grid, base_grid, default_predictor, line_axis
from core.tables.wording import Wording
from core.types import FloatArray

#: Rows whose outcomes tell how high a view of lines must be.
_MOST_ROWS = 2_000


def dial_labels(path: DialPath, wording: Wording) -> dict[str, Any]:
    """Return axis titles, nouns and the grid of the lines for a payload of the dial.

    Texts are raw but visible (``escape.visible``): draw them, never parse them.

    Returns
    -------
    dict
        ``axes`` and ``short``: per varying coefficient; ``rows``, ``size``, ``outcome``:
        other axis titles; ``one``, ``many``, ``group``, ``groups``: nouns; ``key``:
        marks and words; ``views``: the two views to begin with; ``lines``: see
        ``_lines``, None without a predictor.
    """
    data = path.fits.data
    names = data.varying_names
    groups = wording.group.count(data.n_groups)
    shown = escape.visible
    return {
        "axes": [shown(wording.term_axis(name, data)) for name in names],
        "short": [shown(formats.shorten(wording.short_term(name, data), 34)) for name in names],
        "rows": shown(f"{groups}, by their own estimate"),
        "size": shown(f"{wording.individual.many} in the {wording.group.one}"),
        "outcome": shown(_with_unit(wording, data.spec.outcome)),
        "one": shown(wording.individual.one),
        "many": shown(wording.individual.many),
        "group": shown(wording.group.one),
        "groups": shown(wording.group.many),
        "key": [[mark, shown(words)] for mark, words in _key(path, wording)],
        "views": ["shrinkage", "map" if len(names) > 1 else "size"],
        "lines": _lines(path, wording),
    }


def _key(path: DialPath, wording: Wording) -> list[tuple[str, str]]:
    """Return the marks of the views and what they mean."""
    fits = path.fits
    key = [("no_pooling", "own"), ("partial_pooling", "pooled as the dial says")]
    if path.factors:
        key.append(("targets", "what each is pulled to"))
    else:
        key.append(("target", f"average {wording.group.one}"))
        key.append(("complete_pooling", "complete pooling"))
    missing = int((~fits.no_pooling.line_estimable).sum())
    if missing:
        whole = "line" if len(fits.data.varying) > 1 else "estimate"
        key.append(
            ("unsupported", f"{wording.group.count(missing)} without a {whole} of their own")
        )
    return key


def _lines(path: DialPath, wording: Wording) -> dict[str, Any] | None:
    """Return the grid of the lines and what each coefficient adds there.

    ``grid``: values of the predictor (0, 1, ... for a category's ``levels``); ``z``: the
    varying columns there; ``common``: [fixed effect, values along the grid, column of u]
    of the coefficients that do not vary, the other predictors at their means; ``rows``:
    quantiles of the outcome; ``sway``: whether points share their x.
    """
    data = path.fits.data.in_hand
    predictor = default_predictor(path.fits)
    if predictor is None:
        return None
    x, _, _ = line_axis(data, predictor)
    grid, levels = axis_grid(path.fits.data, predictor)
    if len(grid) < 2:
        return None
    base = base_grid(path.fits.data, predictor, grid)
    y = data.y[:: max(1, len(data.y) // _MOST_ROWS)]
    return {
        "predictor": predictor,
        "axis": escape.visible(_with_unit(wording, predictor)),
        "grid": grid.tolist(),
        "levels": [escape.visible(wording.level(predictor, level)) for level in levels]
        or _coded(predictor, grid, wording),
        "sway": bool(len(np.unique(x[:_MOST_ROWS])) <= 12),
        "z": base[:, list(data.varying)].tolist(),
        "common": _common(path, base),
        "rows": np.quantile(y, [0.02, 0.98]).tolist(),
    }


def _with_unit(wording: Wording, name: str) -> str:
    column = wording.column(name)
    return f"{column.label} ({column.unit})" if column.unit else column.label


def _coded(predictor: str, grid: FloatArray, wording: Wording) -> list[str]:
    """Return the words for 0 and 1 where the column is such a code."""
    if not wording.is_indicator(predictor) or grid.tolist() != [0.0, 1.0]:
        return []
    return [escape.visible(wording.level(predictor, code)) for code in (0, 1)]


def _common(path: DialPath, base: FloatArray) -> list[list[Any]]:
    data = path.fits.data
    factors = path.factors
    out: list[list[Any]] = []
    for i, t in enumerate(path.model.used):
        term = data.terms[t]
        if term.base in data.varying:
            continue
        column = factors.index(term.factor) if term.factor >= 0 else -1
        out.append([i, base[:, term.base].tolist(), column])
    return out
