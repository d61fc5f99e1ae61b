"""The posterior in plain words: what it changes, what zero means, and which prior speaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from core.formats import fixed, listed, number, percent, trimmed, upper_first
from core.posterior.posterior import Posterior
from core.posterior.sensitivity import WIDTH, Sensitivity
from core.posterior.theta.prior import KIND_NAMES, StatedPrior
from core.posterior.uncertainty import Uncertainty
from core.results import PoolingFits
from core.tables.wording import INTERCEPT, Wording, per_unit

#: Widths that differ by less than this share are the same to a reader.
A_FEW_PERCENT = 0.03
#: Correlations this near to +-1 are estimated at their end.
_AT_END = 1.0 - 1e-6
#: Medians or upper ends whose ratio over the priors is above this: the prior matters a little,
#: or much.
_A_LITTLE, _MUCH = 1.1, 1.4


@dataclass(frozen=True, eq=False)
class Widening:
    """Widths of the groups' posterior intervals over plug-in ones of the same level.

    Attributes
    ----------
    ratio : FloatArray, shape (J, k)
        NaN where a plug-in interval has no width.
    typical : float
        Their median.
    largest : float
    group : str
        Whose is the largest.
    """

    ratio: np.ndarray
    typical: float
    largest: float
    group: str


@dataclass(frozen=True, eq=False)
class PosteriorStory:
    """What a screen says of a posterior; plain text.

    Attributes
    ----------
    title : str
        The finding in one line.
    sentences : tuple of str
        What changes against plug-in intervals, what an estimate of zero (or a correlation of
        one) means, and what the few groups leave open.
    prior : str
        Which prior was used, its scale in the reader's units.
    widening : Widening
    differs : bool
        Whether the widths differ by more than a few per cent.
    default : Uncertainty
        Which of the two a screen should show first: the posterior where the widths differ by
        more than a few per cent, or where a variance is estimated at its end.
    """

    title: str
    sentences: tuple[str, ...]
    prior: str
    widening: Widening
    differs: bool
    default: Uncertainty


def posterior_story(made: Posterior, wording: Wording | None = None) -> PosteriorStory:
    """Return a posterior in words."""
    words = wording or Wording()
    wide = widening(made)
    at_end = (*zero_sentences(made, words), *_ends(made, words))
    sentences = (_widths(made, wide, words), *at_end, *_tails(made, words))
    differs = abs(wide.typical - 1.0) > A_FEW_PERCENT or wide.largest > 1.0 + 3 * A_FEW_PERCENT
    return PosteriorStory(
        title=_title(made, wide, words),
        sentences=sentences,
        prior=prior_sentence(made.fits, made.stated, words),
        widening=wide,
        differs=differs,
        default="posterior" if differs or at_end else "plug-in",
    )


def widening(made: Posterior) -> Widening:
    """Return how much wider the groups' posterior intervals are than plug-in ones."""
    fit = made.fits.multilevel
    reach = 2.0 * float(special.ndtri(0.5 + 0.5 * made.level))
    plug_in = reach * fit.line_se
    ratio = np.divide(
        made.line.width, plug_in, out=np.full_like(plug_in, np.nan), where=plug_in > 0
    )
    if not np.isfinite(ratio).any():
        return Widening(ratio, np.nan, np.nan, "")
    j = int(np.unravel_index(np.nanargmax(ratio), ratio.shape)[0])
    return Widening(ratio, float(np.nanmedian(ratio)), float(np.nanmax(ratio)), made.group_names[j])


def _change(ratio: float) -> str:
    """Return ``12% wider``, ``4% narrower`` or ``as wide``; multiples from twice on."""
    if ratio >= 2.0:
        return f"{trimmed(ratio, 2)} times as wide"
    if abs(ratio - 1.0) < 0.005:
        return "as wide"
    word = "wider" if ratio > 1.0 else "narrower"
    return f"{percent(abs(ratio - 1.0))} {word}"


def _title(made: Posterior, wide: Widening, words: Wording) -> str:
    many = words.group.many
    if not np.isfinite(wide.typical):
        return f"What the data say about the {many}, every spread between them weighed"
    if abs(wide.typical - 1.0) > A_FEW_PERCENT:
        return (
            f"Intervals of the {many} are typically {_change(wide.typical)} once it is in doubt "
            f"how much {many} differ"
        )
    if wide.largest <= 1.0 + 3 * A_FEW_PERCENT:
        return f"Intervals of the {many} hardly change when it is in doubt how much {many} differ"
    name = words.group_name(wide.group)
    return (
        f"Most intervals of the {many} hardly change when it is in doubt how much {many} differ; "
        f"for {name} one is {_change(wide.largest)}"
    )


