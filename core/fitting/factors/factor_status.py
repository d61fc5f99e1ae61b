"""Saying in plain words what a multilevel fit of several factors is worth."""

from __future__ import annotations

import numpy as np

from core.evidence import Diagnostic, OptSummary, Status, StatusCode
from core.factor_fit import FactorFit
from core.fitting.status import SECOND_MODE

_ORDER: tuple[StatusCode, ...] = (
    "not_certified",
    "not_identified",
    "two_modes",
    "zero_variance",
    "perfect_correlation",
)


def diagnose_factors(
    factors: dict[str, FactorFit], summary: OptSummary, criterion: str, singular: list[str]
) -> tuple[Diagnostic, ...]:
    """Return remarks on a fit: variances at zero, correlations at one, second optima."""
    notes: list[Diagnostic] = []
    zero = [
        _zero(factors[name]) for name in singular if (np.diag(factors[name].vcov_group) == 0).any()
    ]
    if zero:
        notes.append(_zero_variance(zero))
    perfect = [name for name in singular if (np.diag(factors[name].vcov_group) > 0).all()]
    if perfect:
        names = " and of ".join(f"'{name}'" for name in perfect)
        notes.append(
            Diagnostic(
                "perfect_correlation",
                "caution",
                f"The varying coefficients of {names} are estimated as perfectly correlated: the "
                "data cannot tell a separate intercept and slope for each level. Estimates of the "
                "levels stay usable; read nothing into the correlation, and consider "
                "uncorrelated coefficients.",
                columns=tuple(perfect),
            )
        )
    for mode in summary.modes[1:]:
        gap = mode.criterion_value - summary.criterion_value
        if gap <= SECOND_MODE:
            notes.append(_second_mode(gap, criterion))
            break
    if not summary.converged:
        notes.append(
            Diagnostic(
                "not_certified",
                "problem",
                "The search for the best fit did not come to a certified end: these numbers may "
                "not be the best that the model allows. Use a simpler structure, or compare with "
                "one, before you rely on them.",
            )
        )
    return tuple(notes)


def _zero(factor: FactorFit) -> tuple[str, tuple[str, ...]]:
    at_zero = np.diag(factor.vcov_group) == 0
    return factor.name, tuple(np.array(factor.varying_names, dtype=object)[at_zero])


def _zero_variance(zero: list[tuple[str, tuple[str, ...]]]) -> Diagnostic:
    said = [
        f"of {' and '.join(map(repr, names))} between levels of '{factor}'"
        for factor, names in zero
    ]
    return Diagnostic(
        "zero_variance",
        "info",
        f"The variance {' and '.join(said)} is estimated as zero: these levels differ no more "
        "than chance, and what else the model holds, would make them. That is an answer, not a "
        "failure. The fixed effects and their standard errors stay valid; the data do not rule "
        "out a small variance.",
        columns=tuple(factor for factor, _ in zero),
    )


def _second_mode(gap: float, criterion: str) -> Diagnostic:
    return Diagnostic(
        "two_modes",
        "caution",
        f"Two explanations fit almost equally well: a second optimum lies only {gap:.2f} above "
        f"the best in the {criterion} criterion. The data hardly choose how the variation "
        "divides among the factors and the rows; look at both before you conclude.",
    )


def factors_status(notes: tuple[Diagnostic, ...]) -> Status:
    """Return the one verdict: the first that applies of what a reader must know."""
    by_code = {note.code: note for note in reversed(notes)}
    for code in _ORDER:
        if code in by_code:
            return Status(code, by_code[code].message)
    return Status("fine", "The optimum is certified, and no variance is estimated as zero.")
