"""One factor in view: what the three fits say of its levels, in the form that figures know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.exceptions import SpecError
from core.factor_fit import FactorFit
from core.factors_results import FactorsFit, FactorsFits
from core.fitting.factors.factor_criterion import evaluate_at
from core.fitting.factors.factor_modes import factor_fits, level_targets, owned_columns
from core.fitting.factors.factor_multilevel import Solved, criterion_in_raw
from core.fitting.factors.factor_search import theta_from
from core.results import CompletePoolingFit, MultilevelFit, NoPoolingFit, PoolingFits, TwoStageFit
from core.tables.examples import Noun
from core.tables.grouped import FactorsData, GroupedData
from core.tables.grouping.cells import Factor, refusal
from core.tables.wording import Wording
from core.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class FactorDial:
    """The model with the variance of one factor scaled, all others at their estimates.

    Attributes
    ----------
    factor : str
    c : float
        What Sigma of the factor was multiplied with: 0 complete pooling over it, 1 the estimate.
    factors : dict of str to FactorFit
        What the levels of every factor get there.
    fixef : FloatArray, shape (p,)
    sigma_y, criterion_value : float
    """

    factor: str
    c: float
    factors: dict[str, FactorFit]
    fixef: FloatArray
    sigma_y: float
    criterion_value: float


def factor_dial(fits: FactorsFits, factor: str, c: float) -> FactorDial:
    """Return the model with one factor's Sigma times ``c``, the others' as estimated.

    Relative covariances are held: Sigma of the others keeps its ratio to the residual variance,
    which is profiled again.

    Raises
    ------
    SpecError
        When the model has no such factor, or ``c`` is negative or not finite.
    PoolingError
        When there is no multilevel fit.
    """
    fit = fits.multilevel
    names = fit.spec.groups
    check_factor(fits, factor)
    if not 0.0 <= c < np.inf:
        raise SpecError(f"A variance can be multiplied with 0 or more, not with {c!r}.")
    assert isinstance(fit, FactorsFit)
    solved: Solved = fit.__dict__["solved"]
    layout, problem = solved.layout, solved.problem
    D = [one * (c if name == factor else 1.0) for name, one in zip(names, solved.D, strict=True)]
    at = evaluate_at(problem, theta_from(problem, D)[None])
    sigma_y = layout.y_scale * float(np.sqrt(float(at.result.r2[0]) / problem.nu))
    fixef = layout.coef_to_raw(at.result.beta[0])
    return FactorDial(
        factor=factor,
        c=c,
        factors=factor_fits(layout, at, D, sigma_y, fixef),
        fixef=fixef,
        sigma_y=sigma_y,
        criterion_value=criterion_in_raw(problem, float(at.result.value[0])),
    )


def check_factor(fits: FactorsFits, name: str) -> None:
    """Raise SpecError where a model has no such factor."""
    names = fits.data.spec.groups
    if name not in names:
        raise SpecError(f"The model has no factor '{name}'; it has {', '.join(names)}.")


def wording_of(wording: Wording, fits: FactorsFits, name: str) -> Wording:
    """Return the words for the levels of one factor: its own noun where the table has one."""
    column = wording.columns.get(name)
    label = fits.data.spec.label_of(name)
    shown = column.label.lower() if column is not None else f"'{label}'"
    return replace(wording, group=Noun(f"level of {shown}", f"levels of {shown}"))


class ViewFit(MultilevelFit):
    """The multilevel model as one factor's levels see it; has no moments of its own.

    ``whole`` are the fits of the model, ``factor`` the factor's column.
    """

    whole: FactorsFits
    factor: str

    def __init__(self, whole: FactorsFits, factor: str, **held: Any) -> None:
        held |= {"whole": whole, "factor": factor, "reference": None}
        for name, value in held.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"ViewFit({self.factor})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "whole" not in self.__dict__:
            raise AttributeError(name)
        raise refusal(self.whole.data.spec.groups, f"'{name}'")


class FactorView(PoolingFits):
    """What the three fits of a model with several factors say of one factor's levels.

    Made for figures and tables of estimates, and for what knows how to go on from ``whole``;
    whatever needs a factor's moments alone is refused in words, as the model has none.

    Attributes
    ----------
    whole : FactorsFits
        The fits of the model.
    factor : str
        The factor's column.
    """

    whole: FactorsFits
    factor: str

    def __init__(self, whole: FactorsFits, factor: str, **held: Any) -> None:
        held |= {"refusal": whole.refusal, "diagnostics": whole.diagnostics}
        for name, value in (held | {"whole": whole, "factor": factor}).items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"FactorView({self.factor})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "whole" not in self.__dict__:
            raise AttributeError(name)
        raise refusal(self.whole.data.spec.groups, f"'{name}'")


def factor_view(fits: FactorsFits, name: str, dial: FactorDial | None = None) -> FactorView:
    """Return what the fits say of one factor's levels, as fits of a model with that factor alone.

    They are made for figures and tables of estimates. The estimates are those of the whole
    model: no pooling has an indicator for every level of every factor, partial pooling is the
    multilevel model of all factors; a crossed factor stands at its average.

    Parameters
    ----------
    fits : FactorsFits
    name : str
        The factor's column.
    dial : FactorDial, optional
        Another position than the estimate.

    Raises
    ------
    SpecError
        When the model has no such factor.
    """
    data = fits.data
    check_factor(fits, name)
    factor = data.factor(name)
    alone = _data_of(fits, factor)
    return FactorView(
        fits,
        name,
        data=alone,
        complete_pooling=_complete(fits, factor),
        no_pooling=_no_pooling(fits, factor),
        multilevel_or_none=_multilevel(fits, factor, alone, dial),
    )


def _data_of(fits: FactorsFits, factor: Factor) -> GroupedData:
    """Return the rows by the levels of one factor, with the columns that describe them."""
    data, cells = fits.data, fits.data.cells
    owned = owned_columns(data, factor)
    place = {position: i for i, position in enumerate(sorted(owned))} | {-1: -1}
    sources = {cells.group_base[position].source for position in owned}
    spec = data.spec.update(
        group=data.spec.label_of(factor.name),
        varying=data.spec.varying_of(factor.name),
        group_predictors=tuple(n for n in data.spec.group_predictors if n in sources),
        cross_level=tuple(pair for pair in data.spec.cross_level if pair[1] in sources),
    )
    return GroupedData(
        spec=spec,
        y=cells.y,
        group_index=factor.of_cell[cells.group_index],
        group_names=factor.level_names,
        columns=cells.columns,
        base=cells.base,
        group_columns=tuple((cells.group_columns[p][0], owned[p]) for p in sorted(owned)),
        terms=tuple(replace(t, factor=place[t.factor]) for t in cells.terms if t.factor in place),
        varying=factor.varying,
        left_out=cells.left_out,
        group_base=tuple(cells.group_base[p] for p in sorted(owned)),
        group_levels={n: v for n, v in cells.group_levels.items() if n in sources},
    )


def seen_terms(data: FactorsData, factor: Factor) -> IntArray:
    """Return the positions of the terms that a factor's levels can be told by."""
    owned = owned_columns(data, factor)
    seen = [i for i, t in enumerate(data.terms) if t.factor < 0 or t.factor in owned]
    return np.array(seen, dtype=np.intp)


