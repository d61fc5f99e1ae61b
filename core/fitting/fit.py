"""``fit_all``: the three fits of one model to one grouped table."""

from __future__ import annotations

from dataclasses import replace

from core.exceptions import PoolingError
from core.fitting.checks import notes_before, refusal_of
from core.fitting.complete_pooling import fit_complete_pooling
from core.fitting.factors.fit_factors import fit_all_factors
from core.fitting.mixedlm import FactorMixedLMReference, MixedLMReference, fit_mixedlm
from core.fitting.multilevel import fit_multilevel
from core.fitting.no_pooling import fit_no_pooling
from core.fitting.scaled import scale_model
from core.moments import GroupMoments
from core.results import MultilevelFit, PoolingFits
from core.tables.grouped import FactorsData, GroupedData
from core.types import Engine


def fit_all(
    data: GroupedData, *, engine: Engine = "auto", moments: GroupMoments | None = None
) -> PoolingFits:
    """Return complete pooling, no pooling and the multilevel model of one grouped table.

    Parameters
    ----------
    data : GroupedData
    engine : {"auto", "moments", "statsmodels"}
        Who computes the multilevel fit. ``moments`` and ``auto`` find the optimum from the
        per-group moments; ``MultilevelFit.confirm()`` asks MixedLM about it afterwards;
        ``statsmodels`` leaves the search to ``MixedLM`` itself.
    moments : GroupMoments, optional
        When they are at hand already.

    Raises
    ------
    NotIdentifiedError
        When not even complete pooling can be fitted. A multilevel fit that the data do not
        allow does not raise here: see ``PoolingFits.refusal``.
    """
    if isinstance(data, FactorsData):
        several = fit_all_factors(data, moments)
        if several.multilevel_or_none is not None:
            object.__setattr__(several.multilevel_or_none, "reference", FactorMixedLMReference())
        return several
    moments = GroupMoments.from_data(data) if moments is None else moments
    model = scale_model(data, moments)
    complete = fit_complete_pooling(data, moments, model)
    no_pooling = fit_no_pooling(data, moments, model)
    notes = notes_before(data, moments, model, no_pooling)
    refusal = refusal_of(data, model, no_pooling)
    multilevel: MultilevelFit | None = None
    if refusal is None:
        try:
            multilevel = fit_multilevel(data, moments, model, notes)
            multilevel = replace(multilevel, reference=MixedLMReference())
            if engine == "statsmodels":
                multilevel = fit_mixedlm(multilevel, model)
        except PoolingError as error:
            refusal = error
    return PoolingFits(
        data=data,
        moments=moments,
        complete_pooling=complete,
        no_pooling=no_pooling,
        multilevel_or_none=multilevel,
        refusal=refusal,
        diagnostics=notes if multilevel is None else multilevel.diagnostics,
    )
