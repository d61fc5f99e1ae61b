"""Predictions by a model with several factors: points, variances in parts, degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from core.estimators.factors.factor_rows import FactorRows
from core.estimators.factors.satterthwaite import degrees_of_freedom
from core.estimators.factors.system import scaled_variance, solved_of, system_of
from core.exceptions import SpecError
from core.factors_results import FactorsFits
from core.fitting.factors.cell_layout import CellLayout, lay_out
from core.fitting.several.henderson import FactorSystem
from core.types import FloatArray

Predicting: TypeAlias = Literal["partial_pooling", "complete_pooling", "no_pooling"]

#: theta at which next to nothing is pooled.
_WEAK = 1e4
#: A variance of weak pooling above this (over sigma_y**2 and rows) belongs to what no row says.
_UNKNOWN = 1e4
NOT_SEEN = "no pooling says nothing about a level that was not in the fitted rows"
NOT_SPANNED = "the fitted rows cannot tell apart the coefficients that this row needs"


@dataclass(frozen=True, eq=False)
class FactorPredictions:
    """Predictions of rows, raw units; NaN where there is none.

    Attributes
    ----------
    point, fixed, individual, df : FloatArray, shape (m,)
        Points; variances from the estimation of the average coefficients and of a new row about
        its expectation; Satterthwaite's degrees of freedom of the whole (of the mean where the
        individual part is not counted).
    parts : dict of str to FloatArray, shape (m,)
        Variance that comes with the level of each factor: what is not known of a known one, all
        of its variance for a new one.
    reasons : ndarray of str, shape (m,)
    """

    point: FloatArray
    fixed: FloatArray
    parts: dict[str, FloatArray]
    individual: FloatArray
    df: FloatArray
    reasons: FloatArray

    @property
    def variance(self) -> FloatArray:
        """The whole variance, shape (m,)."""
        return np.asarray(self.fixed + self.individual + sum(self.parts.values()))


def predictions(
    fits: FactorsFits,
    rows: FactorRows,
    estimator: Predicting = "partial_pooling",
    *,
    individual: bool = True,
    average: tuple[str, ...] = (),
    with_df: bool = True,
) -> FactorPredictions:
    """Return what one of the fits predicts for rows.

    Parameters
    ----------
    average : tuple of str
        Factors whose variance is left out where the level is new: their average level.
    with_df : bool
        Degrees of freedom; without them normal intervals (infinite).

    Raises
    ------
    SpecError
        When there is no such estimator.
    PoolingError
        When partial pooling is asked for and there is no multilevel fit.
    """
    makers = {
        "partial_pooling": _partial,
        "complete_pooling": _complete,
        "no_pooling": _no_pooling,
    }
    if estimator not in makers:
        raise SpecError(f"No estimator '{estimator}'. There are: {', '.join(makers)}.")
    return makers[estimator](fits, rows, individual, average, with_df)


def _partial(
    fits: FactorsFits, rows: FactorRows, individual: bool, average: tuple[str, ...], with_df: bool
) -> FactorPredictions:
    fit, data = fits.multilevel, fits.data
    system, scale = system_of(fits), scaled_variance(fits)
    asked = rows.contrasts(data)
    design = np.nan_to_num(rows.design)
    point = design @ np.nan_to_num(fit.fixef)
    parts = {}
    for name, part in system.parts(asked).items():
        factor, own = data.factor(name), fit.factors[name]
        at, z = rows.known[name], rows.varying(factor)
        is_known = at >= 0
        point[is_known] += np.einsum("mk,mk->m", z[is_known], own.ranef[at[is_known]])
        new = np.einsum("mk,kl,ml->m", z, own.vcov_group, z)
        left_out = name in average
        parts[name] = np.where(is_known, scale * part, 0.0 if left_out else new)
    known_part = sum(np.where(rows.known[n] >= 0, part, 0.0) for n, part in parts.items())
    whole = scale * system.variance(asked)
    own_part = np.full(len(point), fit.sigma_y**2 if individual else 0.0)
    df = np.full(len(point), np.inf)
    if with_df:
        df = degrees_of_freedom(fits, _variance_of(fits, rows, individual, average))
    return _blanked(
        FactorPredictions(
            point, np.maximum(whole - known_part, 0.0), parts, own_part, df, rows.reasons
        )
    )


def _variance_of(fits: FactorsFits, rows: FactorRows, individual: bool, average: tuple[str, ...]):  # type: ignore[no-untyped-def]
    """Return the whole variance over sigma_y**2 as a function of system and covariances."""
    layout = solved_of(fits).layout
    data, asked = fits.data, rows.contrasts(fits.data)
    moved = {
        f.name: rows.varying(f) @ d.to_raw * layout.y_scale
        for f, d in zip(data.factors, layout.designs, strict=True)
    }

    def variance(system: FactorSystem, D: list[FloatArray]) -> FloatArray:
        out = system.variance(asked) + (layout.y_scale**2 if individual else 0.0)
        for factor, one in zip(data.factors, D, strict=True):
            if factor.name not in average:
                z = moved[factor.name]
                is_new = rows.known[factor.name] < 0
                out = out + np.where(is_new, np.einsum("mk,kl,ml->m", z, one, z), 0.0)
        return out

    return variance


def _complete(
    fits: FactorsFits, rows: FactorRows, individual: bool, average: tuple[str, ...], with_df: bool
) -> FactorPredictions:
    del average
    whole, design = fits.complete_pooling, np.nan_to_num(rows.design)
    cov = np.nan_to_num(whole.coef_cov)
    n = len(design)
    found = FactorPredictions(
        point=design @ np.nan_to_num(whole.coef),
        fixed=np.einsum("mp,pq,mq->m", design, cov, design),
        parts={name: np.zeros(n) for name in fits.data.spec.groups},
        individual=np.full(n, whole.sigma_y**2 if individual else 0.0),
        df=np.full(n, float(whole.df_residual) if with_df else np.inf),
        reasons=rows.reasons,
    )
    return _blanked(found)


def weak_system(layout: CellLayout) -> FactorSystem:
    """Return the system in which next to nothing is pooled: least squares with all indicators."""
    return FactorSystem(layout, [_WEAK * np.eye(d.k) for d in layout.designs])


def _weak_of(fits: FactorsFits) -> FactorSystem:
    held: FactorSystem | None = fits.__dict__.get("weak")
    if held is None:
        held = weak_system(lay_out(fits.data, fits.cells))
        object.__setattr__(fits, "weak", held)
    return held


def _no_pooling(
    fits: FactorsFits, rows: FactorRows, individual: bool, average: tuple[str, ...], with_df: bool
) -> FactorPredictions:
    own, data = fits.no_pooling, fits.data
    weak = _weak_of(fits)
    layout = weak.layout
    asked = rows.contrasts(data)
    point = weak.into(asked) @ weak.estimate + layout.y_center * np.nan_to_num(rows.design[:, 0])
    variance = weak.variance(asked)
    reasons = np.array(rows.reasons, dtype=object)
    is_new = np.logical_or.reduce([rows.known[name] < 0 for name in data.spec.groups])
    reasons[is_new & (reasons == "")] = NOT_SEEN
    reasons[(variance > _UNKNOWN * layout.y_scale**2) & (reasons == "")] = NOT_SPANNED
    sigma = own.sigma_y / layout.y_scale
    n = len(point)
    found = FactorPredictions(
        point=point,
        fixed=sigma**2 * variance,
        parts={name: np.zeros(n) for name in data.spec.groups},
        individual=np.full(n, own.sigma_y**2 if individual else 0.0),
        df=np.full(n, float(own.df_residual) if with_df else np.inf),
        reasons=reasons,
    )
    del average
    return _blanked(found)


def _blanked(found: FactorPredictions) -> FactorPredictions:
    """Return predictions without numbers where there is a reason for none."""
    lacking = found.reasons != ""
    if not lacking.any():
        return found
    arrays = [found.point, found.fixed, found.individual, found.df, *found.parts.values()]
    for array in arrays:
        array[lacking] = np.nan
    return found
