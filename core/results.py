"""The fits that ``core`` returns: frozen, documented, with every array's shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd

from core.evidence import Agreement, Diagnostic, Mode, OptSummary, Status, StatusCode
from core.exceptions import PoolingError
from core.factor_fit import FactorFit, correlation_of
from core.moments import GroupMoments
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.types import BoolArray, Criterion, FloatArray, IntArray

__all__ = [
    "CompletePoolingFit",
    "Diagnostic",
    "Mode",
    "MultilevelFit",
    "NoPoolingFit",
    "OptSummary",
    "PoolingFits",
    "Status",
    "StatusCode",
    "TwoStageFit",
]


class ReferenceEngine(Protocol):
    """Another engine that a multilevel fit can be held against."""

    def confirm(self, fit: MultilevelFit) -> Agreement | None:
        """Return how far it agrees at the optimum; None for tables it cannot carry."""
        ...

    def results_at(self, fit: MultilevelFit) -> Any:
        """Return its own results object at the estimates of a fit."""
        ...


@dataclass(frozen=True, eq=False)
class CompletePoolingFit:
    """One least-squares fit for everybody (Sigma = 0).

    Attributes
    ----------
    coef, coef_se, cluster_se : FloatArray, shape (p,)
        Coefficients; classical standard errors; cluster-robust CR1 ones
        (CR0 x J/(J-1)). NaN where a column is a combination of others.
    coef_names : tuple of str, length p
    coef_cov : FloatArray, shape (p, p)
        Classical covariance of the coefficients.
    sigma_y : float
        Residual sd, outcome units.
    line : FloatArray, shape (J, k)
        The intercept and slopes this fit gives to each group: all groups the
        same, but for group-level predictors.
    """

    coef: FloatArray
    coef_se: FloatArray
    cluster_se: FloatArray
    coef_names: tuple[str, ...]
    coef_cov: FloatArray
    sigma_y: float
    df_residual: int
    r_squared: float
    log_likelihood: float
    line: FloatArray
    varying_names: tuple[str, ...]
    n_obs: int
    n_groups: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row per coefficient: estimate and its standard errors."""
        return pd.DataFrame(
            {
                "term": self.coef_names,
                "estimate": self.coef,
                "se": self.coef_se,
                "cluster_se": self.cluster_se,
            }
        )


@dataclass(frozen=True, eq=False)
class TwoStageFit:
    """Regression of the no-pooling coefficients on group-level predictors.

    Attributes
    ----------
    coef, coef_se : FloatArray, shape (k, 1 + q)
        For each varying coefficient: intercept and slopes of the unweighted
        least-squares regression over the groups that have an estimate.
    names : tuple of str, length 1 + q
    """

    coef: FloatArray
    coef_se: FloatArray
    names: tuple[str, ...]
    n_groups_used: IntArray


@dataclass(frozen=True, eq=False)
class NoPoolingFit:
    """Each group on its own (Sigma to infinity, same structure).

    Attributes
    ----------
    coef : FloatArray, shape (J, k)
        The varying coefficients of each group, as ``lm`` gives them: NaN for a
        coefficient that the group's own rows cannot support.
    estimable : BoolArray, shape (J, k)
        Whether the group's rows determine the coefficient without an assumption.
        Where ``coef`` is finite but this is False (a group whose x never varies
        and is not zero), the number is the group's mean level, not its intercept.
    coef_se : FloatArray, shape (J, k)
        Standard errors with the common residual sd ``sigma_y``.
    coef_cov : FloatArray, shape (J, k, k)
        Covariance of each group's coefficients; NaN where ``coef`` is.
    common_coef, common_se : FloatArray, shape (p - k,)
        Coefficients that do not vary; NaN for group-level predictors, which
        cannot stand beside group indicators (see ``two_stage``).
    sigma_y : float
        Residual sd over all groups; NaN without residual degrees of freedom.
    mean_x, mean_y : FloatArray, shapes (J, k), (J,)
        Where the group's data lie: mean of each varying column and of the outcome.
    two_stage : TwoStageFit or None
    """

    coef: FloatArray
    estimable: BoolArray
    coef_se: FloatArray
    coef_cov: FloatArray
    group_names: tuple[str, ...]
    group_sizes: IntArray
    varying_names: tuple[str, ...]
    common_coef: FloatArray
    common_se: FloatArray
    common_names: tuple[str, ...]
    sigma_y: float
    df_residual: int
    rss: float
    mean_x: FloatArray
    mean_y: FloatArray
    two_stage: TwoStageFit | None = None

    @cached_property
    def line_estimable(self) -> BoolArray:
        """Whether a group supports its whole line: shape (J,)."""
        return np.asarray(self.estimable.all(axis=1))


