"""Every coefficient with its interval under each way to judge its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from core.explore.standard_errors.numbers import standard_errors
from core.results import PoolingFits
from core.tables.grouping.design import Term
from core.types import FloatArray

Approach: TypeAlias = Literal["complete_pooling", "cr1", "cr2", "no_pooling", "multilevel"]
APPROACHES: tuple[Approach, ...] = ("complete_pooling", "cr1", "cr2", "no_pooling", "multilevel")
Level: TypeAlias = Literal["group", "individual", "cross"]

#: A predictor of which less than this share of the variance lies inside groups is group-level.
_CONSTANT = 1e-9


@dataclass(frozen=True, eq=False)
class CoefficientErrors:
    """One coefficient under the five approaches.

    Attributes
    ----------
    term : str
    level : {"group", "individual", "cross"}
        Group-level: the intercept and what is constant within groups. Individual-level:
        what varies inside groups. Cross-level: their interaction.
    varies : bool
        Whether the coefficient varies by group in the multilevel model.
    estimate, se, df, lower, upper : dict of approach to float
        NaN where an approach has no such number. CR1 is read with J - 1 degrees of freedom,
        as is usual; CR2 and the multilevel model with Satterthwaite's.
    effective_n : float
        Independent rows that would know the coefficient as well as the multilevel model
        does.
    """

    term: str
    level: Level
    varies: bool
    estimate: dict[Approach, float]
    se: dict[Approach, float]
    df: dict[Approach, float]
    lower: dict[Approach, float]
    upper: dict[Approach, float]
    effective_n: float

    @property
    def ratio(self) -> float:
        """The error that respects the groups over the complete-pooling one.

        CR2's, which is about the same estimate; the multilevel one where there is none.
        """
        own = self.se["complete_pooling"]
        other = self.se["cr2"] if np.isfinite(self.se["cr2"]) else self.se["multilevel"]
        return other / own if own > 0 else float("nan")


def coefficient_errors(fits: PoolingFits, level: float = 0.95) -> tuple[CoefficientErrors, ...]:
    """Return every coefficient of a model with its interval under each approach.

    Parameters
    ----------
    fits : PoolingFits
    level : float
        Of the t intervals.

    Raises
    ------
    PoolingError
        When there are too many groups and coefficients for the cluster-robust errors.
    """
    table = standard_errors(fits)
    whole, own, model = fits.complete_pooling, fits.no_pooling, fits.multilevel_or_none
    common = dict(zip(own.common_names, own.common_coef, strict=True))
    n = len(table)
    nothing: FloatArray = np.full(n, np.nan)
    estimate: dict[Approach, FloatArray] = {
        "complete_pooling": whole.coef,
        "cr1": whole.coef,
        "cr2": whole.coef,
        "no_pooling": np.array([common.get(name, np.nan) for name in table["term"]]),
        "multilevel": model.fixef if model is not None else nothing,
    }
    df: dict[Approach, FloatArray] = {
        "complete_pooling": np.full(n, float(whole.df_residual)),
        "cr1": np.full(n, float(whole.n_groups - 1)),
        "cr2": table["cr2_df"].to_numpy(dtype=np.float64),
        "no_pooling": np.full(n, float(own.df_residual)),
        "multilevel": table["multilevel_df"].to_numpy(dtype=np.float64),
    }
    effective = table["effective_n"].to_numpy(dtype=np.float64)
    varying = set(fits.data.varying_terms.tolist())
    out = []
    for i, term in enumerate(fits.data.terms):
        se = {a: float(table[a].iloc[i]) for a in APPROACHES}
        at = {a: float(estimate[a][i]) for a in APPROACHES}
        reach = {a: _reach(se[a], float(df[a][i]), level) for a in APPROACHES}
        out.append(
            CoefficientErrors(
                term=term.name,
                level=_level_of(fits, term),
                varies=i in varying,
                estimate=at,
                se=se,
                df={a: float(df[a][i]) for a in APPROACHES},
                lower={a: at[a] - reach[a] for a in APPROACHES},
                upper={a: at[a] + reach[a] for a in APPROACHES},
                effective_n=float(effective[i]),
            )
        )
    return tuple(out)


def _reach(se: float, df: float, level: float) -> float:
    if not (np.isfinite(se) and df > 0):
        return float("nan")
    return float(stdtrit(df, 0.5 + level / 2.0)) * se


def _level_of(fits: PoolingFits, term: Term) -> Level:
    if term.base == 0:
        return "group"
    if term.factor >= 0:
        return "cross"
    within = float(fits.moments.within_total[term.base - 1, term.base - 1])
    mean, n = fits.moments.mean_of(term.base), fits.moments.n
    between = float(n @ (mean - np.average(mean, weights=n)) ** 2)
    return "group" if within <= _CONSTANT * (within + between) else "individual"


def errors_table(found: tuple[CoefficientErrors, ...]) -> pd.DataFrame:
    """Return the figure's numbers: one row per coefficient and approach that has an error."""
    rows = [
        {
            "term": each.term,
            "level": each.level,
            "approach": approach,
            "estimate": each.estimate[approach],
            "se": each.se[approach],
            "df": each.df[approach],
            "lower": each.lower[approach],
            "upper": each.upper[approach],
            "se / complete-pooling se": each.se[approach] / each.se["complete_pooling"],
            "effective n": each.effective_n if approach == "multilevel" else np.nan,
        }
        for each in found
        for approach in APPROACHES
        if np.isfinite(each.se[approach])
    ]
    return pd.DataFrame(rows)
