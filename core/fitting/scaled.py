"""The model on scaled moments: what the estimators work on, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.moments import NO_SPREAD, GroupMoments, group_scaling
from core.tables.grouped import GroupedData, Term
from core.types import BoolArray, FloatArray, IntArray


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

    @property
    def n_obs(self) -> int:
        """Number of rows."""
        return round(float(self.n.sum()))

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


#: A column whose squared length falls below this share of it when earlier columns are
#: taken out is a combination of them.
ALIAS_TOLERANCE = 1e-11
#: The same inside a group, for columns of unit length.
OWN_ALIAS_TOLERANCE = 1e-10


def scale_model(data: GroupedData, moments: GroupMoments) -> ScaledModel:
    """Lay out the scaled design moments of ``data.spec`` from per-group moments."""
    factors = [group_scaling(moments.n, values) for _, values in data.group_columns]
    scaled_factors = [
        (values - c) / s for (_, values), (c, s) in zip(data.group_columns, factors, strict=True)
    ]
    columns = [(t.base, scaled_factors[t.factor] if t.factor >= 0 else None) for t in data.terms]
    columns.append((moments.outcome, None))
    WW = _design_products(moments, columns)
    gram = WW[:-1, :-1]
    used, aliased = _independent(gram)
    keep = np.append(used, len(columns) - 1)
    WW = WW[np.ix_(keep, keep)]
    mix = _varying_mix(data, moments)
    S, det_S = _varying_products(moments, data.varying, mix)
    kept = [columns[i] for i in keep]
    own, shift = _own_regressions(moments, data.varying, mix, kept)
    if 0 in data.varying:
        rest = _rest_within(moments, [b for b in data.varying if b > 0], kept)
    else:
        rest = WW - np.einsum("paj,abj,qbj->pq", own, S, own, optimize=True)
    to_raw = _scaling_of_used(_term_scaling(data.terms, moments, factors), gram, used, aliased)
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
    )


_Columns = list[tuple[int, FloatArray | None]]


def _design_products(moments: GroupMoments, columns: _Columns) -> FloatArray:
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


def _independent(gram: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the positions of independent columns, in order, and of the others."""
    length = np.diag(gram).copy()
    left = gram.copy()
    used, aliased = [], []
    for i in range(len(gram)):
        if left[i, i] <= ALIAS_TOLERANCE * length[i] or length[i] <= 0:
            aliased.append(i)
            continue
        used.append(i)
        left -= np.outer(left[:, i], left[i]) / left[i, i]
    return np.array(used, dtype=np.intp), np.array(aliased, dtype=np.intp)


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


