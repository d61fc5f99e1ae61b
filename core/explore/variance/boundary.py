"""Variances estimated as zero and correlations of one: their likelihood, and what remains valid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtri

from core.estimators.profile import ProfileCurve, profile_curve
from core.formats import fixed, number
from core.results import MultilevelFit, PoolingFits
from core.tables.wording import Wording

#: An interval of a correlation shorter than this leaves no doubt that it is near its end.
_NARROW = 0.3
#: From here on a correlation is told as one.
_ONE = 1.0 - 1e-4


@dataclass(frozen=True, eq=False)
class Boundary:
    """One parameter at the end of its range, with its profile likelihood.

    Attributes
    ----------
    name : str
        As in a profile: ``sd_<term>`` or ``cor_<slope>.<other>``.
    term : str
        The coefficient whose variance is zero; for a correlation, the two.
    estimate, lower, upper : float
        Of the fit; ends of the profile interval.
    curve : ProfileCurve
    level : float
    """

    name: str
    term: str
    estimate: float
    lower: float
    upper: float
    curve: ProfileCurve
    level: float

    @property
    def is_correlation(self) -> bool:
        """Whether the parameter is a correlation (else a standard deviation)."""
        return self.name.startswith("cor_")

    @property
    def likelihood(self) -> np.ndarray:
        """Likelihood relative to the best value, on the grid of the curve."""
        return np.asarray(np.exp(-0.5 * self.curve.deviance))

    @property
    def cut(self) -> float:
        """Relative likelihood below which values are rejected."""
        return float(np.exp(-0.5 * chdtri(1, 1.0 - self.level)))


def at_boundary(fit: MultilevelFit) -> tuple[str, ...]:
    """Return the parameters of a fit that stand at the end of their range."""
    zero = [f"sd_{n}" for n, sd in zip(fit.varying_names, fit.sigma_group, strict=True) if sd == 0]
    ones = []
    if fit.spec.correlated:
        for b, slope in enumerate(fit.varying_names):
            for a, other in enumerate(fit.varying_names[:b]):
                if abs(float(fit.correlation[b, a])) >= _ONE:  # NaN beside a zero variance
                    ones.append(f"cor_{slope}.{other}")
    return (*zero, *ones)


def boundaries(fits: PoolingFits, level: float = 0.95) -> tuple[Boundary, ...]:
    """Return every parameter at the end of its range with its profile likelihood (ML)."""
    fit = fits.multilevel
    out = []
    for name in at_boundary(fit):
        curve, (lower, upper) = profile_curve(fit, name, level)
        term = name.removeprefix("sd_").removeprefix("cor_")
        if name.startswith("cor_"):
            b, a = next(
                (b, a)
                for b, slope in enumerate(fit.varying_names)
                for a, other in enumerate(fit.varying_names[:b])
                if name == f"cor_{slope}.{other}"
            )
            estimate = float(fit.correlation[b, a])
        else:
            estimate = 0.0
        out.append(Boundary(name, term, estimate, lower, upper, curve, level))
    return tuple(out)


def boundary_title(found: Boundary, fits: PoolingFits, wording: Wording) -> str:
    """Return the finding: estimated at the end, yet compatible with more."""
    if found.is_correlation and found.lower <= -1.0 and found.upper >= 1.0:
        return (
            f"The correlation is estimated as {fixed(found.estimate, 2)}, but the data say nothing "
            "about it: every value is compatible with them"
        )
    if _is_certain(found):
        return (
            f"The correlation is estimated as {fixed(found.estimate, 2)}, and the data allow no "
            f"more than {fixed(found.lower, 2)} to {fixed(found.upper, 2)}"
        )
    if found.is_correlation:
        return (
            f"The correlation is estimated as {fixed(found.estimate, 2)}, yet the data are "
            f"compatible with {fixed(found.lower, 2)} to {fixed(found.upper, 2)}"
        )
    what = wording.term(found.term, fits.data)
    return (
        f"The differences between {wording.group.many} in their {what} are estimated as zero, yet "
        f"the data are compatible with a standard deviation up to {number(found.upper)}"
    )


def _is_certain(found: Boundary) -> bool:
    """Return whether the data rule out every correlation but those near its end."""
    return found.is_correlation and found.upper - found.lower < _NARROW


def boundary_sentences(found: Boundary, fits: PoolingFits, wording: Wording) -> tuple[str, ...]:
    """Return why an estimate ends there, what stays valid, and what is simpler."""
    many, one = wording.group.many, wording.group.one
    if found.is_correlation:
        why = (
            f"With {wording.group.count(fits.data.n_groups)} the data do not tell intercepts and "
            "slopes apart well enough: a line on which all of them lie fits as well as any cloud."
        )
        if _is_certain(found):
            why = (
                f"The lines of the {many} nearly meet in one point, so intercepts follow from "
                "slopes. That is common where the zero of the predictor lies far from the data."
            )
        stays = (
            f"The estimates of the {many}, the average coefficients, their standard errors and "
            "predictions stay valid; read nothing into the correlation."
        )
        simpler = "Simpler: leave the correlation out, or let only the intercept vary."
    else:
        why = (
            f"The {many} differ no more than chance would make them; a variance cannot be "
            "negative, so the estimate stops at zero. That is no failure, and no proof that they "
            "are all alike."
        )
        stays = (
            f"Average coefficients, their standard errors and predictions stay valid. Every {one} "
            "gets the same value of this coefficient (complete pooling of it), so its shrunken "
            "estimates look more certain than they are."
        )
        simpler = (
            "Simpler: take that coefficient as common to all."
            if len(fits.multilevel.varying_names) > 1
            else "Simpler: complete pooling, which gives the same estimates here."
        )
    return (why, stays, simpler)


def boundary_alt(found: Boundary, fits: PoolingFits, wording: Wording) -> str:
    """Return a description of the likelihood curve with its numbers."""
    return (
        f"{boundary_title(found, fits, wording)}. Profile likelihood from "
        f"{number(float(found.curve.value[0]))} to {number(float(found.curve.value[-1]))}; "
        f"values whose relative likelihood is under {fixed(found.cut, 3)} are rejected."
    )


def boundary_table(found: Boundary) -> pd.DataFrame:
    """Return the likelihood curve as a table."""
    value = "correlation" if found.is_correlation else "standard deviation"
    return pd.DataFrame(
        {
            value: found.curve.value,
            "relative likelihood": found.likelihood,
            "rise of the deviance": found.curve.deviance,
        }
    )
