"""What the checks of a model say, in words with the reader's own numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.estimators.factors.view import FactorView
from core.explore.checks.influence import Influence
from core.explore.checks.numbers import CheckedCurve
from core.explore.checks.reference import Reference
from core.explore.checks.spread import Spread
from core.formats import fixed, listed, number, percent
from core.results import PoolingFits
from core.tables.wording import INTERCEPT, Wording

#: A parameter that one group moves by more standard errors than this hangs on that group.
DECISIVE = 1.0
#: A count of groups outside their bands less likely than this is more than chance; the other
#: half of 5% is for the most extreme group.
UNLIKELY = 0.025
#: A change by less than this share of a parameter is rounding.
_STAYS = 1e-9


@dataclass(frozen=True, eq=False)
class CheckStory:
    """What one check shows.

    Attributes
    ----------
    title : str
        The finding, plain text.
    note : str
        How it was made, plain text.
    is_off : bool
        Whether something is off, so that advice is due.
    """

    title: str
    note: str
    is_off: bool


def how_made(found: Reference, level: float = 0.95) -> str:
    """Return how the band was made, and from which rows."""
    again = "each fitted again like yours" if found.is_refitted else "the parameters held at yours"
    part = ""
    if found.is_sample:
        part = (
            f" Looked at: {len(found.rows):,} of {found.n_obs:,} rows, those of whole groups "
            "drawn at random."
        )
    return (
        f"Band: {percent(level)} of {len(found.simulated):,} data sets drawn from the model, "
        f"{again}, lie in it from end to end.{part}"
    )


def _chance(curve: CheckedCurve) -> str:
    """Return how often the model itself strays as far."""
    total = curve.band.n_simulated
    count = round(curve.band.p_value * (total + 1)) - 1
    if count == 0:
        return f"none of {total:,} simulated data sets strays as far"
    return f"{count:,} of {total:,} simulated data sets stray as far"


def _worst(curve: CheckedCurve) -> int:
    """Return the point farthest outside the band, in widths of the band."""
    band = curve.band
    width = np.maximum(band.upper - band.lower, 1e-300)
    beyond = np.maximum(band.observed - band.upper, band.lower - band.observed) / width
    return int(np.nanargmax(np.where(np.isfinite(beyond), beyond, -np.inf)))


def residual_story(curve: CheckedCurve, found: Reference) -> CheckStory:
    """Return whether the residuals are distributed as the model makes them."""
    band, note = curve.band, how_made(found)
    if band.is_inside:
        low, high = fixed(float(band.observed[0]), 1), fixed(float(band.observed[-1]), 1)
        return CheckStory(
            f"Residuals are spread as the model makes them, from {low} to {high} residual sds: "
            f"the whole curve lies in the band ({_chance(curve)})",
            note,
            is_off=False,
        )
    i, m = _worst(curve), len(curve.x)
    place = "lowest" if i < m / 4 else "highest" if i >= 3 * m / 4 else "middle"
    return CheckStory(
        f"The {place} residuals stray from the model: {fixed(float(band.observed[i]), 2)} residual "
        f"sds where it makes {fixed(float(band.lower[i]), 2)} to "
        f"{fixed(float(band.upper[i]), 2)} ({_chance(curve)})",
        note,
        is_off=True,
    )


def fitted_story(curve: CheckedCurve, found: Reference) -> CheckStory:
    """Return whether the residuals go along the fitted values as shrinkage makes them."""
    note = how_made(found)
    slope, low, high = (number(v, 2) for v in (curve.slope, curve.slope_lower, curve.slope_upper))
    if curve.band.is_inside:
        return CheckStory(
            f"Along the fitted values the residuals have slope {slope}, where shrinkage alone "
            f"makes {low} to {high}: no misfit is seen",
            note,
            is_off=False,
        )
    return CheckStory(f"Along the fitted values {_bins_outside(curve)}", note, is_off=True)


def along_story(curve: CheckedCurve, found: Reference, name: str) -> CheckStory:
    """Return whether something is left over along a predictor."""
    note = how_made(found)
    if curve.band.is_inside:
        reach = float(np.nanmax(np.abs(curve.band.observed - curve.band.centre)))
        return CheckStory(
            f"Along {name} nothing is seen to be left over: its {len(curve.x)} means differ from "
            f"what the model makes by {number(reach, 2)} sds at most ({_chance(curve)})",
            note,
            is_off=False,
        )
    return CheckStory(f"Along {name} {_bins_outside(curve)}", note, is_off=True)


def _bins_outside(curve: CheckedCurve) -> str:
    band, i = curve.band, _worst(curve)
    where = number(float(curve.x[i]))
    count = int(band.outside.sum())
    leave = "leave" if count > 1 else "leaves"
    return (
        f"{count} of {len(curve.x)} means {leave} the band: at {where} it is "
        f"{fixed(float(band.observed[i]), 2)} sds, where the model makes "
        f"{fixed(float(band.lower[i]), 2)} to {fixed(float(band.upper[i]), 2)} ({_chance(curve)})"
    )


def effect_story(
    fits: PoolingFits, curve: CheckedCurve, found: Reference, k: int, wording: Wording
) -> CheckStory:
    """Return whether the group effects are normal, and which groups stand farthest out."""
    z = found.deviation[:, k]
    names = fits.data.group_names
    order = np.argsort(-np.nan_to_num(np.abs(z)), kind="stable")[:2]
    far = listed(f"{wording.group_name(names[j])} ({fixed(float(z[j]), 1)})" for j in order)
    term = wording.term(fits.data.varying_names[k], fits.data)
    note = how_made(found)
    if not found.is_refitted:
        note = (
            f"Band: {percent(curve.band.level)} of {curve.band.n_simulated:,} normal samples of as "
            "many groups lie in it from end to end."
        )
    if curve.band.is_inside:
        return CheckStory(
            f"The {wording.group.one} deviations of the {term} are spread as the model makes them "
            f"({_chance(curve)}); farthest out: {far}, in sds of such deviations",
            note,
            is_off=False,
        )
    return CheckStory(
        f"The {wording.group.one} deviations of the {term} are not spread as the model makes them "
        f"({_chance(curve)}); farthest out: {far}, in sds of such deviations",
        note,
        is_off=True,
    )


def spread_story(found: Spread, wording: Wording) -> CheckStory:
    """Return whether the groups scatter alike."""
    groups, table = wording.group, found.table
    note = (
        f"Scatter of {wording.individual.many} about the line of their own {groups.one}, which "
        "owes nothing to shrinkage. Band: what chance allows each by itself with 95%."
    )
    if not found.n_groups:
        return CheckStory(
            f"No {groups.one} has more {wording.individual.many} than its line needs, so none has "
            "a spread of its own",
            note,
            is_off=False,
        )
    count, n = int(table["is_outside"].sum()), found.n_groups
    expected = fixed((1.0 - found.level) * n, 0 if n >= 20 else 1)
    is_off = found.p_count < UNLIKELY or bool(table["is_beyond"].any())
    lie = "lies" if count == 1 else "lie"
    title = (
        f"{count:,} of {n:,} {groups.many} {lie} outside their own band ({expected} expected by "
        f"chance)"
    )
    if is_off and count:
        ratio = np.abs(np.log(np.maximum(table["sd"].to_numpy(float), 1e-300) / found.sd))
        beyond = table["is_beyond"].to_numpy(bool)
        worst = beyond if beyond.any() else table["is_outside"].to_numpy(bool)
        row = table.iloc[int(np.argmax(np.where(worst, ratio, -1.0)))]
        title = (
            f"The spread inside {groups.many} is uneven: {title}; farthest: "
            f"{wording.group_name(str(row['group']))} with {number(float(row['sd']))} instead of "
            f"{number(found.sd)}"
        )
    else:
        even = f"The spread inside {groups.many}, {number(found.sd)}, is not seen to be uneven"
        title = f"{even}: {title}"
    return CheckStory(title, note, is_off=is_off)


def parameter_words(name: str, fits: PoolingFits, wording: Wording) -> str:
    """Return what a parameter is called in a sentence."""
    if isinstance(fits, FactorView):
        return _factor_parameter(name, fits, wording)
    if name == "sigma_y":
        return f"the sd of {wording.individual.many} inside a {wording.group.one}"
    if name.startswith("sd_") and name[3:] in fits.data.varying_names:
        return f"the {wording.group.one} sd of the {wording.term(name[3:], fits.data)}"
    if name == INTERCEPT:
        return f"the average {wording.term(name, fits.data)}"
    return f"the average coefficient of {wording.in_sentence(name.removesuffix(' (coefficient)'))}"


def _factor_parameter(name: str, view: FactorView, wording: Wording) -> str:
    """Return what a parameter of a model with several factors is called."""
    data = view.whole.data
    if name == "sigma_y":
        return f"the residual sd of {wording.individual.many}"
    for factor in data.factors:
        for base in factor.varying:
            term = INTERCEPT if base == 0 else data.base[base - 1].name
            if name == f"sd_{term}|{factor.name}":
                what = "means" if not data.spec.predictors else "intercepts"
                what = what if base == 0 else f"slopes of {wording.in_sentence(term)}"
                return f"the sd of {what} between levels of '{factor.label}'"
    if name == INTERCEPT:
        return "the average intercept" if data.spec.predictors else "the overall mean"
    return f"the average coefficient of {wording.in_sentence(name.removesuffix(' (coefficient)'))}"


def influence_story(found: Influence, name: str, fits: PoolingFits, wording: Wording) -> CheckStory:
    """Return which group a parameter hangs on most, and whether one group decides it."""
    table = found.table(name)
    what = parameter_words(name, fits, wording)
    lost = int(table["change"].isna().sum())
    note = _refit_note(found)
    known = table[table["change"].notna()]
    if known.empty:
        title = f"Without any one {wording.group.one} {what} cannot be estimated"
        return CheckStory(title, note, is_off=True)
    if not (known["change"].abs() > _STAYS * abs(float(found.estimate[name]))).any():
        stays = number(float(found.estimate[name]))
        title = f"No {wording.group.one} moves {what}: it stays {stays} without any of them"
        return CheckStory(title, note, is_off=lost > 0)
    row = known.iloc[0]
    full, without = float(found.estimate[name]), float(row["without"])
    group = wording.group_name(str(row["group"]))
    who = f"{group} ({wording.individual.count(int(row['n']))})"
    in_se = abs(float(row["change_in_se"]))
    is_off = bool(in_se > DECISIVE) or lost > 0
    errors = f" ({number(in_se, 2)} standard errors)" if np.isfinite(in_se) else ""
    does = f"matters most for {what}"
    if name.startswith("sd_") and 0 < without < full:
        does = f"alone holds {percent(1.0 - without / full)} of {what}"
    title = f"{who} {does}: without it {number(without)} instead of {number(full)}{errors}"
    if lost:
        title += f"; without {lost:,} of the {wording.group.many} it cannot be estimated"
    if group.startswith(wording.group.one):
        title = title[:1].upper() + title[1:]
    return CheckStory(title, note, is_off=is_off)


def _refit_note(found: Influence) -> str:
    exact, n = int(found.is_exact.sum()), len(found.is_exact)
    if exact == n:
        return "Every group was left out in turn and the model fitted again to the others."
    return (
        f"The model was fitted again without each of the {exact:,} groups that matter most; for "
        f"the other {n - exact:,} the change is worked out to first order, which for those "
        f"fitted again was off by {number(found.error, 2)} standard errors at most."
    )


def curve_alt(curve: CheckedCurve, title: str) -> str:
    """Return a description of a curve in its band, with the numbers of its ends and middle."""
    m = len(curve.x)
    told = []
    for i in dict.fromkeys((0, m // 2, m - 1)):
        where = number(float(curve.x[i]))
        band = curve.band
        told.append(
            f"at {where} {fixed(float(band.observed[i]), 2)} (band {fixed(float(band.lower[i]), 2)}"
            f" to {fixed(float(band.upper[i]), 2)})"
        )
    return f"{title}. {m} points, {int(curve.band.outside.sum())} outside: {'; '.join(told)}."


def spread_alt(found: Spread, title: str) -> str:
    """Return a description of the spread, with the numbers of the extreme groups."""
    ordered = found.table.sort_values("sd")
    told = [
        f"{row['group']} ({row['n']:,}) {number(row['sd'])}, band {number(row['lower'])} to "
        f"{number(row['upper'])}"
        for row in (*ordered.head(2).to_dict("records"), *ordered.tail(2).to_dict("records"))
    ]
    return f"{title}. Pooled {number(found.sd)}. Smallest and largest: {'; '.join(told)}."


def influence_alt(found: Influence, name: str, title: str) -> str:
    """Return a description of the influence, with the numbers of the first groups."""
    rows = found.table(name).head(5).to_dict("records")
    told = [f"{row['group']} ({row['n']:,}) {number(row['without'])}" for row in rows]
    return f"{title}. All: {number(float(found.estimate[name]))}; without {listed(told)}."
