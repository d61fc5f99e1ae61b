"""Which standard error is too small with several factors, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from core.estimators.claims import Claim, ratio_of_errors
from core.explore.standard_errors.factors.numbers import cluster_df
from core.factors_results import FactorsFits
from core.figures.canvas import Heading
from core.figures.interval_panels import IntervalPanel, IntervalRow
from core.formats import listed, number
from core.tables.wording import INTERCEPT, Wording

#: Errors closer than this, as a ratio, are told as equal.
ALIKE = 1.15
#: Clusters below which cluster-robust errors err on the small side.
_FEW = 40


def intervals(fits: FactorsFits, errors: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Return every coefficient under every approach: estimate, error, t interval.

    Returns
    -------
    DataFrame
        ``term, approach, estimate, se, df, lower, upper``; rows without an error are left out.
    """
    whole, fit, df = fits.complete_pooling, fits.multilevel_or_none, cluster_df(fits)
    rows = []
    for i, record in enumerate(errors.to_dict("records")):
        approaches: list[tuple[str, float, float, float]] = [
            (
                "complete pooling",
                float(whole.coef[i]),
                float(record["complete_pooling"]),
                float(whole.df_residual),
            )
        ]
        for name in fits.data.spec.groups:
            se = float(record[f"clustered: {name}"])
            label = fits.data.spec.label_of(name)
            approaches.append((f"clustered by {label}", float(whole.coef[i]), se, df[name]))
        se = float(record["clustered"])
        approaches.append(("clustered by all of them", float(whole.coef[i]), se, df[""]))
        if fit is not None:
            found = (float(fit.fixef[i]), float(record["multilevel"]))
            approaches.append(("multilevel", *found, float(record["multilevel_df"])))
        for approach, estimate, se, degrees in approaches:
            if np.isfinite(se) and degrees > 0:
                reach = float(stdtrit(degrees, 0.5 + level / 2.0)) * se
                ends = (estimate - reach, estimate + reach)
                rows.append((record["term"], approach, estimate, se, degrees, *ends))
    columns = ["term", "approach", "estimate", "se", "df", "lower", "upper"]
    return pd.DataFrame(rows, columns=columns)


def claims(fits: FactorsFits, errors: pd.DataFrame) -> dict[str, Claim]:
    """Return, by coefficient, what the error robust to all factors says of the plain one.

    The multilevel model's error stands in where there is no robust one; degrees of freedom are
    those of the error that judges.
    """
    out = {}
    df = cluster_df(fits)[""]
    for record in errors.to_dict("records"):
        plain, robust = float(record["complete_pooling"]), float(record["clustered"])
        degrees = df
        if not robust > 0:
            robust, degrees = float(record["multilevel"]), float(record["multilevel_df"])
        if plain > 0 and robust > 0:
            out[str(record["term"])] = ratio_of_errors(robust / plain, degrees)
    return out


def title(fits: FactorsFits, errors: pd.DataFrame, wording: Wording) -> str:
    """Return the finding: which complete-pooling error is too small, and by how much."""
    rows = wording.individual.count(fits.data.n_obs)
    found = claims(fits, errors)
    sure = {t: c for t, c in found.items() if c.direction == "up" and c.estimate > ALIKE}
    others = {t: c for t, c in sure.items() if t != INTERCEPT} or sure
    if others:
        worst = max(others, key=lambda t: others[t].estimate)
        return (
            f"Taking {rows} as independent makes a standard error "
            f"{number(others[worst].estimate, 2)} times too small: that of "
            f"{term_label(worst, wording, fits)}"
        )
    if any(c.estimate > ALIKE for c in found.values()):
        counts = [
            f"{f.n_levels:,} {'level' if f.n_levels == 1 else 'levels'} of '{f.label}'"
            for f in fits.data.factors
        ]
        return (
            f"{listed(counts)} can hardly tell whether taking the {rows} as independent makes a "
            "standard error too small"
        )
    return (
        f"Taking the {rows} as independent is not seen to make a standard error too small here: "
        "clustered or not, the errors are about the same"
    )


