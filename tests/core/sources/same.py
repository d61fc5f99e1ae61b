"""Says where two sets of fits differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import core
from core.results import PoolingFits

#: What is promised of every number.
CLOSE = 1e-9

_COMPLETE = ("coef", "coef_se", "cluster_se", "coef_cov", "sigma_y", "log_likelihood", "line")
_NO_POOLING = (
    *("coef", "estimable", "coef_se", "coef_cov", "common_coef", "common_se", "sigma_y"),
    *("df_residual", "rss", "mean_x", "mean_y", "group_sizes"),
)
_OF_RESIDUALS = ("coef_se", "coef_cov", "common_coef", "common_se", "sigma_y", "rss")
_MULTILEVEL = (
    *("fixef", "fixef_cov", "ranef", "coef", "line", "target", "cond_var", "line_var"),
    *("sigma_y", "vcov_group", "theta", "criterion_value", "is_singular", "pooling_factor"),
)
_WORDS = ("fixef_names", "group_names", "varying_names")


def gap(ours: Any, theirs: Any) -> float:
    """Return the largest difference, relative to the largest number of its kind."""
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if a.shape != b.shape or not np.array_equal(np.isnan(a), np.isnan(b)):
        return float("inf")
    if not a.size or np.isnan(a).all():
        return 0.0
    same = (a == b) | np.isnan(a)
    size = np.nanmax(np.where(np.isfinite(b), np.abs(b), 0.0))
    return float(np.max(np.where(same, 0.0, np.abs(a - b)) / max(float(size), 1e-300)))


def differences(ours: PoolingFits, theirs: PoolingFits, close: float = CLOSE) -> dict[str, Any]:
    """Return what differs by more than rounding, by name."""
    parts = [("complete_pooling", _COMPLETE), ("no_pooling", _NO_POOLING)]
    found: dict[str, Any] = {}
    if ours.status.code != theirs.status.code:
        found["status"] = (ours.status, theirs.status)
    if theirs.multilevel_or_none is not None and ours.multilevel_or_none is not None:
        parts.append(("multilevel", _MULTILEVEL))
    for part, names in parts:
        for name in names:
            if part == "no_pooling" and name in _OF_RESIDUALS and _is_exact(theirs):
                continue
            pair = [getattr(getattr(fits, part), name) for fits in (ours, theirs)]
            if gap(*pair) > close:
                found[f"{part}.{name}"] = gap(*pair)
    for name in _WORDS:
        if getattr(ours.data, name) != getattr(theirs.data, name):
            found[name] = (getattr(ours.data, name), getattr(theirs.data, name))
    if left_out(ours.data) != left_out(theirs.data):
        found["left_out"] = (left_out(ours.data), left_out(theirs.data))
    return found


def _is_exact(fits: PoolingFits) -> bool:
    """Return whether nothing is left inside groups: what is computed from it is rounding."""
    total = fits.data.n_obs * float(fits.moments.scale[-1]) ** 2
    return fits.no_pooling.rss <= 1e-20 * total


def left_out(data: core.GroupedData) -> tuple[Any, ...]:
    """Return the account of rows left out as plain values."""
    lost = data.left_out
    reasons = tuple((r.column, r.is_group, r.n_rows, r.groups) for r in lost.reasons)
    return lost.n_rows, reasons, lost.lost_groups, lost.sentence()


def frame_gap(ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Return the largest relative difference between the numbers of two tables."""
    assert list(ours.columns) == list(theirs.columns)
    worst = 0.0
    for name in ours.columns:
        if pd.api.types.is_numeric_dtype(ours[name]):
            worst = max(worst, gap(ours[name], theirs[name]))
        else:
            assert list(ours[name]) == list(theirs[name])
    return worst
