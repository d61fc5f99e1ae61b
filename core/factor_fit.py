"""``FactorFit``: what the multilevel model says of the levels of one grouping factor."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.types import FloatArray, IntArray


def correlation_of(vcov: FloatArray) -> FloatArray:
    """Return the correlations of a covariance matrix, shape (k, k); NaN beside a zero variance."""
    sd = np.sqrt(np.diag(vcov))
    with np.errstate(invalid="ignore", divide="ignore"):
        out = vcov / np.outer(sd, sd)
    np.fill_diagonal(out, 1.0)
    return np.asarray(np.clip(out, -1.0, 1.0))


@dataclass(frozen=True, eq=False)
class FactorFit:
    """One grouping factor of a multilevel fit: its variances, and the estimates of its levels.

    Attributes
    ----------
    name, label : str
        The factor's column, and how lme4 writes the factor ('school:class').
    group_names : tuple of str, length L
    group_sizes : IntArray, shape (L,)
        Rows of every level.
    varying_names : tuple of str, length k
    outer : tuple of str
        Factors that this one is nested in, coarsest first.
    ranef : FloatArray, shape (L, k)
        Deviations of the levels (conditional modes; BLUPs).
    coef : FloatArray, shape (L, k)
        ``fixef + ranef`` as lme4's ``coef``.
    target : FloatArray, shape (L, k)
        What a level is pulled towards: the average coefficients, its group-level predictors'
        share, and the deviations of the levels that it lies in.
    line : FloatArray, shape (L, k)
        The level's own coefficients, ``target + ranef``, other factors being at their average.
    cond_var : FloatArray, shape (L, k, k)
        Covariance of the deviations given the parameters.
    line_var : FloatArray, shape (L, k, k)
        Covariance of ``line`` that also counts the fixed effects' uncertainty.
    vcov_group : FloatArray, shape (k, k)
        Sigma of this factor.
    """

    name: str
    label: str
    group_names: tuple[str, ...]
    group_sizes: IntArray
    varying_names: tuple[str, ...]
    outer: tuple[str, ...]
    ranef: FloatArray
    coef: FloatArray
    target: FloatArray
    line: FloatArray
    cond_var: FloatArray
    line_var: FloatArray
    vcov_group: FloatArray
    parents: dict[str, IntArray] = field(default_factory=dict, repr=False)

    @property
    def n_groups(self) -> int:
        """Number of levels L."""
        return len(self.group_names)

    @property
    def sigma_group(self) -> FloatArray:
        """Sd of each varying coefficient between levels, shape (k,)."""
        return np.asarray(np.sqrt(np.diag(self.vcov_group)))

    @property
    def correlation(self) -> FloatArray:
        """Correlation of the varying coefficients, shape (k, k); NaN beside a zero variance."""
        return correlation_of(self.vcov_group)

    @property
    def cond_sd(self) -> FloatArray:
        """Conditional sd of each deviation, shape (L, k)."""
        return np.asarray(np.sqrt(np.maximum(np.einsum("lkk->lk", self.cond_var), 0.0)))

    @property
    def line_se(self) -> FloatArray:
        """Standard error of ``line``, fixed effects' uncertainty included, shape (L, k)."""
        return np.asarray(np.sqrt(np.maximum(np.einsum("lkk->lk", self.line_var), 0.0)))

    @property
    def pooling_factor(self) -> FloatArray:
        """omega of each coefficient, shape (L, k): 0 none, 1 complete pooling towards the target.

        ``cond_var_kk / sigma_k**2``; 1 where the variance is zero.
        """
        variance = np.diag(self.vcov_group)
        own = np.einsum("lkk->lk", self.cond_var)
        ratio = np.divide(own, variance, out=np.ones_like(own), where=variance > 0)
        return np.asarray(np.clip(ratio, 0.0, 1.0))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per level and coefficient: line, its error, deviation, pooling factor."""
        k = len(self.varying_names)
        return pd.DataFrame(
            {
                self.label: np.repeat(np.array(self.group_names, dtype=object), k),
                "rows": np.repeat(self.group_sizes, k),
                "term": np.tile(np.array(self.varying_names, dtype=object), self.n_groups),
                "estimate": self.line.ravel(),
                "se": self.line_se.ravel(),
                "target": self.target.ravel(),
                "deviation": self.ranef.ravel(),
                "deviation_sd": self.cond_sd.ravel(),
                "pooling_factor": self.pooling_factor.ravel(),
            }
        )
