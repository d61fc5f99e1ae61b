"""The reference engine: ``statsmodels.MixedLM`` behind one adaptor.

The only module that imports statsmodels, and only when it is asked for: the import alone
takes longer than the fits of a classroom table.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from core.evidence import Agreement
from core.exceptions import NotSupportedError, PoolingError
from core.factors_results import FactorsFit
from core.fitting.multilevel import fit_at, optimum_at
from core.fitting.scaled import ScaledModel
from core.fitting.several.components import (
    Components,
    carries_factors,
    components_of,
    modes_gap,
    off_zero,
    why_not_carried,
)
from core.results import Diagnostic, MultilevelFit
from core.types import FloatArray

#: Groups and rows up to which MixedLM answers in a second or so.
CARRIES_GROUPS = 1_000
CARRIES_ROWS = 20_000
#: How far off the boundary a singular fit is handed over: MixedLM inverts Sigma, and may lose
#: every digit so close to it, on some tables where on others it loses none.
_LIFTS = (1e-8, 1e-7, 1e-6, 1e-5)


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
    root = data.weight_roots()  # MixedLM takes no weights: rows are scaled to one variance
    model = MixedLM(
        root * data.y,
        root[:, None] * data.design()[:, used],
        groups=data.group_index,
        exog_re=root[:, None] * data.varying_design(),
        use_sqrt=use_sqrt,
    )
    model.data.xnames = [data.fixef_names[i] for i in used]
    model.exog_names[:] = model.data.xnames
    return model


def _params_of(fit: MultilevelFit, rel_cov: FloatArray) -> Any:
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    used = np.isfinite(fit.fixef)
    return MixedLMParams.from_components(fe_params=fit.fixef[used], cov_re=rel_cov)


def _lifted(fit: MultilevelFit, by: float) -> FloatArray:
    """Return Sigma / sigma_y**2, lifted off the boundary by a hair where it is singular.

    MixedLM inverts Sigma, so a variance of exactly zero cannot be handed to it.
    """
    rel_cov = fit.vcov_group / fit.sigma_y**2
    if not fit.is_singular:
        return rel_cov
    spread = np.mean(fit.data.varying_design() ** 2, axis=0)
    return np.asarray(rel_cov + np.diag(by / np.maximum(spread, 1e-300)))


def results_at(fit: MultilevelFit, lift: float = _LIFTS[0]) -> Any:
    """Return a genuine ``MixedLMResults`` at the estimates of a fit, without a search.

    ``lift``: how far off the boundary a singular fit is handed over, as a share of sigma_y**2.

    A search with a tolerance that its first gradient meets ends where it starts
    (``do_cg=False`` raises UnboundLocalError in statsmodels 0.15).
    """
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    model = model_of(fit, use_sqrt=False)
    params: MixedLMParams = _params_of(fit, _lifted(fit, lift))
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
    found = _asked(fit, _LIFTS[0])
    for lift in _LIFTS[1:] if fit.is_singular else ():
        again = _asked(fit, lift)
        found = again if again.digits > found.digits else found
    return found


def _asked(fit: MultilevelFit, lift: float) -> Agreement:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return _compare(fit, results_at(fit, lift))
    except (np.linalg.LinAlgError, ValueError, UnboundLocalError):
        return Agreement(np.nan, np.nan, np.nan, np.nan)


def _compare(fit: MultilevelFit, results: Any) -> Agreement:
    used = np.isfinite(fit.fixef)
    se = fit.fixef_se[used]
    modes = _modes(results, fit)
    return Agreement(
        criterion_gap=-2.0 * float(results.llf) - fit.moments.log_weight - fit.criterion_value,
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
        criterion_value=-2.0 * float(results.llf) - fit.moments.log_weight,
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


def _factor_results(fit: FactorsFit, laid: Components) -> Any:
    """Return MixedLM's results object at the estimates of a fit, without a search."""
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams, VCSpec

    used = np.flatnonzero(np.isfinite(fit.fixef))
    model = MixedLM(
        fit.data.y,
        fit.data.design()[:, used],
        groups=laid.groups,
        exog_re=laid.exog_re,
        exog_vc=VCSpec(laid.names, laid.columns, laid.matrices),
        use_sqrt=False,
    )
    model.data.xnames = [fit.data.fixef_names[i] for i in used]
    model.exog_names[:] = model.data.xnames
    params = MixedLMParams.from_components(
        fe_params=fit.fixef[used],
        cov_re=off_zero(fit, laid.top) if laid.top else None,
        vcomp=np.array([off_zero(fit, name)[a, a] for name, a in laid.owners]),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reml = fit.criterion == "REML"
        return model.fit(start_params=params, reml=reml, method="bfgs", gtol=np.inf)


def _factor_agreement(fit: FactorsFit) -> Agreement:
    laid = components_of(fit)
    results = _factor_results(fit, laid)
    used = np.isfinite(fit.fixef)
    se = fit.fixef_se[used]
    return Agreement(
        criterion_gap=-2.0 * float(results.llf) - fit.criterion_value,
        fixef_gap=float(np.max(np.abs(np.asarray(results.fe_params) - fit.fixef[used]) / se)),
        se_gap=float(np.max(np.abs(np.asarray(results.bse_fe) - se) / se)),
        ranef_gap=modes_gap(fit, laid, results) / fit.sigma_y,
    )


class FactorMixedLMReference:
    """``MixedLM`` with variance components, as the engine a fit of several factors is held to."""

    def confirm(self, fit: MultilevelFit) -> Agreement | None:
        """Return how far it agrees at the optimum; None for models and tables it cannot carry."""
        assert isinstance(fit, FactorsFit)
        if not carries_factors(fit):
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
        reason = why_not_carried(fit)
        if reason:
            raise NotSupportedError(reason)
        return _factor_results(fit, components_of(fit))
