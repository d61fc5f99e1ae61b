"""The four estimators as predictors of rows: point, variance and degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.estimators.training import AVERAGE, KNOWN, NEW, Design, Rows, Training
from core.estimators.two_stage import SecondStage
from core.fitting.search.information import VarianceInformation
from core.types import BoolArray, FloatArray, IntArray

#: Rows of one pass; keeps the work arrays within the processor's cache.
_CHUNK = 50_000
#: A row this far (in sd of a column) outside what the training rows span is not estimable.
_OUTSIDE = 1e-6


@dataclass(frozen=True, eq=False)
class RowPredictions:
    """Predictions of n rows, in scaled units (``in_raw_units`` undoes it).

    Attributes
    ----------
    point : FloatArray, shape (n,)
    fixed, group, individual : FloatArray, shape (n,)
        Variance due to the estimation of the coefficients, to what is not known of the
        group, and to the individual.
    df : FloatArray, shape (n,)
        Satterthwaite's degrees of freedom of the whole variance.
    df_mean : FloatArray, shape (n,)
        The same without the individual part.
    is_defined : BoolArray, shape (n,)
    """

    point: FloatArray
    fixed: FloatArray
    group: FloatArray
    individual: FloatArray
    df: FloatArray
    df_mean: FloatArray
    is_defined: BoolArray

    @property
    def variance(self) -> FloatArray:
        """Variance of a new individual about the prediction, shape (n,)."""
        return self.fixed + self.group + self.individual

    def in_raw_units(self, center: float, scale: float) -> RowPredictions:
        """Return the same in the outcome's own units, NaN where nothing is defined."""
        blank = np.where(self.is_defined, 1.0, np.nan)
        return RowPredictions(
            point=(self.point * scale + center) * blank,
            fixed=self.fixed * scale**2 * blank,
            group=self.group * scale**2 * blank,
            individual=self.individual * scale**2 * blank,
            df=self.df * blank,
            df_mean=self.df_mean * blank,
            is_defined=self.is_defined,
        )


@dataclass(frozen=True, eq=False)
class OwnPart:
    """What an estimator knows of the training groups.

    Attributes
    ----------
    modes : FloatArray, shape (k, J)
        What the group adds to the common coefficients.
    answer : FloatArray, shape (k, c, J)
        How the modes answer to the common coefficients (with a minus sign).
    spread : FloatArray, shape (k, k, J)
        Covariance of the modes over sigma_y**2.
    is_known : BoolArray, shape (J,)
    estimable : BoolArray, shape (k, J), or None
        Which coefficients the group's rows determine (no pooling).
    """

    modes: FloatArray
    answer: FloatArray
    spread: FloatArray
    is_known: BoolArray
    estimable: BoolArray | None = None


@dataclass(frozen=True, eq=False)
class Shrinkage:
    """The multilevel model's variances and how well they are known."""

    D: FloatArray
    P: FloatArray
    information: VarianceInformation


@dataclass(frozen=True, eq=False)
class Alias:
    """Columns that are a combination of others in the training rows.

    Attributes
    ----------
    terms : IntArray, shape (a,)
    combination : FloatArray, shape (c, a)
        Each as a combination of the columns with a coefficient.
    own : FloatArray, shape (k, a, J), or None
        What of each the varying columns of a group take up first.
    """

    terms: IntArray
    combination: FloatArray
    own: FloatArray | None = None


@dataclass(eq=False)
class _Work:
    """What is known so far of the rows being predicted; variances over ``Predictor.unit``."""

    design: Design
    point: FloatArray
    apart: FloatArray
    fixed: FloatArray
    group: FloatArray
    is_known: BoolArray


