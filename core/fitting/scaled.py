"""The model on scaled moments: what the estimators work on, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.inverse import group_inverse, independent_columns, sweep, varying_products
from core.fitting.near_exact import Residual, residual_of, spanned_columns
from core.moments import GroupMoments, group_scaling
from core.tables.grouped import GroupedData
from core.tables.grouping.design import Term
from core.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class ScaledModel:
    """Design moments of one model in scaled units.

    With ``W = [X | y]`` and ``Z`` the varying columns, all scaled:

    Attributes
    ----------
    WW : FloatArray, shape (p + 1, p + 1)
        ``W'W`` over all rows.
    S : FloatArray, shape (k, k, J)
        ``Z_j'Z_j``.
    det_S : FloatArray, shape (J,)
        Its determinant without cancellation for an intercept and one slope.
    S_centred : FloatArray, shape (k, k, J)
        ``Z_j'Z_j`` about the group means (``shift``).
    own_centred : FloatArray, shape (p + 1, k, J)
        Every column regressed on Z_j inside its group (0 for a slope without spread),
        the intercept taken at the group's own means: see ``shift``.
    shift : FloatArray, shape (k - 1, J)
        Group means of the varying slopes' columns where an intercept varies, else
        zeros. About them intercept and slopes are orthogonal, however small the spread.
    rest : FloatArray, shape (p + 1, p + 1)
        ``sum_j W_j'(I - P_Zj) W_j``, what is left of W after that.
    to_raw : FloatArray, shape (p, p)
        ``X_scaled = X_raw @ to_raw``, so ``beta_raw = to_raw @ beta_scaled * y_scale``.
    z_to_raw : FloatArray, shape (k, k)
        ``Z_scaled = Z_raw @ z_to_raw``.
    aliased : IntArray
        Terms that are combinations of earlier ones; left out of all arrays here.
    used : IntArray, shape (p,)
        Terms that are in.
    mix : FloatArray, shape (1 + slopes, k)
        ``Z = [1, centred slopes] @ mix``.
    alias : FloatArray, shape (p, aliased)
        Each aliased column as a combination of those in use.
    residual : Residual or None
        What is left of an outcome that is fitted nearly exactly, with all its digits.
    counts : FloatArray, shape (J,), or None
        Rows of each group where these are not ``n``: with precision weights ``n`` is their sum.
    log_weight : float
        Sum of the logarithms of the weights.
    """

    n: FloatArray
    WW: FloatArray
    S: FloatArray
    det_S: FloatArray
    S_centred: FloatArray
    own_centred: FloatArray
    shift: FloatArray
    rest: FloatArray
    to_raw: FloatArray
    z_to_raw: FloatArray
    y_center: float
    y_scale: float
    used: IntArray
    aliased: IntArray
    n_terms: int
    mix: FloatArray
    alias: FloatArray
    residual: Residual | None = None
    counts: FloatArray | None = None
    log_weight: float = 0.0

    @property
    def n_obs(self) -> int:
        """Number of rows."""
        return round(float((self.n if self.counts is None else self.counts).sum()))

    @property
    def p(self) -> int:
        """Number of fixed-effects columns in use."""
        return len(self.used)

    @property
    def k(self) -> int:
        """Number of varying coefficients."""
        return int(self.S.shape[0])

    @property
    def own(self) -> FloatArray:
        """A solution of ``S_j own = Z_j'W_j``, shape (p + 1, k, J): intercepts where Z is 0."""
        out = self.own_centred.copy()
        out[:, 0] -= np.einsum("aj,paj->pj", self.shift, self.own_centred[:, 1:])
        return out

    @property
    def about_fit(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The outcome seen from the common slopes: them (p,), ``own_centred`` and ``rest``.

        Where nothing is nearly exact that is the outcome as it stands, and slopes of zero.
        """
        found, p = self.residual, self.p
        if found is None:
            return np.zeros(p), self.own_centred, self.rest
        own, rest = self.own_centred.copy(), self.rest.copy()
        own[p] -= np.einsum("p,pkj->kj", found.offset, own[:p])
        rest[:p, p] = rest[p, :p] = found.cross
        rest[p, p] = found.square
        return found.offset, own, rest

    def coef_to_raw(self, beta: FloatArray) -> FloatArray:
        """Return scaled coefficients (p,) in raw units over all terms; NaN where aliased."""
        raw = self.y_scale * (self.to_raw @ beta)
        raw[0] += self.y_center
        out = np.full(self.n_terms, np.nan)
        out[self.used] = raw
        return out

    def cov_to_raw(self, cov: FloatArray) -> FloatArray:
        """Return a scaled covariance (p, p) in raw units over all terms; NaN where aliased."""
        out = np.full((self.n_terms, self.n_terms), np.nan)
        out[np.ix_(self.used, self.used)] = self.y_scale**2 * (self.to_raw @ cov @ self.to_raw.T)
        return out


def scale_model(data: GroupedData, moments: GroupMoments) -> ScaledModel:
    """Lay out the scaled design moments of ``data.spec`` from per-group moments."""
    factors = [group_scaling(moments.n, values) for _, values in data.group_columns]
    scaled_factors = [
        (values - c) / s for (_, values), (c, s) in zip(data.group_columns, factors, strict=True)
    ]
    columns = [(t.base, scaled_factors[t.factor] if t.factor >= 0 else None) for t in data.terms]
    columns.append((moments.outcome, None))
    WW = total_products(moments, columns)
    gram = WW[:-1, :-1]
    used, aliased = independent_columns(gram)
    keep = np.append(used, len(columns) - 1)
    WW = WW[np.ix_(keep, keep)]
    mix = _varying_mix(data, moments)
    S, det_S = varying_products(moments, data.varying, mix)
    kept = [columns[i] for i in keep]
    own, shift = _own_regressions(moments, data.varying, mix, kept)
    if 0 in data.varying:
        rest = _rest_within(moments, [b for b in data.varying if b > 0], kept)
    else:
        rest = WW - np.einsum("paj,abj,qbj->pq", own, S, own, optimize=True)
    # What varies by group leaves nothing inside groups. Rounding would leave 1e-16 of it, more than
    # there is of X'V^-1 X where the residual sd is 1e-8 of that of the groups.
    spanned = spanned_columns(data.varying, kept)
    rest[spanned, :] = rest[:, spanned] = 0.0
    to_raw = scaling_of_used(term_scaling(data.terms, moments, factors), gram, used, aliased)
    return ScaledModel(
        n=moments.n,
        WW=WW,
        S=S,
        det_S=det_S,
        S_centred=_centred_products(moments, data.varying, S),
        own_centred=own,
        shift=shift,
        rest=rest,
        to_raw=to_raw,
        z_to_raw=_varying_scaling(data, moments),
        y_center=float(moments.center[-1]),
        y_scale=float(moments.scale[-1]),
        used=used,
        aliased=aliased,
        n_terms=len(data.terms),
        mix=mix,
        alias=np.asarray(np.linalg.solve(gram[np.ix_(used, used)], gram[np.ix_(used, aliased)])),
        residual=residual_of(moments, (data.varying, mix), kept, rest, np.diag(WW)),
        counts=moments.count,
        log_weight=moments.log_weight,
    )


_Columns = list[tuple[int, FloatArray | None]]


def total_products(moments: GroupMoments, columns: _Columns) -> FloatArray:
    """Return ``W'W`` of the design columns over all rows."""
    out = _design_within(moments, columns)
    means = np.array([_times(moments.mean_of(base), factor) for base, factor in columns])
    out += (means * moments.n) @ means.T
    return out


def _design_within(moments: GroupMoments, columns: _Columns) -> FloatArray:
    """Return the part of ``W'W`` about the group means."""
    out = np.zeros((len(columns), len(columns)))
    for i, (a, left) in enumerate(columns):
        for j, (b, right) in enumerate(columns[: i + 1]):
            if a == 0 or b == 0:
                continue
            if left is None and right is None:
                out[i, j] = moments.within_total[a - 1, b - 1]
            else:
                out[i, j] = float(np.sum(_times(_times(moments.within(a, b), left), right)))
            out[j, i] = out[i, j]
    return out


def _times(values: FloatArray, factor: FloatArray | None) -> FloatArray:
    return values if factor is None else values * factor


def _varying_mix(data: GroupedData, moments: GroupMoments) -> FloatArray:
    """Return B with ``Z = [1, centred slopes] @ B``.

    A full covariance (with an intercept) is free to absorb the centring of x; an
    uncorrelated or slope-only one is not, so there x keeps its zero.
    """
    slopes = [b for b in data.varying if b > 0]
    mix = np.eye(1 + len(slopes))
    if not (data.spec.correlated and data.spec.varying_intercept):
        for i, base in enumerate(slopes):
            mix[0, i + 1] = moments.center[base] / moments.scale[base]
    return mix if data.spec.varying_intercept else mix[:, 1:]


def _varying_scaling(data: GroupedData, moments: GroupMoments) -> FloatArray:
    """Return the matrix with ``Z_scaled = Z_raw @ z_to_raw``."""
    k = len(data.varying)
    out = np.diag([1.0 / moments.scale[b] for b in data.varying])
    if data.spec.correlated and data.spec.varying_intercept:
        for i in range(1, k):
            out[0, i] = -moments.center[data.varying[i]] / moments.scale[data.varying[i]]
    return out


def _own_regressions(
    moments: GroupMoments, varying: tuple[int, ...], mix: FloatArray, columns: _Columns
) -> tuple[FloatArray, FloatArray]:
    """Return each column's regression on Z_j inside its group, and the means it is about."""
    slopes = [b for b in varying if b > 0]
    n_slopes = len(varying) - 1
    if 0 not in varying:
        cross = np.array(
            [[_times(moments.cross(z, b), f) for z in (0, *slopes)] for b, f in columns]
        )
        inverse = group_inverse(moments, varying, mix).inverse
        own = np.asarray(np.einsum("abj,ib,pij->paj", inverse, mix, cross, optimize=True))
        return own, np.zeros((n_slopes, moments.n_groups))
    own = np.empty((len(columns), len(varying), moments.n_groups))
    own[:, 0] = [_times(moments.mean_of(b), f) for b, f in columns]
    if slopes:
        own[:, 1:] = _own_slopes(moments, slopes, columns)
    shift = np.empty((n_slopes, moments.n_groups))
    for i, z in enumerate(slopes):
        shift[i] = moments.mean_of(z) + mix[0, i + 1]
    return own, shift


def _centred_products(moments: GroupMoments, varying: tuple[int, ...], S: FloatArray) -> FloatArray:
    """Return ``Z_j'Z_j`` about the group means; ``S`` itself where no intercept varies."""
    if 0 not in varying or len(varying) == 1:
        return S
    out = np.zeros_like(S)
    out[0, 0] = moments.n
    for i, a in enumerate(varying[1:], start=1):
        for j, b in enumerate(varying[1:], start=1):
            spread = moments.has_spread(a) & moments.has_spread(b)
            out[i, j] = np.where(spread, moments.within(a, b), 0.0)
    return out


def _own_slopes(moments: GroupMoments, slopes: list[int], columns: _Columns) -> FloatArray:
    """Return each column's slopes on the varying predictors inside groups: (p+1, k-1, J)."""
    cross = np.empty((len(columns), len(slopes), moments.n_groups))
    for i, (base, factor) in enumerate(columns):
        for j, z in enumerate(slopes):
            cross[i, j] = _times(moments.within(z, base), factor)
    square = np.array([[moments.within(a, b) for b in slopes] for a in slopes])
    inverse = sweep(square, np.array([moments.has_spread(z) for z in slopes]))[0]
    if len(slopes) == 1:
        return np.asarray(cross * inverse[0])
    return np.asarray(np.einsum("abj,pbj->paj", inverse, cross))


def _rest_within(moments: GroupMoments, slopes: list[int], columns: _Columns) -> FloatArray:
    """Return ``sum_j W_j'(I - P_Zj) W_j`` where the intercept varies, shape (p + 1, p + 1)."""
    out = _design_within(moments, columns)
    if slopes:
        own = _own_slopes(moments, slopes, columns)
        for i, a in enumerate(slopes):
            for j, b in enumerate(slopes):
                out -= (own[:, i] * moments.within(a, b)) @ own[:, j].T
    return np.asarray(0.5 * (out + out.T))


def term_scaling(
    terms: tuple[Term, ...], moments: GroupMoments, factors: list[tuple[float, float]]
) -> FloatArray:
    """Return T with ``X_scaled = X_raw @ T`` over all terms."""
    where = {(t.base, t.factor): i for i, t in enumerate(terms)}
    T = np.zeros((len(terms), len(terms)))
    for i, term in enumerate(terms):
        c, s = (moments.center[term.base], moments.scale[term.base]) if term.base else (0.0, 1.0)
        d, t = factors[term.factor] if term.factor >= 0 else (0.0, 1.0)
        T[i, i] = 1.0 / (s * t)
        if term.base and term.factor >= 0:
            T[where[term.base, -1], i] = -d / (s * t)
            T[where[0, term.factor], i] = -c / (s * t)
            T[0, i] = c * d / (s * t)
        elif i > 0:
            T[0, i] = -(c if term.base else d) / (s * t)
    return T


def scaling_of_used(
    T: FloatArray, gram: FloatArray, used: IntArray, aliased: IntArray
) -> FloatArray:
    """Return ``to_raw`` of the terms in use, with left-out terms expressed by them."""
    direct = T[np.ix_(used, used)]
    through = T[np.ix_(aliased, used)]
    if not through.any():
        return direct
    inverse = np.linalg.inv(T)
    alias = np.linalg.solve(gram[np.ix_(used, used)], gram[np.ix_(used, aliased)])
    F = inverse[np.ix_(used, aliased)] + alias @ inverse[np.ix_(aliased, aliased)]
    return np.asarray(direct @ np.linalg.inv(np.eye(len(used)) - F @ through))
