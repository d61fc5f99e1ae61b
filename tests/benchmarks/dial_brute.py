"""The dial by brute force, row by row: what its numbers are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.explore.dial.path import DialPath
from core.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows by group in units of their own sd: X (n, p), Z (n, k), y, and what scales them."""

    X: FloatArray
    Z: FloatArray
    y: FloatArray
    x_scale: FloatArray
    z_scale: FloatArray
    y_scale: float
    groups: list[slice]


def rows_of(path: DialPath, among: IntArray | None = None) -> Rows:
    """Return the rows of a model, or some of them, sorted by group; scaled, not centred."""
    data = path.fits.data
    among = np.arange(data.n_obs) if among is None else among
    order = among[np.argsort(data.group_index[among], kind="stable")]
    X, Z, y = data.design()[order][:, path.model.used], data.varying_design()[order], data.y[order]
    sizes = np.bincount(data.group_index[among], minlength=data.n_groups)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    scales = [np.sqrt((A**2).mean(axis=0)) for A in (X, Z)]
    scales = [np.where(s > 0, s, 1.0) for s in scales]
    y_scale = float(np.sqrt((y**2).mean())) or 1.0
    groups = [slice(a, b) for a, b in pairwise(ends)]
    return Rows(X / scales[0], Z / scales[1], y / y_scale, *scales, y_scale, groups)


@dataclass(frozen=True, eq=False)
class Found:
    """The model at a Sigma: raw units; ``modes`` has shape (J, k)."""

    fixef: FloatArray
    modes: FloatArray
    sigma_y: float
    value: float


def likeliest(rows: Rows, Sigma: FloatArray, sigma_y: float, *, reml: bool) -> Found:
    """Return the likeliest model at a Sigma: where sigma_y has two answers, the better one."""
    scaled = Sigma * np.outer(rows.z_scale, rows.z_scale) / rows.y_scale**2
    starts = sigma_y * np.geomspace(1 / 16, 16, 33)
    values = [_at(rows, scaled, (v / rows.y_scale) ** 2, reml)[0] for v in starts]
    return refit(rows, Sigma, float(starts[int(np.argmin(values))]), reml=reml)


def refit(rows: Rows, Sigma: FloatArray, sigma_y: float, *, reml: bool) -> Found:
    """Return the model at a Sigma (raw units), sigma_y found near the one given.

    Notes
    -----
    Every group's covariance of rows ``Z Sigma Z' + sigma_y**2 I`` is factorised as a whole;
    sigma_y is the root of the score, by secant steps.
    """
    scaled = Sigma * np.outer(rows.z_scale, rows.z_scale) / rows.y_scale**2
    log_variance = 2.0 * np.log(sigma_y / rows.y_scale)
    points = [log_variance - 1e-4, log_variance + 1e-4]
    slopes = [_at(rows, scaled, float(np.exp(v)), reml)[1] for v in points]
    for _ in range(30):
        if slopes[1] == slopes[0]:
            break
        step = -slopes[1] * (points[1] - points[0]) / (slopes[1] - slopes[0])
        points = [points[1], points[1] + step]
        slopes = [slopes[1], _at(rows, scaled, float(np.exp(points[1])), reml)[1]]
        if abs(step) < 1e-12:
            break
    variance = float(np.exp(points[1]))
    value, _, beta, modes = _at(rows, scaled, variance, reml)
    fixef = beta * rows.y_scale / rows.x_scale
    modes = modes * rows.y_scale / rows.z_scale
    return Found(fixef, modes, rows.y_scale * float(np.sqrt(variance)), value)


def _at(
    rows: Rows, Sigma: FloatArray, variance: float, reml: bool
) -> tuple[float, float, FloatArray, FloatArray]:
    """Return -2 log likelihood (scaled), its slope by log variance, beta and modes."""
    p, n = rows.X.shape[1], len(rows.y)
    W = np.column_stack([rows.X, rows.y])
    twice = np.zeros((p + 1, p + 1))
    white = np.empty_like(W)
    logdet, trace, solved = 0.0, 0.0, []
    for rows_j in rows.groups:
        Z = rows.Z[rows_j]
        values, vectors = np.linalg.eigh(Z @ Sigma @ Z.T)
        spread = np.maximum(values, 0.0) + variance
        turned = vectors.T @ W[rows_j]
        white[rows_j] = turned / np.sqrt(spread)[:, None]
        twice += turned.T @ (turned / spread[:, None] ** 2)
        logdet += float(np.log(spread).sum())
        trace += float((1.0 / spread).sum())
        solved.append((Z.T @ vectors / spread, turned))
    beta = np.linalg.lstsq(white[:, :p], white[:, p], rcond=None)[0]
    cross = white.T @ white
    contrast = np.append(-beta, 1.0)
    value = logdet + float(contrast @ cross @ contrast)
    slope = trace - float(contrast @ twice @ contrast)
    if reml:
        value += float(np.linalg.slogdet(cross[:p, :p])[1])
        slope -= float(np.trace(np.linalg.solve(cross[:p, :p], twice[:p, :p])))
    value += (n - p if reml else n) * np.log(2.0 * np.pi)
    modes = np.array([Sigma @ (A @ (turned @ contrast)) for A, turned in solved])
    return value, slope * variance, beta, modes


def complete(rows: Rows) -> FloatArray:
    """Return the least-squares coefficients of all rows, raw units."""
    found = np.linalg.lstsq(rows.X, rows.y, rcond=None)[0]
    return np.asarray(found * rows.y_scale / rows.x_scale)


def alone(rows: Rows, common: list[int]) -> FloatArray:
    """Return each group's own line (J, k), raw units; NaN where its rows do not give one.

    ``common`` are the columns of X that do not vary by group; their coefficients are those
    of least squares with a line for every group.
    """
    W = np.column_stack([rows.X[:, common], rows.y])
    inside = np.empty_like(W)
    for rows_j in rows.groups:
        Z = rows.Z[rows_j]
        inside[rows_j] = W[rows_j] - Z @ np.linalg.lstsq(Z, W[rows_j], rcond=None)[0]
    shared = np.linalg.lstsq(inside[:, :-1], inside[:, -1], rcond=None)[0]
    rest = rows.y - rows.X[:, common] @ shared
    k = rows.Z.shape[1]
    out = np.full((len(rows.groups), k), np.nan)
    for j, rows_j in enumerate(rows.groups):
        found, _, rank, _ = np.linalg.lstsq(rows.Z[rows_j], rest[rows_j], rcond=None)
        if rank == k:
            out[j] = found
    return np.asarray(out * rows.y_scale / rows.z_scale)
