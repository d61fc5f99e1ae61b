"""The basis in which pooling is diagonal: every group a few directions, each with a strength.

With ``D = Sigma / sigma_y**2 = L L'`` and ``L' S_j L = U_j diag(lambda_j) U_j'``, the modes at
``t D`` are ``A_j diag(w_j) (z_yj - z_Xj beta)`` with ``A_j = L U_j``, ``w = t lambda / (1 +
t lambda)`` and ``z_j`` the own regressions in these coordinates. So is everything else: the
cross-products are ``W'V^-1 W = rest + sum z_j diag(q_j) z_j'`` with ``q = lambda / (1 + t
lambda)``, one weighted sum at every t, with no cancellation however large t becomes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.inverse import GroupInverse
from core.fitting.scaled import ScaledModel
from core.types import FloatArray

#: A share of a column's squared length below this is rounding: nothing is left inside groups.
_NOTHING_LEFT = 3e-14
#: A principal variance below this share of the largest is zero (an estimate at its bound).
_NO_VARIANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Directions:
    """The groups in the basis where pooling is diagonal, for one shape of Sigma.

    Attributes
    ----------
    strength : FloatArray, shape (r, J)
        lambda: how much the group's rows say along each direction, at t = 1; exactly 0
        where they say nothing.
    axes : FloatArray, shape (k, r, J)
        A_j, the directions in scaled coefficients.
    own : FloatArray, shape (p + 1, r, J)
        Own regressions of the design columns and the outcome along the directions (0 where
        the strength is); the design columns are those of ``basis``.
    rest : FloatArray, shape (p + 1, p + 1)
        What the directions leave of ``W'W``; exactly 0 for what only varies between groups.
    basis : FloatArray, shape (p, p)
        ``beta = basis @ gamma``: first the columns that vary inside groups.
    n_inside : int
        How many of them vary inside groups.
    """

    strength: FloatArray
    axes: FloatArray
    own: FloatArray
    rest: FloatArray
    basis: FloatArray
    n_inside: int

    @property
    def p(self) -> int:
        """Number of fixed-effects columns in use."""
        return len(self.basis)


def directions_of(model: ScaledModel, inverse: GroupInverse, D: FloatArray) -> Directions:
    """Return the directions for a relative covariance ``D`` (k, k) in scaled units.

    Everything is seen from each group's own means (``model.shift``), where a small spread
    of x loses no digits.
    """
    values, vectors = np.linalg.eigh(D)
    live = values > _NO_VARIANCE * max(float(values[-1]), 0.0)
    L = vectors[:, live] * np.sqrt(values[live])
    seen = np.repeat(L[:, :, None], model.S.shape[2], axis=2)
    seen[0] += np.einsum("sj,sl->lj", model.shift, L[1:])
    strength, U = np.linalg.eigh(
        np.einsum("aij,abj,blj->jil", seen, model.S_centred, seen, optimize=True)
    )
    strength = _cleaned(strength, model, inverse, L).T
    seen = np.einsum("aij,jil->alj", seen, U)
    own = _own_along(model, strength, seen)
    rest = model.rest
    if not live.all():
        apart = model.own_centred - np.einsum("alj,plj->paj", seen, own)
        rest = rest + np.einsum("paj,abj,qbj->pq", apart, model.S_centred, apart, optimize=True)
    basis, n_inside = _split(rest, model.WW)
    p = len(basis)
    turn = np.eye(p + 1)
    turn[:p, :p] = basis
    rest = turn.T @ (0.5 * (rest + rest.T)) @ turn
    rest[n_inside:p] = rest[:, n_inside:p] = 0.0
    axes = np.einsum("ai,jil->alj", L, U)
    own = np.einsum("plj,pq->qlj", own, turn)
    return Directions(strength, axes, own, rest, basis, n_inside)


def _cleaned(
    strength: FloatArray, model: ScaledModel, inverse: GroupInverse, L: FloatArray
) -> FloatArray:
    """Return strengths (J, r) with exact zeros, and the small one of two from the determinant."""
    r = L.shape[1]
    rank = np.minimum(r, (~inverse.aliased).sum(axis=0))
    if r == 2 and model.k == 2:
        det = model.det_S * np.linalg.det(L) ** 2
        strength[:, 0] = det / np.where(strength[:, 1] > 0, strength[:, 1], 1.0)
    strength = np.where(np.arange(r) >= r - rank[:, None], np.maximum(strength, 0.0), 0.0)
    if r < model.k:  # a direction can also be invisible by the angle it stands at
        strength = np.where(strength > 1e-13 * strength[:, -1:], strength, 0.0)
    return np.ascontiguousarray(strength)


def _own_along(model: ScaledModel, strength: FloatArray, seen: FloatArray) -> FloatArray:
    """Return own regressions in the coordinates of the directions, shape (p + 1, r, J).

    Projections are exact for strong directions, an inverse for weak ones: each keeps out
    the rounding of the other. A singular Sigma has projections only.
    """
    safe = np.where(strength > 0, strength, 1.0)
    own = np.einsum("alj,abj,pbj->plj", seen, model.S_centred, model.own_centred, optimize=True)
    own = np.where(strength > 0, own / safe, 0.0)
    weak = (strength <= 1e-5 * strength[-1]) & (strength > 0)
    if seen.shape[1] == model.k and weak.any():
        j = np.flatnonzero(weak.any(axis=0))
        back = np.linalg.inv(np.moveaxis(seen[:, :, j], 2, 0))
        exact = np.einsum("jlb,pbj->plj", back, model.own_centred[:, :, j])
        own[:, :, j] = np.where(weak[:, j], exact, own[:, :, j])
    return np.asarray(own)


def _split(rest: FloatArray, WW: FloatArray) -> tuple[FloatArray, int]:
    """Return a basis of the design: what varies inside groups first, what does not last."""
    p = len(WW) - 1
    length = np.sqrt(np.diag(WW)[:p])
    values, vectors = np.linalg.eigh(rest[:p, :p] / np.outer(length, length))
    order = np.argsort(-values)
    return vectors[:, order] / length[:, None], int((values > _NOTHING_LEFT).sum())


@dataclass(frozen=True, eq=False)
class Solutions:
    """The model at E settings t: fixed effects, residual variance, criterion (scaled units).

    Attributes
    ----------
    t : FloatArray, shape (E,)
    beta : FloatArray, shape (E, p)
    variance : FloatArray, shape (E,)
        sigma_y**2 that maximises the likelihood when Sigma (not its ratio to sigma_y**2)
        is held: ``|Py|**2 / tr(P)``.
    value : FloatArray, shape (E,)
        -2 x (restricted) log likelihood there, up to the outcome's unit.
    """

    t: FloatArray
    beta: FloatArray
    variance: FloatArray
    value: FloatArray


def solve_along(groups: Directions, t: FloatArray, *, n_obs: int, reml: bool) -> Solutions:
    """Return fixed effects and sigma_y at each positive finite ``t`` (E,).

    Notes
    -----
    With Sigma held and s = sigma_y**2, the criterion is
    ``log|V| [+ log|X'V^-1X|] + nu log(2 pi s) + r2 / s`` at D = Sigma / s. Its derivative in
    s vanishes where ``s tr(P) = |Py|**2``, and both sides are sums of positive terms here.
    """
    p, m = groups.p, groups.n_inside
    lam = groups.strength.ravel()
    flat = groups.own.reshape(p + 1, -1)
    # Between-group columns are pinned down by 1/t of the likelihood: keep them of order 1.
    stretch = np.ones((len(t), p + 1))
    stretch[:, m:p] = np.sqrt(np.maximum(t, 1.0))[:, None]
    out = Solutions(t, *(np.empty((len(t), *s)) for s in ((p,), (), ())))
    nu = n_obs - p if reml else n_obs
    for e in range(len(t)):
        w = t[e] * lam / (1.0 + t[e] * lam)
        q = lam / (1.0 + t[e] * lam)
        both = np.outer(stretch[e], stretch[e])
        WVW = both * (groups.rest + (flat * q) @ flat.T)
        inverse = np.linalg.inv(WVW[:p, :p])
        gamma = stretch[e, :p] * (inverse @ WVW[:p, p])
        contrast = np.append(-gamma, 1.0)
        residual = contrast @ flat
        inside = contrast @ groups.rest @ contrast
        r2 = inside + float(q @ residual**2)
        length = inside + float((q * (1.0 - w)) @ residual**2)
        trace = n_obs - float(w.sum())
        value = float(np.log1p(t[e] * lam).sum())
        if reml:
            slope = both * ((flat * (q * w)) @ flat.T)
            trace += float(np.sum(inverse * slope[:p, :p])) - p
            value += float(np.linalg.slogdet(WVW[:p, :p])[1] - 2.0 * np.log(stretch[e]).sum())
            value -= 2.0 * float(np.linalg.slogdet(groups.basis)[1])
        variance = length / trace if trace > 0 else np.nan
        out.beta[e], out.variance[e] = groups.basis @ gamma, variance
        out.value[e] = value + nu * np.log(2.0 * np.pi * variance) + r2 / variance
    return out
