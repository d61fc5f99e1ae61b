"""Can the model be believed: residuals and group effects beside what it would make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from core.estimators.factors.view import FactorView
from core.exceptions import SpecError
from core.explore.checks.envelope import Envelope, envelope
from core.explore.checks.reference import Reference
from core.results import PoolingFits
from core.tables.columns import NumericColumn
from core.types import FloatArray, IntArray

#: Points of a curve of quantiles; bins of a curve of means, and rows in each at least.
_POINTS, _BINS, _LEAST = 61, 20, 15
#: A predictor of which less than this share of the variance lies inside groups is group-level.
_CONSTANT = 1e-9


@dataclass(frozen=True, eq=False)
class CheckedCurve:
    """A curve of the data inside the band of the model.

    Attributes
    ----------
    x : FloatArray, shape (m,)
        Where the points stand: expected values of quantiles, or means of bins.
    band : Envelope
        In units of the residual sd (residuals) or of their own sd (group effects).
    counts : IntArray, shape (m,)
        Rows behind each point; 0 for quantiles.
    slope, slope_lower, slope_upper : float
        Slope of the residuals over x, and the range of 95% of the simulated ones; NaN for
        quantiles.
    """

    x: FloatArray
    band: Envelope
    counts: IntArray
    slope: float = np.nan
    slope_lower: float = np.nan
    slope_upper: float = np.nan

    def to_frame(self) -> pd.DataFrame:
        """Return ``x, observed, expected, lower, upper, is_outside``, and ``n`` of bins."""
        frame = pd.DataFrame(
            {
                "x": self.x,
                "observed": self.band.observed,
                "expected": self.band.centre,
                "lower": self.band.lower,
                "upper": self.band.upper,
                "is_outside": self.band.outside,
            }
        )
        if self.counts.any():
            frame.insert(1, "n", self.counts)
        return frame


def residual_quantiles(found: Reference, level: float = 0.95) -> CheckedCurve:
    """Return the quantiles of the residuals beside those of refitted data sets."""
    return _quantiles(found.residual, found.simulated.astype(float), level)


def effect_quantiles(found: Reference, k: int = 0, level: float = 0.95) -> CheckedCurve | None:
    """Return the quantiles of the k-th standardised group effect; None where it is zero.

    Where the parameters were held, both sides are centred and divided by their own root mean
    square, which is what fitting would do.
    """
    own = found.deviation[:, k]
    own = own[np.isfinite(own)]
    simulated = found.simulated_deviation[:, :, k]
    simulated = simulated[np.isfinite(simulated).all(axis=1)]
    if len(own) < 3 or len(simulated) < 39:
        return None
    if not found.is_refitted:
        own = own[: simulated.shape[1]]
        simulated = simulated[:, : len(own)]
        own, simulated = _unit(own[None])[0], _unit(simulated)
    return _quantiles(own, simulated, level)


def _unit(values: FloatArray) -> FloatArray:
    centred = values - values.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.sqrt(np.mean(centred**2, axis=1, keepdims=True)))


def _quantiles(own: FloatArray, simulated: FloatArray, level: float) -> CheckedCurve:
    n = len(own)
    reach = float(special.ndtri(1.0 - 0.5 / n))
    share = special.ndtr(np.linspace(-reach, reach, _POINTS))
    at = np.unique(np.clip(np.round(share * n - 0.5), 0, n - 1).astype(np.intp))
    ordered = np.sort(simulated, axis=1)[:, at].astype(np.float64)
    band = envelope(np.sort(own)[at], ordered, level)
    return CheckedCurve(band.centre, band, np.zeros(len(at), dtype=np.intp))


def residuals_by_fitted(found: Reference, level: float = 0.95) -> CheckedCurve:
    """Return mean residuals along the fitted values, each data set along its own.

    Shrinkage makes high fitted values too low and low ones too high, so a rising line is what
    a true model shows; the band rises with it.
    """
    n = len(found.residual)
    cuts = _equal_cuts(n)
    own = _binned(found.fitted[None], found.residual[None], cuts)[0]
    simulated = _binned(found.simulated_fitted.astype(float), found.simulated.astype(float), cuts)
    x = np.add.reduceat(np.sort(found.fitted), cuts) / np.diff(np.append(cuts, n))
    slope = _slopes(found.fitted[None], found.residual[None])[0]
    others = _slopes(found.simulated_fitted.astype(float), found.simulated.astype(float))
    low, high = np.nanquantile(others, [0.025, 0.975])
    counts = np.diff(np.append(cuts, n))
    band = envelope(own, simulated, level)
    return CheckedCurve(x, band, counts, float(slope), float(low), float(high))


def _equal_cuts(n: int) -> IntArray:
    bins = int(np.clip(n // _LEAST, 2, _BINS))
    return np.asarray((np.arange(bins) * n) // bins, dtype=np.intp)


def _binned(along: FloatArray, values: FloatArray, cuts: IntArray) -> FloatArray:
    """Return means of values (B, n) in bins of equally many rows in the order of ``along``."""
    order = np.argsort(along, axis=1)
    sorted_values = np.take_along_axis(values, order, axis=1).astype(np.float64)
    counts = np.diff(np.append(cuts, values.shape[1]))
    return np.asarray(np.add.reduceat(sorted_values, cuts, axis=1) / counts)


def _slopes(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return least-squares slopes of the rows of y on those of x."""
    apart = x - x.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sum(apart * y, axis=1) / np.sum(apart**2, axis=1))


