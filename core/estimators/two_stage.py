"""The classical second stage: no-pooling coefficients regressed on group-level predictors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.tables.grouping.design import Term
from core.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class SecondStage:
    """Unweighted regressions of each group's own coefficients, all groups equal.

    Attributes
    ----------
    coef : FloatArray, shape (k, 1 + f)
        Intercept and slopes on the group-level columns (0 where a column is not in the
        model of that coefficient); NaN where the groups cannot support it.
    cov : FloatArray, shape (k, 1 + f, k, 1 + f)
        Covariance of those.
    between : FloatArray, shape (k, k)
        Covariance of the groups about the lines. It contains the estimation error of each
        group's own coefficients: that is what the two-stage method takes for differences
        between groups.
    df : float
        Residual degrees of freedom (the smallest over the coefficients).
    """

    coef: FloatArray
    cov: FloatArray
    between: FloatArray
    df: float

    @property
    def is_defined(self) -> bool:
        """Whether every coefficient has its line."""
        return bool(np.isfinite(self.coef).all() and self.df > 0)

    def along(self, factors: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what the lines predict at rows ``z`` (n, k), and its variance.

        Parameters
        ----------
        factors : FloatArray, shape (n, f)
            Group-level columns.

        Returns
        -------
        (FloatArray, FloatArray), shapes (n,) and (n,)
        """
        k, width = self.coef.shape
        u = np.column_stack([np.ones(len(factors)), factors])
        at = np.einsum("nk,nf->nkf", z, u).reshape(len(z), k * width)
        cov = self.cov.reshape(k * width, k * width)
        return at @ self.coef.ravel(), np.einsum("nk,nk->n", at @ cov, at)


def second_stage_columns(varying: Sequence[int], terms: Sequence[Term]) -> list[IntArray]:
    """Return, for each varying coefficient, the columns of (1, group-level) it is regressed on."""
    return [
        np.array(
            [0, *(1 + t.factor for t in terms if t.base == base and t.factor >= 0)], dtype=np.intp
        )
        for base in varying
    ]


def second_stage(
    coef: FloatArray, estimable: BoolArray, factors: FloatArray, columns: list[IntArray]
) -> SecondStage:
    """Regress group coefficients on group-level columns by least squares.

    Parameters
    ----------
    coef, estimable : shape (J, k)
        No-pooling coefficients and whether a group has them.
    factors : FloatArray, shape (J, f)
    columns : list of IntArray
        From ``second_stage_columns``.
    """
    k, width = coef.shape[1], 1 + factors.shape[1]
    design = np.column_stack([np.ones(len(coef)), factors])
    hat = np.zeros((k, width, len(coef)))
    residual = np.zeros((k, len(coef)))
    out = np.full((k, width), np.nan)
    df = np.zeros(k)
    for i, used in enumerate(columns):
        rows = estimable[:, i] & np.isfinite(coef[:, i])
        X = design[rows][:, used]
        df[i] = len(X) - len(used)
        if df[i] < 0 or np.linalg.matrix_rank(X) < len(used):
            df[i] = 0.0
            continue
        pinv = np.linalg.pinv(X)
        out[i] = 0.0
        out[i, used] = pinv @ coef[rows, i]
        residual[i, rows] = coef[rows, i] - X @ out[i, used]
        hat[i][np.ix_(used, np.flatnonzero(rows))] = pinv
    spread = residual @ residual.T
    with np.errstate(divide="ignore", invalid="ignore"):
        between = spread / np.sqrt(np.outer(df, df))
    cov = np.einsum("afj,bgj,ab->afbg", hat, hat, np.nan_to_num(between), optimize=True)
    return SecondStage(out, cov, between, float(df.min()))