@dataclass(frozen=True, eq=False)
class Predictor:
    """An estimator with its estimates, ready for rows (see ``core.estimators.fitted_lines``).

    Attributes
    ----------
    columns : IntArray, shape (c,)
        Terms that have a common coefficient.
    beta, unit_cov : FloatArray, shapes (c,) and (c, c)
        Common coefficients and their covariance over ``sigma2``.
    own : OwnPart or None
        None: all groups are treated alike.
    between : FloatArray, shape (k, k), or None
        Covariance of a new group's deviations over ``sigma2``; None: a new group is not
        defined.
    stage : SecondStage or None
        Where a new group's coefficients come from in the two-stage method.
    information : Shrinkage or None
        None: the variance is ``sigma2`` times something known.
    alias : Alias or None
        Columns without a coefficient that rows must not depend on.
    """

    training: Training
    columns: IntArray
    beta: FloatArray
    unit_cov: FloatArray
    sigma2: float
    df_residual: float
    own: OwnPart | None
    between: FloatArray | None
    stage: SecondStage | None = None
    information: Shrinkage | None = None
    alias: Alias | None = None

    @property
    def unit(self) -> float:
        """What variances are counted in: sigma_y**2, or 1 where nothing is left of it."""
        return self.sigma2 if self.sigma2 != 0 else 1.0

    @property
    def own_share(self) -> float:
        """sigma_y**2 in that unit: 1, or 0 for an exact fit."""
        return 1.0 if self.sigma2 != 0 else 0.0

    def predict(self, rows: Rows) -> RowPredictions:
        """Return the predictions of rows."""
        starts = range(0, max(rows.n, 1), _CHUNK)
        parts = [self._predict(rows.take(slice(i, i + _CHUNK))) for i in starts]
        if len(parts) == 1:
            return parts[0]
        names = ("point", "fixed", "group", "individual", "df", "df_mean", "is_defined")
        return RowPredictions(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))

    def _predict(self, rows: Rows) -> RowPredictions:
        design = self.training.design(rows)
        work = self._start(design)
        known = np.flatnonzero(work.is_known)
        others = np.flatnonzero(~work.is_known)
        if self.own is not None and len(known):
            self._add_known(work, known, self.own)
        if self.stage is not None and len(others):
            self._add_stage(work, others, self.stage)
        elif self.between is not None:
            new = others[rows.kind[others] == NEW]
            work.group[new] += self.own_share * _form(design.Z[new], self.between)
        work.fixed += self.own_share * _form(work.apart, self.unit_cov)
        unknown = self._unknown_factors(design)
        work.group += unknown
        df, df_mean = self._degrees(work, unknown)
        return RowPredictions(
            point=work.point,
            fixed=self.unit * work.fixed,
            group=self.unit * work.group,
            individual=self.sigma2 * rows.own_variance,
            df=df,
            df_mean=df_mean,
            is_defined=self._is_defined(work),
        )

    def _start(self, design: Design) -> _Work:
        rows, X = design.rows, design.X[:, self.columns]
        is_known = rows.kind == KNOWN
        if self.own is not None:
            is_known &= self.own.is_known[np.where(is_known, rows.group, 0)]
        return _Work(design, X @ self.beta, X, np.zeros(rows.n), np.zeros(rows.n), is_known)

    def _add_known(self, work: _Work, known: IntArray, own: OwnPart) -> None:
        everybody = len(known) == len(work.point)
        some = slice(None) if everybody else known
        Z, g = work.design.Z[some], work.design.rows.group[some]
        point, group, apart = work.point[some], work.group[some], work.apart[some]
        for a in range(Z.shape[1]):
            z = Z[:, a]
            point += z * own.modes[a].take(g)
            for c in range(apart.shape[1]):
                apart[:, c] -= z * own.answer[a, c].take(g)
        group += self.own_share * _own_form(Z, own.spread, g)
        if not everybody:
            work.point[some], work.group[some], work.apart[some] = point, group, apart

    def _add_stage(self, work: _Work, others: IntArray, stage: SecondStage) -> None:
        z = work.design.Z[others] @ self.training.raw_varying()
        line, fixed = stage.along(work.design.factors[others], z)
        work.point[others] += line
        work.fixed[others] += fixed / self.unit
        is_new = work.design.rows.kind[others] != AVERAGE
        work.group[others] += np.where(is_new, _form(z, stage.between) / self.unit, 0.0)

    def _unknown_factors(self, design: Design) -> FloatArray:
        """Return what unknown group-level columns add to a new group's variance, over ``unit``."""
        rows = design.rows
        out = np.zeros(rows.n)
        which = np.flatnonzero(design.unknown.any(axis=1) & (rows.kind == NEW))
        if not len(which):
            return out
        slope = np.zeros((len(which), design.unknown.shape[1]))
        for coefficient, t in zip(self.beta, self.columns, strict=True):
            term = self.training.data.terms[t]
            if term.factor >= 0:
                slope[:, term.factor] += coefficient * rows.base[which, term.base]
        if self.stage is not None:
            z = design.Z[which] @ self.training.raw_varying()
            slope += z @ self.stage.coef[:, 1:]
        slope = np.where(design.unknown[which], slope, 0.0)
        live = self.training.moments.n > 0
        cov = np.atleast_2d(np.cov(self.training.group_factors()[live], rowvar=False))
        out[which] = _form(slope, cov) / self.unit
        return out

    def _is_defined(self, work: _Work) -> BoolArray:
        rows = work.design.rows
        out: BoolArray = np.isfinite(work.point) & np.isfinite(self.sigma2)
        out &= np.isfinite(work.group)  # a second stage without residuals has no spread
        if self.own is not None and self.between is None and self.stage is None:
            out &= work.is_known
        if self.alias is None:
            return out
        left = work.design.X[:, self.alias.terms].copy()
        size = 1.0 + np.abs(left)
        others = work.design.X[:, self.columns]
        if self.alias.own is not None:
            known = np.flatnonzero(work.is_known)
            own = self.alias.own[:, :, rows.group[known]]
            left[known] -= np.einsum("nk,kan->na", work.design.Z[known], own)
            others = work.apart
        left -= others @ self.alias.combination
        return np.asarray(out & (np.abs(left) <= _OUTSIDE * size).all(axis=1))

    def _degrees(self, work: _Work, unknown: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the degrees of freedom with and without the individual part."""
        mean = work.fixed + work.group
        if self.information is not None:
            return self._satterthwaite(work, self.information, unknown)
        if self.stage is None:
            df = np.full(len(mean), self.df_residual)
            return df, df
        known, least, most = work.is_known, max(self.stage.df, 1e-9), max(self.df_residual, 1e-9)
        own = self.own_share * work.design.rows.own_variance
        with np.errstate(divide="ignore", invalid="ignore"):
            both = (mean + own) ** 2 / (mean**2 / least + own**2 / most)
        df = np.where(known, self.df_residual, both)
        return df, np.where(known, self.df_residual, least)

    def _satterthwaite(
        self, work: _Work, shrinkage: Shrinkage, unknown: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        gradient = self._gradient(work, shrinkage)
        cov = shrinkage.information.covariance
        few = 2.0 * unknown**2 / max(int((self.training.moments.n > 0).sum()) - 1, 1)
        mean = work.fixed + work.group
        without = np.einsum("an,an->n", cov @ gradient, gradient) + few
        alone = work.design.rows.own_variance
        gradient[-1] += alone
        whole = np.einsum("an,an->n", cov @ gradient, gradient) + few
        with np.errstate(divide="ignore", invalid="ignore"):
            return 2.0 * (mean + alone) ** 2 / whole, 2.0 * mean**2 / without

    def _gradient(self, work: _Work, shrinkage: Shrinkage) -> FloatArray:
        """Return the derivatives of the variance without its individual part, (K + 1, n)."""
        info, D = shrinkage.information, shrinkage.D
        apart, Z, rows = work.apart, work.design.Z, work.design.rows
        out = np.array([_form(apart, change) for change in info.fixef_change])
        new = np.flatnonzero(rows.kind == NEW)
        for a, direction in enumerate(info.directions):
            if len(new):
                out[a, new] += _form(Z[new], direction)
        known = np.flatnonzero(work.is_known)
        if not len(known):
            return out
        some = slice(None) if len(known) == len(Z) else known
        z, g = Z[some], rows.group[some]
        through = _times(z @ D, shrinkage.P, g)  # z'D P
        back = z - through  # z'(I - D P)
        for a, direction in enumerate(info.directions):
            out[a, some] += _form(back, direction)
        twice = through - _times(through @ D, shrinkage.P, g)
        out[-1, some] += np.einsum("nk,nk->n", twice @ D, z)
        return out


def _times(left: FloatArray, P: FloatArray, group: IntArray) -> FloatArray:
    """Return every row times the matrix of its group, (n, k)."""
    k = left.shape[1]
    out = np.zeros_like(left)
    for a in range(k):
        for b in range(k):
            out[:, b] += left[:, a] * P[a, b].take(group)
    return out


def _own_form(rows: FloatArray, matrices: FloatArray, group: IntArray) -> FloatArray:
    """Return the quadratic form of every row in the symmetric matrix of its group, (n,)."""
    k = rows.shape[1]
    out = np.zeros(len(rows))
    for a in range(k):
        for b in range(a, k):
            product = rows[:, a] * rows[:, b]
            product *= matrices[a, b].take(group)
            out += product if a == b else 2.0 * product
    return out


def _form(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    """Return the quadratic form of every row, shape (n,)."""
    return np.asarray(np.einsum("nk,nk->n", rows @ matrix, rows))
