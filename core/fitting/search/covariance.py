"""The relative covariance D = Sigma / sigma_y**2 and its Cholesky factor theta."""

from __future__ import annotations

from functools import cache

import numpy as np

from core.types import FloatArray, IntArray


@cache
def triangle(k: int) -> tuple[IntArray, IntArray]:
    """Return rows and columns of the upper triangle of a (k, k) matrix, row by row."""
    rows, cols = np.triu_indices(k)
    rows.setflags(write=False)
    cols.setflags(write=False)
    return rows, cols


def theta_positions(k: int, correlated: bool) -> tuple[IntArray, IntArray]:
    """Return rows and columns of theta's elements: the lower triangle, column by column."""
    if not correlated:
        return np.arange(k), np.arange(k)
    cols, rows = triangle(k)
    return rows, cols


def factor_of(theta: FloatArray, k: int, correlated: bool) -> FloatArray:
    """Return Lambda (..., k, k) from theta (..., K)."""
    rows, cols = theta_positions(k, correlated)
    out = np.zeros((*theta.shape[:-1], k, k))
    out[..., rows, cols] = theta
    return out


def rel_cov_of(theta: FloatArray, k: int, correlated: bool) -> FloatArray:
    """Return D = Lambda Lambda' (..., k, k) from theta (..., K)."""
    factor = factor_of(theta, k, correlated)
    return np.asarray(factor @ factor.swapaxes(-1, -2))


def theta_of(D: FloatArray, correlated: bool) -> FloatArray:
    """Return theta (..., K) of positive semidefinite D (..., k, k), diagonal not negative.

    By way of the eigenvectors and a QR factorisation, which also serves singular D.
    """
    k = D.shape[-1]
    if not correlated:
        return np.asarray(np.sqrt(np.maximum(np.einsum("...kk->...k", D), 0.0)))
    values, vectors = np.linalg.eigh(D)
    half = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    upper: FloatArray = np.asarray(np.linalg.qr(half.swapaxes(-1, -2), mode="r"))
    lower = upper.swapaxes(-1, -2)
    sign = np.where(np.einsum("...kk->...k", lower) < 0, -1.0, 1.0)
    rows, cols = theta_positions(k, True)
    return np.asarray((lower * sign[..., None, :])[..., rows, cols])


def theta_gradient(derivative: FloatArray, theta: FloatArray, correlated: bool) -> FloatArray:
    """Return the gradient in theta (..., K) from the derivative in D (..., k, k)."""
    k = derivative.shape[-1]
    rows, cols = theta_positions(k, correlated)
    full = 2.0 * derivative @ factor_of(theta, k, correlated)
    return np.asarray(full[..., rows, cols])