def _complete(fits: FactorsFits, factor: Factor) -> CompletePoolingFit:
    whole, seen = fits.complete_pooling, seen_terms(fits.data, factor)
    return CompletePoolingFit(
        coef=whole.coef[seen],
        coef_se=whole.coef_se[seen],
        cluster_se=whole.cluster_se[seen],
        coef_names=tuple(whole.coef_names[i] for i in seen),
        coef_cov=whole.coef_cov[np.ix_(seen, seen)],
        sigma_y=whole.sigma_y,
        df_residual=whole.df_residual,
        r_squared=whole.r_squared,
        log_likelihood=whole.log_likelihood,
        line=level_targets(fits.data, factor, whole.coef),
        varying_names=fits.no_pooling.factors[factor.name].varying_names,
        n_obs=fits.data.n_obs,
        n_groups=factor.n_levels,
    )


def _no_pooling(fits: FactorsFits, factor: Factor) -> NoPoolingFit:
    whole, own = fits.no_pooling, fits.no_pooling.factors[factor.name]
    unknown = np.full(own.coef.shape, np.nan)
    return NoPoolingFit(
        coef=own.coef,
        estimable=own.estimable,
        coef_se=own.coef_se,
        coef_cov=np.full((*own.coef.shape, factor.k), np.nan),
        group_names=own.group_names,
        group_sizes=own.group_sizes,
        varying_names=own.varying_names,
        common_coef=whole.common_coef,
        common_se=np.full(len(whole.common_coef), np.nan),
        common_names=whole.common_names,
        sigma_y=whole.sigma_y,
        df_residual=whole.df_residual,
        rss=whole.rss,
        mean_x=unknown,
        mean_y=unknown[:, 0],
        two_stage=_two_stage(fits.data, factor, own.coef, own.estimable),
    )


