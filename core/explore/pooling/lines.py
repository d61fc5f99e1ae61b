"""The three fitted lines of every group along one predictor, and the rows beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.exceptions import SpecError
from core.model_terms import ZScore, columns_of
from core.results import PoolingFits
from core.tables.columns import CategoricalColumn
from core.tables.grouped import GroupedData
from core.tables.grouping.design import BaseColumn
from core.tables.grouping.made import Part
from core.term_rules import term_of
from core.types import BoolArray, FloatArray, IntArray

#: Points of a curve along a predictor.
CURVE_POINTS = 41


@dataclass(frozen=True, eq=False)
class GroupLines:
    """What the three fits predict along one predictor, the others at their means.

    Attributes
    ----------
    predictor : str or None
        None where the model has no predictor: ``grid`` is then one arbitrary point.
    grid : FloatArray, shape (G,)
        Values of the predictor: its ends, more between them where it makes a curve, or 0, 1, ...
        for the levels of a category.
    levels : tuple of str
        The category's levels; empty for a numeric predictor.
    complete_pooling, no_pooling, partial_pooling : FloatArray, shape (J, G)
        Predicted outcome; no pooling is NaN where the group has no line of its own,
        partial pooling where there is no multilevel fit.
    x, y : FloatArray, shape (n,)
        The rows, group after group.
    starts : IntArray, shape (J + 1,)
        Rows of group j are ``starts[j]:starts[j + 1]``.
    mean_x, mean_y : FloatArray, shape (J,)
        The group's own mean.
    """

    predictor: str | None
    grid: FloatArray
    levels: tuple[str, ...]
    complete_pooling: FloatArray
    no_pooling: FloatArray
    partial_pooling: FloatArray
    has_own_line: BoolArray
    x: FloatArray
    y: FloatArray
    starts: IntArray
    mean_x: FloatArray
    mean_y: FloatArray

    def rows(self, j: int) -> slice:
        """Return where the rows of one group are."""
        return slice(int(self.starts[j]), int(self.starts[j + 1]))


def default_predictor(fits: PoolingFits) -> str | None:
    """Return the predictor to draw along: the first with a varying slope, else the first."""
    spec = fits.spec
    varying = [columns_of(term_of(spec, name))[0] for name in spec.varying]
    return next(iter((*varying, *spec.predictors)), None)


def group_lines(fits: PoolingFits, predictor: str | None = None) -> GroupLines:
    """Return the three fitted lines of every group along one predictor.

    Raises
    ------
    SpecError
        When the column is not an individual-level predictor of the model.
    """
    data = fits.data
    if predictor is None:
        predictor = default_predictor(fits)
    elif predictor not in fits.spec.predictors:
        raise SpecError(f"'{predictor}' is not an individual-level predictor of this model.")
    held = data.in_hand
    x, _, _ = line_axis(held, predictor)
    grid, levels = axis_grid(data, predictor)
    base = base_grid(data, predictor, grid)
    order = np.argsort(held.group_index, kind="stable")
    mean_x, mean_y = _group_means(fits, predictor)
    own = fits.no_pooling
    return GroupLines(
        predictor=predictor,
        grid=grid,
        levels=levels,
        complete_pooling=_fixed_part(data, base, fits.complete_pooling.coef),
        no_pooling=_no_pooling(fits, base),
        partial_pooling=_partial_pooling(fits, base),
        has_own_line=own.line_estimable,
        x=x[order],
        y=held.y[order],
        starts=np.concatenate([[0], np.cumsum(held.group_sizes)]).astype(np.intp),
        mean_x=mean_x,
        mean_y=mean_y,
    )


def _group_means(fits: PoolingFits, predictor: str | None) -> tuple[FloatArray, FloatArray]:
    """Return each group's mean along the axis and of the outcome, shapes (J,)."""
    moments, mean_x = fits.moments, np.zeros(fits.data.n_groups)
    if predictor is not None and not any(b.source == predictor for b in fits.data.base):
        mean_x = _means_of_rows(fits.data.in_hand, predictor)  # a curve stands in its place
    for b, item in enumerate(fits.data.base, start=1):
        if item.source == predictor:
            raw = moments.mean_of(b) * moments.scale[b] + moments.center[b]
            mean_x += raw if item.level < 0 else item.level * raw
    y = moments.outcome
    return mean_x, moments.mean_of(y) * moments.scale[y] + moments.center[y]


