"""``SimulationStudy``: what many draws of known truth say of the three estimators."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from core.exceptions import SpecError
from core.fitting.replicates import Replicates
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.tables.population import World
from core.types import BoolArray, Estimator, FloatArray, IntArray

ESTIMATORS: tuple[Estimator, ...] = ("complete_pooling", "no_pooling", "partial_pooling")
#: Up to so many different sizes, each is shown apart.
_SIZES_APART = 8
#: The level of the shorter intervals, whose coverage is counted beside that of the longer.
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class StudyPart:
    """What is kept of every draw of a batch: B draws, c coefficients, k varying ones."""

    mse: FloatArray  # (B, 3, c), mean over the compared groups
    sigma_y: FloatArray  # (B,)
    vcov_group: FloatArray  # (B, k, k)
    fixef: FloatArray  # (B, 2, p): complete pooling, partial pooling
    fixef_se: FloatArray  # (B, 3, p): classical, cluster-robust, multilevel


@dataclass(eq=False)
class Tally:
    """Running sums over draws, by estimator, group and coefficient: shape (3, J, c)."""

    world: World
    fitted: GroupedData
    level: float
    same_groups: bool
    coefficients: tuple[str, ...]
    of_truth: IntArray
    of_fit: IntArray
    draws: int
    compared: BoolArray  # (J, c): groups that all three estimators have a number for
    error: FloatArray
    square: FloatArray
    covered: FloatArray
    covered_half: FloatArray
    width: FloatArray
    with_deviation: FloatArray  # (3, J, c, k)
    deviation: FloatArray  # (J, k)
    deviations: FloatArray  # (J, k, k)

    @classmethod
    def begin(cls, world: World, fitted: GroupedData, *, same_groups: bool, level: float) -> Tally:
        """Return an empty tally of the coefficients that vary in the truth and in the fit."""
        truth, fit = world.data.varying_names, fitted.varying_names
        common = tuple(name for name in fit if name in truth)
        if not common:
            raise SpecError(
                "No coefficient varies both in the truth and in the fit, so there is nothing to "
                "compare. Let the intercept vary in both."
            )
        J, c, k = fitted.n_groups, len(common), len(truth)
        return cls(
            world=world,
            fitted=fitted,
            level=level,
            same_groups=same_groups,
            coefficients=common,
            of_truth=np.array([truth.index(name) for name in common], dtype=np.intp),
            of_fit=np.array([fit.index(name) for name in common], dtype=np.intp),
            draws=0,
            compared=np.ones((J, c), dtype=bool),
            error=np.zeros((3, J, c)),
            square=np.zeros((3, J, c)),
            covered=np.zeros((3, J, c)),
            covered_half=np.zeros((3, J, c)),
            width=np.zeros((3, J, c)),
            with_deviation=np.zeros((3, J, c, k)),
            deviation=np.zeros((J, k)),
            deviations=np.zeros((J, k, k)),
        )

    def add(self, fits: Replicates, ranef: FloatArray) -> StudyPart:
        """Count a batch of fits against their truth; return what is kept draw by draw."""
        truth = (self.world.target() + ranef)[:, :, self.of_truth]
        quantile, half_quantile = _quantiles(fits, self.level), _quantiles(fits, _HALF)
        mse = np.empty((len(ranef), 3, len(self.coefficients)))
        estimates = _estimates(fits)
        own = fits.estimable[:, self.of_fit]
        self.compared = np.where(own.any(axis=0), own, True)
        for e, (estimate, se) in enumerate(estimates):
            error = estimate[:, :, self.of_fit] - truth
            doubt, size = se[:, :, self.of_fit], np.abs(error)
            self.error[e] += error.sum(axis=0)
            self.square[e] += (error**2).sum(axis=0)
            self.covered[e] += (size <= quantile[e] * doubt).sum(axis=0)
            self.covered_half[e] += (size <= half_quantile[e] * doubt).sum(axis=0)
            self.width[e] += 2.0 * quantile[e] * doubt.sum(axis=0)
            self.with_deviation[e] += np.einsum("bjc,bjk->jck", error, ranef)
            square = np.where(self.compared, error**2, 0.0)
            mse[:, e] = square.sum(axis=1) / self.compared.sum(axis=0)
        self.deviation += ranef.sum(axis=0)
        self.deviations += np.einsum("bjk,bjl->jkl", ranef, ranef)
        self.draws += len(ranef)
        return StudyPart(
            mse=mse,
            sigma_y=fits.sigma_y,
            vcov_group=fits.vcov_group,
            fixef=np.stack([fits.complete_coef, fits.fixef], axis=1),
            fixef_se=np.stack([fits.complete_se, fits.cluster_se, fits.fixef_se], axis=1),
        )


def _quantiles(fits: Replicates, level: float) -> tuple[float, float, float]:
    """Return half the length of each estimator's interval, in standard errors."""
    upper = 0.5 + 0.5 * level
    own = float(stdtrit(fits.df_no_pooling, upper)) if fits.df_no_pooling > 0 else np.nan
    return float(stdtrit(fits.df_complete, upper)), own, float(ndtri(upper))