def term_label(term: str, wording: Wording, fits: FactorsFits) -> str:
    """Return what a coefficient is called inside a sentence."""
    if term == INTERCEPT:
        return "the intercept" if len(fits.data.terms) > 1 else "the mean"
    return wording.in_sentence(term)


def sentences(fits: FactorsFits, errors: pd.DataFrame, wording: Wording) -> tuple[str, ...]:
    """Return one sentence per coefficient, and what few levels do to robust errors."""
    out = []
    found = claims(fits, errors)
    for record in errors.to_dict("records"):
        term = str(record["term"])
        if not np.isfinite(record["complete_pooling"]):
            out.append(f"'{term}' is a combination of other columns: no approach can estimate it.")
            continue
        parts = [f"complete pooling {number(float(record['complete_pooling']))}"]
        for name in fits.data.spec.groups:
            se = float(record[f"clustered: {name}"])
            if np.isfinite(se):
                parts.append(f"clustered by '{fits.data.spec.label_of(name)}' {number(se)}")
        if np.isfinite(record["clustered"]):
            parts.append(f"by all of them {number(float(record['clustered']))}")
        if np.isfinite(record["multilevel"]):
            parts.append(f"multilevel {number(float(record['multilevel']))}")
        name = term_label(term, wording, fits)
        start = f"{name[:1].upper()}{name[1:]}: {', '.join(parts)}."
        out.append(f"{start} {_verdict(found.get(term))}".strip())
    few = [f for f in fits.data.factors if f.n_levels < _FEW]
    if few:
        said = listed([f"{f.n_levels:,} levels of '{f.label}'" for f in few])
        out.append(
            f"With {said}, cluster-robust errors err on the small side; those of all factors "
            "together are read with the degrees of freedom of the factor with fewest levels."
        )
    return tuple(out)


def _verdict(claim: Claim | None) -> str:
    if claim is None:
        return ""
    ratio = number(claim.estimate, 2)
    if claim.direction == "up" and claim.estimate > ALIKE:
        return f"The complete-pooling error is {ratio} times too small."
    if claim.direction == "down" and claim.estimate < 1.0 / ALIKE:
        return f"The complete-pooling error is too large: the robust one is {ratio} times as large."
    if 1.0 / ALIKE <= claim.estimate <= ALIKE:
        return f"The robust error is about as large ({ratio} times)."
    return (
        f"The robust error is {ratio} times as large, but so few levels do not tell which of the "
        "two is nearer."
    )


def panels(
    fits: FactorsFits, table: pd.DataFrame, terms: tuple[str, ...], wording: Wording
) -> tuple[IntervalPanel, ...]:
    """Return the panels of the figure, one per coefficient."""
    unit = wording.column(fits.data.spec.outcome).unit
    out = []
    for term in terms:
        rows = []
        for r in table[table["term"] == term].to_dict("records"):
            is_model = r["approach"] == "multilevel"
            rows.append(
                IntervalRow(
                    str(r["approach"]),
                    "partial_pooling" if is_model else "complete_pooling",
                    float(r["estimate"]),
                    float(r["lower"]),
                    float(r["upper"]),
                    f"se {number(float(r['se']))}",
                )
            )
        per = "" if term == INTERCEPT else " per unit"
        axis = f"coefficient ({unit}{per})" if unit else "coefficient"
        name = term_label(term, wording, fits).removeprefix("the ")
        out.append(IntervalPanel(name[:1].upper() + name[1:], axis, tuple(rows), has_zero=True))
    return tuple(out)


def heading(said: str) -> Heading:
    """Return the heading of the figure."""
    return Heading(said, (), "Line: 95% t interval")


def alt(table: pd.DataFrame, said: str) -> str:
    """Return a description of the figure with its numbers."""
    parts = [f"{said}."]
    for term, rows in table.groupby("term", sort=False):
        told = "; ".join(
            f"{r['approach']} {number(r['lower'])} to {number(r['upper'])} (se {number(r['se'])})"
            for r in rows.to_dict("records")
        )
        parts.append(f"{term}: {told}.")
    return " ".join(parts)