def checked_columns(fits: PoolingFits) -> tuple[str, ...]:
    """Return the predictors along which something may bend, group-level ones last.

    Numeric ones with more than two values: the means of two, or of the levels of a category,
    are fitted exactly.
    """
    data, names = fits.data.in_hand, []
    for name in fits.spec.predictors:
        column = data.columns[name]
        if isinstance(column, NumericColumn) and _bends(column.values):
            names.append(name)
    known = [name for name, _ in data.group_columns]
    values = dict(data.group_columns)
    names += [n for n in fits.spec.group_predictors if n in known and _bends(values[n])]
    return tuple(names)


def group_values(fits: PoolingFits, column: str) -> FloatArray | None:
    """Return a predictor's value for every group (J,) where it has only one in each, else None.

    Whatever is left over along such a predictor is taken up by the groups' deviations.
    """
    known = dict(fits.data.group_columns)
    if column in known:
        return known[column]
    if isinstance(fits, FactorView):
        return _constant(fits, column)
    base = next((b for b, item in enumerate(fits.data.base, 1) if item.name == column), None)
    if base is None:
        return None
    moments = fits.moments
    mean, inside = moments.mean_of(base), float(moments.within_total[base - 1, base - 1])
    between = float(moments.n @ (mean - np.average(mean, weights=moments.n)) ** 2)
    if inside > _CONSTANT * (inside + between):
        return None
    return np.asarray(moments.center[base] + moments.scale[base] * mean)


def _constant(fits: FactorView, column: str) -> FloatArray | None:
    """Return a predictor's value at every level of the factor in view, where it has only one."""
    data = fits.data
    base = next((b for b, item in enumerate(data.base, 1) if item.name == column), None)
    if base is None:
        return None
    values, level = data.base_values(base), data.group_index
    at_level = np.zeros(data.n_groups)
    at_level[level] = values
    apart = np.abs(values - at_level[level]).max()
    return at_level if apart <= np.sqrt(_CONSTANT) * float(values.std()) else None


def _bends(values: FloatArray) -> bool:
    return bool(np.any((values != values.min()) & (values != values.max())))


def checked_along(
    fits: PoolingFits, found: Reference, column: str, level: float = 0.95
) -> CheckedCurve:
    """Return what is left over along one predictor: a bend in it is a bend in the data.

    Mean residuals along an individual-level predictor; along a group-level one the means of
    the groups' first standardised deviation, for the deviations take up what is left over
    between groups.

    Raises
    ------
    SpecError
        When the column is no numeric predictor of the model.
    """
    data, of_groups = fits.data, group_values(fits, column)
    if of_groups is not None:
        n_groups = found.simulated_deviation.shape[1]
        own, simulated = found.deviation[:n_groups, 0], found.simulated_deviation[:, :, 0]
        live = np.isfinite(own)
        drawn = np.isfinite(simulated).all(axis=1)
        if not live.any() or not drawn.any():
            raise SpecError("The groups' deviations are all zero.")
        values = of_groups[:n_groups][live]
        return _means(values, own[live], simulated[drawn][:, live], level)
    held = data.in_hand.columns.get(column)
    if not isinstance(held, NumericColumn):
        raise SpecError(f"'{column}' is not a numeric predictor of this model.")
    return _means(held.values[found.rows], found.residual, found.simulated, level)


def _means(
    values: FloatArray, own: FloatArray, simulated: NDArray[np.floating], level: float
) -> CheckedCurve:
    bins, x = _bins_of(values)
    counts = np.bincount(bins, minlength=len(x))
    order = np.argsort(bins, kind="stable")
    starts = np.searchsorted(bins[order], np.arange(len(x)))
    others = np.add.reduceat(simulated[:, order].astype(np.float64), starts, axis=1) / counts
    mean = np.bincount(bins, own, minlength=len(x)) / counts
    return CheckedCurve(x, envelope(mean, others, level), counts.astype(np.intp))


def _bins_of(values: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the bin of every value and each bin's mean: equal values share a bin."""
    distinct, code = np.unique(values, return_inverse=True)
    if len(distinct) > _BINS:
        most = int(np.clip(len(values) // _LEAST, 2, _BINS))
        edges = np.unique(np.quantile(values, np.arange(1, most) / most))
        _, code = np.unique(np.searchsorted(edges, values, side="left"), return_inverse=True)
    counts = np.bincount(code)
    return code.astype(np.intp), np.bincount(code, values) / counts
