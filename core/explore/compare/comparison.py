"""``Comparison``: two models of the same rows side by side, by a likelihood that they share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from core.explore.compare.group_levels import group_levels
from core.explore.compare.nesting import Nested, nesting_of
from core.explore.compare.numbers import by_ml, information, r_squared
from core.explore.compare.same_rows import check_same_rows
from core.results import MultilevelFit, PoolingFits
from core.tables.grouped import FactorsData


@dataclass(frozen=True)
class LikelihoodRatio:
    """Likelihood-ratio test of the smaller of two nested models, by maximum likelihood.

    Attributes
    ----------
    smaller, larger : {"A", "B"}
    statistic : float
        Fall of the deviance from the smaller to the larger.
    df : int
        Parameters that the larger has more.
    p_value : float
        Of the chi-square with ``df`` degrees of freedom, as R's ``anova`` gives it. Where a
        variance is tested it is too large: the test is conservative.
    n_variances : int
        Variances that the smaller sets to zero; 0 where no boundary is met.
    p_boundary : float
        For one variance: of the even mixture of chi-squares with ``df - 1`` and ``df`` degrees of
        freedom (Self & Liang 1987; Stram & Lee 1994). NaN for none, and for several, whose mixture
        depends on the data.
    """

    smaller: str
    larger: str
    statistic: float
    df: int
    p_value: float
    n_variances: int
    p_boundary: float

    @property
    def p(self) -> float:
        """The p value to go by: of the mixture where there is one."""
        return self.p_value if np.isnan(self.p_boundary) else self.p_boundary


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models of the same rows of the same outcome, A and B.

    Attributes
    ----------
    a, b : MultilevelFit
        As they were asked for; coefficients, variances and groups are theirs.
    ml_a, ml_b : MultilevelFit
        By maximum likelihood, which the likelihoods are: restricted ones of models with
        different average coefficients cannot be compared.
    nested : Nested
        Whether one is a special case of the other.
    test : LikelihoodRatio or None
        None where neither is, or they do not differ by a parameter.
    information : DataFrame, two rows
        ``model, formula, criterion, log_likelihood, deviance, parameters, AIC, BIC,
        R2_marginal, R2_conditional``, as ``anova`` of R's lme4 after refitting by ML.
    coefficients : DataFrame
        ``term, A, A_se, B, B_se, difference``: NaN where a model lacks the term.
    variances : DataFrame
        ``factor, what, term, other, A, B``: ``what`` is ``sd``, ``correlation`` or ``residual``.
    groups : DataFrame
        ``group, n, A, B, difference``: the outcome that each model expects of a group where all
        predictors are at their average, whatever their zero; then, for every coefficient that
        varies in both, ``A: name``, ``B: name`` and ``A pooling: name``, ``B pooling: name``.
        Of the first factor that both models have; no rows where they share none.
    factor : str
        The factor that ``groups`` is of; '' for none.
    only_a, only_b, both : tuple of str
        Names of average coefficients.
    """

    a: MultilevelFit = field(repr=False)
    b: MultilevelFit = field(repr=False)
    ml_a: MultilevelFit = field(repr=False)
    ml_b: MultilevelFit = field(repr=False)
    nested: Nested
    test: LikelihoodRatio | None
    information: pd.DataFrame = field(repr=False)
    coefficients: pd.DataFrame = field(repr=False)
    variances: pd.DataFrame = field(repr=False)
    groups: pd.DataFrame = field(repr=False)
    factor: str
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    both: tuple[str, ...]

    @property
    def is_refitted(self) -> bool:
        """Whether a model was fitted again by ML to be compared."""
        return "REML" in (self.a.criterion, self.b.criterion)

    @property
    def aic_difference(self) -> float:
        """AIC of B minus that of A: negative where B is the better."""
        return float(self.information["AIC"].iloc[1] - self.information["AIC"].iloc[0])

    @property
    def bic_difference(self) -> float:
        """BIC of B minus that of A."""
        return float(self.information["BIC"].iloc[1] - self.information["BIC"].iloc[0])

    def to_frame(self) -> pd.DataFrame:
        """Return one row per model: likelihood, parameters, AIC, BIC and R squared."""
        return self.information.copy()