def _means_of_rows(data: GroupedData, predictor: str) -> FloatArray:
    values, _, _ = line_axis(data, predictor)
    sums = np.bincount(data.group_index, values, minlength=data.n_groups)
    return np.asarray(sums / np.maximum(data.group_sizes, 1))


def line_axis(
    data: GroupedData, predictor: str | None
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return the rows' positions along the axis, the grid, and the levels of a category."""
    grid, levels = axis_grid(data, predictor)
    if predictor is None:
        return np.zeros(data.n_obs), grid, levels
    column = data.columns[predictor]
    if isinstance(column, CategoricalColumn):
        return column.codes.astype(np.float64), grid, levels
    return column.values, grid, levels


def axis_grid(data: GroupedData, predictor: str | None) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the ends of a numeric predictor, or the positions of a category's levels."""
    if predictor is None:
        return np.zeros(1), ()
    column = data.columns[predictor]
    if isinstance(column, CategoricalColumn):
        return np.arange(len(column.levels), dtype=np.float64), column.levels
    least, _, most = column.span
    if is_curved(data, predictor):
        return np.linspace(least, most, CURVE_POINTS), ()
    return np.array([least, most]), ()


def is_curved(data: GroupedData, predictor: str | None) -> bool:
    """Return whether a numeric predictor enters by more than a straight line."""
    parts = [part for item in data.base for part in item.parts if part.column == predictor]
    return any(part.term is not None and not isinstance(part.term, ZScore) for part in parts)


def base_grid(data: GroupedData, predictor: str | None, grid: FloatArray) -> FloatArray:
    """Return the base columns along the grid, shape (G, 1 + B): other predictors at their means.

    A made column is made of these: the square of a predictor at its mean is the mean's square.
    """
    means = [1.0, *(_typical(data, item, b) for b, item in enumerate(data.base, start=1))]
    base = np.tile(means, (len(grid), 1))
    for b, item in enumerate(data.base, start=1):
        if not item.depends_on(predictor or ""):
            continue
        base[:, b] = 1.0
        for part in item.made_of:
            if part.column != predictor:
                base[:, b] *= _typical_part(data, part)
            elif part.level >= 0:
                base[:, b] *= grid == part.level
            else:
                base[:, b] *= part.of(grid)
    return base


def _typical(data: GroupedData, item: BaseColumn, base: int) -> float:
    """Return a base column where all predictors are at their means."""
    if not item.parts:
        return data.base_mean(base)
    return float(np.prod([_typical_part(data, part) for part in item.parts]))


def _typical_part(data: GroupedData, part: Part) -> float:
    """Return a part where its predictor is at its mean: the share of a level."""
    column = data.columns[part.column]
    if isinstance(column, CategoricalColumn):
        return float(np.mean(column.codes == part.level))
    return float(part.of(np.array([column.values.mean()]))[0])


def _fixed_part(data: GroupedData, base: FloatArray, coef: FloatArray) -> FloatArray:
    """Return the part of the prediction that the terms carry, shape (J, G)."""
    out = np.zeros((data.n_groups, len(base)))
    for term, value in zip(data.terms, coef, strict=True):
        if not np.isfinite(value):  # a combination of other columns: dropped by the fit
            continue
        scale = data.group_columns[term.factor][1] if term.factor >= 0 else np.ones(data.n_groups)
        out += value * np.outer(scale, base[:, term.base])
    return out


def _no_pooling(fits: PoolingFits, base: FloatArray) -> FloatArray:
    data, own = fits.data, fits.no_pooling
    common = dict(zip(own.common_names, own.common_coef, strict=True))
    coef = np.array([common.get(name, np.nan) for name in data.fixef_names])
    lines = own.coef @ base[:, list(data.varying)].T + _fixed_part(data, base, coef)
    return np.where(own.line_estimable[:, None], lines, np.nan)


def _partial_pooling(fits: PoolingFits, base: FloatArray) -> FloatArray:
    data, model = fits.data, fits.multilevel_or_none
    if model is None:
        return np.full((data.n_groups, len(base)), np.nan)
    return _fixed_part(data, base, model.fixef) + model.ranef @ base[:, list(data.varying)].T
