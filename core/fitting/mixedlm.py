"""The reference engine: ``statsmodels.MixedLM`` behind one adaptor.

The only module that imports statsmodels, and only when it is asked for: the import alone
takes longer than the fits of a classroom table.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.evidence import Agreement
from core.exceptions import NotSupportedError, PoolingError
from core.factors_results import FactorsFit
from core.fitting.multilevel import fit_at, optimum_at
from core.fitting.scaled import ScaledModel
from core.results import Diagnostic, MultilevelFit
from core.tables.grouped import FactorsData
from core.types import FloatArray

#: Groups and rows up to which MixedLM answers in a second or so.
CARRIES_GROUPS = 1_000
CARRIES_ROWS = 20_000
#: Rows and levels up to which it does so with variance components, which it works out densely.
CARRIES_FACTOR_ROWS, CARRIES_COLUMNS = 3_000, 300


def carries(fit: MultilevelFit) -> bool:
    """Return whether a table is here, and small enough for MixedLM to answer quickly."""
    if fit.data.in_hand is not fit.data:
        return False
    return fit.n_groups <= CARRIES_GROUPS and fit.n_obs <= CARRIES_ROWS


def model_of(fit: MultilevelFit, *, use_sqrt: bool = True) -> Any:
    """Return the ``MixedLM`` model of a fit, built from arrays and never from a formula."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    data = fit.data
    used = np.flatnonzero(np.isfinite(fit.fixef))
    model = MixedLM(
        data.y,
        data.design()[:, used],
        groups=data.group_index,
        exog_re=data.varying_design(),
        use_sqrt=use_sqrt,
    )
    model.data.xnames = [data.fixef_names[i] for i in used]
    model.exog_names[:] = model.data.xnames
    return model


def _params_of(fit: MultilevelFit, rel_cov: FloatArray) -> Any:
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    used = np.isfinite(fit.fixef)
    return MixedLMParams.from_components(fe_params=fit.fixef[used], cov_re=rel_cov)


def _lifted(fit: MultilevelFit) -> FloatArray:
    """Return Sigma / sigma_y**2, lifted off the boundary by a hair where it is singular.

    MixedLM inverts Sigma, so a variance of exactly zero cannot be handed to it.
    """
    rel_cov = fit.vcov_group / fit.sigma_y**2
    if not fit.is_singular:
        return rel_cov
    spread = np.mean(fit.data.varying_design() ** 2, axis=0)
    return np.asarray(rel_cov + np.diag(1e-8 / np.maximum(spread, 1e-300)))


