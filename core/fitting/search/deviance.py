"""The ML deviance with nothing profiled out but the fixed effects: for likelihood profiles.

One problem, many points. A point is ``phi``: the k group sds, the correlations (row by
row above the diagonal) and log sigma_y, all in the reader's own units but for the
outcome's scale. One linear combination of the fixed effects may be pinned at each point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.search.criterion import (
    CriterionProblem,
    own_precision_packed,
    packed_twice,
    sum_derivative,
    unpack,
)
from core.fitting.search.optimize import newton_step
from core.types import BoolArray, FloatArray

_INNER = 40


@dataclass(frozen=True, eq=False)
class Pin:
    """Linear combinations of the fixed effects held at values, one for each point.

    Attributes
    ----------
    contrast : FloatArray, shape (E, p)
    value : FloatArray, shape (E,)
    active : BoolArray, shape (E,)
        Points without a pin are False.
    """

    contrast: FloatArray
    value: FloatArray
    active: BoolArray


@dataclass(frozen=True, eq=False)
class Deviance:
    """The deviance of one model as a function of ``phi`` (E, k + k(k-1)/2 + 1).

    With ``relative`` the sds in phi are multiples of sigma_y.
    """

    problem: CriterionProblem
    into_units: FloatArray
    relative: bool = False

    @property
    def k(self) -> int:
        """Number of varying coefficients."""
        return self.problem.k

    @property
    def size(self) -> int:
        """Length of phi."""
        return self.k * (self.k + 1) // 2 + 1

    def correlation(self, phi: FloatArray) -> FloatArray:
        """Return the correlation matrices of points, shape (E, k, k)."""
        R = np.broadcast_to(np.eye(self.k), (len(phi), self.k, self.k)).copy()
        rows, cols = np.triu_indices(self.k, 1)
        R[:, rows, cols] = R[:, cols, rows] = phi[:, self.k : -1]
        return R

    def __call__(self, phi: FloatArray, pin: Pin) -> tuple[FloatArray, FloatArray]:
        """Return deviances (E,) and gradients (E, m); infinite where Sigma is no covariance."""
        k, p = self.k, self.problem.p
        sd, R = phi[:, :k], self.correlation(phi)
        variance = np.exp(2.0 * phi[:, -1])
        factor = np.exp(phi[:, -1:]) if self.relative else np.ones((len(phi), 1))
        sd = sd * factor
        Sigma = sd[:, :, None] * R * sd[:, None, :]
        U = self.into_units
        D = U @ Sigma @ U.T / variance[:, None, None]
        bad = np.linalg.eigvalsh(R)[:, 0] < -1e-12
        D[bad] = 0.0
        P, logdet = own_precision_packed(self.problem, D[None])
        full = self.problem.rest[:, None] + P.reshape(1, len(phi), -1) @ (
            self.problem.products.swapaxes(1, 2)
        )
        WVW = unpack(full, p + 1)[0]
        inverse = np.linalg.inv(WVW[:, :p, :p])
        beta = np.einsum("epq,eq->ep", inverse, WVW[:, :p, p])
        beta = _pinned(beta, inverse, pin)
        contrast = np.concatenate([-beta, np.ones((len(phi), 1))], axis=1)
        r2 = np.einsum("ep,epq,eq->e", contrast, WVW, contrast)
        n = float(self.problem.n_obs[0])
        value = logdet[0] + n * (np.log(2.0 * np.pi) + 2.0 * phi[:, -1]) + r2 / variance
        Q = contrast[:, :, None] * contrast[:, None, :] / variance[:, None, None]
        N = packed_twice(Q[None]) @ self.problem.products
        slope = sum_derivative(self.problem, P, N.reshape(P.shape))[0]
        gradient = np.empty_like(phi)
        G = U.T @ slope @ U / variance[:, None, None]
        by_sd = 2.0 * np.einsum("eab,eab,eb->ea", G, R, sd)
        gradient[:, :k] = by_sd * factor
        rows, cols = np.triu_indices(k, 1)
        gradient[:, k:-1] = 2.0 * G[:, rows, cols] * sd[:, rows] * sd[:, cols]
        gradient[:, -1] = 2.0 * (n - r2 / variance - np.einsum("eab,eab->e", slope, D))
        if self.relative:
            gradient[:, -1] += np.einsum("ea,ea->e", by_sd, sd)
        return np.where(bad, np.inf, value), gradient


def _pinned(beta: FloatArray, inverse: FloatArray, pin: Pin) -> FloatArray:
    """Return the generalised least-squares solution under the pins."""
    along = np.einsum("epq,eq->ep", inverse, pin.contrast)
    length = np.einsum("ep,ep->e", along, pin.contrast)
    gap = pin.value - np.einsum("ep,ep->e", beta, pin.contrast)
    step = np.divide(gap, length, out=np.zeros_like(gap), where=pin.active)
    return np.asarray(beta + step[:, None] * along)


def descend(deviance: Deviance, phi: FloatArray, held: BoolArray, pin: Pin) -> FloatArray:
    """Run Newton searches in place over what is not held; return the deviances reached."""
    k = deviance.k
    value, gradient, hessian = derivatives(deviance, phi, pin)
    radius = np.ones(len(phi))
    active = np.isfinite(value)
    for _ in range(_INNER):
        rows = np.flatnonzero(active)
        if not len(rows):
            break
        still = held[rows].copy()
        rho = phi[rows, k:-1]
        outward = -gradient[rows, k:-1] * np.sign(rho) > 0
        still[:, k:-1] |= (np.abs(rho) >= 1.0) & outward
        g = np.where(still, 0.0, gradient[rows])
        H = np.where(still[:, :, None] | still[:, None, :], 0.0, hessian[rows])
        H[:, np.arange(H.shape[1]), np.arange(H.shape[1])] += still
        step, gain = newton_step(phi[rows], g, H, radius[rows])
        trial = phi[rows] + np.where(still, 0.0, step)
        trial[:, k:-1] = np.clip(trial[:, k:-1], -1.0, 1.0)
        sub = Pin(pin.contrast[rows], pin.value[rows], pin.active[rows])
        new = derivatives(deviance, trial, sub)
        noise = 1e-12 * (np.abs(value[rows]) + 1.0)
        better = np.isfinite(new[0]) & (new[0] <= value[rows] + noise)
        radius[rows] *= np.where(better, 2.0, 0.2)
        keep = rows[better]
        phi[keep], value[keep] = trial[better], new[0][better]
        gradient[keep], hessian[keep] = new[1][better], new[2][better]
        active[rows[(gain < 1e-9) | (radius[rows] < 1e-8)]] = False
    return value


def derivatives(
    deviance: Deviance, phi: FloatArray, pin: Pin
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return deviance, gradient and Hessian (forward differences of the gradient)."""
    n, m = phi.shape
    step = 1e-6 * np.maximum(np.abs(phi), 1e-3)
    k = deviance.k
    step[:, k:-1] *= np.where(phi[:, k:-1] > 0, -1.0, 1.0)  # stay inside [-1, 1]
    points = np.repeat(phi[:, None], m + 1, axis=1)
    points[:, np.arange(1, m + 1), np.arange(m)] += step
    many = Pin(
        np.repeat(pin.contrast, m + 1, axis=0),
        np.repeat(pin.value, m + 1),
        np.repeat(pin.active, m + 1),
    )
    value, gradient = deviance(points.reshape(-1, m), many)
    gradient = gradient.reshape(n, m + 1, m)
    hessian = (gradient[:, 1:] - gradient[:, :1]) / step[:, :, None]
    return (
        value.reshape(n, m + 1)[:, 0],
        gradient[:, 0],
        0.5 * (hessian + hessian.swapaxes(1, 2)),
    )