def _estimates(fits: Replicates) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Return estimate and standard error (B, J, k) of each estimator, NaN where there is none."""
    return (
        (fits.complete_line, fits.complete_line_se),
        (np.where(fits.estimable, fits.no_pooling_coef, np.nan), fits.no_pooling_se),
        (fits.line, fits.line_se),
    )


@dataclass(frozen=True, eq=False)
class SimulationStudy:
    """How complete, no and partial pooling did over many draws.

    Arrays have the estimators first, in the order of ``ESTIMATORS``; c coefficients.

    Attributes
    ----------
    rmse, bias, sd : FloatArray, shape (3, J, c)
        Root mean squared error of each group's estimate, and its two parts: ``bias`` is
        what returns whenever the group has the same truth (root mean square over the
        population when groups are new in every draw), ``sd`` is chance;
        ``rmse**2 = bias**2 + sd**2``. NaN where the group admits no such estimate.
    coverage, width : FloatArray, shape (3, J, c)
        Share of intervals that contain the truth, at ``level``; their mean length.
    coverage_half : FloatArray, shape (3, J, c)
        The same share for intervals at 50%.
    compared : BoolArray, shape (J, c)
        Groups for which all three estimators have a number.
    mse : FloatArray, shape (B, 3, c)
        Mean squared error over the compared groups, by draw.
    sigma_y : FloatArray, shape (B,)
    vcov_group : FloatArray, shape (B, k, k)
        Estimates of the multilevel fit.
    """

    world: World = field(repr=False)
    spec: ModelSpec
    seed: int
    level: float
    same_groups: bool
    group_names: tuple[str, ...] = field(repr=False)
    group_sizes: IntArray = field(repr=False)
    coefficients: tuple[str, ...]
    varying_names: tuple[str, ...]
    fixef_names: tuple[str, ...]
    rmse: FloatArray = field(repr=False)
    bias: FloatArray = field(repr=False)
    sd: FloatArray = field(repr=False)
    coverage: FloatArray = field(repr=False)
    coverage_half: FloatArray = field(repr=False)
    width: FloatArray = field(repr=False)
    compared: BoolArray = field(repr=False)
    mse: FloatArray = field(repr=False)
    sigma_y: FloatArray = field(repr=False)
    vcov_group: FloatArray = field(repr=False)
    fixef: FloatArray = field(repr=False)
    fixef_se: FloatArray = field(repr=False)

    @property
    def draws(self) -> int:
        """Number of draws B."""
        return len(self.mse)

    @property
    def n_groups(self) -> int:
        """Number of groups J."""
        return len(self.group_names)

    @cached_property
    def zero_share(self) -> FloatArray:
        """Share of draws in which each group variance is estimated as zero, shape (k,)."""
        return np.asarray((np.einsum("bkk->bk", self.vcov_group) == 0).mean(axis=0))

    def overall(self, coefficient: str | None = None) -> pd.DataFrame:
        """Return one row per estimator over the groups that all three can estimate.

        Columns: ``rmse`` and its Monte Carlo standard error, ``bias``, ``sd``,
        ``coverage``, ``width``, ``best`` (share of draws in which it came closest).
        """
        c = self._position(coefficient)
        rows = self.compared[:, c]
        mean = self.mse[:, :, c].mean(axis=0)
        error = self.mse[:, :, c].std(axis=0, ddof=1) / np.sqrt(self.draws)
        rmse = np.sqrt(mean)
        values = np.where(np.isnan(self.mse[:, :, c]), np.inf, self.mse[:, :, c])
        best = np.argmin(values, axis=1)
        return pd.DataFrame(
            {
                "estimator": ESTIMATORS,
                "rmse": rmse,
                "rmse_se": error / (2.0 * np.where(rmse > 0, rmse, 1.0)),
                "bias": self._pooled(self.bias[:, rows, c]),
                "sd": self._pooled(self.sd[:, rows, c]),
                "coverage": self.coverage[:, rows, c].mean(axis=1),
                "coverage_half": self.coverage_half[:, rows, c].mean(axis=1),
                "width": self.width[:, rows, c].mean(axis=1),
                "best": [(best == e).mean() for e in range(3)],
            }
        )

    def by_size(self, coefficient: str | None = None) -> pd.DataFrame:
        """Return one row per estimator and class of group size, over the compared groups."""
        c = self._position(coefficient)
        frames = []
        for label, low, rows in self._size_classes(c):
            frames.append(
                pd.DataFrame(
                    {
                        "size": label,
                        "smallest": low,
                        "mean_size": float(self.group_sizes[rows].mean()),
                        "n_groups": len(rows),
                        "estimator": ESTIMATORS,
                        "rmse": self._pooled(self.rmse[:, rows, c]),
                        "bias": self._pooled(self.bias[:, rows, c]),
                        "sd": self._pooled(self.sd[:, rows, c]),
                        "coverage": self.coverage[:, rows, c].mean(axis=1),
                        "coverage_half": self.coverage_half[:, rows, c].mean(axis=1),
                        "width": self.width[:, rows, c].mean(axis=1),
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)

    def average_coefficients(self) -> pd.DataFrame:
        """Return how well each standard error of the average coefficients covers the truth.

        One row per coefficient and kind of standard error: mean estimate, its sd over the
        draws, the mean standard error, and the coverage of normal intervals.
        """
        truth = dict(zip(self.world.data.fixef_names, self.world.fixef, strict=True))
        quantile = float(ndtri(0.5 + 0.5 * self.level))
        kinds = (("classical", 0, 0), ("cluster_robust", 0, 1), ("multilevel", 1, 2))
        records = []
        for i, name in enumerate(self.fixef_names):
            for kind, which, at in kinds:
                estimate, se = self.fixef[:, which, i], self.fixef_se[:, at, i]
                error = estimate - truth[name]
                records.append(
                    {
                        "term": name,
                        "truth": truth[name],
                        "standard_error": kind,
                        "mean_estimate": float(estimate.mean()),
                        "sd_of_estimate": float(estimate.std(ddof=1)),
                        "mean_se": float(se.mean()),
                        "coverage": float((np.abs(error) <= quantile * se).mean()),
                    }
                )
        return pd.DataFrame(records)

    def _position(self, coefficient: str | None) -> int:
        if coefficient is None:
            return 0
        if coefficient not in self.coefficients:
            known = ", ".join(self.coefficients)
            raise SpecError(f"'{coefficient}' was not compared in this study. Choose: {known}.")
        return self.coefficients.index(coefficient)

    @staticmethod
    def _pooled(values: FloatArray) -> FloatArray:
        return np.asarray(np.sqrt(np.mean(values**2, axis=1)))

    def _size_classes(self, c: int) -> list[tuple[str, int, IntArray]]:
        """Return label, least size and groups of each class of size, smallest first."""
        rows = np.flatnonzero(self.compared[:, c])
        sizes = self.group_sizes[rows]
        distinct = np.unique(sizes)
        if len(distinct) <= _SIZES_APART:
            return [(f"{n:,}", int(n), rows[sizes == n]) for n in distinct]
        power = np.floor(np.log2(sizes)).astype(int)
        out = []
        for p in np.unique(power):
            low, high = 2 ** int(p), 2 ** (int(p) + 1) - 1
            label = f"{low:,}" if low == high else f"{low:,}–{high:,}"
            out.append((label, low, rows[power == p]))
        return out


def join_parts(tally: Tally, parts: list[StudyPart], *, seed: int) -> SimulationStudy:
    """Return the study of all batches counted."""
    B = tally.draws
    rmse = np.sqrt(tally.square / B)
    bias = np.sqrt(np.minimum(_squared_bias(tally), rmse**2))
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("mse", "sigma_y", "vcov_group", "fixef", "fixef_se")
    }
    missing = np.isnan(tally.error)
    return SimulationStudy(
        world=tally.world,
        spec=tally.fitted.spec,
        seed=seed,
        level=tally.level,
        same_groups=tally.same_groups,
        group_names=tally.fitted.group_names,
        group_sizes=tally.fitted.group_sizes,
        coefficients=tally.coefficients,
        varying_names=tally.fitted.varying_names,
        fixef_names=tally.fitted.fixef_names,
        rmse=rmse,
        bias=bias,
        sd=np.sqrt(np.maximum(rmse**2 - bias**2, 0.0)),
        coverage=np.where(missing, np.nan, tally.covered / B),
        coverage_half=np.where(missing, np.nan, tally.covered_half / B),
        width=tally.width / B,
        compared=tally.compared,
        **joined,
    )


def _squared_bias(tally: Tally) -> FloatArray:
    """Return the squared bias: mean error, and what the error owes to the group's deviation.

    The second part is the regression of the errors on the true deviations, which vary from
    draw to draw when groups are new; for a linear estimator that regression is exact.
    """
    B = tally.draws
    mean = tally.error / B
    if tally.same_groups:
        return np.asarray(mean**2)
    center = tally.deviation / B
    spread = tally.deviations / B - np.einsum("jk,jl->jkl", center, center)
    cross = tally.with_deviation / B - mean[..., None] * center[:, None, :]
    inverse = np.linalg.pinv(spread, rcond=1e-10, hermitian=True)
    return np.asarray(mean**2 + np.einsum("ejck,jkl,ejcl->ejc", cross, inverse, cross))