def compare(first: PoolingFits | MultilevelFit, second: PoolingFits | MultilevelFit) -> Comparison:
    """Return two models of the same rows side by side: A and B.

    Parameters
    ----------
    first, second : PoolingFits or MultilevelFit
        A and B. Models estimated by REML are fitted again by ML for everything that is made of
        likelihoods (``Comparison.is_refitted``).

    Raises
    ------
    SpecError
        When the models do not use the same rows of the same outcome.
    PoolingError
        When the data admit no multilevel fit of one of them.
    """
    a, b = _multilevel(first), _multilevel(second)
    check_same_rows(a, b)
    ml_a, ml_b = by_ml(a), by_ml(b)
    nested = nesting_of(a, b)
    factor, groups = group_levels(a, b)
    return Comparison(
        a=a,
        b=b,
        ml_a=ml_a,
        ml_b=ml_b,
        nested=nested,
        test=_test(ml_a, ml_b, nested),
        information=_information(ml_a, ml_b),
        coefficients=_coefficients(a, b),
        variances=_variances(a, b),
        groups=groups,
        factor=factor,
        only_a=tuple(n for n in a.fixef_names if n not in b.fixef_names),
        only_b=tuple(n for n in b.fixef_names if n not in a.fixef_names),
        both=tuple(n for n in a.fixef_names if n in b.fixef_names),
    )


def _multilevel(fits: PoolingFits | MultilevelFit) -> MultilevelFit:
    return fits.multilevel if isinstance(fits, PoolingFits) else fits


def _information(a: MultilevelFit, b: MultilevelFit) -> pd.DataFrame:
    out = pd.concat([information(fit) for fit in (a, b)], ignore_index=True)
    out.insert(0, "model", ["A", "B"])
    out.insert(1, "formula", [fit.spec.lme4_formula() for fit in (a, b)])
    out.insert(4, "deviance", -2.0 * out["log_likelihood"])
    shares = [None if isinstance(f.data, FactorsData) else r_squared(f) for f in (a, b)]
    out["R2_marginal"] = [s.marginal if s else np.nan for s in shares]
    out["R2_conditional"] = [s.conditional if s else np.nan for s in shares]
    return out


def _test(a: MultilevelFit, b: MultilevelFit, nested: Nested) -> LikelihoodRatio | None:
    if nested.relation not in ("a_in_b", "b_in_a"):
        return None
    fits = {"A": a, "B": b}
    smaller, larger = ("A", "B") if nested.relation == "a_in_b" else ("B", "A")
    sizes = information(fits[smaller])["parameters"], information(fits[larger])["parameters"]
    df = int(sizes[1].iloc[0] - sizes[0].iloc[0])
    if df <= 0:
        return None
    fall = max(fits[smaller].criterion_value - fits[larger].criterion_value, 0.0)
    mixed = np.nan
    if nested.n_variances == 1:
        below = float(fall <= 0) if df == 1 else float(chdtrc(df - 1, fall))
        mixed = 0.5 * (below + float(chdtrc(df, fall)))
    p_value = float(chdtrc(df, fall))
    return LikelihoodRatio(smaller, larger, fall, df, p_value, nested.n_variances, mixed)


def _coefficients(a: MultilevelFit, b: MultilevelFit) -> pd.DataFrame:
    """Return the average coefficients of both, those of A first."""
    left = pd.DataFrame({"term": a.fixef_names, "A": a.fixef, "A_se": a.fixef_se})
    right = pd.DataFrame({"term": b.fixef_names, "B": b.fixef, "B_se": b.fixef_se})
    names = dict.fromkeys((*a.fixef_names, *b.fixef_names))
    out = pd.DataFrame({"term": list(names)})
    out = out.merge(left, on="term", how="left").merge(right, on="term", how="left")
    return out.assign(difference=out["B"] - out["A"])


def _variances(a: MultilevelFit, b: MultilevelFit) -> pd.DataFrame:
    """Return standard deviations and correlations of both, factor by factor."""
    parts = [_spreads(fit).rename("AB"[i]) for i, fit in enumerate((a, b))]
    out = pd.concat(parts, axis=1)
    last = out.index.get_level_values("what") == "residual"
    out = pd.concat([out[~last], out[last]])
    return out.reset_index()


def _spreads(fit: MultilevelFit) -> pd.Series:
    found: dict[tuple[str, str, str, str], float] = {}
    for each in fit.factors.values():
        names = each.varying_names
        for i, name in enumerate(names):
            found[each.label, "sd", name, ""] = float(each.sigma_group[i])
        if fit.spec.correlated:
            for i in range(len(names)):
                for j in range(i):
                    pair = (each.label, "correlation", names[j], names[i])
                    found[pair] = float(each.correlation[i, j])
    found["", "residual", "", ""] = fit.sigma_y
    index = pd.MultiIndex.from_tuples(list(found), names=["factor", "what", "term", "other"])
    return pd.Series(list(found.values()), index=index, dtype=np.float64)
