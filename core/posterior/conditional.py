"""The groups' coefficients given theta, at many theta at once: where they lie and how spread.

Given D and sigma_y the lines are normal about the partial-pooling estimate at that D, with the
doubt about the average coefficients counted in; both are linear in what ``ScaledModel`` holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.fitting.scaled import ScaledModel
from core.posterior.mixture import StudentMixture
from core.posterior.theta.nodes import Nodes
from core.tables.grouped import GroupedData
from core.types import FloatArray, IntArray

#: Elements of one work array: nodes times groups of a chunk.
_CHUNK = 120_000


@dataclass(frozen=True, eq=False)
class Conditional:
    """What the posterior is given each of M nodes, in scaled units.

    Attributes
    ----------
    model : ScaledModel
    D : FloatArray, shape (M, k, k)
        Relative covariances, scaled units.
    beta : FloatArray, shape (M, p)
    root : FloatArray, shape (M, p, p)
        ``root @ root.T`` is the covariance of beta over sigma_y**2.
    weight, df, sigma2 : FloatArray, shape (M,)
        Weights of the nodes; sigma_y**2 is ``df * sigma2`` over a chi-square of ``df``.
    """

    model: ScaledModel
    D: FloatArray
    beta: FloatArray
    root: FloatArray
    weight: FloatArray
    df: FloatArray
    sigma2: FloatArray

    @property
    def size(self) -> int:
        """Number of nodes M."""
        return len(self.weight)

    def take(self, which: IntArray) -> Conditional:
        """Return some of the nodes, in the order of ``which``; weights as they are."""
        parts = (self.D, self.beta, self.root, self.weight, self.df, self.sigma2)
        return Conditional(self.model, *(part[which] for part in parts))

    def modes(self, groups: IntArray | slice) -> GroupModes:
        """Return the deviations of some groups at every node."""
        return group_modes(self.model, self.D, groups)


def conditional_of(model: ScaledModel, nodes: Nodes, unit: FloatArray) -> Conditional:
    """Return the conditional posterior at nodes, with D in the model's own scaled units."""
    points = nodes.points
    inverse = np.linalg.inv(points.XVX)
    return Conditional(
        model=model,
        D=points.D / np.outer(unit, unit),
        beta=points.beta,
        root=_roots(0.5 * (inverse + inverse.swapaxes(1, 2))),
        weight=nodes.weight,
        df=points.residual.df,
        sigma2=points.residual.variance,
    )


def _roots(square: FloatArray) -> FloatArray:
    """Return matrices whose products with their transposes are ``square`` (M, p, p)."""
    try:
        return np.asarray(np.linalg.cholesky(square))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(square)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])


@dataclass(frozen=True, eq=False)
class GroupModes:
    """Deviations of J groups at M nodes, scaled coefficients.

    Attributes
    ----------
    apart : FloatArray, shape (k, M, J)
        The deviation where the average coefficients are zero: the outcome's own part.
    answer : FloatArray, shape (k, p, M, J)
        How it answers to the average coefficients (to be subtracted).
    spread : FloatArray, shape (k, k, M, J)
        Covariance given D and the average coefficients, over sigma_y**2.
    """

    apart: FloatArray
    answer: FloatArray
    spread: FloatArray


def group_modes(model: ScaledModel, D: FloatArray, groups: IntArray | slice) -> GroupModes:
    """Return the deviations of some groups at each of M relative covariances (M, k, k)."""
    own = model.own_centred[:, :, groups]
    wide = np.moveaxis(D, 0, 2)[..., None]  # (k, k, M, 1)
    if model.k == 1:
        S = model.S[0, 0, groups]
        spread = wide[0, 0] / (1.0 + wide[0, 0] * S)
        found = (S * spread) * own[:, 0, None]
        return GroupModes(found[None, -1], found[None, :-1], spread[None, None])
    T = _to_centred(model, groups)
    Tt = T.swapaxes(0, 1)
    DT = _matmul(wide, Tt)
    P = _centred_precision(model, D, _matmul(T, DT), groups)
    pull = _matmul(DT, P)
    found = _matmul(pull, own.swapaxes(0, 1)[:, :, None])
    spread = wide - _matmul(pull, DT.swapaxes(0, 1))
    return GroupModes(found[:, -1], found[:, :-1], 0.5 * (spread + spread.swapaxes(0, 1)))


