"""What lies beneath the dial of one factor: the likelihood, and the error on rows left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.estimators.factors.factor_rows import fitted_rows
from core.estimators.factors.refits import converted, subset_factors
from core.estimators.factors.system import solved_of
from core.estimators.factors.view import check_factor
from core.factors_results import FactorsFits
from core.fitting.factors.cell_layout import CellLayout, lay_out
from core.fitting.factors.factor_criterion import evaluate_factors
from core.fitting.factors.factor_search import LARGE, theta_from
from core.fitting.several.henderson import system_at
from core.moments import GroupMoments
from core.types import FloatArray

#: Positions of the curve, as multiples of the estimated variance; 0 comes before them.
POSITIONS = tuple(float(2.0**k) for k in range(-8, 9))
_FOLDS = 5
#: Rows up to which rows are left out.
MOST_ROWS = 20_000
#: How far the log-likelihood may fall for a position to be compatible with the data (95%).
_FALL = 1.920729410347062


@dataclass(frozen=True, eq=False)
class FactorEvidence:
    """The evidence along the dial of one factor, all others at their estimates.

    Attributes
    ----------
    factor : str
    c : FloatArray, shape (m,)
        Multiples of the estimated variance, 0 first.
    log_likelihood : FloatArray, shape (m,)
        Above or below that at the estimate (REML or ML, as the model was fitted).
    error : FloatArray, shape (m,)
        Root mean square error on rows left out, outcome units; NaN where none were.
    """

    factor: str
    c: FloatArray
    log_likelihood: FloatArray
    error: FloatArray

    @property
    def best(self) -> float:
        """The position with the least left-out error; NaN where there is none."""
        if not np.isfinite(self.error).any():
            return float("nan")
        return float(self.c[int(np.nanargmin(self.error))])

    @property
    def compatible(self) -> tuple[float, float]:
        """The ends of what the likelihood does not reject (95%), between positions by a line.

        0 and infinity where it never falls so far.
        """
        inside = np.flatnonzero(self.log_likelihood >= -_FALL)
        first, last = int(inside[0]), int(inside[-1])
        low = 0.0 if first == 0 else self._crossing(first - 1, first)
        high = np.inf if last == len(self.c) - 1 else self._crossing(last + 1, last)
        return low, float(high)

    def _crossing(self, out: int, into: int) -> float:
        """Return where, between two positions, the log-likelihood has fallen that far."""
        fall = self.log_likelihood + _FALL
        share = fall[into] / (fall[into] - fall[out])
        if self.c[out] == 0 or self.c[into] == 0:
            return float(self.c[into] + share * (self.c[out] - self.c[into]))
        logs = np.log(self.c[[into, out]])
        return float(np.exp(logs[0] + share * (logs[1] - logs[0])))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per position."""
        return pd.DataFrame(
            {
                "times the estimate": self.c,
                "log-likelihood": self.log_likelihood,
                "left-out error": self.error,
            }
        )


def factor_evidence(fits: FactorsFits, factor: str, seed: int = 1) -> FactorEvidence:
    """Return likelihood and left-out error along the dial of one factor.

    Parameters
    ----------
    fits : FactorsFits
    factor : str
        Whose variance is multiplied; the others keep theirs, relative to the residual variance.
    seed : int
        Of the five folds.

    Raises
    ------
    SpecError
        When the model has no such factor.
    PoolingError
        When there is no multilevel fit.
    """
    check_factor(fits, factor)
    solved = solved_of(fits)
    problem = solved.problem
    c = np.array([0.0, *POSITIONS])
    at = [theta_from(problem, _scaled(fits, solved.D, factor, each)) for each in (*c, 1.0)]
    value = evaluate_factors(problem, np.array(at), derivative=False).value
    error = np.full(len(c), np.nan)
    if fits.data.n_obs <= MOST_ROWS and problem.work <= LARGE:
        error = _left_out(fits, factor, c, np.random.default_rng(seed))
    return FactorEvidence(factor, c, -0.5 * (value[:-1] - value[-1]), error)


def _scaled(fits: FactorsFits, D: list[FloatArray], factor: str, c: float) -> list[FloatArray]:
    names = fits.data.spec.groups
    return [one * (c if name == factor else 1.0) for name, one in zip(names, D, strict=True)]


def _left_out(
    fits: FactorsFits, factor: str, c: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Return the root mean square error of rows left out in five folds, at every position."""
    data, solved = fits.data, solved_of(fits)
    fold = rng.permutation(np.arange(data.n_obs) % _FOLDS)
    total = np.zeros(len(c))
    for k in range(_FOLDS):
        held, kept = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        some = subset_factors(data, kept)
        layout = lay_out(some, GroupMoments.from_data(some.cells))
        D = converted(solved.layout, layout, solved.D)
        rows = fitted_rows(data, held, some).contrasts(some)
        for i, each in enumerate(c):
            system = system_at(layout, _scaled(fits, D, factor, float(each)))
            found = system.into(rows) @ system.estimate + _level(layout, rows.fixed)
            total[i] += float(np.sum((data.y[held] - found) ** 2))
    return np.asarray(np.sqrt(total / data.n_obs))


def _level(layout: CellLayout, design: FloatArray) -> FloatArray:
    """Return what the centre of the outcome adds to rows: their intercept column times it."""
    return np.asarray(layout.y_center * design[:, 0])
