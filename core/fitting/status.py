"""Saying in plain words what a multilevel fit is worth."""

from __future__ import annotations

import numpy as np

from core.fitting.scaled import ScaledModel
from core.results import Diagnostic, OptSummary, Status, StatusCode
from core.tables.grouped import GroupedData
from core.types import FloatArray

#: A second mode within this many units of the criterion is worth telling.
SECOND_MODE = 4.0


def diagnose(
    data: GroupedData,
    model: ScaledModel,
    summary: OptSummary,
    vcov: FloatArray,
    *,
    is_singular: bool,
) -> tuple[Diagnostic, ...]:
    """Return remarks on a fit: singularity, second modes, few groups, aliased columns."""
    notes: list[Diagnostic] = []
    if is_singular:
        notes.append(_singular(data, vcov))
    for mode in summary.modes[1:]:
        gap = mode.criterion_value - summary.criterion_value
        if gap <= SECOND_MODE:
            notes.append(_second_mode(gap, data.spec.criterion))
            break
    if not summary.converged:
        notes.append(
            Diagnostic(
                "not_certified",
                "problem",
                "The search for the best fit did not come to a certified end, though it was tried "
                "by several roads: these numbers may not be the best that the model allows. "
                "Use a simpler structure, or compare with one, before you rely on them.",
            )
        )
    return tuple(notes)


def _singular(data: GroupedData, vcov: FloatArray) -> Diagnostic:
    names = data.varying_names
    zero = [n for n, v in zip(names, np.diag(vcov), strict=True) if v == 0]
    if zero:
        what = " and ".join(f"'{n}'" for n in zero)
        return Diagnostic(
            "zero_variance",
            "info",
            f"The variance of {what} between groups is estimated as zero: the groups differ no "
            "more than chance alone would make them. That is an answer, not a failure. The "
            "fixed effects and their standard errors stay valid; the data do not rule out a "
            "small variance.",
            columns=tuple(zero),
        )
    return Diagnostic(
        "perfect_correlation",
        "caution",
        "The varying coefficients are estimated as perfectly correlated: the data cannot tell "
        "a separate intercept and slope for each group. Estimates of the groups stay usable; "
        "read nothing into the correlation, and consider uncorrelated coefficients.",
        columns=names,
    )


def _second_mode(gap: float, criterion: str) -> Diagnostic:
    return Diagnostic(
        "two_modes",
        "caution",
        f"Two explanations fit almost equally well: a second optimum lies only {gap:.2f} above "
        f"the best in the {criterion} criterion. The data hardly choose between pooling "
        "strongly and pooling little; look at both before you conclude.",
    )


def status_of(
    data: GroupedData, vcov: FloatArray, is_singular: bool, notes: tuple[Diagnostic, ...]
) -> Status:
    """Return the one verdict: the first that applies of what a reader must know."""
    order: tuple[StatusCode, ...] = (
        "not_certified",
        "not_identified",
        "two_modes",
        "zero_variance",
        "perfect_correlation",
    )
    by_code = {note.code: note for note in notes}
    for code in order:
        if code in by_code:
            return Status(code, by_code[code].message)
    return Status(
        "fine",
        "The optimum is certified, and no variance is estimated as zero.",
    )
