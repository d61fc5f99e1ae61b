"""What is said of two models side by side: the verdict, what changed, and every number as text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.estimators.claims import Claim
from core.explore.compare.comparison import Comparison, LikelihoodRatio
from core.explore.compare.predicted_difference import PredictedDifference
from core.explore.compare.spec_changes import changes
from core.formats import decimals_for, fixed, number, percent
from core.tables.wording import INTERCEPT, Wording

#: Below this a p value counts as a finding, and a difference of AIC as none.
_SURE, _HARDLY = 0.05, 2.0
#: A difference of levels below this share of their spread is none to speak of.
_STAYS = 0.01


@dataclass(frozen=True, eq=False)
class ComparisonStory:
    """What the screen shows; plain text.

    Attributes
    ----------
    title : str
        What the likelihoods say.
    sentences : tuple of str
        What changed, how the test is to be read, and what happens to the groups.
    fit, coefficients, variances : DataFrame
        ``what, A, B, B − A`` as text.
    picture_title, picture_alt : str
        Of the figure of the groups; '' where there is none.
    """

    title: str
    sentences: tuple[str, ...]
    fit: pd.DataFrame
    coefficients: pd.DataFrame
    variances: pd.DataFrame
    picture_title: str
    picture_alt: str


def comparison_story(found: Comparison, wording: Wording) -> ComparisonStory:
    """Return the sentences and tables of a comparison."""
    picture = _picture_title(found, wording)
    said = [_changed(found, wording), _boundary(found.test), _criteria(found), _refitted(found)]
    said.append(_pooled(found, wording))
    return ComparisonStory(
        title=_title(found),
        sentences=tuple(filter(None, said)),
        fit=_fit_table(found),
        coefficients=_coefficient_table(found, wording),
        variances=_variance_table(found, wording),
        picture_title=picture,
        picture_alt=_picture_alt(found, picture, wording),
    )


def _title(found: Comparison) -> str:
    test = found.test
    if found.nested.relation == "same":
        is_other = found.a.criterion != found.b.criterion
        return f"A and B are the same model, {'estimated' if is_other else 'written'} differently"
    if test is None:
        gap = found.aic_difference
        if abs(gap) < _HARDLY:
            return f"AIC hardly tells A and B apart: {fixed(abs(gap), 1)} between them"
        return f"AIC prefers {'B' if gap < 0 else 'A'} by {number(abs(gap))}"
    tested = f"χ² = {fixed(test.statistic, 2)} on {test.df}, {p_words(test)}"
    if test.p < _SURE:
        more = f"what it adds to {test.smaller} is more than chance"
        return f"The data speak for {test.larger}: {more} ({tested})"
    return f"What {test.larger} adds to {test.smaller} could be chance ({tested})"


def p_words(test: LikelihoodRatio) -> str:
    """Return ``p = 0.012``, ``p < 0.001``, or ``p at most 0.08`` where the test is conservative."""
    is_bound = np.isnan(test.p_boundary) and test.n_variances > 1
    if test.p < 0.001:
        return "p < 0.001"
    digits = 3 if test.p < 0.0995 else 2
    return f"p {'at most' if is_bound else '='} {fixed(test.p, digits)}"


def _changed(found: Comparison, wording: Wording) -> str:
    said = changes(found, wording)
    return f"From A to B: {'; '.join(said)}." if said else ""


def _boundary(test: LikelihoodRatio | None) -> str:
    """Return how the test is to be read where it is of a variance; '' elsewhere."""
    if test is None or not test.n_variances:
        return ""
    if test.n_variances == 1:
        below = "0 (a point)" if test.df == 1 else str(test.df - 1)
        plain = fixed(test.p_value, 3) if test.p_value >= 0.001 else "below 0.001"
        return (
            "The test sets a variance to zero, below which it cannot be. The plain p value of R's "
            f"anova ({plain}) is then too large, conservative; the one above is of the even "
            f"mixture of χ² with {below} and {test.df} degrees of freedom."
        )
    return (
        f"The test sets {test.n_variances} variances to zero, below which they cannot be: the p "
        "value is too large, conservative."
    )


def _criteria(found: Comparison) -> str:
    """Return where AIC and BIC disagree, or why there is no test."""
    aic, bic = found.aic_difference, found.bic_difference
    if found.nested.relation == "not_nested":
        return (
            "Neither model is a special case of the other, so there is no likelihood-ratio test; "
            f"BIC prefers {'B' if bic < 0 else 'A'} by {number(abs(bic))}."
        )
    if aic * bic < 0 and min(abs(aic), abs(bic)) > 1e-9:
        one, other = ("B", "A") if aic < 0 else ("A", "B")
        return (
            f"AIC prefers {one} (by {number(abs(aic))}), BIC, which asks more of every parameter, "
            f"{other} (by {number(abs(bic))})."
        )
    return ""


def _refitted(found: Comparison) -> str:
    if not found.is_refitted:
        return ""
    return (
        "Likelihoods, AIC and BIC are by ML: what was estimated by REML was fitted again for them. "
        "Coefficients, variances and groups are as estimated on the other screens."
    )


def _pooled(found: Comparison, wording: Wording) -> str:
    """Return how far both pull the groups, for the first coefficient that varies in both."""
    groups = found.groups
    term = next((c[3:] for c in groups.columns if c.startswith("A: ")), None)
    if term is None:
        return ""
    shares = [percent(float(groups[f"{model} pooling: {term}"].mean())) for model in "AB"]
    what = "their intercepts" if term == INTERCEPT else f"the slopes of {_named(term, wording)}"
    many = wording.group.many
    if shares[0] == shares[1]:
        return f"Both pool {what} by {shares[0]} on average over the {many}."
    return f"Averaged over the {many}, A pools {what} by {shares[0]}, B by {shares[1]}."


def _named(term: str, wording: Wording) -> str:
    return "intercept" if term == INTERCEPT else wording.name(term)


def _fit_table(found: Comparison) -> pd.DataFrame:
    """Return parameters, deviance, AIC, BIC and R squared, and how B differs."""
    info = found.information
    rows = []
    for name, column in (("−2 log likelihood (ML)", "deviance"), ("AIC", "AIC"), ("BIC", "BIC")):
        rows.append((name, *(fixed(float(v), 2) for v in info[column]), _gap(info[column], 2)))
    rows.insert(0, ("parameters", *map(str, info["parameters"]), _gap(info["parameters"], 0)))
    for name, column in (
        ("R², average coefficients alone", "R2_marginal"),
        ("R², with the groups", "R2_conditional"),
    ):
        if info[column].notna().all():
            rows.append((name, *(fixed(float(v), 3) for v in info[column]), _gap(info[column], 3)))
    return _framed(rows)


def _gap(values: pd.Series, decimals: int) -> str:
    return _signed(float(values.iloc[1] - values.iloc[0]), decimals)


def _signed(value: float, decimals: int) -> str:
    text = fixed(value, decimals)
    return f"+{text}" if value > 0 and any(c in "123456789" for c in text) else text


def _framed(rows: list[tuple[str, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["what", "A", "B", "B − A"])


def _coefficient_table(found: Comparison, wording: Wording) -> pd.DataFrame:
    rows = []
    for line in found.coefficients.to_dict("records"):
        each = [line[f"{m}_se"] for m in "AB" if np.isfinite(line[f"{m}_se"])]
        decimals = decimals_for([0.0, *each], digits=2) if each else 2
        cells = [
            f"{fixed(line[m], decimals)} ± {fixed(line[f'{m}_se'], decimals)}"
            if np.isfinite(line[m])
            else "–"
            for m in "AB"
        ]
        gap = _signed(line["difference"], decimals) if np.isfinite(line["difference"]) else "–"
        rows.append((_named(str(line["term"]), wording), *cells, gap))
    return _framed(rows)


def _variance_table(found: Comparison, wording: Wording) -> pd.DataFrame:
    rows = []
    n_factors = found.variances["factor"].replace("", np.nan).nunique()
    for line in found.variances.to_dict("records"):
        term, other = (_named(str(line[name]), wording) for name in ("term", "other"))
        of = f"{line['factor']}: " if n_factors > 1 and line["factor"] else ""
        what = {
            "sd": f"{of}sd of the {wording.group.many if not of else 'groups'}, {term}",
            "correlation": f"{of}correlation of {term} and {other}",
            "residual": "residual sd",
        }[str(line["what"])]
        known = [line[m] for m in "AB" if np.isfinite(line[m])]
        decimals = decimals_for([0.0, *known], digits=3) if known else 2
        cells = [fixed(line[m], decimals) for m in "AB"]
        has_both = len(known) == 2
        rows.append((what, *cells, _signed(line["B"] - line["A"], decimals) if has_both else "–"))
    return _framed(rows)


def _largest_move(found: Comparison) -> int | None:
    """Return the group whose level differs most; None where none does."""
    size = found.groups["difference"].abs().to_numpy(dtype=np.float64)
    spread = float(np.ptp(found.groups[["A", "B"]].to_numpy(dtype=np.float64))) if len(size) else 0
    return int(np.argmax(size)) if len(size) and size.max() > _STAYS * spread else None


def _picture_title(found: Comparison, wording: Wording) -> str:
    if not found.factor:
        return ""
    j = _largest_move(found)
    if j is None:
        return f"A and B expect next to the same of the {wording.group.many}"
    line = found.groups.iloc[j]
    decimals = decimals_for(found.groups["B"], digits=3, most=4)
    size = wording.individual.count(int(line["n"]))
    ends = f"from {fixed(line['A'], decimals)} to {fixed(line['B'], decimals)}"
    return f"{wording.group_name(str(line['group']), begins=True)} ({size}) changes most, {ends}"


def _picture_alt(found: Comparison, title: str, wording: Wording) -> str:
    if not title:
        return ""
    groups = found.groups
    decimals = decimals_for(groups["B"], digits=3, most=4)
    spans = [
        f"{m} from {fixed(groups[m].min(), decimals)} to {fixed(groups[m].max(), decimals)}"
        for m in "AB"
    ]
    return (
        f"{title}. Shown: what both models expect of {wording.group.count(len(groups))} where all "
        f"predictors are average, A across and B upwards: {', '.join(spans)}. Largest difference "
        f"{fixed(float(groups['difference'].abs().max()), decimals)}."
    )


def predicted_sentence(found: PredictedDifference, wording: Wording) -> str:
    """Return which model predicts better, by its interval, as a sentence."""
    who = f"new {wording.individual.many}"
    if found.hold_out == "groups":
        who = f"{wording.individual.many} of new {wording.group.many}"
    claim = found.rmse
    gap = _decimals(claim)
    ends = sorted((claim.lower, claim.upper), key=abs)
    if claim.is_sure:
        is_b = claim.direction == "down"
        amount = f"{fixed(abs(claim.estimate), gap)} {'smaller' if is_b else 'larger'}"
        span = " to ".join(fixed(abs(end), gap) for end in ends)
        return f"{'B' if is_b else 'A'} predicts {who} better: the error of B is {amount} ({span})."
    if not np.isfinite(claim.lower):
        return f"Which of the two predicts {who} better cannot be told from these groups."
    return (
        f"Which of the two predicts {who} better the data do not tell: the error of B differs from "
        f"that of A by {_signed(claim.estimate, gap)} ({_signed(claim.lower, gap)} to "
        f"{_signed(claim.upper, gap)})."
    )


def predicted_table(found: PredictedDifference) -> pd.DataFrame:
    """Return errors and log scores of held-out rows, with the interval of the difference."""
    return _framed(
        [
            _predicted_row("error (RMSE)", found.rmse_a, found.rmse_b, found.rmse),
            _predicted_row("log score", found.log_score_a, found.log_score_b, found.log_score),
        ]
    )


def _predicted_row(name: str, a: float, b: float, claim: Claim) -> tuple[str, ...]:
    gap = _decimals(claim)
    ends = f"{_signed(claim.lower, gap)} to {_signed(claim.upper, gap)}"
    shown = max(gap, decimals_for([a, b, 0.0], digits=3))
    return name, fixed(a, shown), fixed(b, shown), f"{_signed(claim.estimate, gap)} ({ends})"


def _decimals(claim: Claim) -> int:
    """Return decimals for a difference with its ends: as many as show that an end is not 0."""
    gap = decimals_for([0.0, claim.lower, claim.upper, claim.estimate], digits=2)
    nearest = min(abs(claim.lower), abs(claim.upper))
    while claim.is_sure and 0 <= gap < 6 and round(nearest, gap) == 0:
        gap += 1
    return gap