def _two_stage(
    data: FactorsData, factor: Factor, coef: FloatArray, estimable: BoolArray
) -> TwoStageFit | None:
    """Return the regression of the levels' own coefficients on what describes the levels."""
    owned = owned_columns(data, factor)
    if not owned:
        return None
    columns = [owned[position] for position in sorted(owned)]
    design = np.column_stack([np.ones(factor.n_levels), *columns])
    found = np.full((factor.k, design.shape[1]), np.nan)
    used = np.zeros(factor.k, dtype=np.intp)
    for a in range(factor.k):
        known = estimable[:, a] & np.isfinite(coef[:, a])
        used[a] = int(known.sum())
        if np.linalg.matrix_rank(design[known]) == design.shape[1]:
            found[a] = np.linalg.lstsq(design[known], coef[known, a], rcond=None)[0]
    names = ("(Intercept)", *(data.cells.group_columns[p][0] for p in sorted(owned)))
    return TwoStageFit(found, np.full_like(found, np.nan), names, used)


def _multilevel(
    fits: FactorsFits, factor: Factor, alone: GroupedData, dial: FactorDial | None
) -> MultilevelFit | None:
    fit = fits.multilevel_or_none
    if fit is None:
        return None
    of_factor = (fit.factors if dial is None else dial.factors)[factor.name]
    sigma_y = fit.sigma_y if dial is None else dial.sigma_y
    values, vectors = np.linalg.eigh(of_factor.vcov_group / sigma_y**2)
    assert isinstance(fit, FactorsFit)
    seen = seen_terms(fits.data, factor)
    return ViewFit(
        fits,
        factor.name,
        spec=alone.spec,
        fixef=(fit.fixef if dial is None else dial.fixef)[seen],
        fixef_cov=fit.fixef_cov[np.ix_(seen, seen)],
        fixef_names=tuple(fit.fixef_names[i] for i in seen),
        ranef=of_factor.ranef,
        coef=of_factor.coef,
        line=of_factor.line,
        target=of_factor.target,
        cond_var=of_factor.cond_var,
        line_var=of_factor.line_var,
        sigma_y=sigma_y,
        vcov_group=of_factor.vcov_group,
        theta=fit.theta,
        rel_factor=vectors * np.sqrt(np.maximum(values, 0.0)),
        criterion=fit.criterion,
        criterion_value=fit.criterion_value if dial is None else dial.criterion_value,
        is_singular=fit.is_singular,
        status=fit.status,
        diagnostics=fit.diagnostics,
        optimization=fit.optimization,
        engine=fit.engine,
        varying_names=of_factor.varying_names,
        group_names=of_factor.group_names,
        group_sizes=of_factor.group_sizes,
        n_obs=fit.n_obs,
        data=alone,
    )