def _varying_products(
    moments: GroupMoments, varying: tuple[int, ...], mix: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return ``Z_j'Z_j`` (k, k, J) and its determinant (J,) for k <= 2, else zeros."""
    basis = [0, *(b for b in varying if b > 0)]
    within = np.array([[moments.within(a, b) for b in basis] for a in basis])
    # About the group means, lest a predictor that is 0 throughout a group leaves rounding.
    mean = mix.T @ np.array([moments.mean_of(b) for b in basis])
    S = np.einsum("ai,abj,bl->ilj", mix, within, mix) + moments.n * mean[:, None] * mean
    if len(varying) == 1:
        return S, S[0, 0]
    if len(varying) == 2 and len(basis) == 2:
        slope = basis[1]
        spread = np.where(moments.has_spread(slope), moments.within(slope, slope), 0.0)
        return S, moments.n * spread
    det = S[0, 0] * S[1, 1] - S[0, 1] ** 2
    return S, np.where(det > 1e-12 * S[0, 0] * S[1, 1], det, 0.0)


@dataclass(frozen=True, eq=False)
class GroupInverse:
    """A generalised inverse of ``Z_j'Z_j`` and what each group's rows determine.

    Attributes
    ----------
    inverse : FloatArray, shape (k, k, J)
    aliased : BoolArray, shape (k, J)
        Columns that are combinations of earlier ones inside the group (as ``lm`` drops them).
    estimable : BoolArray, shape (k, J)
        Coefficients that the group's rows determine without dropping anything.
    """

    inverse: FloatArray
    aliased: BoolArray
    estimable: BoolArray


def _sweep(square: FloatArray, live: BoolArray) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Invert (k, k, J) matrices column by column, leaving out columns without a pivot.

    Returns the generalised inverse, the columns left out (k, J), and the combination
    (k, k, J) of kept columns that each left-out column equals.
    """
    k = len(square)
    length = np.sqrt(np.where(live, np.einsum("aaj->aj", square), 1.0))
    A = np.where(live[:, None] & live[None, :], square / (length[:, None] * length), 0.0)
    combination = np.zeros_like(A)
    aliased = ~live
    for i in range(k):
        pivot = A[i, i].copy()
        poor = aliased[i] | (pivot <= OWN_ALIAS_TOLERANCE)
        combination[i] = np.where(poor & live[i], A[i] * length[i] / length, 0.0)
        combination[i, i:] = 0.0
        aliased[i] = poor
        safe = np.where(poor, 1.0, pivot)
        column = np.where(poor, 0.0, A[:, i] / safe)
        A -= column[:, None] * A[i]
        A[:, i] = A[i, :] = column
        A[i, i] = np.where(poor, 0.0, -1.0 / safe)
        A[i, :, poor] = 0.0
        A[:, i, poor] = 0.0
    return -A / (length[:, None] * length), aliased, combination


def group_inverse(moments: GroupMoments, varying: tuple[int, ...], mix: FloatArray) -> GroupInverse:
    """Invert ``Z_j'Z_j``, by way of products about the group means where an intercept varies."""
    slopes = [b for b in varying if b > 0]
    k = len(varying)
    if 0 not in varying:
        S, _ = _varying_products(moments, varying, mix)
        rounding = NO_SPREAD * (1.0 + np.abs(mix).sum(axis=0))
        live = np.einsum("aaj->aj", S) > moments.n * rounding[:, None] ** 2
        inverse, aliased, combination = _sweep(S, live)
        return GroupInverse(inverse, aliased, _determined(aliased, combination))
    out = np.zeros((k, k, moments.n_groups))
    aliased = np.zeros((k, moments.n_groups), dtype=bool)
    combination = np.zeros_like(out)
    if slopes:
        square = np.array([[moments.within(a, b) for b in slopes] for a in slopes])
        spread = np.array([moments.has_spread(z) for z in slopes])
        out[1:, 1:], aliased[1:], combination[1:, 1:] = _sweep(square, spread)
        mean = np.array([moments.mean_of(z) for z in slopes])
        out[0, 1:] = out[1:, 0] = -np.einsum("abj,bj->aj", out[1:, 1:], mean)
        out[0, 0] = -np.einsum("aj,aj->j", out[0, 1:], mean)
        raw = np.array([moments.center[z] / moments.scale[z] for z in slopes])[:, None] + mean
        constant = raw - np.einsum("abj,bj->aj", combination[1:, 1:], raw)
        off = np.abs(constant) > 1e-9 * (1.0 + np.abs(raw))
        combination[1:, 0] = np.where(aliased[1:] & off, constant, 0.0)
    out[0, 0] += 1.0 / moments.n
    undo = np.linalg.inv(mix)
    inverse = np.einsum("ai,ilj,bl->abj", undo, out, undo)
    return GroupInverse(inverse, aliased, _determined(aliased, combination))


def _determined(aliased: BoolArray, combination: FloatArray) -> BoolArray:
    """Return which coefficients no left-out column is confounded with, shape (k, J)."""
    confounded = (np.abs(combination) > 1e-9).any(axis=0)
    return np.asarray(~aliased & ~confounded)


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
    inverse = _sweep(square, np.array([moments.has_spread(z) for z in slopes]))[0]
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


def _term_scaling(
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


def _scaling_of_used(
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