@dataclass(frozen=True, eq=False)
class MultilevelFit:
    """The multilevel model: Sigma estimated from the data (partial pooling).

    Attributes
    ----------
    fixef, fixef_se : FloatArray, shape (p,)
        Average coefficients and their standard errors.
    fixef_cov : FloatArray, shape (p, p)
    ranef : FloatArray, shape (J, k)
        Deviations of the groups (conditional modes; BLUPs).
    coef : FloatArray, shape (J, k)
        ``fixef + ranef`` as lme4's ``coef``: without group-level predictors.
    line : FloatArray, shape (J, k)
        The group's own intercept and slopes, alpha_j and beta_j: ``target + ranef``.
    target : FloatArray, shape (J, k)
        What each group is pulled towards: the group-level regression at its u_j.
    cond_var : FloatArray, shape (J, k, k)
        Covariance of the deviations given the parameters.
    line_var : FloatArray, shape (J, k, k)
        Covariance of ``line`` that also counts the uncertainty of the fixed effects.
    sigma_y : float
        Residual sd, outcome units.
    sigma_group : FloatArray, shape (k,)
        Group sd of each varying coefficient (sigma_alpha, sigma_beta, ...).
    correlation, vcov_group : FloatArray, shape (k, k)
        NaN correlations where a variance is zero.
    theta : FloatArray, shape (K,)
        Relative Cholesky factor, columns of the lower triangle (lme4's order).
    criterion_value : float
        -2 x restricted (REML) or plain (ML) log likelihood.
    """

    spec: ModelSpec
    fixef: FloatArray
    fixef_cov: FloatArray
    fixef_names: tuple[str, ...]
    ranef: FloatArray
    coef: FloatArray
    line: FloatArray
    target: FloatArray
    cond_var: FloatArray
    line_var: FloatArray
    sigma_y: float
    vcov_group: FloatArray
    theta: FloatArray
    rel_factor: FloatArray
    criterion: Criterion
    criterion_value: float
    is_singular: bool
    status: Status
    diagnostics: tuple[Diagnostic, ...]
    optimization: OptSummary
    engine: str
    varying_names: tuple[str, ...]
    group_names: tuple[str, ...]
    group_sizes: IntArray
    n_obs: int
    data: GroupedData = field(repr=False)
    moments: GroupMoments = field(repr=False)
    reference: ReferenceEngine | None = field(default=None, repr=False)

    @property
    def n_groups(self) -> int:
        """Number of groups J."""
        return len(self.group_names)

    @property
    def fixef_se(self) -> FloatArray:
        """Standard errors of the average coefficients, shape (p,)."""
        return np.asarray(np.sqrt(np.diag(self.fixef_cov)))

    @property
    def cond_sd(self) -> FloatArray:
        """Conditional sd of each deviation, shape (J, k)."""
        return np.asarray(np.sqrt(np.einsum("jkk->jk", self.cond_var)))

    @property
    def line_se(self) -> FloatArray:
        """Standard error of ``line``, fixed effects' uncertainty included, shape (J, k)."""
        return np.asarray(np.sqrt(np.einsum("jkk->jk", self.line_var)))

    @property
    def sigma_group(self) -> FloatArray:
        """Group sd of each varying coefficient, shape (k,)."""
        return np.asarray(np.sqrt(np.diag(self.vcov_group)))

    @property
    def correlation(self) -> FloatArray:
        """Correlation of the varying coefficients, shape (k, k); NaN beside a zero variance."""
        return correlation_of(self.vcov_group)

    @property
    def factors(self) -> Mapping[str, FactorFit]:
        """What the model says of every grouping factor, by its column: here the one there is."""
        return {
            self.spec.group: FactorFit(
                name=self.spec.group,
                label=self.spec.label_of(self.spec.group),
                group_names=self.group_names,
                group_sizes=self.group_sizes,
                varying_names=self.varying_names,
                outer=(),
                ranef=self.ranef,
                coef=self.coef,
                target=self.target,
                line=self.line,
                cond_var=self.cond_var,
                line_var=self.line_var,
                vcov_group=self.vcov_group,
            )
        }

    @property
    def log_likelihood(self) -> float:
        """Log likelihood: restricted for REML fits, plain for ML fits."""
        return -0.5 * self.criterion_value

    @property
    def icc(self) -> float:
        """Share of the variance that lies between groups where every predictor is 0."""
        between = float(self.vcov_group[0, 0]) if self.spec.varying_intercept else 0.0
        return between / (between + self.sigma_y**2)

    @cached_property
    def pooling_factor(self) -> FloatArray:
        """omega_j of each coefficient, shape (J, k): 0 none, 1 complete pooling.

        ``cond_var_jkk / sigma_k**2`` (Gelman & Hill 2007, section 21.6, at the level of
        one group); 1 where the variance is zero.
        """
        variance = np.diag(self.vcov_group)
        own = np.einsum("jkk->jk", self.cond_var)
        ratio = np.divide(own, variance, out=np.ones_like(own), where=variance > 0)
        return np.asarray(np.clip(ratio, 0.0, 1.0))

    def confirm(self) -> Agreement | None:
        """Return how far ``MixedLM`` agrees at this optimum.

        None for a table that MixedLM would take more than a moment for.
        """
        return None if self.reference is None else self.reference.confirm(self)

    def to_statsmodels(self) -> Any:
        """Return a genuine ``statsmodels`` ``MixedLMResults`` at these estimates.

        Raises
        ------
        PoolingError
            For a fit that was not made by ``fit_all``.
        """
        if self.reference is None:
            raise PoolingError("Only a fit made by core.fit_all can be handed to statsmodels.")
        return self.reference.results_at(self)


