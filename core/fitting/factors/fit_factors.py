"""The three fits of a model with several grouping factors."""

from __future__ import annotations

from core.exceptions import PoolingError
from core.factors_results import FactorsFit, FactorsFits
from core.fitting.factors.cell_layout import lay_out
from core.fitting.factors.factor_checks import notes_before_factors, refusal_of_factors
from core.fitting.factors.factor_multilevel import fit_factors_multilevel, problem_of_factors
from core.fitting.factors.factor_no_pooling import fit_factors_no_pooling
from core.fitting.factors.factor_pooling import fit_factors_complete
from core.moments import GroupMoments
from core.tables.grouped import FactorsData


def fit_all_factors(data: FactorsData, cells: GroupMoments | None = None) -> FactorsFits:
    """Return complete pooling, no pooling and the multilevel model of several factors.

    Parameters
    ----------
    data : FactorsData
    cells : GroupMoments, optional
        The moments of the cells, when they are at hand already.

    Raises
    ------
    NotIdentifiedError
        When not even complete pooling can be fitted.
    NotSupportedError
        When crossed factors have more levels than can be solved for.
    """
    cells = GroupMoments.from_data(data.cells) if cells is None else cells
    layout = lay_out(data, cells)
    complete = fit_factors_complete(layout)
    problem = problem_of_factors(layout)
    unpooled = fit_factors_no_pooling(problem.elimination)
    notes = notes_before_factors(layout)
    refused = refusal_of_factors(layout, unpooled)
    multilevel: FactorsFit | None = None
    if refused is None:
        try:
            multilevel = fit_factors_multilevel(layout, problem, notes)
        except PoolingError as error:
            refused = error
    return FactorsFits(
        data,
        cells,
        (complete, unpooled.fit, multilevel),
        refused,
        notes if multilevel is None else multilevel.diagnostics,
    )