def _widths(made: Posterior, wide: Widening, words: Wording) -> str:
    """Return how the intervals compare with those at the estimate."""
    if not np.isfinite(wide.typical):
        return "There are no plug-in intervals to compare with."
    text = (
        "Plug-in intervals take the estimated variances as known; the posterior weighs every "
        f"value they may have. Beside them its {percent(made.level)} intervals of the "
        f"{words.group.many} are typically {_change(wide.typical)}"
    )
    if wide.largest > wide.typical + A_FEW_PERCENT:
        name = words.group_name(wide.group)
        text += f", and at most {_change(wide.largest)} ({name})"
    return f"{text}."


def zero_sentences(made: Posterior, words: Wording) -> tuple[str, ...]:
    """Return, for every sd estimated as zero, why that is not knowledge of zero."""
    fits = made.fits
    out = []
    for a, name in enumerate(made.varying_names):
        if float(fits.multilevel.sigma_group[a]) > 0:
            continue
        what = words.term(name, fits.data)
        unit = _unit(name, fits, words)
        top = made.sigma_group.quantile(0.95, a)
        middle = float(made.sigma_group.median[a])
        out.append(
            f"The standard deviation between {words.group.many} ({what}) is estimated as zero: no "
            "other single value explains the data better. But that is not knowledge of zero: "
            f"under this prior it is as likely above {number(middle)}{unit} as below, and values "
            f"above {number(top)}{unit} keep a probability of 5%."
        )
    return tuple(out)


def _ends(made: Posterior, words: Wording) -> tuple[str, ...]:
    """Return, for every correlation estimated as +-1, what the posterior leaves of it."""
    R = made.fits.multilevel.correlation
    out = []
    for b, slope in enumerate(made.varying_names):
        for a, other in enumerate(made.varying_names[:b]):
            if not abs(float(R[b, a])) >= _AT_END:
                continue
            one, two = (words.term(n, made.fits.data) for n in (other, slope))
            low, high = float(made.correlation.lower[b, a]), float(made.correlation.upper[b, a])
            out.append(
                f"The correlation of {one} and {two} is estimated as {fixed(float(R[b, a]), 0)}, "
                f"the end of its range; the posterior puts {percent(made.level)} between "
                f"{fixed(low, 2)} and {fixed(high, 2)}."
            )
    return tuple(out)


def _tails(made: Posterior, words: Wording) -> tuple[str, ...]:
    """Return a word of caution where moments do not exist."""
    endless = ~np.isfinite(np.asarray(made.sigma_group.sd, dtype=np.float64))
    if not endless.any():
        return ()
    return (
        f"With {words.group.count(len(made.group_names))} and this prior the posterior of the "
        f"standard deviation between {words.group.many} has no finite variance: read its median "
        "and its interval, not its mean.",
    )


def _unit(name: str, fits: PoolingFits, words: Wording) -> str:
    """Return the unit of a coefficient with a space before it, or ''."""
    unit = words.column(fits.data.spec.outcome).unit
    is_slope = any(name == item.name and item.level < 0 for item in fits.data.base)
    if not is_slope or words.is_indicator(name):
        return f" {unit}" if unit else ""
    per = per_unit(words.column(name).unit) or f"unit of {words.in_sentence(name)}"
    return f" {unit} per {per}" if unit else f" per {per}"


def prior_sentence(fits: PoolingFits, stated: StatedPrior, words: Wording) -> str:
    """Return which prior is used, its scale in the units of the coefficients."""
    many = words.group.many
    if stated.is_flat:
        text = (
            f"Prior: every standard deviation between {many}, from zero up, counts the same (flat)."
        )
    else:
        scales = listed(
            f"{number(float(scale))}{_unit(name, fits, words)} ({words.term(name, fits.data)})"
            for name, scale in zip(fits.data.varying_names, stated.scale, strict=True)
        )
        text = f"Prior on the standard deviation between {many}: {_shape(stated)} {scales}."
    if len(fits.data.varying_names) > 1 and fits.spec.correlated:
        text += (
            " Correlations: all values count the same."
            if stated.eta == 1.0
            else f" Correlations: LKJ with shape {trimmed(stated.eta)}, which favours "
            + ("small ones." if stated.eta > 1.0 else "large ones.")
        )
    if stated.at_mean:
        slopes = [n for n in fits.data.varying_names if n != INTERCEPT]
        names = listed(words.in_sentence(n) for n in slopes)
        text += (
            f" Intercepts are taken at the mean of {names}, not at 0, which lies outside the data."
            if stated.prior.at == "auto"
            else f" Intercepts are taken at the mean of {names}."
        )
    return text


