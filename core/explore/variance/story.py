"""Where the variance is, as tables for figures and as sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.estimators.claims import Claim
from core.estimators.inference import coefficient_names
from core.estimators.profile import profile
from core.explore.variance.numbers import PROFILE, IntraclassCorrelation, bound_sentence, icc
from core.explore.variance.posterior_ends import null_share, posterior_ends
from core.explore.variance.zero import moving_predictor, predictor_span
from core.formats import fixed, number, percent, trimmed, upper_first, with_interval
from core.posterior.posterior import Posterior
from core.posterior.story import zero_sentences
from core.posterior.uncertainty import source_label
from core.results import MultilevelFit, PoolingFits
from core.tables.wording import INTERCEPT, Wording

#: Groups times squared coefficients from which profiles take over a second.
_SLOW = 4_000


@dataclass(frozen=True, eq=False)
class VarianceStory:
    """What the screen about the variances shows.

    Attributes
    ----------
    parameters : DataFrame
        ``parameter, meaning, estimate, lower, upper``: sds, correlations, residual sd and
        average coefficients; the fit's estimate with its interval (NaN where only the
        estimates were asked for). With a posterior also its ``median``.
    correlation, without_predictors : IntraclassCorrelation or None
        Of the model and of the one without any predictor; None where no intercept varies,
        the second also where the model has no predictor.
    title, sentences, of_coefficients : str, tuple of str
        Plain text; the last about single variances and correlations.
    source : str
        Where the intervals come from: the profile likelihood, or a posterior.
    """

    parameters: pd.DataFrame
    correlation: IntraclassCorrelation | None
    without_predictors: IntraclassCorrelation | None
    title: str
    sentences: tuple[str, ...]
    of_coefficients: tuple[str, ...] = ()
    source: str = PROFILE

    @property
    def spread(self) -> pd.DataFrame:
        """The standard deviations among ``parameters``."""
        return self.parameters[self.parameters["meaning"].str.match(r"^sd ")]


def is_slow(fits: PoolingFits) -> bool:
    """Return whether profile intervals take so long that estimates should come first."""
    fit = fits.multilevel
    return fit.n_groups * len(fit.varying_names) ** 2 > _SLOW


def share_at(fit: MultilevelFit) -> float:
    """Return where the intraclass correlation is told: the mean of x, or 0.

    The mean where one numeric slope varies and may be correlated with the intercept.
    """
    if moving_predictor(fit) is None or not fit.spec.correlated:
        return 0.0
    return predictor_span(fit)[1]


def first_estimates(fits: PoolingFits, wording: Wording) -> VarianceStory:
    """Return the variances without intervals: what can be shown at once."""
    table = _parameters(fits, wording)
    table["lower"] = table["upper"] = np.nan
    return VarianceStory(table, None, None, "", ())


def variance_story(
    fits: PoolingFits,
    wording: Wording,
    level: float = 0.95,
    *,
    posterior: Posterior | None = None,
) -> VarianceStory:
    """Return the variances of a multilevel fit with intervals, in words and numbers.

    Intervals are the profile likelihood's, or those of a ``posterior`` of the same fits.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit = fits.multilevel
    table = _with_ends(fit, _parameters(fits, wording), level, posterior)
    share = null = None
    if fit.spec.varying_intercept:
        share = icc(fit, level, share_at(fit), posterior=posterior)
        if fit.data.base or fit.data.group_columns:
            null = null_share(fit, level, posterior)
    return VarianceStory(
        table,
        share,
        null,
        _title(fits, wording, share),
        _sentences(fits, wording, share, null),
        _of_coefficients(fits, table, wording, posterior),
        PROFILE if posterior is None else source_label(posterior),
    )


def _with_ends(
    fit: MultilevelFit, table: pd.DataFrame, level: float, posterior: Posterior | None
) -> pd.DataFrame:
    """Return the parameters that have an interval, with it."""
    if posterior is not None:
        table = pd.concat([table, posterior_ends(posterior, level)], axis=1)
        return table[table["lower"].notna()].reset_index(drop=True)
    found = profile(fit, level).intervals.set_index("name")
    table = table[table["parameter"].isin(found.index)].reset_index(drop=True)
    for end in ("lower", "upper"):
        table[end] = [float(found[end][name]) for name in table["parameter"]]
    return table


def _parameters(fits: PoolingFits, wording: Wording) -> pd.DataFrame:
    """Return every parameter of the fit: ``parameter, meaning, estimate``."""
    fit = fits.multilevel
    rows: list[tuple[str, str, float]] = []
    for name, sd in zip(fit.varying_names, fit.sigma_group, strict=True):
        what = f"sd between {wording.group.many}: {wording.term(name, fits.data)}"
        rows.append((f"sd_{name}", what, float(sd)))
    if fit.spec.correlated:
        for b, slope in enumerate(fit.varying_names):
            for a, other in enumerate(fit.varying_names[:b]):
                one, two = (wording.term(n, fits.data) for n in (other, slope))
                what = f"correlation of {one} and {two}"
                rows.append((f"cor_{slope}.{other}", what, float(fit.correlation[b, a])))
    inside = f"sd of {wording.individual.many} inside a {wording.group.one}"
    rows.append(("sigma_y", inside, fit.sigma_y))
    names = coefficient_names([row[0] for row in rows], fit.fixef_names)
    for name, term, value in zip(names, fit.fixef_names, fit.fixef, strict=True):
        what = f"average coefficient of {wording.name(term)}"
        if term == INTERCEPT:
            what = f"average {wording.term(term, fits.data)}"
        else:
            what += wording.where(term, fits.data)
        rows.append((name, what, float(value)))
    return pd.DataFrame(rows, columns=["parameter", "meaning", "estimate"])


