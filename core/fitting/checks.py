"""Checks of identifiability before the multilevel model is fitted, each a named function."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from core.exceptions import DegenerateDataError, NotIdentifiedError, PoolingError
from core.fitting.scaled import ScaledModel
from core.moments import GroupMoments
from core.results import Diagnostic, NoPoolingFit
from core.tables.grouped import GroupedData

#: A share of the differences between groups below this is rounding.
_NOTHING_LEFT = 1e-9


class HasResiduals(Protocol):
    """What no pooling leaves: residual sum of squares and its degrees of freedom."""

    @property
    def df_residual(self) -> float:
        """Rows minus free coefficients."""

    @property
    def rss(self) -> float:
        """In squared units of the outcome."""


def refusal_of(
    data: GroupedData, model: ScaledModel, no_pooling: HasResiduals
) -> PoolingError | None:
    """Return why no multilevel model can be fitted, or None."""
    for check in (_too_few_groups, _degenerate, _not_identified, _saturated):
        error = check(data, model, no_pooling)
        if error is not None:
            return error
    return None


def _too_few_groups(
    data: GroupedData, model: ScaledModel, no_pooling: HasResiduals
) -> PoolingError | None:
    if data.n_groups >= 2:
        return None
    return NotIdentifiedError(
        f"All rows belong to one group ('{data.group_names[0]}' in '{data.spec.group}'), so "
        "differences between groups cannot be estimated. Choose another group column."
    )


def _degenerate(
    data: GroupedData, model: ScaledModel, no_pooling: HasResiduals
) -> PoolingError | None:
    if no_pooling.df_residual <= 0:
        return None
    found = model.residual
    if found is None or no_pooling.rss > found.floor * model.y_scale**2:
        return None
    how = "each group's own line fits exactly" if len(data.varying) > 1 else "it never varies"
    return DegenerateDataError(
        f"The outcome '{data.spec.outcome}' does not vary inside the groups of "
        f"'{data.spec.group}' ({how}), so there is no residual variation to compare the groups "
        "with and the likelihood has no maximum. Choose another outcome or group, or drop the "
        "predictor that determines the outcome."
    )


def _not_identified(
    data: GroupedData, model: ScaledModel, no_pooling: HasResiduals
) -> PoolingError | None:
    """Compare the residual variance with every group variance: they must be separable.

    The covariance of the rows is ``sigma_y**2 I`` plus a sum of fixed patterns, one per
    element of Sigma. If the patterns are linearly dependent (their Gram matrix of traces is
    singular), no data can tell the parameters apart: one row per group is the usual case.
    """
    S = np.moveaxis(model.S, 2, 0)
    k = model.k
    rows, cols = np.triu_indices(k) if data.spec.correlated else (np.arange(k), np.arange(k))
    basis = []
    for a, b in zip(rows, cols, strict=True):
        E = np.zeros((k, k))
        E[a, b] = E[b, a] = 1.0
        basis.append(E)
    gram = np.empty((len(basis) + 1, len(basis) + 1))
    gram[0, 0] = model.n_obs
    products = [S @ E for E in basis]
    for i, left in enumerate(products):
        gram[0, i + 1] = gram[i + 1, 0] = np.einsum("jaa->", left)
        for j, right in enumerate(products[: i + 1]):
            gram[i + 1, j + 1] = gram[j + 1, i + 1] = np.einsum("jab,jba->", left, right)
    size = np.sqrt(np.diag(gram))
    if (size == 0).any():
        return None
    smallest = float(np.linalg.eigvalsh(gram / np.outer(size, size))[0])
    if smallest > 1e-12:
        return None
    largest = int(data.group_sizes.max())
    why = "every group has one row" if largest == 1 else "no group has enough rows of its own"
    if largest > k:
        why = "the predictors whose slopes vary are combinations of one another"
    return NotIdentifiedError(
        f"The variation between groups of '{data.spec.group}' and the variation inside them "
        f"cannot be told apart: {why} ({data.n_obs:,} rows, {data.n_groups:,} groups). Choose a "
        "group column with several rows per group, or a simpler structure."
    )


def _saturated(
    data: GroupedData, model: ScaledModel, no_pooling: HasResiduals
) -> PoolingError | None:
    """Look for a varying coefficient that the fixed effects fit group by group.

    With ``M = I - X(X'X)^-1 X'``, nothing is left of its differences between groups when
    ``trace(Z_a' M Z_a)`` is zero: as many group-level columns as groups, say.
    """
    live = int((model.n > 0).sum())
    if model.p < live:  # the columns cannot span so many groups
        return None
    cross = np.einsum("abj,pbj->paj", model.S, model.own[: model.p])
    Q = np.linalg.inv(model.WW[: model.p, : model.p])
    whole = np.einsum("aaj->a", model.S)
    left = whole - np.einsum("paj,pq,qaj->a", cross, Q, cross, optimize=True)
    if not (left <= _NOTHING_LEFT * whole).any():
        return None
    return NotIdentifiedError(
        f"The predictors fit each of the {live} groups of '{data.spec.group}' by itself, so "
        "nothing is left to estimate how groups differ beyond them. Take group-level predictors "
        "out of the model: it needs fewer of their columns than groups."
    )


def aliased_note(names: tuple[str, ...]) -> Diagnostic:
    """Return the remark about terms that are combinations of others."""
    listed = ", ".join(f"'{n}'" for n in names)
    return Diagnostic(
        "rank_deficient",
        "caution",
        f"{listed} cannot be told apart from the other predictors (constant, or an exact "
        "combination of them) and is left out of every fit.",
        columns=names,
    )


def notes_before(
    data: GroupedData, moments: GroupMoments, model: ScaledModel, no_pooling: NoPoolingFit
) -> tuple[Diagnostic, ...]:
    """Return remarks that do not stop a fit but change what it is worth."""
    notes = []
    if len(model.aliased):
        notes.append(aliased_note(tuple(data.fixef_names[i] for i in model.aliased)))
    if data.n_groups < 3:
        notes.append(
            Diagnostic(
                "few_groups",
                "caution",
                f"{data.n_groups} groups say next to nothing about how groups differ: "
                "read the group sd as a guess.",
            )
        )
    for base, name in zip(data.varying, data.varying_names, strict=True):
        if base > 0 and not moments.has_spread(base).any():
            notes.append(
                Diagnostic(
                    "not_identified",
                    "problem",
                    f"'{name}' has no spread inside any group, so no group shows a slope of its "
                    "own; a varying slope for it rests on assumption alone. Use it as a "
                    "group-level predictor instead.",
                    columns=(name,),
                )
            )
    return tuple(notes)
