"""What is kept with a fit as evidence: remarks, the verdict, and how the optimum was found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.types import FloatArray, Severity

StatusCode: TypeAlias = Literal[
    "fine",
    "zero_variance",
    "perfect_correlation",
    "two_modes",
    "not_identified",
    "degenerate",
    "not_certified",
]


@dataclass(frozen=True, eq=False)
class Diagnostic:
    """One remark about a fit, in words a reader can act on."""

    code: str
    severity: Severity
    message: str
    groups: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Status:
    """The one plain-word verdict on a multilevel fit.

    Attributes
    ----------
    code : StatusCode
        ``fine`` or what stands out most.
    sentence : str
        The verdict, what it means, and what is still valid.
    """

    code: StatusCode
    sentence: str


@dataclass(frozen=True, eq=False)
class Mode:
    """A local minimum of the criterion: theta as lme4 orders it, and the value there."""

    theta: FloatArray
    criterion_value: float


@dataclass(frozen=True, eq=False)
class OptSummary:
    """How the optimum was found, and the evidence that it is one.

    Attributes
    ----------
    start : FloatArray, shape (K,)
        theta that the winning search set out from.
    theta : FloatArray, shape (K,)
        theta at the optimum (lme4's order: columns of the lower triangle).
    criterion_value : float
        -2 x (restricted) log likelihood there.
    evaluations, starts : int
        Evaluations of the criterion in all, and searches that were run.
    converged : bool
        Whether the certificate holds.
    derivative : FloatArray, shape (k, k)
        Derivative of the criterion with respect to the relative covariance
        ``Sigma / sigma_y**2`` on the scaled problem (symmetric).
    rel_cov_scaled : FloatArray, shape (k, k)
        ``Sigma / sigma_y**2`` on the scaled problem, which ``derivative`` belongs to.
    stationarity : float
        Largest element of ``|derivative @ rel_cov_scaled|``; 0 at an optimum.
    least_curvature : float
        Smallest eigenvalue of ``derivative`` on the null space of ``Sigma``;
        not negative at an optimum (``inf`` where Sigma has full rank).
    modes : tuple of Mode
        Local minima found, best first.
    """

    start: FloatArray
    theta: FloatArray
    criterion_value: float
    evaluations: int
    starts: int
    converged: bool
    derivative: FloatArray
    rel_cov_scaled: FloatArray
    stationarity: float
    least_curvature: float
    modes: tuple[Mode, ...] = ()


@dataclass(frozen=True, eq=False)
class Agreement:
    """What the reference engine, ``MixedLM``, says at the optimum that was found.

    Attributes
    ----------
    criterion_gap : float
        Its criterion minus ours at the same parameters.
    fixef_gap, se_gap, ranef_gap : float
        Largest difference of the fixed effects and of their standard errors, in standard
        errors, and of the conditional modes, in units of sigma_y.
    """

    criterion_gap: float
    fixef_gap: float
    se_gap: float
    ranef_gap: float

    @property
    def digits(self) -> int:
        """Digits to which the engines tell the same story, 0 to 9.

        Of criterion, fixed effects and conditional modes. Standard errors are left out: MixedLM
        takes them from the joint Hessian, lme4 and this project from the fixed effects' own
        block, and on unbalanced data they differ by a percent or two.
        """
        gap = max(abs(self.criterion_gap), self.fixef_gap, self.ranef_gap)
        return 0 if not gap < 1.0 else min(9, int(-math.log10(max(gap, 1e-12))))