def results_at(fit: MultilevelFit) -> Any:
    """Return a genuine ``MixedLMResults`` at the estimates of a fit, without a search.

    A search with a tolerance that its first gradient meets ends where it starts
    (``do_cg=False`` raises UnboundLocalError in statsmodels 0.15).
    """
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    model = model_of(fit, use_sqrt=False)
    params: MixedLMParams = _params_of(fit, _lifted(fit))
    structure = {} if fit.spec.correlated or len(fit.varying_names) == 1 else _independent(fit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(
            start_params=params,
            reml=fit.criterion == "REML",
            method="bfgs",
            gtol=np.inf,
            **structure,
        )


def _independent(fit: MultilevelFit) -> dict[str, Any]:
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    used = int(np.isfinite(fit.fixef).sum())
    k = len(fit.varying_names)
    return {"free": MixedLMParams.from_components(fe_params=np.ones(used), cov_re=np.eye(k))}


def confirm(fit: MultilevelFit) -> Agreement | None:
    """Return how far MixedLM agrees at the optimum; None for tables it cannot carry.

    Where it stops with an error of linear algebra, every gap is NaN: no digit agrees.
    """
    if not carries(fit):
        return None
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return _compare(fit, results_at(fit))
    except (np.linalg.LinAlgError, ValueError, UnboundLocalError):
        return Agreement(np.nan, np.nan, np.nan, np.nan)


def _compare(fit: MultilevelFit, results: Any) -> Agreement:
    used = np.isfinite(fit.fixef)
    se = fit.fixef_se[used]
    modes = _modes(results, fit)
    return Agreement(
        criterion_gap=-2.0 * float(results.llf) - fit.criterion_value,
        fixef_gap=float(np.max(np.abs(np.asarray(results.fe_params) - fit.fixef[used]) / se)),
        se_gap=float(np.max(np.abs(np.asarray(results.bse_fe) - se) / se)),
        ranef_gap=float(np.max(np.abs((modes - fit.ranef) * _reach(fit)))) / fit.sigma_y,
    )


def _reach(fit: MultilevelFit) -> FloatArray:
    """Return the root mean square of each varying column: what one unit of it moves y."""
    return np.asarray(np.sqrt(np.mean(fit.data.varying_design() ** 2, axis=0)))


def _modes(results: Any, fit: MultilevelFit) -> FloatArray:
    effects = results.random_effects
    return np.array([np.asarray(effects[j], dtype=float) for j in range(fit.n_groups)])


def fit_mixedlm(fit: MultilevelFit, model: ScaledModel) -> MultilevelFit:
    """Return the fit that MixedLM finds by itself, in the same class.

    Everything MixedLM reports is its own (fixed effects, their covariance, variances,
    conditional modes, criterion); what it does not report follows from these.

    Raises
    ------
    PoolingError
        When MixedLM stops with an error of linear algebra.
    """
    mixed = model_of(fit)
    structure = {} if fit.spec.correlated or len(fit.varying_names) == 1 else _independent(fit)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            results = mixed.fit(reml=fit.criterion == "REML", **structure)
            modes = _modes(results, fit)
        except (np.linalg.LinAlgError, ValueError, UnboundLocalError) as error:
            raise PoolingError(
                "statsmodels' MixedLM stopped with a singular matrix on this table. The engine "
                "'moments' fits it.",
                code="engine_failed",
            ) from error
    variance = float(results.scale)
    rel_cov = np.atleast_2d(np.asarray(results.cov_re)) / variance
    undo = np.linalg.inv(model.z_to_raw)
    found = fit_at(fit.data, fit.moments, model, optimum_at(model, undo @ rel_cov @ undo.T, fit))
    notes = found.diagnostics + tuple(_remarks(results, caught))
    used = np.flatnonzero(np.isfinite(fit.fixef))
    fixef, cov = fit.fixef.copy(), fit.fixef_cov.copy()
    fixef[used] = np.asarray(results.fe_params)
    cov[np.ix_(used, used)] = np.asarray(results.cov_params())[: len(used), : len(used)]
    return replace(
        found,
        fixef=fixef,
        fixef_cov=cov,
        ranef=modes,
        sigma_y=float(np.sqrt(variance)),
        criterion_value=-2.0 * float(results.llf),
        diagnostics=notes,
        engine="statsmodels",
        reference=fit.reference,
    )


def _remarks(results: Any, caught: list[warnings.WarningMessage]) -> list[Diagnostic]:
    if bool(results.converged):
        return []
    said = {str(w.message).splitlines()[0] for w in caught}
    return [
        Diagnostic(
            "mixedlm_not_converged",
            "problem",
            "MixedLM did not converge: " + "; ".join(sorted(said)) + " Use the engine 'moments'.",
        )
    ]


class MixedLMReference:
    """``MixedLM`` as the engine that a fit is held against (``results.ReferenceEngine``)."""

    def confirm(self, fit: MultilevelFit) -> Agreement | None:
        """Return how far it agrees at the optimum; None for tables it cannot carry."""
        return confirm(fit)

    def results_at(self, fit: MultilevelFit) -> Any:
        """Return its own results object at the estimates of a fit."""
        return results_at(fit)


def _is_carried(fit: FactorsFit) -> str:
    """Return why MixedLM cannot carry a model of several factors, in words; '' where it can."""
    top = _top(fit)
    for factor in fit.data.factors:
        if factor.k > 1 and fit.spec.correlated and factor.name != top:
            where = "crossed with another factor" if top == "" else f"inside '{top}'"
            return (
                "MixedLM has one covariance matrix, that of its groups; its other variances are "
                f"uncorrelated. Here intercept and slopes vary together by '{factor.name}', which "
                f"is {where}. Let them vary without correlation, or leave the slopes out."
            )
    return ""


def _top(fit: FactorsFit) -> str:
    """Return the factor that all others are nested in; '' where there is none."""
    for factor in fit.data.factors:
        if all(factor.name in o.outer for o in fit.data.factors if o is not factor):
            return factor.name
    return ""


def _carries_factors(fit: FactorsFit) -> bool:
    columns = sum(f.n_levels * f.k for f in fit.data.factors)
    small = fit.n_obs <= CARRIES_FACTOR_ROWS and columns <= CARRIES_COLUMNS
    return small and not _is_carried(fit)


@dataclass(frozen=True, eq=False)
class _Laid:
    """A model of several factors as MixedLM takes it, and where its variances stand."""

    model: Any
    top: str
    components: tuple[tuple[str, int], ...]


def _lay_factors(fit: FactorsFit) -> _Laid:
    """Return the ``MixedLM`` model: groups of the outermost factor, variance components by hand.

    Every coefficient of every other factor is one component; its matrices are indicators of the
    levels times the column, group by group.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    data = fit.data
    cell = data.cells.group_index
    top = _top(fit)
    groups = np.zeros(data.n_obs, dtype=np.intp)
    exog_re = None
    if top:
        factor = data.factor(top)
        groups = factor.of_cell[cell]
        if fit.spec.correlated or factor.k == 1:
            exog_re = np.column_stack([data.cells.base_values(b) for b in factor.varying])
        else:
            top = ""
            groups = factor.of_cell[cell]
    rows = [np.flatnonzero(groups == g) for g in range(int(groups.max()) + 1)]
    names: list[str] = []
    columns: list[list[list[str]]] = []
    matrices: list[list[FloatArray]] = []
    components: list[tuple[str, int]] = []
    for factor in data.factors:
        if factor.name == top:
            continue
        level = factor.of_cell[cell]
        for a, base in enumerate(factor.varying):
            values = data.cells.base_values(base)
            names.append(f"{len(names)}")
            components.append((factor.name, a))
            made, called = [], []
            for at in rows:
                levels, where = np.unique(level[at], return_inverse=True)
                block = np.zeros((len(at), len(levels)))
                block[np.arange(len(at)), where] = values[at]
                made.append(block)
                called.append([f"{len(names) - 1}|{j}" for j in levels])
            columns.append(called)
            matrices.append(made)
    used = np.flatnonzero(np.isfinite(fit.fixef))
    model = MixedLM(
        data.y,
        data.design()[:, used],
        groups=groups,
        exog_re=exog_re,
        exog_vc=VCSpec(names, columns, matrices),
        use_sqrt=False,
    )
    model.data.xnames = [data.fixef_names[i] for i in used]
    model.exog_names[:] = model.data.xnames
    return _Laid(model, top, tuple(components))


def _factor_results(fit: FactorsFit, laid: _Laid) -> Any:
    """Return MixedLM's results object at the estimates of a fit, without a search."""
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    used = np.isfinite(fit.fixef)
    cov_re = None
    if laid.top:
        cov_re = _off_zero(fit, laid.top)
    vcomp = np.array([_off_zero(fit, name)[a, a] for name, a in laid.components])
    params = MixedLMParams.from_components(fe_params=fit.fixef[used], cov_re=cov_re, vcomp=vcomp)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return laid.model.fit(
            start_params=params, reml=fit.criterion == "REML", method="bfgs", gtol=np.inf
        )


def _off_zero(fit: FactorsFit, name: str) -> FloatArray:
    """Return a factor's Sigma / sigma_y**2, lifted off the boundary by a hair where singular."""
    data = fit.data
    rel = fit.factors[name].vcov_group / fit.sigma_y**2
    values = np.linalg.eigvalsh(rel)
    if values[0] > 1e-9 * max(float(values[-1]), 1.0):
        return rel
    columns = [data.cells.base_values(b) for b in data.factor(name).varying]
    spread = np.array([float(np.mean(c**2)) for c in columns])
    return np.asarray(rel + np.diag(1e-8 / np.maximum(spread, 1e-300)))


def _factor_agreement(fit: FactorsFit) -> Agreement:
    laid = _lay_factors(fit)
    results = _factor_results(fit, laid)
    used = np.isfinite(fit.fixef)
    se = fit.fixef_se[used]
    return Agreement(
        criterion_gap=-2.0 * float(results.llf) - fit.criterion_value,
        fixef_gap=float(np.max(np.abs(np.asarray(results.fe_params) - fit.fixef[used]) / se)),
        se_gap=float(np.max(np.abs(np.asarray(results.bse_fe) - se) / se)),
        ranef_gap=_factor_modes_gap(fit, laid, results) / fit.sigma_y,
    )


def _factor_modes_gap(fit: FactorsFit, laid: _Laid, results: Any) -> float:
    """Return the largest difference of a deviation, in units of what it moves the outcome by."""
    data = fit.data
    gap = 0.0
    width = data.factor(laid.top).k if laid.top else 0
    for group, effects in results.random_effects.items():
        values = np.asarray(effects, dtype=np.float64)
        if laid.top:
            own = fit.factors[laid.top].ranef[int(group)]
            reach = _columns_reach(data, laid.top)
            gap = max(gap, float(np.max(np.abs(values[:width] - own) * reach)))
        for label, value in zip(list(effects.index)[width:], values[width:], strict=True):
            number, level = str(label).split("[")[-1].rstrip("]").split("|")
            name, a = laid.components[int(number)]
            ours = float(fit.factors[name].ranef[int(level), a])
            gap = max(gap, abs(float(value) - ours) * float(_columns_reach(data, name)[a]))
    return gap


def _columns_reach(data: FactorsData, name: str) -> FloatArray:
    columns = [data.cells.base_values(b) for b in data.factor(name).varying]
    return np.array([float(np.sqrt(np.mean(c**2))) for c in columns])


class FactorMixedLMReference:
    """``MixedLM`` with variance components, as the engine a fit of several factors is held to."""

    def confirm(self, fit: MultilevelFit) -> Agreement | None:
        """Return how far it agrees at the optimum; None for models and tables it cannot carry."""
        assert isinstance(fit, FactorsFit)
        if not _carries_factors(fit):
            return None
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return _factor_agreement(fit)
        except (np.linalg.LinAlgError, ValueError, UnboundLocalError):
            return Agreement(np.nan, np.nan, np.nan, np.nan)

    def results_at(self, fit: MultilevelFit) -> Any:
        """Return its own results object at the estimates of a fit.

        Raises
        ------
        NotSupportedError
            For a model that MixedLM has no form for; the reason is said.
        """
        assert isinstance(fit, FactorsFit)
        reason = _is_carried(fit)
        if reason:
            raise NotSupportedError(reason)
        return _factor_results(fit, _lay_factors(fit))