@dataclass(frozen=True, eq=False)
class PoolingFits:
    """The three fits of one model to one table.

    Attributes
    ----------
    refusal : PoolingError or None
        Why there is no multilevel fit, when there is none (degenerate data, not
        identified). The other two fits are there all the same.
    """

    data: GroupedData = field(repr=False)
    moments: GroupMoments = field(repr=False)
    complete_pooling: CompletePoolingFit
    no_pooling: NoPoolingFit
    multilevel_or_none: MultilevelFit | None
    refusal: PoolingError | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def multilevel(self) -> MultilevelFit:
        """The multilevel fit.

        Raises
        ------
        PoolingError
            ``refusal``, when the data admit no multilevel fit.
        """
        if self.multilevel_or_none is None:
            raise self.refusal or PoolingError("There is no multilevel fit.")
        return self.multilevel_or_none

    @property
    def partial_pooling(self) -> MultilevelFit:
        """The multilevel fit by the name of its estimator."""
        return self.multilevel

    @property
    def spec(self) -> ModelSpec:
        """The model that was fitted."""
        return self.data.spec

    @property
    def status(self) -> Status:
        """The one verdict on the multilevel fit, or the reason why there is none."""
        if self.multilevel_or_none is not None:
            return self.multilevel_or_none.status
        code: StatusCode = "degenerate"
        if self.refusal is not None and self.refusal.code == "not_identified":
            code = "not_identified"
        return Status(code, str(self.refusal))
