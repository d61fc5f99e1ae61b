"""Where the variance is, as a table for a figure and as sentences."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.explore.profile import profile
from core.explore.variance import IntraclassCorrelation, bound_sentence, icc, null_model
from core.explore.wording import Wording
from core.formats import number, percent
from core.results import PoolingFits


@dataclass(frozen=True, eq=False)
class VarianceStory:
    """What the screen about the variances shows.

    Attributes
    ----------
    parameters : DataFrame
        ``parameter, meaning, estimate, lower, upper``: sds, correlations, residual sd and
        average coefficients; the fit's estimate with its profile interval.
    correlation : IntraclassCorrelation or None
        None where no intercept varies.
    title, sentences : str, tuple of str
        Plain text.
    """

    parameters: pd.DataFrame
    correlation: IntraclassCorrelation | None
    title: str
    sentences: tuple[str, ...]


def variance_story(fits: PoolingFits, wording: Wording, level: float = 0.95) -> VarianceStory:
    """Return the variances of a multilevel fit with profile intervals, in words and numbers.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit = fits.multilevel
    found = profile(fit, level).intervals.set_index("name")
    rows: list[tuple[str, str, float]] = []
    for name, sd in zip(fit.varying_names, fit.sigma_group, strict=True):
        what = f"sd between {wording.group.many}: {wording.term(name, fits.data)}"
        rows.append((f"sd_{name}", what, float(sd)))
    if fit.spec.correlated:
        for b, slope in enumerate(fit.varying_names):
            for a, other in enumerate(fit.varying_names[:b]):
                rows.append(
                    (
                        f"cor_{slope}.{other}",
                        f"correlation of {slope} and {other}",
                        float(fit.correlation[b, a]),
                    )
                )
    inside = f"sd of {wording.individual.many} inside a {wording.group.one}"
    rows.append(("sigma_y", inside, fit.sigma_y))
    for name, value in zip(fit.fixef_names, fit.fixef, strict=True):
        if name in found.index:
            rows.append((name, f"average coefficient of {name}", float(value)))
    table = pd.DataFrame(rows, columns=["parameter", "meaning", "estimate"])
    table["lower"] = [float(found["lower"][name]) for name in table["parameter"]]
    table["upper"] = [float(found["upper"][name]) for name in table["parameter"]]
    share = icc(fit, level) if fit.spec.varying_intercept else None
    return VarianceStory(
        table, share, _title(fits, wording, share), _sentences(fits, wording, share)
    )


def _title(fits: PoolingFits, wording: Wording, share: IntraclassCorrelation | None) -> str:
    if share is None:
        sd = number(float(fits.multilevel.sigma_group[0]))
        return f"Slopes differ between {wording.group.many} with a standard deviation of {sd}"
    where = " where the varying predictors are 0" if fits.spec.varying else ""
    return (
        f"Between {wording.group.many} lies {percent(share.icc)} of the variance{where}; the data "
        f"allow {percent(share.lower)} to {percent(share.upper)}"
    )


def _sentences(
    fits: PoolingFits, wording: Wording, share: IntraclassCorrelation | None
) -> tuple[str, ...]:
    fit = fits.multilevel
    out = []
    bound = bound_sentence(fit)
    if bound:
        out.append(bound)
    if share is not None:
        rows = f"{fit.n_obs:,} {wording.individual.many}"
        low, high = f"{share.effective_n_lower:,.0f}", f"{share.effective_n_upper:,.0f}"
        out.append(
            f"For a comparison of {wording.group.many}, {rows} are worth "
            f"{share.effective_n:,.0f} independent ones ({low} to {high}): the design effect "
            f"is {number(share.design_effect)}."
        )
        if fit.data.base or fit.data.group_columns:
            out.append(
                f"Without any predictor, {percent(null_model(fit).icc)} of the variance lies "
                f"between {wording.group.many}."
            )
    return tuple(out)