def _shape(stated: StatedPrior) -> str:
    """Return the family and what its scale means, up to the scale itself."""
    if stated.kind == "gamma":
        return (
            "boundary-avoiding (gamma of shape 2), zero at zero and highest at a standard "
            "deviation of"
        )
    share = 0.5 if stated.kind == "half_normal" else 0.0
    if share:
        inside = 2.0 * float(special.ndtr(1.0)) - 1.0
        return f"half-normal, with {percent(inside)} of it below the scale of"
    inside = 2.0 * float(special.stdtr(stated.df, 1.0)) - 1.0
    return (
        f"half-t with {trimmed(stated.df)} degrees of freedom, with {percent(inside)} of it below "
        "the scale of"
    )


def sensitivity_title(found: Sensitivity, wording: Wording | None = None) -> str:
    """Return in one line whether the data or the prior say how much groups differ."""
    words = wording or Wording()
    many = words.group.many
    made = next(iter(found.posteriors.values()))
    if len(found.posteriors) < 2:
        return f"One prior alone says how much {many} differ: under the others there is no answer"
    ratio = _prior_ratio(found)
    how_many = words.group.count(len(made.group_names))
    if ratio > _MUCH:
        return f"The prior matters: {how_many} cannot rule out what it allows"
    if ratio > _A_LITTLE:
        return f"The prior matters a little for how much {many} differ"
    return f"The data, not the prior, say how much {many} differ"


def _prior_ratio(found: Sensitivity) -> float:
    """Return the largest ratio, over the priors, of an sd's medians or upper ends."""
    made, out = next(iter(found.posteriors.values())), 1.0
    for name in made.varying_names:
        upper = found.table.loc[found.table["parameter"] == f"sd_{name}", "upper"]
        low, high = found.spread(f"sd_{name}")
        out = max(out, float(upper.max() / upper.min()), high / low)
    return out


def sensitivity_sentence(found: Sensitivity, wording: Wording | None = None) -> str:
    """Return how much the answer depends on the prior, in words."""
    words = wording or Wording()
    made = next(iter(found.posteriors.values()))
    if len(found.posteriors) < 2:
        return "There is only one prior under which these data give a posterior."
    names = listed(KIND_NAMES[kind] for kind in found.posteriors)
    parts, ratio = [], _prior_ratio(found)
    for name in made.varying_names:
        rows = found.table[found.table["parameter"] == f"sd_{name}"]
        low, high = found.spread(f"sd_{name}")
        top = (float(rows["upper"].min()), float(rows["upper"].max()))
        what = words.term(name, made.fits.data)
        parts.append(
            f"the standard deviation between {words.group.many} ({what}) has a median of "
            f"{_range(low, high)} and an interval that ends at {_range(*top)}"
        )
    least, most = found.spread(WIDTH)
    how_many = words.group.count(len(made.group_names))
    verdict = " The data, not the prior, decide."
    if ratio > _MUCH:
        verdict = f" The prior matters here: {how_many} cannot rule out what it allows."
    elif ratio > _A_LITTLE:
        verdict = " The prior matters a little."
    change = _change(most / least) if most > 1.005 * least else "the same"
    groups = (
        f" Intervals of the {words.group.many} are {change} under every prior."
        if change == "the same"
        else f" Intervals of the {words.group.many} are up to {change} under one prior than "
        "under another."
    )
    return f"Under {names} priors {listed(parts)}.{verdict}{groups}"


def _range(low: float, high: float) -> str:
    """Return ``0.31 to 0.34``, or one number where they are the same."""
    first, last = number(low), number(high)
    return first if first == last else f"{first} to {last}"


def comparison_sentence(
    plug_in: tuple[float, float], posterior: tuple[float, float], name: str
) -> str:
    """Return how one interval changes when the variances are in doubt.

    Parameters
    ----------
    plug_in, posterior : (float, float)
        Lower and upper end.
    name : str
        What the interval is of, as a sentence begins with it.
    """
    before, after = plug_in[1] - plug_in[0], posterior[1] - posterior[0]
    if not before > 0:
        return f"{upper_first(name)} has no plug-in interval to compare with."
    return (
        f"{upper_first(name)}: {number(posterior[0])} to {number(posterior[1])}, "
        f"{_change(after / before)} than with the variances taken as known."
        if abs(after / before - 1.0) >= 0.005 and after / before < 2.0
        else f"{upper_first(name)}: {number(posterior[0])} to {number(posterior[1])}, "
        f"{_change(after / before)} as with the variances taken as known."
    )
