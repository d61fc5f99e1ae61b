"""A model with several factors without and with one column that describes a factor's levels."""

from __future__ import annotations

from dataclasses import replace

from core.estimators.factors.view import FactorView, factor_view
from core.exceptions import PoolingError
from core.explore.two_levels.group_columns import GroupColumn, with_column, without_column
from core.factors_results import FactorsFits
from core.fitting.factors.fit_factors import fit_all_factors
from core.tables.grouped import FactorsData


def two_factor_models(
    view: FactorView, column: GroupColumn, slopes: tuple[str, ...]
) -> tuple[FactorView, FactorView]:
    """Return views of the model without and with a predictor of the factor's levels.

    Raises
    ------
    PoolingError
        When one of the two has no multilevel fit.
    """
    fits = view.whole
    bare = without_factor_column(fits.data, column.name)
    full = with_factor_column(bare, view.factor, column, slopes)
    without = fits if bare is fits.data else _refit(fits, bare)
    including = fits if full.spec == fits.data.spec else _refit(fits, full)
    return factor_view(without, view.factor), factor_view(including, view.factor)


def _refit(fits: FactorsFits, data: FactorsData) -> FactorsFits:
    """Return the fits of a model on the moments of another one's rows."""
    found = fit_all_factors(data, fits.cells)
    if found.multilevel_or_none is None:
        raise found.refusal or PoolingError("There is no multilevel fit.")
    return found


def without_factor_column(data: FactorsData, name: str) -> FactorsData:
    """Return the data for the model without one group-level predictor and its interactions."""
    if name not in data.spec.group_predictors:
        return data
    kept = [i for i, item in enumerate(data.cells.group_base) if item.source != name]
    place = {old: new for new, old in enumerate(kept)}
    factors = tuple(
        replace(f, group_columns=tuple(place[i] for i in f.group_columns if i in place))
        for f in data.factors
    )
    return FactorsData(without_column(data.cells, name), factors)


def with_factor_column(
    data: FactorsData, factor: str, column: GroupColumn, slopes: tuple[str, ...]
) -> FactorsData:
    """Return the data for the model with one more predictor of a factor's levels."""
    own = data.factor(factor)
    first = len(data.cells.group_columns)
    of_cells = GroupColumn(column.name, column.values[own.of_cell], column.levels, column.source)
    cells = with_column(data.cells, of_cells, slopes)
    added = tuple(range(first, len(cells.group_columns)))
    factors = tuple(
        replace(f, group_columns=(*f.group_columns, *added)) if f.name == factor else f
        for f in data.factors
    )
    return FactorsData(cells, factors)