def where(fits: PoolingFits, at: float, wording: Wording) -> str:
    """Return where the share is told, as an end of a phrase; '' where it is the same everywhere."""
    if not fits.spec.varying:
        return ""
    name = moving_predictor(fits.multilevel)
    if name is None:
        return " where the varying predictors are 0"
    if at == 0.0:
        return f" where {wording.in_sentence(name)} is 0"
    return f" at the mean {wording.in_sentence(name)} ({trimmed(at)})"


def _title(fits: PoolingFits, wording: Wording, share: IntraclassCorrelation | None) -> str:
    if share is None:
        sd = number(float(fits.multilevel.sigma_group[0]))
        return f"Between {wording.group.many} slopes have an estimated standard deviation of {sd}"
    span = f"{percent(share.lower)} to {percent(share.upper)}"
    place = where(fits, share.at, wording)
    lies = f"{percent(share.icc)} of the variance"
    start = f"{upper_first(place.strip())}, {lies}" if place else upper_first(lies)
    if share.source != PROFILE:
        return (
            f"{start} is estimated to lie between {wording.group.many}; with "
            f"{percent(share.level)} probability it is {span}"
        )
    return f"{start} lies between {wording.group.many}; the data allow {span}"


def _of_coefficients(
    fits: PoolingFits, table: pd.DataFrame, wording: Wording, posterior: Posterior | None
) -> tuple[str, ...]:
    """Return how large a variance at zero may still be, and the correlations."""
    bound = () if posterior else (bound_sentence(fits.multilevel),)
    out = [*filter(None, bound), *(zero_sentences(posterior, wording) if posterior else ())]
    for row in table[table["parameter"].str.startswith("sd_")].itertuples():
        found = Claim(float(row.estimate), float(row.lower), float(row.upper))  # type: ignore[arg-type]
        if found.estimate > 0 and not found.is_sure:
            what = str(row.meaning).removeprefix("sd between ").partition(": ")
            out.append(
                f"The interval of the sd of the {what[2]} starts at 0: the data do not rule out "
                f"that all {what[0]} have the same."
            )
    kind = "posterior" if posterior else "profile"
    for row in table[table["parameter"].str.startswith("cor_")].itertuples():
        estimate, lower, upper = float(row.estimate), float(row.lower), float(row.upper)  # type: ignore[arg-type]
        if np.isfinite(estimate):
            amount = with_interval(estimate, lower, upper, f"95% {kind} interval ")
            out.append(
                f"{str(row.meaning).replace('correlation', 'Correlation', 1)}: ρ = {amount}."
            )
    return tuple(out)


def _sentences(
    fits: PoolingFits,
    wording: Wording,
    share: IntraclassCorrelation | None,
    null: IntraclassCorrelation | None,
) -> tuple[str, ...]:
    fit = fits.multilevel
    out = []
    if share is not None:
        rows = f"{fit.n_obs:,} {wording.individual.many}"
        low, high = _few(share.effective_n_lower), _few(share.effective_n_upper)
        out.append(
            f"For a comparison of {wording.group.many}, {rows} are worth "
            f"{_few(share.effective_n)} independent ones ({low} to {high}): the design effect "
            f"is {number(share.design_effect)}. For one coefficient they may be worth more or "
            "less: Standard errors counts them for each."
        )
    if null is not None:
        out.append(
            f"Without any predictor, {percent(null.icc)} of the variance lies between "
            f"{wording.group.many} ({percent(null.lower)} to {percent(null.upper)})."
        )
    return tuple(out)


def _few(n: float) -> str:
    """Return an effective number of rows, a small one with a decimal."""
    return fixed(n, 1 if n < 9.95 else 0)


def in_words(table: pd.DataFrame) -> str:
    """Return the estimates of a table with their intervals, one after the other."""
    return "; ".join(
        f"{row.meaning} {with_interval(float(row.estimate), float(row.lower), float(row.upper))}"  # type: ignore[arg-type]
        for row in table.itertuples()
    )


def share_table(story: VarianceStory) -> pd.DataFrame:
    """Return the shares with intervals, design effects and effective sample sizes."""
    named = (
        ("without predictors (null model)", story.without_predictors),
        ("this model", story.correlation),
    )
    rows = [
        {
            "meaning": name,
            "estimate": share.icc,
            "lower": share.lower,
            "upper": share.upper,
            "at": share.at,
            "design effect": share.design_effect,
            "effective n": share.effective_n,
            "effective n, lower": share.effective_n_lower,
            "effective n, upper": share.effective_n_upper,
            "interval from": share.source,
        }
        for name, share in named
        if share is not None
    ]
    return pd.DataFrame(rows)