def _matmul(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return products of many small matrices whose own axes come first."""
    rows = [
        [sum(left[a, c] * right[c, b] for c in range(len(right))) for b in range(right.shape[1])]
        for a in range(len(left))
    ]
    return np.array(rows)


def _to_centred(model: ScaledModel, groups: IntArray | slice) -> FloatArray:
    """Return the matrices that move coefficients to the groups' means, shape (k, k, 1, J)."""
    shift = model.shift[:, groups]
    T = np.zeros((model.k, model.k, 1, shift.shape[1]))
    T[np.arange(model.k), np.arange(model.k)] = 1.0
    T[0, 1:, 0] = shift
    return T


def _centred_precision(
    model: ScaledModel, D: FloatArray, Dj: FloatArray, groups: IntArray | slice
) -> FloatArray:
    """Return ``P_j = (I + S_j D_j)^-1 S_j`` about the groups' means, shape (k, k, M, J)."""
    S = model.S_centred[:, :, None, groups]
    if model.k == 2:
        det_S = model.det_S[groups]
        det_D = np.maximum(D[:, 0, 0] * D[:, 1, 1] - D[:, 0, 1] ** 2, 0.0)[:, None]
        whole = 1.0 + det_S * det_D + S[0, 0] * Dj[0, 0] + S[1, 1] * Dj[1, 1]
        whole += 2.0 * S[0, 1] * Dj[0, 1]
        cross = (S[0, 1] - det_S * Dj[0, 1]) / whole
        ends = (S[0, 0] + det_S * Dj[1, 1]) / whole, (S[1, 1] + det_S * Dj[0, 0]) / whole
        return np.array([[ends[0], cross], [cross, ends[1]]])
    inner = np.moveaxis(_matmul(S, Dj), (0, 1), (2, 3)) + np.eye(model.k)
    right = np.broadcast_to(np.moveaxis(S, (0, 1), (2, 3)), inner.shape)
    P = np.linalg.solve(inner, right)
    return np.moveaxis(0.5 * (P + P.swapaxes(-1, -2)), (2, 3), (0, 1))


def direct_part(data: GroupedData, model: ScaledModel, *, factors: bool) -> FloatArray:
    """Return how raw coefficients of the groups follow the scaled average ones, (J, k, p).

    Over ``y_scale``. Without ``factors`` group-level predictors are left out, as lme4's
    ``coef`` leaves them out.
    """
    out = np.zeros((data.n_groups, len(data.varying), model.p))
    column = {int(t): i for i, t in enumerate(model.used)}
    position = {base: i for i, base in enumerate(data.varying)}
    for t, term in enumerate(data.terms):
        if term.base not in position or t not in column:
            continue
        if term.factor >= 0 and not factors:
            continue
        scale = data.group_columns[term.factor][1] if term.factor >= 0 else np.ones(data.n_groups)
        out[:, position[term.base]] += np.multiply.outer(scale, model.to_raw[column[t]])
    return out


def chunks(n_groups: int, n_nodes: int, k: int) -> Iterator[slice]:
    """Yield slices of groups that keep the work arrays within the processor's cache."""
    step = max(1, _CHUNK // max(1, n_nodes * k * k))
    return (slice(i, min(i + step, n_groups)) for i in range(0, n_groups, step))


@dataclass(frozen=True, eq=False)
class Lines:
    """Combinations of raw coefficients at M nodes: ``loc + sigma_y (own z + shared' w)``.

    Attributes
    ----------
    loc : FloatArray, shape (M, J, q)
        In raw units.
    own : FloatArray, shape (M, J, q)
        Sd of the group's own doubt over sigma_y, raw units over those of the outcome.
    shared : FloatArray, shape (M, J, q, p)
        What the group shares with the others: the doubt about the average coefficients.
    """

    loc: FloatArray
    own: FloatArray
    shared: FloatArray


@dataclass(frozen=True, eq=False)
class Wanted:
    """Which combinations of each group's raw coefficients are asked for.

    Attributes
    ----------
    rows : FloatArray, shape (q, k)
        Combinations of the scaled deviations.
    direct : FloatArray, shape (J, q, p)
        How they follow from the scaled average coefficients, over ``y_scale``.
    constant : FloatArray, shape (q,)
        What they are without any of these (the outcome's centre).
    """

    rows: FloatArray
    direct: FloatArray
    constant: FloatArray

    def combined(self, mix: FloatArray) -> Wanted:
        """Return combinations ``mix`` (r, q) of the combinations."""
        return Wanted(mix @ self.rows, mix @ self.direct, mix @ self.constant)


def lines_at(given: Conditional, wanted: Wanted, groups: slice) -> Lines:
    """Return combinations of the raw coefficients of some groups at every node."""
    model, z = given.model, wanted.rows[:, :, None, None]
    found = given.modes(groups)
    through = np.moveaxis(wanted.direct[groups], 0, 2)[:, :, None] - _matmul(z, found.answer)
    loc = _matmul(z, found.apart[:, None])[:, 0]
    loc += np.einsum("kpmj,mp->kmj", through, given.beta)
    own = np.array([_form(z[a], found.spread) for a in range(len(z))])
    return Lines(
        wanted.constant + model.y_scale * np.moveaxis(loc, 0, 2),
        np.moveaxis(np.sqrt(np.maximum(own, 0.0)), 0, 2),
        np.einsum("kpmj,mpq->mjkq", through, given.root),
    )


def _form(z: FloatArray, square: FloatArray) -> FloatArray:
    """Return ``z' square z`` for z (k, 1, 1) and square (k, k, M, J)."""
    k = len(square)
    out = np.zeros(square.shape[2:])
    for a in range(k):
        for b in range(k):
            out += z[a] * z[b] * square[a, b]
    return out


def coefficients(
    given: Conditional, wanted: Wanted, groups: slice
) -> tuple[FloatArray, FloatArray]:
    """Return where combinations lie and the scale of their t distributions, (M, J, q)."""
    lines = lines_at(given, wanted, groups)
    unit = lines.own**2 + np.einsum("mjkp,mjkp->mjk", lines.shared, lines.shared)
    scale = np.sqrt(given.sigma2[:, None, None] * unit)
    return lines.loc, given.model.y_scale * scale


def fixef_mixture(given: Conditional, contrast: FloatArray) -> StudentMixture:
    """Return the distribution of sums of the average coefficients, raw units.

    ``contrast`` (G, terms) multiplies all coefficients of the model, also those not in use.
    """
    model = given.model
    weights = contrast[:, model.used]
    into = weights @ model.to_raw
    loc = model.y_scale * given.beta @ into.T + weights[:, 0] * model.y_center
    root = into @ given.root
    unit = np.einsum("mgq,mgq->mg", root, root)
    scale = model.y_scale * np.sqrt(given.sigma2[:, None] * unit)
    return StudentMixture(given.weight, given.df, loc, scale)
